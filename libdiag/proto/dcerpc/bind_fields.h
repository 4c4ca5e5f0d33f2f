#pragma once

#include "libdiag/proto/dcerpc/bind.h"

// The runs of fixed fields in the PDUs of bind.h, in the order of the wire.

namespace diag::dcerpc {

inline constexpr Name btfn_feature_names[] = {{1, "security context multiplexing"}, {2, "keep connection on orphan"}};

inline constexpr Field<Bind> bind_fields[] = {
    {"max_xmit_frag", "Max transmit fragment", &Bind::max_xmit_frag},
    {"max_recv_frag", "Max receive fragment", &Bind::max_recv_frag},
    {"assoc_group", "Association group", &Bind::assoc_group, Show::hex},
    {"n_context_elem", "Number of contexts", &Bind::n_context_elem, Show::decimal, {}, false},
    {"reserved", "Reserved", &Bind::reserved, Show::bytes, {}, false},
};

inline constexpr Field<ContextItem> context_fields[] = {
    {"context_id", "Context id", &ContextItem::context_id},
    {"n_transfer_syn", "Number of transfer syntaxes", &ContextItem::n_transfer_syn, Show::decimal, {}, false},
    {"reserved", "Reserved", &ContextItem::reserved, Show::hex, {}, false},
    {"interface", "Interface", &ContextItem::interface},
    {"interface_version", "Interface version", &ContextItem::interface_version},
};

inline constexpr Field<SyntaxId> syntax_fields[] = {
    {"uuid", "Transfer syntax", &SyntaxId::uuid},
    {"version", "Version", &SyntaxId::version},
};

inline constexpr Field<BindAck> bind_ack_fields[] = {
    {"max_xmit_frag", "Max transmit fragment", &BindAck::max_xmit_frag},
    {"max_recv_frag", "Max receive fragment", &BindAck::max_recv_frag},
    {"assoc_group", "Association group", &BindAck::assoc_group, Show::hex},
    {"secondary_address_size", "Secondary address size", &BindAck::secondary_address_size, Show::decimal, {}, false},
};

inline constexpr Field<BindAck> result_list_fields[] = {
    {"n_results", "Number of results", &BindAck::n_results, Show::decimal, {}, false},
    {"reserved", "Reserved", &BindAck::reserved, Show::bytes, {}, false},
};

inline constexpr Field<ContextResult> result_fields[] = {
    {"result", "Result", &ContextResult::result, Show::decimal, result_names},
    {"reason", "Reason", &ContextResult::reason},
    {"transfer_syntax", "Transfer syntax", &ContextResult::transfer_syntax},
    {"version", "Version", &ContextResult::version},
};

inline constexpr Field<BindNak> bind_nak_fields[] = {
    {"reject_reason", "Reject reason", &BindNak::reject_reason, Show::decimal, reject_reason_names},
};

inline constexpr Field<ProtocolVersion> protocol_version_fields[] = {
    {"major", "Major", &ProtocolVersion::major},
    {"minor", "Minor", &ProtocolVersion::minor},
};

}  // namespace diag::dcerpc

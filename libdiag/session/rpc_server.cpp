#include "libdiag/session/rpc_server.h"

#include <algorithm>
#include <cassert>

#include "libdiag/session/server_pdus.h"

namespace diag::session {

using namespace dcerpc;

namespace {

constexpr std::size_t open_call_count = 4;

Reply refuse_bind(const Header& asked, std::uint16_t reason) {
    return {.to = Reply::To::bind, .pdus = {make_bind_nak(asked, reason)}, .close = true};
}

// A PDU that has no place in this state ends the association (MS-RPCE 3.3.3: a fault, or the end of the connection).
Reply protocol_error(const Header& asked) {
    return {.pdus = {make_fault(asked, 0, fault_status::proto_error, false)}, .close = true};
}

bool is_setup(PduType type) { return type == PduType::bind || type == PduType::alter_context; }

// What comes for calls that are under way and asks for no answer (protocol.md 2.8).
bool needs_no_answer(PduType type) {
    return type == PduType::auth3 || type == PduType::co_cancel || type == PduType::orphaned;
}

}  // namespace

RpcServerAssociation::RpcServerAssociation(RpcServerSettings settings, std::uint32_t assoc_group, CallHandler& handler)
    : settings_{std::move(settings)},
      assoc_group_{assoc_group},
      handler_{handler},
      calls_{{.stub_size = settings_.max_call_size, .call_count = open_call_count}} {
    assert(assoc_group != 0);
}

std::vector<Reply> RpcServerAssociation::on_bytes(Bytes segment) {
    std::vector<Reply> replies;
    if (ended_) return replies;
    in_.add(segment);
    while (!ended_) {
        const PduBuffer::Next next = in_.next();
        // A header's worth is awaited before strangers are judged, so that the verdict does not hang on segments.
        if (next == PduBuffer::Next::need_more || in_.rest().size() < header_size) break;
        Reply reply = next == PduBuffer::Next::not_rpc ? on_not_rpc() : on_pdu(in_.pdu());
        ended_ = reply.close;
        if (reply.close || !reply.pdus.empty()) replies.push_back(std::move(reply));
    }
    return replies;
}

// A bind in another version of the protocol has a right to hear so (C706 §12.6.3.1); all else is not for us.
Reply RpcServerAssociation::on_not_rpc() const {
    Reader r{in_.rest()};
    Header header;
    decode_header(r, header);
    const bool is_other_version = header.rpc_vers < 16 && (header.rpc_vers != 5 || header.rpc_vers_minor > 1);
    if (is_other_version && header.type() == PduType::bind)
        return refuse_bind(header, reject_reason::protocol_version_not_supported);
    return {.close = true};
}

Reply RpcServerAssociation::on_pdu(Bytes bytes) {
    const PartialPdu pdu = decode_pdu_partial(bytes);
    const PduType type = pdu.type();
    if (type == PduType::bind && pdu.header.rpc_vers_minor != 0)
        return refuse_bind(pdu.header, reject_reason::protocol_version_not_supported);
    if (!pdu.complete())
        return type == PduType::bind ? refuse_bind(pdu.header, reject_reason::not_specified)
                                     : protocol_error(pdu.header);
    // Setup PDUs come in one piece: nobody sends them in several.
    if (is_setup(type) && !pdu.header.has(flag::whole)) return protocol_error(pdu.header);
    if (type == PduType::bind) return on_bind(pdu);
    if (type == PduType::alter_context) return on_alter_context(pdu);
    if (type == PduType::request) return on_request(pdu);
    return needs_no_answer(type) ? Reply{} : protocol_error(pdu.header);
}

Reply RpcServerAssociation::on_bind(const Pdu& pdu) {
    const Bind& bind = *pdu.bind();
    if (bound_ || bind.contexts.empty()) return refuse_bind(pdu.header, reject_reason::not_specified);
    if (std::min(bind.max_recv_frag, bind.max_xmit_frag) < min_frag_size)
        return refuse_bind(pdu.header, reject_reason::local_limit_exceeded);
    max_xmit_frag_ = std::min(settings_.max_frag_size, bind.max_recv_frag);
    max_recv_frag_ = std::min(settings_.max_frag_size, bind.max_xmit_frag);
    bound_ = true;
    return {.to = Reply::To::bind, .pdus = {make_bind_ack(pdu)}};
}

Reply RpcServerAssociation::on_alter_context(const Pdu& pdu) {
    if (!bound_) return protocol_error(pdu.header);
    return {.to = Reply::To::bind, .pdus = {make_bind_ack(pdu)}};
}

ByteVector RpcServerAssociation::make_bind_ack(const Pdu& pdu) {
    const bool is_alter = pdu.type() == PduType::alter_context;
    Pdu answer = make_answer(is_alter ? PduType::alter_context_resp : PduType::bind_ack, pdu.header);
    BindAck& ack = answer.body.emplace<BindAck>();
    ack.max_xmit_frag = max_xmit_frag_;
    ack.max_recv_frag = max_recv_frag_;
    ack.assoc_group = assoc_group_;
    ack.results = negotiate(*pdu.bind(), settings_.rules, is_alter);
    if (!is_alter) {
        // Only here does the flag follow the client's, and only here is there an address (protocol.md 2.3).
        if (pdu.header.has(flag::conc_mpx)) answer.header.pfc_flags |= flag::conc_mpx;
        ack.secondary_address = settings_.secondary_address;
        ack.secondary_terminated = true;
    }
    syntaxes_.on_bind_ack(*pdu.bind(), ack);
    return encode_pdu(answer);
}

Reply RpcServerAssociation::on_request(const Pdu& pdu) {
    if (bound_ && pdu.header.frag_length > max_recv_frag_) return protocol_error(pdu.header);
    while (calls_.take_unfinished(false)) {  // calls that were begun anew: their beginnings are of no use
    }
    const auto joined = calls_.add(pdu);
    if (!joined) return {};
    if (joined->missing_first || joined->over_limit) return protocol_error(pdu.header);
    return on_call(pdu, joined->stub);
}

// `last`: the fragment that completed the call; context and operation are the same in all of them.
Reply RpcServerAssociation::on_call(const Pdu& last, Bytes stub) {
    const Request& request = *last.request();
    const auto syntax = syntaxes_.find(request.context_id);
    Reply reply{.to = Reply::To::call};
    reply.call_stub.assign(stub.begin(), stub.end());
    reply.syntax = syntax.value_or(Syntax::unknown);
    reply.order = last.header.order();
    const auto refuse = [&](std::uint32_t status, bool executed) {
        reply.pdus = {make_fault(last.header, request.context_id, status, executed)};
        return std::move(reply);
    };
    if (!syntax) return refuse(fault_status::unk_if, false);
    if (request.opnum >= settings_.operation_count) return refuse(fault_status::op_rng_error, false);
    const auto answer = handler_.on_call({.stub = stub, .syntax = *syntax, .order = reply.order});
    if (!answer) return refuse(answer.error(), true);
    Pdu response = make_answer(PduType::response, last.header);
    response.body = Response{.context_id = request.context_id, .stub = *answer};
    reply.pdus = encode_fragments(response, max_xmit_frag_);
    return reply;
}

}  // namespace diag::session

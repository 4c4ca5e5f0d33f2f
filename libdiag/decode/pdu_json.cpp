#include "libdiag/decode/pdu_json.h"

#include <fmt/format.h>

#include "libdiag/report/json_fields.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::PduRecord;
using dissect::Side;
using report::JsonWriter;

void write_contexts(JsonWriter& json, const dcerpc::Bind& bind) {
    json.key("contexts").begin_array();
    for (const auto& item : bind.contexts) {
        json.begin_object();
        json.member("context_id", item.context_id);
        json.member("interface", item.interface);
        json.key("transfer_syntax");
        if (item.transfer_syntaxes.empty()) {
            json.value(nullptr);
        } else {
            json.plain(dcerpc::describe_syntax(item.transfer_syntaxes.front().uuid));
        }
        if (item.transfer_syntaxes.size() > 1) {
            json.key("transfer_syntaxes").begin_array();
            for (const auto& syntax : item.transfer_syntaxes) json.plain(dcerpc::describe_syntax(syntax.uuid));
            json.end_array();
        }
        json.end_object();
    }
    json.end_array();
}

// `reason` follows the ground truth of the bundled captures, which lists reasons as a well-known dissector prints them:
// only refused items have one, and the n-th of them stands at item n, whichever item it belongs to. The value of the item
// itself is `provider_reason`. docs/decisions/0006-reason-of-results.md
void write_results(JsonWriter& json, const dcerpc::BindAck& ack, const dcerpc::Bind* offer) {
    std::vector<std::uint16_t> packed;
    for (const auto& result : ack.results) {
        if (result.result == dcerpc::user_rejection || result.result == dcerpc::provider_rejection)
            packed.push_back(result.reason);
    }
    json.key("results").begin_array();
    for (std::size_t i = 0; i < ack.results.size(); ++i) {
        const auto& result = ack.results[i];
        json.begin_object();
        json.key("offered");
        if (offer != nullptr && i < offer->contexts.size() && !offer->contexts[i].transfer_syntaxes.empty()) {
            json.plain(dcerpc::describe_syntax(offer->contexts[i].transfer_syntaxes.front().uuid));
        } else {
            json.value(nullptr);
        }
        json.member("result", result.result);
        if (i < packed.size()) json.member("reason", packed[i]);
        const bool negotiates = result.result == dcerpc::negotiate_ack;
        json.key("provider_reason");
        if (negotiates || result.result == dcerpc::acceptance) {
            json.value(nullptr);
        } else {
            json.value(result.reason);
        }
        if (negotiates) json.member("features", result.reason);
        json.key("transfer_syntax");
        if (result.transfer_syntax.is_nil()) {
            json.value(nullptr);
        } else {
            json.plain(dcerpc::describe_syntax(result.transfer_syntax));
        }
        json.end_object();
    }
    json.end_array();
}

template <class T> void write_fragment_sizes(JsonWriter& json, const T& body) {
    json.member("max_xmit_frag", body.max_xmit_frag);
    json.member("max_recv_frag", body.max_recv_frag);
    json.member("assoc_group", body.assoc_group);
}

void write_versions(JsonWriter& json, const dcerpc::BindNak& nak) {
    json.member("reject_reason", nak.reject_reason);
    json.key("protocol_versions").begin_array();
    for (const auto& version : nak.versions) json.plain(fmt::format("{}.{}", version.major, version.minor));
    json.end_array();
}

template <class T> void write_call(JsonWriter& json, const T& body, const PduRecord& pdu) {
    json.member("context_id", body.context_id);
    json.member("alloc_hint", body.alloc_hint);
    write_syntax(json, "transfer_syntax", pdu.syntax);
}

void write_body(JsonWriter& json, const PduRecord& pdu, const dcerpc::Bind* offer) {
    const auto& decoded = pdu.decoded;
    if (const auto* bind = decoded.bind()) {
        write_fragment_sizes(json, *bind);
        write_contexts(json, *bind);
    } else if (const auto* ack = decoded.bind_ack()) {
        write_fragment_sizes(json, *ack);
        json.member("secondary_address", std::string_view{ack->secondary_address});
        write_results(json, *ack, offer);
    } else if (const auto* nak = decoded.bind_nak()) {
        write_versions(json, *nak);
    } else if (const auto* request = decoded.request()) {
        write_call(json, *request, pdu);
        json.member("opnum", request->opnum);
        if (request->object) json.member("object", *request->object);
    } else if (const auto* response = decoded.response()) {
        write_call(json, *response, pdu);
        json.member("cancel_count", response->cancel_count);
    } else if (const auto* fault = decoded.fault()) {
        write_call(json, *fault, pdu);
        json.plain_member("status", fmt::format("0x{:08x}", fault->status));  // lower case, as in the ground truth
    }
}

}  // namespace

void write_syntax(JsonWriter& json, std::string_view key, const std::optional<dcerpc::Syntax>& syntax) {
    json.key(key);
    if (syntax && *syntax != dcerpc::Syntax::unknown) {
        json.plain(dcerpc::name_of(*syntax));
    } else {
        json.value(nullptr);
    }
}

void write_pdus(JsonWriter& json, const Conversation& c) {
    const dcerpc::Bind* offer = nullptr;
    json.key("pdus").begin_array();
    for (const PduRecord& pdu : c.pdus) {
        if (pdu.decoded.bind() != nullptr) offer = pdu.decoded.bind();
        const auto& header = pdu.decoded.header;
        json.begin_object();
        json.plain_member("from", pdu.from == Side::client ? "client" : "host");
        json.plain_member("type", dcerpc::name_of(header.type()));
        json.member("call_id", header.call_id);
        json.member("flags", header.pfc_flags);
        json.member("frag_length", header.frag_length);
        json.member("packet", pdu.last.packet);
        if (pdu.cut) json.member("captured_size", pdu.raw.size());
        if (pdu.inferred) json.member("inferred", true);
        write_body(json, pdu, offer);
        json.end_object();
    }
    json.end_array();
}

}  // namespace diag::decode

#include "libdiag/decode/exchange_json.h"

#include "libdiag/decode/pdu_json.h"
#include "libdiag/decode/timing.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"
#include "libdiag/report/json_fields.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using report::JsonWriter;

constexpr std::uint16_t signed_major = 4;

void write_version(JsonWriter& json, bool known, MinorMajor version) {
    json.key("version");
    if (known) {
        report::detail::write_value(json, version, Show::decimal);
    } else {
        json.value(nullptr);
    }
}

template <class Entry> void write_name(JsonWriter& json, std::string_view key, const Entry* entry) {
    json.key(key);
    if (entry != nullptr) {
        json.value(entry->name);
    } else {
        json.value(nullptr);
    }
}

void write_request(JsonWriter& json, const kms::Request& request) {
    json.key("request").begin_object();
    write_version(json, request.has_version(), request.version);
    json.member("message_size", request.message_size);
    if (request.base) {
        if (request.version.major == signed_major) json.plain_member("mac", kms::name_of(request.mac));
        // The version in front of the message is the one that counts; its copy inside is a check.
        report::write_fields<kms::BaseRequest>(json, std::span{kms::base_request_fields}.subspan(1), *request.base);
        write_name(json, "product", kms::find_product(request.base->activation_id));
        write_name(json, "application", kms::find_application(request.base->application_id));
        write_name(json, "kms_item", kms::find_kms_item(request.base->kms_id));
    }
    json.end_object();
}

// A number with leading zeros; every exchange has five of them.
std::string digits(std::uint32_t value, std::size_t width) {
    std::string text = std::to_string(value);
    if (text.size() < width) text.insert(0, width - text.size(), '0');
    return text;
}

void write_epid_parts(JsonWriter& json, std::string_view text) {
    json.key("epid_parts");
    const auto epid = kms::parse_epid(text);
    if (!epid) return json.value(nullptr);
    json.begin_object();
    json.plain_member("platform_id", digits(epid->platform_id, 5));
    json.plain_member("group_id", digits(epid->group_id, 5));
    json.plain_member("key_id", digits(epid->key_id_high, 3) + "-" + digits(epid->key_id_low, 6));
    json.plain_member("channel", digits(epid->channel, 2));
    json.member("lcid", epid->lcid);
    json.member("build", epid->build);
    json.member("revision", epid->revision);
    json.member("activation_day", epid->activation_day);
    json.member("activation_year", epid->activation_year);
    json.key("host_os");
    if (const auto os = kms::host_os(*epid); !os.empty()) {
        json.value(os);
    } else {
        json.value(nullptr);
    }
    write_name(json, "host_key", kms::host_key(*epid));
    json.member("lab_marker", epid->is_lab());
    json.end_object();
}

void write_response(JsonWriter& json, const kms::Response& response) {
    json.begin_object();
    write_version(json, response.has_version(), response.version);
    json.member("kms_message_size", response.message_size);
    if (response.base) {
        if (response.version.major == signed_major) json.plain_member("mac", kms::name_of(response.mac));
        const std::string epid = response.base->epid_text();
        json.member("epid", std::string_view{epid});
        write_epid_parts(json, epid);
        report::write_fields<kms::BaseResponse>(json, kms::base_response_tail_fields, *response.base);
        if (const auto hwid = response.hwid()) json.plain_member("hwid", to_upper_hex(*hwid));
    }
    json.end_object();
}

void write_code(JsonWriter& json, std::string_view key, const std::optional<std::uint32_t>& code) {
    json.key(key);
    if (code) {
        json.plain(format_code(*code));
    } else {
        json.value(nullptr);
    }
}

void write_symbol(JsonWriter& json, const std::optional<std::uint32_t>& hresult) {
    json.key("hresult_symbol");
    const auto* known = hresult ? kms::find_error(*hresult) : nullptr;
    if (known != nullptr && !known->symbol.empty()) {
        json.value(known->symbol);
    } else {
        json.value(nullptr);
    }
}

void write_checks(JsonWriter& json, const Exchange& e) {
    json.key("checks").begin_object();
    if (e.response) {
        for (const auto& entry : kms::response_check_table)
            json.plain_member(entry.key, name_of(e.response->checks.*(entry.member)));
    }
    json.end_object();
    json.key("rpc_checks").begin_object();
    for (const auto& entry : dcerpc::rpc_check_table) {
        const CheckResult result = e.rpc_checks.*(entry.member);
        if (result != CheckResult::not_checked) json.plain_member(entry.key, name_of(result));
    }
    json.end_object();
}

void write_exchange(JsonWriter& json, const Conversation& c, std::size_t index) {
    const Exchange& e = c.exchanges[index];
    json.begin_object();
    json.member("index", index);
    write_syntax(json, "transfer_syntax", e.syntax);
    json.member("call_id", e.call_id);
    json.member("context_id", e.context_id);
    const auto packet_of = [&c](std::optional<std::size_t> pdu) -> std::optional<std::uint64_t> {
        if (!pdu || c.live) return std::nullopt;
        return c.pdus[*pdu].last.packet;
    };
    json.member("request_packet", packet_of(e.request_pdu));
    json.member("response_packet", packet_of(e.response_pdu));
    json.key("response_ms");
    if (const auto time = response_time(c, e)) {
        json.milliseconds(*time);
    } else {
        json.value(nullptr);
    }
    write_code(json, "hresult", e.hresult);
    write_symbol(json, e.hresult);
    write_code(json, "fault_status", e.fault_status);
    json.member("body_protected", e.request.body_protected() || (e.response && e.response->body_protected()));
    write_request(json, e.request);
    json.key("response");
    if (e.response) {
        write_response(json, *e.response);
    } else {
        json.value(nullptr);
    }
    write_checks(json, e);
    json.end_object();
}

}  // namespace

void write_exchanges(JsonWriter& json, const Conversation& c) {
    json.key("exchanges").begin_array();
    for (std::size_t i = 0; i < c.exchanges.size(); ++i) write_exchange(json, c, i);
    json.end_array();
}

}  // namespace diag::decode

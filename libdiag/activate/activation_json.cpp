#include "libdiag/activate/activation_json.h"

#include "libdiag/activate/verdict.h"
#include "libdiag/base/hex.h"
#include "libdiag/decode/exchange_json.h"
#include "libdiag/discover/discovery_json.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/report/json_fields.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/slmgr/dlv_text.h"

namespace diag::activate {
namespace {

using report::JsonWriter;

constexpr int schema_version = 1;
constexpr unsigned fraction_digits = 6;

void write_ms(JsonWriter& json, std::string_view key, std::optional<std::chrono::nanoseconds> duration) {
    json.key(key);
    if (duration) {
        json.milliseconds(duration->count());
    } else {
        json.value(nullptr);
    }
}

void write_address(JsonWriter& json, const AddressTry& tried) {
    const probe::Attempt& attempt = tried.attempt;
    json.begin_object();
    json.plain_member("address", to_string(attempt.target.ip));
    json.member("port", attempt.target.port);
    json.plain_member("port_state", probe::port_state(attempt));
    json.plain_member("connect", name_of(attempt.connect_end));
    json.plain_member("outcome", check::name_of(attempt.outcome));
    json.plain_member("started_at", format_rfc3339(attempt.began_at, fraction_digits));
    write_ms(json, "connect_ms", attempt.connect_time);
    write_ms(json, "bind_ms", attempt.bind_time);
    write_ms(json, "request_ms", attempt.request_time);
    decode::write_exchanges(json, tried.live->conversation());
    json.end_object();
}

void write_hosts(JsonWriter& json, const Activation& activation) {
    json.key("hosts").begin_array();
    for (const HostTry& host : activation.hosts) {
        json.begin_object();
        json.member("target", std::string_view{to_string(host.target)});
        json.key("origin");
        discover::write_origin(json, host.origin);
        json.key("name_end");
        if (host.name) {
            json.plain(name_of(host.name->end));
        } else {
            json.value(nullptr);
        }
        json.key("addresses").begin_array();
        for (const AddressTry& tried : host.addresses) write_address(json, tried);
        json.end_array();
        report::write_findings(json, host.findings);
        json.end_object();
    }
    json.end_array();
}

void write_texts(JsonWriter& json, const Activation& activation) {
    const auto ato = ato_text_of(activation);
    json.key("ato_text");
    if (ato) {
        json.value(std::string_view{ato->text});
    } else {
        json.value(nullptr);
    }
    json.key("ato_status");
    ato ? json.plain(format_code(ato->script_status)) : json.value(nullptr);
    std::string dlv;
    slmgr::append_dlv(dlv, dlv_of(activation));
    json.member("dlv_text", std::string_view{dlv});
}

}  // namespace

void append_json(std::string& out, const Activation& activation, std::string_view command) {
    JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "activation");
    json.plain_member("command", command);
    json.plain_member("result", name_of(result_of(activation)));
    json.member("verdict", std::string_view{verdict_text(activation)});
    const auto* finding = probe::deciding(activation.findings);
    json.key("stage");
    finding == nullptr ? json.value(nullptr) : json.plain(check::name_of(finding->rule->stage));
    json.key("finding");
    finding == nullptr ? json.value(nullptr) : json.plain(finding->rule->id);
    report::write_code(json, "windows_code", windows_code_of(activation));
    report::write_code(json, "inner_code", finding == nullptr ? 0 : finding->shown_inner_code());
    const auto* product = kms::find_product(activation.request.activation_id);
    json.member("product", product == nullptr ? std::string_view{} : product->name);
    json.plain_member("activation_id", to_string(activation.request.activation_id));
    json.plain_member("client_machine_id", to_string(activation.request.client_machine_id));
    json.key("count");
    activation.answer ? json.value(activation.answer->response.count) : json.value(nullptr);
    json.member("needed_count", activation.request.required_client_count);
    discover::write_lookups(json, activation.discovery);
    write_hosts(json, activation);
    write_texts(json, activation);
    report::write_findings(json, activation.findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::activate

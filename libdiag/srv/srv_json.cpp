#include "libdiag/srv/srv_json.h"

#include <cmath>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/srv/update_run.h"

namespace diag::srv {
namespace {

using report::JsonWriter;
using session::DnsReply;

constexpr int schema_version = 1;

void write_reply(JsonWriter& json, const DnsReply& reply) {
    json.begin_object();
    json.plain_member("server", to_string(reply.query.server));
    json.plain_member("transport", name_of(reply.query.transport));
    json.member("name", std::string_view{reply.query.name});
    json.plain_member("type", dns::type_name(reply.query.type));
    json.plain_member("end", name_of(reply.end));
    json.key("rcode");
    if (reply.rcode()) {
        json.plain(dns::rcode_name(*reply.rcode()));
    } else {
        json.value(nullptr);
    }
    json.member("truncated", reply.is_truncated());
    json.member("authoritative", reply.is_authoritative());
    json.member("answers", reply.message.answers.size());
    json.key("query_ms").milliseconds(reply.duration.count());
    json.end_object();
}

void write_replies(JsonWriter& json, std::string_view key, const std::vector<DnsReply>& replies) {
    json.key(key).begin_array();
    for (const DnsReply& reply : replies) write_reply(json, reply);
    json.end_array();
}

void write_records(JsonWriter& json, const DomainReport& report) {
    json.key("records").begin_array();
    const auto& records = report.evidence.records;
    for (std::size_t i = 0; i < records.size(); ++i) {
        json.begin_object();
        json.member("priority", records[i].priority);
        json.member("weight", records[i].weight);
        json.member("port", records[i].port);
        json.member("target", std::string_view{records[i].target});
        json.member("ttl", records[i].ttl);
        // In parts of a million: a whole number says the same everywhere.
        json.member("first_choice_ppm", std::lround(report.chances[i] * 1e6));
        json.member("first_choice_vista_ppm", std::lround(report.equal_chances[i] * 1e6));
        if (!report.draws.empty()) json.member("drawn", report.draws[i]);
        json.end_object();
    }
    json.end_array();
}

void write_targets(JsonWriter& json, const session::SrvEvidence& evidence) {
    json.key("targets").begin_array();
    for (const session::SrvTarget& target : evidence.targets) {
        json.begin_object();
        json.member("name", std::string_view{target.name});
        json.key("addresses").begin_array();
        for (const IpAddress& address : target.addresses) json.plain(to_string(address));
        json.end_array();
        json.key("alias_of");
        if (target.alias_of) {
            json.value(std::string_view{*target.alias_of});
        } else {
            json.value(nullptr);
        }
        write_replies(json, "replies", target.replies);
        json.end_object();
    }
    json.end_array();
}

void write_zone(JsonWriter& json, const DomainReport& report) {
    json.key("zone");
    if (!report.zone) return json.value(nullptr);
    const session::ZoneEvidence& zone = *report.zone;
    json.begin_object();
    json.member("name", std::string_view{zone.zone});
    json.member("primary", std::string_view{zone.primary});
    json.key("servers").begin_array();
    for (const session::NameServer& server : zone.servers) {
        json.begin_object();
        json.member("name", std::string_view{server.name});
        json.plain_member("server", to_string(server.endpoint));
        json.member("lame", server.is_lame());
        json.member("serial", server.serial_number());
        json.end_object();
    }
    json.end_array();
    write_replies(json, "update_path", zone.update_path);
    json.end_object();
}

std::string_view name_of(session::DnsExchangeEnd end) {
    switch (end) {
        case session::DnsExchangeEnd::answered: return "answered";
        case session::DnsExchangeEnd::bad_answer: return "malformed";
        default: return "no_answer";
    }
}

void write_update_test(JsonWriter& json, const DomainReport& report) {
    json.key("update_test");
    if (!report.update_test) return json.value(nullptr);
    const session::UpdateTestEvidence& test = *report.update_test;
    json.begin_object();
    json.member("name", std::string_view{to_string(test.name)});
    json.member("unused_name", std::string_view{to_string(test.unused)});
    json.member("zone", std::string_view{test.zone.is_root() ? "" : to_string(test.zone)});
    json.member("primary", std::string_view{test.primary.is_root() ? "" : to_string(test.primary)});
    json.plain_member("policy", name_of(test.policy()));
    json.member("conclusion", std::string_view{conclusion(test)});
    json.key("messages").begin_array();
    for (const session::UpdateTestStep& step : test.steps) {
        json.begin_object();
        json.plain_member("message", name_of(step.kind));
        json.plain_member("server", to_string(step.outcome.server));
        json.plain_member("transport", name_of(step.outcome.transport));
        json.plain_member("end", step.outcome.is_unreachable ? "unreachable" : name_of(step.outcome.end));
        json.key("rcode");
        if (step.outcome.end == session::DnsExchangeEnd::answered) {
            json.plain(dns::rcode_name(step.outcome.rcode));
        } else {
            json.value(nullptr);
        }
        json.key("query_ms").milliseconds(step.duration.count());
        json.end_object();
    }
    json.end_array();
    json.end_object();
}

void write_reach(JsonWriter& json, const DomainReport& report) {
    json.key("reach").begin_array();
    for (const auto& reached : report.reach) {
        json.begin_object();
        json.member("target", std::string_view{to_string(reached.target)});
        json.member("verdict", std::string_view{verdict_text(reached)});
        const auto* finding = probe::deciding(reached.findings);
        json.key("finding");
        if (finding != nullptr) {
            json.plain(finding->rule->id);
        } else {
            json.value(nullptr);
        }
        json.end_object();
    }
    json.end_array();
}

}  // namespace

void append_json(std::string& out, const DomainReport& report) {
    JsonWriter json{out};
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", "domain");
    json.member("domain", std::string_view{report.evidence.domain});
    json.key("query");
    report.evidence.query.empty() ? json.value(nullptr) : json.value(std::string_view{report.evidence.query});
    json.member("verdict", std::string_view{verdict_text(report)});
    const auto* finding = probe::deciding(report.findings);
    json.key("finding");
    finding == nullptr ? json.value(nullptr) : json.plain(finding->rule->id);
    json.key("stage");
    finding == nullptr ? json.value(nullptr) : json.plain(check::name_of(finding->rule->stage));
    report::write_code(json, "windows_code", finding == nullptr ? 0 : finding->shown_windows_code());
    report::write_code(json, "inner_code", finding == nullptr ? 0 : finding->shown_inner_code());
    write_replies(json, "replies", report.evidence.replies);
    write_records(json, report);
    write_targets(json, report.evidence);
    write_zone(json, report);
    write_update_test(json, report);
    write_reach(json, report);
    report::write_findings(json, report.findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::srv

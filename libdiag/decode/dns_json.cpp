#include "libdiag/decode/dns_json.h"

#include "libdiag/decode/document_json.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/report/json_finding.h"

namespace diag::decode {
namespace {

using dissect::DnsLookup;
using report::JsonWriter;

void write_answers(JsonWriter& json, const DnsLookup& lookup) {
    json.key("answers").begin_array();
    for (const auto& answer : lookup.answers) {
        json.begin_object();
        json.member("name", std::string_view{answer.name});
        json.plain_member("type", dns::type_name(answer.type));
        json.member("ttl", answer.ttl);
        if (answer.is_srv) {
            json.member("priority", answer.priority);
            json.member("weight", answer.weight);
            json.member("port", answer.port);
            json.member("target", std::string_view{answer.target});
        }
        json.member("data", std::string_view{answer.data});
        json.end_object();
    }
    json.end_array();
}

// What a line has of the look-up that decided, and each look-up of the chain for itself.
void write_question(JsonWriter& json, const DnsLookup& lookup) {
    write_endpoint(json, "server", lookup.server);
    json.member("query", std::string_view{lookup.query});
    json.plain_member("type", dns::type_name(lookup.type));
    json.key("rcode");
    if (lookup.rcode) {
        json.plain(dns::rcode_name(*lookup.rcode));
    } else {
        json.value(nullptr);
    }
    write_answers(json, lookup);
    json.key("packets").begin_array();
    json.value(lookup.asked.packet);
    if (lookup.answered) json.value(lookup.answered.packet);
    json.end_array();
}

void write_times(JsonWriter& json, const DnsLookup& lookup) {
    write_time(json, "asked_at", lookup.asked, lookup.fraction_digits);
    write_duration(json, "answer_ms",
                   lookup.answered ? std::optional{lookup.answered.time.ns - lookup.asked.time.ns} : std::nullopt);
}

void write_lookups(JsonWriter& json, std::string_view key, const std::vector<DnsLookup>& lookups) {
    json.key(key).begin_array();
    for (const DnsLookup& lookup : lookups) {
        json.begin_object();
        write_question(json, lookup);
        json.plain_member("transport", name_of(lookup.transport));
        json.plain_member("end", name_of(lookup.end()));
        json.member("truncated", lookup.truncated);
        json.member("asked_count", lookup.connection_only ? 0U : lookup.asked_count);
        write_times(json, lookup);
        json.end_object();
    }
    json.end_array();
}

void write_connections(JsonWriter& json, const dissect::DnsSearch& search) {
    json.key("connections").begin_array();
    for (const auto& connection : search.connections) {
        json.begin_object();
        write_endpoint(json, "host", connection.host);
        json.member("target", std::string_view{connection.target});
        json.member("packet", connection.syn.packet);
        json.end_object();
    }
    json.end_array();
}

}  // namespace

void append_json(std::string& out, const dissect::DnsSearch& search, std::span<const check::Finding> findings,
                 std::string_view capture) {
    JsonWriter json{out};
    begin_document(json, "dns", capture);
    const DnsLookup& decisive = search.decisive();
    write_endpoint(json, "asked_by", decisive.client);
    write_question(json, decisive);
    json.member("asked_count", search.asked_count());
    write_times(json, decisive);
    write_lookups(json, "lookups", search.lookups);
    write_lookups(json, "address_lookups", search.address_lookups);
    write_lookups(json, "probes", search.probes);
    write_connections(json, search);
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode

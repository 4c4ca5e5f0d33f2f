#include "libdiag/discover/discovery_json.h"

#include "libdiag/discover/lookup_end.h"
#include "libdiag/proto/dns/names.h"

namespace diag::discover {
namespace {

using report::JsonWriter;

void write_record(JsonWriter& json, const session::ServiceRecord& record) {
    json.begin_object();
    json.member("priority", record.priority);
    json.member("weight", record.weight);
    json.member("port", record.port);
    json.member("target", std::string_view{record.target});
    json.member("ttl", record.ttl);
    json.end_object();
}

void write_lookup(JsonWriter& json, const Lookup& lookup) {
    const auto* reply = lookup.evidence.decisive();
    json.begin_object();
    json.member("query", std::string_view{lookup.evidence.query});
    json.member("domain", std::string_view{lookup.candidate.domain});
    json.plain_member("source", name_of(lookup.candidate.source));
    json.member("assumption", lookup.candidate.is_assumption);
    json.key("server");
    if (reply == nullptr) {
        json.value(nullptr);
    } else {
        json.plain(to_string(reply->query.server));
    }
    json.plain_member("end", name_of(end_of(lookup.evidence)));
    json.key("rcode");
    if (const auto rcode = reply == nullptr ? std::nullopt : reply->rcode()) {
        json.plain(dns::rcode_name(*rcode));
    } else {
        json.value(nullptr);
    }
    json.key("lookup_ms").milliseconds(duration_of(lookup.evidence).count());
    json.key("records").begin_array();
    for (const session::ServiceRecord& record : lookup.evidence.records) write_record(json, record);
    json.end_array();
    json.end_object();
}

}  // namespace

void write_lookups(JsonWriter& json, const Discovery& discovery) {
    json.key("lookups").begin_array();
    for (const Lookup& lookup : discovery.lookups) write_lookup(json, lookup);
    json.end_array();
}

void write_origin(JsonWriter& json, const std::optional<Host>& host) {
    if (!host) return json.value(nullptr);
    json.begin_object();
    json.member("domain", std::string_view{host->domain});
    json.plain_member("server", to_string(host->server));
    json.member("priority", host->record.priority);
    json.member("weight", host->record.weight);
    json.member("ttl", host->record.ttl);
    json.end_object();
}

}  // namespace diag::discover

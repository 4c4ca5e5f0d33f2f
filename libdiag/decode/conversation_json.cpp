#include "libdiag/decode/conversation_json.h"

#include "libdiag/decode/exchange_json.h"
#include "libdiag/decode/pdu_json.h"
#include "libdiag/decode/timing.h"
#include "libdiag/dissect/community_id.h"
#include "libdiag/report/json_finding.h"
#include "libdiag/report/json_writer.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Mark;
using report::JsonWriter;

constexpr int schema_version = 1;

void write_endpoint(JsonWriter& json, std::string_view key, const Endpoint& endpoint) {
    json.key(key).begin_object();
    json.plain_member("ip", to_string(endpoint.ip));
    json.member("port", endpoint.port);
    json.end_object();
}

void write_sides(JsonWriter& json, std::string_view key, const std::array<Mark, 2>& marks) {
    json.key(key).begin_array();
    if (marks[0]) json.plain("client");
    if (marks[1]) json.plain("host");
    json.end_array();
}

void write_duration(JsonWriter& json, std::string_view key, const std::optional<std::int64_t>& ns) {
    json.key(key);
    if (ns) {
        json.milliseconds(*ns);
    } else {
        json.value(nullptr);
    }
}

void write_tcp(JsonWriter& json, const Conversation& c) {
    json.key("tcp").begin_object();
    json.member("syn_count", c.tcp.syn_count);
    json.member("established", c.tcp.established);
    write_sides(json, "fin_from", c.tcp.fin);
    write_sides(json, "rst_from", c.tcp.rst);
    write_duration(json, "connect_ms", connect_time(c));
    json.end_object();
}

void write_stages(JsonWriter& json, const Conversation& c) {
    json.key("stages").begin_object();
    write_duration(json, "connect_ms", connect_time(c));
    write_duration(json, "bind_ms", bind_time(c));
    write_duration(json, "request_ms", c.exchanges.empty() ? std::nullopt : response_time(c, c.exchanges.front()));
    json.end_object();
}

void write_time(JsonWriter& json, std::string_view key, const Mark& mark, unsigned digits) {
    json.key(key);
    if (mark) {
        json.plain(format_rfc3339(mark.time, digits));
    } else {
        json.value(nullptr);
    }
}

void begin(JsonWriter& json, std::string_view kind, std::string_view capture) {
    json.begin_object();
    json.member("schema_version", schema_version);
    json.plain_member("kind", kind);
    json.member("capture", capture);
}

}  // namespace

void append_json(std::string& out, const Conversation& c, check::Outcome outcome,
                 std::span<const check::Finding> findings, std::string_view capture) {
    JsonWriter json{out};
    begin(json, "conversation", capture);
    write_endpoint(json, "client", c.client);
    write_endpoint(json, "host", c.host);
    json.member("first_packet", c.first.packet);
    json.member("last_packet", c.last.packet);
    write_time(json, "started_at", c.first, c.fraction_digits);
    write_time(json, "ended_at", c.last, c.fraction_digits);
    json.plain_member("community_id", dissect::community_id(c.client, c.host));
    json.member("part", c.part);
    json.member("continues", c.continues);
    json.plain_member("recognized_by", c.recognized_by == dissect::RecognizedBy::bind ? "bind" : "port");
    write_tcp(json, c);
    write_pdus(json, c);
    write_exchanges(json, c);
    json.plain_member("outcome", check::name_of(outcome));
    write_stages(json, c);
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

void append_json(std::string& out, const dissect::DnsLookup& lookup, std::span<const check::Finding> findings,
                 std::string_view capture) {
    JsonWriter json{out};
    begin(json, "dns", capture);
    write_endpoint(json, "asked_by", lookup.client);
    write_endpoint(json, "server", lookup.server);
    json.member("query", std::string_view{lookup.query});
    json.plain_member("type", dissect::dns_type_name(lookup.type));
    json.key("rcode");
    if (lookup.rcode) {
        json.plain(dissect::dns_rcode_name(*lookup.rcode));
    } else {
        json.value(nullptr);
    }
    json.key("answers").begin_array();
    for (const auto& answer : lookup.answers) {
        json.begin_object();
        json.member("name", std::string_view{answer.name});
        json.plain_member("type", dissect::dns_type_name(answer.type));
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
    json.key("packets").begin_array();
    if (lookup.asked) json.value(lookup.asked.packet);
    if (lookup.answered) json.value(lookup.answered.packet);
    json.end_array();
    json.member("asked_count", lookup.asked_count);
    write_time(json, "asked_at", lookup.asked, lookup.fraction_digits);
    const bool timed = lookup.asked && lookup.answered;
    write_duration(json, "answer_ms",
                   timed ? std::optional{lookup.answered.time.ns - lookup.asked.time.ns} : std::nullopt);
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

void append_capture_json(std::string& out, std::string_view capture, const dissect::TrackerStatistics& counters,
                         std::span<const check::Finding> findings, bool statistics, double seconds) {
    JsonWriter json{out};
    begin(json, "capture", capture);
    json.member("packets", counters.packet_count);
    json.member("bytes", counters.byte_count);
    if (statistics) {
        json.key("statistics").begin_object();
        json.member("tcp_packets", counters.tcp_packet_count);
        json.member("not_ip_packets", counters.not_ip_count);
        json.member("malformed_packets", counters.malformed_count);
        json.member("empty_connections", counters.empty_connection_count);
        json.member("other_rpc_connections", counters.other_rpc_count);
        json.member("conversations_reported_early", counters.early_report_count);
        json.member("handshakes_forgotten", counters.evicted_handshake_count);
        json.key("elapsed_ms").milliseconds(static_cast<std::int64_t>(seconds * 1e9));
        if (seconds > 0) {
            json.member("packets_per_second",
                        static_cast<std::uint64_t>(static_cast<double>(counters.packet_count) / seconds));
            json.member("bytes_per_second",
                        static_cast<std::uint64_t>(static_cast<double>(counters.byte_count) / seconds));
        }
        json.end_object();
    }
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

}  // namespace diag::decode

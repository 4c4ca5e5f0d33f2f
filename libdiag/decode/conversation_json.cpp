#include "libdiag/decode/conversation_json.h"

#include "libdiag/decode/document_json.h"
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

void write_sides(JsonWriter& json, std::string_view key, const std::array<Mark, 2>& marks) {
    json.key(key).begin_array();
    if (marks[0]) json.plain("client");
    if (marks[1]) json.plain("host");
    json.end_array();
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

void write_packets(JsonWriter& json, std::string_view key, const Mark& first, const Mark& second) {
    json.key(key).begin_array();
    if (first) json.value(first.packet);
    if (second) json.value(second.packet);
    json.end_array();
}

void write_found_through(JsonWriter& json, const Conversation& c) {
    json.key("found_through");
    if (!c.found_through) {
        json.value(nullptr);
        return;
    }
    const dissect::DnsPath& path = *c.found_through;
    json.begin_object();
    json.member("query", std::string_view{path.query});
    write_packets(json, "packets", path.asked, path.answered);
    json.member("target", std::string_view{path.target});
    write_packets(json, "address_packets", path.address_asked, path.address_answered);
    json.end_object();
}

void write_stages(JsonWriter& json, const Conversation& c) {
    json.key("stages").begin_object();
    write_duration(json, "connect_ms", connect_time(c));
    write_duration(json, "bind_ms", bind_time(c));
    write_duration(json, "request_ms", c.exchanges.empty() ? std::nullopt : response_time(c, c.exchanges.front()));
    json.end_object();
}

}  // namespace

void append_json(std::string& out, const Conversation& c, check::Outcome outcome,
                 std::span<const check::Finding> findings, std::string_view capture) {
    JsonWriter json{out};
    begin_document(json, "conversation", capture);
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
    write_found_through(json, c);
    write_tcp(json, c);
    write_pdus(json, c);
    write_exchanges(json, c);
    json.plain_member("outcome", check::name_of(outcome));
    write_stages(json, c);
    report::write_findings(json, findings);
    json.end_object();
    out += '\n';
}

void append_capture_json(std::string& out, std::string_view capture, const dissect::TrackerStatistics& counters,
                         std::span<const check::Finding> findings, bool statistics, double seconds) {
    JsonWriter json{out};
    begin_document(json, "capture", capture);
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

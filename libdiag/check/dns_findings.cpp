#include <fmt/format.h>

#include "libdiag/check/conversation_findings.h"
#include "libdiag/check/finding_builder.h"
#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

constexpr std::uint16_t srv_type = 33;
constexpr std::uint16_t no_error = 0;
constexpr std::uint16_t name_error = 3;
constexpr std::uint16_t refused = 5;

constexpr std::uint32_t no_records_code = 0x8007251D;  // DNS_INFO_NO_RECORDS: no error, and no record either

constexpr std::int64_t patience_ns = 5'000'000'000;  // resolvers ask again after a second and then wait longer

bool is_too_soon_to_tell(const dissect::DnsLookup& lookup) {
    return !lookup.rcode && lookup.observed_until.ns - lookup.asked.time.ns < patience_ns;
}

const Rule& rule_of(const dissect::DnsLookup& lookup) {
    if (is_too_soon_to_tell(lookup)) return rule::capture_ends;
    if (!lookup.rcode) return rule::dns_no_answer;
    switch (*lookup.rcode) {
        case no_error:
        case name_error: return rule::dns_no_record;
        case refused: return rule::dns_refused;
        default: return rule::dns_server_failure;
    }
}

std::string title_of(const dissect::DnsLookup& lookup) {
    const std::string server = to_string(lookup.server.ip);
    if (is_too_soon_to_tell(lookup))
        return fmt::format("the capture ends before {} could answer the look-up of {}", server, lookup.query);
    if (!lookup.rcode) return fmt::format("{} never answered the look-up of {}", server, lookup.query);
    if (*lookup.rcode == no_error && !lookup.answers.empty() && lookup.answers.front().is_srv)
        return fmt::format("{} says that there is no KMS host: the SRV record of {} names '.'", server, lookup.query);
    if (*lookup.rcode == no_error) return fmt::format("{} has no SRV record for {}", server, lookup.query);
    return fmt::format("{} answered the look-up of {} with {}", server, lookup.query,
                       dissect::dns_rcode_name(*lookup.rcode));
}

}  // namespace

std::vector<Finding> check_dns(const dissect::DnsLookup& lookup) {
    // One suffix without a record is no trouble when another one has it; a truncated answer is asked again over TCP.
    if (lookup.names_host() || lookup.client_found_host || lookup.truncated) return {};
    // Only who asks for SRV records learns that there are none; and what the capture cut off may have been one.
    if (lookup.rcode == no_error && (lookup.type != srv_type || lookup.cut)) return {};
    Finding finding{
        .rule = &rule_of(lookup), .target = lookup.query, .title = title_of(lookup), .evidence = {}, .packets = {}};
    if (lookup.rcode == no_error && lookup.answers.empty()) finding.windows_code = no_records_code;
    finding.evidence.push_back(fmt::format(
        "packet {}: {} asks {} for {} {}, {}", lookup.asked.packet, to_string(lookup.client.ip),
        to_string(lookup.server), dissect::dns_type_name(lookup.type), lookup.query, times_text(lookup.asked_count)));
    finding.packets.push_back(lookup.asked.packet);
    if (lookup.answered) {
        finding.evidence.push_back(fmt::format("packet {}: {}, {} {}", lookup.answered.packet,
                                               dissect::dns_rcode_name(*lookup.rcode), lookup.answers.size(),
                                               lookup.answers.size() == 1 ? "answer record" : "answer records"));
        finding.packets.push_back(lookup.answered.packet);
    }
    return {finding};
}

}  // namespace diag::check

#include "libdiag/check/name_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {
namespace {

using session::NameEnd;

constexpr std::uint32_t no_records_code =
    0x8007251D;  // DNS_INFO_NO_RECORDS: an answer without error and without records
constexpr std::uint32_t no_server_code = 0x8007267C;  // DNS_ERROR_NO_DNS_SERVERS

double ms_of(session::TimePoint began, session::TimePoint ended) {
    return std::chrono::duration<double, std::milli>(ended - began).count();
}

}  // namespace

std::string_view name_end_text(NameEnd end) {
    switch (end) {
        case NameEnd::not_found: return "the name does not exist (NXDOMAIN)";
        case NameEnd::no_data: return "the name has no address of the wanted kind";
        case NameEnd::server_failure: return "the server answered with an error (SERVFAIL)";
        case NameEnd::refused: return "the server refused to answer (REFUSED)";
        case NameEnd::no_server: return "no DNS server could be reached";
        case NameEnd::bad_name: return "this is no DNS name";
        default: return "no DNS server answered";
    }
}

namespace {

const Rule& rule_of(const session::ServiceEvidence& evidence) {
    switch (evidence.end) {
        case NameEnd::found:  // only records that say "not here"
        case NameEnd::not_found:
        case NameEnd::no_data:
        case NameEnd::bad_name: return rule::dns_no_record;
        case NameEnd::refused: return rule::dns_refused;
        case NameEnd::server_failure: return rule::dns_server_failure;
        default: return rule::dns_no_answer;
    }
}

}  // namespace

std::optional<Finding> check_name(const session::NameEvidence& evidence) {
    if (evidence.end == NameEnd::found) return std::nullopt;
    const bool missing =
        evidence.end == NameEnd::not_found || evidence.end == NameEnd::no_data || evidence.end == NameEnd::bad_name;
    Finding finding{.rule = missing ? &rule::name_not_found : &rule::name_no_answer,
                    .target = evidence.name,
                    .title = missing ? fmt::format("the name {} has no address", evidence.name)
                                     : fmt::format("DNS gave no usable answer for the name {}", evidence.name),
                    .evidence = {fmt::format("address of {}: {}, after {:.1f} ms", evidence.name,
                                             name_end_text(evidence.end), ms_of(evidence.began, evidence.ended))},
                    .packets = {}};
    const bool is_answer = evidence.end == NameEnd::server_failure || evidence.end == NameEnd::refused;
    if (is_answer) finding.likely_cause = finding.likely_remedy = 1;
    return finding;
}

std::optional<Finding> check_service(const session::ServiceEvidence& evidence) {
    const bool names_host = std::any_of(evidence.records.begin(), evidence.records.end(),
                                        [](const auto& r) { return !r.target.empty() && r.target != "."; });
    if (evidence.end == NameEnd::found && names_host) return std::nullopt;
    std::string came = evidence.rcode ? fmt::format("{}, {} SRV records", dissect::dns_rcode_name(*evidence.rcode),
                                                    evidence.records.size())
                                      : std::string{name_end_text(evidence.end)};
    Finding finding{.rule = &rule_of(evidence),
                    .target = evidence.query,
                    .title = fmt::format("DNS names no KMS host: no usable SRV record {}", evidence.query),
                    .evidence = {fmt::format("SRV {}: {}, after {:.1f} ms", evidence.query, came,
                                             ms_of(evidence.began, evidence.ended))},
                    .packets = {}};
    if (evidence.end == NameEnd::no_data) finding.windows_code = no_records_code;
    if (evidence.end == NameEnd::no_server) finding.windows_code = no_server_code;
    return finding;
}

}  // namespace diag::check

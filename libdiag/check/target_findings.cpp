#include "libdiag/check/target_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/name_findings.h"
#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using session::ConnectEnd;

bool works(const AddressEvidence& address) { return address.failed_count < address.attempt_count; }

// Failures that a device between the two ends can cause, so that the network team needs the three facts of a rule.
bool concerns_network(const Rule& rule) {
    const Rule* const rules[] = {&rule::connect_no_answer, &rule::connect_rejected, &rule::connect_closed,
                                 &rule::bind_no_answer,    &rule::bind_reset,       &rule::request_no_answer,
                                 &rule::request_reset};
    return std::ranges::find(rules, &rule) != std::end(rules);
}

void add_firewall_rule(const AddressEvidence& address, Finding& finding) {
    if (!concerns_network(*finding.rule)) return;
    if (finding.rule == &rule::connect_rejected && finding.likely_cause == 1) return;  // no route, or nobody there
    const bool source_known = address.local.ip != IpAddress{} && address.local.ip.octets != IpAddress{}.octets;
    finding.own_remedy.push_back(
        fmt::format("Network team: allow TCP from {} (any source port) to {} port {}, with the answers of the same "
                    "connection back; no inspection of the content.",
                    source_known ? to_string(address.local.ip) : "this machine", to_string(address.endpoint.ip),
                    address.endpoint.port));
}

// Is the machine there while the KMS port is not?
void add_mapper(const AddressEvidence& address, Finding& finding) {
    if (!address.mapper_connect) return;
    const bool is_about_port = finding.rule == &rule::connect_no_answer || finding.rule == &rule::connect_rejected ||
                               finding.rule == &rule::connect_refused;
    if (!is_about_port) return;
    const std::string at = fmt::format("TCP 135 of {}", to_string(address.endpoint.ip));
    if (address.mapper_bound) {
        finding.evidence.push_back(at +
                                   ": the endpoint mapper answers, so the machine is there and the KMS port is not");
        finding.likely_cause = 0;
        finding.likely_remedy = finding.rule == &rule::connect_no_answer ? 1 : 0;
    } else if (*address.mapper_connect == ConnectEnd::connected || *address.mapper_connect == ConnectEnd::reset ||
               *address.mapper_connect == ConnectEnd::refused) {
        finding.evidence.push_back(at + (*address.mapper_connect == ConnectEnd::refused
                                             ? ": not listening, but something answers at this address"
                                             : ": listening, but no endpoint mapper"));
    } else {
        finding.evidence.push_back(at + ": filtered as well");
    }
}

Finding unstable(const AddressEvidence& address) {
    Finding finding{.rule = &rule::connect_unstable,
                    .target = to_string(address.endpoint),
                    .title = fmt::format("{} of {} attempts to use {} failed", address.failed_count,
                                         address.attempt_count, to_string(address.endpoint)),
                    .evidence = {},
                    .packets = {}};
    for (const Finding& failure : address.findings) {
        if (failure.rule->severity != Severity::critical) continue;
        finding.evidence.push_back(fmt::format("the last failure, {}: {}", failure.rule->id, failure.title));
        finding.evidence.insert(finding.evidence.end(), failure.evidence.begin(), failure.evidence.end());
    }
    return finding;
}

Finding replaced(const Rule& rule, const std::string& target, std::string title, const std::vector<Finding>& failures) {
    Finding finding{.rule = &rule, .target = target, .title = std::move(title), .evidence = {}, .packets = {}};
    if (!failures.empty()) finding.about = failures.front().about;
    for (const Finding& failure : failures) {
        finding.evidence.push_back(fmt::format("{}: {}", failure.rule->id, failure.title));
        finding.evidence.insert(finding.evidence.end(), failure.evidence.begin(), failure.evidence.end());
        finding.packets.insert(finding.packets.end(), failure.packets.begin(), failure.packets.end());
    }
    return finding;
}

std::string_view version_of(const AddressEvidence& address) {
    return address.endpoint.ip.family == IpAddress::Family::v4 ? "IPv4" : "IPv6";
}

// A host that listens on one IP version only, and has addresses of both in DNS.
Finding dead(const std::string& target, const AddressEvidence& address, const std::vector<AddressEvidence>& all) {
    Finding finding = dead_address(target, address.endpoint, address.findings);
    const auto is_same_version = [&](const auto& other) { return version_of(other) == version_of(address); };
    const bool version_works =
        std::ranges::any_of(all, [&](const auto& other) { return is_same_version(other) && works(other); });
    const auto other = std::ranges::find_if(all, works);
    if (version_works || other == all.end()) return finding;
    const bool is_refused = std::ranges::any_of(
        address.findings, [](const Finding& failure) { return failure.rule == &rule::connect_refused; });
    finding.evidence.push_back(fmt::format("{} answers by {} ({}) and not by {}: {}", target, version_of(*other),
                                           to_string(other->endpoint), version_of(address),
                                           is_refused ? "the machine is there, and nothing listens at that address"
                                                      : "the host has no way there, or does not use that address"));
    finding.likely_cause = 1;
    return finding;
}

void check_sizes(const AddressEvidence& address, std::vector<Finding>& out) {
    const auto lost = std::ranges::find(address.sizes, false, &SizeAttempt::passed);
    if (lost == address.sizes.end() || lost == address.sizes.begin()) return;
    const bool larger_pass = std::any_of(lost, address.sizes.end(), [](const auto& size) { return size.passed; });
    if (larger_pass) return;  // loss of another kind
    const SizeAttempt& largest = *(lost - 1);
    out.push_back({.rule = &rule::path_mtu,
                   .target = to_string(address.endpoint),
                   .title = fmt::format("packets of more than {} bytes do not reach {}", largest.packet_size,
                                        to_string(address.endpoint)),
                   .evidence = {fmt::format("a bind of {} bytes was answered: a packet of {} bytes", largest.bind_size,
                                            largest.packet_size),
                                fmt::format("a bind of {} bytes was not: a packet of {} bytes", lost->bind_size,
                                            lost->packet_size)},
                   .packets = {}});
}

void check_address(const std::string& target, const AddressEvidence& address, const std::vector<AddressEvidence>& all,
                   std::vector<Finding>& out) {
    if (works(address)) {
        if (address.failed_count > 0) {
            out.push_back(unstable(address));
        } else {
            out.insert(out.end(), address.findings.begin(), address.findings.end());
        }
        check_sizes(address, out);
        return;
    }
    if (std::ranges::any_of(all, works)) {
        out.push_back(dead(target, address, all));
        return;
    }
    for (Finding finding : address.findings) {
        add_mapper(address, finding);
        add_firewall_rule(address, finding);
        if (address.attempt_count > 1)
            finding.evidence.push_back(fmt::format("all {} attempts failed", address.attempt_count));
        out.push_back(std::move(finding));
    }
}

}  // namespace

Finding skipped_host(const std::string& target, const std::vector<Finding>& failures) {
    return replaced(rule::host_skipped, target, fmt::format("{} failed; another host answered", target), failures);
}

Finding dead_address(const std::string& target, const Endpoint& address, const std::vector<Finding>& failures) {
    return replaced(rule::address_dead, target,
                    fmt::format("{} does not work; another address of the name does", to_string(address)), failures);
}

bool is_failure(const std::vector<Finding>& findings) { return worst(findings) == Severity::critical; }

std::vector<Finding> check_target(const std::string& target, const std::optional<session::NameEvidence>& name,
                                  const std::vector<AddressEvidence>& addresses) {
    std::vector<Finding> findings;
    if (name)
        if (auto finding = check_name(*name)) findings.push_back(std::move(*finding));
    for (const AddressEvidence& address : addresses) check_address(target, address, addresses, findings);
    std::ranges::stable_sort(findings, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
    return findings;
}

}  // namespace diag::check

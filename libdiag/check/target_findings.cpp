#include "libdiag/check/target_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/name_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using lang::say;
using session::ConnectEnd;

bool works(const AddressEvidence& address) { return address.failed_count < address.attempt_count; }

// Failures that a device between the two ends can cause, so that the network team needs the three facts of a rule.
bool concerns_network(const Rule& rule) {
    const Rule* const rules[] = {&rule::connect_no_answer, &rule::connect_rejected, &rule::connect_closed,
                                 &rule::bind_no_answer,    &rule::bind_reset,       &rule::request_no_answer,
                                 &rule::request_reset};
    return std::ranges::find(rules, &rule) != std::end(rules);
}

std::string firewall_text(const AddressEvidence& address) {
    const bool source_known = address.local.ip != IpAddress{} && address.local.ip.octets != IpAddress{}.octets;
    const std::string host = to_string(address.endpoint.ip);
    return source_known
               ? say("Network team: allow TCP from {} (any source port) to {} port {}, with the answers of the same "
                     "connection back; no inspection of the content.",
                     to_string(address.local.ip), host, address.endpoint.port)
               : say("Network team: allow TCP from this machine (any source port) to {} port {}, with the answers of "
                     "the same connection back; no inspection of the content.",
                     host, address.endpoint.port);
}

void add_firewall_rule(const AddressEvidence& address, Finding& finding) {
    if (!concerns_network(*finding.rule)) return;
    if (finding.rule == &rule::connect_rejected && finding.likely_cause == 1) return;  // no route, or nobody there
    finding.own_remedy.push_back(firewall_text(address));
}

std::string mapper_text(const AddressEvidence& address) {
    const std::string at = to_string(address.endpoint.ip);
    if (address.mapper_bound)
        return say("TCP 135 of {}: the endpoint mapper answers, so the machine is there and the KMS port is not", at);
    switch (*address.mapper_connect) {
        case ConnectEnd::refused: return say("TCP 135 of {}: not listening, but something answers at this address", at);
        case ConnectEnd::connected:
        case ConnectEnd::reset: return say("TCP 135 of {}: listening, but no endpoint mapper", at);
        default: return say("TCP 135 of {}: filtered as well", at);
    }
}

// Is the machine there while the KMS port is not?
void add_mapper(const AddressEvidence& address, Finding& finding) {
    if (!address.mapper_connect) return;
    const bool is_about_port = finding.rule == &rule::connect_no_answer || finding.rule == &rule::connect_rejected ||
                               finding.rule == &rule::connect_refused;
    if (!is_about_port) return;
    finding.evidence.push_back(mapper_text(address));
    if (!address.mapper_bound) return;
    finding.likely_cause = 0;
    finding.likely_remedy = finding.rule == &rule::connect_no_answer ? 1 : 0;
}

void unstable(const TargetAddress& e, std::vector<Finding>& out) {
    if (!e.works() || e.address.failed_count == 0) return;
    const std::string where = to_string(e.address.endpoint);
    Finding finding{
        .rule = &rule::connect_unstable,
        .target = where,
        .title = say("{} of {} attempts to use {} failed", e.address.failed_count, e.address.attempt_count, where),
        .evidence = {},
        .packets = {}};
    for (const Finding& failure : e.address.findings) {
        if (failure.rule->severity != Severity::critical) continue;
        finding.evidence.push_back(say("the last failure, {}: {}", failure.rule->id, failure.title));
        finding.evidence.insert(finding.evidence.end(), failure.evidence.begin(), failure.evidence.end());
    }
    out.push_back(std::move(finding));
}

Finding replaced(const Rule& rule, const Skipped& e, std::string title) {
    Finding finding{.rule = &rule, .target = e.target, .title = std::move(title), .evidence = {}, .packets = {}};
    if (!e.failures.empty()) finding.about = e.failures.front().about;
    for (const Finding& failure : e.failures) {
        finding.evidence.push_back(fmt::format("{}: {}", failure.rule->id, failure.title));
        finding.evidence.insert(finding.evidence.end(), failure.evidence.begin(), failure.evidence.end());
        finding.packets.insert(finding.packets.end(), failure.packets.begin(), failure.packets.end());
    }
    return finding;
}

void host_skipped(const Skipped& e, std::vector<Finding>& out) {
    if (e.address) return;
    out.push_back(replaced(rule::host_skipped, e, say("{} failed; another host answered", e.target)));
}

void address_passed_over(const Skipped& e, std::vector<Finding>& out) {
    if (!e.address) return;
    out.push_back(replaced(rule::address_dead, e,
                           say("{} does not work; another address of the name does", to_string(*e.address))));
}

constexpr Row<Skipped> rows_of_passed_over[] = {
    {&rule::host_skipped, host_skipped},
    {&rule::address_dead, address_passed_over},
};

Finding only_finding(const Skipped& evidence) {
    std::vector<Finding> findings;
    look(skipped_rows(), evidence, findings);
    return std::move(findings.front());
}

std::string_view version_of(const AddressEvidence& address) {
    return address.endpoint.ip.family == IpAddress::Family::v4 ? "IPv4" : "IPv6";
}

// Who answers, by which version of IP, and why this address does not.
std::string version_text(const TargetAddress& e, const AddressEvidence& other) {
    const bool is_refused = std::ranges::any_of(
        e.address.findings, [](const Finding& failure) { return failure.rule == &rule::connect_refused; });
    const std::string where = to_string(other.endpoint);
    return is_refused ? say("{} answers by {} ({}) and not by {}: the machine is there, and nothing listens at that "
                            "address",
                            e.target, version_of(other), where, version_of(e.address))
                      : say("{} answers by {} ({}) and not by {}: the host has no way there, or does not use that "
                            "address",
                            e.target, version_of(other), where, version_of(e.address));
}

// A host that listens on one IP version only, and has addresses of both in DNS.
void dead(const TargetAddress& e, std::vector<Finding>& out) {
    if (!e.is_replaced()) return;
    Finding finding = dead_address(e.target, e.address.endpoint, e.address.findings);
    const bool version_works = std::ranges::any_of(
        e.all, [&](const auto& other) { return version_of(other) == version_of(e.address) && works(other); });
    if (!version_works) {
        finding.evidence.push_back(version_text(e, *std::ranges::find_if(e.all, works)));
        finding.likely_cause = 1;
    }
    out.push_back(std::move(finding));
}

// The smallest bind that was lost, where all larger ones were, too, and a smaller one came through.
const SizeAttempt* first_lost(const std::vector<SizeAttempt>& sizes) {
    const auto lost = std::ranges::find(sizes, false, &SizeAttempt::passed);
    if (lost == sizes.end() || lost == sizes.begin()) return nullptr;
    const bool larger_pass = std::any_of(lost, sizes.end(), [](const auto& size) { return size.passed; });
    return larger_pass ? nullptr : &*lost;  // else loss of another kind
}

void mtu(const TargetAddress& e, std::vector<Finding>& out) {
    const SizeAttempt* lost = e.works() ? first_lost(e.address.sizes) : nullptr;
    if (lost == nullptr) return;
    const SizeAttempt& largest = *(lost - 1);
    const std::string where = to_string(e.address.endpoint);
    out.push_back(
        {.rule = &rule::path_mtu,
         .target = where,
         .title = say("packets of more than {} bytes do not reach {}", largest.packet_size, where),
         .evidence = {say("a bind of {} bytes was answered: a packet of {} bytes", largest.bind_size,
                          largest.packet_size),
                      say("a bind of {} bytes was not: a packet of {} bytes", lost->bind_size, lost->packet_size)},
         .packets = {}});
}

constexpr Row<TargetAddress> rows_of_addresses[] = {
    {&rule::connect_unstable, unstable},
    {&rule::address_dead, dead},
    {&rule::path_mtu, mtu},
};

// What its attempts showed themselves, where no row above sums it up.
void pass_on(const TargetAddress& e, std::vector<Finding>& out) {
    if (e.works()) {
        if (e.address.failed_count == 0) out.insert(out.end(), e.address.findings.begin(), e.address.findings.end());
        return;
    }
    if (e.is_replaced()) return;
    for (Finding finding : e.address.findings) {
        add_mapper(e.address, finding);
        add_firewall_rule(e.address, finding);
        if (e.address.attempt_count > 1)
            finding.evidence.push_back(say("all {} attempts failed", e.address.attempt_count));
        out.push_back(std::move(finding));
    }
}

}  // namespace

bool TargetAddress::is_replaced() const { return !works() && std::ranges::any_of(all, check::works); }

std::span<const Row<TargetAddress>> address_rows() { return rows_of_addresses; }
std::span<const Row<Skipped>> skipped_rows() { return rows_of_passed_over; }

Finding skipped_host(const std::string& target, const std::vector<Finding>& failures) {
    return only_finding({.target = target, .address = {}, .failures = failures});
}

Finding dead_address(const std::string& target, const Endpoint& address, const std::vector<Finding>& failures) {
    return only_finding({.target = target, .address = address, .failures = failures});
}

bool is_failure(const std::vector<Finding>& findings) { return worst(findings) == Severity::critical; }

std::vector<Finding> check_target(const std::string& target, const std::optional<session::NameEvidence>& name,
                                  const std::vector<AddressEvidence>& addresses) {
    std::vector<Finding> findings;
    if (name)
        if (auto finding = check_name(*name)) findings.push_back(std::move(*finding));
    for (const AddressEvidence& address : addresses) {
        const TargetAddress evidence{.target = target, .address = address, .all = addresses};
        pass_on(evidence, findings);
        look(address_rows(), evidence, findings);
    }
    std::ranges::stable_sort(findings, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
    return findings;
}

}  // namespace diag::check

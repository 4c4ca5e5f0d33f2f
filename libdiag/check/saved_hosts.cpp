#include "libdiag/check/saved_hosts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/domain_name.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using session::NameEvidence;
using session::ServiceRecord;
using slmgr::Dlv;
using slmgr::KmsMachine;
using Findings = std::vector<Finding>;

std::string text_of(const KmsMachine& machine) { return fmt::format("{}:{}", machine.host, machine.port); }

bool is_set_by_hand(const KmsMachine& machine) { return machine.source == KmsMachine::Source::registered; }

// "kms1.example.test:1688, set by hand"
std::string text_with_source(const KmsMachine& machine) {
    return is_set_by_hand(machine) ? say("{}:{}, set by hand", machine.host, machine.port)
                                   : say("{}:{}, found in DNS", machine.host, machine.port);
}

std::string_view name_of_product(const Dlv& dlv) { return dlv.name ? std::string_view{*dlv.name} : tr("the product"); }

bool has_host(const slmgr::Fact<KmsMachine>& machine) { return machine && !machine->host.empty(); }

bool is_client(const Dlv& dlv) {
    return !dlv.not_in_use.is(true) && !slmgr::is_kms_host(dlv) &&
           (has_host(dlv.kms_machine) || has_host(dlv.cached_machine));
}

bool is_same_machine(const KmsMachine& a, const KmsMachine& b) {
    return a.port == b.port && is_same_host(a.host, b.host);
}

Finding& add(Findings& out, const Rule& rule, std::string_view target, std::string title) {
    out.push_back(
        {.rule = &rule, .target = std::string{target}, .title = std::move(title), .evidence = {}, .packets = {}});
    return out.back();
}

// Of one machine: a file may hold the output of several.
bool may_be_same_client(const Dlv& a, const Dlv& b) {
    return !a.client_machine_id || !b.client_machine_id || a.client_machine_id == b.client_machine_id;
}

bool differ(const Dlv& a, const Dlv& b) {
    return may_be_same_client(a, b) && has_host(a.kms_machine) && has_host(b.kms_machine) &&
           !is_same_machine(*a.kms_machine, *b.kms_machine);
}

bool is_alone(const Dlv& dlv, std::span<const Dlv> products) {
    const bool has_other = has_host(dlv.kms_machine) && has_host(dlv.cached_machine) &&
                           !is_same_machine(*dlv.kms_machine, *dlv.cached_machine);
    return !has_other &&
           std::ranges::none_of(products, [&](const Dlv& other) { return is_client(other) && differ(dlv, other); });
}

void hosts_differ(const SavedHosts& saved, Findings& out) {
    std::vector<std::string> evidence;
    constexpr std::size_t max_evidence = 16;
    for (const Dlv& dlv : saved.products) {
        if (evidence.size() >= max_evidence || !is_client(dlv) || is_alone(dlv, saved.products)) continue;
        for (const auto* machine : {&dlv.kms_machine, &dlv.cached_machine}) {
            if (!has_host(*machine)) continue;
            std::string line = fmt::format("{}: {}", name_of_product(dlv), text_with_source(**machine));
            if (std::ranges::find(evidence, line) == evidence.end()) evidence.push_back(std::move(line));
        }
    }
    if (evidence.size() < 2) return;
    add(out, rule::client_hosts_differ, saved.target, std::string{tr("the saved output names different KMS hosts")})
        .evidence = std::move(evidence);
}

constexpr Row<SavedHosts> hosts_rows[] = {{&rule::client_hosts_differ, hosts_differ}};

const NameEvidence* addresses_of(std::string_view name, const HostEvidence& dns) {
    const auto found = std::ranges::find_if(dns.names, [&](const NameEvidence& evidence) {
        return !evidence.addresses.empty() && dns::is_same_name(evidence.name, name);
    });
    return found == dns.names.end() ? nullptr : &*found;
}

std::vector<IpAddress> addresses(std::string_view host, const HostEvidence& dns) {
    if (const auto literal = IpAddress::parse(host)) return {*literal};
    const NameEvidence* evidence = addresses_of(host, dns);
    return evidence != nullptr ? evidence->addresses : std::vector<IpAddress>{};
}

// By its name, or by an address that both have: an alias, or an address that was set in place of a name.
bool is_published_as(const KmsMachine& machine, const ServiceRecord& record, const HostEvidence& dns) {
    if (is_same_host(machine.host, record.target)) return true;
    const auto theirs = addresses(record.target, dns);
    return std::ranges::any_of(addresses(machine.host, dns), [&](const IpAddress& address) {
        return std::ranges::find(theirs, address) != theirs.end();
    });
}

std::vector<std::uint16_t> published_ports(const KmsMachine& machine, const HostEvidence& dns) {
    std::vector<std::uint16_t> ports;
    for (const ServiceRecord& record : dns.published)
        if (is_published_as(machine, record, dns)) ports.push_back(record.port);
    return ports;
}

std::string published_text(const HostEvidence& dns) {
    std::vector<std::string> hosts;
    hosts.reserve(dns.published.size());
    for (const ServiceRecord& record : dns.published) hosts.push_back(fmt::format("{}:{}", record.target, record.port));
    return say("published in {}: {}", dns.domain, fmt::format("{}", fmt::join(hosts, ", ")));
}

Finding& add(Findings& out, const Rule& rule, const SavedHost& host, std::string title) {
    Finding& finding = add(out, rule, host.target, std::move(title));
    finding.evidence = {text_with_source(host.machine), published_text(host.dns)};
    return finding;
}

void other_port(const SavedHost& host, Findings& out) {
    const KmsMachine& machine = host.machine;
    if (host.ports.empty() || std::ranges::find(host.ports, machine.port) != host.ports.end()) return;
    add(out, rule::client_host_port, host,
        say("{} uses port {} of {}, and DNS publishes port {}", name_of_product(host.dlv), machine.port, machine.host,
            host.ports.front()))
        .likely_cause = is_set_by_hand(machine) ? 0 : 1;
}

void unpublished(const SavedHost& host, Findings& out) {
    if (!host.ports.empty() || !is_set_by_hand(host.machine)) return;
    add(out, rule::client_host_unpublished, host,
        say("{} is set to {}, which {} does not publish", name_of_product(host.dlv), text_of(host.machine),
            host.dns.domain));
}

void stale(const SavedHost& host, Findings& out) {
    if (!host.ports.empty() || is_set_by_hand(host.machine)) return;
    add(out, rule::client_cache_stale, host,
        say("{} has found {}, which {} no longer publishes", name_of_product(host.dlv), text_of(host.machine),
            host.dns.domain));
}

constexpr Row<SavedHost> host_rows[] = {
    {&rule::client_host_port, other_port},
    {&rule::client_host_unpublished, unpublished},
    {&rule::client_cache_stale, stale},
};

// The address is that of the last answer, and belongs to the host that is used.
void other_address(const SavedAnswer& saved, Findings& out) {
    const Dlv& dlv = saved.dlv;
    if (!has_host(dlv.kms_machine) || !dlv.kms_ip) return;
    const auto reached = IpAddress::parse(*dlv.kms_ip);
    const NameEvidence* name = addresses_of(dlv.kms_machine->host, saved.dns);
    if (!reached || name == nullptr || (name->wanted && *name->wanted != reached->family)) return;
    if (std::ranges::find(name->addresses, *reached) != name->addresses.end()) return;
    Finding& finding = add(out, rule::client_host_address, saved.target,
                           say("{} was answered by {}, which is no address of {}", name_of_product(dlv),
                               to_string(*reached), dlv.kms_machine->host));
    finding.evidence.push_back(say("KMS machine IP address: {}", to_string(*reached)));
    std::vector<std::string> found;
    found.reserve(name->addresses.size());
    for (const IpAddress& address : name->addresses) found.push_back(to_string(address));
    finding.evidence.push_back(say("{} has {}", dlv.kms_machine->host, fmt::format("{}", fmt::join(found, ", "))));
    if (dlv.host_extended_pid) finding.evidence.push_back(say("KMS machine extended PID: {}", *dlv.host_extended_pid));
}

constexpr Row<SavedAnswer> answer_rows[] = {{&rule::client_host_address, other_address}};

}  // namespace

std::span<const Row<SavedHosts>> saved_hosts_rows() { return hosts_rows; }
std::span<const Row<SavedHost>> saved_host_rows() { return host_rows; }
std::span<const Row<SavedAnswer>> saved_answer_rows() { return answer_rows; }

std::vector<std::string> host_names(std::span<const Dlv> products) {
    std::vector<std::string> names;
    for (const Dlv& dlv : products) {
        if (!is_client(dlv)) continue;
        for (const auto* machine : {&dlv.kms_machine, &dlv.cached_machine}) {
            if (!has_host(*machine) || names.size() == max_saved_host_count) continue;
            const std::string& host = (*machine)->host;
            const bool is_known =
                std::ranges::any_of(names, [&](const auto& name) { return dns::is_same_name(name, host); });
            if (!is_known && !IpAddress::parse(host)) names.push_back(host);
        }
    }
    return names;
}

std::vector<Finding> check_saved_hosts(std::span<const Dlv> products, std::string_view target,
                                       const HostEvidence& dns) {
    std::vector<Finding> findings;
    look(saved_hosts_rows(), {products, target}, findings);
    for (const Dlv& dlv : products) {
        if (!is_client(dlv)) continue;
        for (const auto* machine : {&dlv.kms_machine, &dlv.cached_machine})
            if (has_host(*machine) && !dns.published.empty())
                look(saved_host_rows(), {dlv, **machine, dns, target, published_ports(**machine, dns)}, findings);
        look(saved_answer_rows(), {dlv, dns, target}, findings);
    }
    return findings;
}

}  // namespace diag::check

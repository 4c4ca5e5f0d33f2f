#include "libdiag/check/saved_hosts.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/proto/dns/domain_name.h"

namespace diag::check {
namespace {

using session::NameEvidence;
using session::ServiceRecord;
using slmgr::Dlv;
using slmgr::KmsMachine;

std::string text_of(const KmsMachine& machine) { return fmt::format("{}:{}", machine.host, machine.port); }

std::string_view source_text(const KmsMachine& machine) {
    return machine.source == KmsMachine::Source::registered ? "set by hand" : "found in DNS";
}

std::string_view name_of_product(const Dlv& dlv) { return dlv.name ? std::string_view{*dlv.name} : "the product"; }

bool has_host(const slmgr::Fact<KmsMachine>& machine) { return machine && !machine->host.empty(); }

bool is_client(const Dlv& dlv) {
    return !dlv.not_in_use.is(true) && !slmgr::is_kms_host(dlv) &&
           (has_host(dlv.kms_machine) || has_host(dlv.cached_machine));
}

// A name without a dot is completed by the suffixes of the client.
bool is_same_host(std::string_view a, std::string_view b) {
    if (dns::is_same_name(a, b)) return true;
    if (a.find('.') == std::string_view::npos) return dns::is_same_name(a, b.substr(0, b.find('.')));
    return b.find('.') == std::string_view::npos && dns::is_same_name(a.substr(0, a.find('.')), b);
}

bool is_same_machine(const KmsMachine& a, const KmsMachine& b) {
    return a.port == b.port && is_same_host(a.host, b.host);
}

class HostComparison {
public:
    HostComparison(std::span<const Dlv> products, std::string_view target, const HostEvidence& dns)
        : products_{products}, target_{target}, dns_{dns} {}

    std::vector<Finding> all() {
        compare_products();
        for (const Dlv& dlv : products_) {
            if (!is_client(dlv)) continue;
            for (const auto* machine : {&dlv.kms_machine, &dlv.cached_machine})
                if (has_host(*machine)) compare_with_published(dlv, **machine);
            compare_address(dlv);
        }
        return std::move(findings_);
    }

private:
    Finding& add(const Rule& rule, std::string title) {
        findings_.push_back(
            {.rule = &rule, .target = target_, .title = std::move(title), .evidence = {}, .packets = {}});
        return findings_.back();
    }

    // Of one machine: a file may hold the output of several.
    static bool may_be_same_client(const Dlv& a, const Dlv& b) {
        return !a.client_machine_id || !b.client_machine_id || a.client_machine_id == b.client_machine_id;
    }

    static bool differ(const Dlv& a, const Dlv& b) {
        return may_be_same_client(a, b) && has_host(a.kms_machine) && has_host(b.kms_machine) &&
               !is_same_machine(*a.kms_machine, *b.kms_machine);
    }

    bool is_alone(const Dlv& dlv) const {
        const bool has_other = has_host(dlv.kms_machine) && has_host(dlv.cached_machine) &&
                               !is_same_machine(*dlv.kms_machine, *dlv.cached_machine);
        return !has_other && std::ranges::none_of(
                                 products_, [&](const Dlv& other) { return is_client(other) && differ(dlv, other); });
    }

    void compare_products() {
        std::vector<std::string> evidence;
        constexpr std::size_t max_evidence = 16;
        for (const Dlv& dlv : products_) {
            if (evidence.size() >= max_evidence || !is_client(dlv) || is_alone(dlv)) continue;
            for (const auto* machine : {&dlv.kms_machine, &dlv.cached_machine}) {
                if (!has_host(*machine)) continue;
                std::string line =
                    fmt::format("{}: {}, {}", name_of_product(dlv), text_of(**machine), source_text(**machine));
                if (std::ranges::find(evidence, line) == evidence.end()) evidence.push_back(std::move(line));
            }
        }
        if (evidence.size() < 2) return;
        add(rule::client_hosts_differ, "the saved output names different KMS hosts").evidence = std::move(evidence);
    }

    const NameEvidence* addresses_of(std::string_view name) const {
        const auto found = std::ranges::find_if(dns_.names, [&](const NameEvidence& evidence) {
            return !evidence.addresses.empty() && dns::is_same_name(evidence.name, name);
        });
        return found == dns_.names.end() ? nullptr : &*found;
    }

    std::vector<IpAddress> addresses(std::string_view host) const {
        if (const auto literal = IpAddress::parse(host)) return {*literal};
        const NameEvidence* evidence = addresses_of(host);
        return evidence != nullptr ? evidence->addresses : std::vector<IpAddress>{};
    }

    // By its name, or by an address that both have: an alias, or an address that was set in place of a name.
    bool is_published_as(const KmsMachine& machine, const ServiceRecord& record) const {
        if (is_same_host(machine.host, record.target)) return true;
        const auto theirs = addresses(record.target);
        return std::ranges::any_of(addresses(machine.host), [&](const IpAddress& address) {
            return std::ranges::find(theirs, address) != theirs.end();
        });
    }

    std::string published_text() const {
        std::vector<std::string> hosts;
        hosts.reserve(dns_.published.size());
        for (const ServiceRecord& record : dns_.published)
            hosts.push_back(fmt::format("{}:{}", record.target, record.port));
        return fmt::format("published in {}: {}", dns_.domain, fmt::join(hosts, ", "));
    }

    void compare_with_published(const Dlv& dlv, const KmsMachine& machine) {
        if (dns_.published.empty()) return;
        std::vector<std::uint16_t> ports;
        for (const ServiceRecord& record : dns_.published)
            if (is_published_as(machine, record)) ports.push_back(record.port);
        if (std::ranges::find(ports, machine.port) != ports.end()) return;
        const bool is_set = machine.source == KmsMachine::Source::registered;
        const std::string shown = text_of(machine);
        Finding& finding =
            !ports.empty() ? add(rule::client_host_port,
                                 fmt::format("{} uses port {} of {}, and DNS publishes port {}", name_of_product(dlv),
                                             machine.port, machine.host, ports.front()))
            : is_set ? add(rule::client_host_unpublished, fmt::format("{} is set to {}, which {} does not publish",
                                                                      name_of_product(dlv), shown, dns_.domain))
                     : add(rule::client_cache_stale, fmt::format("{} has found {}, which {} no longer publishes",
                                                                 name_of_product(dlv), shown, dns_.domain));
        if (!ports.empty()) finding.likely_cause = is_set ? 0 : 1;
        finding.evidence.push_back(fmt::format("{}, {}", shown, source_text(machine)));
        finding.evidence.push_back(published_text());
    }

    // The address is that of the last answer, and belongs to the host that is used.
    void compare_address(const Dlv& dlv) {
        if (!has_host(dlv.kms_machine) || !dlv.kms_ip) return;
        const auto reached = IpAddress::parse(*dlv.kms_ip);
        const NameEvidence* name = addresses_of(dlv.kms_machine->host);
        if (!reached || name == nullptr || (name->wanted && *name->wanted != reached->family)) return;
        if (std::ranges::find(name->addresses, *reached) != name->addresses.end()) return;
        Finding& finding = add(rule::client_host_address,
                               fmt::format("{} was answered by {}, which is no address of {}", name_of_product(dlv),
                                           to_string(*reached), dlv.kms_machine->host));
        finding.evidence.push_back(fmt::format("KMS machine IP address: {}", to_string(*reached)));
        std::vector<std::string> found;
        found.reserve(name->addresses.size());
        for (const IpAddress& address : name->addresses) found.push_back(to_string(address));
        finding.evidence.push_back(fmt::format("{} has {}", dlv.kms_machine->host, fmt::join(found, ", ")));
        if (dlv.host_extended_pid)
            finding.evidence.push_back(fmt::format("KMS machine extended PID: {}", *dlv.host_extended_pid));
    }

    std::span<const Dlv> products_;
    std::string target_;
    const HostEvidence& dns_;
    std::vector<Finding> findings_;
};

}  // namespace

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
    return HostComparison{products, target, dns}.all();
}

}  // namespace diag::check

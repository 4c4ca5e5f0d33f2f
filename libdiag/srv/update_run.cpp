#include "libdiag/srv/update_run.h"

#include <fmt/format.h>

#include "libdiag/base/bytes.h"
#include "libdiag/net/dns_driver.h"
#include "libdiag/net/random_source.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/srv/srv_run.h"

namespace diag::srv {
namespace {

using session::PrimarySearchEnd;
using session::UpdatePolicy;

dns::DomainName without_first(const dns::DomainName& name, std::size_t count) {
    dns::DomainName rest;
    const auto labels = name.labels();
    for (std::size_t i = count; i < labels.size(); ++i) rest.append(labels[i]);
    return rest;
}

bool is_in(const dns::DomainName& name, const dns::DomainName& domain) {
    const std::size_t own = name.labels().size(), other = domain.labels().size();
    return own >= other && dns::is_same_name(without_first(name, own - other), domain);
}

std::string search_text(const session::UpdateTestEvidence& e) {
    switch (e.search) {
        case PrimarySearchEnd::no_resolver: return "there is no DNS server to ask";
        case PrimarySearchEnd::no_zone: return fmt::format("{} is in no zone of yours: no SOA", to_string(e.name));
        case PrimarySearchEnd::no_name: return fmt::format("the SOA of {} names no primary server", to_string(e.zone));
        case PrimarySearchEnd::no_address:
            return fmt::format("{}, the primary server of {}, has no address", to_string(e.primary), to_string(e.zone));
        default: break;
    }
    const bool answered = e.search_outcome && e.search_outcome->end == session::DnsExchangeEnd::answered;
    return fmt::format("no usable answer to the search for the zone ({})",
                       answered ? dns::rcode_name(e.search_outcome->rcode) : "no answer");
}

}  // namespace

dns::DomainName domain_of(const dns::DomainName& owner) {
    constexpr std::size_t service_label_count = 2;
    dns::DomainName service;
    service.append(bytes_of("_vlmcs"));
    service.append(bytes_of("_tcp"));
    const auto labels = owner.labels();
    if (labels.size() <= service_label_count) return owner;
    dns::DomainName front;
    for (std::size_t i = 0; i < service_label_count; ++i) front.append(labels[i]);
    return dns::is_same_name(front, service) ? without_first(owner, service_label_count) : owner;
}

std::optional<std::size_t> domain_of_update(const dns::DomainName& name, const std::vector<std::string>& domains) {
    std::optional<std::size_t> best;
    std::size_t best_size = 0;
    for (std::size_t i = 0; i < domains.size(); ++i) {
        const auto domain = dns::DomainName::parse(domains[i]);
        if (!domain || !is_in(name, *domain) || domain->wire_size() <= best_size) continue;
        best = i;
        best_size = domain->wire_size();
    }
    return best;
}

std::optional<session::UpdateTestEvidence> test_update(const dns::DomainName& name, const SrvSettings& settings) {
    // Two datagrams, then TCP.
    constexpr int try_count = 3;
    net::RandomSource source;
    const session::RandomBytes random = [&](std::span<std::uint8_t> out) { source.fill(out); };
    const auto unused = session::unused_name_below(name, random);
    if (!unused) return std::nullopt;  // the options have seen that it fits
    session::UpdateTest test{{.resolvers = settings.check.servers,
                              .exchange = {.attempt_time = settings.timeout / try_count},
                              .primary_port = settings.name_server_port},
                             name,
                             *unused,
                             random};
    if (!net::perform(test, settings.stop)) return std::nullopt;
    return test.evidence();
}

std::string conclusion(const session::UpdateTestEvidence& e) {
    switch (e.policy()) {
        case UpdatePolicy::not_sent: return "not tried: " + search_text(e);
        case UpdatePolicy::open: return "an unsigned update of this machine would be done; nothing was changed";
        case UpdatePolicy::refused:
            // Who took a message that changes no name has rules by name or type.
            return e.steps.size() == 1
                       ? "unsigned updates of this machine are refused, as they should be"
                       : fmt::format(
                             "unsigned updates of {} are refused; the server has rules by name or type, and "
                             "what they say of other names and types is not seen",
                             to_string(e.service));
        case UpdatePolicy::inconclusive: break;
    }
    const auto& outcome = e.steps.back().outcome;
    if (outcome.is_unreachable)
        return "the primary server refuses connections, or there is no way to it: nothing is known of who may update";
    if (outcome.end != session::DnsExchangeEnd::answered)
        return "the primary server has no usable answer to an update: nothing is known of who may update";
    if (outcome.rcode == dns::rcode::not_auth)
        return "NOTAUTH: not taken. Knot DNS says so when no rule allows it, others when the zone is not theirs";
    if (e.steps.back().kind == session::UpdateTestStep::Kind::service && outcome.rcode == dns::rcode::no_error)
        return fmt::format(
            "the server refuses unsigned updates of other names and has rules by name or type; whether "
            "they let this machine change {} is not seen",
            to_string(e.service));
    return fmt::format("{}: the server does not say that it would do an update, nor that it refuses",
                       dns::rcode_name(outcome.rcode));
}

}  // namespace diag::srv

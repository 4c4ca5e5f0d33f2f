// The records of a domain beside the list of hosts that may be published.
#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/domain_name.h"

namespace diag::check {
namespace {

using lang::say;
using session::ServiceRecord;
using Findings = std::vector<Finding>;

bool is_same_host(const ExpectedHost& host, const ServiceRecord& record) {
    return dns::is_same_name(host.name, record.target) && (!host.port || *host.port == record.port);
}

void unauthorised(const DomainEvidence& d, Findings& out) {
    if (d.expected.empty()) return;
    for (const ServiceRecord& record : d.srv.records) {
        const auto is_record = [&](const ExpectedHost& host) { return is_same_host(host, record); };
        const bool is_welcome = !names_host(record) || std::ranges::any_of(d.expected, is_record);
        if (is_welcome || out.size() >= max_finding_count) continue;
        add(out, rule::srv_unauthorised, d,
            say("{} publishes {}:{}, which is not on the list", d.srv.domain, record.target, record.port),
            record_text(record));
    }
}

void not_published(const DomainEvidence& d, Findings& out) {
    if (!d.names_host) return;  // that there is no host at all is said already
    for (const ExpectedHost& host : d.expected) {
        const auto is_host = [&](const ServiceRecord& record) { return is_same_host(host, record); };
        if (std::ranges::none_of(d.srv.records, is_host))
            add(out, rule::srv_not_published, d, say("{} is not published in {}", host.name, d.srv.domain),
                Proof{d.srv.replies});
    }
}

constexpr Row<DomainEvidence> rows[] = {
    {&rule::srv_unauthorised, unauthorised},
    {&rule::srv_not_published, not_published},
};

}  // namespace

std::span<const Row<DomainEvidence>> srv_authorised_rows() { return rows; }

}  // namespace diag::check

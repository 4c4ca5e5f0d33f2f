#include "libdiag/check/srv_findings.h"

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_rows.h"

namespace diag::check {

std::vector<Finding> check_srv(const session::SrvEvidence& evidence, const std::vector<ExpectedHost>& expected) {
    const DomainEvidence domain{evidence, expected};
    std::vector<Finding> out;
    look(srv_search_rows(), domain, out);
    if (domain.names_host) {
        look(srv_record_rows(), domain, out);
        const bool any_address = std::ranges::any_of(evidence.targets, may_have_address);
        for (const session::SrvTarget& target : evidence.targets)
            look(srv_target_rows(), {domain, target, any_address}, out);
    }
    look(srv_server_rows(), domain, out);
    look(srv_authorised_rows(), domain, out);
    std::ranges::stable_sort(out, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
    return out;
}

bool is_missing_record(const Finding& finding) {
    constexpr const Rule* rules[] = {&rule::dns_no_record, &rule::srv_near_miss, &rule::srv_other_domain};
    return std::ranges::find(rules, finding.rule) != std::end(rules);
}

std::pair<Severity, bool> rank_of(const Finding& finding) {
    return {finding.rule->severity, !is_missing_record(finding)};
}

}  // namespace diag::check

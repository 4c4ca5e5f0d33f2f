#include "libdiag/check/client_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;

bool is_failure_of_dns(const Finding& finding) {
    constexpr const Rule* rules[] = {&rule::dns_server_failure, &rule::dns_refused, &rule::dns_no_answer,
                                     &rule::dns_tcp_blocked};
    return std::ranges::find(rules, finding.rule) != std::end(rules);
}

void suffix_failed(const PassedOver& passed, std::vector<Finding>& out) {
    const Finding& failure = passed.finding;
    if (!is_failure_of_dns(failure)) return;
    Finding warning{.rule = &rule::dns_suffix_failed,
                    .target = failure.target,
                    .title = say("DNS fails for {}; {} has the record", failure.target, passed.found),
                    .evidence = {fmt::format("{}: {}", failure.rule->id, failure.title)},
                    .packets = failure.packets,
                    .about = failure.about};
    warning.evidence.insert(warning.evidence.end(), failure.evidence.begin(), failure.evidence.end());
    out.push_back(std::move(warning));
}

constexpr Row<PassedOver> passed_rows[] = {{&rule::dns_suffix_failed, suffix_failed}};

void no_suffix(const ClientDomains& domains, std::vector<Finding>& out) {
    if (!domains.candidates.empty()) return;
    out.push_back({.rule = &rule::client_no_suffix,
                   .target = std::string{domains.target},
                   .title = std::string{tr("this client has no DNS suffix, so it asks for nothing")},
                   .evidence = {std::string{tr("no primary suffix, no domain from DHCP that counts, no search list")}},
                   .packets = {}});
}

constexpr Row<ClientDomains> domain_rows[] = {{&rule::client_no_suffix, no_suffix}};

}  // namespace

std::span<const Row<PassedOver>> passed_over_rows() { return passed_rows; }

void pass_over(std::vector<Finding>& findings, const std::string& found) {
    std::erase_if(findings, is_missing_record);
    for (Finding& finding : findings) {
        std::vector<Finding> instead;
        look(passed_over_rows(), {finding, found}, instead);
        if (!instead.empty()) finding = std::move(instead.front());
    }
}

std::span<const Row<ClientDomains>> client_domain_rows() { return domain_rows; }

std::vector<Finding> check_client_domains(const ClientDomains& domains) {
    std::vector<Finding> out;
    look(client_domain_rows(), domains, out);
    return out;
}

void note_elsewhere(std::vector<Finding>& findings, const session::Candidate& elsewhere) {
    for (Finding& finding : findings)
        if (is_missing_record(finding))
            finding.evidence.push_back(say("{} ({}) has a record, but no client is documented to look there",
                                           elsewhere.domain, describe(elsewhere.source)));
}

std::string_view describe(session::Candidate::Source source) {
    using Source = session::Candidate::Source;
    switch (source) {
        case Source::lookup_domain: return tr("the domain set with slmgr /skms-domain");
        case Source::primary_suffix: return tr("the primary DNS suffix");
        case Source::dhcp_domain: return tr("the domain given by DHCP");
        case Source::search_list: return tr("the DNS suffix search list");
        case Source::devolution: return tr("a parent of the primary DNS suffix");
        case Source::connection_suffix: return tr("the DNS suffix of a connection");
    }
    return {};
}

}  // namespace diag::check

#include "libdiag/check/seen_in.h"

#include "libdiag/check/correlation_findings.h"
#include "libdiag/check/event_findings.h"
#include "libdiag/check/row.h"

namespace diag::check {
namespace {

template <class Evidence> std::vector<const Rule*> rules_of(std::span<const Row<Evidence>> rows) {
    std::vector<const Rule*> rules;
    for (const Row<Evidence>& row : rows) rules.push_back(row.rule);
    return rules;
}

constexpr EvidenceKind kinds[] = {
    {"event logs of a client and its host", [] { return rules_of(trouble_rows()); }},
    {"event logs as a whole", [] { return rules_of(logged_rows()); }},
    {"all conversations of one client", [] { return rules_of(client_rows()); }},
    {"all conversations with one host", [] { return rules_of(host_rows()); }},
    {"all requests under one machine name", [] { return rules_of(name_rows()); }},
    {"all requests from one address", [] { return rules_of(address_rows()); }},
};

}  // namespace

std::span<const EvidenceKind> all_evidence_kinds() { return kinds; }

}  // namespace diag::check

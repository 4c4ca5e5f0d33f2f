#include "libdiag/check/seen_in.h"

#include "libdiag/check/capture_file_findings.h"
#include "libdiag/check/capture_findings.h"
#include "libdiag/check/connect_findings.h"
#include "libdiag/check/ending_findings.h"
#include "libdiag/check/exchange_findings.h"
#include "libdiag/check/junk_findings.h"
#include "libdiag/check/live_findings.h"
#include "libdiag/check/name_findings.h"
#include "libdiag/check/path_findings.h"
#include "libdiag/check/correlation_findings.h"
#include "libdiag/check/event_findings.h"
#include "libdiag/check/row.h"
#include "libdiag/check/rpc_findings.h"
#include "libdiag/check/target_findings.h"

namespace diag::check {
namespace {

template <class Evidence> std::vector<const Rule*> rules_of(std::span<const Row<Evidence>> rows) {
    std::vector<const Rule*> rules;
    for (const Row<Evidence>& row : rows) rules.push_back(row.rule);
    return rules;
}

constexpr EvidenceKind kinds[] = {
    {"the TCP connection of a conversation", [] { return rules_of(connect_rows()); }},
    {"what the host's RPC answers in a conversation", [] { return rules_of(rpc_rows()); }},
    {"the end of a conversation", [] { return rules_of(ending_rows()); }},
    {"a host's refusal of a request", [] { return rules_of(refusal_rows()); }},
    {"a request and its answer", [] { return rules_of(exchange_rows()); }},
    {"bytes of a conversation that are no RPC", [] { return rules_of(junk_rows()); }},
    {"what the capture has of a conversation", [] { return rules_of(capture_rows()); }},
    {"the headers of a conversation's packets", [] { return rules_of(path_rows()); }},
    {"a capture as a whole", [] { return rules_of(capture_file_rows()); }},
    {"a conversation of our own", [] { return rules_of(live_rows()); }},
    {"the look-up of a host's name", [] { return rules_of(name_rows()); }},
    {"all attempts at an address", [] { return rules_of(address_rows()); }},
    {"a host or an address before the one that answers", [] { return rules_of(passed_over_rows()); }},
    {"event logs of a client and its host", [] { return rules_of(trouble_rows()); }},
    {"event logs as a whole", [] { return rules_of(logged_rows()); }},
    {"all conversations of one client", [] { return rules_of(client_record_rows()); }},
    {"all conversations with one host", [] { return rules_of(host_record_rows()); }},
    {"all requests under one machine name", [] { return rules_of(name_record_rows()); }},
    {"all requests from one address", [] { return rules_of(address_record_rows()); }},
};

}  // namespace

std::span<const EvidenceKind> all_evidence_kinds() { return kinds; }

}  // namespace diag::check

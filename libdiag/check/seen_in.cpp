#include "libdiag/check/seen_in.h"

#include "libdiag/check/capture_file_findings.h"
#include "libdiag/check/capture_findings.h"
#include "libdiag/check/client_search.h"
#include "libdiag/check/connect_findings.h"
#include "libdiag/check/correlation_findings.h"
#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/dns_findings.h"
#include "libdiag/check/ending_findings.h"
#include "libdiag/check/event_findings.h"
#include "libdiag/check/exchange_findings.h"
#include "libdiag/check/junk_findings.h"
#include "libdiag/check/live_findings.h"
#include "libdiag/check/name_findings.h"
#include "libdiag/check/path_findings.h"
#include "libdiag/check/publish_findings.h"
#include "libdiag/check/row.h"
#include "libdiag/check/rpc_findings.h"
#include "libdiag/check/saved_hosts.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/check/target_findings.h"
#include "libdiag/check/zone_findings.h"

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
    {"a host or an address before the one that answers", [] { return rules_of(skipped_rows()); }},
    {"event logs of a client and its host", [] { return rules_of(trouble_rows()); }},
    {"event logs as a whole", [] { return rules_of(logged_rows()); }},
    {"all conversations of one client", [] { return rules_of(client_record_rows()); }},
    {"all conversations with one host", [] { return rules_of(host_record_rows()); }},
    {"all requests under one machine name", [] { return rules_of(name_record_rows()); }},
    {"all requests from one address", [] { return rules_of(address_record_rows()); }},
    // What DNS says.
    {"the answers to a search for KMS hosts in DNS", [] { return rules_of(srv_search_rows()); }},
    {"the SRV records of a domain", [] { return rules_of(srv_record_rows()); }},
    {"a host that an SRV record names", [] { return rules_of(srv_target_rows()); }},
    {"the DNS servers and names that answer for a domain", [] { return rules_of(srv_server_rows()); }},
    {"the SRV records of a domain beside the list of authorised hosts", [] { return rules_of(srv_authorised_rows()); }},
    {"a client's search for KMS hosts in a capture", [] { return rules_of(captured_search_rows()); }},
    {"a domain that a client asks before it finds the record", [] { return rules_of(passed_over_rows()); }},
    {"the domains that a client asks by its settings", [] { return rules_of(client_domain_rows()); }},
    {"the name servers of a zone", [] { return rules_of(zone_rows()); }},
    {"a test whether a zone takes unsigned updates", [] { return rules_of(update_rows()); }},
    {"what a host's event log says of its publication, beside DNS", [] { return rules_of(publication_rows()); }},

    // Saved output.
    {"how slmgr or ospp.vbs ended", [] { return rules_of(dlv_end_rows()); }},
    {"a product of a saved output as a client", [] { return rules_of(dlv_client_rows()); }},
    {"a product of a saved output as a host", [] { return rules_of(dlv_host_rows()); }},
    {"the lines of a saved output", [] { return rules_of(dlv_line_rows()); }},
    {"a saved output as a whole", [] { return rules_of(saved_products_rows()); }},
    {"the KMS hosts of a saved output beside each other", [] { return rules_of(saved_hosts_rows()); }},
    {"a KMS host of a saved output beside DNS", [] { return rules_of(saved_host_rows()); }},
    {"the address from which a client of a saved output was answered", [] { return rules_of(saved_answer_rows()); }},
};

}  // namespace

std::span<const EvidenceKind> all_evidence_kinds() { return kinds; }

}  // namespace diag::check

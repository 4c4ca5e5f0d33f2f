// The rules about finding a host: the SRV record _vlmcs._tcp.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text no_record_causes[] = {
    "No KMS host publishes into this zone: publishing failed (event 12293), was switched off (slmgr /cdns), or the "
    "host was never set up.",
    "The host publishes into its own DNS domain only, and the client searches another one.",
    "The client's DNS suffix or search list is wrong, or its resolver sees another view of the zone (VPN, split DNS).",
    "The record was scavenged or deleted, or a record made by hand is misspelt.",
};
constexpr Text no_record_remedy[] = {
    "KMS host administrator: on the host run slmgr /dlv; it must say 'DNS publishing enabled' (slmgr /sdns enables "
    "it). Restart the service sppsvc to publish now, then read events 12293 and 12294.",
    "KMS host administrator: if clients search another domain than the host's own, add that domain to the value "
    "DnsDomainPublishList on the host.",
    "DNS administrator: ask each server that clients use for SRV _vlmcs._tcp.DOMAIN. (with the trailing dot); where "
    "the zone takes no dynamic updates, create the record by hand: priority 0, weight 0, port 1688, target the host's "
    "FQDN.",
    "Desktop support: compare the primary suffix and the search list (ipconfig /all) with the name in the evidence. "
    "slmgr /skms HOST:1688 bypasses DNS on one machine; slmgr /ckms undoes it.",
};
constexpr Text no_record_events[] = {
    "Client, Application log, source Microsoft-Windows-Security-SPP: 8198 (hr=) and 8233 (Reason) with the code; flag "
    "0x01000000 in field 2 of an event 12288 means that no KMS host was found.",
    event::host_published,
};

constexpr Text server_failure_causes[] = {
    "The forwarder, conditional forwarder or delegation towards the KMS zone is broken.",
    "The zone is not loaded or has expired on the server that answered.",
    "DNSSEC validation of the zone fails.",
    "The server has lost its own way to other DNS servers (port 53 filtered).",
};
constexpr Text server_failure_remedy[] = {
    "DNS administrator: on the server named in the evidence repeat the query (Resolve-DnsName -Type SRV "
    "_vlmcs._tcp.DOMAIN -Server SERVER), then follow its forwarders up to the primary server of the zone and mend the "
    "step that fails.",
    "Network team: allow UDP and TCP 53 from that DNS server to its forwarders and to the servers of the zone.",
    "Desktop support: if another of the site's DNS servers answers, give the client that one; check that its adapter "
    "carries the company's DNS servers only.",
};
constexpr Text server_failure_events[] = {
    event::client_result,
    "DNS server, its own event log: zone loading, transfer and forwarding errors.",
};

constexpr Text refused_causes[] = {
    "The server serves neither this client's network nor this zone: its recursion or query access list leaves the "
    "client out.",
    "The client asks a server meant for another network, for example through a VPN adapter.",
};
constexpr Text refused_remedy[] = {
    "DNS administrator: allow queries (and recursion, if the server is not authoritative for the zone) from the "
    "client's network on the server named in the evidence.",
    "Desktop support: check with ipconfig /all which adapter brings in this DNS server, and correct the DHCP option "
    "or the VPN profile.",
};

constexpr Text no_answer_causes[] = {
    "UDP 53 between the client and this DNS server is filtered.",
    "The DNS server is down, or the client still has the address of a server that was retired.",
    "A VPN or tunnel sends the query to a network from which the server cannot be reached.",
    "The answer was lost, or it took a way that the capture does not see.",
};
constexpr Text no_answer_remedy[] = {
    "Desktop support: run nslookup -type=srv _vlmcs._tcp.DOMAIN SERVER on the client for each of its DNS servers; "
    "remove servers that do not answer from its configuration or from DHCP.",
    "Network team: allow UDP and TCP 53 from the client's network to the DNS server named in the evidence, and the "
    "way back.",
    "DNS administrator: check that the DNS service runs and listens on that address; capture there whether the query "
    "arrives.",
};
constexpr Text failed_lookup_events[] = {event::client_result};

constexpr Text suffix_failed_causes[] = {
    "The suffix belongs to a zone that is gone, broken or not delegated, and has stayed in the client's search list.",
    "The client's DNS servers cannot get to the zone of this suffix, or refuse this client.",
};
constexpr Text suffix_failed_remedy[] = {
    "Desktop support: remove a suffix that is no longer in use from the search list (group policy, DHCP option 119). "
    "Until then every search waits for it first.",
    "DNS administrator: repair the zone, forwarder or delegation of the suffix, as the finding in the evidence says.",
};

}  // namespace

constinit const Rule dns_no_record{
    .id = "KMS-DNS-NO-RECORD",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_no_name,
    .inner_code = 0,
    .summary =
        "DNS has no KMS service record (SRV _vlmcs._tcp) under the name that the client asked for, so the client "
        "finds no host there.",
    .causes = no_record_causes,
    .remedy = no_record_remedy,
    .to_be_sure =
        "run kms-srv TARGET where the client is: it asks the name servers of the zone as well, and so tells a record "
        "that is missing from one that only this server does not see.",
    .code_note =
        "0x8007232B is what RCODE 3 (no such name) becomes; 0x8007251D stands for an answer without error and without "
        "records, 0x8007007B for a client that has no DNS suffix and asks nothing at all. [inf] for the way from "
        "RCODE to code; 0x80092328 is documented for the same condition. No host was tried, so there is no inner code.",
    .capture_shows =
        "A query for SRV _vlmcs._tcp.DOMAIN answered with RCODE 3, or with RCODE 0 and no SRV record. A client may "
        "ask several domains, one after the other: only if none of them has a record is it left without a host.",
    .events = no_record_events,
};

constinit const Rule dns_server_failure{
    .id = "KMS-DNS-SERVER-FAILURE",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_server_failure,
    .inner_code = 0,
    .summary =
        "The DNS server answered the search for a KMS host with an error of its own (SERVFAIL or another RCODE that "
        "says nothing about the record).",
    .causes = server_failure_causes,
    .remedy = server_failure_remedy,
    .to_be_sure =
        "run kms-srv TARGET --server ADDRESS with each DNS server of the client, then with a name server of the zone: "
        "the first that fails is the one to mend.",
    .code_note =
        "0x8007232A belongs to RCODE 2. [inf] Other RCODEs have neighbouring codes: 1 is 0x80072329, 4 is 0x8007232C, "
        "9 is 0x80072331. No host was tried, so there is no inner code.",
    .capture_shows =
        "A query for SRV _vlmcs._tcp.DOMAIN answered with RCODE 2, or with one that is neither 0, 3 nor 5.",
    .events = server_failure_events,
};

constinit const Rule dns_refused{
    .id = "KMS-DNS-REFUSED",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_refused,
    .inner_code = 0,
    .summary = "The DNS server refuses to answer this client's search for a KMS host (RCODE 5).",
    .causes = refused_causes,
    .remedy = refused_remedy,
    .to_be_sure =
        "run kms-srv TARGET --server ADDRESS with each DNS server of the client, then with a name server of the zone: "
        "the first that refuses is the one to mend.",
    .code_note =
        "[inf] 0x8007232D is the code for RCODE 5; Microsoft's KMS pages know it from failed publishing (event "
        "12293), not from clients. No host was tried, so there is no inner code.",
    .capture_shows = "A query for SRV _vlmcs._tcp.DOMAIN answered with RCODE 5.",
    .events = failed_lookup_events,
};

constinit const Rule dns_no_answer{
    .id = "KMS-DNS-NO-ANSWER",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_server_failure,
    .inner_code = 0,
    .summary = "The DNS server never answered the search for a KMS host.",
    .causes = no_answer_causes,
    .remedy = no_answer_remedy,
    .to_be_sure =
        "run kms-srv TARGET --server ADDRESS with each DNS server of the client, then with a name server of the zone: "
        "the first that is silent is the one to mend.",
    .code_note =
        "0x8007232A is documented as 'no usable answer from DNS' and covers silence as well as RCODE 2; some clients "
        "show 0x800705B4 (time-out) instead. [inf] No host was tried, so there is no inner code.",
    .capture_shows = "The query for SRV _vlmcs._tcp.DOMAIN, often repeated and sent to several servers, and no answer.",
    .events = failed_lookup_events,
};

constinit const Rule dns_suffix_failed{
    .id = "KMS-DNS-SUFFIX-FAILED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "DNS fails for one of the client's suffixes, and a later one has the record.",
    .causes = suffix_failed_causes,
    .remedy = suffix_failed_remedy,
    .code_note =
        "[inf] The client goes on to its next suffix and finds a host there, later; the code of the finding in the "
        "evidence is shown only where no suffix has the record.",
    .capture_shows =
        "A query for SRV _vlmcs._tcp.DOMAIN without an answer, or with RCODE 2 or 5, then one for another domain that "
        "is answered with records.",
    .events = failed_lookup_events,
};

}  // namespace diag::check::rule

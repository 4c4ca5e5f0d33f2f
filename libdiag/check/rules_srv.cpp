// The rules about publication: what kms-srv sees of SRV records, their targets and the servers that give them.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text dns_tcp_blocked_causes[] = {
    "TCP 53 between the client and its DNS server is filtered; only UDP is allowed.",
    "The DNS server does not listen on TCP.",
    "The record set is so large (many hosts, long names) that it is truncated.",
};
constexpr Text dns_tcp_blocked_remedy[] = {
    "Network team: allow TCP 53 from clients to their DNS servers, as well as UDP 53.",
    "DNS administrator: make the server answer over TCP, and delete SRV records of hosts that are gone, so that the "
    "answer fits again.",
};

constexpr Text dns_servers_differ_causes[] = {
    "A zone transfer or a replication lags or has stopped on one server.",
    "The servers have different views of the zone (split DNS), and clients may ask either.",
    "One server is not responsible and forwards to somebody else.",
};
constexpr Text dns_servers_differ_remedy[] = {
    "DNS administrator: compare the serials of the zone on the servers in the evidence, and repair transfer or "
    "replication on the one that lags.",
    "Desktop support: give clients servers of one view only; a client asks the next server when the first is slow, and "
    "gets the other answer.",
};

constexpr Text dns_server_skipped_causes[] = {
    "The server is down, retired or filtered.",
    "Its forwarder is broken, or it refuses this machine.",
};
constexpr Text dns_server_skipped_remedy[] = {
    "Desktop support: remove the server in the evidence from the configuration of clients (DHCP). Until then look-ups "
    "wait for a time-out first.",
    "DNS administrator: repair the server in the evidence.",
};

constexpr Text srv_near_miss_causes[] = {
    "The record was made by hand and misspelt: _vmlcs for _vlmcs, _udp for _tcp, an underscore is missing, or a blank "
    "was pasted along.",
    "The final dot is missing in a zone file, so that the domain stands twice in the name.",
};
constexpr Text srv_near_miss_remedy[] = {
    "DNS administrator: create the record again as _vlmcs._tcp.DOMAIN (type SRV, priority 0, weight 0, port 1688, "
    "target the FQDN of the host), and delete the one in the evidence.",
};

constexpr Text srv_other_domain_causes[] = {
    "The host publishes into its own DNS domain only, and these clients search another one.",
    "The clients have a wrong DNS suffix or search list.",
};
constexpr Text srv_other_domain_remedy[] = {
    "KMS host administrator: add the domain that clients search to the value DnsDomainPublishList on the host, restart "
    "sppsvc, and look for event 12294.",
    "DNS administrator: where the zone takes no updates of the host, create the record by hand in the zone that "
    "clients search; the target may be a host of another domain.",
    "Desktop support: or put the domain that has the record into the search list of the clients; slmgr /skms-domain "
    "DOMAIN does it on one machine.",
};

constexpr Text srv_single_label_causes[] = {
    "A workgroup name, or the short name of a domain, was set as DNS suffix.",
    "The domain has a single label, and this DNS server does not serve its zone.",
};
constexpr Text srv_single_label_remedy[] = {
    "Desktop support: give the client the full DNS domain as suffix (example.com, not EXAMPLE).",
    "DNS administrator: serve a zone of this name, if the domain is really called so; else these questions leave the "
    "network, to servers of others.",
};

constexpr Text client_no_suffix_causes[] = {
    "A workgroup machine without a primary suffix, and without a domain from DHCP (option 15).",
    "The search list is empty or was cleared by policy.",
};
constexpr Text client_no_suffix_remedy[] = {
    "Network team: let DHCP give the domain that has the KMS record (option 15).",
    "Desktop support: set a primary suffix or a search list, or slmgr /skms-domain DOMAIN on this machine; slmgr /skms "
    "HOST:1688 does without DNS.",
};

constexpr Text srv_target_no_address_causes[] = {
    "The host was retired or renamed, and its SRV record stayed.",
    "The final dot is missing in a zone file, so that the domain stands twice in the name.",
    "The address record was deleted, scavenged, or is in a zone that this server does not serve.",
    "The host has an address of the other IP version only.",
};
constexpr Text srv_target_no_address_remedy[] = {
    "DNS administrator: delete the SRV record of a host that is gone, or create the A or AAAA record of the host in "
    "the evidence.",
    "DNS administrator: end the target in the zone file with a dot, and reload the zone.",
    "KMS host administrator: restart sppsvc on the right host, so that it publishes itself again (event 12294).",
};

constexpr Text srv_target_dead_causes[] = {
    "The host was retired or renamed, and its SRV record stayed.",
    "The final dot is missing in a zone file, so that the domain stands twice in the name.",
    "The record was made by hand, with port 0 or with an address in place of the host's name.",
};
constexpr Text srv_target_dead_remedy[] = {
    "DNS administrator: delete the SRV record in the evidence, or correct it: the host's name, its port, the missing "
    "address record.",
};

constexpr Text srv_target_literal_causes[] = {
    "The record was made by hand with the address of the host in place of its name.",
};
constexpr Text srv_target_literal_remedy[] = {
    "DNS administrator: put the FQDN of the KMS host in place of the address (RFC 2782: the target is a name).",
};

constexpr Text srv_target_alias_causes[] = {
    "The record was made by hand with a friendly name of the host.",
};
constexpr Text srv_target_alias_remedy[] = {
    "DNS administrator: put the real name of the KMS host in place of the alias; the answer in the evidence names it.",
};

constexpr Text srv_target_outside_causes[] = {
    "One KMS host serves several domains (DnsDomainPublishList), as it should.",
    "The record was made by hand for a host elsewhere.",
};
constexpr Text srv_target_outside_remedy[] = {
    "Nobody, if the host is yours.",
};

constexpr Text srv_name_alias_causes[] = {
    "The zone hands the search over to the record of another domain.",
};
constexpr Text srv_name_alias_remedy[] = {
    "DNS administrator: check that the name in the evidence is yours; a resolver follows it wherever it leads.",
};

constexpr Text srv_port_zero_causes[] = {
    "The record was made by hand, and the port was forgotten.",
};
constexpr Text srv_port_zero_remedy[] = {
    "DNS administrator: set the port of the SRV record to the one on which the host listens (slmgr /dlv on the host; "
    "1688 unless changed).",
};

constexpr Text srv_port_causes[] = {
    "The host was set to another port (slmgr /sprt) and publishes it.",
    "The record was made by hand with a wrong port.",
};
constexpr Text srv_port_remedy[] = {
    "KMS host administrator: compare with slmgr /dlv on the host (Listening on Port).",
    "Network team: firewalls must allow this port instead of 1688.",
};

constexpr Text srv_duplicate_causes[] = {
    "A record made by hand stands beside the one that the host publishes itself.",
    "The port of the host was changed, and the old record stayed.",
};
constexpr Text srv_duplicate_remedy[] = {
    "DNS administrator: keep the record with the port of slmgr /dlv on the host, delete the others; let either the "
    "host publish or a person, not both.",
};

constexpr Text srv_unused_causes[] = {
    "It is meant as a reserve: a higher number of priority, or weight 0 beside hosts with weights.",
};
constexpr Text srv_unused_remedy[] = {
    "KMS host administrator: nobody has to act if that is meant. A reserve sees too few clients to reach the count "
    "that they need (25 or 5), so it cannot take over.",
};

constexpr Text srv_ttl_causes[] = {
    "The record was made by hand with a wrong TTL.",
    "The default TTL of the zone was set so.",
};
constexpr Text srv_ttl_remedy[] = {
    "DNS administrator: set a TTL of an hour or so. With 0 every client asks every time; with a long one clients keep "
    "a retired host that long.",
};

constexpr Text srv_wildcard_causes[] = {
    "The zone has a wildcard record (*) that covers _tcp, or a resolver redirects unknown names.",
};
constexpr Text srv_wildcard_remedy[] = {
    "DNS administrator: delete the wildcard below _tcp of this zone, or publish the real _vlmcs._tcp record, which "
    "takes precedence.",
};

constexpr Text srv_private_address_causes[] = {
    "The internal zone is served to the outside, or the record was copied into the public zone.",
};
constexpr Text srv_private_address_remedy[] = {
    "DNS administrator: keep the KMS record in the internal view of the zone; outside nobody reaches it, and it shows "
    "your network.",
};

constexpr Text srv_unauthorised_causes[] = {
    "A KMS host key was installed on an ordinary server or baked into an image, and it publishes itself.",
    "A host was added, and the list was not brought up to date.",
    "Somebody runs an unauthorised KMS on the network.",
};
constexpr Text srv_unauthorised_remedy[] = {
    "KMS host administrator: find out what the machine is (kms-probe, slmgr /dlv there); remove its host key (slmgr "
    "/upk) and stop it from publishing (slmgr /cdns) if it is not meant to be one.",
    "DNS administrator: delete its record, and let only the group of KMS hosts write the record set.",
};

constexpr Text srv_not_published_causes[] = {
    "Another host owns the record set, and this one may not write it (event 12293 with 0x80072338 on the host).",
    "Publishing is switched off (slmgr /cdns), or the domain is not in DnsDomainPublishList of the host.",
    "The record was scavenged while the host was off.",
};
constexpr Text srv_not_published_remedy[] = {
    "DNS administrator: give all KMS hosts one group, and that group write access to the record _vlmcs below _tcp.",
    "KMS host administrator: slmgr /sdns, add the domain to DnsDomainPublishList if it is not the host's own, restart "
    "sppsvc, and read events 12293 and 12294.",
};

constexpr Text lookup_events[] = {event::client_result, event::host_published};
constexpr Text attempt_events[] = {event::client_attempt, event::host_published};

}  // namespace

constinit const Rule dns_tcp_blocked{
    .id = "KMS-DNS-TCP-BLOCKED",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_server_failure,
    .inner_code = 0,
    .summary = "The DNS answer does not fit into UDP, and no answer comes over TCP, so the client has none.",
    .causes = dns_tcp_blocked_causes,
    .remedy = dns_tcp_blocked_remedy,
    .code_note =
        "[inf] 0x8007232A covers what a resolver cannot use; which code a Windows client shows here was not found "
        "documented. No host was tried, so there is no inner code.",
    .capture_shows = "A DNS answer over UDP with the flag TC, then SYNs to TCP port 53 without an answer.",
    .events = lookup_events,
};

constinit const Rule dns_servers_differ{
    .id = "KMS-DNS-SERVERS-DIFFER",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "DNS servers give different answers for the same KMS service record.",
    .causes = dns_servers_differ_causes,
    .remedy = dns_servers_differ_remedy,
    .code_note =
        "A client shows what the server that it happened to ask makes it show: see KMS-DNS-NO-RECORD where one of them "
        "has no record.",
    .capture_shows = "Two servers, the same question, different answers.",
    .events = lookup_events,
};

constinit const Rule dns_server_skipped{
    .id = "KMS-DNS-SERVER-SKIPPED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "A DNS server of the list did not answer or failed; another one answered.",
    .causes = dns_server_skipped_causes,
    .remedy = dns_server_skipped_remedy,
    .code_note = "The activation succeeds, later. A client shows a code only when no server answers.",
    .capture_shows = "A query without an answer, or with RCODE 2 or 5, then the same query to another server.",
    .events = lookup_events,
};

constinit const Rule srv_near_miss{
    .id = "KMS-SRV-NEAR-MISS",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_no_name,
    .inner_code = 0,
    .summary = "There is no record under the name that clients ask for, but one under a name that is nearly the same.",
    .causes = srv_near_miss_causes,
    .remedy = srv_near_miss_remedy,
    .code_note =
        "0x8007232B as for every missing name, see KMS-DNS-NO-RECORD. No host was tried, so there is no inner code.",
    .capture_shows = "As KMS-DNS-NO-RECORD: clients never ask for the misspelt name.",
    .events = lookup_events,
};

constinit const Rule srv_other_domain{
    .id = "KMS-SRV-OTHER-DOMAIN",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_no_name,
    .inner_code = 0,
    .summary =
        "There is no record in the domain that clients search, but one in a parent of it or a domain of the host.",
    .causes = srv_other_domain_causes,
    .remedy = srv_other_domain_remedy,
    .code_note =
        "0x8007232B or 0x8007251D as for every missing record, see KMS-DNS-NO-RECORD. That Windows does not go up to "
        "the parent by itself is an assumption [?]: whether clients devolve this name was not found documented.",
    .capture_shows = "As KMS-DNS-NO-RECORD: the clients do not ask in the other domain.",
    .events = lookup_events,
};

constinit const Rule srv_single_label{
    .id = "KMS-SRV-SINGLE-LABEL",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The domain has a single label, so that the question goes to the root servers of the internet.",
    .causes = srv_single_label_causes,
    .remedy = srv_single_label_remedy,
    .code_note = "The code is that of the missing record, see KMS-DNS-NO-RECORD.",
    .capture_shows = "A query for _vlmcs._tcp and one more label, answered with NXDOMAIN and the SOA of the root.",
    .events = lookup_events,
};

constinit const Rule client_no_suffix{
    .id = "KMS-CLIENT-NO-SUFFIX",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = 0x8007007B,
    .inner_code = 0,
    .summary = "The client has no DNS suffix at all, so it has no name to ask for.",
    .causes = client_no_suffix_causes,
    .remedy = client_no_suffix_remedy,
    .code_note =
        "0x8007007B [com]: reported by users of machines without a suffix; by the same reports no query is sent.",
    .capture_shows = "No query for _vlmcs._tcp from this client.",
    .events = lookup_events,
};

constinit const Rule srv_target_no_address{
    .id = "KMS-SRV-TARGET-NO-ADDRESS",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The SRV record names a host that has no address.",
    .causes = srv_target_no_address_causes,
    .remedy = srv_target_no_address_remedy,
    .code_note = "[inf] 1722, because the lower layer finds no address (WinSock 11001 or 11004).",
    .capture_shows =
        "An SRV answer, then queries for A and AAAA of its target, answered with RCODE 3 or without a record.",
    .events = attempt_events,
};

constinit const Rule srv_target_dead{
    .id = "KMS-SRV-TARGET-DEAD",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "One of several published hosts cannot be used: it has no address, no port, or an address in place of its "
        "name.",
    .causes = srv_target_dead_causes,
    .remedy = srv_target_dead_remedy,
    .code_note = "A client that draws this host first logs 0x800706BA in an event 12288, and goes on to the next.",
    .capture_shows =
        "Queries for the address of one target without a record; a conversation with another host follows.",
    .events = lookup_events,
};

constinit const Rule srv_target_literal{
    .id = "KMS-SRV-TARGET-LITERAL",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The target of the SRV record is an IP address written as a name: no client can look it up.",
    .causes = srv_target_literal_causes,
    .remedy = srv_target_literal_remedy,
    .code_note = "[inf] 1722, because the lower layer finds no address.",
    .capture_shows =
        "An SRV answer whose target looks like 192.0.2.10, then a query for A of that name, answered with RCODE 3.",
    .events = attempt_events,
};

constinit const Rule srv_target_alias{
    .id = "KMS-SRV-TARGET-ALIAS",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The target of the SRV record is an alias (CNAME), which RFC 2782 forbids.",
    .causes = srv_target_alias_causes,
    .remedy = srv_target_alias_remedy,
    .code_note = "Windows clients mostly work with it [?]; other resolvers may not.",
    .capture_shows = "A CNAME in the answer to the query for the address of the target.",
    .events = lookup_events,
};

constinit const Rule srv_target_outside{
    .id = "KMS-SRV-TARGET-OUTSIDE",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The published host belongs to another DNS domain than the one that was searched.",
    .causes = srv_target_outside_causes,
    .remedy = srv_target_outside_remedy,
    .code_note = "No code: the client works with the name as it is.",
    .capture_shows = "An SRV answer with a target of another domain.",
    .events = lookup_events,
};

constinit const Rule srv_name_alias{
    .id = "KMS-SRV-NAME-ALIAS",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The service name itself is an alias (CNAME) for a name elsewhere.",
    .causes = srv_name_alias_causes,
    .remedy = srv_name_alias_remedy,
    .code_note =
        "No code while the chain of aliases leads to a record; whether every client follows it was not found "
        "documented [?].",
    .capture_shows = "A CNAME for _vlmcs._tcp.DOMAIN in the answer.",
    .events = lookup_events,
};

constinit const Rule srv_port_zero{
    .id = "KMS-SRV-PORT-ZERO",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The SRV record publishes port 0, to which nobody can connect.",
    .causes = srv_port_zero_causes,
    .remedy = srv_port_zero_remedy,
    .code_note = "[inf] 1722, as a connection to port 0 fails at once.",
    .capture_shows = "An SRV answer with port 0.",
    .events = attempt_events,
};

constinit const Rule srv_port{
    .id = "KMS-SRV-PORT",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The host is published with another port than 1688.",
    .causes = srv_port_causes,
    .remedy = srv_port_remedy,
    .code_note = "No code while the host listens there; else see KMS-CONNECT-REFUSED.",
    .capture_shows = "An SRV answer with another port than 1688.",
    .events = lookup_events,
};

constinit const Rule srv_duplicate{
    .id = "KMS-SRV-DUPLICATE",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "One host is published several times, with different ports, priorities or weights.",
    .causes = srv_duplicate_causes,
    .remedy = srv_duplicate_remedy,
    .code_note = "A client that draws the wrong record first logs 0x800706BA in an event 12288, and goes on.",
    .capture_shows = "Several SRV records with one target.",
    .events = lookup_events,
};

constinit const Rule srv_unused{
    .id = "KMS-SRV-UNUSED",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Priority and weight leave one of the hosts practically without clients.",
    .causes = srv_unused_causes,
    .remedy = srv_unused_remedy,
    .code_note = "No code. Windows Vista and Server 2008 ignore priority and weight and use it all the same.",
    .capture_shows = "SRV records of different priority, or with weight 0 beside others.",
    .events = lookup_events,
};

constinit const Rule srv_ttl{
    .id = "KMS-SRV-TTL",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The time to live of the record is 0 or longer than a week.",
    .causes = srv_ttl_causes,
    .remedy = srv_ttl_remedy,
    .code_note = "No code by itself.",
    .capture_shows = "An SRV answer with that TTL.",
    .events = lookup_events,
};

constinit const Rule srv_wildcard{
    .id = "KMS-SRV-WILDCARD",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The zone answers with an SRV record for any name, so that nobody may have meant the record for KMS.",
    .causes = srv_wildcard_causes,
    .remedy = srv_wildcard_remedy,
    .code_note =
        "Clients connect wherever the wildcard leads, and show the codes of that: see KMS-CONNECT-REFUSED or "
        "KMS-NOT-RPC.",
    .capture_shows = "The same SRV answer for a name that nobody can have published.",
    .events = lookup_events,
};

constinit const Rule srv_private_address{
    .id = "KMS-SRV-PRIVATE-ADDRESS",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "A DNS server on a public address publishes a private address of a KMS host.",
    .causes = srv_private_address_causes,
    .remedy = srv_private_address_remedy,
    .code_note =
        "Clients outside show 0xC004F074 with 0x800706BA in event 12288. What is public is an assumption: a server "
        "with "
        "a public address is taken to answer the public.",
    .capture_shows = "An answer of a public server with an address of RFC 1918, RFC 3927 or RFC 4193.",
    .events = lookup_events,
};

constinit const Rule srv_unauthorised{
    .id = "KMS-SRV-UNAUTHORISED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "A host is published that is not on the list of authorised KMS hosts.",
    .causes = srv_unauthorised_causes,
    .remedy = srv_unauthorised_remedy,
    .code_note = "Clients that draw it may show 0xC004F038 (few clients seen), 0xC004F042 or 0xC004F041.",
    .capture_shows = "An SRV target, and conversations with it, that nobody knows of.",
    .events = lookup_events,
};

constinit const Rule srv_not_published{
    .id = "KMS-SRV-NOT-PUBLISHED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "An authorised KMS host is not published in this domain.",
    .causes = srv_not_published_causes,
    .remedy = srv_not_published_remedy,
    .code_note =
        "No code while another host is published; on the host that may not publish event 12293 carries 0x80072338.",
    .capture_shows = "SRV answers without the host.",
    .events = lookup_events,
};

}  // namespace diag::check::rule

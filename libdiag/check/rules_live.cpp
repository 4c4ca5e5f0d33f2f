// The rules about what only a tool on the network can see: names, routes, several addresses, repeated attempts.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text name_not_found_causes[] = {
    "The SRV record, or the client's setting (slmgr /skms), names a host that does not exist any more or is misspelt.",
    "The name is short, and the DNS suffix that it needs is not in the search list of this machine.",
    "This machine asks a DNS server that does not know the internal zone (VPN, split DNS).",
    "The name has an address of the other IP version only (-4 or -6 was given).",
};
constexpr Text name_not_found_remedy[] = {
    "DNS administrator: create the missing address record (A, AAAA) of the KMS host, or correct the target of the SRV "
    "record _vlmcs._tcp.",
    "Desktop support: if slmgr /dlv says 'Registered KMS machine name', correct name and port with slmgr /skms or "
    "return to DNS with slmgr /ckms; write names with their domain.",
    "Desktop support: check with ipconfig /all, or in /etc/resolv.conf, which DNS servers this machine asks.",
};
constexpr Text name_events[] = {event::client_attempt, event::client_no_answer};

constexpr Text name_no_answer_causes[] = {
    "No DNS server is configured, or none of them answers: down, wrong address, or UDP and TCP 53 are filtered.",
    "The DNS server answers with an error of its own (SERVFAIL), for example because a forwarder is broken, or refuses "
    "to serve this machine.",
};
constexpr Text name_no_answer_remedy[] = {
    "Desktop support: check the DNS servers of this machine (ipconfig /all, /etc/resolv.conf) and ask each of them for "
    "the name.",
    "DNS administrator: repair the forwarder, the zone or the access list on the server that answered with an error.",
    "Network team: allow UDP and TCP 53 from this machine to its DNS servers.",
};

constexpr Text no_route_causes[] = {
    "This machine has no route to the host's network: VPN not connected, missing default route, no IPv6.",
    "A firewall on this machine itself forbids the connection.",
};
constexpr Text no_route_remedy[] = {
    "Desktop support: look at the routes of this machine (route print, ip route) and connect the VPN that leads to the "
    "host.",
    "Desktop support: allow outgoing TCP 1688 in the firewall of this machine.",
    "DNS administrator: if only the address of one IP version cannot be reached from here, publish the one that can.",
};

constexpr Text unstable_causes[] = {
    "Packets are lost on the way, or a device limits new connections from this address.",
    "The host is busy, restarts, or has reached its limit of connections.",
    "Several machines answer behind one address (load balancer), and not all of them are healthy.",
};
constexpr Text unstable_remedy[] = {
    "Network team: look for loss and for connection limits between the two addresses in the evidence.",
    "KMS host administrator: look at load and restarts of sppsvc at the times of the failures (events 900, 903).",
    "Network team: if a load balancer stands before several hosts, check its members one by one; KMS hosts share no "
    "count, so each client should meet the same host.",
};

constexpr Text address_dead_causes[] = {
    "The name still has the address of a machine that is gone, or of an interface that is not reachable from here.",
    "The host listens on one IP version only, or only one of the two is let through.",
};
constexpr Text address_dead_remedy[] = {
    "DNS administrator: remove the address in the evidence from the name, or KMS host administrator: make KMS "
    "reachable "
    "at it. Until then clients that try it first wait for a time-out.",
    "Network team: if the address is right, allow client network -> that address, TCP 1688, too.",
};

constexpr Text host_skipped_causes[] = {
    "The SRV record still names a host that was switched off or is not reachable from here.",
    "The host is there and refuses: it does not cover the product, or its clock is wrong.",
};
constexpr Text host_skipped_remedy[] = {
    "DNS administrator: delete the SRV record of the host in the evidence if it is no KMS host any more.",
    "KMS host administrator: repair the host in the evidence. Until then clients that draw it first wait, and count at "
    "the other hosts only.",
};

constexpr Text path_mtu_causes[] = {
    "A tunnel or VPN on the way carries smaller packets than the sender believes, and the ICMP messages that would "
    "tell "
    "it (type 3 code 4, ICMPv6 type 2) are filtered: a black hole.",
    "A device drops packets above some size.",
};
constexpr Text path_mtu_remedy[] = {
    "Network team: let ICMP 'fragmentation needed' and ICMPv6 'packet too big' pass between client and host network, "
    "or "
    "clamp the TCP MSS on the tunnel to what it carries.",
    "Network team: compare the largest packet that passed, in the evidence, with the MTU of each link on the way.",
};

constexpr Text lab_keys_causes[] = {
    "This toolkit contains none of Microsoft's keys. A host other than its own reference host cannot read a request "
    "under the lab keys, and says so.",
};
constexpr Text lab_keys_remedy[] = {
    "Nobody: the name, the network, RPC and the KMS service work as far as can be tested without keys. To see an "
    "activation, run slmgr /ato on a client, or give the profile of your environment with --keys.",
};
constexpr Text lab_keys_events[] = {event::host_request};

}  // namespace

constinit const Rule name_not_found{
    .id = "KMS-NAME-NOT-FOUND",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The name of the KMS host has no address.",
    .causes = name_not_found_causes,
    .remedy = name_not_found_remedy,
    .code_note =
        "[inf] 1722, 'the lower layer could not connect'; the reason beneath it is WinSock 11001 (host not found) or "
        "11004 (no data).",
    .capture_shows = "Queries for A and AAAA of the host's name, answered with RCODE 3 or without a record.",
    .events = name_events,
};

constinit const Rule name_no_answer{
    .id = "KMS-NAME-NO-ANSWER",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "No DNS server gave a usable answer to the question for the KMS host's address.",
    .causes = name_no_answer_causes,
    .remedy = name_no_answer_remedy,
    .code_note =
        "[inf] 1722 with WinSock 11002 (try again) beneath it. A client that cannot ask DNS at all mostly fails "
        "earlier, at the SRV record, with 0x8007232A or 0x8007267C.",
    .capture_shows =
        "Queries for A and AAAA of the host's name, repeated and without an answer, or answered with "
        "RCODE 2 or 5.",
    .events = name_events,
};

constinit const Rule connect_no_route{
    .id = "KMS-CONNECT-NO-ROUTE",
    .severity = Severity::critical,
    .stage = Stage::connect,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The connection attempt never left this machine: it has no route to the host, or forbids it itself.",
    .causes = no_route_causes,
    .remedy = no_route_remedy,
    .code_note =
        "[inf] 1722; the reason beneath it is WinSock 10051 (0x80072743, network unreachable) or 10013 (0x8007271D, "
        "forbidden). It holds for a client with the same routes as this machine.",
    .capture_shows = "Nothing: no SYN leaves the machine.",
    .events = name_events,
};

constinit const Rule connect_unstable{
    .id = "KMS-CONNECT-UNSTABLE",
    .severity = Severity::warning,
    .stage = Stage::connect,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Some of several attempts to reach the same address failed, others did not.",
    .causes = unstable_causes,
    .remedy = unstable_remedy,
    .code_note =
        "A client that meets a failed attempt shows the codes of the failure in the evidence, and tries again.",
    .capture_shows = "Attempts that fail between others that succeed, between the same two addresses.",
    .events = name_events,
};

constinit const Rule address_dead{
    .id = "KMS-ADDRESS-DEAD",
    .severity = Severity::warning,
    .stage = Stage::connect,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "One of several addresses of the host's name does not work; another one does.",
    .causes = address_dead_causes,
    .remedy = address_dead_remedy,
    .code_note =
        "[inf] A client tries the addresses of a name one after the other, so it is slow rather than failing; no code "
        "is shown when the second answers.",
    .capture_shows = "An attempt to one address without success, then a conversation with another one.",
    .events = name_events,
};

constinit const Rule host_skipped{
    .id = "KMS-HOST-SKIPPED",
    .severity = Severity::warning,
    .stage = Stage::connect,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "One of several published KMS hosts does not serve this client; another one did.",
    .causes = host_skipped_causes,
    .remedy = host_skipped_remedy,
    .code_note = "The client's event 12288 carries a code for each host that failed; the activation itself succeeds.",
    .capture_shows = "A conversation that fails with one host, and one that succeeds with the next.",
    .events = name_events,
};

constinit const Rule path_mtu{
    .id = "KMS-PATH-MTU",
    .severity = Severity::warning,
    .stage = Stage::connect,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Small packets reach the host, large ones are lost without a word.",
    .causes = path_mtu_causes,
    .remedy = path_mtu_remedy,
    .code_note =
        "KMS messages need packets of some 400 bytes; only when even those are lost activation fails, with the codes "
        "of KMS-BIND-NO-ANSWER or KMS-REQUEST-NO-ANSWER.",
    .capture_shows =
        "A handshake, then the same long segment from the client again and again, and no acknowledgement of it; or an "
        "ICMP "
        "error that says that a packet is too large, and no answer.",
    .events = name_events,
};

constinit const Rule lab_keys_refused{
    .id = "KMS-LAB-KEYS-REFUSED",
    .severity = Severity::info,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "The host answers, and says that it cannot read a request under the lab keys: what every genuine host does.",
    .causes = lab_keys_causes,
    .remedy = lab_keys_remedy,
    .code_note =
        "0x8007000D travels as the answer. A Windows client has the right keys and does not meet this. [inf] that a "
        "genuine host answers so, and not by closing the connection.",
    .capture_shows = "A response without a message, HRESULT 0x8007000D.",
    .events = lab_keys_events,
};

}  // namespace diag::check::rule

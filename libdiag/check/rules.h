#pragma once

#include <span>
#include <string_view>

#include "libdiag/check/finding.h"

namespace diag::check {

/// All rules, in the order in which a client meets them. The pointers are those of the names below, never null.
std::span<const Rule* const> all_rules();

/// Those of them that are about saved output of slmgr, and never about a conversation.
std::span<const Rule* const> saved_rules();

/// Those of them that are about exported event logs alone.
std::span<const Rule* const> event_rules();

/// Those that only several conversations together can show.
std::span<const Rule* const> correlation_rules();

/// The rule with this id, nullptr if there is none.
const Rule* find_rule(std::string_view id);

/// The rules by name, for code that reports them.
namespace rule {

extern const Rule dns_no_record;       // KMS-DNS-NO-RECORD  SRV query answered NXDOMAIN or empty
extern const Rule dns_server_failure;  // KMS-DNS-SERVER-FAILURE  SERVFAIL or another RCODE
extern const Rule dns_refused;         // KMS-DNS-REFUSED
extern const Rule dns_no_answer;       // KMS-DNS-NO-ANSWER

// What kms-srv sees of publication.
extern const Rule dns_tcp_blocked;         // KMS-DNS-TCP-BLOCKED  truncated over UDP, no answer over TCP
extern const Rule dns_servers_differ;      // KMS-DNS-SERVERS-DIFFER  warning: servers give different answers
extern const Rule dns_server_skipped;      // KMS-DNS-SERVER-SKIPPED  warning: a server failed, another answered
extern const Rule dns_suffix_failed;       // KMS-DNS-SUFFIX-FAILED  warning: DNS fails for a suffix, a later one has it
extern const Rule dns_lame;                // KMS-DNS-LAME  warning: a name server does not serve its zone
extern const Rule dns_serials;             // KMS-DNS-SERIALS  warning: name servers have different serials
extern const Rule dns_update_unreachable;  // KMS-DNS-UPDATE-UNREACHABLE  warning: updates do not get to the primary
extern const Rule dns_update_open;         // KMS-DNS-UPDATE-OPEN  warning: anybody may change the zone
extern const Rule event_publish_failed;    // KMS-EVENT-PUBLISH-FAILED  warning: event 12293 of a host
extern const Rule event_not_in_dns;        // KMS-EVENT-NOT-IN-DNS  warning: event 12294, and no record
extern const Rule srv_near_miss;           // KMS-SRV-NEAR-MISS  published under a misspelt name
extern const Rule srv_other_domain;        // KMS-SRV-OTHER-DOMAIN  published in another domain only
extern const Rule srv_single_label;        // KMS-SRV-SINGLE-LABEL  info: a question that leaks to the root servers
extern const Rule client_no_suffix;        // KMS-CLIENT-NO-SUFFIX  a client without any domain to ask
extern const Rule srv_target_no_address;   // KMS-SRV-TARGET-NO-ADDRESS  no published host has an address
extern const Rule srv_target_dead;         // KMS-SRV-TARGET-DEAD  warning: one of several has none
extern const Rule srv_target_literal;      // KMS-SRV-TARGET-LITERAL  the target is an address in text
extern const Rule srv_target_alias;        // KMS-SRV-TARGET-ALIAS  warning: the target is a CNAME
extern const Rule srv_target_outside;      // KMS-SRV-TARGET-OUTSIDE  info: the target is of another domain
extern const Rule srv_name_alias;          // KMS-SRV-NAME-ALIAS  info: the service name itself is a CNAME
extern const Rule srv_port_zero;           // KMS-SRV-PORT-ZERO  port 0 is published
extern const Rule srv_port;                // KMS-SRV-PORT  info: another port than 1688
extern const Rule srv_duplicate;           // KMS-SRV-DUPLICATE  warning: one host several times
extern const Rule srv_unused;              // KMS-SRV-UNUSED  info: weights leave a host nearly without clients
extern const Rule srv_ttl;                 // KMS-SRV-TTL  warning: 0 or absurdly long
extern const Rule srv_wildcard;            // KMS-SRV-WILDCARD  warning: the zone answers for any name
extern const Rule srv_private_address;     // KMS-SRV-PRIVATE-ADDRESS  warning: private address in a public answer
extern const Rule srv_unauthorised;        // KMS-SRV-UNAUTHORISED  warning: published, and not on the list
extern const Rule srv_not_published;       // KMS-SRV-NOT-PUBLISHED  warning: on the list, and not published

extern const Rule name_not_found;  // KMS-NAME-NOT-FOUND  the host's name has no address
extern const Rule name_no_answer;  // KMS-NAME-NO-ANSWER  no DNS server gave a usable answer to the host's name

extern const Rule connect_refused;    // KMS-CONNECT-REFUSED  SYN answered by RST
extern const Rule connect_no_answer;  // KMS-CONNECT-NO-ANSWER  SYN never answered
extern const Rule connect_rejected;   // KMS-CONNECT-REJECTED-ICMP  SYN answered by an ICMP error
extern const Rule connect_no_route;   // KMS-CONNECT-NO-ROUTE  nothing left this machine: no route, or a rule of its own
extern const Rule connect_unstable;   // KMS-CONNECT-UNSTABLE  warning: some attempts fail, others do not
extern const Rule address_dead;       // KMS-ADDRESS-DEAD  warning: one of several addresses does not work
extern const Rule host_skipped;       // KMS-HOST-SKIPPED  warning: one of several published hosts does not work
extern const Rule path_mtu;           // KMS-PATH-MTU  warning: large packets get lost on the way
extern const Rule connect_closed;     // KMS-CONNECT-CLOSED  closed by the host before any RPC

extern const Rule not_rpc;            // KMS-NOT-RPC  the port speaks another protocol (HTTP, TLS, SSH, ...)
extern const Rule client_not_rpc;     // KMS-CLIENT-NOT-RPC  warning: a browser or scanner, no KMS client
extern const Rule bind_no_answer;     // KMS-BIND-NO-ANSWER
extern const Rule bind_reset;         // KMS-BIND-RESET
extern const Rule bind_closed;        // KMS-BIND-CLOSED  FIN instead of a bind_ack
extern const Rule bind_nak;           // KMS-BIND-NAK
extern const Rule bind_no_interface;  // KMS-BIND-NO-INTERFACE  RPC is there, KMS is not
extern const Rule bind_no_syntax;     // KMS-BIND-NO-SYNTAX  no transfer syntax accepted
extern const Rule bind_idle;          // KMS-BIND-IDLE  bound, but the client never asked; host closed (warning)

extern const Rule client_cut;         // KMS-CLIENT-CUT  client closed in the middle of a PDU
extern const Rule request_no_answer;  // KMS-REQUEST-NO-ANSWER
extern const Rule request_reset;      // KMS-REQUEST-RESET
extern const Rule request_closed;     // KMS-REQUEST-CLOSED  FIN instead of a response
extern const Rule response_cut;       // KMS-RESPONSE-CUT  host closed in the middle of the response
extern const Rule rpc_fault;          // KMS-RPC-FAULT
extern const Rule rpc_fault_retried;  // KMS-RPC-FAULT-RETRIED  info: a later call was answered
extern const Rule response_check;     // KMS-RESPONSE-CHECK  the client rejects the answer: MAC, hash, tag, echo...
extern const Rule rpc_broken;         // KMS-RPC-BROKEN  warning: bytes between the PDUs that are none

extern const Rule request_invalid;      // KMS-REQUEST-INVALID  0x8007000D
extern const Rule product_not_covered;  // KMS-PRODUCT-NOT-COVERED  0xC004F042, 0xC004F015
extern const Rule client_list_full;     // KMS-CLIENT-LIST-FULL  0xC004D104
extern const Rule host_refused;         // KMS-HOST-REFUSED  any other HRESULT
extern const Rule clock_skew;           // KMS-CLOCK-SKEW  0xC004F06C
extern const Rule clock_differs;        // KMS-CLOCK-DIFFERS  info: client time and capture time more than 4 h apart
extern const Rule count_low;            // KMS-COUNT-LOW  warning: count below what the product needs
extern const Rule host_lab;             // KMS-HOST-LAB  info: reference host of this toolkit

// The way between client and host, by headers of captures.
extern const Rule path_middlebox;      // KMS-PATH-MIDDLEBOX  warning: another machine closed in the host's name
extern const Rule path_loss;           // KMS-PATH-LOSS  warning: the client's bytes were never confirmed
extern const Rule host_window_closed;  // KMS-HOST-WINDOW-CLOSED  warning: the host takes no more bytes
extern const Rule capture_one_way;     // KMS-CAPTURE-ONE-WAY  info: one direction is missing

// What several conversations show together.
extern const Rule client_cloned;          // KMS-CLIENT-CLONED  warning: several machines share one client machine id
extern const Rule name_many_ids;          // KMS-NAME-MANY-IDS  warning: one name with many ids, one after the other
extern const Rule clients_nat;            // KMS-CLIENTS-NAT  info: several machines behind one address
extern const Rule count_stuck;            // KMS-COUNT-STUCK  warning: more machines were answered than are counted
extern const Rule host_never_grants;      // KMS-HOST-NEVER-GRANTS  warning: answers, but refuses everybody
extern const Rule host_identity_changes;  // KMS-HOST-IDENTITY-CHANGES  warning: its ePID or hardware id changes
extern const Rule clock_margin;           // KMS-CLOCK-MARGIN  warning: a clock that is nearly too far off
extern const Rule client_retries;         // KMS-CLIENT-RETRIES  warning: asks every 2 hours: not activated
extern const Rule response_older;         // KMS-RESPONSE-OLDER  warning: the answer to an earlier request

// Saved output of slmgr /dlv: what it says of a client, then of a host.
extern const Rule slmgr_error;             // KMS-SLMGR-ERROR  an error line in the saved output
extern const Rule client_no_key;           // KMS-CLIENT-NO-KEY  no product with a product key
extern const Rule client_channel;          // KMS-CLIENT-CHANNEL  not licensed, and its key is none for KMS
extern const Rule client_other_channel;    // KMS-CLIENT-OTHER-CHANNEL  info: licensed, but not by KMS
extern const Rule client_key;              // KMS-CLIENT-KEY  warning: partial key is none of the setup keys
extern const Rule client_host_key;         // KMS-CLIENT-HOST-KEY  warning: a KMS host key on a client
extern const Rule client_unlicensed;       // KMS-CLIENT-UNLICENSED  a KMS client that is not activated
extern const Rule client_notification;     // KMS-CLIENT-NOTIFICATION  a KMS client in notification mode
extern const Rule client_non_genuine;      // KMS-CLIENT-NON-GENUINE  Windows judged not genuine
extern const Rule client_grace;            // KMS-CLIENT-GRACE  info: in its initial grace period
extern const Rule client_grace_ends;       // KMS-CLIENT-GRACE-ENDS  warning: lost, or nearly over
extern const Rule client_renewal_overdue;  // KMS-CLIENT-RENEWAL-OVERDUE  warning: licensed, but not renewed
extern const Rule client_expiration_long;  // KMS-CLIENT-EXPIRATION-LONG  warning: more than 180 days
extern const Rule client_type;             // KMS-CLIENT-TYPE  warning: its activation type leaves KMS out
extern const Rule client_ad;               // KMS-CLIENT-AD  info: activated by Active Directory
extern const Rule client_no_discovery;     // KMS-CLIENT-NO-DISCOVERY  warning: last look-up failed
extern const Rule client_fixed_host;       // KMS-CLIENT-FIXED-HOST  info: host set by hand, DNS is not asked
extern const Rule client_no_cache;         // KMS-CLIENT-NO-CACHE  info: host caching is off

// The hosts of saved output, compared with each other and with DNS.
extern const Rule client_hosts_differ;      // KMS-CLIENT-HOSTS-DIFFER  info: products, or setting and cache, differ
extern const Rule client_host_unpublished;  // KMS-CLIENT-HOST-UNPUBLISHED  warning: set by hand, DNS has others
extern const Rule client_cache_stale;       // KMS-CLIENT-CACHE-STALE  warning: found once, no longer in DNS
extern const Rule client_host_port;         // KMS-CLIENT-HOST-PORT  warning: DNS has another port
extern const Rule client_host_address;      // KMS-CLIENT-HOST-ADDRESS  warning: reached at none of its addresses

extern const Rule host_client_key;        // KMS-HOST-CLIENT-KEY  the machine meant as host has no host key
extern const Rule host_not_activated;     // KMS-HOST-NOT-ACTIVATED  host key installed, but not activated
extern const Rule host_no_requests;       // KMS-HOST-NO-REQUESTS  warning: no client ever reached it
extern const Rule host_count_servers;     // KMS-COUNT-SERVERS-ONLY  info: below 25
extern const Rule host_failed_requests;   // KMS-HOST-FAILED-REQUESTS  warning: a large share of requests failed
extern const Rule host_troubled_clients;  // KMS-HOST-TROUBLED-CLIENTS  warning: few renewals
extern const Rule host_not_published;     // KMS-HOST-NOT-PUBLISHED  warning: DNS publishing is off
extern const Rule host_port;              // KMS-HOST-PORT  info: listens on another port than 1688
extern const Rule host_low_priority;      // KMS-HOST-LOW-PRIORITY  info: runs with low priority
extern const Rule saved_lines_unknown;    // KMS-SAVED-LINES-UNKNOWN  info: lines not understood

// Exported event logs: what the codes in them say, where no rule above is proved by them.
extern const Rule event_not_contacted;     // KMS-EVENT-NOT-CONTACTED  the client found no host, or no address of it
extern const Rule event_host_unreachable;  // KMS-EVENT-HOST-UNREACHABLE  the connection failed
extern const Rule event_call_failed;       // KMS-EVENT-CALL-FAILED  connected, and the call failed
extern const Rule event_attempt_failed;    // KMS-EVENT-ATTEMPT-FAILED  any other code
extern const Rule event_no_answer;         // KMS-EVENT-NO-ANSWER  warning: 12288 without error, and no 12289
extern const Rule event_not_on_host;       // KMS-EVENT-NOT-ON-HOST  warning: the host's log has no 12290 of it
extern const Rule event_recovered;         // KMS-EVENT-RECOVERED  info: failed once, and served since
extern const Rule event_unreadable;        // KMS-EVENT-UNREADABLE  info: entries whose fields are not understood

extern const Rule lab_keys_refused;     // KMS-LAB-KEYS-REFUSED  info: answers, but cannot read the lab keys
extern const Rule keys_missing;         // KMS-KEYS-MISSING  info: bodies not opened by the key profile
extern const Rule capture_damaged;      // KMS-CAPTURE-DAMAGED  warning, with the byte offset
extern const Rule capture_gap;          // KMS-CAPTURE-GAP  info: segments are missing from the capture
extern const Rule capture_cut_packets;  // KMS-CAPTURE-CUT-PACKETS  info: snaplen cut the messages
extern const Rule capture_no_start;     // KMS-CAPTURE-NO-START  info: begins in mid-connection
extern const Rule capture_ends;         // KMS-CAPTURE-ENDS  info: too soon to call it silence
extern const Rule capture_overlap;      // KMS-CAPTURE-OVERLAP  warning: second copy of bytes differs
extern const Rule capture_link;         // KMS-CAPTURE-LINK-TYPE  warning: packets of a link type that is not read
extern const Rule capture_scan;         // KMS-CAPTURE-SCAN  info: port scan, left out
extern const Rule capture_limit;        // KMS-CAPTURE-LIMIT  info: a memory bound was reached

}  // namespace rule
}  // namespace diag::check

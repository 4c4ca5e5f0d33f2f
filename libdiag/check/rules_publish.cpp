// The rules about name servers and about what a host's event log says of its publication.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text dns_lame_causes[] = {
    "The server was retired, or the zone was removed or never loaded there.",
    "Its zone has expired because transfers from the primary fail.",
    "The NS record names a host that has no address.",
};
constexpr Text dns_lame_remedy[] = {
    "DNS administrator: correct the NS records of the zone and of its parent, or load the zone on the server in the "
    "evidence.",
};

constexpr Text dns_serials_causes[] = {
    "A transfer has not happened yet: the zone was changed a moment ago.",
    "Transfers fail: TCP 53 between the servers is filtered, or the access list of the primary leaves the secondary "
    "out.",
};
constexpr Text dns_serials_remedy[] = {
    "DNS administrator: repeat in some minutes; if the serials still differ, look into the log of the server that lags "
    "for failed transfers.",
};

constexpr Text dns_update_unreachable_causes[] = {
    "A firewall lets hosts ask their resolver only; an update goes to the primary that the SOA names.",
    "The SOA names a server that is gone, or a name that has no address.",
};
constexpr Text dns_update_unreachable_remedy[] = {
    "Network team: allow UDP and TCP 53 from the KMS host to the primary in the evidence.",
    "DNS administrator: correct MNAME in the SOA of the zone.",
};

constexpr Text dns_update_open_causes[] = {
    "The zone takes nonsecure updates (Microsoft DNS: \"Nonsecure and secure\"; BIND: allow-update with any or with "
    "networks; Knot DNS: an acl without a key), often so that the KMS host could publish itself.",
};
constexpr Text dns_update_open_remedy[] = {
    "DNS administrator: allow secure updates only (Microsoft DNS), or those signed with a key (BIND: update-policy, "
    "Knot DNS: acl with a key), then let the KMS host write the record _vlmcs below _tcp; or make the record by hand "
    "and close the zone.",
    "Security team: until then any machine that this server listens to can publish itself as the KMS host, or change "
    "the records of others.",
};

constexpr Text event_publish_failed_causes[] = {
    "Another host owns the record set, and this one may not write it (0x80072338).",
    "The zone refuses updates or takes secure ones only (0x8007232D), or the server is not responsible for it "
    "(0x80072331).",
    "The primary of the zone cannot be reached (0x800705B4).",
};
constexpr Text event_publish_failed_remedy[] = {
    "DNS administrator: give all KMS hosts one group, and that group write access to the record _vlmcs below _tcp; "
    "allow secure updates.",
    "KMS host administrator: then restart sppsvc and look for event 12294. Where DNS takes no updates, make the record "
    "by hand and switch publishing off (slmgr /cdns).",
};

constexpr Text event_not_in_dns_causes[] = {
    "The record was deleted or scavenged since.",
    "The DNS server that was asked has an older zone, or another view of it.",
    "The event is old: the host does not publish any more (the newest 12294 should be younger than a day).",
};
constexpr Text event_not_in_dns_remedy[] = {
    "KMS host administrator: restart sppsvc and look for a new event 12294.",
    "DNS administrator: ask each name server of the zone (kms-srv --authoritative), and look at scavenging.",
};

constexpr Text publish_events[] = {event::host_published, event::client_result};

}  // namespace

constinit const Rule dns_lame{
    .id = "KMS-DNS-LAME",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "A name server to which the zone is delegated does not serve it.",
    .causes = dns_lame_causes,
    .remedy = dns_lame_remedy,
    .code_note = "No code while another server answers; look-ups that meet this one are slow or fail with 0x8007232A.",
    .capture_shows = "A query to that server answered without the flag AA, with RCODE 2 or 5, or not at all.",
    .events = publish_events,
};

constinit const Rule dns_serials{
    .id = "KMS-DNS-SERIALS",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The name servers of the zone have different serials, so one of them has an older zone.",
    .causes = dns_serials_causes,
    .remedy = dns_serials_remedy,
    .code_note = "A client that meets the older zone may not find a host that was published since.",
    .capture_shows = "SOA answers of the servers with different serials.",
    .events = publish_events,
};

constinit const Rule dns_update_unreachable{
    .id = "KMS-DNS-UPDATE-UNREACHABLE",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The server that takes updates of the zone cannot be reached from this machine over UDP or TCP 53.",
    .causes = dns_update_unreachable_causes,
    .remedy = dns_update_unreachable_remedy,
    .code_note =
        "On the host event 12293 carries 0x800705B4 (time-out) or 0x8007232A. Run this on the KMS host: for clients "
        "the path does not matter.",
    .capture_shows = "DNS update messages, or SYNs to TCP 53, without an answer.",
    .events = publish_events,
};

constinit const Rule dns_update_open{
    .id = "KMS-DNS-UPDATE-OPEN",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The zone takes updates that nobody has signed, so that any machine can publish a KMS host in it.",
    .causes = dns_update_open_causes,
    .remedy = dns_update_open_remedy,
    .code_note = "No code: for clients and hosts all works. It is what others may do with the zone.",
    .capture_shows = "DNS update messages without TSIG or GSS-TSIG, answered with NOERROR.",
    .events = publish_events,
};

constinit const Rule event_publish_failed{
    .id = "KMS-EVENT-PUBLISH-FAILED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The event log of the KMS host says that it could not publish itself in a domain.",
    .causes = event_publish_failed_causes,
    .remedy = event_publish_failed_remedy,
    .to_be_sure =
        "run kms-srv --update-test TARGET on the host: it shows whether the zone takes an update from there, and "
        "which server refuses it.",
    .code_note = "The code is that of the event, on the host. Clients show 0x8007232B where no other record exists.",
    .capture_shows = "An update of the zone answered with RCODE 5 or another error.",
    .events = publish_events,
};

constinit const Rule event_not_in_dns{
    .id = "KMS-EVENT-NOT-IN-DNS",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The event log of the KMS host says that it is published, and DNS does not name it.",
    .causes = event_not_in_dns_causes,
    .remedy = event_not_in_dns_remedy,
    .code_note = "Clients show 0x8007232B where no other record exists.",
    .capture_shows = "SRV answers without the host.",
    .events = publish_events,
};

}  // namespace diag::check::rule

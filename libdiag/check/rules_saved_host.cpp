// The rules about saved output of slmgr /dlv: what it says of a KMS host, and of the file itself.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text host_client_key_causes[] = {
    "The public setup key for clients, or a retail or MAK key, was installed instead of the company's KMS host key.",
    "The host key was removed or replaced by an upgrade.",
};
constexpr Text host_client_key_remedy[] = {
    "KMS host administrator: install the KMS host key (slmgr /ipk) and activate it (slmgr /ato, or by phone); the "
    "description in slmgr /dlv must contain VOLUME_KMS and not VOLUME_KMSCLIENT.",
    "KMS host administrator: for an Office host ask for its product (slmgr /dlv all): Windows itself stays a client "
    "there.",
};
constexpr Text host_client_key_events[] = {event::host_service};

constexpr Text host_not_activated_causes[] = {
    "The host key was never activated with Microsoft: no Internet access, or phone activation was not finished.",
    "The activation was lost after a change of hardware or a move of the virtual machine.",
    "The host key was used more often than allowed.",
};
constexpr Text host_not_activated_remedy[] = {
    "KMS host administrator: run slmgr /ato on the host with Internet access, or slmgr /dti and /atp by phone; then "
    "restart the service sppsvc.",
    "KMS host administrator: on 0xC004C008 ask Microsoft's activation centre for more activations.",
};
constexpr Text host_not_activated_events[] = {event::host_service};

constexpr Text host_no_requests_causes[] = {
    "A new host that no client has found yet.",
    "Windows Firewall on the host: the rule for KMS exists, but it is not enabled.",
    "Its SRV record is missing, or clients are set to another host.",
    "A host key was installed here by accident, and nobody needs this host.",
    "The clients are activated by Active Directory.",
};
constexpr Text host_no_requests_remedy[] = {
    "KMS host administrator: enable the firewall rule for the Key Management Service (SPPSVC-In-TCP) on the host.",
    "DNS administrator: check that the SRV record _vlmcs._tcp of the clients' domain names this host with its port.",
    "Desktop support: on one client run slmgr /ato; an answer that the count is too low already proves that the way is "
    "free.",
    "KMS host administrator: if nobody needs this host, install the setup key for clients (slmgr /ipk) and delete its "
    "SRV record.",
};
constexpr Text host_no_requests_events[] = {event::host_published, event::host_service};

constexpr Text host_count_servers_causes[] = {
    "The host serves servers only: there the count ends at 10, which is in order.",
    "A new host, or one of several that share the clients.",
};
constexpr Text host_count_servers_remedy[] = {
    "Nobody, if this host serves servers only.",
    "KMS host administrator: if Windows clients use this host, let more machines activate against it: each counts at "
    "its first request.",
};
constexpr Text host_count_servers_events[] = {event::host_request};

constexpr Text host_failed_requests_causes[] = {
    "Clients ask for products that the host key does not cover: a newer Windows, or servers at a key for clients.",
    "Office asks a host that has a key for Windows only, or the reverse.",
    "Requests of clients whose clock is wrong, or that are no KMS requests.",
};
constexpr Text host_failed_requests_remedy[] = {
    "KMS host administrator: read the events 12290 of the host: field 1 is the code, field 9 the product and field 3 "
    "the client; group by them.",
    "KMS host administrator: install the host key that covers the products, after the updates of the host.",
};
constexpr Text host_failed_requests_events[] = {event::host_request};

constexpr Text host_troubled_clients_causes[] = {
    "The count is too low, so that the same clients ask again every two hours.",
    "Answers do not reach the clients, or clients reject them.",
    "A roll-out in its first days looks the same, and settles.",
};
constexpr Text host_troubled_clients_remedy[] = {
    "KMS host administrator: compare the current count with what the products need (25 Windows clients, 5 Windows "
    "Server and Office).",
    "KMS host administrator: read the events 12290: machine ids (field 4) that come again every two hours with the "
    "same license status are clients in trouble.",
    "Desktop support: on one of them run slmgr /ato and read the events 12288 and 12289.",
};
constexpr Text host_troubled_clients_events[] = {event::host_request};

constexpr Text host_not_published_causes[] = {
    "slmgr /cdns was run, or DisableDnsPublishing is set.",
    "The zone takes no dynamic updates, so the record is kept by hand, and publishing was switched off on purpose.",
};
constexpr Text host_not_published_remedy[] = {
    "KMS host administrator: run slmgr /sdns and restart the service sppsvc, then look for event 12294.",
    "DNS administrator: if the record is kept by hand, check that SRV _vlmcs._tcp of each client domain names this "
    "host with its port.",
};
constexpr Text host_not_published_events[] = {event::host_published};

constexpr Text host_port_causes[] = {
    "slmgr /sprt was run, or KeyManagementServiceListeningPort is set.",
};
constexpr Text host_port_remedy[] = {
    "Network team: open this port from the clients to the host, not only 1688.",
    "DNS administrator: check that the SRV record has this port; records made by hand often keep 1688.",
    "KMS host administrator: slmgr /sprt 1688 and a restart of sppsvc return to the usual port.",
};
constexpr Text host_port_events[] = {event::host_published};

constexpr Text host_low_priority_causes[] = {
    "slmgr /cpri was run, or EnableKmsLowPriority is set, for a host that has other work.",
};
constexpr Text host_low_priority_remedy[] = {
    "KMS host administrator: slmgr /spri returns to normal priority; do so if clients time out while the host is busy.",
};
constexpr Text host_low_priority_events[] = {event::host_service};

constexpr Text saved_lines_unknown_causes[] = {
    "The output is of a display language whose labels are not known.",
    "The file holds other text besides the output of slmgr.",
};
constexpr Text saved_lines_unknown_remedy[] = {
    "Reader of the report: save the output again with cscript //nologo slmgr.vbs /dlv, in English if possible, and "
    "check what is missing.",
};

}  // namespace

constinit const Rule host_client_key{
    .id = "KMS-HOST-CLIENT-KEY",
    .severity = Severity::critical,
    .stage = Stage::host,
    .windows_code = code::not_kms,
    .inner_code = 0,
    .summary = "The machine is meant to be a KMS host, but no KMS host key is installed.",
    .causes = host_client_key_causes,
    .remedy = host_client_key_remedy,
    .code_note =
        "Documented: 0xC004F039 is for a machine that does not act as KMS host; a client that finds nothing listening "
        "sums it up as 0xC004F074.",
    .capture_shows = "Connections to TCP 1688 of this machine are refused.",
    .events = host_client_key_events,
};

constinit const Rule host_not_activated{
    .id = "KMS-HOST-NOT-ACTIVATED",
    .severity = Severity::critical,
    .stage = Stage::host,
    .windows_code = code::host_not_activated,
    .inner_code = 0,
    .summary = "A KMS host key is installed, but it is not activated, so the machine serves no clients.",
    .causes = host_not_activated_causes,
    .remedy = host_not_activated_remedy,
    .code_note = "Documented: 0xC004F041 says that the KMS host is not activated.",
    .capture_shows = "Connections to TCP 1688 are refused, or requests are answered with 0xC004F041 [?].",
    .events = host_not_activated_events,
};

constinit const Rule host_no_requests{
    .id = "KMS-HOST-NO-REQUESTS",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The KMS host has not received a single request, so no client has ever reached it.",
    .causes = host_no_requests_causes,
    .remedy = host_no_requests_remedy,
    .to_be_sure =
        "run kms-srv for the domain of the clients, then kms-probe with the host from their network: the first "
        "that fails is what keeps them away.",
    .code_note = "No code belongs to it; clients that find no other host show 0xC004F074.",
    .capture_shows = "No connection to TCP 1688 of this host, or SYNs without an answer.",
    .events = host_no_requests_events,
};

constinit const Rule host_count_servers{
    .id = "KMS-COUNT-SERVERS-ONLY",
    .severity = Severity::info,
    .stage = Stage::count,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "The host has counted enough machines for Windows Server, but fewer than the 25 that Windows clients need.",
    .causes = host_count_servers_causes,
    .remedy = host_count_servers_remedy,
    .code_note = "No code belongs to it; a Windows client would show 0xC004F038.",
    .capture_shows = "A response with return code 0 whose count is from 5 to 24.",
    .events = host_count_servers_events,
};

constinit const Rule host_failed_requests{
    .id = "KMS-HOST-FAILED-REQUESTS",
    .severity = Severity::warning,
    .stage = Stage::response,
    .windows_code = code::id_mismatch,
    .inner_code = 0,
    .summary = "The KMS host has refused a large share of the requests that it received.",
    .causes = host_failed_requests_causes,
    .remedy = host_failed_requests_remedy,
    .to_be_sure =
        "read the events 12290 of the Key Management Service log with a code other than 0: field 1 is why, field "
        "3 which client.",
    .code_note =
        "Documented: failed requests are those for products that the host key does not cover; clients show 0xC004F042 "
        "for it.",
    .capture_shows = "Responses without data whose return code is not 0.",
    .events = host_failed_requests_events,
};

constinit const Rule host_troubled_clients{
    .id = "KMS-HOST-TROUBLED-CLIENTS",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Most requests at this host come from clients that are not activated, instead of renewals.",
    .causes = host_troubled_clients_causes,
    .remedy = host_troubled_clients_remedy,
    .code_note = "No code belongs to it; each client shows its own.",
    .capture_shows = "Requests with license status 0 or 5 of the same client machine ids every two hours.",
    .events = host_troubled_clients_events,
};

constinit const Rule host_not_published{
    .id = "KMS-HOST-NOT-PUBLISHED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = code::dns_no_name,
    .inner_code = 0,
    .summary =
        "The KMS host does not publish itself in DNS, so clients find it only where somebody made a record by hand.",
    .causes = host_not_published_causes,
    .remedy = host_not_published_remedy,
    .code_note = "[inf] What a client shows that finds no record anywhere.",
    .capture_shows = "Look-ups of _vlmcs._tcp that are answered with NXDOMAIN.",
    .events = host_not_published_events,
};

constinit const Rule host_port{
    .id = "KMS-HOST-PORT",
    .severity = Severity::info,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The KMS host listens on another port than 1688, so records, firewalls and clients must name that port.",
    .causes = host_port_causes,
    .remedy = host_port_remedy,
    .code_note = "No code belongs to it; where the record has the wrong port, clients show 0xC004F074.",
    .capture_shows = "KMS on this port; SYNs to TCP 1688 are answered by RST.",
    .events = host_port_events,
};

constinit const Rule host_low_priority{
    .id = "KMS-HOST-LOW-PRIORITY",
    .severity = Severity::info,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "KMS runs with low priority on this host and may answer late while the machine is busy.",
    .causes = host_low_priority_causes,
    .remedy = host_low_priority_remedy,
    .code_note = "No code belongs to it.",
    .capture_shows = "Requests that are answered late or never while the host is busy.",
    .events = host_low_priority_events,
};

constinit const Rule saved_lines_unknown{
    .id = "KMS-SAVED-LINES-UNKNOWN",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The saved output holds lines that were not understood, so facts may be missing.",
    .causes = saved_lines_unknown_causes,
    .remedy = saved_lines_unknown_remedy,
    .capture_shows = "Not seen in a capture: it is about the saved file.",
};

}  // namespace diag::check::rule

// The rules about exported event logs. A code in an event says what the client met, and not why: these rules say no more than
// that, and name the tool that finds out.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text not_contacted_causes[] = {
    "No KMS host is published in the domains that the client asks, or the client asks other domains.",
    "A host is set by hand (slmgr /skms) or remembered, and its name has no address any more.",
    "The client's DNS servers do not answer, refuse, or fail.",
};
constexpr Text not_contacted_remedy[] = {
    "DNS administrator: run kms-srv DOMAIN from the client's network: it says whether the record _vlmcs._tcp "
    "is "
    "there and whether its host has an address.",
    "Desktop support: slmgr /dlv on the client shows whether a host is set by hand; slmgr /ckms returns it to DNS. "
    "ipconfig /all shows its DNS servers and suffixes (kms-srv --from-ipconfig reads it).",
};
constexpr Text not_contacted_events[] = {
    event::client_attempt,
    event::client_result,
    event::host_published,
};

constexpr Text unreachable_causes[] = {
    "A firewall between client and host, or on the host, does not let TCP 1688 through.",
    "The machine is off, or its name leads to a machine that is gone.",
    "The KMS service on the host does not run, so that nothing listens on the port.",
};
constexpr Text unreachable_remedy[] = {
    "Network team: run kms-probe HOST from the client's network: it says whether the port listens, is filtered or is "
    "rejected, and which firewall rule is missing.",
    "KMS host administrator: check that sppsvc runs and listens (netstat -ano), and that the firewall exception 'Key "
    "Management Service (TCP-In)' is on.",
    "DNS administrator: if the host was retired, remove its SRV record.",
};
constexpr Text unreachable_events[] = {
    event::client_attempt,
    event::host_silent,
    event::host_service,
};

constexpr Text call_failed_causes[] = {
    "A device on the way, or security software, cuts or alters the connection.",
    "The program on the port is no KMS host, or the service stopped in the middle of the call.",
    "The host's RPC policy refuses anonymous callers.",
};
constexpr Text call_failed_remedy[] = {
    "Network team: run kms-probe HOST from the client's network, or capture TCP 1688 on the client during slmgr /ato "
    "and "
    "give the capture to kms-decode together with this log.",
    "KMS host administrator: look for an event 12290 of this client: if it is there, the host has answered, and the "
    "answer got lost on the way back.",
};
constexpr Text call_failed_events[] = {
    event::client_attempt,
    event::client_no_answer,
    event::host_request,
};

constexpr Text attempt_failed_causes[] = {
    "The code in the evidence names the cause; its meaning stands beside it.",
    "0xC004F074 only says that every host that was tried failed: the log of the host, or a capture, has the code "
    "behind "
    "it.",
};
constexpr Text attempt_failed_remedy[] = {
    "KMS host administrator: export the Key Management Service log of the host and give it to kms-decode --events "
    "together with the client's.",
    "Desktop support: run kms-explain CODE; run kms-check ato HOST from the client's network to see how far a request "
    "gets.",
};
constexpr Text attempt_failed_events[] = {
    event::client_attempt,
    event::client_result,
    event::host_request,
};

constexpr Text no_answer_causes[] = {
    "The answer was lost, or did not pass the checks of the client.",
    "The service on the client stopped before it had judged the answer.",
    "The log was exported with a filter that leaves 12289 out.",
};
constexpr Text no_answer_remedy[] = {
    "Desktop support: repeat slmgr /ato on the client, and export the whole Application log again.",
    "Network team: capture TCP 1688 on the client meanwhile, and give the capture to kms-decode together with the log.",
};
constexpr Text no_answer_events[] = {
    event::client_attempt,
    event::client_no_answer,
};

constexpr Text not_on_host_causes[] = {
    "The name of the host leads the client to another machine: other DNS servers, a hosts file, a load balancer.",
    "A machine that nobody can account for answers under that name.",
    "The host's log was exported with a filter, or entries of it are missing.",
};
constexpr Text not_on_host_remedy[] = {
    "Desktop support: resolve the host's name on the client (Resolve-DnsName) and compare the address with the host's.",
    "KMS host administrator: export the whole Key Management Service log of every machine that may be meant.",
    "Security team: find out what machine answered, if it is none of the known hosts (kms-probe ADDRESS).",
};
constexpr Text not_on_host_events[] = {
    event::client_attempt,
    event::host_request,
};

constexpr Text recovered_causes[] = {
    "The fault is over: the host was down, unreachable or not yet set up at that time, or the client was elsewhere.",
};
constexpr Text recovered_remedy[] = {
    "Nobody, if it does not come back.",
    "Network team: if clients fail again and again and are served later, run kms-probe HOST --count 20 to see whether "
    "the host is always reachable.",
};
constexpr Text recovered_events[] = {
    event::client_attempt,
    event::host_request,
};

constexpr Text unreadable_causes[] = {
    "The log was edited, cut, or exported by a program that writes events differently.",
    "A build of Windows that writes other fields.",
};
constexpr Text unreadable_remedy[] = {
    "Desktop support: export the log again, with wevtutil epl Application FILE.evtx.",
};

}  // namespace

constinit const Rule event_not_contacted{
    .id = "KMS-EVENT-NOT-CONTACTED",
    .severity = Severity::critical,
    .stage = Stage::dns,
    .windows_code = code::dns_no_name,
    .inner_code = code::dns_no_name,
    .summary = "The client's log says that it found no KMS host, or no address of the host.",
    .causes = not_contacted_causes,
    .remedy = not_contacted_remedy,
    .code_note =
        "The code is that of the event: 0x8007232B and 0x8007251D (no such name or record), 0x8007232A (DNS failed), "
        "0x8007232D (DNS refused), 0x800705B4 (time-out), 0x8007007B (no suffix), 0x8007267C (no DNS server), "
        "0x80072AF9 to 0x80072AFC (the host's name). It does not say which name was asked for.",
    .capture_shows =
        "Queries for SRV _vlmcs._tcp.DOMAIN or for the host's name, and no usable answer; kms-decode names the finding "
        "of the KMS-DNS group that fits.",
    .events = not_contacted_events,
};

constinit const Rule event_host_unreachable{
    .id = "KMS-EVENT-HOST-UNREACHABLE",
    .severity = Severity::critical,
    .stage = Stage::connect,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The client's log says that the RPC server was unavailable: the connection to the KMS host failed.",
    .causes = unreachable_causes,
    .remedy = unreachable_remedy,
    .code_note =
        "0x800706BA, which some events write as 0xC0020017, and the WinSock codes beneath it. The event does not say "
        "whether the port was refused, filtered or rejected.",
    .capture_shows =
        "SYN segments of the client without a SYN-ACK; kms-decode tells KMS-CONNECT-REFUSED, KMS-CONNECT-NO-ANSWER and "
        "KMS-CONNECT-REJECTED-ICMP apart.",
    .events = unreachable_events,
};

constinit const Rule event_call_failed{
    .id = "KMS-EVENT-CALL-FAILED",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary = "The client's log says that the host was reached and the RPC call failed.",
    .causes = call_failed_causes,
    .remedy = call_failed_remedy,
    .code_note =
        "The code is that of the event: 0x800706BE and 0x800706BF (call failed), 0x800706C0 (protocol error), "
        "0x800706B5 "
        "(no such interface), 0x80070005 (access denied) and their neighbours.",
    .capture_shows = "A connection that was accepted, and ended in the bind or in the call.",
    .events = call_failed_events,
};

constinit const Rule event_attempt_failed{
    .id = "KMS-EVENT-ATTEMPT-FAILED",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary = "The client's log says that its activation failed, with a code that does not tell how far it came.",
    .causes = attempt_failed_causes,
    .remedy = attempt_failed_remedy,
    .code_note = "The code is that of the event.",
    .capture_shows = "The conversation at that time shows how far it came.",
    .events = attempt_failed_events,
};

constinit const Rule event_no_answer{
    .id = "KMS-EVENT-NO-ANSWER",
    .severity = Severity::warning,
    .stage = Stage::response,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client's log has a request that was sent without an error, and no word of an answer.",
    .causes = no_answer_causes,
    .remedy = no_answer_remedy,
    .code_note = "Event 12288 carries no error; what the client shows is not known from it.",
    .capture_shows = "A request without a response, or with one that fails a check.",
    .events = no_answer_events,
};

constinit const Rule event_not_on_host{
    .id = "KMS-EVENT-NOT-ON-HOST",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "The client says that it asked a host, and the log of that host, which covers the time, has no such request.",
    .causes = not_on_host_causes,
    .remedy = not_on_host_remedy,
    .code_note = "No code belongs to it: the client got an answer.",
    .capture_shows = "The address to which the client connected; compare it with the host's.",
    .events = not_on_host_events,
};

constinit const Rule event_recovered{
    .id = "KMS-EVENT-RECOVERED",
    .severity = Severity::info,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Attempts failed in the past, and the same client was served for the same product since.",
    .causes = recovered_causes,
    .remedy = recovered_remedy,
    .code_note = "The codes in the evidence are history.",
    .capture_shows = "Nothing: the fault is over.",
    .events = recovered_events,
};

constinit const Rule event_unreadable{
    .id = "KMS-EVENT-UNREADABLE",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "Some entries of an event log have the number of a KMS event and other fields than it; they are left out.",
    .causes = unreadable_causes,
    .remedy = unreadable_remedy,
    .code_note = "No code belongs to it: it is about the export.",
    .capture_shows = "Nothing: it is about the log.",
};

}  // namespace diag::check::rule

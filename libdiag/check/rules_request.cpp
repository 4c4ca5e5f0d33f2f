// The rules about the call itself: what became of the request, and what is wrong with the answer's form.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text client_cut_causes[] = {
    "The program on the client was ended, or gave up, while it was sending.",
    "The client's machine shut down, slept or lost its network.",
    "Security software on the client cut the connection.",
};
constexpr Text client_cut_remedy[] = {
    "Desktop support: repeat slmgr /ato on the client and see whether it happens again.",
    "Desktop support: if it does, look at the time of the evidence for events of the service sppsvc (903), of sleep "
    "or shutdown, and of security software on the client.",
    "Network team: capture on the host; if the bytes that are missing here arrive there, the capture is incomplete "
    "and nothing is wrong.",
};
constexpr Text client_cut_events[] = {
    event::client_attempt,
    "Client, System log: power, sleep and network adapter events at that time.",
};

constexpr Text no_answer_causes[] = {
    "The KMS service on the host hangs or is overloaded; KMS at low priority starves on a busy machine.",
    "An inspecting device in the path swallowed the request or the answer.",
    "The request is larger than the path can carry (MTU of a tunnel), so only its first part arrived.",
    "The capture ends before the answer.",
};
constexpr Text no_answer_remedy[] = {
    "KMS host administrator: look for an event 12290 of this client at the time in the evidence. If there is one, the "
    "host has answered: look at the way back. If there is none, look at the load of the host, set normal priority "
    "(slmgr /spri), and restart sppsvc.",
    "Network team: capture on the host at the same time and say on which side the bytes are lost; exempt client "
    "network -> KMS host, TCP 1688 from inspection.",
};
constexpr Text call_events[] = {
    event::client_attempt,
    event::client_no_answer,
    event::host_request,
    event::host_service,
};

constexpr Text reset_causes[] = {
    "An inspecting firewall or intrusion prevention device resets the connection when it sees the request.",
    "The KMS service on the host crashed or was stopped while it worked on the request.",
    "A shared endpoint limits connections from one address (many clients behind one NAT address).",
};
constexpr Text reset_remedy[] = {
    "Network team: compare TTL and IP id of the reset with the host's other packets; if they differ, a device in the "
    "path sent it: allow client network -> KMS host, TCP 1688 without inspection of the content.",
    "KMS host administrator: look for the end of sppsvc at that time (event 903, Windows Error Reporting) and for an "
    "event 12290 of this client: if it is there, the host had answered.",
    "Network team: if many clients share one address, spread them or raise the limit.",
};

constexpr Text closed_causes[] = {
    "The host could not read the request and hung up, as emulators do with requests made under keys they do not have; "
    "a genuine host answers with an error instead.",
    "The service on the host was stopping.",
    "A proxy or load balancer between the two closed the connection.",
};
constexpr Text closed_remedy[] = {
    "KMS host administrator: make sure that the program on the port is sppsvc of Windows (netstat -ano, slmgr /dlv); "
    "a machine that nobody can account for is a security matter.",
    "KMS host administrator: look for an event 12290 of this client and for a stop of sppsvc (event 903) at that time.",
    "Network team: capture on the host. If the host did not send the FIN, exempt TCP 1688 from the device that did.",
};

constexpr Text response_cut_causes[] = {
    "The service on the host ended while it was answering.",
    "A device in the path cut the answer (inspection, size limit, MTU of a tunnel).",
    "The program on the port is no Windows KMS host and builds wrong answers.",
};
constexpr Text response_cut_remedy[] = {
    "KMS host administrator: look for the end of sppsvc at that time (event 903, Windows Error Reporting).",
    "Network team: capture on the host. If the whole answer left it, look for the device that shortened it and exempt "
    "TCP 1688 there.",
    "KMS host administrator: make sure that sppsvc owns the port (netstat -ano).",
};

constexpr Text fault_causes[] = {
    "The host's RPC policy or a security callback denies the call (status 0x00000005).",
    "The request names a context that the host does not know (0x1C010003, 0x1C00001C): a device or a restart of the "
    "service broke the association.",
    "The host is too busy (0x1C010014).",
    "The request was damaged or altered on the way, so the host cannot read its stub (0x000006F7).",
    "The program on the port is another RPC service with fewer operations (0x1C010002).",
};
constexpr Text fault_remedy[] = {
    "KMS host administrator: status 0x00000005: check the policy 'Restrict Unauthenticated RPC clients' and RPC "
    "filters on the host; KMS clients call anonymously.",
    "KMS host administrator: 0x1C010014: reduce the load, slmgr /spri, restart sppsvc; 0x1C010003 or 0x1C010002: make "
    "sure that sppsvc owns the port (netstat -ano).",
    "Network team: 0x000006F7 or 0x1C01000B: compare the request on both ends and exempt TCP 1688 from any device "
    "that changes it.",
};

constexpr Text fault_retried_remedy[] = {
    "Nobody, as long as it happens rarely: the client tried again and got its answer.",
    "KMS host administrator: if it happens often, act on the status as for KMS-RPC-FAULT.",
};

constexpr Text response_check_causes[] = {
    "The host is no genuine KMS host: an emulator gets details of the answer wrong, or uses other keys than the "
    "client.",
    "The answer was altered or damaged on the way.",
    "The key profile given to this tool is not the one that client and host use, so the proofs cannot fit.",
};
constexpr Text response_check_remedy[] = {
    "KMS host administrator: find out what machine the host is and who runs it (evidence: address, ePID); a KMS host "
    "that nobody can account for is a security and licensing matter. Withdraw its SRV record and point clients to a "
    "known host.",
    "Network team: compare the answer in captures on both ends; they must be equal byte by byte.",
    "Desktop support: clients that this host has 'activated' should be activated again by a known host (slmgr /ckms, "
    "then slmgr /ato).",
};
constexpr Text response_check_events[] = {
    event::client_attempt,
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 12289: field 1 is the client's verdict on "
    "the answer, field 3 says whether it was activated.",
    event::host_request,
};

constexpr Text broken_causes[] = {
    "A device in the path inserts or alters bytes of the connection.",
    "One side is no Windows RPC implementation and sends PDUs whose lengths are wrong.",
    "The capture mixes packets of two connections, or a packet was damaged while it was written.",
};
constexpr Text broken_remedy[] = {
    "Network team: capture on the host and on the client at the same time; if the bytes differ, the device between "
    "them changes the traffic.",
    "KMS host administrator: find out which program owns the port (netstat -ano), if the bytes come from the host.",
};

constexpr Text broken_events[] = {event::client_attempt, event::client_no_answer};

}  // namespace

constinit const Rule client_cut{
    .id = "KMS-CLIENT-CUT",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client closed the connection in the middle of a message of its own.",
    .causes = client_cut_causes,
    .remedy = client_cut_remedy,
    .code_note =
        "The client ended the attempt by itself; no code of the host or the network belongs to it. If its own "
        "security software did it, event 12288 may carry WinSock 10053 (0x80072745) [inf].",
    .capture_shows =
        "The beginning of a bind or request, fewer bytes than its frag_length says, then FIN or RST from the client.",
    .events = client_cut_events,
};

constinit const Rule request_no_answer{
    .id = "KMS-REQUEST-NO-ANSWER",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary = "The host accepted the bind but never answered the request.",
    .causes = no_answer_causes,
    .remedy = no_answer_remedy,
    .to_be_sure =
        "look into the Key Management Service log of the host for an event 12290 of that minute: with it, the "
        "answer was lost on the way; without it, the request never arrived.",
    .code_note =
        "[?] 1726 ('reached, execution may have started') fits best; a client that cancels the call after its time "
        "limit reports 1818 (0x8007071A).",
    .capture_shows = "A request PDU without a response or fault, and no close from the host's side.",
    .events = call_events,
};

constinit const Rule request_reset{
    .id = "KMS-REQUEST-RESET",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary = "The connection was reset from the host's side instead of an answer to the request.",
    .causes = reset_causes,
    .remedy = reset_remedy,
    .to_be_sure =
        "look into the Key Management Service log of the host for an event 12290 of that minute: with it, the "
        "connection broke behind the host; without it, before the host had the request.",
    .code_note = "[inf] 1726: the server had been reached and execution may have started.",
    .capture_shows = "A request PDU, then RST from the host's address before any response.",
    .events = call_events,
};

constinit const Rule request_closed{
    .id = "KMS-REQUEST-CLOSED",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary = "The host's side closed the connection in an orderly way instead of answering the request.",
    .causes = closed_causes,
    .remedy = closed_remedy,
    .to_be_sure =
        "look into the Key Management Service log of the host for an event 12290 of that minute, and for 12291 or "
        "903 beside it: they say whether the service answered, failed or stopped.",
    .code_note = "[inf] 1726: the server had been reached and execution may have started.",
    .capture_shows = "A request PDU, then FIN from the host's address before any response.",
    .events = call_events,
};

constinit const Rule response_cut{
    .id = "KMS-RESPONSE-CUT",
    .severity = Severity::critical,
    .stage = Stage::response,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary = "The host's side closed the connection in the middle of its answer.",
    .causes = response_cut_causes,
    .remedy = response_cut_remedy,
    .to_be_sure =
        "capture on client and host at the same time: if the host sent the whole answer, a device on the way cut "
        "it.",
    .code_note =
        "[inf] 1726: the server had been reached and execution may have started. 1728 (0x800706C0) is possible where "
        "the client judges the cut PDU itself [?].",
    .capture_shows =
        "The beginning of a response PDU, fewer bytes than its frag_length says, then FIN or RST from the host's "
        "address.",
    .events = call_events,
};

constinit const Rule rpc_fault{
    .id = "KMS-RPC-FAULT",
    .severity = Severity::critical,
    .stage = Stage::response,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary =
        "The RPC server answered the request with a fault instead of a response: the call was refused below KMS.",
    .causes = fault_causes,
    .remedy = fault_remedy,
    .to_be_sure =
        "run kms-probe TARGET, and kms-check ato TARGET from another client: if they get no fault, it is what this "
        "client "
        "sends.",
    .code_note =
        "The inner code follows the status of the fault: 0x00000005 is 0x80070005, 0x000006F7 is 0x800706F7, "
        "0x1C010002 is 0x800706D1, 0x1C010003 is 0x800706B5, 0x1C01000B is 0x800706C0, 0x1C010014 is 0x800706BB, "
        "0x1C00000D is 0x8007071A, 0x1C000012 is 0x800706BE. Microsoft documents this mapping, but for status 5 [inf].",
    .capture_shows =
        "A request PDU answered by a PDU of type fault. Its status says why; flag 0x20 says that the call did not "
        "execute.",
    .events = call_events,
};

constinit const Rule rpc_fault_retried{
    .id = "KMS-RPC-FAULT-RETRIED",
    .severity = Severity::info,
    .stage = Stage::response,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The host answered a call with an RPC fault, and a later call on the same connection was answered well.",
    .causes = fault_causes,
    .remedy = fault_retried_remedy,
    .code_note = "No code: the client got what it wanted. KMS-RPC-FAULT has the codes of faults that stay.",
    .capture_shows = "A fault, then another request on the same connection, and its response.",
    .events = call_events,
};

constinit const Rule rpc_broken{
    .id = "KMS-RPC-BROKEN",
    .severity = Severity::warning,
    .stage = Stage::response,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Between the RPC messages of this connection stand bytes that are no RPC.",
    .causes = broken_causes,
    .remedy = broken_remedy,
    .code_note =
        "[inf] A Windows client or host that meets such bytes ends the connection with 1728 (0x800706C0), a protocol "
        "error; the outcome of the conversation shows whether it did.",
    .capture_shows =
        "A PDU, and behind its last byte something that does not begin with version 5 and a plausible length. The "
        "evidence quotes the first of these bytes.",
    .events = broken_events,
};

constinit const Rule response_check{
    .id = "KMS-RESPONSE-CHECK",
    .severity = Severity::critical,
    .stage = Stage::response,
    .windows_code = code::host_unavailable,
    .inner_code = code::invalid_data,
    .summary = "The host answered with success, but the answer does not pass the checks that a client makes of it.",
    .causes = response_check_causes,
    .remedy = response_check_remedy,
    .to_be_sure =
        "capture on client and host at the same time: if the bytes of the answer differ, a device on the way "
        "changes them; if not, the host computes it wrongly and is no genuine one.",
    .code_note =
        "[?] Community reports tie 0x8007000D to answers that fail validation; Microsoft documents the code for a "
        "local lack of registry permissions only. An answer that contradicts itself cannot be unmarshalled: 1783 "
        "(0x800706F7) [inf].",
    .capture_shows =
        "A response with data and return code 0 in which one or more proofs fail: MAC (version 4), hash or padding (5 "
        "and 6), HMAC or salt (6), or an echo of client time, machine id or version that differs. The evidence names "
        "the checks. Or a response that cannot be opened with the key that opens its request, whose lengths contradict "
        "each other, or that says success and has no message.",
    .events = response_check_events,
};

}  // namespace diag::check::rule

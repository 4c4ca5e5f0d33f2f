// The rules about the RPC bind: is there an RPC server, and does it know the KMS interface?
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text not_rpc_causes[] = {
    "Another program (web server, SSH, mail, monitoring software) owns the port on this machine.",
    "A proxy or inspecting firewall answers in the host's place: likely when the first bytes are HTTP or TLS.",
    "The SRV record or the client's setting names the wrong machine or port.",
};
constexpr Text not_rpc_remedy[] = {
    "Network team: if the first bytes in the evidence come from a proxy or from TLS inspection, exempt client network "
    "-> KMS host, TCP 1688 from it (a network rule, not an application rule for https).",
    "KMS host administrator: on the host, netstat -ano shows which process owns the port; move that program or move "
    "KMS (slmgr /sprt, then restart sppsvc).",
    "DNS administrator: correct target and port of the SRV record _vlmcs._tcp; Desktop support: slmgr /ckms removes a "
    "wrong setting by hand.",
};
constexpr Text client_not_rpc_causes[] = {
    "A browser, a port scanner or a monitoring check for another protocol opened the port.",
    "A proxy or TLS inspection on the client's side speaks its own protocol first.",
    "The client's program was given the KMS port by mistake.",
};
constexpr Text client_not_rpc_remedy[] = {
    "Nobody, if the client is a scanner or a monitoring system: no activation was tried here.",
    "Network team: if Windows on this client does try to activate, find the device or program that wraps its traffic.",
};

constexpr Text client_not_rpc_events[] = {event::host_silent};
constexpr Text bind_events[] = {event::client_attempt, event::client_no_answer, event::host_silent};

constexpr Text no_answer_causes[] = {
    "A firewall, proxy or load balancer completes the handshake but lets no RPC through.",
    "The KMS service on the host hangs, or the host is so busy that it does not get to the request (KMS at low "
    "priority starves first).",
    "Larger packets are lost on the way (MTU of a tunnel): the handshake passes, the bind does not.",
};
constexpr Text no_answer_remedy[] = {
    "Network team: capture on the host at the same time. If the bind does not arrive there, take TCP 1688 out of the "
    "proxying or inspecting device; if it arrives cut off or not at all through a tunnel, check the MTU.",
    "KMS host administrator: restart sppsvc, look at the load of the machine, and set normal priority (slmgr /spri).",
    "Desktop support: try from a machine in the host's own subnet; if that works, the path is at fault, not the host.",
};

constexpr Text reset_causes[] = {
    "An inspecting firewall or intrusion prevention device resets the connection when it sees RPC.",
    "The program on the port does not understand the bind and drops the connection.",
    "The service ended while the bind was under way, or a shared endpoint limits connections from one address.",
};
constexpr Text reset_remedy[] = {
    "Network team: compare the TTL of the reset with the host's SYN-ACK; if it differs, a device in the path sent it: "
    "allow client network -> KMS host, TCP 1688 without inspection of the content.",
    "KMS host administrator: check on the host which program owns the port (netstat -ano) and whether sppsvc ended at "
    "that time (event 903, Windows Error Reporting).",
};

constexpr Text closed_causes[] = {
    "The program on the port does not understand the bind, or not in the pieces in which it arrived, and closes.",
    "A proxy or firewall that understands other protocols only closes the connection in an orderly way.",
    "The service was stopping.",
};
constexpr Text closed_remedy[] = {
    "KMS host administrator: check on the host that the port belongs to sppsvc (netstat -ano), that slmgr /dlv says "
    "'Key Management Service is enabled', and that the service did not stop at that time.",
    "Network team: capture on the host. If the host did not send the FIN, take TCP 1688 out of the device that did.",
};

constexpr Text nak_causes[] = {
    "The host is at a limit of associations or memory (reason 1 or 2).",
    "The host speaks another version of the RPC protocol, or a device changed the bind (reason 4).",
    "The client asks for authentication that the host does not know; KMS clients do not authenticate, so this is "
    "hardly a KMS client (reason 8 or 9).",
};
constexpr Text nak_remedy[] = {
    "KMS host administrator: reason 1 or 2: look at the number of connections and the memory of the host, restart "
    "sppsvc, and let clients try again.",
    "KMS host administrator: reason 4: make sure that the port belongs to sppsvc (netstat -ano).",
    "Network team: capture on the host and compare the bind that arrives with the one that the client sent; exempt "
    "TCP 1688 from any device that changes it.",
    "Desktop support: reason 8 or 9: find out which program on the client made this connection.",
};

constexpr Text no_interface_causes[] = {
    "The port belongs to another RPC program, for example the endpoint mapper (its secondary address is 135).",
    "KMS is not enabled on this machine: it has no KMS host key, or lost it.",
    "The SRV record or the client's setting names the wrong machine or port.",
};
constexpr Text no_interface_remedy[] = {
    "KMS host administrator: on the host run slmgr /dlv; if 'Key Management Service is enabled on this machine' is "
    "missing, install and activate the KMS host key there, or use the machine that has it.",
    "KMS host administrator: netstat -ano on the host shows which process owns the port; slmgr /sprt moves KMS to a "
    "free one.",
    "DNS administrator: remove or correct the SRV record _vlmcs._tcp that names this machine or port; Desktop "
    "support: slmgr /ckms where it was set by hand.",
};

constexpr Text no_syntax_causes[] = {
    "The client offered NDR64 only, and the host is older than Windows 8 / Server 2012, which introduced it for KMS.",
    "The program on the port is no Windows RPC server and does not know the offered encodings.",
    "A device in the path changed the bind.",
};
constexpr Text no_syntax_remedy[] = {
    "KMS host administrator: make sure that sppsvc owns the port (netstat -ano) and bring the host to a supported "
    "Windows Server.",
    "Desktop support: look at the offered transfer syntaxes in the evidence; a Windows client always offers NDR32, so "
    "a bind without it comes from another program.",
    "Network team: compare the bind on both ends; exempt TCP 1688 from any device that changes it.",
};

constexpr Text idle_causes[] = {
    "A monitoring or port-checking program binds and asks nothing, which is what a careful probe does.",
    "The client's licensing service stopped, or gave up, between bind and request.",
    "The request was lost on the way to the host and never arrived.",
};
constexpr Text idle_remedy[] = {
    "Desktop support: find out which program made the connection (netstat -anob on the client while it is open); a "
    "probe needs no action.",
    "Desktop support: on a real client check that the service sppsvc runs through an activation (events 900, 903, "
    "16384), then repeat slmgr /ato.",
    "Network team: if the client's capture shows a request that the host's does not, look for loss of larger packets "
    "(MTU) between the two.",
};
constexpr Text idle_events[] = {
    event::client_attempt,
    event::host_silent,
    "Client, Application log, source Microsoft-Windows-Security-SPP, events 900, 902, 903, 16384: when the licensing "
    "service started, stopped and plans to run.",
};

}  // namespace

constinit const Rule not_rpc{
    .id = "KMS-NOT-RPC",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_protocol_error,
    .summary = "What is spoken on this port is not RPC but another protocol.",
    .causes = not_rpc_causes,
    .remedy = not_rpc_remedy,
    .code_note =
        "[inf] 1728 is documented for protocol errors of the peer; bytes that are no RPC at all are the plainest case "
        "of one.",
    .capture_shows =
        "The handshake, the client's bind, and then bytes that are no DCE/RPC header: HTTP text, a TLS record, an SSH "
        "banner. The evidence quotes the first of them.",
    .events = bind_events,
};

constinit const Rule client_not_rpc{
    .id = "KMS-CLIENT-NOT-RPC",
    .severity = Severity::warning,
    .stage = Stage::bind,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client spoke another protocol than RPC to the KMS port, so nothing was asked of the KMS host.",
    .causes = client_not_rpc_causes,
    .remedy = client_not_rpc_remedy,
    .code_note = "No code: a client that activates speaks RPC, so what this one shows is not an activation error.",
    .capture_shows =
        "The handshake, and then bytes of the client that are no DCE/RPC header: an HTTP request, a TLS hello. The "
        "evidence quotes the first of them. Whatever the host does about it is right.",
    .events = client_not_rpc_events,
};

constinit const Rule bind_no_answer{
    .id = "KMS-BIND-NO-ANSWER",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed_dne,
    .summary = "The connection stands, but the host never answers the RPC bind.",
    .causes = no_answer_causes,
    .remedy = no_answer_remedy,
    .to_be_sure =
        "run kms-probe --mtu TARGET: if small binds are answered and large ones are not, the path loses large "
        "packets; if none is, capture on the host.",
    .code_note =
        "[?] Which of 1722, 1726 and 1727 the client reports after a silent bind is not documented; 1727 fits the "
        "documented meaning 'reached, but execution did not start'.",
    .capture_shows =
        "SYN, SYN-ACK, ACK, the client's bind, perhaps its acknowledgement, and no byte from the host until the "
        "client gives up.",
    .events = bind_events,
};

constinit const Rule bind_reset{
    .id = "KMS-BIND-RESET",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed_dne,
    .summary =
        "The connection was reset from the host's side at the RPC bind: instead of the answer to it, or right after "
        "the answer.",
    .causes = reset_causes,
    .remedy = reset_remedy,
    .to_be_sure =
        "capture on client and host at the same time while kms-probe TARGET runs: if the host did not send the reset, "
        "a device on the way did.",
    .code_note =
        "[inf] 1727: the server had been reached, the call did not execute. 1722 (0x800706BA) is possible [?].",
    .capture_shows =
        "The client's bind, perhaps its answer, then RST from the host's address and no request. A TTL or IP id "
        "unlike that of the SYN-ACK points at a device in the path.",
    .events = bind_events,
};

constinit const Rule bind_closed{
    .id = "KMS-BIND-CLOSED",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed_dne,
    .summary = "The host's side closed the connection in an orderly way instead of answering the RPC bind.",
    .causes = closed_causes,
    .remedy = closed_remedy,
    .to_be_sure =
        "capture on client and host at the same time while kms-probe TARGET runs: if the host did not send the close, "
        "a device on the way did.",
    .code_note =
        "[inf] 1727: the server had been reached, the call did not execute. 1722 (0x800706BA) is possible [?].",
    .capture_shows = "The client's bind, then FIN from the host's address and no bind_ack.",
    .events = bind_events,
};

constinit const Rule bind_nak{
    .id = "KMS-BIND-NAK",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed_dne,
    .summary = "The RPC server on the host refused the whole association (bind_nak); the reason is in the PDU.",
    .causes = nak_causes,
    .remedy = nak_remedy,
    .code_note =
        "The inner code follows the reject reason: 1 or 2 is 0x800706BB (1723), 4 is 0x800706C0 (1728), 8 is "
        "0x800706D3 (1747), 9 is 0x80070005, all others 0x800706BF (1727). [?] Taken from an interoperating "
        "implementation; Microsoft documents the reasons, not the codes.",
    .capture_shows =
        "The client's bind, answered by a PDU of type bind_nak with a reject reason and often the protocol versions "
        "that the server supports.",
    .events = bind_events,
};

constinit const Rule bind_no_interface{
    .id = "KMS-BIND-NO-INTERFACE",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unknown_if,
    .summary = "An RPC server answers on this port, but it does not offer the KMS interface.",
    .causes = no_interface_causes,
    .remedy = no_interface_remedy,
    .to_be_sure =
        "run slmgr /dlv on the machine behind TARGET: if it does not say that the Key Management Service is enabled, "
        "it is no KMS host; if it does, another service has the port.",
    .code_note =
        "[inf] 1717 is documented for the fault 'unknown interface'; an interoperating implementation reports the "
        "same for a rejected context. Some events write it as 0xC0020012.",
    .capture_shows =
        "A bind_ack whose results for the KMS interface 51c82175-844e-4750-b0d8-ec255555bc06 are all 2 (rejected by "
        "provider) with reason 1 (abstract syntax not supported).",
    .events = bind_events,
};

constinit const Rule bind_no_syntax{
    .id = "KMS-BIND-NO-SYNTAX",
    .severity = Severity::critical,
    .stage = Stage::bind,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_no_syntax,
    .summary = "The host knows the KMS interface but accepts none of the transfer syntaxes that the client offered.",
    .causes = no_syntax_causes,
    .remedy = no_syntax_remedy,
    .code_note =
        "[?] 1730 for a rejection with reason 2 is taken from an interoperating implementation. Any other reason, and "
        "a "
        "rejection by the server program (result 1), is 1727 (0x800706BF) there.",
    .capture_shows =
        "A bind_ack in which no context is accepted and the rejections have reason 2; or contexts accepted with a "
        "syntax that the client did not offer. One rejected syntax among accepted ones is normal: a host that takes "
        "NDR64 rejects NDR32 in the same bind.",
    .events = bind_events,
};

constinit const Rule bind_idle{
    .id = "KMS-BIND-IDLE",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client bound to KMS but never sent a request; the host closed the idle connection.",
    .causes = idle_causes,
    .remedy = idle_remedy,
    .code_note =
        "Nothing was refused, so no code belongs to this: what the client shows, if it is one, comes from elsewhere.",
    .capture_shows = "bind and bind_ack, then silence, and after the host's idle time (30 seconds is common) its FIN.",
    .events = idle_events,
};

}  // namespace diag::check::rule

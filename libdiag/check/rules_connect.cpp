// The rules about reaching the host: the TCP connection up to the first byte of RPC.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text refused_causes[] = {
    "Nothing listens on this port of the host: the service sppsvc is stopped, or KMS is not enabled there.",
    "The host listens on another port than the one that the client was given (slmgr /sprt on the host, SRV record or "
    "slmgr /skms on the client).",
    "The SRV record or the client's setting names a machine that is no KMS host (any more).",
    "A firewall rejects the connection actively with a reset.",
};
constexpr Text refused_remedy[] = {
    "KMS host administrator: on the host run slmgr /dlv; it must say 'Key Management Service is enabled on this "
    "machine' and name the port. Start sppsvc if it is stopped; netstat -ano must show the port listening.",
    "KMS host administrator: if the port differs from the one in the evidence, set it (slmgr /sprt 1688, then restart "
    "sppsvc) or let the record be published again.",
    "DNS administrator: delete an SRV record _vlmcs._tcp that names a machine which is no KMS host.",
    "Desktop support: if slmgr /dlv on the client says 'Registered KMS machine name', the host was set by hand; slmgr "
    "/ckms returns to DNS.",
    "Network team: compare the TTL of the reset with that of other packets of the host; if it differs, a firewall "
    "sent it: allow client network -> KMS host, TCP 1688.",
};

constexpr Text unreachable_events[] = {event::client_attempt, event::client_no_answer, event::host_silent,
                                       event::host_service};

constexpr Text no_answer_causes[] = {
    "A firewall between client and host, or on the host itself, drops TCP 1688 (the Windows Firewall rule for KMS "
    "exists but is not enabled by itself).",
    "The host is off, or the SRV record or its address record names a machine that is gone.",
    "There is no route from the client's network to the host: VPN, forced tunnel, missing cloud route.",
    "The answer takes another way than the question and is dropped there (asymmetric routing).",
};
constexpr Text no_answer_remedy[] = {
    "Network team: allow client network -> KMS host, TCP 1688 (the port in the evidence, if it is another). KMS needs "
    "neither TCP 135 nor dynamic ports, and no connection from host to client.",
    "KMS host administrator: enable the predefined Windows Firewall rule on the host: Enable-NetFirewallRule -Name "
    "SPPSVC-In-TCP.",
    "KMS host administrator: check that the host is up and has the address in the evidence; DNS administrator: "
    "correct the SRV or address record if it does not.",
    "Network team: capture on the host at the same time. If the SYN arrives, look for the filter on the host or on "
    "the way back; if not, on the way there.",
};

constexpr Text rejected_causes[] = {
    "The sender of the ICMP message forbids this traffic: a router or firewall on the way (administratively "
    "prohibited), "
    "or the host's own firewall (port unreachable, or prohibited by the host itself).",
    "There is no route to the host's network, or the host does not answer on its own link (network or host "
    "unreachable).",
    "The client was given an IPv6 address of the host but has no working IPv6 path to it.",
};
constexpr Text rejected_remedy[] = {
    "Network team: the sender of the ICMP message in the evidence is the device to look at; allow client network -> "
    "KMS host, TCP 1688 there, or mend its route.",
    "KMS host administrator: if the sender is the host itself, enable its firewall rule for KMS "
    "(Enable-NetFirewallRule -Name SPPSVC-In-TCP on Windows).",
    "DNS administrator: if only one of the host's addresses is unreachable from this network, publish the one that is "
    "reachable.",
};

constexpr Text closed_causes[] = {
    "A device in the path (proxy, load balancer, inspecting firewall) accepts the connection in the host's name and "
    "drops it when it cannot or may not go on.",
    "The program on the host ended, or is starting or stopping, while it accepted the connection.",
    "The host, or a shared endpoint, limits connections from one address (many clients behind one NAT address).",
};
constexpr Text closed_remedy[] = {
    "Network team: compare TTL and timing of the SYN-ACK and of the close with a capture on the host; take TCP 1688 "
    "out of proxying, TLS inspection and application rules: it is plain RPC.",
    "KMS host administrator: check on the host that sppsvc stays up (events 900, 902, 903) and that no other program "
    "owns the port (netstat -ano).",
    "Network team: if many clients share one address, raise the limit of connections per address for TCP 1688.",
};

}  // namespace

constinit const Rule connect_refused{
    .id = "KMS-CONNECT-REFUSED",
    .severity = Severity::critical,
    .stage = Stage::connect,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "The host's address answered, but nothing listens on the KMS port (PortQry: not listening).",
    .causes = refused_causes,
    .remedy = refused_remedy,
    .to_be_sure =
        "run kms-probe TARGET from another machine of the client's network, and netstat -ano on the host: if "
        "something listens there, a device on the way sent the reset.",
    .code_note =
        "[inf] from the documented meaning of 1722, 'the lower layer could not connect'; the reason beneath it is "
        "WinSock 10061 (0x8007274D, connection refused). Some events write 1722 as 0xC0020017.",
    .capture_shows =
        "A SYN from the client, answered at once by a segment with RST and ACK from the host's address; usually "
        "repeated two or three times.",
    .events = unreachable_events,
};

constinit const Rule connect_no_answer{
    .id = "KMS-CONNECT-NO-ANSWER",
    .severity = Severity::critical,
    .stage = Stage::connect,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary =
        "Nothing answers the client's connection attempts: the port is filtered, or there is no such host (PortQry: "
        "filtered).",
    .causes = no_answer_causes,
    .remedy = no_answer_remedy,
    .to_be_sure =
        "capture on the host while kms-probe TARGET runs on the client: if the SYN arrives, the filter is on the host "
        "or on the way back; if not, on the way there.",
    .code_note =
        "[inf] from the documented meaning of 1722, 'the lower layer could not connect'; the reason beneath it is "
        "WinSock 10060 (0x8007274C, timed out). Some events write 1722 as 0xC0020017.",
    .capture_shows =
        "The same SYN repeated at growing intervals, and nothing from the host: no SYN-ACK, no RST, no ICMP.",
    .events = unreachable_events,
};

constinit const Rule connect_rejected{
    .id = "KMS-CONNECT-REJECTED-ICMP",
    .severity = Severity::critical,
    .stage = Stage::connect,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_unavailable,
    .summary = "A device on the way, or the host itself, rejects the connection with an ICMP error.",
    .causes = rejected_causes,
    .remedy = rejected_remedy,
    .to_be_sure =
        "run kms-probe TARGET from another network: if it passes there, the device that sent the ICMP message is what "
        "is in the way.",
    .code_note =
        "[inf] from the documented meaning of 1722, 'the lower layer could not connect'; the reason beneath it is "
        "WinSock 10051 or 10065 (0x80072743, 0x80072751, unreachable).",
    .capture_shows =
        "A SYN from the client, then an ICMP or ICMPv6 'destination unreachable' that quotes it. Its sender and its "
        "code say who rejects and why.",
    .events = unreachable_events,
};

constinit const Rule connect_closed{
    .id = "KMS-CONNECT-CLOSED",
    .severity = Severity::critical,
    .stage = Stage::connect,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed_dne,
    .summary = "The connection was accepted and then closed from the host's side before any RPC was exchanged.",
    .causes = closed_causes,
    .remedy = closed_remedy,
    .to_be_sure =
        "capture on client and host at the same time while kms-probe TARGET runs: if the host did not send the close, "
        "a device on the way did.",
    .code_note =
        "[inf] 1727 means 'the server had been reached, the call did not execute'; 1722 (0x800706BA) is possible "
        "where Windows still counts the loss as a failed connection.",
    .capture_shows =
        "SYN, SYN-ACK, ACK, and then FIN or RST from the host's address without a byte of an answer. A port test "
        "(Test-NetConnection, telnet) calls this success.",
    .events = unreachable_events,
};

}  // namespace diag::check::rule

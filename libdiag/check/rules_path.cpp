// The rules about the way between client and host, as TCP headers and ICMP errors of a capture show it.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text path_events[] = {event::client_attempt, event::client_no_answer, event::host_silent};

constexpr Text middlebox_causes[] = {
    "A firewall or intrusion prevention device ends the connection in the host's name when it sees RPC or the KMS "
    "interface.",
    "A load balancer or proxy took the connection, and closes it by rules of its own.",
    "Another machine has the host's address: a second owner of the address, or an old host that was not switched off.",
};
constexpr Text middlebox_remedy[] = {
    "Network team: find the device by its distance (the TTL in the evidence), and allow client network -> KMS host, "
    "TCP "
    "1688 without inspection of the content.",
    "KMS host administrator: capture on the host at the same time; a close that the host did not send confirms it.",
};

constexpr Text loss_causes[] = {
    "A device on the way lets the handshake pass and drops what carries data: inspection, or an asymmetric route.",
    "The way carries only small packets (tunnel, VPN), and the ICMP messages that would tell are filtered.",
    "The line loses packets.",
};
constexpr Text loss_remedy[] = {
    "Network team: capture on the host at the same time; if the bytes do not arrive there, look for the device that "
    "drops "
    "them, and exempt client network -> KMS host, TCP 1688.",
    "Network team: kms-probe --mtu on the client tells whether the size of the packets matters; if it does, clamp "
    "the TCP "
    "MSS on the tunnel.",
};

constexpr Text window_causes[] = {
    "The program on the host does not read: the KMS service hangs, or the machine is overloaded.",
    "A device in the path holds the connection open in the host's name.",
};
constexpr Text window_remedy[] = {
    "KMS host administrator: restart sppsvc, and look at the load and the memory of the host at that time.",
};

constexpr Text one_way_causes[] = {
    "A mirror port or a tap copies one direction only.",
    "Packets of the connection take two ways, of which one was captured.",
    "A capture filter names one address as source.",
};
constexpr Text one_way_remedy[] = {
    "Whoever made the capture: capture on the client or on the host itself, or have the mirror port copy both "
    "directions; "
    "filter with 'host ADDRESS', not with 'src host ADDRESS'.",
};

}  // namespace

constinit const Rule path_middlebox{
    .id = "KMS-PATH-MIDDLEBOX",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary = "Packets with the host's address came from another machine than the host.",
    .causes = middlebox_causes,
    .remedy = middlebox_remedy,
    .code_note =
        "The codes are those of KMS-BIND-RESET and KMS-REQUEST-RESET; of what stands beside this finding its own "
        "codes count.",
    .capture_shows =
        "RST, FIN or first bytes from the host's address whose TTL (hop limit) differs by more than two from that of "
        "its "
        "SYN-ACK, or that lack the TCP timestamps on which both SYNs agreed; a SYN-ACK or RST that differs from those "
        "of "
        "connections which the host served, in TTL or in two or more TCP options.",
    .events = path_events,
};

constinit const Rule path_loss{
    .id = "KMS-PATH-LOSS",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary =
        "The client's bytes were sent again and again and never confirmed: they, or the confirmations, get lost.",
    .causes = loss_causes,
    .remedy = loss_remedy,
    .code_note =
        "The codes are those of KMS-BIND-NO-ANSWER and KMS-REQUEST-NO-ANSWER, which stand beside this finding.",
    .capture_shows =
        "A handshake, then the same bytes of the client several times, and no packet of the host that acknowledges "
        "them.",
    .events = path_events,
};

constinit const Rule host_window_closed{
    .id = "KMS-HOST-WINDOW-CLOSED",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = code::rpc_failed,
    .summary =
        "The host said that it can take no more bytes, and never took it back: the program behind it does not read.",
    .causes = window_causes,
    .remedy = window_remedy,
    .code_note = "The codes are those of KMS-REQUEST-NO-ANSWER, which stands beside this finding.",
    .capture_shows = "A packet of the host with window 0, and none with another window behind it.",
    .events = path_events,
};

constinit const Rule capture_one_way{
    .id = "KMS-CAPTURE-ONE-WAY",
    .severity = Severity::info,
    .stage = Stage::capture,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The capture has only one direction of the connection: what the other side said is not known.",
    .causes = one_way_causes,
    .remedy = one_way_remedy,
    .capture_shows = "Packets of one side alone, which confirm bytes of the other.",
};

}  // namespace diag::check::rule

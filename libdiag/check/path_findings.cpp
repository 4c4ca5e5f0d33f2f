#include "libdiag/check/path_findings.h"

#include <fmt/format.h>

#include <cstdlib>

#include "libdiag/check/capture_findings.h"
#include "libdiag/check/finding_builder.h"
#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::HeaderFacts;
using Builder = FindingBuilder;

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;
constexpr int hop_tolerance = 2;  // routes change while a connection lasts

bool is_silence(Outcome outcome) {
    return outcome == Outcome::no_answer_to_bind || outcome == Outcome::request_unanswered;
}

bool is_closed_by_host(Outcome outcome) {
    switch (outcome) {
        case Outcome::reset_by_host_after_bind:
        case Outcome::reset_by_host_after_request:
        case Outcome::closed_by_host_without_response:
        case Outcome::closed_by_host_mid_response: return true;
        default: return false;
    }
}

bool differs(std::uint8_t a, std::uint8_t b) { return a != 0 && b != 0 && std::abs(int{a} - int{b}) > hop_tolerance; }

// Packets with the host's address that did not come the host's way. The SYN-ACK is the host's own: a middlebox that answers
// even that cannot be told from the host by this.
void middlebox(const Conversation& c, Outcome outcome, std::vector<Finding>& out) {
    const HeaderFacts& h = c.tcp.headers[host];
    if (!is_closed_by_host(outcome)) return;
    const bool rst = c.tcp.rst[host] && differs(h.opening_hop_limit, h.rst_hop_limit);
    const bool fin = c.tcp.fin[host] && differs(h.opening_hop_limit, h.fin_hop_limit);
    if (!rst && !fin) return;
    Builder b{rule::path_middlebox, c,
              fmt::format("a device on the way closed the connection of {} in the name of {}", client_text(c),
                          to_string(c.host))};
    b.saw(c.tcp.syn_ack, fmt::format("SYN-ACK of the host with TTL {}", h.opening_hop_limit));
    if (rst) b.saw(c.tcp.rst[host], fmt::format("RST with its address and TTL {}", h.rst_hop_limit));
    if (fin) b.saw(c.tcp.fin[host], fmt::format("FIN with its address and TTL {}", h.fin_hop_limit));
    out.push_back(b.take());
}

std::string mss_text(const HeaderFacts& h) {
    return h.maximum_segment_size ? fmt::format("{} bytes", *h.maximum_segment_size) : "not told";
}

void too_big(const Conversation& c, std::vector<Finding>& out) {
    const auto& error = *c.tcp.too_big;
    Builder b{rule::path_mtu, c,
              fmt::format("packets of {} are too large for the way to {}",
                          error.from == dissect::Side::client ? client_text(c) : to_string(c.host),
                          error.from == dissect::Side::client ? to_string(c.host) : client_text(c))};
    b.saw(error.mark, fmt::format("ICMP 'too big' from {}{}", to_string(error.sender),
                                  error.mtu != 0 ? fmt::format(", MTU {}", error.mtu) : ""));
    b.saw(fmt::format("maximum segment size: client {}, host {}", mss_text(c.tcp.headers[client]),
                      mss_text(c.tcp.headers[host])));
    out.push_back(b.take());
}

// The client's last bytes never arrived, or their confirmation did not: nobody can have answered them.
void lost(const Conversation& c, std::vector<Finding>& out) {
    const HeaderFacts& h = c.tcp.headers[client];
    Builder b{rule::path_loss, c,
              fmt::format("what {} sent to {} was never confirmed, though it was sent {}", client_text(c),
                          to_string(c.host), times_text(h.retransmitted_count + 1))};
    b.saw(c.tcp.syn_ack, fmt::format("the host's SYN-ACK: small packets pass; maximum segment size {}",
                                     mss_text(c.tcp.headers[host])));
    b.saw(c.tcp.last_payload[client], "the client's last attempt to send its bytes");
    out.push_back(b.take());
}

// The host took the connection, but its program does not read.
void window_closed(const Conversation& c, std::vector<Finding>& out) {
    out.push_back(Builder{
        rule::host_window_closed, c,
        fmt::format("{} takes no more bytes of {}: its receive window is closed", to_string(c.host), client_text(c))}
                      .saw(c.tcp.headers[host].window_closed, "window 0 from the host, and never another since")
                      .take());
}

// Each side speaks of bytes of the other, none of whose packets is here.
void one_way(const Conversation& c, std::vector<Finding>& out) {
    for (const std::size_t missing : {client, host}) {
        if (c.tcp.headers[missing].packet_count > 0 || c.tcp.headers[1 - missing].packet_count == 0) continue;
        if (c.missing_size[missing] == 0) continue;
        out.push_back(Builder{
            rule::capture_one_way, c,
            fmt::format("the capture has only the packets of {} to {}", to_string(missing == host ? c.client : c.host),
                        to_string(missing == host ? c.host : c.client))}
                          .saw(fmt::format("{} packets of one side, none of the other, which sent {} bytes or more",
                                           c.tcp.headers[1 - missing].packet_count, c.missing_size[missing]))
                          .take());
    }
}

}  // namespace

void check_path(const Conversation& c, Outcome outcome, std::vector<Finding>& out) {
    if (c.live) return;
    one_way(c, out);
    middlebox(c, outcome, out);
    if (!is_silence(outcome) || is_too_soon_to_tell(c, outcome)) return;
    const HeaderFacts& h = c.tcp.headers[client];
    if (c.tcp.too_big) {
        too_big(c, out);
    } else if (c.tcp.headers[host].window_closed) {
        window_closed(c, out);
    } else if (h.retransmitted_count > 0 && h.is_unacknowledged && c.tcp.headers[host].packet_count > 0) {
        lost(c, out);
    }
}

}  // namespace diag::check

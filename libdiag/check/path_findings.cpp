#include "libdiag/check/path_findings.h"

#include <algorithm>

#include "libdiag/check/finding_builder.h"
#include "libdiag/check/middlebox_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::HeaderFacts;
using lang::say;
using lang::tr;
using Builder = FindingBuilder;

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;

// The client asked on an open connection, and nothing came for long enough.
bool is_silence(const ConversationEvidence& e) {
    return e.ended(Outcome::no_answer_to_bind) || e.ended(Outcome::request_unanswered);
}

std::string mss_text(const HeaderFacts& h) {
    return h.maximum_segment_size ? say("{} bytes", *h.maximum_segment_size) : std::string{tr("not told")};
}

std::string too_big_text(const dissect::TooBig& error) {
    const std::string from = to_string(error.sender);
    return error.mtu != 0 ? say("ICMP 'too big' from {}, MTU {}", from, error.mtu)
                          : say("ICMP 'too big' from {}", from);
}

void mtu(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (!is_silence(e) || !c.tcp.too_big) return;
    const bool from_client = c.tcp.too_big->from == dissect::Side::client;
    Builder b{rule::path_mtu, c,
              say("packets of {} are too large for the way to {}", from_client ? client_text(c) : to_string(c.host),
                  from_client ? to_string(c.host) : client_text(c))};
    b.saw(c.tcp.too_big->mark, too_big_text(*c.tcp.too_big));
    b.saw(say("maximum segment size: client {}, host {}", mss_text(c.tcp.headers[client]),
              mss_text(c.tcp.headers[host])));
    out.push_back(b.take());
}

// The host took the connection, but its program does not read. An ICMP error explains the silence better.
bool is_window_closed(const Conversation& c) { return !c.tcp.too_big && c.tcp.headers[host].window_closed; }

void window_closed(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (!is_silence(e) || !is_window_closed(c)) return;
    Builder b{rule::host_window_closed, c,
              say("{} takes no more bytes of {}: its receive window is closed", to_string(c.host), client_text(c))};
    b.saw(c.tcp.headers[host].window_closed, tr("window 0 from the host, and never another since"));
    out.push_back(b.take());
}

// The client's last bytes never arrived, or their confirmation did not: nobody can have answered them.
bool is_lost(const Conversation& c) {
    const HeaderFacts& h = c.tcp.headers[client];
    return !c.tcp.too_big && !is_window_closed(c) && h.retransmitted_count > 0 && h.is_unacknowledged &&
           c.tcp.headers[host].packet_count > 0;
}

// Somebody on the way, or at its end, knows of a tunnel: Ethernet has room for 1460 bytes, 1440 over IPv6.
bool has_small_segments(const Conversation& c) {
    constexpr std::uint16_t usual = 1400;
    return std::ranges::any_of(
        c.tcp.headers, [](const HeaderFacts& h) { return h.maximum_segment_size && *h.maximum_segment_size < usual; });
}

void loss(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (!is_silence(e) || !is_lost(c)) return;
    Builder b{rule::path_loss, c,
              say("what {} sent to {} was never confirmed, though it was sent {} times", client_text(c),
                  to_string(c.host), c.tcp.headers[client].retransmitted_count + 1)};
    b.saw(c.tcp.syn_ack,
          say("the host's SYN-ACK: small packets pass; maximum segment size {}", mss_text(c.tcp.headers[host])));
    b.saw(c.tcp.last_payload[client], tr("the client's last attempt to send its bytes"));
    if (has_small_segments(c)) b.points_to(1, 1);
    out.push_back(b.take());
}

// Each side speaks of bytes of the other, none of whose packets is here.
void one_way(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    for (const std::size_t missing : {client, host}) {
        const std::uint32_t seen_count = c.tcp.headers[1 - missing].packet_count;
        if (c.tcp.headers[missing].packet_count > 0 || seen_count == 0 || c.missing_size[missing] == 0) continue;
        Builder b{rule::capture_one_way, c,
                  say("the capture has only the packets of {} to {}", to_string(missing == host ? c.client : c.host),
                      to_string(missing == host ? c.host : c.client))};
        b.saw(say("{} packets of one side, none of the other, which sent {} bytes or more", seen_count,
                  c.missing_size[missing]));
        out.push_back(b.take());
    }
}

constexpr Row<ConversationEvidence> rows[] = {
    {&rule::capture_one_way, one_way},          {&rule::path_middlebox, middlebox}, {&rule::path_mtu, mtu},
    {&rule::host_window_closed, window_closed}, {&rule::path_loss, loss},
};

}  // namespace

std::span<const Row<ConversationEvidence>> path_rows() { return rows; }

}  // namespace diag::check

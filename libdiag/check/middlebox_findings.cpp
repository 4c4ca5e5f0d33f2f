#include "libdiag/check/middlebox_findings.h"

#include <algorithm>

#include "libdiag/check/finding_builder.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::HeaderFacts;
using dissect::HopLimits;
using dissect::Mark;
using lang::say;

constexpr std::size_t host = 1;
constexpr int hop_tolerance = 2;  // routes change while a connection lasts

bool is_closed_by_host(Outcome outcome) {
    switch (outcome) {
        case Outcome::reset_by_host_after_bind:
        case Outcome::reset_by_host_after_request:
        case Outcome::closed_by_host_without_response:
        case Outcome::closed_by_host_idle:
        case Outcome::closed_by_host_mid_response: return true;
        default: return false;
    }
}

bool has_near(const HopLimits& limits, std::uint8_t limit) {
    for (int i = std::max(0, limit - hop_tolerance); i <= std::min(255, limit + hop_tolerance); ++i)
        if (limits.test(static_cast<std::size_t>(i))) return true;
    return false;
}

// A packet that came another way than the SYN-ACK and, in a capture that holds several places, than every open packet of the host.
bool came_another_way(const HeaderFacts& h, std::uint8_t hop_limit) {
    const auto bare = h.bare_hops.until(h.fin_sequence);
    return h.opening_hop_limit != 0 && hop_limit != 0 && bare && !has_near(*bare | h.payload_hop_limits, hop_limit);
}

struct Sign {
    Mark mark;
    std::string text;
};

std::vector<Sign> signs_of_close(const Conversation& c) {
    const HeaderFacts& h = c.tcp.headers[host];
    const Mark &rst = c.tcp.rst[host], &fin = c.tcp.fin[host];
    std::vector<Sign> signs;
    if (rst && came_another_way(h, h.rst_hop_limit))
        signs.push_back({rst, say("RST with its address and TTL {}", h.rst_hop_limit)});
    if (fin && came_another_way(h, h.fin_hop_limit))
        signs.push_back({fin, say("FIN with its address and TTL {}", h.fin_hop_limit)});
    if (fin && fin.packet == h.without_timestamps.packet)
        signs.push_back(
            {fin, std::string{lang::tr("FIN with its address, without the timestamps on which both sides agreed")}});
    return signs;
}

// What is no RPC came from elsewhere: the page with which a filter says no. Where the host's bare acknowledgements came the same way as
// the page, it is the host's own, whoever sent the SYN-ACK.
std::vector<Sign> signs_of_answer(const Conversation& c) {
    const HeaderFacts& h = c.tcp.headers[host];
    const Mark& first = c.tcp.first_payload[host];
    std::vector<Sign> signs;
    const auto bare = h.bare_hops.until(h.fin_sequence);
    if (h.opening_hop_limit != 0 && h.payload_hop_limit != 0 && bare && !has_near(*bare, h.payload_hop_limit))
        signs.push_back({first, say("first bytes with its address and TTL {}", h.payload_hop_limit)});
    if (first && first.packet == h.without_timestamps.packet)
        signs.push_back(
            {first,
             std::string{lang::tr("first bytes with its address, without the timestamps on which both sides agreed")}});
    return signs;
}

}  // namespace

void middlebox(const ConversationEvidence& e, std::vector<Finding>& out) {
    const bool is_close = is_closed_by_host(e.outcome);
    if (!is_close && e.outcome != Outcome::not_rpc) return;
    const Conversation& c = e.conversation;
    const std::vector<Sign> signs = is_close ? signs_of_close(c) : signs_of_answer(c);
    if (signs.empty()) return;
    const std::string client = client_text(c), name = to_string(c.host);
    FindingBuilder b{rule::path_middlebox, c,
                     is_close ? say("a device on the way closed the connection of {} in the name of {}", client, name)
                              : say("a device on the way answers {} in the name of {}", client, name)};
    b.saw(c.tcp.syn_ack, say("SYN-ACK of the host with TTL {}", c.tcp.headers[host].opening_hop_limit));
    for (const Sign& sign : signs) b.saw(sign.mark, sign.text);
    if (!is_close) b.points_to(1, 0);
    out.push_back(b.take());
}

}  // namespace diag::check

#include "libdiag/check/capture_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/check/finding_builder.h"
#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using dissect::Conversation;

// How long silence must last before it is one. A client sends its SYN again after 1 to 3 seconds; a host answers a bind
// or a request within milliseconds, a busy one within a second or two.
constexpr std::int64_t syn_patience_ns = 3'000'000'000;
constexpr std::int64_t syn_retry_ns = 500'000'000;
constexpr std::int64_t rpc_patience_ns = 5'000'000'000;

}  // namespace

dissect::Mark last_asked(const Conversation& c) {
    if (!c.tcp.established) return c.tcp.syn;
    if (c.partial_tail[0] != 0) return c.tcp.last_payload[0];
    const auto asked = std::find_if(c.pdus.rbegin(), c.pdus.rend(),
                                    [](const dissect::PduRecord& p) { return p.from == dissect::Side::client; });
    return asked != c.pdus.rend() ? asked->last : c.tcp.first_payload[0];
}

bool is_too_soon_to_tell(const Conversation& c, Outcome outcome) {
    if (c.live) return false;  // the time-outs of the tool have decided
    const bool waits_for_syn_ack = outcome == Outcome::no_answer_to_syn;
    const bool waits =
        waits_for_syn_ack || outcome == Outcome::no_answer_to_bind || outcome == Outcome::request_unanswered;
    if (!waits || c.tcp.closed_first) return false;
    if (c.reported_early) return true;
    const std::int64_t waited_ns = c.observed_until.ns - last_asked(c).time.ns;
    // A mirror port may deliver a SYN twice; only a later one is a retry.
    const bool tried_again = c.last.time.ns - c.first.time.ns >= syn_retry_ns;
    return waits_for_syn_ack ? waited_ns < syn_patience_ns && !tried_again : waited_ns < rpc_patience_ns;
}

void check_capture(const Conversation& c, std::vector<Finding>& out) {
    if (c.gap_size > 0) {
        out.push_back(
            FindingBuilder{rule::capture_gap, c,
                           fmt::format("{} bytes between {} and {} are not in the capture", c.gap_size,
                                       to_string(c.client), to_string(c.host))}
                .saw(fmt::format("{} bytes were sent or confirmed, but no packet of the capture has them", c.gap_size))
                .take());
    }
    if (c.cut_size > 0) {
        out.push_back(
            FindingBuilder{
                rule::capture_cut_packets, c,
                fmt::format("the capture cut packets between {} and {} short", to_string(c.client), to_string(c.host))}
                .saw(fmt::format("{} bytes at the ends of packets were sent, but not captured (snapshot length)",
                                 c.cut_size))
                .take());
    }
    if (c.conflict_size > 0) {
        out.push_back(FindingBuilder{rule::capture_overlap, c,
                                     fmt::format("retransmitted bytes between {} and {} differ from the first copy",
                                                 to_string(c.client), to_string(c.host))}
                          .saw(fmt::format("{} bytes differ; the first copy was decoded", c.conflict_size))
                          .take());
    }
    if (!c.start_seen && c.part == 1 && c.tcp.established) {
        out.push_back(FindingBuilder{rule::capture_no_start, c,
                                     fmt::format("the capture begins in the middle of the connection of {} to {}",
                                                 client_text(c), to_string(c.host))}
                          .saw(c.first, "first packet of the connection in the capture; no SYN before it")
                          .take());
    }
    if (c.continues) {
        out.push_back(FindingBuilder{
            rule::capture_limit, c,
            fmt::format("the conversation of {} with {} is reported in parts", to_string(c.client), to_string(c.host))}
                          .saw(c.last, fmt::format("last packet of part {}", c.part))
                          .take());
    }
}

}  // namespace diag::check

#include "libdiag/check/silence.h"

#include <algorithm>

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

bool may_go_on(const Conversation& c) {
    return !c.live && !c.tcp.closed_first && c.observed_until.ns - c.last.time.ns < rpc_patience_ns;
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

}  // namespace diag::check

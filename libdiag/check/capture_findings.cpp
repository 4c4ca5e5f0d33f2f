#include "libdiag/check/capture_findings.h"

#include "libdiag/check/finding_builder.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using lang::say;
using lang::tr;
using Builder = FindingBuilder;

void gap(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (c.gap_size == 0) return;
    Builder b{
        rule::capture_gap, c,
        say("{} bytes between {} and {} are not in the capture", c.gap_size, to_string(c.client), to_string(c.host))};
    b.saw(say("{} bytes were sent or confirmed, but no packet of the capture has them", c.gap_size));
    out.push_back(b.take());
}

void cut_packets(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (c.cut_size == 0) return;
    Builder b{rule::capture_cut_packets, c,
              say("the capture cut packets between {} and {} short", to_string(c.client), to_string(c.host))};
    b.saw(say("{} bytes at the ends of packets were sent, but not captured (snapshot length)", c.cut_size));
    out.push_back(b.take());
}

void overlap(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (c.conflict_size == 0) return;
    Builder b{rule::capture_overlap, c,
              say("retransmitted bytes between {} and {} differ from the first copy", to_string(c.client),
                  to_string(c.host))};
    b.saw(say("{} bytes differ; the first copy was decoded", c.conflict_size));
    out.push_back(b.take());
}

void no_start(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (c.start_seen || c.part != 1 || !c.tcp.established) return;
    Builder b{rule::capture_no_start, c,
              say("the capture begins in the middle of the connection of {} to {}", client_text(c), to_string(c.host))};
    b.saw(c.first, tr("first packet of the connection in the capture; no SYN before it"));
    out.push_back(b.take());
}

void limit(const ConversationEvidence& e, std::vector<Finding>& out) {
    const Conversation& c = e.conversation;
    if (!c.continues) return;
    Builder b{rule::capture_limit, c,
              say("the conversation of {} with {} is reported in parts", to_string(c.client), to_string(c.host))};
    b.saw(c.last, say("last packet of part {}", c.part));
    out.push_back(b.take());
}

constexpr Row<ConversationEvidence> rows[] = {
    {&rule::capture_gap, gap},         {&rule::capture_cut_packets, cut_packets},
    {&rule::capture_overlap, overlap}, {&rule::capture_no_start, no_start},
    {&rule::capture_limit, limit},
};

}  // namespace

std::span<const Row<ConversationEvidence>> capture_rows() { return rows; }

}  // namespace diag::check

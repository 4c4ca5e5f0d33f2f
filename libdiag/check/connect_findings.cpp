#include "libdiag/check/connect_findings.h"

#include "libdiag/check/conversation_lines.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using lang::say;
using lang::tr;
using Builder = FindingBuilder;

constexpr std::size_t host = 1;

void connect_refused(const ConversationEvidence& e, std::vector<Finding>& out) {
    if (!e.ended(Outcome::refused_by_rst)) return;
    const Conversation& c = e.conversation;
    Builder b{rule::connect_refused, c, say("{} refused the TCP connection of {}", to_string(c.host), client_text(c))};
    b.saw(c.tcp.syn, syn_text(c));
    b.saw(c.tcp.rst[host], say("RST from {}", to_string(c.host)));
    out.push_back(b.take());
}

std::string silence_text(const Conversation& c) {
    if (c.live)
        return say("no SYN-ACK, RST or ICMP error within {}", seconds_text(c.observed_until.ns - c.last.time.ns));
    return say("no SYN-ACK, RST or ICMP error in the {} that the capture has behind the first SYN",
               seconds_text(c.observed_until.ns - c.first.time.ns));
}

void connect_no_answer(const ConversationEvidence& e, std::vector<Finding>& out) {
    if (!e.ended(Outcome::no_answer_to_syn)) return;
    const Conversation& c = e.conversation;
    Builder b{rule::connect_no_answer, c,
              say("nothing answered when {} tried to connect to {}", client_text(c), to_string(c.host))};
    b.saw(c.tcp.syn, syn_text(c));
    if (c.tcp.syn_count > 1 && !c.live)  // of our own attempts the system only tells how many
        b.saw(c.last, say("last attempt, {} after the first", seconds_text(c.last.time.ns - c.first.time.ns)));
    b.saw(silence_text(c));
    if (e.is_link_silent) {
        b.saw(
            std::string{tr("the host is on a link of this machine and does not answer there (ARP, neighbour "
                           "discovery): it is off, or has another address")});
        b.points_to(1, 2);
    }
    out.push_back(b.take());
}

// Network or host unreachable (RFC 792; RFC 4443: no route, address unreachable): nobody forbids, somebody is missing.
bool is_unreachable(const dissect::IcmpError& icmp) {
    if (icmp.sender.family == IpAddress::Family::v4) return icmp.type == 3 && icmp.code <= 1;
    return icmp.type == 1 && (icmp.code == 0 || icmp.code == 3);
}

std::string icmp_line(const dissect::IcmpError& icmp, bool is_host) {
    const std::string who = to_string(icmp.sender);
    return is_host ? say("ICMP type {} code {} ({}) from {}, the host itself", icmp.type, icmp.code, tr(icmp.text), who)
                   : say("ICMP type {} code {} ({}) from {}, a device on the way", icmp.type, icmp.code, tr(icmp.text),
                         who);
}

void connect_rejected(const ConversationEvidence& e, std::vector<Finding>& out) {
    if (!e.ended(Outcome::rejected_by_icmp)) return;
    const Conversation& c = e.conversation;
    const dissect::IcmpError& icmp = *c.tcp.icmp;
    const bool is_host = icmp.sender == c.host.ip;
    Builder b{rule::connect_rejected, c,
              say("{} rejected the TCP connection of {} to {}: ICMP {}", to_string(icmp.sender), client_text(c),
                  to_string(c.host), tr(icmp.text))};
    b.saw(c.tcp.syn, syn_text(c));
    b.saw(icmp.mark, icmp_line(icmp, is_host));
    if (is_host) b.points_to(0, 1);
    if (is_unreachable(icmp)) b.points_to(1, 0);
    out.push_back(b.take());
}

constexpr Row<ConversationEvidence> rows[] = {
    {&rule::connect_refused, connect_refused},
    {&rule::connect_no_answer, connect_no_answer},
    {&rule::connect_rejected, connect_rejected},
};

}  // namespace

std::span<const Row<ConversationEvidence>> connect_rows() { return rows; }

}  // namespace diag::check

#include "libdiag/check/ending_findings.h"

#include "libdiag/check/conversation_lines.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;
using lang::say;
using lang::tr;
using Builder = FindingBuilder;
using Findings = std::vector<Finding>;

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;

std::string host_text(const Conversation& c) { return to_string(c.host); }

void add(const Rule& rule, const Conversation& c, std::string title, Findings& out) {
    Builder b{rule, c, std::move(title)};
    if (const PduRecord* p = last_of(c, Side::client)) b.saw(p->last, pdu_text(*p));
    add_partial_tails(b, c);
    add_end(b, c);
    out.push_back(b.take());
}

// No answer to the bind yet.
bool is_binding(const Conversation& c) { return !is_bound(c) || is_last_bind_open(c); }

bool is_reset_alone(const Conversation& c) { return c.tcp.rst[host] && !c.tcp.fin[host]; }

// A host that ends a connection on which nothing is asked, some time after it answered the bind.
bool was_idle_before_reset(const Conversation& c) {
    constexpr std::int64_t idle_ns = 5'000'000'000;
    const PduRecord* answer = last_of(c, Side::host);
    return answer != nullptr && !is_last_bind_open(c) && c.tcp.rst[host].time.ns - answer->last.time.ns > idle_ns;
}

std::string unanswered_text(const ConversationEvidence& e) {
    const std::string who = client_text(e.conversation);
    const std::string h = host_text(e.conversation);
    switch (e.outcome) {
        case Outcome::no_answer_to_syn:
            return say("the capture ends before {} could answer the TCP connection of {}", h, who);
        case Outcome::no_answer_to_bind:
            return say("the capture ends before {} could answer the RPC bind of {}", h, who);
        default: return say("the capture ends before {} could answer the request of {}", h, who);
    }
}

std::string last_asked_text(const ConversationEvidence& e) {
    if (e.outcome == Outcome::no_answer_to_syn) return say("SYN from {}", to_string(e.conversation.client));
    const PduRecord* p = last_of(e.conversation, Side::client);
    return p != nullptr ? pdu_text(*p) : std::string{tr("last bytes of the client")};
}

// No answer yet, and nobody could expect one so soon.
void add_open(const Rule& rule, const ConversationEvidence& e, std::string title, Findings& out) {
    const Conversation& c = e.conversation;
    Builder b{rule, c, std::move(title)};
    const Mark last = last_asked(c);
    b.saw(last, last_asked_text(e));
    add_partial_tails(b, c);
    b.saw(say("the capture goes on for {} behind it", seconds_text(c.observed_until.ns - last.time.ns)));
    out.push_back(b.take());
}

void capture_ends(const ConversationEvidence& e, Findings& out) {
    if (!e.is_too_soon || e.conversation.reported_early) return;
    add_open(rule::capture_ends, e, unanswered_text(e), out);
}

void capture_limit(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.is_too_soon || !c.reported_early) return;
    add_open(rule::capture_limit, e,
             say("the conversation of {} with {} was reported before its end", client_text(c), host_text(c)), out);
}

void connect_closed(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::closed_by_host_without_response) || c.tcp.first_payload[client]) return;
    add(rule::connect_closed, c, say("{} closed the connection of {} before any RPC", host_text(c), client_text(c)),
        out);
}

void bind_no_answer(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::no_answer_to_bind)) return;
    add(rule::bind_no_answer, c, say("{} never answered the RPC bind of {}", host_text(c), client_text(c)), out);
}

std::string cut_bind_text(const Conversation& c) {
    return say("{} ended the connection in the middle of its answer to the RPC bind of {}", host_text(c),
               client_text(c));
}

bool is_bind_answer_cut(const ConversationEvidence& e) {
    return e.ended(Outcome::closed_by_host_mid_response) && is_binding(e.conversation);
}

void bind_reset(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (e.ended(Outcome::reset_by_host_after_bind) && !was_idle_before_reset(c))
        add(rule::bind_reset, c, say("{} reset the connection of {} after the RPC bind", host_text(c), client_text(c)),
            out);
    if (is_bind_answer_cut(e) && is_reset_alone(c)) add(rule::bind_reset, c, cut_bind_text(c), out);
}

void bind_closed(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (e.ended(Outcome::closed_by_host_without_response) && c.tcp.first_payload[client] && is_binding(c))
        add(rule::bind_closed, c,
            say("{} closed the connection of {} instead of answering the bind", host_text(c), client_text(c)), out);
    if (is_bind_answer_cut(e) && !is_reset_alone(c)) add(rule::bind_closed, c, cut_bind_text(c), out);
}

void bind_idle(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (e.ended(Outcome::reset_by_host_after_bind) && was_idle_before_reset(c))
        add(rule::bind_idle, c,
            say("{} bound to {} but sent no request; the host reset the connection", client_text(c), host_text(c)),
            out);
    if (e.ended(Outcome::closed_by_host_idle))
        add(rule::bind_idle, c,
            say("{} bound to {} but sent no request; the host closed the connection", client_text(c), host_text(c)),
            out);
}

void client_cut(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::closed_by_client_mid_pdu)) return;
    add(rule::client_cut, c,
        say("{} closed the connection to {} in the middle of a message", client_text(c), host_text(c)), out);
}

void request_no_answer(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::request_unanswered)) return;
    add(rule::request_no_answer, c, say("{} never answered a request of {}", host_text(c), client_text(c)), out);
}

void request_reset(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::reset_by_host_after_request)) return;
    add(rule::request_reset, c,
        say("{} reset the connection of {} instead of answering the request", host_text(c), client_text(c)), out);
}

void request_closed(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::closed_by_host_without_response) || !c.tcp.first_payload[client] || is_binding(c)) return;
    add(rule::request_closed, c,
        say("{} closed the connection of {} instead of answering the request", host_text(c), client_text(c)), out);
}

void response_cut(const ConversationEvidence& e, Findings& out) {
    const Conversation& c = e.conversation;
    if (!e.ended(Outcome::closed_by_host_mid_response) || is_binding(c)) return;
    add(rule::response_cut, c,
        say("{} closed the connection in the middle of its answer to {}", host_text(c), client_text(c)), out);
}

constexpr Row<ConversationEvidence> rows[] = {
    {&rule::capture_ends, capture_ends},
    {&rule::capture_limit, capture_limit},
    {&rule::connect_closed, connect_closed},
    {&rule::bind_no_answer, bind_no_answer},
    {&rule::bind_reset, bind_reset},
    {&rule::bind_closed, bind_closed},
    {&rule::bind_idle, bind_idle},
    {&rule::client_cut, client_cut},
    {&rule::request_no_answer, request_no_answer},
    {&rule::request_reset, request_reset},
    {&rule::request_closed, request_closed},
    {&rule::response_cut, response_cut},
};

}  // namespace

std::span<const Row<ConversationEvidence>> ending_rows() { return rows; }

}  // namespace diag::check

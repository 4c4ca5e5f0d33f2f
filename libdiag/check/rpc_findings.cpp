#include "libdiag/check/rpc_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/conversation_lines.h"
#include "libdiag/check/rpc_codes.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dcerpc/names.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::PduRecord;
using dissect::Side;
using lang::say;
using lang::tr;
using Builder = FindingBuilder;

// "protocol version not supported"; "reason 17" where it has no name.
std::string reason_text(std::span<const Name> names, std::uint16_t reason) {
    const std::string_view name = diag::name_of(names, reason);
    return name.empty() ? say("reason {}", reason) : std::string{tr(name)};
}

// Indexes into the causes and remedies of the rule.
struct Pointer {
    std::size_t cause, remedy;
};

Pointer nak_points_to(std::uint16_t reject_reason) {
    switch (reject_reason) {
        case 4: return {.cause = 1, .remedy = 1};  // protocol version
        case 8:                                    // authentication type
        case 9: return {.cause = 2, .remedy = 3};  // checksum
        default: return {.cause = 0, .remedy = 0};
    }
}

Pointer fault_points_to(std::uint32_t status) {
    switch (status) {
        case 0x1C010003:                                    // nca_unk_if
        case 0x1C00001C: return {.cause = 1, .remedy = 1};  // unknown context
        case 0x1C010014: return {.cause = 2, .remedy = 1};  // nca_server_too_busy
        case 0x000006F7:                                    // bad stub data
        case 0x1C01000B: return {.cause = 3, .remedy = 2};  // nca_proto_error
        case 0x1C010002: return {.cause = 4, .remedy = 1};  // nca_op_rng_error
        default: return {.cause = 0, .remedy = 0};
    }
}

void add_asked(Builder& b, const Conversation& c, const PduRecord& answer) {
    if (const PduRecord* asked = asked_by(c, answer)) b.saw(asked->last, pdu_text(*asked));
}

const PduRecord* first_of_type(const Conversation& c, dcerpc::PduType type) {
    const auto found =
        std::find_if(c.pdus.begin(), c.pdus.end(), [type](const PduRecord& p) { return p.decoded.type() == type; });
    return found == c.pdus.end() ? nullptr : &*found;
}

void bind_nak(const ConversationEvidence& e, std::vector<Finding>& out) {
    if (!e.ended(Outcome::bind_refused_by_nak)) return;
    const Conversation& c = e.conversation;
    const PduRecord* p = first_of_type(c, dcerpc::PduType::bind_nak);
    const auto* nak = p->decoded.bind_nak();
    const std::string reason = nak == nullptr ? std::string{tr("reason not captured")}
                                              : reason_text(dcerpc::reject_reason_names, nak->reject_reason);
    Builder b{rule::bind_nak, c, say("{} refused the RPC bind of {}: {}", to_string(c.host), client_text(c), reason)};
    add_asked(b, c, *p);
    const bool has_name = nak != nullptr && !diag::name_of(dcerpc::reject_reason_names, nak->reject_reason).empty();
    b.saw(p->last, has_name ? say("bind_nak, reason {}: {}", nak->reject_reason, reason) : say("bind_nak, {}", reason));
    add_end(b, c);
    if (nak != nullptr) {
        const auto [cause, remedy] = nak_points_to(nak->reject_reason);
        b.points_to(cause, remedy).inner_code(inner_code_of_nak(nak->reject_reason));
    }
    out.push_back(b.take());
}

using Results = std::vector<dcerpc::ContextResult>;

// What a client makes of the rejections: reason 2 decides, else the first of them. Nothing for an answer without any.
std::optional<std::uint32_t> code_of_rejections(const Results& results) {
    std::optional<std::uint32_t> first;
    for (const auto& r : results) {
        if (r.result == dcerpc::acceptance || r.result == dcerpc::negotiate_ack) continue;
        if (r.result == dcerpc::provider_rejection && r.reason == 2) return std::nullopt;  // the code of the rule
        if (!first) first = inner_code_of_rejection(r.result, r.reason);
    }
    return first;
}

std::string result_text(std::size_t context, const dcerpc::ContextResult& r) {
    if (r.result != dcerpc::acceptance)
        return say("context {}: result {}, {}", context, r.result,
                   reason_text(dcerpc::provider_reason_names, r.reason));
    return say("context {}: accepted with the transfer syntax {}", context, to_string(r.transfer_syntax));
}

bool lacks_interface(const Results& results) {
    return std::any_of(results.begin(), results.end(), [](const auto& r) { return r.reason == 1; });
}

// The host's last answer to a bind, with which the client cannot call anything.
const PduRecord* useless_bind_ack(const ConversationEvidence& e) {
    if (!e.ended(Outcome::interface_not_supported)) return nullptr;
    const PduRecord* answer = nullptr;
    for (const PduRecord& p : e.conversation.pdus)
        if (p.decoded.bind_ack() != nullptr) answer = &p;
    return answer;
}

void add_results(Builder& b, const Conversation& c, const PduRecord& answer) {
    const auto& ack = *answer.decoded.bind_ack();
    add_asked(b, c, answer);
    if (ack.results.empty()) b.saw(answer.last, tr("an answer without a result for any context"));
    for (std::size_t i = 0; i < ack.results.size(); ++i) b.saw(answer.last, result_text(i, ack.results[i]));
    if (!ack.secondary_address.empty()) b.saw(say("secondary address of the answer: \"{}\"", ack.secondary_address));
}

void bind_no_interface(const ConversationEvidence& e, std::vector<Finding>& out) {
    const PduRecord* answer = useless_bind_ack(e);
    if (answer == nullptr || !lacks_interface(answer->decoded.bind_ack()->results)) return;
    const Conversation& c = e.conversation;
    Builder b{rule::bind_no_interface, c, say("{} is an RPC server that does not offer KMS", to_string(c.host))};
    add_results(b, c, *answer);
    out.push_back(b.take());
}

void bind_no_syntax(const ConversationEvidence& e, std::vector<Finding>& out) {
    const PduRecord* answer = useless_bind_ack(e);
    if (answer == nullptr || lacks_interface(answer->decoded.bind_ack()->results)) return;
    const Conversation& c = e.conversation;
    Builder b{rule::bind_no_syntax, c,
              say("{} accepted none of the transfer syntaxes that {} offered", to_string(c.host), client_text(c))};
    add_results(b, c, *answer);
    if (const auto code = code_of_rejections(answer->decoded.bind_ack()->results)) b.inner_code(*code);
    out.push_back(b.take());
}

// The response to a call that was made and granted after this PDU.
const PduRecord* later_success(const Conversation& c, const PduRecord& fault) {
    const auto index = static_cast<std::size_t>(&fault - c.pdus.data());
    const auto found = std::find_if(c.exchanges.begin(), c.exchanges.end(), [index](const dissect::Exchange& e) {
        return e.request_pdu > index && e.response_pdu && e.hresult == 0U;
    });
    return found == c.exchanges.end() ? nullptr : &c.pdus[*found->response_pdu];
}

// Nothing where the capture cut it off.
std::optional<std::uint32_t> status_of(const PduRecord& fault) {
    const auto* f = fault.decoded.fault();
    return f == nullptr || !fault.decoded.complete() ? std::nullopt : std::optional{f->status};
}

std::string status_text(const PduRecord& fault) {
    const auto status = status_of(fault);
    if (!status) return std::string{tr("of a status that is not in the capture")};
    const std::string_view name = diag::name_of(dcerpc::fault_status_names, *status);
    return fmt::format("{} ({})", format_code(*status), name.empty() ? tr("unknown status") : tr(name));
}

Builder fault_finding(const Rule& rule, const Conversation& c, const PduRecord& fault, std::string title) {
    Builder b{rule, c, std::move(title)};
    add_asked(b, c, fault);
    b.saw(fault.last, say("fault {}, call id {}", status_text(fault), fault.decoded.header.call_id));
    return b;
}

template <class Look> void for_each_fault(const ConversationEvidence& e, const Look& look) {
    if (!e.ended(Outcome::fault)) return;
    for (const PduRecord& p : e.conversation.pdus)
        if (p.from == Side::host && p.decoded.type() == dcerpc::PduType::fault) look(e.conversation, p);
}

void rpc_fault(const ConversationEvidence& e, std::vector<Finding>& out) {
    for_each_fault(e, [&](const Conversation& c, const PduRecord& fault) {
        if (later_success(c, fault) != nullptr) return;
        Builder b = fault_finding(rule::rpc_fault, c, fault,
                                  say("{} answered with the RPC fault {}", to_string(c.host), status_text(fault)));
        if (const auto status = status_of(fault)) {
            const auto [cause, remedy] = fault_points_to(*status);
            b.points_to(cause, remedy).inner_code(inner_code_of_fault(*status));
        }
        out.push_back(b.take());
    });
}

void rpc_fault_retried(const ConversationEvidence& e, std::vector<Finding>& out) {
    for_each_fault(e, [&](const Conversation& c, const PduRecord& fault) {
        const PduRecord* success = later_success(c, fault);
        if (success == nullptr) return;
        Builder b = fault_finding(
            rule::rpc_fault_retried, c, fault,
            say("{} answered with the RPC fault {}, and a later call well", to_string(c.host), status_text(fault)));
        b.saw(success->last, pdu_text(*success));
        out.push_back(b.take());
    });
}

constexpr Row<ConversationEvidence> rows[] = {
    {&rule::bind_nak, bind_nak},
    {&rule::bind_no_interface, bind_no_interface},
    {&rule::bind_no_syntax, bind_no_syntax},
    {&rule::rpc_fault, rpc_fault},
    {&rule::rpc_fault_retried, rpc_fault_retried},
};

}  // namespace

std::span<const Row<ConversationEvidence>> rpc_rows() { return rows; }

}  // namespace diag::check

#include "libdiag/check/exchange_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "libdiag/base/hex.h"
#include "libdiag/check/event_text.h"
#include "libdiag/check/event_verdict.h"
#include "libdiag/check/finding_builder.h"
#include "libdiag/check/gathered_finding.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::Mark;
using lang::say;
using lang::tr;
using Findings = std::vector<Finding>;

constexpr std::uint32_t rpc_bad_stub_data = 0x800706F7;  // RPC_X_BAD_STUB_DATA, 1783: what cannot be unmarshalled
constexpr std::uint32_t time_too_different = 0xC004F06C;
constexpr std::int64_t clock_limit_s = 4 * 3600;  // planning.md: a host refuses requests more than 4 hours off

std::string host_text(const Conversation& c) { return to_string(c.host); }

Mark request_mark(const Conversation& c, const Exchange& e) { return c.pdus[e.request_pdu].last; }

Mark answer_mark(const Conversation& c, const Exchange& e) {
    return e.response_pdu ? c.pdus[*e.response_pdu].last : request_mark(c, e);
}

std::string hours(std::int64_t seconds) { return say("{:+.1f} hours", static_cast<double>(seconds) / 3600.0); }

/// Client clock minus capture clock in seconds; the second is only as right as the machine that captured.
std::optional<std::int64_t> clock_difference(const Conversation& c, const Exchange& e) {
    if (!e.request.base || c.live) return std::nullopt;
    const Timestamp client = to_timestamp(e.request.base->client_time_filetime);
    return (client.ns / 1'000'000'000) - (request_mark(c, e).time.ns / 1'000'000'000);
}

std::string refusal_title(const RefusalEvidence& e) {
    const auto* known = kms::find_error(e.hresult);
    const std::string name = known != nullptr && !known->symbol.empty()
                                 ? fmt::format("{} {}", format_code(e.hresult), known->symbol)
                                 : format_code(e.hresult);
    return say("{} refused the request of {}: {}", host_text(e.conversation), client_text(e.conversation), name);
}

// With its meaning where it stands first.
std::string refusal_text(const RefusalEvidence& e, bool is_first) {
    const auto* known = kms::find_error(e.hresult);
    const std::string code = format_code(e.hresult);
    return known != nullptr && is_first ? say("response without a message, HRESULT {}: {}", code, tr(known->meaning))
                                        : say("response without a message, HRESULT {}", code);
}

Finding& add_refusal(const Rule& rule, const RefusalEvidence& e, Findings& out) {
    const std::string title = refusal_title(e);
    const bool is_first = gathered(out, rule, e.conversation, title).evidence.empty();
    Finding& finding = gather(out, rule, e.conversation, title, refusal_text(e, is_first), e.answer);
    finding.inner_code = e.hresult;
    return finding;
}

template <const Rule& which> void refusal(const RefusalEvidence& e, Findings& out) {
    if (e.rule == &which) add_refusal(which, e, out);
}

// A version that exists is not what the host rejects.
void request_invalid(const RefusalEvidence& e, Findings& out) {
    if (e.rule != &rule::request_invalid) return;
    Finding& finding = add_refusal(rule::request_invalid, e, out);
    if (e.exchange == nullptr || !e.exchange->request.has_version()) return;
    const std::uint16_t major = e.exchange->request.version.major;
    if (major >= 4 && major <= 6) finding.likely_cause = 1;
}

// What is to be compared with the keys of the host.
std::string asked_text(const kms::BaseRequest& request) {
    const auto* item = kms::find_kms_item(request.kms_id);
    const std::string id = to_string(request.kms_id);
    return say("asked for {}, KMS id {}", product_text(request.activation_id),
               item != nullptr ? fmt::format("{} ({})", id, item->name) : id);
}

void product_not_covered(const RefusalEvidence& e, Findings& out) {
    if (e.rule != &rule::product_not_covered) return;
    const std::string title = add_refusal(rule::product_not_covered, e, out).title;
    if (e.exchange != nullptr && e.exchange->request.base)
        gather(out, rule::product_not_covered, e.conversation, title, asked_text(*e.exchange->request.base),
               request_mark(e.conversation, *e.exchange));
}

void clock_skew(const RefusalEvidence& e, Findings& out) {
    if (e.rule != &rule::clock_skew) return;
    const std::string title = add_refusal(rule::clock_skew, e, out).title;
    if (e.exchange == nullptr) return;
    if (const auto difference = clock_difference(e.conversation, *e.exchange))
        gather(out, rule::clock_skew, e.conversation, title,
               say("the client's clock is {} from the clock of the capture", hours(*difference)),
               request_mark(e.conversation, *e.exchange));
}

constexpr Row<RefusalEvidence> rows_of_refusals[] = {
    {&rule::request_invalid, request_invalid},
    {&rule::product_not_covered, product_not_covered},
    {&rule::client_list_full, refusal<rule::client_list_full>},
    {&rule::clock_skew, clock_skew},
    {&rule::host_refused, refusal<rule::host_refused>},
};

std::string failed_checks_title(const Conversation& c, std::string_view failed) {
    return say("the answer of {} fails checks that the client makes: {}", host_text(c), failed);
}

// A MAC that fails on both sides alike only says that they use other keys than the profile.
void failed_checks(const Conversation& c, const Exchange& e, Findings& out) {
    if (!e.response || kms::is_other_mac_key(e.request, *e.response)) return;
    std::string failed;
    for (const auto& entry : kms::response_check_table) {
        if (!entry.decides || e.response->checks.*(entry.member) != CheckResult::failed) continue;
        if (!failed.empty()) failed += ", ";
        failed += entry.key;
    }
    if (failed.empty()) return;
    gather(out, rule::response_check, c, failed_checks_title(c, failed), say("failed: {}", failed), answer_mark(c, e));
}

// The client holds the key with which its request opens, so it cannot open the answer either.
bool is_unreadable_answer(const Exchange& e) {
    return e.request.body == kms::Body::opened && e.response && e.response->body_protected();
}

void unreadable_answer(const Conversation& c, const Exchange& e, Findings& out) {
    if (!is_unreadable_answer(e)) return;
    gather(out, rule::response_check, c, failed_checks_title(c, "decrypt"),
           std::string{tr("the key profile opens the request, and not the answer to it: other keys, or wrong padding")},
           answer_mark(c, e));
}

// A whole response that holds neither a message nor a refusal.
bool is_unusable_answer(const Conversation& c, const Exchange& e) {
    if (!e.response_pdu || e.response || e.fault_status || !e.syntax || c.pdus[*e.response_pdu].cut) return false;
    return !e.hresult || *e.hresult == 0;
}

void unusable_answer(const Conversation& c, const Exchange& e, Findings& out) {
    if (!is_unusable_answer(c, e)) return;
    const Mark mark = answer_mark(c, e);
    if (e.hresult) {
        gather(out, rule::response_check, c, say("the answer of {} says success and has no message", host_text(c)),
               std::string{tr("response without a message, return code 0")}, mark);
        return;
    }
    gather(out, rule::response_check, c, say("the answer of {} contradicts itself: it cannot be read", host_text(c)),
           say("response of {} bytes whose length fields do not fit together", c.pdus[*e.response_pdu].raw.size()),
           mark)
        .inner_code = rpc_bad_stub_data;
}

// The answer verifies with the profile's key and the request does not: each side rejects the other's MAC. The reverse the
// client reports as a failed check of the answer.
void different_keys(const Conversation& c, const Exchange& e, Findings& out) {
    if (!e.response || e.request.mac == kms::Mac::not_checked || e.response->mac == kms::Mac::not_checked) return;
    if (e.request.mac == e.response->mac || e.response->mac == kms::Mac::mismatch) return;
    gather(out, rule::response_check, c,
           say("{} rejects the answer of {}: they use different MAC keys", client_text(c), host_text(c)),
           std::string{tr("the MAC of the answer verifies with the key profile, that of the request does not")},
           answer_mark(c, e));
}

void response_check(const ExchangeEvidence& evidence, Findings& out) {
    const Conversation& c = evidence.conversation;
    const Exchange& e = evidence.exchange;
    failed_checks(c, e, out);
    unreadable_answer(c, e, out);
    unusable_answer(c, e, out);
    different_keys(c, e, out);
}

void clock_differs(const ExchangeEvidence& evidence, Findings& out) {
    const Conversation& c = evidence.conversation;
    const Exchange& e = evidence.exchange;
    const auto difference = clock_difference(c, e);
    if (!difference || std::abs(*difference) <= clock_limit_s || e.hresult == time_too_different) return;
    gather(out, rule::clock_differs, c,
           say("the clock of {} and that of the capture are more than 4 hours apart", client_text(c)),
           say("client time {}, {} from the clock of the capture", format_rfc3339(e.request.base->client_time_filetime),
               hours(*difference)),
           request_mark(c, e));
}

void other_mac_key(const Conversation& c, const Exchange& e, Findings& out) {
    if (!e.response || !kms::is_other_mac_key(e.request, *e.response)) return;
    gather(out, rule::keys_missing, c,
           say("{} and {} use another MAC key than the key profile", client_text(c), host_text(c)),
           std::string{tr("the MACs of request and response fail with the key of the profile")}, answer_mark(c, e));
}

void closed_bodies(const Conversation& c, const Exchange& e, Findings& out) {
    const auto stays_closed = [&](std::string evidence, const Mark& mark) {
        gather(out, rule::keys_missing, c,
               say("messages between {} and {} are not opened by the key profile", client_text(c), host_text(c)),
               std::move(evidence), mark);
    };
    if (e.request.body_protected())
        stays_closed(say("request of {} bytes, version {}.{}, stays closed", e.request.message_size,
                         e.request.version.major, e.request.version.minor),
                     request_mark(c, e));
    if (e.response && e.response->body_protected() && !is_unreadable_answer(e))
        stays_closed(say("response of {} bytes, version {}.{}, stays closed", e.response->message_size,
                         e.response->version.major, e.response->version.minor),
                     answer_mark(c, e));
}

void keys_missing(const ExchangeEvidence& evidence, Findings& out) {
    other_mac_key(evidence.conversation, evidence.exchange, out);
    closed_bodies(evidence.conversation, evidence.exchange, out);
}

void host_lab(const ExchangeEvidence& evidence, Findings& out) {
    const Exchange& e = evidence.exchange;
    if (!e.response || !e.response->base) return;
    const std::string text = e.response->base->epid_text();
    if (text.find(".9999-") == std::string::npos) return;
    const auto epid = kms::parse_epid(text);
    if (!epid || !epid->is_lab()) return;
    const Conversation& c = evidence.conversation;
    gather(out, rule::host_lab, c,
           say("{} is the reference host of this toolkit, not a genuine KMS host", host_text(c)),
           say("ePID {} carries the lab marker .9999", text), answer_mark(c, e));
}

bool is_count_low(const Exchange& e) {
    return e.request.base && e.response && e.response->base &&
           e.response->base->count < e.request.base->required_client_count;
}

LowCounts low_counts_of(const Conversation& c) {
    LowCounts highest;
    for (const Exchange& e : c.exchanges) {
        if (!is_count_low(e)) continue;
        std::uint32_t& count = highest[e.request.base->required_client_count];
        count = std::max(count, e.response->base->count);
    }
    return highest;
}

void count_low(const ExchangeEvidence& evidence, Findings& out) {
    const Exchange& e = evidence.exchange;
    if (!is_count_low(e)) return;
    const Conversation& c = evidence.conversation;
    const std::uint32_t needed = e.request.base->required_client_count;
    gather(out, rule::count_low, c,
           say("KMS works, but {} has seen only {} of the {} clients that the product needs", host_text(c),
               evidence.low_counts.at(needed), needed),
           say("count {}, needed {}", e.response->base->count, needed), answer_mark(c, e));
}

constexpr Row<ExchangeEvidence> rows_of_exchanges[] = {
    {&rule::response_check, response_check}, {&rule::clock_differs, clock_differs},
    {&rule::keys_missing, keys_missing},     {&rule::host_lab, host_lab},
    {&rule::count_low, count_low},
};

void check_refusal(const Conversation& c, std::uint32_t hresult, const Mark& answer, const Exchange* exchange,
                   Findings& out) {
    look(refusal_rows(),
         RefusalEvidence{.conversation = c,
                         .hresult = hresult,
                         .answer = answer,
                         .exchange = exchange,
                         .rule = &refusal_rule(hresult)},
         out);
}

}  // namespace

std::span<const Row<RefusalEvidence>> refusal_rows() { return rows_of_refusals; }
std::span<const Row<ExchangeEvidence>> exchange_rows() { return rows_of_exchanges; }

void check_exchanges(const Conversation& c, Findings& findings) {
    for (const auto& stray : c.stray_refusals) check_refusal(c, stray.hresult, stray.answer, nullptr, findings);
    const LowCounts low_counts = low_counts_of(c);
    for (const Exchange& e : c.exchanges) {
        if (e.hresult && *e.hresult != 0) check_refusal(c, *e.hresult, answer_mark(c, e), &e, findings);
        look(exchange_rows(), ExchangeEvidence{.conversation = c, .exchange = e, .low_counts = low_counts}, findings);
    }
}

}  // namespace diag::check

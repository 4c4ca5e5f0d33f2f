#include "libdiag/check/exchange_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "libdiag/base/hex.h"
#include "libdiag/check/event_verdict.h"
#include "libdiag/check/finding_builder.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::Mark;

constexpr std::size_t max_evidence = 8;
constexpr std::uint32_t rpc_bad_stub_data = 0x800706F7;  // RPC_X_BAD_STUB_DATA, 1783: what cannot be unmarshalled
constexpr std::int64_t clock_limit_s = 4 * 3600;         // planning.md: a host refuses requests more than 4 hours off

// Adds to the finding of this rule and title, or begins it: many exchanges, one finding.
class Collector {
public:
    Collector(const Conversation& c, std::vector<Finding>& out) : c_{c}, out_{out}, begin_{out.size()} {}

    Finding& at(const Rule& rule, std::string title) {
        for (std::size_t i = begin_; i < out_.size(); ++i)
            if (out_[i].rule == &rule && out_[i].title == title) return out_[i];
        out_.push_back(FindingBuilder{rule, c_, std::move(title)}.take());
        return out_.back();
    }

    void add(const Rule& rule, std::string title, std::string evidence, const Mark& mark) {
        Finding& f = at(rule, std::move(title));
        const bool is_packet = mark && !c_.live;
        if (is_packet) f.packets.push_back(mark.packet);
        if (f.evidence.size() < max_evidence) {
            f.evidence.push_back(is_packet ? fmt::format("packet {}: {}", mark.packet, evidence) : std::move(evidence));
        } else if (!c_.live) {
            f.evidence.resize(max_evidence);
            f.evidence.push_back(fmt::format("and {} more packets like these", f.packets.size() - max_evidence));
        }
    }

    const Conversation& conversation() const { return c_; }

private:
    const Conversation& c_;
    std::vector<Finding>& out_;
    std::size_t begin_;
};

bool is_count_low(const Exchange& e) {
    return e.request.base && e.response && e.response->base &&
           e.response->base->count < e.request.base->required_client_count;
}

Mark answer_mark(const Conversation& c, const Exchange& e) {
    return e.response_pdu ? c.pdus[*e.response_pdu].last : c.pdus[e.request_pdu].last;
}

std::string hours(std::int64_t seconds) { return fmt::format("{:+.1f} hours", static_cast<double>(seconds) / 3600.0); }

/// Client clock minus capture clock in seconds; the second is only as right as the machine that captured.
std::optional<std::int64_t> clock_difference(const Conversation& c, const Exchange& e) {
    if (!e.request.base || c.live) return std::nullopt;
    const Timestamp client = to_timestamp(e.request.base->client_time_filetime);
    return (client.ns / 1'000'000'000) - (c.pdus[e.request_pdu].last.time.ns / 1'000'000'000);
}

Finding& add_refusal(Collector& out, std::uint32_t code, const Mark& answer) {
    const Conversation& c = out.conversation();
    const auto* known = kms::find_error(code);
    const std::string name = known != nullptr && !known->symbol.empty()
                                 ? fmt::format("{} {}", format_code(code), known->symbol)
                                 : format_code(code);
    const Rule& rule = refusal_rule(code);
    const std::string title =
        fmt::format("{} refused the request of {}: {}", to_string(c.host), to_string(c.client.ip), name);
    std::string evidence = fmt::format("response without a message, HRESULT {}", format_code(code));
    const bool is_first = out.at(rule, title).evidence.empty();
    if (known != nullptr && is_first) evidence += fmt::format(": {}", known->meaning);
    out.add(rule, title, std::move(evidence), answer);
    Finding& finding = out.at(rule, title);
    finding.inner_code = code;
    return finding;
}

void refusal(Collector& out, const Exchange& e) {
    const Conversation& c = out.conversation();
    const Finding& finding = add_refusal(out, *e.hresult, answer_mark(c, e));
    if (finding.rule != &rule::clock_skew) return;
    if (const auto difference = clock_difference(c, e)) {
        out.add(rule::clock_skew, finding.title,
                fmt::format("the client's clock is {} from the clock of the capture", hours(*difference)),
                c.pdus[e.request_pdu].last);
    }
}

// The answer verifies with the profile's key and the request does not, or the reverse: each side rejects the other's MAC.
void different_keys(Collector& out, const Exchange& e) {
    if (!e.response || e.request.mac == kms::Mac::not_checked || e.response->mac == kms::Mac::not_checked) return;
    if (e.request.mac == e.response->mac) return;
    const Conversation& c = out.conversation();
    const bool host_differs = e.response->mac == kms::Mac::mismatch;
    if (host_differs) return;  // the client reports that as a failed check of the answer
    out.add(rule::response_check,
            fmt::format("{} rejects the answer of {}: they use different MAC keys", to_string(c.client.ip),
                        to_string(c.host)),
            "the MAC of the answer verifies with the key profile, that of the request does not", answer_mark(c, e));
}

// How far the count got, for each number that a product needs, while it was too low.
std::map<std::uint32_t, std::uint32_t> highest_low_counts(const Conversation& c) {
    std::map<std::uint32_t, std::uint32_t> highest;
    for (const Exchange& e : c.exchanges) {
        if (!is_count_low(e)) continue;
        std::uint32_t& count = highest[e.request.base->required_client_count];
        count = std::max(count, e.response->base->count);
    }
    return highest;
}

void low_counts(Collector& out) {
    const Conversation& c = out.conversation();
    const auto highest = highest_low_counts(c);
    for (const Exchange& e : c.exchanges) {
        if (!is_count_low(e)) continue;
        const std::uint32_t needed = e.request.base->required_client_count;
        out.add(rule::count_low,
                fmt::format("KMS works, but {} has seen only {} of the {} clients that the product needs",
                            to_string(c.host), highest.at(needed), needed),
                fmt::format("count {}, needed {}", e.response->base->count, needed), answer_mark(c, e));
    }
}

// A MAC that fails on both sides alike only says that they use other keys than the profile.
void failed_checks(Collector& out, const Exchange& e) {
    if (!e.response || kms::is_other_mac_key(e.request, *e.response)) return;
    std::string failed;
    for (const auto& entry : kms::response_check_table) {
        if (!entry.decides || e.response->checks.*(entry.member) != CheckResult::failed) continue;
        if (!failed.empty()) failed += ", ";
        failed += entry.key;
    }
    if (failed.empty()) return;
    const Conversation& c = out.conversation();
    out.add(rule::response_check,
            fmt::format("the answer of {} fails checks that the client makes: {}", to_string(c.host), failed),
            fmt::format("failed: {}", failed), answer_mark(c, e));
}

// The client holds the key with which its request opens, so it cannot open the answer either.
bool is_unreadable_answer(const Exchange& e) {
    return e.request.body == kms::Body::opened && e.response && e.response->body_protected();
}

void unreadable_answer(Collector& out, const Exchange& e) {
    if (!is_unreadable_answer(e)) return;
    const Conversation& c = out.conversation();
    out.add(rule::response_check,
            fmt::format("the answer of {} fails checks that the client makes: decrypt", to_string(c.host)),
            "the key profile opens the request, and not the answer to it: other keys, or wrong padding",
            answer_mark(c, e));
}

// A whole response that holds neither a message nor a refusal.
void unusable_answer(Collector& out, const Exchange& e) {
    const Conversation& c = out.conversation();
    if (!e.response_pdu || e.response || e.fault_status || !e.syntax || c.pdus[*e.response_pdu].cut) return;
    const bool is_empty_success = e.hresult == 0U;
    if (e.hresult && !is_empty_success) return;
    const std::string title =
        is_empty_success ? fmt::format("the answer of {} says success and has no message", to_string(c.host))
                         : fmt::format("the answer of {} contradicts itself: it cannot be read", to_string(c.host));
    out.add(rule::response_check, title,
            is_empty_success ? "response without a message, return code 0"
                             : fmt::format("response of {} bytes whose length fields do not fit together",
                                           c.pdus[*e.response_pdu].raw.size()),
            answer_mark(c, e));
    if (!is_empty_success) out.at(rule::response_check, title).inner_code = rpc_bad_stub_data;
}

void protected_bodies(Collector& out, const Exchange& e) {
    const Conversation& c = out.conversation();
    if (e.response && kms::is_other_mac_key(e.request, *e.response)) {
        out.add(rule::keys_missing,
                fmt::format("{} and {} use another MAC key than the key profile", to_string(c.client.ip),
                            to_string(c.host)),
                "the MACs of request and response fail with the key of the profile", answer_mark(c, e));
    }
    const auto stays_closed = [&](std::string_view what, std::size_t size, MinorMajor version, const Mark& mark) {
        out.add(rule::keys_missing,
                fmt::format("messages between {} and {} are not opened by the key profile", to_string(c.client.ip),
                            to_string(c.host)),
                fmt::format("{} of {} bytes, version {}.{}, stays closed", what, size, version.major, version.minor),
                mark);
    };
    if (e.request.body_protected())
        stays_closed("request", e.request.message_size, e.request.version, c.pdus[e.request_pdu].last);
    if (e.response && e.response->body_protected() && !is_unreadable_answer(e))
        stays_closed("response", e.response->message_size, e.response->version, answer_mark(c, e));
}

void lab_host(Collector& out, const Exchange& e) {
    if (!e.response || !e.response->base) return;
    const std::string text = e.response->base->epid_text();
    if (text.find(".9999-") == std::string::npos) return;
    const auto epid = kms::parse_epid(text);
    if (!epid || !epid->is_lab()) return;
    const Conversation& c = out.conversation();
    out.add(rule::host_lab,
            fmt::format("{} is the reference host of this toolkit, not a genuine KMS host", to_string(c.host)),
            fmt::format("ePID {} carries the lab marker .9999", text), answer_mark(c, e));
}

void clocks(Collector& out, const Exchange& e) {
    const auto difference = clock_difference(out.conversation(), e);
    if (!difference || std::abs(*difference) <= clock_limit_s || (e.hresult && *e.hresult == 0xC004F06C)) return;
    const Conversation& c = out.conversation();
    out.add(rule::clock_differs,
            fmt::format("the clock of {} and that of the capture are more than 4 hours apart", to_string(c.client.ip)),
            fmt::format("client time {}, {} from the clock of the capture",
                        format_rfc3339(e.request.base->client_time_filetime), hours(*difference)),
            c.pdus[e.request_pdu].last);
}

}  // namespace

void check_exchanges(const Conversation& c, std::vector<Finding>& findings) {
    Collector out{c, findings};
    for (const auto& stray : c.stray_refusals) add_refusal(out, stray.hresult, stray.answer);
    for (const Exchange& e : c.exchanges) {
        if (e.hresult && *e.hresult != 0) refusal(out, e);
        failed_checks(out, e);
        unreadable_answer(out, e);
        unusable_answer(out, e);
        different_keys(out, e);
        clocks(out, e);
        protected_bodies(out, e);
        lab_host(out, e);
    }
    low_counts(out);
}

}  // namespace diag::check

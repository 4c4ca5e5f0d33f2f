#include "libdiag/check/event_verdict.h"

#include <algorithm>

#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using windows::ActivationFailed;
using windows::RequestSent;
using windows::ResponseProcessed;
using Kind = StepVerdict::Kind;

constexpr std::uint32_t count_too_low = 0xC004F038;
constexpr std::int64_t answer_time_ns = 120'000'000'000;

struct CodeRange {
    std::uint32_t first, last;
    const Rule* rule;
};
// libdiag/data/errors.csv has what each means.
constexpr CodeRange logged_codes[] = {
    {0x80072329, 0x8007232D, &rule::event_not_contacted},     // RCODEs
    {0x80072331, 0x80072331, &rule::event_not_contacted},     // RCODE 9
    {0x8007251D, 0x8007251E, &rule::event_not_contacted},     // no records, a bad packet
    {0x8007267B, 0x8007267C, &rule::event_not_contacted},     // no TCP/IP, no DNS server
    {0x80092328, 0x80092328, &rule::event_not_contacted},     // documented for a missing record
    {0x800705B4, 0x800705B4, &rule::event_not_contacted},     // DNS time-out
    {0x8007007B, 0x8007007B, &rule::event_not_contacted},     // no name to ask for
    {0x80072AF9, 0x80072AFC, &rule::event_not_contacted},     // WinSock: the host's name
    {0x800706BA, 0x800706BA, &rule::event_host_unreachable},  // 1722
    {0xC0020017, 0xC0020017, &rule::event_host_unreachable},  // the same
    {0x8007139F, 0x8007139F, &rule::event_host_unreachable},  // KMS could not be contacted
    {0x80070035, 0x80070035, &rule::event_host_unreachable},  // network path not found
    {0x800704C9, 0x800704C9, &rule::event_host_unreachable},  // connection refused
    {0x800704CF, 0x800704D2, &rule::event_host_unreachable},  // network, host, protocol, port unreachable
    {0x80072742, 0x80072743, &rule::event_host_unreachable},  // WinSock: network down, unreachable
    {0x8007274C, 0x8007274D, &rule::event_host_unreachable},  // WinSock: timed out, refused
    {0x80072750, 0x80072751, &rule::event_host_unreachable},  // WinSock: host down, unreachable
    {0x800706B5, 0x800706B5, &rule::event_call_failed},       // no such interface
    {0x800706BB, 0x800706BB, &rule::event_call_failed},       // too busy
    {0x800706BE, 0x800706C2, &rule::event_call_failed},       // call failed, protocol error, syntax
    {0x800706D1, 0x800706D1, &rule::event_call_failed},       // no such operation
    {0x800706F7, 0x800706F7, &rule::event_call_failed},       // bad stub data
    {0x8007071A, 0x8007071D, &rule::event_call_failed},       // cancelled, communication failed
    {0x80072745, 0x80072746, &rule::event_call_failed},       // WinSock: aborted, reset
    {0x80070005, 0x80070005, &rule::event_call_failed},       // access denied
    {0xC0020012, 0xC0020012, &rule::event_call_failed},       // NTSTATUS forms of the same
    {0xC0020016, 0xC0020016, &rule::event_call_failed},
    {0xC0020018, 0xC0020018, &rule::event_call_failed},
    {0xC002001B, 0xC002001D, &rule::event_call_failed},
    {0xC002002E, 0xC002002E, &rule::event_call_failed},
    {0xC004F042, 0xC004F042, &rule::product_not_covered},
    {0xC004F015, 0xC004F015, &rule::product_not_covered},
    {0xC004D104, 0xC004D104, &rule::client_list_full},
    {0xC004F06C, 0xC004F06C, &rule::clock_skew},
    {0xC004F038, 0xC004F038, &rule::count_low},
};

// What a host answers.
constexpr CodeRange refusals[] = {
    {0x8007000D, 0x8007000D, &rule::request_invalid},     {0xC004F015, 0xC004F015, &rule::product_not_covered},
    {0xC004F042, 0xC004F042, &rule::product_not_covered}, {0xC004D104, 0xC004D104, &rule::client_list_full},
    {0xC004F06C, 0xC004F06C, &rule::clock_skew},
};

const Rule& rule_of(std::uint32_t code, std::span<const CodeRange> ranges, const Rule& otherwise) {
    const auto found =
        std::ranges::find_if(ranges, [code](const CodeRange& r) { return r.first <= code && code <= r.last; });
    return found == ranges.end() ? otherwise : *found->rule;
}

// 8198 and 8233 tell of any activation, also of those that have nothing to do with a KMS host.
bool is_of_kms(std::uint32_t code) {
    constexpr std::uint32_t host_unavailable = 0xC004F074;
    constexpr std::uint32_t access_denied = 0x80070005;
    return code == host_unavailable ||
           (&logged_code_rule(code) != &rule::event_attempt_failed && code != access_denied);
}

StepVerdict failure(const Rule& rule, std::uint32_t client_code, std::uint32_t host_code) {
    return {.kind = Kind::failed, .rule = &rule, .client_code = client_code, .host_code = host_code};
}

bool is_count_low(const ResponseProcessed& answer, const RequestSent* sent) {
    if ((answer.flags & windows::attempt_flag::count_low) != 0 || answer.hresult == count_too_low) return true;
    return sent != nullptr && answer.count && sent->request.required_count &&
           *answer.count < *sent->request.required_count;
}

StepVerdict judge_answer(const ResponseProcessed& answer, const RequestSent* sent, std::uint32_t host_code) {
    if (answer.activated && !is_failure_code(answer.hresult)) return {.kind = Kind::served};
    const std::uint32_t code = is_failure_code(answer.hresult) ? answer.hresult : 0;
    if (is_count_low(answer, sent)) return failure(rule::count_low, code, host_code);
    if (is_failure_code(host_code)) return failure(refusal_rule(host_code), code, host_code);
    return failure(code != 0 ? logged_code_rule(code) : rule::event_attempt_failed, code, host_code);
}

// Has the log something that is later than an answer could be?
bool goes_on_behind(const windows::KmsLog& log, const windows::KmsEvent& event) {
    if (event.clock == windows::EventClock::unknown || !log.newest) return false;
    return log.newest->ns - event.time.ns > answer_time_ns;
}

// An export of 12288 alone says nothing of answers.
StepVerdict judge_silence(const JoinedEvents& events, const RequestStep& step) {
    const windows::KmsLog& log = events.logs[step.sent->log];
    const bool is_over = goes_on_behind(log, events.at(*step.sent)) && log.has_answers;
    return {.kind = is_over ? Kind::unanswered : Kind::unknown};
}

// A host answers without an error whether or not its count suffices: the client decides.
StepVerdict judge_success(const JoinedEvents& events, const RequestStep& step) {
    constexpr std::uint32_t licensed = 1;
    const auto* processed = events.processed(step);
    const auto* seen = events.capture(step);
    const bool was_licensed = processed != nullptr && processed->request.license_status == licensed;
    const bool is_enough =
        seen != nullptr && seen->count && seen->required_count && *seen->count >= *seen->required_count;
    return {.kind = was_licensed || is_enough ? Kind::served : Kind::answered};
}

std::optional<std::uint32_t> host_answer(const JoinedEvents& events, const RequestStep& step) {
    if (const auto* processed = events.processed(step)) return processed->hresult;
    if (const auto* captured = events.capture(step)) return captured->hresult;
    return std::nullopt;
}

}  // namespace

const Rule& refusal_rule(std::uint32_t hresult) { return rule_of(hresult, refusals, rule::host_refused); }

const Rule& logged_code_rule(std::uint32_t code) { return rule_of(code, logged_codes, rule::event_attempt_failed); }

StepVerdict judge(const JoinedEvents& events, const RequestStep& step) {
    const RequestSent* sent = events.sent(step);
    const auto answer = host_answer(events, step);
    const std::uint32_t host_code = answer && is_failure_code(*answer) ? *answer : 0;
    const std::uint32_t client_code = sent != nullptr && is_failure_code(sent->hresult) ? sent->hresult : 0;
    if (const auto* answered = events.answered(step)) return judge_answer(*answered, sent, host_code);
    if (const ActivationFailed* failed = events.failed(step)) {
        if (!is_failure_code(failed->hresult) || !is_of_kms(failed->hresult)) return {};
        return failure(logged_code_rule(failed->hresult), failed->hresult, 0);
    }
    // A capture alone is judged by itself.
    if (sent == nullptr && !step.processed) return answer == 0U ? judge_success(events, step) : StepVerdict{};
    if (host_code != 0) return failure(refusal_rule(host_code), client_code, host_code);
    if (client_code != 0) return failure(logged_code_rule(client_code), client_code, 0);
    if (sent != nullptr) return judge_silence(events, step);
    return judge_success(events, step);
}

}  // namespace diag::check

#include "libdiag/session/kms_verdict.h"

#include <algorithm>

namespace diag::session {
namespace {

bool is_turned_down(const kms::ResponseChecks& checks) {
    return std::any_of(std::begin(kms::response_check_table), std::end(kms::response_check_table),
                       [&](const auto& check) { return check.decides && checks.*check.member == CheckResult::failed; });
}

KmsVerdict judge(const kms::Response& response, const kms::Request& request) {
    if (response.body == kms::Body::protected_) return KmsVerdict::protected_answer;
    if (!response.base || is_turned_down(response.checks)) return KmsVerdict::rejected;
    const bool is_enough = !request.base || response.base->count >= request.base->required_client_count;
    return is_enough ? KmsVerdict::activated : KmsVerdict::not_enough_count;
}

}  // namespace

std::string_view name_of(KmsVerdict verdict) {
    switch (verdict) {
        case KmsVerdict::no_answer: return "no_answer";
        case KmsVerdict::bad_stub: return "bad_stub";
        case KmsVerdict::refused: return "refused";
        case KmsVerdict::protected_answer: return "protected_answer";
        case KmsVerdict::rejected: return "rejected";
        case KmsVerdict::not_enough_count: return "not_enough_count";
        case KmsVerdict::activated: return "activated";
    }
    return {};
}

KmsAnswer judge_answer(kms::Codec& codec, const kms::Request& request, Bytes stub, dcerpc::Syntax syntax,
                       std::endian order) {
    const auto decoded = dcerpc::decode_response_stub(stub, syntax, order);
    if (!decoded) return {.verdict = KmsVerdict::bad_stub, .error = decoded.error()};
    KmsAnswer answer{.verdict = KmsVerdict::refused, .return_code = decoded->return_code};
    if (!decoded->has_message() || decoded->return_code != hresult::success) return answer;
    answer.response = codec.decode_response(decoded->message, &request);
    answer.verdict = judge(*answer.response, request);
    return answer;
}

}  // namespace diag::session

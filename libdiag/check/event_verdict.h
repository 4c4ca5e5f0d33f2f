#pragma once

#include <optional>

#include "libdiag/check/event_join.h"
#include "libdiag/check/finding.h"

namespace diag::check {

/// What one step of a client came to, as far as its parts tell.
struct StepVerdict {
    enum class Kind : std::uint8_t {
        unknown,   ///< nothing can be said
        served,    ///< activated
        answered,  ///< by the host, without an error: below the requirement it answers in the same way
        failed,
        unanswered,  ///< sent without an error, and no word of an answer in a log that goes on
    } kind = Kind::unknown;
    const Rule* rule = nullptr;     ///< of `failed`
    std::uint32_t client_code = 0;  ///< what the client's own events carry; 0: they are silent
    std::uint32_t host_code = 0;    ///< what the host answered, by its log or a capture; 0: nothing, or success

    /// The word that decides.
    std::uint32_t code() const { return host_code != 0 ? host_code : client_code; }
};

/// Judges a step by itself. The host's word on a request counts more than the client's, which may be a summary
/// (0xC004F074); the client's own code is kept beside it.
StepVerdict judge(const JoinedEvents& events, const RequestStep& step);

/// Whether a code is a failure (its highest bit is set).
constexpr bool is_failure_code(std::uint32_t code) { return (code >> 31) != 0; }

/// The rule for a host's refusal with this HRESULT.
const Rule& refusal_rule(std::uint32_t hresult);

/// The rule that a code of the client's events proves by itself.
const Rule& logged_code_rule(std::uint32_t code);

}  // namespace diag::check

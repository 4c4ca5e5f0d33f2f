#pragma once

#include "libdiag/activate/activation.h"
#include "libdiag/slmgr/ato_text.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::activate {

enum class Result : std::uint8_t {
    activated,         ///< a client would be activated
    not_enough_count,  ///< KMS works, and has seen too few clients so far
    keys_refused,      ///< KMS answers; what it says to a real client cannot be seen without its keys
    failed,            ///< the findings say where
};
std::string_view name_of(Result result);
Result result_of(const Activation& activation);

/// The verdict: "KMS works; activated, ...", "KMS works; 3 of 25 clients seen so far: ...", or the title of the
/// deciding finding.
std::string verdict_text(const Activation& activation);

/// "kms1.example.test:1688 (SRV record of ...): 192.0.2.11:1688 refused the TCP connection of ...". To be escaped.
std::string try_text(const HostTry& host);

/// The code that /ato would end with; 0 when it succeeds.
std::uint32_t windows_code_of(const Activation& activation);

/// What /ato would print; nullopt where that cannot be known (Result::keys_refused).
std::optional<slmgr::AtoText> ato_text_of(const Activation& activation);

/// What /dlv would show afterwards on a client that had asked like this: what the exchange determines, the rest marked.
slmgr::Dlv dlv_of(const Activation& activation);

}  // namespace diag::activate

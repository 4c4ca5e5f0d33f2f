#pragma once

#include <string>

#include "libdiag/dissect/conversation.h"
#include "libdiag/report/text.h"

namespace diag::decode {

/// "refused, 0xC004F042 SL_E_VL_KEY_MANAGEMENT_SERVICE_ID_MISMATCH". What the code means is the business of a finding.
std::string refusal_text(std::uint32_t hresult);

/// One request and its answer, a few lines.
void append_exchange(std::string& out, const dissect::Conversation& conversation, std::size_t index,
                     const report::Style& style, bool verbose);

/// With --verbose: what a careful client checks of the answer to the bind.
void append_bind_checks(std::string& out, const dissect::Conversation& conversation);

}  // namespace diag::decode

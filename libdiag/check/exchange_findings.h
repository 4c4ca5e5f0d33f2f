#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// A host's word that it refuses, with or without the request in the capture.
struct RefusalEvidence {
    const dissect::Conversation& conversation;
    std::uint32_t hresult = 0;
    dissect::Mark answer;
    const dissect::Exchange* exchange = nullptr;
    const Rule* rule = nullptr;  ///< to which the HRESULT belongs
};

/// How far the count got while it was too low, by the number that a product needs.
using LowCounts = std::map<std::uint32_t, std::uint32_t>;

/// A request and its answer.
struct ExchangeEvidence {
    const dissect::Conversation& conversation;
    const dissect::Exchange& exchange;
    const LowCounts& low_counts;  ///< of all exchanges of the conversation
};

std::span<const Row<RefusalEvidence>> refusal_rows();
std::span<const Row<ExchangeEvidence>> exchange_rows();

/// What the requests and answers themselves tell: refusals, proofs that fail, counts below the threshold, clocks. One
/// finding for each rule and reason, however many exchanges show it.
void check_exchanges(const dissect::Conversation& conversation, std::vector<Finding>& findings);

}  // namespace diag::check

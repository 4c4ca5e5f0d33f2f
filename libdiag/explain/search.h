#pragma once

#include <span>
#include <string>
#include <vector>

#include "libdiag/explain/entry.h"

namespace diag::explain {

/// Every entry in whose texts, English or Japanese, all of the words occur. Case does not matter; a word may be a part of a
/// longer one. Findings first, then codes, events, and ids.
std::vector<Entry> search(std::span<const std::string> words);

}  // namespace diag::explain

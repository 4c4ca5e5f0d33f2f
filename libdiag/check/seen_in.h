#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"

namespace diag::check {

/// A kind of evidence, and the rules that have a row for it.
struct EvidenceKind {
    std::string_view name;  ///< "a conversation, captured or our own": for docs/findings/
    std::vector<const Rule*> (*rules)();
};

/// All kinds. A rule without a row in any of them could never be reported; a test says that there is none.
std::span<const EvidenceKind> all_evidence_kinds();

}  // namespace diag::check

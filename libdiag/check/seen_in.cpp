#include "libdiag/check/seen_in.h"

#include <array>

#include "libdiag/check/row.h"

namespace diag::check {
namespace {

template <class Evidence> std::vector<const Rule*> rules_of(std::span<const Row<Evidence>> rows) {
    std::vector<const Rule*> rules;
    for (const Row<Evidence>& row : rows) rules.push_back(row.rule);
    return rules;
}

constexpr std::array<EvidenceKind, 0> kinds{};

}  // namespace

std::span<const EvidenceKind> all_evidence_kinds() { return kinds; }

}  // namespace diag::check

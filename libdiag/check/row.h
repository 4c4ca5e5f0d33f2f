#pragma once

#include <cassert>
#include <span>
#include <vector>

#include "libdiag/check/finding.h"

namespace diag::check {

/// How one kind of evidence shows a rule: the part of a rule's row that looks. A rule has one for each kind that can show it; the
/// kinds and their tables stand in seen_in.h.
template <class Evidence> struct Row {
    const Rule* rule;
    /// Adds a finding of this rule for each time that the evidence shows it, and of no other.
    void (*look)(const Evidence& evidence, std::vector<Finding>& out);
};

/// What the evidence shows, by all rows, in their order.
template <class Evidence>
void look(std::span<const Row<Evidence>> rows, const Evidence& evidence, std::vector<Finding>& out) {
    for (const Row<Evidence>& row : rows) {
        [[maybe_unused]] const std::size_t before = out.size();
        row.look(evidence, out);
#ifndef NDEBUG
        for (std::size_t i = before; i < out.size(); ++i) assert(out[i].rule == row.rule);
#endif
    }
}

}  // namespace diag::check

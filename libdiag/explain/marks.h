#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "libdiag/explain/entry.h"

namespace diag::explain {

// How sure a statement is stands before it in the tables: "[doc] ...", "[inf] ...", "[?] ...". A cell of events.csv that is
// "?" is not known, and a "?" behind words marks them as not verified.

struct Mark {
    std::string_view name;  ///< "doc"
    std::string_view text;  ///< what it says, for people
};

std::span<const Mark> all_marks();

/// "[doc] a, b;[inf] c; d" as {doc, "a, b"}, {inf, "c; d"}: only a mark begins a new statement.
std::vector<Statement> statements_of(std::string_view cell);

/// The cell holds a "?" that marks something as not known or not verified (and no question).
bool is_doubtful(std::string_view cell);

}  // namespace diag::explain

#pragma once

#include <string_view>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// Reads a tidied line whose label no table has, by the form of its value and by what was read before: ids, extended PIDs,
/// channels, host names and codes look the same on every display language. True if that gave a fact which was absent.
bool read_by_form(std::string_view text, Dlv& dlv);

/// Whether a line is a description by its form, with a channel in capitals at its end: then a product begins, or goes on.
bool is_description_by_form(std::string_view text);

}  // namespace diag::slmgr

#pragma once

#include <string>

#include "libdiag/explain/entry.h"
#include "libdiag/report/text.h"

namespace diag::explain {

/// An entry for people, in the language of lang::speak(), wrapped at 80 columns. `verbose` adds what the findings mean that
/// belong to a code, where they are many.
void append_text(std::string& out, const Entry& entry, const report::Style& style, bool verbose);

/// "0xC004F074 SL_E_VL_...: meaning", wrapped: one line of a list.
void append_line(std::string& out, const Entry& entry, const report::Style& style);

}  // namespace diag::explain

#pragma once

#include <string>

#include "libdiag/activate/activation.h"
#include "libdiag/report/text.h"

namespace diag::activate {

/// `kms-check ato`: who asks for what, each host with its stages, the exchange and the checks of its answer, findings, what
/// slmgr /ato would print, and the verdict. At most 80 columns, but for lines of slmgr.
void append_ato(std::string& out, const Activation& activation, const report::Style& style, bool verbose);

/// `kms-check dlv`: the block of slmgr /dlv, what slmgr would not show, findings, and the verdict.
void append_dlv(std::string& out, const Activation& activation, const report::Style& style, bool verbose);

}  // namespace diag::activate

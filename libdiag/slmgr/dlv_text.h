#pragma once

#include <string>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// Appends what slmgr /dlv prints of one product: its lines in their order, with an empty line before each block. Absent
/// facts have no line; unknown ones show their reason: "Installation ID: (not known from the wire)". Values may come from a
/// peer and are written with escape_for_terminal().
void append_dlv(std::string& out, const Dlv& dlv);

}  // namespace diag::slmgr

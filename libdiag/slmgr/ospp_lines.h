#pragma once

#include <string_view>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// What a line of ospp.vbs /dstatus or /act did. Its labels are English on every display language.
enum class OsppLine : std::uint8_t {
    none,    ///< none of them, or not of its form
    begins,  ///< of another product: read it again with a new one
    read,
};

/// Reads a tidied line as one of ospp.vbs into `dlv`, whose kind becomes SavedKind::dstatus.
OsppLine read_ospp_line(std::string_view text, Dlv& dlv);

}  // namespace diag::slmgr

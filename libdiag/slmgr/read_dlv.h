#pragma once

#include <expected>
#include <string>
#include <vector>

#include "libdiag/base/bytes.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// What read_dlv() takes. `slmgr /dlv all` of a machine with Office prints some hundred products of about 1 KiB each.
namespace limits {
inline constexpr std::size_t file_size = 1024 * 1024;  ///< bytes
inline constexpr std::size_t line_count = 40'000;
inline constexpr std::size_t line_size = 4096;  ///< bytes of UTF-8; a longer line counts as unknown
inline constexpr std::size_t product_count = 1024;
inline constexpr std::size_t error_count = 64;  ///< of one product
}  // namespace limits

/// The saved output of slmgr /dlv or /dli (also "all"), one entry a product, at least one. It may come from cscript, with or
/// without its banner, or from the message box; in UTF-8 or UTF-16; indented, wrapped by a console, in other case. Lines that
/// nobody knows are counted. The error is one line: the file is too large, or no output of slmgr.
std::expected<std::vector<Dlv>, std::string> read_dlv(Bytes file);

}  // namespace diag::slmgr

#pragma once

#include <expected>
#include <string>
#include <vector>

#include "libdiag/base/bytes.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// What read_saved() takes. `slmgr /dlv all` of a machine with Office prints some hundred products of about 1 KiB each.
namespace limits {
inline constexpr std::size_t file_size = 1024 * 1024;  ///< bytes
inline constexpr std::size_t line_count = 40'000;
inline constexpr std::size_t line_size = 4096;  ///< bytes of UTF-8; a longer line counts as unknown
inline constexpr std::size_t product_count = 1024;
inline constexpr std::size_t error_count = 64;    ///< of one product
inline constexpr std::size_t json_depth = 32;     ///< of arrays and objects within each other
inline constexpr std::size_t json_attempts = 64;  ///< places at which JSON may begin in one file
}  // namespace limits

/// What somebody saved of the licensing of a machine: one entry for each product that a program printed, at least one.
struct SavedOutput {
    std::vector<Dlv> products;

    friend bool operator==(const SavedOutput&, const SavedOutput&) = default;
};

/// Reads saved output of slmgr (/dlv, /dli, /ato, /xpr, also "all"), of ospp.vbs (/dstatus, /act), and the objects that
/// PowerShell has of the same, as JSON or as Format-List prints them; several of them in one file, in any order. The content
/// tells which it is. It may come from cscript, with or without its banner, or from a message box; in UTF-8, UTF-16, or the
/// code pages 932, 850 and 1252; indented, wrapped by a console, in other case. Display languages other than English are read
/// by order and form. Lines that nobody knows are counted. The error is one line: the file is too large, or none of these.
std::expected<SavedOutput, std::string> read_saved(Bytes file);

}  // namespace diag::slmgr

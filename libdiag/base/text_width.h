#pragma once

#include <string_view>

namespace diag {

/// Columns that a terminal needs for a printable character, whatever the locale: 2 for East Asian wide ones and emoji, 0
/// for marks that combine with the character before them.
std::size_t column_count(char32_t c);

/// The same for UTF-8 text; a byte that is not UTF-8 counts one.
std::size_t column_count(std::string_view text);

/// As many whole characters from the front as fit into `columns`, with the marks that combine with the last.
std::string_view fitting_prefix(std::string_view text, std::size_t columns);

}  // namespace diag

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "libdiag/slmgr/dlv_lines.h"

namespace diag::slmgr {

/// Whether a tidied line begins with the label of this line of the table.
bool has_label(std::string_view text, const Line& line);

/// Reads a tidied line as this line of the table into `dlv`. False, and nothing changed, for another line or a value that is
/// not of its form; an empty text is of the form and leaves the fact absent.
bool read_line(std::string_view text, const Line& line, Dlv& dlv);

/// The whole number at the front, at most ten digits and a sign; nullopt if letters or digits follow at once.
std::optional<std::int64_t> leading_number(std::string_view text);

/// The code at the front: "0xC004F074 ..." of one to eight digits.
std::optional<std::uint32_t> leading_code(std::string_view text);

/// "HOST:PORT" or "HOST"; nullopt for an empty host.
std::optional<KmsMachine> machine_of(std::string_view text, KmsMachine::Source source);

}  // namespace diag::slmgr

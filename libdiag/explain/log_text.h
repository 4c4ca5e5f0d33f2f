#pragma once

#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag::explain {

/// The bytes of a log as UTF-8, piece by piece: a byte order mark at the front says UTF-16 of either order, or UTF-8, and is
/// left out; anything else stays as it is. Characters may be cut anywhere between two pieces.
class LogText {
public:
    /// What of the text is complete with these bytes.
    std::string add(Bytes bytes);
    /// What is left at the end of the input: half a character, as U+FFFD.
    std::string finish();

private:
    enum class Form : std::uint8_t { undecided, bytes, little_endian, big_endian };

    std::string take(bool at_end);

    Form form_ = Form::undecided;
    ByteVector pending_;
};

/// A line made harmless for a terminal, and otherwise unchanged: control characters but the tab, and bidirectional
/// overrides, as \xNN or \u{NNNN}. Bytes that are neither UTF-8 nor of a Japanese console become \xNN, too.
std::string harmless_line(std::string_view line);

}  // namespace diag::explain

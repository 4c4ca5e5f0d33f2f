#include "libdiag/report/xml.h"

#include "libdiag/base/utf.h"

namespace diag::report {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

bool is_replaced(const Utf8Character& c) {
    return !c.valid || c.value < 0x20 || (c.value >= 0x7F && c.value < 0xA0) || c.value == 0xFFFE || c.value == 0xFFFF;
}

// The reference for a character that cannot stand for itself; empty for the others.
std::string_view reference(char32_t c) {
    switch (c) {
        case '&': return "&amp;";
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '"': return "&quot;";
        case '\'': return "&apos;";
        case '\t': return "&#9;";
        case '\n': return "&#10;";
        case '\r': return "&#13;";
        default: return {};
    }
}

}  // namespace

std::string xml_text(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        if (const std::string_view escaped = reference(c.value); c.valid && !escaped.empty()) {
            out += escaped;
        } else {
            out += is_replaced(c) ? replacement : text.substr(0, c.size);
        }
        text.remove_prefix(c.size);
    }
    return out;
}

}  // namespace diag::report

#include "libdiag/report/json_writer.h"

namespace diag::report {
namespace {

// Length of the valid UTF-8 character at the front, 0 when there is none (RFC 3629).
std::size_t utf8_size(std::string_view text) {
    const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = byte(0);
    if (first < 0x80) return 1;
    const std::size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
    if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    const unsigned char second = byte(1);
    const bool bad = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
    return bad ? 0 : size;
}

// JSON allows the separators of lines and paragraphs in texts; JavaScript before 2019 does not, and readers that know
// Unicode's line ends would cut an object a line in two.
std::string_view line_end_escape(std::string_view character) {
    if (character == "\u0085") return "\\u0085";
    if (character == "\u2028") return "\\u2028";
    if (character == "\u2029") return "\\u2029";
    return {};
}

void append_escaped(std::string& out, std::string_view text) {
    constexpr std::string_view digits = "0123456789abcdef";
    while (!text.empty()) {
        // Most text is plain: copy it in one go.
        std::size_t plain = 0;
        while (plain < text.size() && text[plain] >= 0x20 && text[plain] < 0x7F && text[plain] != '"' &&
               text[plain] != '\\') {
            ++plain;
        }
        out += text.substr(0, plain);
        text.remove_prefix(plain);
        if (text.empty()) return;
        const auto c = static_cast<unsigned char>(text.front());
        const std::size_t size = utf8_size(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text.front();
        } else if (c < 0x20 || c == 0x7F) {
            out += "\\u00";
            out += digits[c >> 4];
            out += digits[c & 0x0F];
        } else if (size == 0) {
            out += "\xEF\xBF\xBD";
        } else {
            const std::string_view character = text.substr(0, size);
            const std::string_view escape = line_end_escape(character);
            out += escape.empty() ? character : escape;
        }
        text.remove_prefix(size == 0 ? 1 : size);
    }
}

}  // namespace

void JsonWriter::value(std::string_view text) {
    separate();
    out_ += '"';
    append_escaped(out_, text);
    out_ += '"';
}

void JsonWriter::value(const Uuid& uuid) {
    separate();
    char* at = extend(38);
    at[0] = '"';
    format_to(uuid, at + 1);
    at[37] = '"';
}

void JsonWriter::milliseconds(std::int64_t ns) {
    separate();
    const bool negative = ns < 0;
    const std::int64_t us = (negative ? -ns : ns) / 1000;
    if (negative && us != 0) out_ += '-';
    char digits[24];
    out_.append(digits, std::to_chars(digits, digits + sizeof digits, us / 1000).ptr);
    if (const std::int64_t rest = us % 1000; rest != 0) {
        const char fraction[4] = {'.', static_cast<char>('0' + rest / 100), static_cast<char>('0' + rest / 10 % 10),
                                  static_cast<char>('0' + rest % 10)};
        out_.append(fraction, 4);
        while (out_.back() == '0') out_.pop_back();
    }
}

}  // namespace diag::report

#include "libdiag/explain/log_text.h"

#include <algorithm>
#include <utility>

#include "libdiag/base/cp932.h"
#include "libdiag/base/utf.h"

namespace diag::explain {
namespace {

constexpr std::size_t mark_size = 2;  // of UTF-16

bool is_high_surrogate(std::uint8_t high_byte) { return high_byte >= 0xD8 && high_byte <= 0xDB; }

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        if (!c.valid) return false;
        text.remove_prefix(c.size);
    }
    return true;
}

bool is_plain(char c) { return (c >= ' ' && c <= '~') || c == '\t'; }

}  // namespace

std::string LogText::add(Bytes bytes) {
    pending_.insert(pending_.end(), bytes.begin(), bytes.end());
    return take(false);
}

std::string LogText::finish() { return take(true); }

std::string LogText::take(bool at_end) {
    if (form_ == Form::undecided) {
        const std::string_view begin{reinterpret_cast<const char*>(pending_.data()),
                                     std::min(pending_.size(), utf8_byte_order_mark.size())};
        const bool is_utf8_mark = begin == utf8_byte_order_mark;
        const bool is_part_of_mark = !is_utf8_mark && utf8_byte_order_mark.starts_with(begin);
        if ((pending_.size() < mark_size || is_part_of_mark) && !at_end) return {};
        const auto begins_with = [this](std::uint8_t a, std::uint8_t b) {
            return pending_.size() >= mark_size && pending_[0] == a && pending_[1] == b;
        };
        form_ = begins_with(0xFF, 0xFE)   ? Form::little_endian
                : begins_with(0xFE, 0xFF) ? Form::big_endian
                                          : Form::bytes;
        const std::size_t mark = form_ != Form::bytes ? mark_size : is_utf8_mark ? utf8_byte_order_mark.size() : 0;
        pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(mark));
    }
    if (form_ == Form::bytes) {
        std::string text{pending_.begin(), pending_.end()};
        pending_.clear();
        return text;
    }
    std::size_t size = pending_.size() / 2 * 2;
    const std::size_t high = form_ == Form::little_endian ? 1 : 0;
    if (!at_end && size >= 2 && is_high_surrogate(pending_[size - 2 + high])) size -= 2;
    ByteVector units{pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(size)};
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(size));
    for (std::size_t i = 0; i < size; i += 2) {
        if (form_ == Form::big_endian) std::swap(units[i], units[i + 1]);
        // A NUL would end the text for utf8_from_utf16le().
        if (units[i] == 0 && units[i + 1] == 0) units[i] = ' ';
    }
    std::string text = utf8_from_utf16le(units);
    if (at_end && !pending_.empty()) text += "\xEF\xBF\xBD";
    return text;
}

std::string harmless_line(std::string_view line) {
    if (std::ranges::all_of(line, is_plain)) return std::string{line};
    // A console's code page is what its user can read; its second bytes may look like anything.
    const bool as_bytes =
        !is_utf8(line) && utf8_from_cp932({reinterpret_cast<const std::uint8_t*>(line.data()), line.size()});
    std::string out;
    out.reserve(line.size());
    while (!line.empty()) {
        const Utf8Character c = next_utf8(line);
        const std::string_view text = line.substr(0, c.size);
        if (is_plain(text.front()) || (as_bytes && static_cast<unsigned char>(text.front()) >= 0x80)) {
            out += text.front();
            line.remove_prefix(1);
            continue;
        }
        out += escape_for_terminal(text);
        line.remove_prefix(c.size);
    }
    return out;
}

}  // namespace diag::explain

#include "libdiag/proto/dns/domain_name.h"

#include <algorithm>

#include <fmt/format.h>

namespace diag::dns {
namespace {

/// The byte that "\DDD" or "\X" stands for, with `at` moved behind it; nullopt when it is neither.
std::optional<std::uint8_t> unescape(std::string_view text, std::size_t& at) {
    const auto is_digit = [&](std::size_t i) { return i < text.size() && text[i] >= '0' && text[i] <= '9'; };
    if (at >= text.size()) return std::nullopt;
    if (!is_digit(at)) return static_cast<std::uint8_t>(text[at++]);
    if (!is_digit(at + 1) || !is_digit(at + 2)) return std::nullopt;
    const int value = (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
    at += 3;
    if (value > 255) return std::nullopt;
    return static_cast<std::uint8_t>(value);
}

std::uint8_t lower(std::uint8_t c) { return c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c; }

void append_escaped(std::string& text, std::uint8_t c) {
    if (c == '.' || c == '\\') {
        text += '\\';
        text += static_cast<char>(c);
    } else if (c > ' ' && c < 0x7f) {
        text += static_cast<char>(c);
    } else {
        text += fmt::format("\\{:03d}", c);
    }
}

}  // namespace

std::optional<DomainName> DomainName::parse(std::string_view text) {
    DomainName name;
    if (text == ".") return name;
    ByteVector label;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at++];
        if (c == '.') {
            if (!name.append(label)) return std::nullopt;
            label.clear();
        } else if (c == '\\') {
            const auto byte = unescape(text, at);
            if (!byte) return std::nullopt;
            label.push_back(*byte);
        } else {
            label.push_back(static_cast<std::uint8_t>(c));
        }
    }
    // Without a final dot the last label is still to come; an empty text is no name at all.
    if ((!label.empty() || name.is_root()) && !name.append(label)) return std::nullopt;
    return name;
}

bool DomainName::append(Bytes label) {
    if (label.empty() || label.size() > max_label_size) return false;
    if (wire_size() + 1 + label.size() > max_name_size) return false;
    wire_[size_] = static_cast<std::uint8_t>(label.size());
    std::ranges::copy(label, wire_.begin() + size_ + 1);
    size_ = static_cast<std::uint8_t>(size_ + 1U + label.size());
    return true;
}

std::vector<Bytes> DomainName::labels() const {
    std::vector<Bytes> out;
    for (Bytes rest = wire_labels(); !rest.empty(); rest = rest.subspan(1U + rest[0]))
        out.push_back(rest.subspan(1, rest[0]));
    return out;
}

bool is_same_name(const DomainName& a, const DomainName& b) {
    // Length bytes are below 64 and so never touched by lower().
    return std::ranges::equal(a.wire_labels(), b.wire_labels(), {}, lower, lower);
}

bool is_same_name(std::string_view a, std::string_view b) {
    const auto x = DomainName::parse(a);
    const auto y = DomainName::parse(b);
    return x && y ? is_same_name(*x, *y) : a == b;
}

std::string to_string(const DomainName& name) {
    if (name.is_root()) return ".";
    std::string text;
    for (const Bytes label : name.labels()) {
        if (!text.empty()) text += '.';
        for (const std::uint8_t c : label) append_escaped(text, c);
    }
    return text;
}

DomainName read_name(Reader& r, Bytes message, std::string_view field) {
    DomainName name;
    Reader jumped{Bytes{}};  // where the name goes on after the first pointer
    Reader* from = &r;
    std::size_t lowest = r.offset();  // every pointer must lead in front of all that was read for this name
    for (unsigned hop_count = 0; !r.failed();) {
        const std::uint8_t length = from->u8(field);
        if (length == 0) break;  // also after a failed read
        if (length < 0x40) {
            const Bytes label = from->bytes(length, field);
            if (!from->failed() && !name.append(label)) r.fail(WireError::Kind::malformed, field);
        } else if (length < 0xc0) {
            r.fail(WireError::Kind::malformed, field);  // 01 and 10 are reserved (RFC 6891 5)
        } else {
            const std::size_t target = (length & 0x3fU) << 8U | from->u8(field);
            if (from->failed()) break;
            if (target >= lowest) r.fail(WireError::Kind::malformed, field);
            if (++hop_count > max_pointer_hops) r.fail(WireError::Kind::limit, field);
            if (r.failed()) break;
            lowest = target;
            jumped = Reader{message.subspan(target), std::endian::big, target};
            from = &jumped;
        }
        if (from->failed()) break;
    }
    // What a pointer leads to ended early: the message is at fault at the place where it did.
    if (from->failed()) r.fail(from->error().kind, field);
    return r.failed() ? DomainName{} : name;
}

}  // namespace diag::dns

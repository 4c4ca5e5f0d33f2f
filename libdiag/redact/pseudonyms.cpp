#include "libdiag/redact/pseudonyms.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "libdiag/base/utf.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::redact {
namespace {

// Characters that stand for each other: as many bytes in UTF-8 and as many units in UTF-16. Every character that is not
// ASCII is in one; those that a script uses together are together, so that a pseudonym can be read and printed like the
// name.
struct CharacterRange {
    char32_t first, last;
    char32_t size() const { return last - first + 1; }
    bool contains(char32_t c) const { return first <= c && c <= last; }
};
constexpr CharacterRange character_ranges[] = {
    {'0', '9'},         {'A', 'Z'},         {'a', 'z'},          // shifted alike in both cases
    {0x80, 0xBF},       {0xC0, 0xFF},       {0x100, 0x24F},      // Latin
    {0x250, 0x36F},     {0x370, 0x3FF},     {0x400, 0x52F},      // Greek, Cyrillic
    {0x530, 0x7FF},     {0x800, 0x1FFF},    {0x2000, 0x303F},    // others; punctuation and signs
    {0x3040, 0x309F},   {0x30A0, 0x30FF},   {0x3100, 0x4DFF},    // kana
    {0x4E00, 0x9FFF},   {0xA000, 0xABFF},   {0xAC00, 0xD7A3},    // ideographs, Hangul
    {0xD7A4, 0xD7FF},   {0xE000, 0xFEFF},   {0xFF00, 0xFFFF},    // no surrogates; half-width and full-width forms
    {0x10000, 0x1FFFF}, {0x20000, 0x2FFFF}, {0x30000, 0x10FFFF}  // outside the first plane
};

const CharacterRange* range_of(char32_t c) {
    const auto found = std::ranges::find_if(character_ranges, [c](const CharacterRange& r) { return r.contains(c); });
    return found == std::end(character_ranges) ? nullptr : &*found;
}

void append_utf8(char32_t c, std::string& out) {
    const auto byte = [&out](char32_t value) { out += static_cast<char>(static_cast<unsigned char>(value)); };
    if (c < 0x80) return byte(c);
    if (c < 0x800) {
        byte(0xC0 | (c >> 6));
    } else if (c < 0x10000) {
        byte(0xE0 | (c >> 12));
        byte(0x80 | ((c >> 6) & 0x3F));
    } else {
        byte(0xF0 | (c >> 18));
        byte(0x80 | ((c >> 12) & 0x3F));
        byte(0x80 | ((c >> 6) & 0x3F));
    }
    byte(0x80 | (c & 0x3F));
}

std::uint32_t number_at(const kms::Sha256::Digest& digest, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) value = value << 8 | digest[at + i];
    return value;
}

constexpr std::string_view service_labels[] = {"_vlmcs", "_vlmcs ", "_vmlcs", "_tcp", "_tcp ", "_udp"};
// What near misses have without the underscore: only in front, as hosts may have these names as well.
constexpr std::string_view bare_service = "vlmcs", bare_protocol = "tcp";

std::string_view text_of(Bytes bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

// How many of the labels stay in front, and behind.
struct KeptLabels {
    std::size_t front = 0, back = 0;
};

KeptLabels kept_labels(const std::vector<std::string_view>& labels) {
    KeptLabels kept;
    const auto is = [&labels](std::size_t i, std::string_view text) {
        return i < labels.size() && dns::lower_case(std::string{labels[i]}) == text;
    };
    if (is(0, bare_service) && is(1, "_tcp")) kept.front = 1;
    if (is(0, "_vlmcs") && is(1, bare_protocol)) kept.front = 2;
    const std::size_t count = labels.size();
    if (count > kept.front + 1 && is(count - 1, "arpa") && (is(count - 2, "in-addr") || is(count - 2, "ip6")))
        kept.back = 2;
    return kept;
}

std::vector<std::string> replaced(const Pseudonyms& pseudonyms, const std::vector<std::string_view>& labels) {
    const KeptLabels kept = kept_labels(labels);
    std::vector<std::string> out;
    for (std::size_t i = 0; i < labels.size(); ++i) {
        const bool stays = i < kept.front || i + kept.back >= labels.size() || is_service_label(labels[i]);
        out.push_back(stays ? std::string{labels[i]} : pseudonyms.name_label(labels[i]));
    }
    return out;
}

// Of at most 255, written in the usual way.
std::optional<std::uint32_t> octet_of(std::string_view text) {
    const bool is_usual = !text.empty() && text.size() <= 3 && (text.size() == 1 || text.front() != '0') &&
                          std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
    std::uint32_t value = 0;
    if (is_usual) std::from_chars(text.data(), text.data() + text.size(), value);
    if (!is_usual || value > 255) return std::nullopt;
    return value;
}

// "_kms-check-1f03...": what kms-srv draws by lot; anybody may write something else behind the prefix.
bool is_drawn_label(std::string_view text) {
    constexpr std::size_t max_digits = 16;
    if (!text.starts_with(dns::impossible_prefix)) return false;
    text.remove_prefix(dns::impossible_prefix.size());
    return !text.empty() && text.size() <= max_digits && text.find_first_not_of("0123456789abcdef") == text.npos;
}

}  // namespace

bool is_service_label(std::string_view label) {
    const std::string text = dns::lower_case(std::string{label});
    return std::ranges::find(service_labels, text) != std::end(service_labels) || is_drawn_label(text);
}

Pseudonyms::Pseudonyms(Bytes key) : hmac_{sha256_.hash({key}), sha256_} {}

Pseudonyms::Digest Pseudonyms::hash(std::string_view purpose, Bytes bytes) const {
    constexpr std::array<std::uint8_t, 1> end = {0};
    return hmac_({bytes_of(purpose), end, bytes});
}

std::uint32_t Pseudonyms::number(std::string_view purpose, std::string_view text, std::uint32_t end) const {
    return number_at(hash(purpose, bytes_of(text)), 0) % end;
}

std::string Pseudonyms::label(std::string_view text) const {
    std::string out;
    out.reserve(text.size());
    Digest before = hash("label", {});
    while (!text.empty()) {
        const Utf8Character c = next_utf8(text);
        const std::string_view bytes = text.substr(0, c.size);
        const CharacterRange* range = range_of(c.value);
        if (range == nullptr) {
            out += bytes;
        } else {
            // Numbers of their own for letters and digits: a digit at this place says nothing of a letter there.
            const std::uint32_t shift = number_at(before, range->first == '0' ? 0 : 4) % (range->size() - 1) + 1;
            const char32_t value = range->first + (c.value - range->first + shift) % range->size();
            if (c.valid)
                append_utf8(value, out);
            else
                out += static_cast<char>(static_cast<unsigned char>(value));
        }
        ByteVector so_far{before.begin(), before.end()};
        for (const char byte : dns::lower_case(std::string{bytes})) so_far.push_back(static_cast<std::uint8_t>(byte));
        before = hash("label", so_far);
        text.remove_prefix(c.size);
    }
    return out;
}

std::string Pseudonyms::name_label(std::string_view text) const {
    const auto octet = octet_of(text);
    if (!octet) return label(text);
    struct Width {
        std::uint32_t first, last;
    };
    constexpr Width widths[] = {{0, 9}, {10, 99}, {100, 255}};
    const Width& width = widths[text.size() - 1];
    const std::uint32_t size = width.last - width.first + 1;
    const std::uint32_t shift = 1 + number("octet", std::to_string(text.size()), size - 1);
    return std::to_string(width.first + (*octet - width.first + shift) % size);
}

dns::DomainName Pseudonyms::name(const dns::DomainName& name) const {
    std::vector<std::string_view> labels;
    for (const Bytes label : name.labels()) labels.push_back(text_of(label));
    dns::DomainName out;
    for (const std::string& label : replaced(*this, labels)) out.append(bytes_of(label));
    return out;
}

std::string Pseudonyms::name(std::string_view text) const {
    // Escapes that to_string() writes as well; with others the length would not stay.
    if (const auto parsed = text.contains('\\') ? dns::DomainName::parse(text) : std::nullopt) {
        const std::string_view dot = text.ends_with('.') ? "." : "";
        if (fmt::format("{}{}", to_string(*parsed), dot) == text)
            return fmt::format("{}{}", to_string(name(*parsed)), dot);
    }
    std::vector<std::string_view> labels;
    for (std::size_t dot = 0; dot != std::string_view::npos;) {
        dot = text.find('.');
        labels.push_back(text.substr(0, dot));
        text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
    }
    const bool has_final_dot = labels.size() > 1 && labels.back().empty();
    if (has_final_dot) labels.pop_back();
    return fmt::format("{}{}", fmt::join(replaced(*this, labels), "."), has_final_dot ? "." : "");
}

std::string Pseudonyms::host(std::string_view text) const {
    const auto bare = [this](std::string_view host) {
        const auto parsed = IpAddress::parse(host);
        return parsed ? to_string(address(*parsed)) : name(host);
    };
    if (IpAddress::parse(text)) return bare(text);
    // "[2001:db8::10]" and what has a port behind it: no name has a colon.
    const std::size_t colon = text.rfind(':');
    const bool has_port =
        colon != std::string_view::npos && text.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
    const std::string_view port = has_port ? text.substr(colon) : std::string_view{};
    text.remove_suffix(port.size());
    const bool is_bracketed = text.size() > 1 && text.starts_with('[') && text.ends_with(']');
    if (!is_bracketed) return fmt::format("{}{}", bare(text), port);
    return fmt::format("[{}]{}", bare(text.substr(1, text.size() - 2)), port);
}

}  // namespace diag::redact

#include "libdiag/proto/dns/tsig_key_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace diag::dns {
namespace {

using Problem = std::unexpected<std::string>;

std::optional<std::uint32_t> base64_digit(char c) {
    if (c >= 'A' && c <= 'Z') return static_cast<std::uint32_t>(c - 'A');
    if (c >= 'a' && c <= 'z') return static_cast<std::uint32_t>(c - 'a') + 26;
    if (c >= '0' && c <= '9') return static_cast<std::uint32_t>(c - '0') + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    return std::nullopt;
}

// RFC 4648 4, with its padding and without anything else.
std::optional<ByteVector> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::string_view digits = text;
    for (int i = 0; i < 2 && digits.ends_with('='); ++i) digits.remove_suffix(1);
    ByteVector out;
    std::uint32_t bits = 0;
    unsigned bit_count = 0;
    for (const char c : digits) {
        const auto digit = base64_digit(c);
        if (!digit) return std::nullopt;
        bits = bits << 6U | *digit;
        bit_count += 6;
        if (bit_count < 8) continue;
        bit_count -= 8;
        out.push_back(static_cast<std::uint8_t>(bits >> bit_count));
    }
    return out;
}

constexpr std::string_view known_algorithms = "hmac-sha256, hmac-sha384, hmac-sha512, hmac-sha224 and hmac-sha1";

std::expected<TsigKey, std::string> make_key(std::string_view name, TsigAlgorithm algorithm, std::string_view secret) {
    const auto key_name = DomainName::parse(name);
    if (!key_name || key_name->is_root()) return Problem("the name of the key is no domain name");
    auto bytes = decode_base64(secret);
    if (!bytes || bytes->empty()) return Problem("the secret is no Base64");
    if (bytes->size() > max_secret_size)
        return Problem(fmt::format("the secret is longer than {} bytes", max_secret_size));
    return TsigKey{.name = *key_name, .algorithm = algorithm, .secret = std::move(*bytes)};
}

// What was mistaken for an algorithm may be the secret: it is not repeated.
std::expected<TsigKey, std::string> read_short_form(std::string_view text) {
    const std::size_t colon = text.find(':');
    const std::size_t second = text.find(':', colon + 1);
    const std::string_view parts[] = {text.substr(0, colon), text.substr(colon + 1, second - colon - 1),
                                      text.substr(second + 1)};
    if (const auto algorithm = find_tsig_algorithm(parts[1])) return make_key(parts[0], *algorithm, parts[2]);
    if (const auto algorithm = find_tsig_algorithm(parts[0])) return make_key(parts[1], *algorithm, parts[2]);
    return Problem(fmt::format("NAME:ALGORITHM:SECRET needs one of the algorithms {}", known_algorithms));
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_mark(char c) { return c == '{' || c == '}' || c == ';'; }

// Words, quoted texts and marks of a configuration file of BIND; nullopt where a comment or a text has no end.
class Words {
public:
    explicit Words(std::string_view text) : text_{text} {}

    std::optional<std::vector<std::string_view>> all() {
        std::vector<std::string_view> words;
        while (skip_blanks() && at_ < text_.size()) {
            const auto word = next();
            if (!word) return std::nullopt;
            words.push_back(*word);
        }
        if (open_) return std::nullopt;
        return words;
    }

private:
    bool starts(std::string_view what) const { return text_.substr(at_).starts_with(what); }

    // Behind the next `end`.
    void skip_past(std::string_view end) {
        const std::size_t found = text_.find(end, at_);
        at_ = found == std::string_view::npos ? text_.size() : found + end.size();
        open_ = open_ || (found == std::string_view::npos && end != "\n");
    }

    bool skip_blanks() {
        while (at_ < text_.size() && !open_) {
            if (is_blank(text_[at_])) {
                ++at_;
            } else if (starts("#") || starts("//")) {
                skip_past("\n");
            } else if (starts("/*")) {
                skip_past("*/");
            } else {
                break;
            }
        }
        return !open_;
    }

    std::optional<std::string_view> next() {
        const std::size_t start = at_;
        if (is_mark(text_[at_])) return text_.substr(at_++, 1);
        if (text_[at_] == '"') {
            ++at_;
            skip_past("\"");
            if (open_) return std::nullopt;
            return text_.substr(start + 1, at_ - start - 2);
        }
        while (at_ < text_.size() && !is_blank(text_[at_]) && !is_mark(text_[at_]) && text_[at_] != '"') ++at_;
        return text_.substr(start, at_ - start);
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool open_ = false;
};

// key NAME { algorithm A; secret S; };  with the two in either order.
std::expected<TsigKey, std::string> read_statement(const std::vector<std::string_view>& words) {
    const Problem no_key{"not of the form  key \"NAME\" { algorithm hmac-sha256; secret \"…\"; };"};
    constexpr std::size_t word_count = 11;  // the last ';' included
    if (words.size() < word_count || words[0] != "key" || words[2] != "{") return no_key;
    if (words.size() > word_count) return Problem("has more than one key");
    if (words[5] != ";" || words[8] != ";" || words[9] != "}" || words[10] != ";") return no_key;
    const bool in_order = words[3] == "algorithm" && words[6] == "secret";
    if (!in_order && (words[3] != "secret" || words[6] != "algorithm")) return no_key;
    const auto algorithm = find_tsig_algorithm(words[in_order ? 4 : 7]);
    if (!algorithm)
        return Problem(fmt::format("algorithm {} is none of {}", words[in_order ? 4 : 7], known_algorithms));
    return make_key(words[1], *algorithm, words[in_order ? 7 : 4]);
}

std::string_view trim(std::string_view text) {
    while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
}

}  // namespace

bool is_short_tsig_key(std::string_view text) {
    return std::ranges::count(text, ':') == 2 && text.find_first_of("{\n") == std::string_view::npos;
}

std::expected<TsigKey, std::string> parse_tsig_key(std::string_view text) {
    if (text.size() > max_key_text_size) return Problem(fmt::format("longer than {} bytes", max_key_text_size));
    text = trim(text);
    if (is_short_tsig_key(text)) return read_short_form(text);
    const auto words = Words{text}.all();
    if (!words) return Problem("a comment or a quoted text has no end");
    return read_statement(*words);
}

}  // namespace diag::dns

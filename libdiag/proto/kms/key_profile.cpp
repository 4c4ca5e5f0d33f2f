#include "libdiag/proto/kms/key_profile.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/kms/openssl.h"

namespace diag::kms {
namespace {

namespace json = boost::json;

std::string position_text(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line = std::count(before.begin(), before.end(), '\n') + 1;
    const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0: the first line
    return fmt::format("line {}, column {}", line, before.size() - line_start + 1);
}

std::expected<json::value, std::string> parse_json(std::string_view text) {
    json::stream_parser parser;
    boost::system::error_code error;
    const std::size_t used = parser.write_some(text.data(), text.size(), error);
    if (!error && text.find_first_not_of(" \t\r\n", used) != std::string_view::npos) {
        return std::unexpected(fmt::format("not JSON: more text behind the value ({})", position_text(text, used)));
    }
    if (!error) parser.finish(error);
    if (error) return std::unexpected(fmt::format("not JSON: {} ({})", error.message(), position_text(text, used)));
    return parser.release();
}

std::optional<std::int64_t> integer_member(const json::object& entry, std::string_view name) {
    const json::value* value = entry.if_contains(name);
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return value->get_int64();
}

template <std::size_t size>
std::expected<void, std::string> take_key(const json::object& entry, int kms_major,
                                          std::optional<FixedBytes<size>>& out) {
    if (out) return std::unexpected(fmt::format("a second key for kms_major {}", kms_major));
    const json::value* text = entry.if_contains("key");
    if (text == nullptr || !text->is_string()) {
        return std::unexpected(fmt::format("no \"key\" with hexadecimal digits for kms_major {}", kms_major));
    }
    const auto bytes = from_hex(text->get_string());
    if (!bytes) return std::unexpected(fmt::format("the key for kms_major {} is not hexadecimal", kms_major));
    if (bytes->size() != size) {
        return std::unexpected(
            fmt::format("the key for kms_major {} has {} bytes, {} are needed", kms_major, bytes->size(), size));
    }
    std::copy(bytes->begin(), bytes->end(), out.emplace().begin());
    return {};
}

std::expected<void, std::string> take_entry(const json::value& value, KeyProfile& profile) {
    const json::object* entry = value.if_object();
    if (entry == nullptr) return std::unexpected("not an object");
    const auto kms_major = integer_member(*entry, "kms_major");
    if (!kms_major) return std::unexpected("no \"kms_major\" with a number");
    switch (*kms_major) {
        case 4: return take_key(*entry, 4, profile.v4);
        case 5: return take_key(*entry, 5, profile.v5);
        case 6: return take_key(*entry, 6, profile.v6);
        default: return std::unexpected(fmt::format("unknown kms_major {}: 4, 5 and 6 have keys", *kms_major));
    }
}

template <std::size_t size> FixedBytes<size> front_of_hash(Sha256& sha256, std::string_view label) {
    const auto digest = sha256.hash({bytes_of(label)});
    FixedBytes<size> key;
    std::copy_n(digest.begin(), size, key.begin());
    return key;
}

}  // namespace

KeyProfile lab_profile() {
    Sha256 sha256;
    return {.name = "lab",
            .v4 = front_of_hash<20>(sha256, "KMS-LAB-PROFILE/V4"),
            .v5 = front_of_hash<16>(sha256, "KMS-LAB-PROFILE/V5"),
            .v6 = front_of_hash<16>(sha256, "KMS-LAB-PROFILE/V6"),
            .is_built_in = true};
}

std::expected<KeyProfile, std::string> parse_key_profile(std::string_view text, std::string name) {
    if (text.size() > max_key_profile_size) {
        return std::unexpected(fmt::format("{} bytes are too many for a key profile, which may have {}", text.size(),
                                           max_key_profile_size));
    }
    const auto root = parse_json(text);
    if (!root) return std::unexpected(root.error());
    const json::object* object = root->if_object();
    const json::value* keys = object != nullptr ? object->if_contains("keys") : nullptr;
    if (keys == nullptr || !keys->is_array()) return std::unexpected("no list \"keys\"");
    if (keys->get_array().empty()) return std::unexpected("the list \"keys\" is empty");
    KeyProfile profile{.name = std::move(name)};
    std::size_t index = 0;
    for (const json::value& entry : keys->get_array()) {
        if (auto taken = take_entry(entry, profile); !taken) {
            return std::unexpected(fmt::format("keys[{}]: {}", index, taken.error()));
        }
        ++index;
    }
    return profile;
}

}  // namespace diag::kms

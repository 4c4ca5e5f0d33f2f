#include "tools/kms-refhost/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "libdiag/base/hex.h"
#include "libdiag/cli/numbers.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/session/request_rules.h"

namespace diag::refhost {

using Problem = std::unexpected<std::string>;

namespace {

template <class T> std::optional<T> whole_number(std::string_view text) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// Newest first, those that a customer can have.
std::vector<const kms::HostKey*> customer_keys() {
    std::vector<const kms::HostKey*> keys;
    for (const kms::HostKey& key : kms::all_host_keys())
        if (key.class_ == "customer" && !key.blocks.empty()) keys.push_back(&key);
    return keys;
}

std::expected<std::vector<session::InstalledKey>, std::string> keys_of_group(bool office) {
    std::vector<session::InstalledKey> keys;
    for (session::InstalledKey& key : session::HostSettings{}.keys)
        if (key.host_key_id.starts_with("office") == office) keys.push_back(std::move(key));
    return keys;
}

}  // namespace

std::expected<std::chrono::seconds, std::string> parse_offset(std::string_view text) {
    constexpr std::int64_t longest = 100'000LL * 24 * 3600;  // so that no product overflows
    std::string_view digits = text;
    std::int64_t unit = 1;
    constexpr std::pair<char, std::int64_t> units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 24 * 3600}};
    for (const auto& [letter, seconds] : units) {
        if (!digits.ends_with(letter)) continue;
        digits.remove_suffix(1);
        unit = seconds;
        break;
    }
    if (digits.starts_with('+')) digits.remove_prefix(1);
    const auto value = whole_number<std::int64_t>(digits);
    if (!value || *value > longest || *value < -longest)
        return Problem(fmt::format("'{}' is no time like -90, 30m, -5h or 31d", text));
    return std::chrono::seconds{*value * unit};
}

std::expected<FixedBytes<8>, std::string> parse_hwid(std::string_view text) {
    const auto bytes = from_hex(text);
    FixedBytes<8> hwid{};
    if (!bytes || bytes->size() != hwid.size()) return Problem(fmt::format("'{}' is not 16 hexadecimal digits", text));
    std::copy(bytes->begin(), bytes->end(), hwid.begin());
    return hwid;
}

std::expected<std::chrono::year_month_day, std::string> parse_date(std::string_view text) {
    const auto year = whole_number<int>(text.substr(0, 4));
    if (text.size() == 10 && text[4] == '-' && text[7] == '-' && year) {
        const auto month = whole_number<unsigned>(text.substr(5, 2));
        const auto day = whole_number<unsigned>(text.substr(8, 2));
        const std::chrono::year_month_day date{std::chrono::year{*year}, std::chrono::month{month.value_or(0)},
                                               std::chrono::day{day.value_or(0)}};
        if (date.ok() && *year >= 1) return date;
    }
    return Problem(fmt::format("'{}' is no day like 2025-01-15", text));
}

std::expected<session::InstalledKey, std::string> parse_host_key(std::string_view text) {
    const std::size_t colon = text.find(':');
    session::InstalledKey key{.host_key_id = std::string{text.substr(0, colon)}};
    if (colon == std::string_view::npos) return key;
    constexpr std::uint64_t nine_digits = 999'999'999;
    const auto number = cli::parse_number(text.substr(colon + 1), 0, nine_digits);
    if (!number) return Problem(number.error());
    key.key_number = static_cast<std::uint32_t>(*number);
    return key;
}

std::expected<std::vector<session::InstalledKey>, std::string> keys_for_product(std::string_view text) {
    if (text == "windows") return keys_of_group(false);
    if (text == "office") return keys_of_group(true);
    const auto id = Uuid::parse(text);
    if (!id) return Problem(fmt::format("'{}' is not windows, office or the id of a product", text));
    const kms::Product* product = kms::find_product(*id);
    const kms::KmsItem* item = kms::find_kms_item(product == nullptr ? *id : product->kms_id);
    if (item == nullptr) return Problem(fmt::format("no product has the id {}", text));
    for (const kms::HostKey* key : customer_keys()) {
        const std::string ids[] = {std::string{key->host_key_id}};
        if (session::find_activating_key(*item, ids) == 0)
            return std::vector{session::InstalledKey{.host_key_id = ids[0]}};
    }
    return Problem(fmt::format("no host key activates {}", item->name));
}

}  // namespace diag::refhost

#include "libdiag/proto/kms/epid.h"

#include <fmt/format.h>

#include "libdiag/proto/kms/catalogue.h"

namespace diag::kms {
namespace {

// Takes numbers and separators off the front of a text. After a failure everything fails.
class Scanner {
public:
    explicit Scanner(std::string_view text) : text_{text} {}

    // At most 9 digits, so that no number overflows.
    std::uint32_t number(std::size_t max_digits) {
        std::uint32_t value = 0;
        std::size_t digit_count = 0;
        while (digit_count < text_.size() && is_digit(text_[digit_count])) {
            value = value * 10 + static_cast<std::uint32_t>(text_[digit_count] - '0');
            ++digit_count;
        }
        failed_ = failed_ || digit_count == 0 || digit_count > max_digits;
        if (failed_) return 0;
        text_.remove_prefix(digit_count);
        return value;
    }

    void separator(char c) {
        failed_ = failed_ || !text_.starts_with(c);
        if (!failed_) text_.remove_prefix(1);
    }

    static bool is_digit(char c) { return c >= '0' && c <= '9'; }

    bool is_done() const { return !failed_ && text_.empty(); }

private:
    std::string_view text_;
    bool failed_ = false;
};

void add_part(std::string_view key, std::string_view label, std::string value, std::string meaning, Node& node) {
    node.add({.key = std::string{key},
              .label = std::string{label},
              .value = std::move(value),
              .meaning = std::move(meaning)});
}

std::string_view channel_name(std::uint32_t channel) {
    switch (channel) {
        case 0:
        case 1: return "retail";
        case 2: return "OEM";
        case 3: return "volume";
        default: return {};
    }
}

}  // namespace

std::optional<Epid> parse_epid(std::string_view text) {
    constexpr std::size_t open_width = 9;
    Scanner in{text};
    Epid epid;
    const auto part = [&in](std::size_t max_digits, char separator) {
        const std::uint32_t value = in.number(max_digits);
        in.separator(separator);
        return value;
    };
    epid.platform_id = part(5, '-');
    epid.group_id = part(5, '-');
    epid.key_id_high = part(3, '-');
    epid.key_id_low = part(6, '-');
    epid.channel = part(2, '-');
    epid.lcid = part(open_width, '-');
    epid.build = part(open_width, '.');
    epid.revision = part(4, '-');
    const std::uint32_t day_and_year = in.number(7);
    epid.activation_day = day_and_year / 10'000;
    epid.activation_year = day_and_year % 10'000;
    if (!in.is_done()) return std::nullopt;
    return epid;
}

std::string_view host_os(const Epid& epid) {
    const HostBuild* build = find_host_build(epid.build);
    return build != nullptr ? build->name() : std::string_view{};
}

const HostKey* host_key(const Epid& epid) { return find_host_key(epid.group_id, epid.key_id()); }

std::optional<std::chrono::year_month_day> activation_date(const Epid& epid) {
    using namespace std::chrono;
    const year y{static_cast<int>(epid.activation_year)};
    if (epid.activation_day < 1 || epid.activation_day > (y.is_leap() ? 366U : 365U)) return std::nullopt;
    return year_month_day{sys_days{y / January / 1} + days{epid.activation_day - 1}};
}

std::string activation_date_text(const Epid& epid) {
    const auto date = activation_date(epid);
    if (!date) return {};
    return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date->year()), static_cast<unsigned>(date->month()),
                       static_cast<unsigned>(date->day()));
}

void describe_epid(Node& node) {
    const auto epid = parse_epid(node.value);
    if (!epid) {
        node.meaning = "not in the usual form";
        return;
    }
    const HostKey* key = host_key(*epid);
    add_part("platform_id", "Platform id", fmt::format("{:05}", epid->platform_id), {}, node);
    add_part("group_id", "Group id", fmt::format("{:05}", epid->group_id), {}, node);
    add_part("key_id", "Key id", fmt::format("{:03}-{:06}", epid->key_id_high, epid->key_id_low),
             key != nullptr ? fmt::format("host key {}", key->name) : std::string{}, node);
    add_part("channel", "License channel", fmt::format("{:02}", epid->channel),
             std::string{channel_name(epid->channel)}, node);
    add_part("lcid", "Language id", std::to_string(epid->lcid), {}, node);
    add_part("build", "Host build", fmt::format("{}.{:04}", epid->build, epid->revision),
             epid->is_lab() ? "reference host of this toolkit" : std::string{host_os(*epid)}, node);
    add_part("activation_day", "Host key activated",
             fmt::format("{:03}{:04}", epid->activation_day, epid->activation_year), activation_date_text(*epid), node);
}

}  // namespace diag::kms

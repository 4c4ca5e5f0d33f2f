#include "libdiag/slmgr/last_renewal.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>

namespace diag::slmgr {
namespace {

namespace chr = std::chrono;

constexpr std::int64_t validity_minutes = 180 * 24 * 60;
constexpr chr::hours east_most{14};  // local time minus UTC

// The numbers of a text, of at most four digits each; the first six.
struct Numbers {
    std::array<unsigned, 6> values{};
    std::size_t count = 0;
};

Numbers numbers_in(std::string_view text) {
    constexpr std::size_t max_digits = 4;
    Numbers numbers;
    std::size_t digits = 0;
    for (const char c : text) {
        const bool is_digit = c >= '0' && c <= '9';
        if (is_digit && digits == 0 && numbers.count++ == numbers.values.size()) break;
        if (is_digit && digits < max_digits) {
            unsigned& value = numbers.values[numbers.count - 1];
            value = value * 10 + static_cast<unsigned>(c - '0');
        }
        digits = is_digit ? digits + 1 : 0;
    }
    numbers.count = std::min(numbers.count, numbers.values.size());
    return numbers;
}

// Year first (Japan, ISO 8601), day first, or month first.
std::optional<chr::sys_days> earliest_date(const Numbers& n) {
    const auto& v = n.values;
    std::optional<chr::sys_days> earliest;
    const auto take = [&](unsigned year, unsigned month, unsigned day) {
        const chr::year_month_day date{chr::year{static_cast<int>(year)}, chr::month{month}, chr::day{day}};
        if (year < 2007 || !date.ok()) return;  // KMS is of Windows Vista
        if (!earliest || chr::sys_days{date} < *earliest) earliest = chr::sys_days{date};
    };
    take(v[0], v[1], v[2]);
    take(v[2], v[0], v[1]);
    take(v[2], v[1], v[0]);
    return earliest;
}

std::optional<Timestamp> earliest_time(std::string_view text) {
    const Numbers numbers = numbers_in(text);
    const auto& v = numbers.values;
    const auto date = earliest_date(numbers);
    if (numbers.count < 5 || !date || v[3] > 24 || v[4] > 59) return std::nullopt;
    // 12:15 AM stands for 0:15.
    const chr::hours hour = v[3] == 12 ? chr::hours{0} : chr::hours{v[3]};
    const chr::sys_seconds time = *date + hour + chr::minutes{v[4]} - east_most;
    return Timestamp{chr::duration_cast<chr::nanoseconds>(time.time_since_epoch()).count()};
}

}  // namespace

std::optional<Timestamp> last_renewal(const Dlv& dlv) {
    if (!dlv.license_status.is(LicenseStatus::licensed) || !dlv.trusted_time || !dlv.volume_expiration_minutes)
        return std::nullopt;
    const std::int64_t left = *dlv.volume_expiration_minutes;
    const auto now = earliest_time(*dlv.trusted_time);
    if (!now || left <= 0 || left > validity_minutes) return std::nullopt;
    return Timestamp{now->ns - (validity_minutes - left) * 60 * 1'000'000'000};
}

}  // namespace diag::slmgr

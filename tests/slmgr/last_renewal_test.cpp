#include "libdiag/slmgr/last_renewal.h"

#include <catch2/catch.hpp>

namespace diag::slmgr {
namespace {

constexpr std::int64_t days_176 =
    253'440;  // minutes, as slmgr.md has them in its example: four days of 180 have passed

Dlv licensed(std::string trusted_time, std::int64_t left = days_176) {
    Dlv dlv;
    dlv.license_status = LicenseStatus::licensed;
    dlv.trusted_time = std::move(trusted_time);
    dlv.volume_expiration_minutes = left;
    return dlv;
}

// Seconds since 1970 by `date -u -d ... +%s`.
constexpr std::int64_t nov_20_at_9_15 = 1'795'166'100;  // 2026-11-20 09:15
constexpr std::int64_t hour = 3600;

TEST_CASE("last renewal: the date formats of four countries are one time, in the zone that makes it earliest",
          "[slmgr]") {
    for (const char* text : {"11/24/2026 9:15:02 AM", "24.11.2026 09:15:02", "2026/11/24 9:15:02", "24/11/2026 09:15",
                             "2026-11-24 09:15:02"}) {
        CAPTURE(text);
        const auto since = last_renewal(licensed(text));
        REQUIRE(since);
        CHECK(since->ns == (nov_20_at_9_15 - 14 * hour) * 1'000'000'000);
    }
}

TEST_CASE("last renewal: where day and month may be swapped the earlier date counts", "[slmgr]") {
    const auto since = last_renewal(licensed("05/12/2026 09:15:02"));  // the fifth of December, or the twelfth of May
    const auto may = last_renewal(licensed("2026/05/12 09:15:02"));
    REQUIRE(since);
    CHECK(since == may);
}

TEST_CASE("last renewal: nothing without a licence, a time that can be read, or part of 180 days left", "[slmgr]") {
    for (const char* text : {"", "soon", "24.11.2026", "99/99/2026 09:15", "11/24/1999 9:15:02", "1 2 3 4 5 6 7 8 9"})
        CHECK_FALSE(last_renewal(licensed(text)));
    CHECK_FALSE(last_renewal(licensed("24.11.2026 09:15:02", 0)));
    CHECK_FALSE(last_renewal(licensed("24.11.2026 09:15:02", 259'201)));
    Dlv dlv = licensed("24.11.2026 09:15:02");
    dlv.license_status = LicenseStatus::notification;
    CHECK_FALSE(last_renewal(dlv));
    CHECK_FALSE(last_renewal(Dlv{}));
}

}  // namespace
}  // namespace diag::slmgr

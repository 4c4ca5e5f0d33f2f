#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/wire/field.h"

namespace diag::session {

/// Revision behind the build in every ePID of the reference host: its mark, which no setting removes.
inline constexpr unsigned lab_revision = 9999;

/// A host key of the catalogue that the host pretends to have: what it activates, and the numbers in the ePID.
struct InstalledKey {
    std::string host_key_id;                  ///< "ws2022"
    std::optional<std::uint32_t> key_number;  ///< nine digits of the ePID; without it the first of the key's last block
};

struct HostSettings {
    /// In order of preference where several activate a product. Without any the host activates nothing.
    std::vector<InstalledKey> keys = {{"ws2025"},     {"office2024"}, {"office2021"}, {"office2019"},
                                      {"office2016"}, {"office2013"}, {"office2010"}};
    unsigned build = 26100;  ///< of the host's Windows; decides about the platform id
    unsigned lcid = 1033;
    std::chrono::year_month_day activation_date{std::chrono::year{2025}, std::chrono::month{1}, std::chrono::day{15}};
    FixedBytes<8> hwid = {'K', 'M', 'S', '-', 'L', 'A', 'B', 0};
    std::chrono::minutes activation_interval{120};
    std::chrono::minutes renewal_interval{10'080};
    std::chrono::seconds clock_offset{0};               ///< the host's clock runs this much ahead of the true one
    std::chrono::minutes max_clock_difference{4 * 60};  ///< between client and host, either way (protocol.md 9)
    std::uint32_t start_count = 0;                      ///< made-up machines that each application begins with
};

/// Range of both intervals (slmgr /sai, /sri): 15 minutes to 30 days.
inline constexpr std::chrono::minutes min_interval{15};
inline constexpr std::chrono::minutes max_interval{30 * 24 * 60};

inline constexpr std::chrono::days max_clock_offset{36'500};

/// The ePID (protocol.md 5.4) with which the host answers for products of a key: "03612-04919-000-020000-03-1033-
/// 26100.9999-0152025". The error is one line for people.
std::expected<std::string, std::string> make_epid(const HostSettings& settings, const InstalledKey& key);

/// What is wrong with the settings, in one line for people; nullopt when nothing is.
std::optional<std::string> find_problem(const HostSettings& settings);

}  // namespace diag::session

#include "libdiag/session/host_settings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/session/counting.h"

namespace diag::session {
namespace {

const kms::HostKey* find_key(std::string_view host_key_id) {
    const auto all = kms::all_host_keys();
    const auto found = std::find_if(all.begin(), all.end(), [&](auto& key) { return key.host_key_id == host_key_id; });
    return found == all.end() ? nullptr : &*found;
}

bool owns(const kms::HostKey& key, std::uint32_t number) {
    const auto holds = [number](const kms::KeyBlock& block) { return block.contains(number); };
    return std::any_of(key.blocks.begin(), key.blocks.end(), holds) ||
           std::any_of(key.disputed.begin(), key.disputed.end(), holds);
}

int day_of_year(std::chrono::year_month_day date) {
    const auto new_year = std::chrono::sys_days{date.year() / std::chrono::January / 1};
    return static_cast<int>((std::chrono::sys_days{date} - new_year).count()) + 1;
}

bool is_interval(std::chrono::minutes interval) { return min_interval <= interval && interval <= max_interval; }

}  // namespace

std::expected<std::string, std::string> make_epid(const HostSettings& settings, const InstalledKey& installed) {
    const kms::HostKey* key = find_key(installed.host_key_id);
    if (key == nullptr || key->blocks.empty())
        return std::unexpected(fmt::format("unknown host key '{}'", installed.host_key_id));
    const kms::HostBuild* build = kms::find_host_build(settings.build);
    if (build == nullptr) return std::unexpected(fmt::format("unknown Windows build {}", settings.build));
    const std::uint32_t number = installed.key_number.value_or(key->blocks.back().first);
    if (!owns(*key, number))
        return std::unexpected(fmt::format("host key '{}' has no number {}", installed.host_key_id, number));
    if (!settings.activation_date.ok()) return std::unexpected(std::string{"the activation date is no day"});
    constexpr unsigned volume_channel = 3;
    return fmt::format("{:05}-{:05}-{:03}-{:06}-{:02}-{}-{}.{:04}-{:03}{:04}", build->platform_id, key->group_id,
                       number / 1'000'000, number % 1'000'000, volume_channel, settings.lcid, settings.build,
                       lab_revision, day_of_year(settings.activation_date), int{settings.activation_date.year()});
}

std::optional<std::string> find_problem(const HostSettings& settings) {
    for (const InstalledKey& key : settings.keys)
        if (const auto epid = make_epid(settings, key); !epid) return epid.error();
    if (settings.lcid == 0 || settings.lcid > 0xFFFF) return fmt::format("no LCID: {}", settings.lcid);
    if (!is_interval(settings.activation_interval) || !is_interval(settings.renewal_interval))
        return "an interval is at least 15 minutes and at most 30 days (43200 minutes)";
    if (std::chrono::abs(settings.clock_offset) > max_clock_offset) return "the clock is off by more than 100 years";
    if (settings.start_count > max_client_count)
        return fmt::format("a host counts at most {} clients", max_client_count);
    return std::nullopt;
}

}  // namespace diag::session

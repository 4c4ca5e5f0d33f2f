#include "libdiag/session/request_rules.h"

#include <algorithm>

#include "libdiag/proto/kms/error_codes.h"
#include "libdiag/session/kms_verdict.h"

namespace diag::session {
namespace {

constexpr std::uint32_t max_required_count = 1000;
constexpr std::uint64_t ticks_per_second = 10'000'000;

bool has_wrong_version(const kms::Request& request, const RequestRuling&) {
    const MinorMajor v = request.version;
    return !request.has_version() || v.minor != 0 || v.major < 4 || v.major > 6;
}

bool has_wrong_size(const kms::Request& request, const RequestRuling&) {
    return request.message_size != (request.version.major == 4 ? kms::v4_request_size : kms::v5_request_size);
}

// Versions 5 and 6 count as opened only when padding, size and inner version are right (codec.h).
bool is_unproven(const kms::Request& request, const RequestRuling&) {
    if (!request.base) return true;
    return request.version.major == 4 ? request.mac != kms::Mac::verified : request.body != kms::Body::opened;
}

bool asks_for_too_many(const kms::Request& request, const RequestRuling&) {
    return request.base->required_client_count > max_required_count;
}

bool is_off_in_time(const kms::Request& request, const RequestRuling& ruling) {
    const std::uint64_t a = request.base->client_time_filetime.ticks;
    const std::uint64_t b = ruling.host_time.ticks;
    const auto limit = static_cast<std::uint64_t>(std::chrono::seconds{ruling.max_clock_difference}.count());
    return (a > b ? a - b : b - a) > limit * ticks_per_second;
}

bool is_not_covered(const kms::Request& request, const RequestRuling& ruling) {
    const kms::KmsItem* item = kms::find_kms_item(request.base->kms_id);
    return item == nullptr || item->channel != "volume" || item->application_id != request.base->application_id ||
           find_activating_key(*item, ruling.host_key_ids) == ruling.host_key_ids.size();
}

struct Rule {
    bool (*fails)(const kms::Request& request, const RequestRuling& ruling);
    std::uint32_t hresult;
};

// Each may rely on those before it: from the fourth on there is a base request.
constexpr Rule rules[] = {
    {has_wrong_version, hresult::invalid_data},   {has_wrong_size, hresult::invalid_data},
    {is_unproven, hresult::invalid_data},         {asks_for_too_many, hresult::invalid_data},
    {is_off_in_time, hresult::invalid_timestamp}, {is_not_covered, hresult::product_not_covered},
};

}  // namespace

std::uint32_t check_request(const kms::Request& request, const RequestRuling& ruling) {
    for (const Rule& rule : rules)
        if (rule.fails(request, ruling)) return rule.hresult;
    return hresult::success;
}

std::size_t find_activating_key(const kms::KmsItem& item, std::span<const std::string> host_key_ids) {
    const auto able = kms::list_items(item.can_be_activated_by);
    const auto found = std::find_if(host_key_ids.begin(), host_key_ids.end(), [&](const std::string& id) {
        return std::find(able.begin(), able.end(), id) != able.end();
    });
    return static_cast<std::size_t>(found - host_key_ids.begin());
}

}  // namespace diag::session

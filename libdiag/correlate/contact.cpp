#include "libdiag/correlate/contact.h"

namespace diag::correlate {
namespace {

constexpr std::string_view result_names[] = {"granted", "count_low",  "accepted",  "refused", "rejected",
                                             "fault",   "unanswered", "not_found", "unknown"};
constexpr std::int64_t second_ns = 1'000'000'000;

}  // namespace

std::string_view name_of(Result result) { return result_names[static_cast<std::size_t>(result)]; }

std::string to_string(const ClientKey& key) {
    return key.is_machine_id() ? to_string(key.machine_id()) : to_string(key.address());
}

std::optional<std::int64_t> Contact::clock_difference_s() const {
    if (!has_request) return std::nullopt;
    return to_timestamp(client_time).ns / second_ns - time.ns / second_ns;
}

}  // namespace diag::correlate

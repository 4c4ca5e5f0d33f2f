#include "libdiag/session/counting.h"

#include <algorithm>

namespace diag::session {
namespace {

constexpr std::uint64_t ticks_per_second = 10'000'000;

Filetime oldest_remembered(Filetime now) {
    const auto memory = static_cast<std::uint64_t>(std::chrono::seconds{client_memory}.count()) * ticks_per_second;
    return {now.ticks > memory ? now.ticks - memory : 0};
}

void require(ClientList& list, const Uuid& application_id, std::uint32_t count) {
    if (count > list.largest_required_count(application_id)) list.set_largest_required_count(application_id, count);
}

// A machine id that nobody draws at random: version and variant are those of a random UUID, the rest counts.
Uuid made_up_machine(std::uint32_t number) {
    Uuid id = *Uuid::parse("00000000-0000-4000-8000-000000000000");
    id.wire[14] = static_cast<std::uint8_t>(number >> 8);
    id.wire[15] = static_cast<std::uint8_t>(number & 0xFF);
    return id;
}

}  // namespace

std::optional<std::uint32_t> count_client(ClientList& list, const Uuid& application_id, const Uuid& client_machine_id,
                                          std::uint32_t required_count, Filetime now) {
    list.drop_before(application_id, oldest_remembered(now));
    require(list, application_id, required_count);
    if (!list.contains(application_id, client_machine_id) && list.count(application_id) >= max_client_count)
        return std::nullopt;
    list.put(application_id, client_machine_id, now);
    const std::size_t room = std::size_t{2} * list.largest_required_count(application_id);
    list.drop_oldest(application_id, std::max<std::size_t>(room, 1));
    return static_cast<std::uint32_t>(list.count(application_id));
}

void count_in_advance(ClientList& list, const Uuid& application_id, std::uint32_t count, Filetime now) {
    const auto wanted = static_cast<std::uint32_t>(std::min<std::size_t>(count, max_client_count));
    list.drop_before(application_id, oldest_remembered(now));
    require(list, application_id, (wanted + 1) / 2);
    for (std::uint32_t number = 1; list.count(application_id) < wanted && number <= wanted; ++number)
        list.put(application_id, made_up_machine(number), now);
}

}  // namespace diag::session

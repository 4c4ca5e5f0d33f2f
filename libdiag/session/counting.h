#pragma once

#include <chrono>
#include <optional>

#include "libdiag/session/client_list.h"

namespace diag::session {

/// How long a host remembers a machine that it does not hear from (Microsoft's planning page).
inline constexpr std::chrono::days client_memory{30};

/// A list that would grow beyond this refuses new machines with 0xC004D104 (protocol.md 5.6, 9).
inline constexpr std::size_t max_client_count = 671;

/// Enters a machine and gives the count for the answer, this machine included (protocol.md 5.6): machines of the last 30 days
/// for the application, in a list of twice the largest count that was ever required of it; in a full list the machine with
/// the oldest contact gives way. For real products that is at most 50, or 10 where only servers or Office ask.
/// nullopt: the list has reached max_client_count and does not know this machine.
std::optional<std::uint32_t> count_client(ClientList& list, const Uuid& application_id, const Uuid& client_machine_id,
                                          std::uint32_t required_count, Filetime now);

/// Enters made-up machines until the application has `count` of them (at most max_client_count): for a host that shall not
/// begin at zero. The list then has room for them.
void count_in_advance(ClientList& list, const Uuid& application_id, std::uint32_t count, Filetime now);

}  // namespace diag::session

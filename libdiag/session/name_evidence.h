#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/session/actions.h"

// What DNS (or the hosts file) said: facts for others to judge.

namespace diag::session {

enum class NameEnd : std::uint8_t {
    pending,
    found,
    not_found,       ///< NXDOMAIN
    no_data,         ///< the name exists, without a record of the type that was asked for
    server_failure,  ///< SERVFAIL, or an answer that makes no sense
    refused,
    no_answer,  ///< no server answered within the timeout
    no_server,  ///< no server is configured, or none can be reached
    bad_name,   ///< no DNS name
};

/// "found", "not_found" ...: for JSON.
std::string_view name_of(NameEnd end);
/// The same for people: "does not exist (NXDOMAIN)".
std::string_view describe(NameEnd end);

/// The addresses of a host.
struct NameEvidence {
    std::string name;
    NameEnd end = NameEnd::pending;
    std::vector<IpAddress> addresses;              ///< in the order of RFC 6724, in which a client would try them
    std::optional<IpAddress::Family> wanted = {};  ///< the one kind that was asked for; both, if none
    TimePoint began;
    TimePoint ended;

    std::chrono::nanoseconds duration() const { return ended - began; }
};

/// One SRV record (RFC 2782).
struct ServiceRecord {
    std::uint16_t priority = 0;
    std::uint16_t weight = 0;
    std::uint16_t port = 0;
    std::string target;  ///< without a final dot; "." for "no such service". Text of a peer: escape it
    std::uint32_t ttl = 0;
};

}  // namespace diag::session

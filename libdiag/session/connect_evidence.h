#pragma once

#include <string_view>

#include "libdiag/base/ip_address.h"
#include "libdiag/session/actions.h"

namespace diag::session {

/// How an attempt to open a TCP connection ended, as far as the system tells a program. A RST and an ICMP "port
/// unreachable" are the same to it; only a capture tells them apart.
enum class ConnectEnd : std::uint8_t {
    pending,
    connected,
    refused,      ///< answered by RST or ICMP port unreachable
    no_answer,    ///< nothing came within the timeout
    unreachable,  ///< ICMP host or network unreachable, or filtered; or no route on this machine
    prohibited,   ///< a rule of this machine forbids it
    exhausted,    ///< this machine has no port or descriptor left: says nothing about the host
    failed,       ///< anything else: `system_error`
};

/// "connected", "refused", "no_answer" ...: for JSON.
std::string_view name_of(ConnectEnd end);

/// One attempt to connect to one address.
struct ConnectEvidence {
    Endpoint target;
    Endpoint local;  ///< what the system chose; only when connected
    ConnectEnd end = ConnectEnd::pending;
    int system_error = 0;  ///< errno of the attempt; 0 when connected or timed out by ourselves
    TimePoint began;
    TimePoint ended;
};

}  // namespace diag::session

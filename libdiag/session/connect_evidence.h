#pragma once

#include <optional>
#include <string_view>

#include "libdiag/base/ip_address.h"
#include "libdiag/session/actions.h"

namespace diag::session {

/// How an attempt to open a TCP connection ended, as far as the system tells a program. `ConnectEvidence::icmp` tells a RST
/// from an ICMP "port unreachable", which have the same error number.
enum class ConnectEnd : std::uint8_t {
    pending,
    connected,
    reset,        ///< connected, and reset by the other side before we could send anything
    refused,      ///< answered by RST or ICMP port unreachable
    no_answer,    ///< nothing came within the timeout
    unreachable,  ///< ICMP host or network unreachable, or filtered; or no route on this machine
    prohibited,   ///< a rule of this machine forbids it
    exhausted,    ///< this machine has no port or descriptor left: says nothing about the host
    failed,       ///< anything else: `system_error`
};

/// "connected", "refused", "no_answer" ...: for JSON.
std::string_view name_of(ConnectEnd end);

/// An ICMP error that ended an attempt.
struct IcmpReport {
    IpAddress sender;  ///< of this machine itself: its system gave up, because nobody answered on the link (ARP, ND)
    std::uint8_t type = 0;
    std::uint8_t code = 0;
};

/// What the system knows of the way to a host once it is connected; 0 where it does not say.
struct PathFacts {
    std::uint32_t mtu_size = 0;          ///< bytes of an IP packet
    std::uint32_t max_segment_size = 0;  ///< bytes of TCP payload that we may send in one packet
};

/// One attempt to connect to one address.
struct ConnectEvidence {
    Endpoint target;
    Endpoint local;  ///< what the system chose, as far as it got
    ConnectEnd end = ConnectEnd::pending;
    int system_error = 0;  ///< errno of the attempt; 0 when connected or timed out by ourselves
    TimePoint began;
    TimePoint ended;
    Timestamp began_at;           ///< `began` on the clock that people read
    std::uint32_t syn_count = 1;  ///< how often the system asked
    std::optional<IcmpReport> icmp;
    PathFacts path;
};

}  // namespace diag::session

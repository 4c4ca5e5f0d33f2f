#pragma once

#include "libdiag/session/connect_evidence.h"

// What Linux tells about a TCP socket beyond the error number of connect() (ip(7), ipv6(7), tcp(7)). The descriptor is that
// of a socket whose family is `family`.

namespace diag::net {

/// Whether the system has a route to this address, and an address of its own to send from. Sends nothing.
bool has_source_address(const Endpoint& target);

/// Asks the system to keep ICMP errors that end an attempt to connect, or to stop it: on a connection that stands they are
/// only hints, and would end it.
void keep_icmp_errors(int fd, IpAddress::Family family, bool keep);

/// The ICMP error that ended the attempt; nullopt when it was none, or the system keeps none of TCP (Linux before 5.8).
std::optional<session::IcmpReport> take_icmp_error(int fd);

/// How often the SYN of an attempt was sent so far.
std::uint32_t read_syn_count(int fd);

/// Of a connected socket.
session::PathFacts read_path(int fd, IpAddress::Family family);

}  // namespace diag::net

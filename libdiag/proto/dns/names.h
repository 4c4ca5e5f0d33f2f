#pragma once

#include <string>

#include "libdiag/proto/dns/message.h"

namespace diag::dns {

/// "SRV"; "TYPE65280" for types without a name here (RFC 3597 5).
std::string type_name(std::uint16_t record_type);

/// "IN"; "CLASS4096" likewise.
std::string class_name(std::uint16_t record_class);

/// "NXDOMAIN"; "RCODE27" for others.
std::string rcode_name(std::uint16_t rcode);

/// "QUERY"; "OPCODE7" for others.
std::string opcode_name(std::uint8_t opcode);

extern const std::span<const Name> flag_names;

}  // namespace diag::dns

#include "libdiag/wire/node.h"

#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/base/ip_address.h"
#include "libdiag/base/utf.h"

namespace diag::detail {
namespace {

std::string names_of_bits(std::uint64_t value, std::span<const Name> names) {
    std::string text;
    for (const Name& n : names) {
        if ((value & n.value) == 0) continue;
        if (!text.empty()) text += ", ";
        text += n.name;
    }
    return text;
}

std::string address_text(Bytes bytes) {
    if (bytes.size() == 4) return to_string(IpAddress::v4(bytes));
    if (bytes.size() == 16) return to_string(IpAddress::v6(bytes));
    return fmt::format("{:02x}", fmt::join(bytes, ":"));
}

}  // namespace

Shown show_number(std::uint64_t value, std::size_t width, Show show, std::span<const Name> names) {
    const auto hex = [&] { return fmt::format("0x{:0{}x}", value, width * 2); };
    switch (show) {
        case Show::flags: return {hex(), names_of_bits(value, names)};
        case Show::hex: return {hex(), std::string{name_of(names, value)}};
        case Show::code: return {format_code(static_cast<std::uint32_t>(value)), std::string{name_of(names, value)}};
        case Show::boolean: return {value != 0 ? "true" : "false", value > 1 ? fmt::format("{}", value) : ""};
        default: return {std::to_string(value), std::string{name_of(names, value)}};
    }
}

Shown show_bytes(Bytes bytes, Show show) {
    switch (show) {
        case Show::text: return {utf8_from_utf16le(bytes), {}};
        case Show::upper_bytes: return {to_upper_hex(bytes), {}};
        case Show::address: return {address_text(bytes), {}};
        default: return {to_hex(bytes), {}};
    }
}

Shown show_filetime(Filetime time) { return {std::to_string(time.ticks), format_rfc3339(time)}; }

}  // namespace diag::detail

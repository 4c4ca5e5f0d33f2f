#include "libdiag/redact/checksum_mending.h"

#include <algorithm>

#include "libdiag/proto/ip/checksum.h"
#include "libdiag/proto/ip/ip.h"
#include "libdiag/wire/load.h"

namespace diag::redact {
namespace {

void add_inverse(ip::Checksum& sum, Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); i += 2) {
        const unsigned low = i + 1 < bytes.size() ? bytes[i + 1] : 0U;
        sum.add(static_cast<std::uint16_t>(~(static_cast<unsigned>(bytes[i]) << 8U | low)));
    }
}

void put(std::span<std::uint8_t> out, std::size_t offset, std::uint16_t value) {
    out[offset] = static_cast<std::uint8_t>(value >> 8U);
    out[offset + 1] = static_cast<std::uint8_t>(value);
}

/// RFC 1624 3, eqn. 3. The field of the new bytes is 0.
std::uint16_t adjusted(const Covered& covered, std::uint16_t old_value, const PseudoHeader* pseudo_header) {
    ip::Checksum sum;
    sum.add(static_cast<std::uint16_t>(~static_cast<unsigned>(old_value)));
    add_inverse(sum, covered.before);
    sum.add(old_value);  // the field itself is among the bytes before, and is none of those that count
    sum.add(covered.after);
    if (pseudo_header != nullptr) {
        add_inverse(sum, pseudo_header->old_source.bytes());
        add_inverse(sum, pseudo_header->old_destination.bytes());
        sum.add(pseudo_header->source.bytes());
        sum.add(pseudo_header->destination.bytes());
    }
    return sum.value();
}

std::uint16_t computed(const Covered& covered, const PseudoHeader* pseudo_header) {
    const Bytes message = covered.after.first(covered.size);
    if (pseudo_header != nullptr)
        return ip::transport_checksum(pseudo_header->source, pseudo_header->destination, pseudo_header->protocol,
                                      message);
    ip::Checksum sum;
    sum.add(message);
    return sum.value();
}

}  // namespace

void mend_checksum(const Covered& covered, const PseudoHeader* pseudo_header) {
    const std::size_t at = covered.checksum_offset;
    if (covered.before.size() < at + 2) return;
    const auto old_value = load_be<std::uint16_t>(covered.before, at);
    const bool is_udp = pseudo_header != nullptr && pseudo_header->protocol == ip::protocol::udp;
    put(covered.after, at, 0);
    if (is_udp && old_value == 0) return;  // "none"
    const bool is_whole = covered.size <= covered.after.size();
    const std::uint16_t value =
        is_whole ? computed(covered, pseudo_header) : adjusted(covered, old_value, pseudo_header);
    put(covered.after, at, value == 0 && is_udp ? 0xffff : value);
}

}  // namespace diag::redact

#include "libdiag/proto/ip/checksum.h"

namespace diag::ip {

void Checksum::add(Bytes bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const std::uint64_t byte = bytes[i];
        sum_ += i % 2 == 0 ? byte << 8U : byte;
    }
}

std::uint16_t Checksum::value() const {
    std::uint64_t folded = sum_;
    while (folded > 0xffff) folded = (folded & 0xffff) + (folded >> 16U);
    return static_cast<std::uint16_t>(~folded & 0xffff);
}

std::uint16_t transport_checksum(const IpAddress& source, const IpAddress& destination, std::uint8_t protocol,
                                 Bytes message) {
    Checksum sum;
    sum.add(source.bytes());
    sum.add(destination.bytes());
    sum.add(protocol);
    sum.add(static_cast<std::uint16_t>(message.size() >> 16U));
    sum.add(static_cast<std::uint16_t>(message.size() & 0xffffU));
    sum.add(message);
    const std::uint16_t value = sum.value();
    // In UDP 0 means "none"; its other form, 0xffff, is as good everywhere.
    return value == 0 && protocol == 17 ? 0xffff : value;
}

}  // namespace diag::ip

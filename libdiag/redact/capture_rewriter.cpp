#include "libdiag/redact/capture_rewriter.h"

#include "libdiag/proto/ip/headers.h"
#include "libdiag/wire/writer.h"

namespace diag::redact {
namespace {

/// A packet that was never fragmented: its headers before the payload, and the link type that they need.
struct WholePacket {
    LinkType link_type{};
    std::size_t header_size = 0;
    ByteVector bytes;
};

std::optional<WholePacket> as_whole(const ip::IpPacket& fragment, Bytes payload, std::size_t size) {
    constexpr std::size_t max_size = 65535;
    Writer out{std::endian::big};
    WholePacket whole;
    if (fragment.source.family == IpAddress::Family::v4) {
        ip::Ipv4Header header{.protocol = fragment.protocol};
        if (size + size_of<ip::Ipv4Header>(ip::ipv4_fields) > max_size) return std::nullopt;
        header.total_length = static_cast<std::uint16_t>(size + size_of<ip::Ipv4Header>(ip::ipv4_fields));
        std::ranges::copy(fragment.source.bytes(), header.source.begin());
        std::ranges::copy(fragment.destination.bytes(), header.destination.begin());
        encode_fields(out, ip::ipv4_fields, header);
        whole.link_type = LinkType::raw_ipv4;
    } else {
        ip::Ipv6Header header{.next_header = fragment.protocol};
        if (size > max_size) return std::nullopt;
        header.payload_length = static_cast<std::uint16_t>(size);
        std::ranges::copy(fragment.source.bytes(), header.source.begin());
        std::ranges::copy(fragment.destination.bytes(), header.destination.begin());
        encode_fields(out, ip::ipv6_fields, header);
        whole.link_type = LinkType::raw_ipv6;
    }
    whole.header_size = out.size();
    out.bytes(payload);
    whole.bytes = out.take();
    return whole;
}

}  // namespace

CaptureRewriter::CaptureRewriter(const Collector& collector, const Pseudonyms& pseudonyms, EditShelf& edits)
    : collector_{collector},
      edits_{edits},
      packets_{pseudonyms, [this](const SegmentPlace& place, Bytes payload, std::span<std::uint8_t> out) {
                   const StreamEdits* known = edits_.of(serial_);
                   return known == nullptr || apply(*known, place, payload, out);
               }} {}

void CaptureRewriter::read_fragment(std::uint64_t owner, const PacketView& packet) {
    if ((owner & Collector::fragment_flag) == 0) return;
    const auto fragment = ip::decode_packet(packet);
    if (!fragment || !fragment->fragment.is_fragment) return;
    if (const auto whole = fragments_.add(*fragment, packet.number, packet.time))
        rewrite_datagram(*fragment, *whole, collector_.connection_of(packet.number));
}

void CaptureRewriter::rewrite_datagram(const ip::IpPacket& fragment, const ip::Reassembled& whole,
                                       std::uint64_t serial) {
    if (whole.packet.fragment.is_fragment || datagrams_size_ + whole.bytes.size() > max_datagrams_size) return;
    const std::size_t size = whole.packet.payload_offset + whole.packet.payload_size;
    const auto packet = as_whole(fragment, whole.bytes, size);
    if (!packet) return;
    serial_ = serial;
    auto made = packets_.rewrite({.link_type = packet->link_type,
                                  .original_size = static_cast<std::uint32_t>(packet->header_size + size),
                                  .data = packet->bytes});
    if (!made) return;
    made->erase(made->begin(), made->begin() + static_cast<std::ptrdiff_t>(packet->header_size));
    const auto datagram = std::make_shared<const ByteVector>(std::move(*made));
    datagrams_size_ += datagram->size();
    for (const std::uint64_t number : whole.packets) datagrams_[number] = datagram;
}

std::optional<ByteVector> CaptureRewriter::rewritten(std::uint64_t owner, const PacketView& packet) {
    if (owner == Collector::empty) return ByteVector{};
    if ((owner & Collector::fragment_flag) != 0) {
        const auto datagram = datagrams_.find(packet.number);
        if (datagram == datagrams_.end()) return std::nullopt;
        return packets_.rewrite_fragment(packet, *datagram->second);
    }
    serial_ = owner;
    return packets_.rewrite(packet);
}

void CaptureRewriter::rewrite(std::uint64_t owner, const PacketView& packet,
                              const std::function<void(const PacketView&)>& take) {
    const auto bytes = rewritten(owner, packet);
    if (!bytes) {
        ++dropped_count_;
        return;
    }
    PacketView redacted = packet;
    redacted.data = *bytes;
    take(redacted);
}

}  // namespace diag::redact

#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "libdiag/proto/ip/fragments.h"
#include "libdiag/redact/collector.h"

namespace diag::redact {

/// The second of two passes: the packets that a Collector set aside and that have an owner, in the order of the capture, come out
/// with pseudonyms. Fragments are read beforehand, all of them, so that whole datagrams can be rewritten.
///
///     CaptureRewriter rewriter{collector, pseudonyms, edits};
///     if (collector.has_fragments()) for (each packet) rewriter.read_fragment(owner, packet);
///     for (each packet) rewriter.rewrite(owner, packet, [](const PacketView& redacted) { ... });
class CaptureRewriter {
public:
    static constexpr std::size_t max_datagrams_size = std::size_t{32} << 20;  ///< bytes of those that were put together

    CaptureRewriter(const Collector& collector, const Pseudonyms& pseudonyms, EditShelf& edits);

    void read_fragment(std::uint64_t owner, const PacketView& packet);

    /// Nothing comes of what is not read with certainty.
    void rewrite(std::uint64_t owner, const PacketView& packet, const std::function<void(const PacketView&)>& take);

    std::uint64_t dropped_count() const { return dropped_count_; }

private:
    using Datagram = std::shared_ptr<const ByteVector>;

    void rewrite_datagram(const ip::IpPacket& fragment, const ip::Reassembled& whole, std::uint64_t serial);
    std::optional<ByteVector> rewritten(std::uint64_t owner, const PacketView& packet);

    const Collector& collector_;
    EditShelf& edits_;
    PacketRewriter packets_;
    std::uint64_t serial_ = 0;  ///< the connection of the packet at hand
    ip::FragmentTable fragments_;
    std::unordered_map<std::uint64_t, Datagram> datagrams_;  ///< rewritten payload, by fragment
    std::size_t datagrams_size_ = 0;
    std::uint64_t dropped_count_ = 0;
};

}  // namespace diag::redact

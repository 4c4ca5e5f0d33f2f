#pragma once

#include <map>
#include <unordered_map>
#include <unordered_set>

#include "libdiag/dissect/tracker.h"
#include "libdiag/redact/stream_edits.h"

namespace diag::redact {

/// Where packets wait until all is known of their connections.
class PacketShelf {
public:
    virtual ~PacketShelf() = default;
    virtual void put(std::uint64_t owner, const PacketView& packet) = 0;
};

/// Where the edits of connections wait.
class EditShelf {
public:
    virtual ~EditShelf() = default;
    /// More of the connection `serial`.
    virtual void put(std::uint64_t serial, const StreamEdits& edits) = 0;
    /// All of it, sorted; nullptr when there is nothing. Valid until the next call.
    virtual const StreamEdits* of(std::uint64_t serial) = 0;
};

/// Reads a capture and sets aside what a redacted one may hold: the packets of KMS conversations, of the searches in DNS and of
/// scans, and the edits of their bytes. The first of two passes; CaptureRewriter is the other.
///
///     Collector collector{options, codec, pseudonyms, packets, edits};
///     while (source.next(packet)) collector.on_packet(packet);
///     collector.finish();
///
/// Owners of packets are serials of connections, a flag and the packet's own number, or what all packets of a kind share.
class Collector : private dissect::Sink {
public:
    static constexpr std::uint64_t fragment_flag = std::uint64_t{1} << 62;
    static constexpr std::uint64_t empty = std::uint64_t{1} << 61;     ///< nothing is left of these but time and size
    static constexpr std::uint64_t datagram = std::uint64_t{1} << 60;  ///< DNS over UDP, and ICMP about it
    static constexpr std::size_t max_fragments = 65'536;               ///< whose connection is remembered
    static constexpr std::size_t max_empty_attempts = 1U << 18U;       ///< that may be part of scans

    Collector(dissect::TrackerOptions options, kms::Codec& codec, const Pseudonyms& pseudonyms, PacketShelf& packets,
              EditShelf& edits);

    void on_packet(const PacketView& packet);
    void finish();

    /// Whose packets belong into the redacted capture.
    const std::unordered_set<std::uint64_t>& owners() const { return owners_; }
    /// The connection of a fragment; 0 when it has none.
    std::uint64_t connection_of(std::uint64_t fragment_number) const;
    bool has_fragments() const { return !fragments_.empty(); }

private:
    void on_conversation(const dissect::Conversation& conversation) override;
    void on_dns(const dissect::DnsSearch& search) override;
    void on_packet(std::uint64_t serial, const PacketView& packet) override;
    void on_fragment(const PacketView& packet) override;
    void on_fragments_of(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) override;
    void on_dns_frame(const dissect::DnsFrame& frame) override;
    void on_empty_attempt(std::uint64_t serial, const IpAddress& client) override;
    void put(std::uint64_t owner, const PacketView& packet);
    void put_empty(const PacketView& packet);
    void take_fragments();

    kms::Codec& codec_;
    const Pseudonyms& pseudonyms_;
    PacketShelf& packets_;
    EditShelf& edits_;
    dissect::Tracker tracker_;
    std::unordered_set<std::uint64_t> owners_;
    std::unordered_map<std::uint64_t, std::uint64_t> fragments_;  ///< connection by packet number
    std::multimap<IpAddress, std::uint64_t> empty_attempts_;      ///< serials by client
    PacketView last_;                                             ///< without its bytes
    std::uint64_t last_owner_ = 0;                                ///< 0: it was not set aside
};

}  // namespace diag::redact

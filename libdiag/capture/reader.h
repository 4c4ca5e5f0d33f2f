#pragma once

#include <expected>
#include <optional>
#include <string>

#include "libdiag/capture/byte_source.h"
#include "libdiag/capture/packet_source.h"
#include "libdiag/capture/pcap_format.h"
#include "libdiag/capture/pcapng_parser.h"

namespace diag::capture {

/// Reads the packets of a capture file: pcap and pcapng, plain, gzip or zstd.
///
///     auto reader = CaptureReader::open(path);          // "-" is standard input
///     if (!reader) return reader.error().message;       // one line
///     for (PacketView packet; reader->next(packet);) use(packet);
///     if (reader->damage()) ...                         // the file is cut or broken after these packets
///
/// A damaged file gives every packet before the damage; there is no attempt to find the next good record behind it, for
/// what looks like a record may be the contents of a packet. Memory does not depend on the size of the file
/// (ByteSource).
class CaptureReader final : public PacketSource {
public:
    static std::expected<CaptureReader, CaptureError> open(const std::string& path);

    /// The same over bytes that the caller keeps as long as the reader and its packets live.
    static std::expected<CaptureReader, CaptureError> from_memory(Bytes bytes);

    bool next(PacketView& packet) override;
    const std::optional<Damage>& damage() const override { return damage_; }

    std::uint64_t packet_count() const { return packet_count_; }                      ///< given so far
    std::uint64_t bytes_read() const { return source_.bytes_read(); }                 ///< of the file, compressed
    std::optional<std::uint64_t> total_size() const { return source_.total_size(); }  ///< of the file; not of a pipe
    std::string format() const;                                                       ///< "pcapng", "pcap, gzip"

private:
    explicit CaptureReader(ByteSource source) : source_{std::move(source)} {}
    static std::expected<CaptureReader, CaptureError> start(ByteSource source, const std::string& name);
    bool next_slow(PacketView& packet);
    void take(const PcapRecord& record, PacketView& packet);

    // With this as the size of its record headers pcapng never takes the fast path of next().
    static constexpr std::size_t no_fast_path = static_cast<std::size_t>(-1);

    ByteSource source_;
    PcapHeader header_;
    std::size_t record_header_size_ = no_fast_path;
    std::uint32_t captured_size_limit_ = 0;
    std::uint8_t fraction_digits_ = 6;
    bool is_pcapng_ = false;
    std::uint64_t packet_count_ = 0;
    PcapngParser pcapng_;
    std::optional<Damage> damage_;
};

/// Hot path: a classic record that lies whole in the buffer, which is nearly every one, costs one look at its header.
/// It is the one place besides load_pcap_record() that works on pointers; both lengths are checked before they are
/// used.
inline bool CaptureReader::next(PacketView& packet) {
    const std::size_t at_hand = source_.size();
    if (at_hand < record_header_size_) return next_slow(packet);
    const PcapRecord record = load_pcap_record(source_.data(), header_.swapped);
    if (record.captured_size > captured_size_limit_ || record.captured_size > at_hand - record_header_size_)
        return next_slow(packet);
    take(record, packet);
    return true;
}

/// The record is whole at the front of the source and its size is within the limit.
inline void CaptureReader::take(const PcapRecord& record, PacketView& packet) {
    constexpr std::int64_t ns_per_second = 1'000'000'000;
    packet.number = ++packet_count_;
    packet.time.ns = record.seconds * ns_per_second + static_cast<std::int64_t>(record.fraction) * header_.fraction_ns;
    packet.fraction_digits = fraction_digits_;
    packet.link_type = header_.link_type;
    // No packet is shorter on the wire than what was captured of it; some writers put 0.
    packet.original_size = record.original_size < record.captured_size ? record.captured_size : record.original_size;
    packet.data = Bytes{source_.data() + record_header_size_, record.captured_size};
    source_.skip(record_header_size_ + record.captured_size);
}

}  // namespace diag::capture

#pragma once

#include <bit>
#include <cstdint>
#include <string>
#include <vector>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/packet_source.h"
#include "libdiag/wire/writer.h"

namespace diag::test {

/// A pcap file written field by field, with every byte order and magic.
class PcapBytes {
public:
    explicit PcapBytes(std::endian order = std::endian::little, std::uint32_t magic = 0xA1B2C3D4,
                       std::uint32_t link_type = 1);
    /// `captured_size` and `original_size` stand in the record; `data` follows it, whatever they say.
    PcapBytes& raw_record(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t captured_size,
                          std::uint32_t original_size, Bytes data);
    PcapBytes& record(std::uint32_t seconds, std::uint32_t fraction, Bytes data);
    /// The offset behind the file header and behind each record.
    const std::vector<std::size_t>& ends() const { return ends_; }
    Bytes bytes() const { return out_.view(); }

private:
    Writer out_;
    bool has_long_records_;
    std::vector<std::size_t> ends_;
};

/// A pcapng file written block by block.
class PcapngBytes {
public:
    PcapngBytes& section(std::endian order = std::endian::little, std::int64_t section_size = -1);
    PcapngBytes& interface(std::uint16_t link_type, std::uint32_t snap_size = 0, Bytes options = {});
    PcapngBytes& enhanced(std::uint32_t interface, std::uint64_t ticks, Bytes data, std::uint32_t original_size = 0);
    PcapngBytes& obsolete(std::uint16_t interface, std::uint64_t ticks, Bytes data);
    PcapngBytes& simple(std::uint32_t original_size, Bytes data);
    PcapngBytes& block(std::uint32_t type, Bytes body);  ///< padded to 4
    /// A block whose two lengths are as given, whatever stands between them.
    PcapngBytes& lying_block(std::uint32_t type, std::uint32_t size, Bytes body, std::uint32_t size_again);

    /// An interface option, padded; of the byte order of the section that is open.
    ByteVector option(std::uint16_t code, Bytes value) const;
    ByteVector number64(std::uint64_t value) const;

    const std::vector<std::size_t>& ends() const { return ends_; }                ///< behind each block
    const std::vector<std::size_t>& packet_ends() const { return packet_ends_; }  ///< behind each packet block
    Bytes bytes() const { return out_; }

private:
    PcapngBytes& packet_block(std::uint32_t type, const Writer& body);

    std::endian order_ = std::endian::little;
    ByteVector out_;
    std::vector<std::size_t> ends_, packet_ends_;
};

/// A packet that owns its bytes.
struct Packet {
    std::uint64_t number = 0;
    std::int64_t time_ns = 0;
    unsigned fraction_digits = 0;
    std::uint32_t link_type = 0;
    std::uint32_t original_size = 0;
    ByteVector data;
    friend bool operator==(const Packet&, const Packet&) = default;
};

Packet own(const PacketView& packet);

/// All packets of a source, and the damage behind them.
struct Contents {
    std::vector<Packet> packets;
    std::optional<capture::Damage> damage;
};
Contents read_all(capture::PacketSource& source);
/// The same of a capture in memory; a failing test if it cannot be opened.
Contents read_all(Bytes capture);
Contents read_file(const std::string& path);

/// `size` bytes that differ from place to place.
ByteVector pattern(std::size_t size, unsigned seed = 0);

ByteVector gzip_of(Bytes bytes);
ByteVector zstd_of(Bytes bytes);  ///< with a checksum

}  // namespace diag::test

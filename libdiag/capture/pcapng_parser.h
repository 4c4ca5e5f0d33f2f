#pragma once

#include <bit>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/byte_source.h"
#include "libdiag/capture/error.h"
#include "libdiag/wire/reader.h"

namespace diag::capture {

inline constexpr std::uint32_t pcapng_section_block = 0x0A0D0D0A;  // the same in both byte orders

/// More than any block has reason to hold; a longer one is taken for damage.
inline constexpr std::uint32_t pcapng_block_size_limit = std::uint32_t{16} << 20;
/// Of one section. A merge of many files may have thousands.
inline constexpr std::size_t pcapng_interface_count_limit = 65536;

/// Whether bytes begin like a pcapng file; a file cut before its byte-order magic gets the benefit of the doubt.
bool looks_like_pcapng(Bytes bytes);

/// Reads the blocks of a pcapng file (draft-ietf-opsawg-pcapng) and gives its packets: enhanced, simple and obsolete
/// packet blocks. Sections may differ in byte order, interfaces in link type and time resolution; all other blocks are
/// skipped.
class PcapngParser {
public:
    /// The next packet, all but its number; it lies in the source's buffer. False at the end or at damage.
    bool next(ByteSource& source, PacketView& packet);

    const std::optional<Damage>& damage() const { return damage_; }

private:
    struct Interface {
        LinkType link_type = LinkType::ethernet;
        std::uint32_t snap_size = 0;      ///< bytes; 0: unlimited
        std::int64_t offset_seconds = 0;  ///< if_tsoffset
        std::uint8_t resolution = 6;      ///< if_tsresol as it stands in the file: 10^-n, or 2^-n with the top bit
        std::uint8_t fraction_digits = 6;
    };

    bool begin_section(ByteSource& source);
    bool read_block(ByteSource& source, std::uint32_t type, std::uint32_t total_size, PacketView& packet);
    bool skip_block(ByteSource& source, std::uint32_t total_size);
    void read_interface(Reader& r);
    void read_interface_options(Reader& r, Interface& interface);
    void read_enhanced_packet(Reader& r, PacketView& packet);
    void read_simple_packet(Reader& r, PacketView& packet);
    void read_obsolete_packet(Reader& r, PacketView& packet);
    void read_timed_packet(Reader& r, const Interface* interface, PacketView& packet);
    void read_packet_data(Reader& r, const Interface& interface, std::uint32_t captured_size, PacketView& packet);
    const Interface* find_interface(std::size_t index);
    bool fail(std::uint64_t offset, std::string what);
    static Timestamp time_of(const Interface& interface, std::uint64_t ticks);

    std::endian order_ = std::endian::little;
    bool in_section_ = false;
    std::optional<std::uint64_t> section_end_;  // offset in the file; unset where the section does not say
    std::vector<Interface> interfaces_;
    std::string problem_;  // with the block being read; empty while there is none
    std::optional<Damage> damage_;
};

}  // namespace diag::capture

#include "libdiag/capture/pcap_format.h"

#include <fmt/format.h>

#include "libdiag/wire/reader.h"

namespace diag::capture {
namespace {

enum class Magic : std::uint32_t {
    microseconds = 0xA1B2C3D4,
    nanoseconds = 0xA1B23C4D,
    modified = 0xA1B2CD34,  // Alexey Kuznetzov's patched libpcap: microseconds, longer record headers
};

struct MagicRow {
    Magic magic;
    std::uint32_t fraction_ns;
    std::size_t record_header_size;
};

constexpr MagicRow magic_rows[] = {
    {Magic::microseconds, 1000, pcap_record_header_size},
    {Magic::nanoseconds, 1, pcap_record_header_size},
    {Magic::modified, 1000, modified_record_header_size},
};

// The upper bits of the link type field: length of the frame check sequence and reserved bits.
constexpr std::uint32_t link_type_mask = 0x03FFFFFF;

}  // namespace

std::uint32_t captured_size_limit(LinkType link_type) {
    switch (static_cast<std::uint32_t>(link_type)) {
        case 186:  // USB, with the headers of various systems
        case 189:
        case 220:
        case 249:
        case 266:
        case 231: return message_size_limit;  // D-Bus
        default: return packet_size_limit;
    }
}

bool has_pcap_magic(Bytes bytes) {
    Reader r{bytes, std::endian::little};
    const std::uint32_t magic = r.u32("magic");
    for (const MagicRow& row : magic_rows) {
        const auto known = static_cast<std::uint32_t>(row.magic);
        if (magic == known || magic == std::byteswap(known)) return true;
    }
    return false;
}

std::expected<PcapHeader, std::string> decode_pcap_header(Bytes bytes) {
    Reader r{bytes, std::endian::native};
    const std::uint32_t magic = r.u32("magic");
    PcapHeader header;
    for (const MagicRow& row : magic_rows) {
        const auto known = static_cast<std::uint32_t>(row.magic);
        if (magic != known && magic != std::byteswap(known)) continue;
        header.swapped = magic != known;
        header.fraction_ns = row.fraction_ns;
        header.record_header_size = row.record_header_size;
    }
    if (header.swapped)
        r.set_order(std::endian::native == std::endian::little ? std::endian::big : std::endian::little);
    const std::uint16_t major = r.u16("version_major");
    const std::uint16_t minor = r.u16("version_minor");
    r.skip(12, "thiszone, sigfigs, snaplen");
    header.link_type = static_cast<LinkType>(r.u32("linktype") & link_type_mask);
    if (r.failed()) return std::unexpected(std::string{"the file header is cut off"});
    // Before 2.4 the two lengths of a record could be swapped; nobody has written that for decades.
    if (major != 2 || minor != 4) {
        return std::unexpected(fmt::format(
            "a pcap file of version {}.{}, and only 2.4 is read: convert it first (editcap IN OUT)", major, minor));
    }
    return header;
}

}  // namespace diag::capture

#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/packet_view.h"
#include "libdiag/wire/writer.h"

namespace diag::capture {

/// A host name that a capture gives an address, so that readers can show it without asking DNS.
struct NamedAddress {
    IpAddress address;
    std::string name;
};

/// Writes the blocks of one pcapng section (draft-ietf-opsawg-pcapng) into a buffer: what libpcap cannot write, which are
/// comments, names, and interfaces of different link types. The caller brings the buffer to the disk.
///
///     PcapngWriter blocks;
///     blocks.begin_section(buffer, "kms-decode 1.0", "2 conversations: ...");
///     blocks.add_names(buffer, names);
///     blocks.add_packet(buffer, packet, comments);    // describes the packet's interface when that is new
///
/// Texts become valid UTF-8 without control characters; what is longer than its limit is cut, and so are lists. Names that are
/// not printable ASCII are left out.
class PcapngWriter {
public:
    static constexpr std::size_t max_comment_size = 4096;  ///< bytes; an option could hold 65535
    static constexpr std::size_t max_comments = 32;        ///< of one packet
    static constexpr std::size_t max_names = 4096;
    static constexpr std::size_t max_name_size = 255;  ///< bytes, as in DNS

    /// Empty texts are left out.
    void begin_section(Writer& out, std::string_view application, std::string_view comment);
    /// A name resolution block; none without names.
    void add_names(Writer& out, std::span<const NamedAddress> names);
    /// The error is the number of a link type that the format has no room for, and then nothing was written.
    std::expected<void, std::uint32_t> add_packet(Writer& out, const PacketView& packet,
                                                  std::span<const std::string> comments = {});

private:
    /// Packets of one link type whose times are equally fine share an interface.
    struct Interface {
        LinkType link_type;
        bool nanoseconds;
        friend bool operator==(const Interface&, const Interface&) = default;
    };
    std::uint32_t interface_id(Writer& out, const Interface& wanted);

    std::vector<Interface> interfaces_;
};

}  // namespace diag::capture

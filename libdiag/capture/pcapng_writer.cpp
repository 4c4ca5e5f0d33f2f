#include "libdiag/capture/pcapng_writer.h"

#include <algorithm>

#include "libdiag/base/utf.h"
#include "libdiag/capture/pcap_format.h"
#include "libdiag/capture/pcapng_parser.h"

namespace diag::capture {
namespace {

enum BlockType : std::uint32_t { interface_block = 1, name_block = 4, enhanced_packet_block = 6 };
enum OptionCode : std::uint16_t { end_of_options = 0, opt_comment = 1, shb_userappl = 4, if_tsresol = 9 };
enum NameRecord : std::uint16_t { end_of_names = 0, ipv4_name = 1, ipv6_name = 2 };

constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint64_t unknown_section_size = static_cast<std::uint64_t>(-1);

/// At most `limit` bytes of it, never half a character.
std::string_view cut(std::string_view text, std::size_t limit) {
    if (text.size() <= limit) return text;
    const auto is_continuation = [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; };
    while (limit > 0 && is_continuation(text[limit])) --limit;
    return text.substr(0, limit);
}

// Every block: type u32 | total length u32 | body | total length u32, in steps of 4.
template <class Body> void add_block(Writer& out, std::uint32_t type, Body body) {
    const std::size_t start = out.size();
    out.u32(type);
    out.u32(0);
    body();
    const auto size = static_cast<std::uint32_t>(out.size() - start + 4);
    out.patch_u32(start + 4, size);
    out.u32(size);
}

void add_padding(Writer& out, std::size_t size) { out.zeros((4 - size % 4) % 4); }

// code u16 | length u16 | value, padded to 4
void add_option(Writer& out, std::uint16_t code, Bytes value) {
    out.u16(code);
    out.u16(static_cast<std::uint16_t>(value.size()));
    out.bytes(value);
    add_padding(out, value.size());
}

void add_text_option(Writer& out, std::uint16_t code, std::string_view text) {
    // Backslashes that the text has are escapes already, or would be doubled again each time a comment is copied.
    const std::string safe = escape_for_terminal(cut(text, PcapngWriter::max_comment_size), Backslash::kept);
    const std::string_view fitting = cut(safe, PcapngWriter::max_comment_size);
    add_option(out, code, Bytes{reinterpret_cast<const std::uint8_t*>(fitting.data()), fitting.size()});
}

void end_options(Writer& out) {
    out.u16(end_of_options);
    out.u16(0);
}

bool is_writable(std::string_view name) {
    return !name.empty() && name.size() <= PcapngWriter::max_name_size &&
           std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F; });
}

// type u16 | length u16 | address | name with its NUL, padded to 4
void add_name(Writer& out, const NamedAddress& named) {
    const Bytes address = named.address.bytes();
    const std::size_t size = address.size() + named.name.size() + 1;
    out.u16(named.address.family == IpAddress::Family::v4 ? ipv4_name : ipv6_name);
    out.u16(static_cast<std::uint16_t>(size));
    out.bytes(address);
    out.bytes(Bytes{reinterpret_cast<const std::uint8_t*>(named.name.data()), named.name.size()});
    out.u8(0);
    add_padding(out, size);
}

// link type u16 | reserved u16 | snaplen u32 | options
void add_interface(Writer& out, LinkType link_type, bool nanoseconds) {
    add_block(out, interface_block, [&] {
        out.u16(static_cast<std::uint16_t>(link_type));
        out.u16(0);
        out.u32(captured_size_limit(link_type));
        const std::uint8_t resolution[] = {static_cast<std::uint8_t>(nanoseconds ? 9 : 6)};
        add_option(out, if_tsresol, resolution);
        end_options(out);
    });
}

}  // namespace

// magic u32 | version u16 u16 | section length u64 | options
void PcapngWriter::begin_section(Writer& out, std::string_view application, std::string_view comment) {
    interfaces_.clear();
    add_block(out, pcapng_section_block, [&] {
        out.u32(byte_order_magic);
        out.u16(1);  // version 1.0
        out.u16(0);
        out.u64(unknown_section_size);
        if (!comment.empty()) add_text_option(out, opt_comment, comment);
        if (!application.empty()) add_text_option(out, shb_userappl, application);
        if (!comment.empty() || !application.empty()) end_options(out);
    });
}

void PcapngWriter::add_names(Writer& out, std::span<const NamedAddress> names) {
    if (names.empty()) return;
    add_block(out, name_block, [&] {
        for (const NamedAddress& named : names.first(std::min(names.size(), max_names)))
            if (is_writable(named.name)) add_name(out, named);
        out.u16(end_of_names);
        out.u16(0);
    });
}

// interface u32 | time, high u32, low u32 | captured length u32 | length on the wire u32 | bytes, padded to 4 | options
std::expected<void, std::uint32_t> PcapngWriter::add_packet(Writer& out, const PacketView& packet,
                                                            std::span<const std::string> comments) {
    const auto link_type = static_cast<std::uint32_t>(packet.link_type);
    if (link_type > 0xFFFF) return std::unexpected(link_type);
    const Interface interface { packet.link_type, packet.fraction_digits > 6 };
    const std::uint32_t id = interface_id(out, interface);
    const std::uint64_t ns = writable_ns(packet.time);
    const std::uint64_t ticks = interface.nanoseconds ? ns : ns / 1000;
    add_block(out, enhanced_packet_block, [&] {
        out.u32(id);
        out.u32(static_cast<std::uint32_t>(ticks >> 32));
        out.u32(static_cast<std::uint32_t>(ticks));
        out.u32(static_cast<std::uint32_t>(packet.data.size()));
        out.u32(packet.original_size);
        out.bytes(packet.data);
        add_padding(out, packet.data.size());
        for (const std::string& comment : comments.first(std::min(comments.size(), max_comments)))
            add_text_option(out, opt_comment, comment);
        if (!comments.empty()) end_options(out);
    });
    return {};
}

/// The number of an interface in the section, described there when it first appears.
std::uint32_t PcapngWriter::interface_id(Writer& out, const Interface& wanted) {
    const auto found = std::ranges::find(interfaces_, wanted);
    const auto id = static_cast<std::uint32_t>(found - interfaces_.begin());
    if (found == interfaces_.end()) {
        interfaces_.push_back(wanted);
        add_interface(out, wanted.link_type, wanted.nanoseconds);
    }
    return id;
}

}  // namespace diag::capture

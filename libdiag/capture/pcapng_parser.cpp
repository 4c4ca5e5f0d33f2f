#include "libdiag/capture/pcapng_parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/capture/pcap_format.h"
#include "libdiag/capture/pcapng_time.h"

namespace diag::capture {
namespace {

// Every block: type u32 | total length u32 | body, padded to 4 | total length u32.
constexpr std::size_t block_head_size = 8;
constexpr std::size_t block_tail_size = 4;
constexpr std::uint32_t smallest_block_size = 12;
constexpr std::size_t byte_order_magic_end = 12;
constexpr std::uint32_t smallest_section_size = 28;
constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;

enum BlockType : std::uint32_t {
    interface_block = 1,
    obsolete_packet_block = 2,
    simple_packet_block = 3,
    enhanced_packet_block = 6
};
enum OptionCode : std::uint16_t { end_of_options = 0, if_tsresol = 9, if_tsoffset = 14 };

/// The byte order in which the bytes after a section block's head say 1A2B3C4D; nullopt for neither.
std::optional<std::endian> order_of(Bytes magic) {
    for (const std::endian order : {std::endian::little, std::endian::big}) {
        Reader r{magic, order};
        if (r.u32("byte_order_magic") == byte_order_magic) return order;
    }
    return std::nullopt;
}

std::uint32_t read_u32(Bytes bytes, std::endian order) {
    Reader r{bytes, order};
    return r.u32("");
}

bool is_packet_block(std::uint32_t type) {
    return type == enhanced_packet_block || type == simple_packet_block || type == obsolete_packet_block;
}

std::string two_sizes(std::uint32_t first, std::uint32_t second) {
    return fmt::format("the block is {} bytes long by its beginning and {} by its end", first, second);
}

}  // namespace

bool looks_like_pcapng(Bytes bytes) {
    if (bytes.size() < 4 || read_u32(bytes, std::endian::little) != pcapng_section_block) return false;
    return bytes.size() < byte_order_magic_end || order_of(bytes.subspan(block_head_size)).has_value();
}

bool PcapngParser::next(ByteSource& source, PacketView& packet) {
    bool is_packet = false;
    // Every turn consumes a block of at least 12 bytes or ends.
    while (!damage_ && !is_packet) {
        if (!source.need(block_head_size)) {
            if (source.size() == 0 && source.failure().empty() && in_section_) return false;
            return fail(source.offset(), source.describe_end("a block header", source.size(), block_head_size));
        }
        // The type of a section block reads the same in both orders; its length does not, so the section comes first.
        if (read_u32(source.view(), order_) == pcapng_section_block && !begin_section(source)) return false;
        if (!in_section_) return fail(source.offset(), "the file does not begin with a section header block");

        Reader r{source.view(), order_};
        const std::uint32_t type = r.u32("block_type");
        const std::uint32_t total_size = r.u32("block_total_length");
        if (total_size < smallest_block_size || total_size % 4 != 0 || total_size > pcapng_block_size_limit) {
            return fail(source.offset(),
                        fmt::format("the block says that it is {} bytes long, which is {}", total_size,
                                    total_size > pcapng_block_size_limit ? "too much to be true"
                                                                         : "not 12 or more in steps of 4"));
        }
        if (section_end_ && type != pcapng_section_block &&
            (source.offset() > *section_end_ || total_size > *section_end_ - source.offset()))
            return fail(source.offset(), "the block reaches past the end that its section header gives");
        is_packet = is_packet_block(type);
        const bool used = is_packet || type == interface_block;
        if (!(used ? read_block(source, type, total_size, packet) : skip_block(source, total_size))) return false;
    }
    return is_packet;
}

/// Takes the byte order and length of the section whose header block comes next; the block itself is not consumed.
bool PcapngParser::begin_section(ByteSource& source) {
    if (!source.need(smallest_section_size))
        return fail(source.offset(),
                    source.describe_end("a section header block", source.size(), smallest_section_size));
    const auto order = order_of(source.view().subspan(block_head_size));
    if (!order) return fail(source.offset(), "the section header block has no byte-order magic");
    Reader r{source.view(), *order};
    r.skip(4, "block_type");
    const std::uint32_t total_size = r.u32("block_total_length");
    r.skip(4, "byte_order_magic");
    const std::uint16_t major = r.u16("major_version");
    const std::uint16_t minor = r.u16("minor_version");
    const auto section_size = static_cast<std::int64_t>(r.u64("section_length"));
    if (total_size < smallest_section_size) return fail(source.offset(), "the section header block is too short");
    if (major != 1)
        return fail(source.offset(),
                    fmt::format("a section of pcapng version {}.{}, and only 1.x is read", major, minor));
    order_ = *order;
    in_section_ = true;
    interfaces_.clear();
    section_end_.reset();
    // -1 says "unknown"; a writer that could not know it may have left 0. The sum cannot overflow: both are below 2^63.
    if (section_size > 0) section_end_ = source.offset() + total_size + static_cast<std::uint64_t>(section_size);
    return true;
}

/// Consumes a packet or interface block, whose head has been checked. False at damage.
bool PcapngParser::read_block(ByteSource& source, std::uint32_t type, std::uint32_t total_size, PacketView& packet) {
    if (!source.need(total_size))
        return fail(source.offset(), source.describe_end("a block", source.size(), total_size));
    const Bytes block = source.view().first(total_size);
    const std::uint32_t size_again = read_u32(block.last(block_tail_size), order_);
    if (size_again != total_size) return fail(source.offset(), two_sizes(total_size, size_again));

    Reader r{block.first(total_size - block_tail_size), order_};
    r.skip(block_head_size, "block head");
    problem_.clear();
    switch (type) {
        case enhanced_packet_block: read_enhanced_packet(r, packet); break;
        case simple_packet_block: read_simple_packet(r, packet); break;
        case obsolete_packet_block: read_obsolete_packet(r, packet); break;
        default: read_interface(r);
    }
    if (problem_.empty() && r.failed()) problem_ = fmt::format("the block is too short for its {}", r.error().field);
    if (!problem_.empty()) return fail(source.offset(), problem_);
    source.skip(total_size);  // the bytes stay where they are until the next need()
    return true;
}

/// Moves over a block (names, statistics, keys, the rest of a section header) without holding it. False at damage.
bool PcapngParser::skip_block(ByteSource& source, std::uint32_t total_size) {
    const std::uint64_t start = source.offset();
    if (!source.discard(total_size - block_tail_size) || !source.need(block_tail_size)) {
        const std::uint64_t there = source.offset() - start + source.size();
        return fail(start, source.describe_end("a block", there, total_size));
    }
    const std::uint32_t size_again = read_u32(source.view(), order_);
    if (size_again != total_size) return fail(start, two_sizes(total_size, size_again));
    source.skip(block_tail_size);
    return true;
}

// link type u16 | reserved u16 | snaplen u32 | options
void PcapngParser::read_interface(Reader& r) {
    if (interfaces_.size() >= pcapng_interface_count_limit) {
        problem_ = fmt::format("more than {} interfaces in one section", pcapng_interface_count_limit);
        return;
    }
    Interface interface;
    interface.link_type = static_cast<LinkType>(r.u16("link type"));
    r.skip(2, "reserved field");
    interface.snap_size = r.u32("snap length");
    read_interface_options(r, interface);
    interface.fraction_digits = pcapng_fraction_digits(interface.resolution);
    interfaces_.push_back(interface);
}

// code u16 | length u16 | value, padded to 4; the list ends with the block or with code 0.
void PcapngParser::read_interface_options(Reader& r, Interface& interface) {
    while (r.remaining() > 0) {
        const std::uint16_t code = r.u16("options");
        const std::uint16_t size = r.u16("options");
        if (code == end_of_options) return;
        Reader value = r.sub(size, "options");
        r.skip((4U - size % 4U) % 4U, "options");
        if (code == if_tsresol && size == 1) interface.resolution = value.u8("if_tsresol");
        if (code == if_tsoffset && size == 8)
            interface.offset_seconds = static_cast<std::int64_t>(value.u64("if_tsoffset"));
    }
}

// interface u32 | then what read_timed_packet() takes
void PcapngParser::read_enhanced_packet(Reader& r, PacketView& packet) {
    const Interface* interface = find_interface(r.u32("interface id"));
    read_timed_packet(r, interface, packet);
}

// time, high u32 | time, low u32 | captured length u32 | length on the wire u32 | bytes | options
void PcapngParser::read_timed_packet(Reader& r, const Interface* interface, PacketView& packet) {
    const std::uint64_t high = r.u32("time");
    const std::uint64_t ticks = high << 32 | r.u32("time");
    const std::uint32_t captured_size = r.u32("captured length");
    packet.original_size = r.u32("original length");
    if (!interface || r.failed()) return;
    packet.time = time_of(*interface, ticks);
    read_packet_data(r, *interface, captured_size, packet);
}

// length on the wire u32 | bytes: always of the first interface, cut at its snap length, without a time.
void PcapngParser::read_simple_packet(Reader& r, PacketView& packet) {
    const Interface* interface = find_interface(0);
    packet.original_size = r.u32("original length");
    if (!interface || r.failed()) return;
    packet.time = {};
    const std::uint32_t snap_size = interface->snap_size == 0 ? packet.original_size : interface->snap_size;
    read_packet_data(r, *interface, std::min(packet.original_size, snap_size), packet);
}

// interface u16 | drops u16 | then as in an enhanced packet block
void PcapngParser::read_obsolete_packet(Reader& r, PacketView& packet) {
    const Interface* interface = find_interface(r.u16("interface id"));
    r.skip(2, "drops count");
    read_timed_packet(r, interface, packet);
}

void PcapngParser::read_packet_data(Reader& r, const Interface& interface, std::uint32_t captured_size,
                                    PacketView& packet) {
    packet.link_type = interface.link_type;
    packet.fraction_digits = interface.fraction_digits;
    if (captured_size > captured_size_limit(interface.link_type)) {
        problem_ = fmt::format("a packet of {} bytes is longer than any that is real", captured_size);
        return;
    }
    packet.data = r.bytes(captured_size, "packet");
    packet.original_size = std::max(packet.original_size, captured_size);
}

const PcapngParser::Interface* PcapngParser::find_interface(std::size_t index) {
    if (index < interfaces_.size()) return &interfaces_[index];
    problem_ = fmt::format("the packet is of interface {}, and the section describes {}", index, interfaces_.size());
    return nullptr;
}

Timestamp PcapngParser::time_of(const Interface& interface, std::uint64_t ticks) {
    return pcapng_time(ticks, interface.resolution, interface.offset_seconds);
}

/// Always false, so that callers can return it.
bool PcapngParser::fail(std::uint64_t offset, std::string what) {
    damage_ = Damage{offset, std::move(what)};
    return false;
}

}  // namespace diag::capture

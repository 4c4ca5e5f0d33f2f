#include "libdiag/proto/ip/fragments.h"

#include <algorithm>

namespace diag::ip {
namespace {

// What the containers need besides the bytes themselves: list and map nodes, a Part, a packet number.
constexpr std::size_t datagram_overhead_size = 512;
constexpr std::size_t part_overhead_size = 96;

/// Bytes [offset, offset + size) of what was captured, as far as they are there.
Bytes slice(Bytes captured, std::size_t offset, std::size_t size) {
    return head(captured.subspan(std::min(offset, captured.size())), size);
}

}  // namespace

std::optional<Reassembled> FragmentTable::add(const IpPacket& fragment, std::uint64_t packet_number, Timestamp time) {
    expire(time);
    const Fragment& place = fragment.fragment;
    const std::uint32_t size = fragment.payload_size;
    // All fragments but the last end on a multiple of 8 bytes (RFC 791 3.2); none carries nothing.
    if (!place.is_fragment || size == 0 || (place.more && size % 8 != 0) || place.offset > max_datagram_size ||
        size > max_datagram_size - place.offset) {
        ++malformed_count_;
        return std::nullopt;
    }
    const std::uint32_t begin = place.offset;
    std::uint32_t end = begin + size;

    Datagram& datagram = datagram_of(fragment, time);
    if (!place.more && !datagram.total_size) datagram.total_size = end;
    if (datagram.total_size && end > *datagram.total_size) {
        ++malformed_count_;
        end = std::max(begin, *datagram.total_size);
    }
    if (begin == 0 && datagram.first.payload_size == 0) {
        datagram.first = fragment;
        datagram.first.payload = {};  // the frame will be gone
    }
    datagram.packets.push_back(packet_number);
    charge(datagram, part_overhead_size);
    insert(datagram, begin, end, head(fragment.payload, end - begin));

    std::optional<Reassembled> done;
    if (is_complete(datagram)) {
        done = assemble(datagram);
        erase(by_key_.at(datagram.key));
    }
    while (memory_size_ > limits_.memory_size && !by_age_.empty()) {
        ++evicted_count_;
        erase(by_age_.begin());
    }
    return done;
}

FragmentTable::Datagram& FragmentTable::datagram_of(const IpPacket& fragment, Timestamp time) {
    const bool is_v4 = fragment.source.family == IpAddress::Family::v4;
    const Key key{fragment.source, fragment.destination, fragment.fragment.id,
                  is_v4 ? fragment.protocol : std::uint8_t{0}};
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) return *found->second;
    by_age_.push_back({.key = key, .first_time = time});
    by_key_.emplace(key, std::prev(by_age_.end()));
    charge(by_age_.back(), datagram_overhead_size);
    return by_age_.back();
}

void FragmentTable::insert(Datagram& datagram, std::uint32_t begin, std::uint32_t end, Bytes bytes) {
    auto& parts = datagram.parts;
    const auto first_behind = std::upper_bound(parts.begin(), parts.end(), begin,
                                               [](std::uint32_t at, const Part& part) { return at < part.end; });
    auto index = static_cast<std::size_t>(first_behind - parts.begin());
    bool overlaps = false;
    for (std::uint32_t at = begin; at < end; ++index) {
        const std::uint32_t hole_end = index < parts.size() ? std::min(end, parts[index].begin) : end;
        if (at < hole_end) {
            const Bytes piece = slice(bytes, at - begin, hole_end - at);
            parts.insert(parts.begin() + static_cast<std::ptrdiff_t>(index),
                         Part{at, hole_end, {piece.begin(), piece.end()}});
            datagram.received_size += hole_end - at;
            charge(datagram, part_overhead_size + piece.size());
            at = hole_end;
            continue;
        }
        overlaps = true;
        compare(parts[index], begin, bytes);
        at = std::max(at, parts[index].end);
    }
    if (overlaps) ++overlap_count_;
}

void FragmentTable::compare(const Part& part, std::uint32_t begin, Bytes bytes) {
    const std::size_t from = std::max(part.begin, begin);
    const std::size_t to = std::min(part.begin + part.bytes.size(), begin + bytes.size());
    for (std::size_t i = from; i < to; ++i) conflict_size_ += part.bytes[i - part.begin] != bytes[i - begin] ? 1U : 0U;
}

bool FragmentTable::is_complete(const Datagram& datagram) {
    if (!datagram.total_size || datagram.received_size < *datagram.total_size) return false;
    // Bytes behind the end may have come before the end was known, so the sum alone proves nothing.
    std::uint32_t at = 0;
    for (const Part& part : datagram.parts) {
        if (part.begin != at) break;
        at = part.end;
    }
    return at >= *datagram.total_size;
}

Reassembled FragmentTable::assemble(Datagram& datagram) {
    Reassembled out;
    for (const Part& part : datagram.parts) {
        out.bytes.insert(out.bytes.end(), part.bytes.begin(), part.bytes.end());
        if (part.bytes.size() < part.end - part.begin) break;
    }
    out.packets = std::move(datagram.packets);
    out.packet = datagram.first;
    out.packet.fragment = {};
    out.packet.payload_offset = 0;
    out.packet.payload_size = *datagram.total_size;
    out.packet.payload = head(out.bytes, *datagram.total_size);
    if (const auto skipped = skip_extension_headers(out.packet)) out.packet = *skipped;
    if (const auto inner = enter_tunnel(out.packet)) out.packet = *inner;
    return out;
}

void FragmentTable::charge(Datagram& datagram, std::size_t size) {
    datagram.memory_size += size;
    memory_size_ += size;
}

void FragmentTable::expire(Timestamp now) {
    const auto age_ns = [&](Timestamp then) {  // unsigned: the distance of two hostile times may not fit into int64
        return now < then ? 0U : static_cast<std::uint64_t>(now.ns) - static_cast<std::uint64_t>(then.ns);
    };
    const auto timeout_ns = static_cast<std::uint64_t>(limits_.timeout_ns);
    while (!by_age_.empty() && age_ns(by_age_.front().first_time) > timeout_ns) {
        ++evicted_count_;
        erase(by_age_.begin());
    }
}

void FragmentTable::erase(ByAge::iterator datagram) {
    memory_size_ -= datagram->memory_size;
    by_key_.erase(datagram->key);
    by_age_.erase(datagram);
}

}  // namespace diag::ip

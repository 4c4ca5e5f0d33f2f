#pragma once

#include "libdiag/proto/ip/layer.h"
#include "libdiag/wire/load.h"

/// Shared by the files that walk through the headers of a frame; of no use to others.
namespace diag::ip::detail {

/// Where the walk stands. Invariant: at <= end <= frame.size(), so a has() covers the loads that follow it.
/// Loads are direct, not through Reader: this runs for every packet of captures of many gigabytes.
struct Cursor {
    Bytes frame;
    std::size_t at = 0;
    std::size_t end = 0;       ///< of what was captured and belongs to the current header
    std::size_t wire_end = 0;  ///< the same as it was on the wire; may lie behind the frame

    std::size_t remaining() const { return end - at; }
    bool has(std::size_t size) const { return size <= remaining(); }
    std::uint8_t u8(std::size_t offset) const { return load_be<std::uint8_t>(frame, at + offset); }
    std::uint16_t u16(std::size_t offset) const { return load_be<std::uint16_t>(frame, at + offset); }
    std::uint32_t u32(std::size_t offset) const { return load_be<std::uint32_t>(frame, at + offset); }
};

/// For decode_packet(): costs nothing.
struct NoTrace {
    void add(Layer::Kind, std::size_t, std::size_t) {}
    std::size_t mark() const { return 0; }
    void rewind(std::size_t) {}
};

struct LayerTrace {
    std::vector<Layer> layers;
    void add(Layer::Kind kind, std::size_t offset, std::size_t size) { layers.push_back({kind, offset, size}); }
    std::size_t mark() const { return layers.size(); }
    void rewind(std::size_t mark) { layers.resize(mark, {}); }
};

/// Steps over `size` bytes of header. The caller has checked has(size).
template <class Trace> void pass(Cursor& c, std::size_t size, Layer::Kind kind, Trace& trace) {
    trace.add(kind, c.at, size);
    c.at += size;
}

/// nullopt: all is well.
using Failure = std::optional<NoPacket>;

}  // namespace diag::ip::detail

// The capture reader over arbitrary bytes. Properties: packets are counted from 1, none is longer than what is real,
// damage lies inside the input; and the same bytes read through the refilled buffer (wrapped into gzip without
// compression) give the same packets and the same damage as when they are read in place.
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "libdiag/capture/pcap_format.h"
#include "libdiag/capture/reader.h"

namespace {

using namespace diag;

void require(bool condition) {
    if (!condition) std::abort();
}

struct Summary {
    bool is_open = false;
    std::uint64_t packet_count = 0;
    std::uint64_t hash = 14695981039346656037U;
    std::uint64_t damage_offset = 0;
    bool is_damaged = false;
    friend bool operator==(const Summary&, const Summary&) = default;

    void mix(std::uint64_t value) { hash = (hash ^ value) * 1099511628211U; }
};

Summary read(Bytes bytes) {
    Summary out;
    auto reader = capture::CaptureReader::from_memory(bytes);
    if (!reader) {
        require(!reader.error().message.empty() && reader.error().message.find('\n') == std::string::npos);
        return out;
    }
    out.is_open = true;
    for (PacketView packet; reader->next(packet);) {
        require(packet.number == ++out.packet_count);
        require(packet.data.size() <= capture::captured_size_limit(packet.link_type));
        require(packet.data.size() <= packet.original_size && packet.fraction_digits <= 9);
        out.mix(static_cast<std::uint64_t>(packet.time.ns));
        out.mix(packet.original_size);
        out.mix(static_cast<std::uint64_t>(packet.link_type));
        for (const std::uint8_t byte : packet.data) out.mix(byte);
    }
    require(reader->packet_count() == out.packet_count);
    require(reader->bytes_read() <= bytes.size());
    if (const auto& damage = reader->damage()) {
        require(!damage->what.empty());
        out.is_damaged = true;
        out.damage_offset = damage->offset;
    }
    return out;
}

/// A gzip member with `bytes` in stored blocks.
ByteVector wrap(Bytes bytes) {
    z_stream zlib{};
    require(deflateInit2(&zlib, Z_NO_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    ByteVector out(deflateBound(&zlib, bytes.size()) + 32);
    zlib.next_in = const_cast<Bytef*>(bytes.data());
    zlib.avail_in = static_cast<uInt>(bytes.size());
    zlib.next_out = out.data();
    zlib.avail_out = static_cast<uInt>(out.size());
    require(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
    out.resize(zlib.total_out);
    deflateEnd(&zlib);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes{data, size};
    const Summary direct = read(bytes);
    auto reader = capture::CaptureReader::from_memory(bytes);
    const bool is_compressed = reader && reader->format().find(',') != std::string::npos;
    if (direct.is_open && !is_compressed) {
        if (direct.is_damaged) require(direct.damage_offset <= size);
        require(read(wrap(bytes)) == direct);
    }
    return 0;
}

#include "tests/capture/capture_bytes.h"

#include <zlib.h>
#include <zstd.h>

#include <catch2/catch.hpp>

#include "libdiag/capture/reader.h"

namespace diag::test {

PcapBytes::PcapBytes(std::endian order, std::uint32_t magic, std::uint32_t link_type)
    : out_{order}, has_long_records_{magic == 0xA1B2CD34} {
    out_.u32(magic);
    out_.u16(2);  // version 2.4
    out_.u16(4);
    out_.u32(0);      // zone
    out_.u32(0);      // sigfigs
    out_.u32(65535);  // snap length
    out_.u32(link_type);
    ends_.push_back(out_.size());
}

PcapBytes& PcapBytes::raw_record(std::uint32_t seconds, std::uint32_t fraction, std::uint32_t captured_size,
                                 std::uint32_t original_size, Bytes data) {
    out_.u32(seconds);
    out_.u32(fraction);
    out_.u32(captured_size);
    out_.u32(original_size);
    if (has_long_records_) out_.u64(0);  // interface index, protocol, packet type
    out_.bytes(data);
    ends_.push_back(out_.size());
    return *this;
}

PcapBytes& PcapBytes::record(std::uint32_t seconds, std::uint32_t fraction, Bytes data) {
    const auto size = static_cast<std::uint32_t>(data.size());
    return raw_record(seconds, fraction, size, size, data);
}

PcapngBytes& PcapngBytes::section(std::endian order, std::int64_t section_size) {
    order_ = order;
    Writer body{order};
    body.u32(0x1A2B3C4D);
    body.u16(1);  // version 1.0
    body.u16(0);
    body.u64(static_cast<std::uint64_t>(section_size));
    return block(0x0A0D0D0A, body.view());
}

PcapngBytes& PcapngBytes::interface(std::uint16_t link_type, std::uint32_t snap_size, Bytes options) {
    Writer body{order_};
    body.u16(link_type);
    body.u16(0);
    body.u32(snap_size);
    body.bytes(options);
    return block(1, body.view());
}

PcapngBytes& PcapngBytes::enhanced(std::uint32_t interface, std::uint64_t ticks, Bytes data,
                                   std::uint32_t original_size) {
    Writer body{order_};
    body.u32(interface);
    body.u32(static_cast<std::uint32_t>(ticks >> 32));
    body.u32(static_cast<std::uint32_t>(ticks));
    body.u32(static_cast<std::uint32_t>(data.size()));
    body.u32(original_size != 0 ? original_size : static_cast<std::uint32_t>(data.size()));
    body.bytes(data);
    return packet_block(6, body);
}

PcapngBytes& PcapngBytes::obsolete(std::uint16_t interface, std::uint64_t ticks, Bytes data) {
    Writer body{order_};
    body.u16(interface);
    body.u16(0xFFFF);  // drops: unknown
    body.u32(static_cast<std::uint32_t>(ticks >> 32));
    body.u32(static_cast<std::uint32_t>(ticks));
    body.u32(static_cast<std::uint32_t>(data.size()));
    body.u32(static_cast<std::uint32_t>(data.size()));
    body.bytes(data);
    return packet_block(2, body);
}

PcapngBytes& PcapngBytes::simple(std::uint32_t original_size, Bytes data) {
    Writer body{order_};
    body.u32(original_size);
    body.bytes(data);
    return packet_block(3, body);
}

PcapngBytes& PcapngBytes::packet_block(std::uint32_t type, const Writer& body) {
    block(type, body.view());
    packet_ends_.push_back(out_.size());
    return *this;
}

PcapngBytes& PcapngBytes::block(std::uint32_t type, Bytes body) {
    ByteVector padded{body.begin(), body.end()};
    padded.resize((padded.size() + 3) / 4 * 4);
    const auto size = static_cast<std::uint32_t>(padded.size() + 12);
    return lying_block(type, size, padded, size);
}

PcapngBytes& PcapngBytes::lying_block(std::uint32_t type, std::uint32_t size, Bytes body, std::uint32_t size_again) {
    Writer out{order_};
    out.u32(type);
    out.u32(size);
    out.bytes(body);
    out.u32(size_again);
    out_.insert(out_.end(), out.view().begin(), out.view().end());
    ends_.push_back(out_.size());
    return *this;
}

ByteVector PcapngBytes::option(std::uint16_t code, Bytes value) const {
    Writer out{order_};
    out.u16(code);
    out.u16(static_cast<std::uint16_t>(value.size()));
    out.bytes(value);
    out.align(4);
    return out.take();
}

ByteVector PcapngBytes::number64(std::uint64_t value) const {
    Writer out{order_};
    out.u64(value);
    return out.take();
}

Packet own(const PacketView& packet) {
    return {.number = packet.number,
            .time_ns = packet.time.ns,
            .fraction_digits = packet.fraction_digits,
            .link_type = static_cast<std::uint32_t>(packet.link_type),
            .original_size = packet.original_size,
            .data = {packet.data.begin(), packet.data.end()}};
}

Contents read_all(capture::PacketSource& source) {
    Contents out;
    for (PacketView packet; source.next(packet);) out.packets.push_back(own(packet));
    PacketView packet;
    CHECK_FALSE(source.next(packet));  // the end stays the end
    out.damage = source.damage();
    return out;
}

Contents read_all(Bytes bytes) {
    auto reader = capture::CaptureReader::from_memory(bytes);
    if (!reader) FAIL(reader.error().message);
    return read_all(*reader);
}

Contents read_file(const std::string& path) {
    auto reader = capture::CaptureReader::open(path);
    if (!reader) FAIL(reader.error().message);
    return read_all(*reader);
}

ByteVector pattern(std::size_t size, unsigned seed) {
    ByteVector out(size);
    for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<std::uint8_t>(seed * 31 + i * 7 + i / 256);
    return out;
}

ByteVector gzip_of(Bytes bytes) {
    z_stream zlib{};
    REQUIRE(deflateInit2(&zlib, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
    ByteVector out(deflateBound(&zlib, bytes.size()) + 32);
    zlib.next_in = const_cast<Bytef*>(bytes.data());
    zlib.avail_in = static_cast<uInt>(bytes.size());
    zlib.next_out = out.data();
    zlib.avail_out = static_cast<uInt>(out.size());
    REQUIRE(deflate(&zlib, Z_FINISH) == Z_STREAM_END);
    out.resize(zlib.total_out);
    deflateEnd(&zlib);
    return out;
}

ByteVector zstd_of(Bytes bytes) {
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);
    ByteVector out(ZSTD_compressBound(bytes.size()));
    const std::size_t size = ZSTD_compress2(context, out.data(), out.size(), bytes.data(), bytes.size());
    ZSTD_freeCCtx(context);
    REQUIRE_FALSE(ZSTD_isError(size));
    out.resize(size);
    return out;
}

}  // namespace diag::test

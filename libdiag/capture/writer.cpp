#include "libdiag/capture/writer.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>

#include "libdiag/capture/pcap_format.h"

namespace diag::capture {
namespace {

constexpr std::size_t buffer_size = std::size_t{256} << 10;
constexpr std::uint64_t ns_per_second = 1'000'000'000;

void add_pcap_header(Writer& out, LinkType link_type, bool nanoseconds) {
    out.u32(nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
    out.u16(2);  // version 2.4
    out.u16(4);
    out.u32(0);                               // thiszone: UTC
    out.u32(0);                               // sigfigs
    out.u32(captured_size_limit(link_type));  // snaplen
    out.u32(static_cast<std::uint32_t>(link_type));
}

}  // namespace

void CaptureContents::add(LinkType link_type, std::uint8_t digits) {
    if (std::ranges::find(link_types, link_type) == link_types.end()) link_types.push_back(link_type);
    fraction_digits = std::max(fraction_digits, digits);
}

bool is_pcapng_name(std::string_view path) {
    constexpr std::string_view ending = ".pcapng";
    return path.size() >= ending.size() &&
           std::equal(ending.begin(), ending.end(), path.end() - ending.size(),
                      [](char wanted, char c) { return wanted == (c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c); });
}

std::expected<CaptureWriter, CaptureError> CaptureWriter::create(const std::string& path) {
    auto file = OutputFile::create(path);
    if (!file) return std::unexpected(std::move(file.error()));
    return CaptureWriter{std::move(*file), is_pcapng_name(path)};
}

std::expected<void, CaptureError> CaptureWriter::begin(const CaptureContents& contents) {
    if (begun_) return {};
    begun_ = true;
    if (auto begun = file_.begin(); !begun) return fail(std::move(begun.error()));
    format_ = wants_pcapng_ || contents.link_types.size() > 1 ? Format::pcapng : Format::pcap;
    if (format_ == Format::pcapng) {
        pcapng_.begin_section(buffer_, contents.application, contents.comment);
        pcapng_.add_names(buffer_, contents.names);
    } else {
        pcap_ = {contents.link_types.empty() ? LinkType::ethernet : contents.link_types.front(),
                 contents.fraction_digits > 6};
        add_pcap_header(buffer_, pcap_.link_type, pcap_.nanoseconds);
    }
    return {};
}

std::expected<void, CaptureError> CaptureWriter::write(const PacketView& packet,
                                                       std::span<const std::string> comments) {
    if (failed_)
        return std::unexpected(CaptureError{CaptureError::Kind::io, file_.name() + ": not written after an error"});
    if (!begun_) {
        CaptureContents contents;
        contents.add(packet.link_type, packet.fraction_digits);
        if (auto begun = begin(contents); !begun) return begun;
    }
    const bool is_pcapng = format_ == Format::pcapng;
    if (auto written = is_pcapng ? write_pcapng_packet(packet, comments) : write_pcap_packet(packet); !written)
        return written;
    ++packet_count_;
    return buffer_.size() >= buffer_size ? flush() : std::expected<void, CaptureError>{};
}

std::expected<void, CaptureError> CaptureWriter::write_pcap_packet(const PacketView& packet) {
    if (packet.link_type != pcap_.link_type) {
        return std::unexpected(CaptureError{
            CaptureError::Kind::unsupported,
            fmt::format("{}: a packet of link type {} does not fit into a pcap file of link type {}: give the output a "
                        "name that ends in .pcapng",
                        display_name(file_.name()), static_cast<std::uint32_t>(packet.link_type),
                        static_cast<std::uint32_t>(pcap_.link_type))});
    }
    const std::uint64_t ns = writable_ns(packet.time);
    // 32 bits hold the seconds until 2106; what is later stays there.
    buffer_.u32(static_cast<std::uint32_t>(std::min(ns / ns_per_second, std::uint64_t{0xFFFFFFFF})));
    buffer_.u32(static_cast<std::uint32_t>(ns % ns_per_second / (pcap_.nanoseconds ? 1 : 1000)));
    buffer_.u32(static_cast<std::uint32_t>(packet.data.size()));
    buffer_.u32(packet.original_size);
    buffer_.bytes(packet.data);
    return {};
}

std::expected<void, CaptureError> CaptureWriter::write_pcapng_packet(const PacketView& packet,
                                                                     std::span<const std::string> comments) {
    const auto added = pcapng_.add_packet(buffer_, packet, comments);
    if (added) return {};
    return std::unexpected(
        CaptureError{CaptureError::Kind::unsupported,
                     fmt::format("{}: link type {} does not fit into the 16 bits that pcapng has for it",
                                 display_name(file_.name()), added.error())});
}

std::expected<void, CaptureError> CaptureWriter::flush() {
    const ByteVector bytes = buffer_.take();
    buffer_ = Writer{};
    if (auto written = file_.write_all(bytes); !written) return fail(std::move(written.error()));
    return {};
}

std::expected<void, CaptureError> CaptureWriter::close() {
    if (!file_.is_open()) return {};
    if (failed_) return {};
    if (!begun_) {
        if (auto begun = begin({}); !begun) return begun;
    }
    if (auto flushed = flush(); !flushed) return flushed;
    if (auto committed = file_.commit(); !committed) return fail(std::move(committed.error()));
    return {};
}

std::unexpected<CaptureError> CaptureWriter::fail(CaptureError error) {
    failed_ = true;
    return std::unexpected(std::move(error));
}

bool is_same_file(const std::string& path, const std::string& other) {
    struct stat a {
    }, b{};
    return ::stat(path.c_str(), &a) == 0 && ::stat(other.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

}  // namespace diag::capture

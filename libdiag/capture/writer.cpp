#include "libdiag/capture/writer.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "libdiag/capture/pcap_format.h"
#include "libdiag/capture/pcapng_parser.h"

namespace diag::capture {
namespace {

constexpr std::size_t buffer_size = std::size_t{256} << 10;
constexpr std::uint64_t ns_per_second = 1'000'000'000;

/// Both formats count from 1970 without a sign: an earlier time (a broken clock) becomes 0.
std::uint64_t writable_ns(Timestamp time) { return time.ns > 0 ? static_cast<std::uint64_t>(time.ns) : 0; }

void add_pcap_header(Writer& out, LinkType link_type, bool nanoseconds) {
    out.u32(nanoseconds ? 0xA1B23C4D : 0xA1B2C3D4);
    out.u16(2);  // version 2.4
    out.u16(4);
    out.u32(0);                               // thiszone: UTC
    out.u32(0);                               // sigfigs
    out.u32(captured_size_limit(link_type));  // snaplen
    out.u32(static_cast<std::uint32_t>(link_type));
}

void add_section_header(Writer& out) {
    constexpr std::uint32_t size = 28;
    out.u32(pcapng_section_block);
    out.u32(size);
    out.u32(0x1A2B3C4D);  // byte-order magic
    out.u16(1);           // version 1.0
    out.u16(0);
    out.u64(static_cast<std::uint64_t>(-1));  // section length: not known
    out.u32(size);
}

void add_interface(Writer& out, LinkType link_type, bool nanoseconds) {
    constexpr std::uint32_t size = 32;
    out.u32(1);
    out.u32(size);
    out.u16(static_cast<std::uint16_t>(link_type));
    out.u16(0);
    out.u32(captured_size_limit(link_type));  // snaplen
    out.u16(9);                               // option if_tsresol, one byte and three of padding
    out.u16(1);
    out.u8(nanoseconds ? 9 : 6);
    out.zeros(3);
    out.u32(0);  // end of options
    out.u32(size);
}

// The texts of system_error() are about captures to read.
CaptureError create_error(const std::string& path, int error_number) {
    const std::string name = display_name(path);
    auto error = system_error(path, error_number);
    switch (error_number) {
        case EISDIR: return {error.kind, fmt::format("{}: is a directory: name a file in it", name)};
        case ENOENT:
        case ENOTDIR: {
            const auto folder = std::filesystem::path{path}.parent_path();
            std::error_code ignored;
            if (std::filesystem::is_directory(folder,
                                              ignored))  // a symbolic link into nowhere, a file system of its own
                return {error.kind, fmt::format("{}: cannot be made: name another place", name)};
            return {error.kind, fmt::format("{}: there is no directory {}: make it, or name another place", name,
                                            display_name(folder.string()))};
        }
        case EACCES:
        case EPERM: return {error.kind, fmt::format("{}: no permission to write there: name another place", name)};
        default: return error;
    }
}

}  // namespace

void CaptureContents::add(LinkType link_type, std::uint8_t digits) {
    if (std::ranges::find(link_types, link_type) == link_types.end()) link_types.push_back(link_type);
    fraction_digits = std::max(fraction_digits, digits);
}

std::expected<CaptureWriter, CaptureError> CaptureWriter::create(const std::string& path) {
    if (path == "-") {
        if (::isatty(STDOUT_FILENO)) {
            return std::unexpected(CaptureError{
                CaptureError::Kind::io, "standard output is a terminal: name a file for the packets, or redirect it"});
        }
        return CaptureWriter{FileDescriptor::borrow(STDOUT_FILENO), "standard output", false};
    }
    // Not truncated yet: whoever finds that there is nothing to write has destroyed nothing.
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    if (fd < 0) return std::unexpected(create_error(path, errno));
    return CaptureWriter{FileDescriptor{fd}, path, path.ends_with(".pcapng")};
}

CaptureWriter::~CaptureWriter() {
    if (file_.is_open() && begun_ && !failed_) (void)flush();
}

std::expected<void, CaptureError> CaptureWriter::begin(const CaptureContents& contents) {
    if (begun_) return {};
    begun_ = true;
    // Pipes and devices cannot be truncated and need not be; standard output may be appended to a file (>>).
    if (file_.is_owned() && ::ftruncate(file_.get(), 0) != 0 && errno != EINVAL)
        return fail(system_error(name_, errno));
    format_ = wants_pcapng_ || contents.link_types.size() > 1 ? Format::pcapng : Format::pcap;
    const bool nanoseconds = contents.fraction_digits > 6;
    if (format_ == Format::pcapng) {
        add_section_header(buffer_);
    } else {
        const LinkType link_type = contents.link_types.empty() ? LinkType::ethernet : contents.link_types.front();
        interfaces_.push_back({link_type, nanoseconds});
        add_pcap_header(buffer_, link_type, nanoseconds);
    }
    return {};
}

std::expected<void, CaptureError> CaptureWriter::write(const PacketView& packet) {
    if (failed_) return std::unexpected(CaptureError{CaptureError::Kind::io, name_ + ": not written after an error"});
    if (!begun_) {
        CaptureContents contents;
        contents.add(packet.link_type, packet.fraction_digits);
        if (auto begun = begin(contents); !begun) return begun;
    }
    const bool is_pcapng = format_ == Format::pcapng;
    if (auto written = is_pcapng ? write_pcapng_packet(packet) : write_pcap_packet(packet); !written) return written;
    ++packet_count_;
    return buffer_.size() >= buffer_size ? flush() : std::expected<void, CaptureError>{};
}

std::expected<void, CaptureError> CaptureWriter::write_pcap_packet(const PacketView& packet) {
    const Interface& interface = interfaces_.front();
    if (packet.link_type != interface.link_type) {
        return std::unexpected(CaptureError{
            CaptureError::Kind::unsupported,
            fmt::format("{}: a packet of link type {} does not fit into a pcap file of link type {}: give the output a "
                        "name that ends in .pcapng",
                        display_name(name_), static_cast<std::uint32_t>(packet.link_type),
                        static_cast<std::uint32_t>(interface.link_type))});
    }
    const std::uint64_t ns = writable_ns(packet.time);
    // 32 bits hold the seconds until 2106; what is later stays there.
    buffer_.u32(static_cast<std::uint32_t>(std::min(ns / ns_per_second, std::uint64_t{0xFFFFFFFF})));
    buffer_.u32(static_cast<std::uint32_t>(ns % ns_per_second / (interface.nanoseconds ? 1 : 1000)));
    buffer_.u32(static_cast<std::uint32_t>(packet.data.size()));
    buffer_.u32(packet.original_size);
    buffer_.bytes(packet.data);
    return {};
}

std::expected<void, CaptureError> CaptureWriter::write_pcapng_packet(const PacketView& packet) {
    if (static_cast<std::uint32_t>(packet.link_type) > 0xFFFF) {
        return std::unexpected(
            CaptureError{CaptureError::Kind::unsupported,
                         fmt::format("{}: link type {} does not fit into the 16 bits that pcapng has for it",
                                     display_name(name_), static_cast<std::uint32_t>(packet.link_type))});
    }
    const Interface interface { packet.link_type, packet.fraction_digits > 6 };
    const std::uint32_t id = interface_id(interface);
    const std::uint64_t ns = writable_ns(packet.time);
    const std::uint64_t ticks = interface.nanoseconds ? ns : ns / 1000;
    const auto size = static_cast<std::uint32_t>(packet.data.size());
    const std::uint32_t padding = (4 - size % 4) % 4;
    const std::uint32_t block_size = 32 + size + padding;
    buffer_.u32(6);  // enhanced packet block
    buffer_.u32(block_size);
    buffer_.u32(id);
    buffer_.u32(static_cast<std::uint32_t>(ticks >> 32));
    buffer_.u32(static_cast<std::uint32_t>(ticks));
    buffer_.u32(size);
    buffer_.u32(packet.original_size);
    buffer_.bytes(packet.data);
    buffer_.zeros(padding);
    buffer_.u32(block_size);
    return {};
}

/// The number of an interface in the section, described there when it first appears.
std::uint32_t CaptureWriter::interface_id(const Interface& wanted) {
    const auto found = std::ranges::find(interfaces_, wanted);
    const auto id = static_cast<std::uint32_t>(found - interfaces_.begin());
    if (found == interfaces_.end()) {
        interfaces_.push_back(wanted);
        add_interface(buffer_, wanted.link_type, wanted.nanoseconds);
    }
    return id;
}

std::expected<void, CaptureError> CaptureWriter::flush() {
    const ByteVector bytes = buffer_.take();
    buffer_ = Writer{};
    if (const int error = file_.write_all(bytes); error != 0) return fail(system_error(name_, error));
    return {};
}

std::expected<void, CaptureError> CaptureWriter::close() {
    if (!file_.is_open()) return {};
    if (!failed_ && !begun_) {
        if (auto begun = begin({}); !begun) return begun;
    }
    std::expected<void, CaptureError> flushed;
    if (!failed_) flushed = flush();
    const int error = file_.close();
    if (!flushed) return flushed;
    if (error != 0) return fail(system_error(name_, error));
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

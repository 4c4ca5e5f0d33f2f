#pragma once

#include <expected>
#include <span>
#include <string>
#include <vector>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/error.h"
#include "libdiag/capture/output_file.h"
#include "libdiag/capture/pcapng_writer.h"
#include "libdiag/wire/writer.h"

namespace diag::capture {

/// What a capture will hold, as far as its format depends on it.
struct CaptureContents {
    std::vector<LinkType> link_types = {};  ///< each once
    std::uint8_t fraction_digits = 6;       ///< the most of any packet

    // For pcapng alone.
    std::string application = {};  ///< who wrote it
    std::string comment = {};      ///< on the whole
    std::vector<NamedAddress> names = {};

    void add(LinkType link_type, std::uint8_t digits);
};

/// Writes packets to a new capture file.
///
///     auto writer = CaptureWriter::create("out.pcap");
///     writer->begin(contents);      // optional
///     writer->write(packet);        // each returns an error
///     writer->close();
///
/// The format is decided once, by begin() or else by the first packet:
///  - pcapng if the name ends in ".pcapng", in capitals or not, or if begin() names more than one link type;
///  - otherwise pcap, with nanoseconds if begin() (or the first packet) has more than six digits of a second.
/// A packet whose link type does not fit into a pcap that has been begun is refused, and others can follow. After an
/// error of the disk nothing more is written. The name has the new capture from close() on, and what it had before
/// otherwise (OutputFile). "-" is standard output.
class CaptureWriter {
public:
    enum class Format : std::uint8_t { pcap, pcapng };

    static std::expected<CaptureWriter, CaptureError> create(const std::string& path);

    std::expected<void, CaptureError> begin(const CaptureContents& contents);
    /// Only pcapng has room for comments.
    std::expected<void, CaptureError> write(const PacketView& packet, std::span<const std::string> comments = {});
    /// Writes what is buffered (an empty capture if there was no packet) and closes the file.
    std::expected<void, CaptureError> close();

    Format format() const { return format_; }
    std::uint64_t packet_count() const { return packet_count_; }

private:
    /// Of a pcap: all its packets are like that.
    struct PcapKind {
        LinkType link_type{};
        bool nanoseconds = false;
    };

    CaptureWriter(OutputFile file, bool wants_pcapng) : file_{std::move(file)}, wants_pcapng_{wants_pcapng} {}
    std::expected<void, CaptureError> write_pcap_packet(const PacketView& packet);
    std::expected<void, CaptureError> write_pcapng_packet(const PacketView& packet,
                                                          std::span<const std::string> comments);
    std::expected<void, CaptureError> flush();
    std::unexpected<CaptureError> fail(CaptureError error);

    OutputFile file_;
    bool wants_pcapng_ = false;
    bool begun_ = false;
    bool failed_ = false;
    Format format_ = Format::pcap;
    PcapKind pcap_;
    PcapngWriter pcapng_;
    Writer buffer_;
    std::uint64_t packet_count_ = 0;
};

/// Whether the name says that a file is pcapng.
bool is_pcapng_name(std::string_view path);

/// Whether two paths lead to the same existing file: an output that is also an input would destroy it.
bool is_same_file(const std::string& path, const std::string& other);

}  // namespace diag::capture

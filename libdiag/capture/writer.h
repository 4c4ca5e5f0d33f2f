#pragma once

#include <expected>
#include <string>
#include <vector>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/error.h"
#include "libdiag/capture/file_descriptor.h"
#include "libdiag/wire/writer.h"

namespace diag::capture {

/// What a capture will hold, as far as its format depends on it.
struct CaptureContents {
    std::vector<LinkType> link_types;  ///< each once
    std::uint8_t fraction_digits = 6;  ///< the most of any packet

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
///  - pcapng if the name ends in ".pcapng", or if begin() names more than one link type;
///  - otherwise pcap, with nanoseconds if begin() (or the first packet) has more than six digits of a second.
/// A packet whose link type does not fit into a pcap that has been begun is refused, and others can follow. After an
/// error of the disk nothing more is written; what was written before stays where it is. An existing file is
/// overwritten, at begin() and not before. "-" is standard output.
class CaptureWriter {
public:
    enum class Format : std::uint8_t { pcap, pcapng };

    static std::expected<CaptureWriter, CaptureError> create(const std::string& path);

    std::expected<void, CaptureError> begin(const CaptureContents& contents);
    std::expected<void, CaptureError> write(const PacketView& packet);
    /// Writes what is buffered (an empty capture if there was no packet) and closes the file. Not called: the
    /// destructor tries the same and tells nobody.
    std::expected<void, CaptureError> close();

    CaptureWriter(CaptureWriter&&) noexcept = default;
    CaptureWriter& operator=(CaptureWriter&&) = delete;
    ~CaptureWriter();

    Format format() const { return format_; }
    std::uint64_t packet_count() const { return packet_count_; }

private:
    struct Interface {
        LinkType link_type;
        bool nanoseconds;
        friend bool operator==(const Interface&, const Interface&) = default;
    };

    CaptureWriter(FileDescriptor file, std::string name, bool wants_pcapng)
        : file_{std::move(file)}, name_{std::move(name)}, wants_pcapng_{wants_pcapng} {}
    std::expected<void, CaptureError> write_pcap_packet(const PacketView& packet);
    std::expected<void, CaptureError> write_pcapng_packet(const PacketView& packet);
    std::uint32_t interface_id(const Interface& wanted);
    std::expected<void, CaptureError> flush();
    std::unexpected<CaptureError> fail(CaptureError error);

    FileDescriptor file_;
    std::string name_;
    bool wants_pcapng_ = false;
    bool begun_ = false;
    bool failed_ = false;
    Format format_ = Format::pcap;
    std::vector<Interface> interfaces_;  // pcap: exactly one
    Writer buffer_;
    std::uint64_t packet_count_ = 0;
};

/// Whether two paths lead to the same existing file: an output that is also an input would destroy it.
bool is_same_file(const std::string& path, const std::string& other);

}  // namespace diag::capture

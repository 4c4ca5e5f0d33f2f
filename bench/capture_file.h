#pragma once

#include <cstdio>
#include <memory>
#include <string>

#include "libdiag/base/bytes.h"
#include "libdiag/base/time.h"

namespace diag::bench {

/// A classic pcap file (little-endian, microseconds, Ethernet), written front to back. Throws std::system_error when
/// it cannot be written.
class CaptureFile {
public:
    static constexpr std::size_t record_header_size = 16;

    explicit CaptureFile(const std::string& path);

    /// A frame that was captured whole.
    void add(Timestamp time, Bytes frame);

    /// Writes what is buffered; without it the end of the file may be missing.
    void close();

    std::uint64_t file_size() const { return file_size_; }
    std::uint64_t packet_count() const { return packet_count_; }

private:
    void write(Bytes bytes);

    struct Closer {
        void operator()(std::FILE* file) const { std::fclose(file); }
    };
    std::string path_;
    std::unique_ptr<std::FILE, Closer> file_;
    std::uint64_t file_size_ = 0;
    std::uint64_t packet_count_ = 0;
};

}  // namespace diag::bench

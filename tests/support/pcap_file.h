#pragma once

#include <bit>
#include <string>
#include <vector>

#include "libdiag/base/packet_view.h"

namespace diag::test {

/// The packets of a small capture file (pcap in all its forms, pcapng with enhanced packet blocks), read by a walk of its
/// own, so that tests of the layers below capture/ do not need it. Throws std::runtime_error for anything else.
class PcapFile {
public:
    explicit PcapFile(const std::string& path);
    const std::vector<PacketView>& packets() const { return packets_; }  ///< views into this object

    PcapFile(const PcapFile&) = delete;
    PcapFile& operator=(const PcapFile&) = delete;

private:
    void read_pcap(std::endian order, bool is_nanoseconds);
    void read_pcapng();
    void add(Bytes data, std::uint32_t original_size, LinkType link_type, std::int64_t time_ns);

    ByteVector bytes_;
    std::vector<PacketView> packets_;
};

/// Paths of all captures of the repository (captures/*.pcap), sorted. Never empty.
std::vector<std::string> capture_paths();

/// The text of a file; throws when it cannot be read.
std::string read_text(const std::string& path);

}  // namespace diag::test

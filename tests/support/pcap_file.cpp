#include "tests/support/pcap_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include "libdiag/wire/reader.h"

namespace diag::test {

std::string read_text(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) throw std::runtime_error("cannot read " + path);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<std::string> capture_paths() {
    std::vector<std::string> out;
    for (const auto& entry : std::filesystem::directory_iterator(DIAG_SOURCE_DIR "/captures"))
        if (entry.path().extension() == ".pcap") out.push_back(entry.path().string());
    if (out.empty()) throw std::runtime_error("no captures");
    std::sort(out.begin(), out.end());
    return out;
}

PcapFile::PcapFile(const std::string& path) {
    const std::string text = read_text(path);
    bytes_.assign(text.begin(), text.end());
    switch (Reader{bytes_, std::endian::little}.u32("magic")) {
        case 0xa1b2c3d4: read_pcap(std::endian::little, false); break;
        case 0xa1b23c4d: read_pcap(std::endian::little, true); break;
        case 0xd4c3b2a1: read_pcap(std::endian::big, false); break;
        case 0x4d3cb2a1: read_pcap(std::endian::big, true); break;
        case 0x0a0d0d0a: read_pcapng(); break;
        default: throw std::runtime_error(path + " is no capture");
    }
}

void PcapFile::add(Bytes data, std::uint32_t original_size, LinkType link_type, std::int64_t time_ns) {
    packets_.push_back({.number = packets_.size() + 1,
                        .time = {time_ns},
                        .link_type = link_type,
                        .original_size = original_size,
                        .data = data});
}

void PcapFile::read_pcap(std::endian order, bool is_nanoseconds) {
    Reader r{bytes_, order};
    r.skip(20, "file header");
    const auto link_type = static_cast<LinkType>(r.u32("network") & 0x0fffffffU);
    while (r.remaining() > 0) {
        const std::int64_t seconds = r.u32("ts_sec");
        const std::int64_t fraction = r.u32("ts_frac");
        const std::uint32_t captured_size = r.u32("incl_len");
        const std::uint32_t original_size = r.u32("orig_len");
        const Bytes data = r.bytes(captured_size, "packet");
        if (r.failed()) throw std::runtime_error("damaged capture");
        add(data, original_size, link_type, seconds * 1'000'000'000 + fraction * (is_nanoseconds ? 1 : 1000));
    }
}

void PcapFile::read_pcapng() {
    Reader r{bytes_, std::endian::little};
    LinkType link_type = LinkType::ethernet;
    while (r.remaining() > 0) {
        const std::uint32_t type = r.u32("block type");
        const std::uint32_t size = r.u32("block length");
        Reader block = r.sub(size < 12 ? 0 : size - 12, "block");
        if (size < 12 || r.u32("block length again") != size) throw std::runtime_error("damaged capture");
        if (type == 1) link_type = static_cast<LinkType>(block.u16("link type"));
        if (type != 6) continue;
        block.skip(4, "interface");
        const std::uint64_t high = block.u32("timestamp high");
        const auto microseconds = static_cast<std::int64_t>(high << 32U | block.u32("timestamp low"));
        const std::uint32_t captured_size = block.u32("captured length");
        const std::uint32_t original_size = block.u32("original length");
        add(block.bytes(captured_size, "packet"), original_size, link_type, microseconds * 1000);
    }
}

}  // namespace diag::test

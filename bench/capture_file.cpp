#include "bench/capture_file.h"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "libdiag/wire/writer.h"

namespace diag::bench {
namespace {

constexpr std::size_t buffer_size = 1 << 20;

void put_u32(std::uint8_t* at, std::uint64_t value) {
    for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (8 * i));
}

}  // namespace

CaptureFile::CaptureFile(const std::string& path) : path_{path}, file_{std::fopen(path.c_str(), "wb")} {
    if (!file_) throw std::system_error(errno, std::generic_category(), path_);
    std::setvbuf(file_.get(), nullptr, _IOFBF, buffer_size);

    Writer header;           // draft-ietf-opsawg-pcap, section 4
    header.u32(0xA1B2C3D4);  // microseconds
    header.u16(2);           // version 2.4
    header.u16(4);
    header.zeros(8);     // zone and accuracy, always 0
    header.u32(262144);  // snaplen
    header.u32(1);       // LINKTYPE_ETHERNET
    write(header.view());
}

void CaptureFile::add(Timestamp time, Bytes frame) {
    const auto microseconds = static_cast<std::uint64_t>(time.ns) / 1000;
    std::uint8_t record[record_header_size];
    put_u32(record, microseconds / 1'000'000);
    put_u32(record + 4, microseconds % 1'000'000);
    put_u32(record + 8, frame.size());   // bytes that follow
    put_u32(record + 12, frame.size());  // bytes on the wire
    write(record);
    write(frame);
    ++packet_count_;
}

void CaptureFile::close() {
    if (std::fclose(file_.release()) != 0) throw std::system_error(errno, std::generic_category(), path_);
}

void CaptureFile::write(Bytes bytes) {
    if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
        throw std::system_error(errno, std::generic_category(), path_);
    }
    file_size_ += bytes.size();
}

}  // namespace diag::bench

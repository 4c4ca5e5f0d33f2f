// EVTX: the sandbox around libevtx always gives a result, whatever libevtx does inside. Inputs are files without the zeros
// at their end; those are put back, and the checksums set right, so that a change gets as far as the records.

#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <span>

#include "libdiag/eventlog/read_event_file.h"

namespace {

constexpr std::size_t header_size = 4096;
constexpr std::size_t chunk_size = 65536;
constexpr std::size_t records_at = 512;  // in a chunk

void require(bool holds) {
    if (!holds) std::abort();
}

std::uint32_t crc(std::span<const std::uint8_t> bytes, std::uint32_t before = 0) {
    return static_cast<std::uint32_t>(crc32(before, bytes.data(), static_cast<uInt>(bytes.size())));
}

std::uint32_t get(std::span<const std::uint8_t> at) {
    return at[0] | at[1] << 8U | at[2] << 16U | static_cast<std::uint32_t>(at[3]) << 24U;
}

void put(std::span<std::uint8_t> at, std::uint32_t value) {
    for (std::size_t i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> 8 * i);
}

void mend(std::span<std::uint8_t> file) {
    put(file.subspan(124), crc(file.first(120)));
    const auto chunk = file.subspan(header_size);
    const std::size_t end = std::clamp<std::size_t>(get(chunk.subspan(48)), records_at, chunk_size);
    put(chunk.subspan(52), crc(chunk.subspan(records_at, end - records_at)));
    put(chunk.subspan(124), crc(chunk.subspan(128, records_at - 128), crc(chunk.first(120))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace diag;
    if (size > header_size + chunk_size) return 0;
    ByteVector file{data, data + size};
    if (size > header_size + records_at) {
        file.resize(header_size + chunk_size);
        mend(file);
    }
    const eventlog::SandboxLimits limits{.processor_time = std::chrono::seconds{2}, .time = std::chrono::seconds{5}};
    const auto log = eventlog::read_evtx(file, limits);
    if (!log) {
        require(!log.error().empty() && log.error().find('\n') == std::string::npos);
        return 0;
    }
    require(log->events.size() + log->other_count + log->unreadable_count <= chunk_size);
    for (const auto& event : log->events) require(windows::is_licensing_provider(event.provider));
    return 0;
}

#include "libdiag/capture/spool.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "libdiag/capture/byte_source.h"
#include "libdiag/capture/temporary_file.h"

namespace diag::capture {
namespace {

constexpr std::size_t buffer_size = std::size_t{256} << 10;

/// Before the bytes of each packet. Only this process reads it back, so it lies in the file as it does in memory.
struct SpoolRecord {
    std::uint64_t owner;
    std::uint64_t number;
    std::int64_t time_ns;
    std::uint32_t link_type;
    std::uint32_t original_size;
    std::uint32_t size;
    std::uint32_t fraction_digits;
};
static_assert(sizeof(SpoolRecord) == 40);

PacketView view_of(const SpoolRecord& record, Bytes data) {
    return {.number = record.number,
            .time = {record.time_ns},
            .fraction_digits = static_cast<std::uint8_t>(record.fraction_digits),
            .link_type = static_cast<LinkType>(record.link_type),
            .original_size = record.original_size,
            .data = data};
}

}  // namespace

std::expected<PacketSpool, CaptureError> PacketSpool::create(const std::string& folder) {
    auto file = open_temporary(folder);
    if (!file) return std::unexpected(file.error());
    return PacketSpool{std::move(file->file), std::move(file->folder)};
}

std::expected<void, CaptureError> PacketSpool::append(const PacketView& packet, std::uint64_t owner) {
    if (failure_) return std::unexpected(*failure_);
    const SpoolRecord record{.owner = owner,
                             .number = packet.number,
                             .time_ns = packet.time.ns,
                             .link_type = static_cast<std::uint32_t>(packet.link_type),
                             .original_size = packet.original_size,
                             .size = static_cast<std::uint32_t>(packet.data.size()),
                             .fraction_digits = packet.fraction_digits};
    std::uint8_t raw[sizeof record];
    std::memcpy(raw, &record, sizeof record);
    buffer_.insert(buffer_.end(), raw, raw + sizeof raw);
    buffer_.insert(buffer_.end(), packet.data.begin(), packet.data.end());
    size_ += sizeof record + packet.data.size();
    ++packet_count_;
    return buffer_.size() >= buffer_size ? flush() : std::expected<void, CaptureError>{};
}

std::expected<void, CaptureError> PacketSpool::flush() {
    if (failure_) return std::unexpected(*failure_);
    const int error = file_.write_all(buffer_);
    buffer_.clear();
    if (error == 0) return {};
    failure_ = system_error(folder_, error);
    failure_->message =
        "cannot keep packets in a temporary file (set TMPDIR to a folder with space): " + failure_->message;
    return std::unexpected(*failure_);
}

/// Calls use(owner, packet) for each packet of the owners until it returns an error, reading the file from its
/// beginning.
template <class Use>
std::expected<void, CaptureError> PacketSpool::for_each(const std::unordered_set<std::uint64_t>& owners, Use use) {
    if (::lseek(file_.get(), 0, SEEK_SET) < 0) return std::unexpected(read_failure(errno));
    ByteSource source = ByteSource::from_file(FileDescriptor::borrow(file_.get()));
    std::expected<void, CaptureError> result;
    for (std::uint64_t i = 0; i < packet_count_ && result; ++i) {
        SpoolRecord record{};
        if (!source.need(sizeof record)) return std::unexpected(read_failure(EIO));
        std::memcpy(&record, source.data(), sizeof record);
        const std::size_t size = sizeof record + record.size;
        if (!source.need(size)) return std::unexpected(read_failure(EIO));
        if (owners.contains(record.owner))
            result = use(record.owner, view_of(record, source.view().subspan(sizeof record, record.size)));
        source.skip(size);
    }
    if (::lseek(file_.get(), 0, SEEK_END) < 0) return std::unexpected(read_failure(errno));
    return result;
}

std::expected<std::uint64_t, CaptureError> PacketSpool::replay(const std::unordered_set<std::uint64_t>& owners,
                                                               CaptureWriter& writer, CaptureContents contents,
                                                               const CommentsOf& comments_of) {
    if (auto flushed = flush(); !flushed) return std::unexpected(flushed.error());
    const auto survey = [&](std::uint64_t, const PacketView& packet) -> std::expected<void, CaptureError> {
        contents.add(packet.link_type, packet.fraction_digits);
        return {};
    };
    if (auto done = for_each(owners, survey); !done) return std::unexpected(done.error());
    if (auto begun = writer.begin(contents); !begun) return std::unexpected(begun.error());

    std::uint64_t written_count = 0;
    const auto write = [&](std::uint64_t owner, const PacketView& packet) {
        ++written_count;
        return comments_of ? writer.write(packet, comments_of(owner, packet.number)) : writer.write(packet);
    };
    if (auto done = for_each(owners, write); !done) return std::unexpected(done.error());
    return written_count;
}

std::expected<void, CaptureError> PacketSpool::visit(const std::unordered_set<std::uint64_t>& owners,
                                                     const Visit& show) {
    if (auto flushed = flush(); !flushed) return flushed;
    return for_each(owners,
                    [&show](std::uint64_t owner, const PacketView& packet) -> std::expected<void, CaptureError> {
                        show(owner, packet);
                        return {};
                    });
}

CaptureError PacketSpool::read_failure(int error_number) const {
    CaptureError error = system_error(folder_, error_number);
    error.message = "cannot read the temporary file back: " + error.message;
    return error;
}

}  // namespace diag::capture

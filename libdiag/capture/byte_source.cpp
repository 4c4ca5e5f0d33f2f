#include "libdiag/capture/byte_source.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "libdiag/wire/reader.h"

namespace diag::capture {
namespace {

constexpr std::uint8_t gzip_magic[] = {0x1F, 0x8B, 0x08};  // the third byte: deflate, the only method there is
constexpr std::uint32_t zstd_magic = 0xFD2FB528;
constexpr std::uint32_t zstd_skippable_magic = 0x184D2A50;  // the last four bits are free

bool is_gzip(Bytes bytes) { return std::ranges::equal(head(bytes, sizeof gzip_magic), gzip_magic); }

bool is_zstd(Bytes bytes) {
    Reader r{bytes, std::endian::little};
    const std::uint32_t magic = r.u32("magic");
    return magic == zstd_magic || (magic & 0xFFFFFFF0) == zstd_skippable_magic;
}

}  // namespace

std::expected<ByteSource, CaptureError> ByteSource::open(const std::string& path) {
    const bool is_stdin = path == "-";
    if (is_stdin && ::isatty(STDIN_FILENO)) {
        return std::unexpected(CaptureError{CaptureError::Kind::not_a_capture,
                                            "standard input is a terminal: name a file, or pipe a capture into it"});
    }
    const int fd = is_stdin ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
    const auto failed = [&](int number) {
        return std::unexpected(system_error(is_stdin ? "standard input" : path, number));
    };
    if (fd < 0) return failed(errno);
    FileDescriptor file = is_stdin ? FileDescriptor::borrow(fd) : FileDescriptor{fd};

    struct stat status {};
    if (::fstat(fd, &status) != 0) return failed(errno);
    if (S_ISDIR(status.st_mode)) return failed(EISDIR);
    ByteSource source = from_file(std::move(file));
    if (S_ISREG(status.st_mode)) {
        source.total_size_ = static_cast<std::uint64_t>(status.st_size);
        ::posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);  // reads further ahead; nothing is lost if it is refused
    }
    source.undo_compression();
    return source;
}

ByteSource ByteSource::from_file(FileDescriptor file) {
    ByteSource source;
    source.stream_ = std::make_unique<FileStream>(std::move(file));
    return source;
}

ByteSource ByteSource::from_memory(Bytes bytes) {
    ByteSource source;
    source.total_size_ = bytes.size();
    if (is_gzip(bytes) || is_zstd(bytes)) {
        source.stream_ = std::make_unique<MemoryStream>(bytes);
        source.undo_compression();
    } else {
        source.at_ = bytes.data();
        source.end_ = source.at_ + bytes.size();
        source.end_offset_ = bytes.size();
    }
    return source;
}

void ByteSource::undo_compression() {
    need(sizeof zstd_magic);
    const bool gzip = is_gzip(view());
    if (!gzip && !is_zstd(view())) return;
    ByteVector head{at_, end_};
    at_ = end_ = nullptr;
    end_offset_ = 0;
    compression_ = gzip ? "gzip" : "zstd";
    stream_ = gzip ? make_gzip_stream(std::move(stream_), std::move(head))
                   : make_zstd_stream(std::move(stream_), std::move(head));
}

bool ByteSource::refill(std::size_t size) {
    if (!stream_) return false;
    const std::size_t kept = this->size();
    if (capacity_ == 0 || (capacity_ > buffer_size && size <= buffer_size)) {
        resize_buffer(buffer_size);  // the first one, or the return from a large record
    } else if (kept > 0) {
        std::memmove(buffer_.get(), at_, kept);
        at_ = buffer_.get();
        end_ = at_ + kept;
    }
    std::size_t filled = kept;
    while (filled < size) {
        // Twice as much only after the bytes have come that fill it: a length field alone costs nothing.
        if (filled == capacity_) resize_buffer(std::min(2 * capacity_, std::max(size, buffer_size)));
        const std::size_t added = stream_->read({buffer_.get() + filled, capacity_ - filled});
        if (added == 0) break;
        filled += added;
        end_offset_ += added;
        at_ = buffer_.get();
        end_ = at_ + filled;
    }
    return filled >= size;
}

/// A buffer of `capacity` bytes, which hold what is at hand.
void ByteSource::resize_buffer(std::size_t capacity) {
    auto larger = std::make_unique_for_overwrite<std::uint8_t[]>(capacity);
    const std::size_t kept = size();
    if (kept > 0) std::memcpy(larger.get(), at_, kept);
    buffer_ = std::move(larger);
    capacity_ = capacity;
    at_ = buffer_.get();
    end_ = at_ + kept;
}

bool ByteSource::discard(std::uint64_t size) {
    while (size > this->size()) {
        size -= this->size();
        at_ = end_;
        if (!refill(1)) return false;
    }
    skip(static_cast<std::size_t>(size));
    return true;
}

std::string ByteSource::describe_end(std::string_view inside, std::uint64_t there, std::uint64_t wanted) const {
    std::string why = failure();
    if (there == 0 && !why.empty()) return why;
    return fmt::format("the file ends inside {}, after {} of {} bytes{}{}", inside, there, wanted,
                       why.empty() ? "" : ": ", why);
}

}  // namespace diag::capture

#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"
#include "libdiag/capture/byte_stream.h"
#include "libdiag/capture/error.h"

namespace diag::capture {

/// The bytes of a capture in order, seen through one buffer: whoever reads parses them in place. gzip and zstd are
/// undone on the way, recognised by their first bytes.
///
///     while (source.need(header_size)) {          // at least that much at data()
///         const std::size_t size = size_in(source.view());
///         if (!source.need(size)) break;          // cut off: failure() may say why
///         use(source.view().first(size));         // valid until the next need() or discard()
///         source.skip(size);
///     }
///
/// Memory: one buffer of `buffer_size`, which grows only while a caller needs more at once and the bytes really arrive;
/// with gzip another 200 KiB, with zstd at most 9 MiB.
class ByteSource {
public:
    /// Fits a second-level cache, so that the kernel's copy is still there when it is parsed.
    static constexpr std::size_t buffer_size = std::size_t{256} << 10;

    /// `path` or "-" for standard input. Errors: those of open(2), a directory, a terminal as standard input.
    static std::expected<ByteSource, CaptureError> open(const std::string& path);

    /// Bytes that the caller keeps unchanged as long as the source lives; uncompressed ones are not copied.
    static ByteSource from_memory(Bytes bytes);

    /// An open file from where it stands, as it is, without looking for compression.
    static ByteSource from_file(FileDescriptor file);

    const std::uint8_t* data() const { return at_; }
    std::size_t size() const { return static_cast<std::size_t>(end_ - at_); }  ///< bytes at hand
    Bytes view() const { return {at_, end_}; }

    /// Makes at least `size` bytes available at data(). False if the input ends (or fails) before; what there is stays.
    bool need(std::size_t size) { return size <= this->size() || refill(size); }

    /// Moves on by `size` <= size() bytes.
    void skip(std::size_t size) { at_ += size; }

    /// Moves on by any number of bytes without keeping them. False if the input ends before.
    bool discard(std::uint64_t size);

    /// Where data() stands in the uncompressed input.
    std::uint64_t offset() const { return end_offset_ - size(); }

    /// After need() has failed: what is missing. "the file ends inside a packet, after 40 of 1514 bytes", or what the
    /// stream says of its own trouble. `there` and `wanted` are bytes of the record that `inside` names.
    std::string describe_end(std::string_view inside, std::uint64_t there, std::uint64_t wanted) const;

    std::string failure() const { return stream_ ? stream_->failure() : std::string{}; }
    std::string_view compression() const { return compression_; }  ///< "", "gzip" or "zstd"
    std::uint64_t bytes_read() const { return stream_ ? stream_->bytes_read() : end_offset_; }
    std::optional<std::uint64_t> total_size() const { return total_size_; }  ///< of the file, compressed; not of a pipe

private:
    ByteSource() = default;
    void undo_compression();
    bool refill(std::size_t size);
    void resize_buffer(std::size_t capacity);

    const std::uint8_t* at_ = nullptr;
    const std::uint8_t* end_ = nullptr;
    std::uint64_t end_offset_ = 0;
    std::unique_ptr<ByteStream> stream_;  // null: everything is at hand
    std::unique_ptr<std::uint8_t[]> buffer_;
    std::size_t capacity_ = 0;
    std::string_view compression_;
    std::optional<std::uint64_t> total_size_;
};

}  // namespace diag::capture

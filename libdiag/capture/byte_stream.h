#pragma once

#include <memory>
#include <span>
#include <string>

#include "libdiag/base/bytes.h"
#include "libdiag/capture/file_descriptor.h"

namespace diag::capture {

/// Bytes in order from somewhere: a file, memory, a decompressor over another stream.
class ByteStream {
public:
    virtual ~ByteStream() = default;

    /// Puts up to out.size() bytes (at least one asked for) into `out` and returns how many. 0 is the end or a failure.
    /// What could still be had before a failure is given first.
    virtual std::size_t read(std::span<std::uint8_t> out) = 0;

    /// Bytes taken from the file so far, as they stand in it (compressed).
    virtual std::uint64_t bytes_read() const = 0;

    /// Why the stream ended too early; empty otherwise.
    const std::string& failure() const { return failure_; }

protected:
    std::string failure_;
};

/// Reads a file, a pipe or a device with read(2).
class FileStream final : public ByteStream {
public:
    explicit FileStream(FileDescriptor file) : file_{std::move(file)} {}
    std::size_t read(std::span<std::uint8_t> out) override;
    std::uint64_t bytes_read() const override { return bytes_read_; }

private:
    FileDescriptor file_;
    std::uint64_t bytes_read_ = 0;
};

/// Reads bytes that somebody else keeps as long as the stream lives.
class MemoryStream final : public ByteStream {
public:
    explicit MemoryStream(Bytes bytes) : bytes_{bytes} {}
    std::size_t read(std::span<std::uint8_t> out) override;
    std::uint64_t bytes_read() const override { return bytes_read_; }

private:
    Bytes bytes_;
    std::uint64_t bytes_read_ = 0;
};

/// What a decompressor reads from: the bytes that were read to recognise the format, then the rest of a stream.
class CompressedInput {
public:
    static constexpr std::size_t buffer_size = std::size_t{128} << 10;

    CompressedInput(std::unique_ptr<ByteStream> stream, ByteVector head);

    /// Bytes at hand; never empty before the end of the input, so empty means that there are no more.
    Bytes peek();
    void skip(std::size_t size) { at_ += size; }
    /// Makes at least `size` (up to buffer_size) bytes available to peek(); false if the input ends before.
    bool need(std::size_t size);

    std::uint64_t bytes_read() const { return stream_->bytes_read(); }
    const std::string& failure() const { return stream_->failure(); }

private:
    std::unique_ptr<ByteStream> stream_;
    ByteVector buffer_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
};

/// gzip: one member or several, one after the other (RFC 1952 2.2). `head` are the first bytes of the input.
std::unique_ptr<ByteStream> make_gzip_stream(std::unique_ptr<ByteStream> input, ByteVector head);

/// zstd: one frame or several, skippable frames included (RFC 8878 3.1). Frames that need a window of more than 8 MiB
/// (zstd --ultra or --long) fail.
std::unique_ptr<ByteStream> make_zstd_stream(std::unique_ptr<ByteStream> input, ByteVector head);

}  // namespace diag::capture

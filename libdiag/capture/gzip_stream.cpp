#include <zlib.h>

#include <algorithm>
#include <limits>

#include "libdiag/capture/byte_stream.h"

namespace diag::capture {
namespace {

constexpr std::uint8_t gzip_magic[] = {0x1F, 0x8B};
constexpr int gzip_window_bits = 15 + 16;  // the largest window; 16 asks zlib for the gzip wrapper and nothing else

class GzipStream final : public ByteStream {
public:
    GzipStream(std::unique_ptr<ByteStream> input, ByteVector head) : input_{std::move(input), std::move(head)} {
        if (inflateInit2(&zlib_, gzip_window_bits) != Z_OK) failure_ = "cannot start zlib";
        started_ = failure_.empty();
    }
    ~GzipStream() override {
        if (started_) inflateEnd(&zlib_);
    }
    GzipStream(const GzipStream&) = delete;  // zlib's state points back at zlib_
    GzipStream& operator=(const GzipStream&) = delete;

    std::size_t read(std::span<std::uint8_t> out) override;
    std::uint64_t bytes_read() const override { return input_.bytes_read(); }

private:
    bool start_next_member();
    void fail(std::string why) { failure_ = std::move(why); }

    CompressedInput input_;
    z_stream zlib_{};
    bool started_ = false;
    bool in_member_ = true;
};

std::size_t GzipStream::read(std::span<std::uint8_t> out) {
    std::size_t size = 0;
    // Every turn takes input or gives output, so the loop ends with the input at the latest.
    while (size == 0 && failure_.empty()) {
        if (!in_member_ && !start_next_member()) break;
        const Bytes in = input_.peek();
        if (in.empty()) {
            fail(input_.failure().empty() ? "the gzip stream is cut off" : input_.failure());
            break;
        }
        constexpr std::size_t most = std::numeric_limits<uInt>::max();
        zlib_.next_in = const_cast<Bytef*>(in.data());  // zlib only reads it, but its C interface does not say so
        zlib_.avail_in = static_cast<uInt>(std::min(in.size(), most));
        zlib_.next_out = out.data();
        zlib_.avail_out = static_cast<uInt>(std::min(out.size(), most));
        const uInt offered = zlib_.avail_in;
        const uInt room = zlib_.avail_out;
        const int result = inflate(&zlib_, Z_NO_FLUSH);
        input_.skip(offered - zlib_.avail_in);
        size = room - zlib_.avail_out;
        if (result == Z_STREAM_END) {
            in_member_ = false;
        } else if (result != Z_OK) {
            fail(std::string{"the gzip stream is damaged ("} + (zlib_.msg ? zlib_.msg : zError(result)) + ")");
        }
    }
    return size;
}

/// Behind a member: another one, the end, or zeros up to the end (tapes and block devices pad with them).
bool GzipStream::start_next_member() {
    if (input_.need(sizeof gzip_magic) && std::ranges::equal(head(input_.peek(), sizeof gzip_magic), gzip_magic)) {
        inflateReset(&zlib_);
        in_member_ = true;
        return true;
    }
    for (Bytes rest = input_.peek(); !rest.empty(); rest = input_.peek()) {
        if (std::ranges::any_of(rest, [](std::uint8_t byte) { return byte != 0; })) {
            fail("bytes that are not gzip follow the gzip stream");
            return false;
        }
        input_.skip(rest.size());
    }
    if (!input_.failure().empty()) fail(input_.failure());
    return false;
}

}  // namespace

std::unique_ptr<ByteStream> make_gzip_stream(std::unique_ptr<ByteStream> input, ByteVector head) {
    return std::make_unique<GzipStream>(std::move(input), std::move(head));
}

}  // namespace diag::capture

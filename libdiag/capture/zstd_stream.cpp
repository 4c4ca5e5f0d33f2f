#include <zstd.h>
#include <zstd_errors.h>

#include "libdiag/capture/byte_stream.h"

namespace diag::capture {
namespace {

// The decoder keeps a window of this size and little else. 8 MiB is what `zstd -19` uses at most, and what RFC 8878
// 3.1.1.1.2 recommends every decoder to support.
constexpr int window_log_limit = 23;

struct FreeDecoder {
    void operator()(ZSTD_DStream* decoder) const { ZSTD_freeDStream(decoder); }
};

class ZstdStream final : public ByteStream {
public:
    ZstdStream(std::unique_ptr<ByteStream> input, ByteVector head)
        : input_{std::move(input), std::move(head)}, decoder_{ZSTD_createDStream()} {
        if (!decoder_ || ZSTD_isError(ZSTD_DCtx_setParameter(decoder_.get(), ZSTD_d_windowLogMax, window_log_limit)))
            failure_ = "cannot start zstd";
        else
            next_size_ = frame_start_size_ = ZSTD_initDStream(decoder_.get());
    }

    std::size_t read(std::span<std::uint8_t> out) override;
    std::uint64_t bytes_read() const override { return input_.bytes_read(); }

private:
    std::string reason(std::size_t result) const;

    CompressedInput input_;
    std::unique_ptr<ZSTD_DStream, FreeDecoder> decoder_;
    std::size_t frame_start_size_ = 0;
    std::size_t next_size_ = 0;  // bytes that zstd wants next: the rest of a header or of one block
    bool in_frame_ = false;
};

std::size_t ZstdStream::read(std::span<std::uint8_t> out) {
    ZSTD_outBuffer output{out.data(), out.size(), 0};
    // Every turn takes input, gives output or ends; zstd itself refuses to be called without progress again and again.
    while (output.pos == 0 && failure_.empty()) {
        const Bytes in = input_.peek();
        if (in.empty() && !in_frame_) {
            failure_ = input_.failure();
            break;
        }
        // One block at a time: a call that fails forgets all that it had decoded before.
        ZSTD_inBuffer input{in.data(), head(in, next_size_).size(), 0};
        const std::size_t result = ZSTD_decompressStream(decoder_.get(), &output, &input);
        input_.skip(input.pos);
        if (ZSTD_isError(result)) {
            failure_ = reason(result);
        } else {
            in_frame_ = result != 0;  // 0: a frame is complete and flushed
            next_size_ = in_frame_ ? result : frame_start_size_;
            if (in.empty() && output.pos == 0 && in_frame_)
                failure_ = input_.failure().empty() ? "the zstd stream is cut off" : input_.failure();
        }
    }
    return output.pos;
}

std::string ZstdStream::reason(std::size_t result) const {
    switch (ZSTD_getErrorCode(result)) {
        case ZSTD_error_frameParameter_windowTooLarge:
            return "the zstd frame needs a window of more than 8 MiB: decompress it first (zstd -d --long=31)";
        case ZSTD_error_prefix_unknown: return "bytes that are not zstd follow the zstd stream";
        default: return std::string{"the zstd stream is damaged ("} + ZSTD_getErrorName(result) + ")";
    }
}

}  // namespace

std::unique_ptr<ByteStream> make_zstd_stream(std::unique_ptr<ByteStream> input, ByteVector head) {
    return std::make_unique<ZstdStream>(std::move(input), std::move(head));
}

}  // namespace diag::capture

#include "libdiag/capture/byte_stream.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace diag::capture {

std::size_t FileStream::read(std::span<std::uint8_t> out) {
    if (!failure_.empty()) return 0;
    const std::ptrdiff_t size = file_.read_some(out);
    if (size < 0) {
        failure_ = std::string{"cannot read on: "} + std::strerror(errno);
        return 0;
    }
    bytes_read_ += static_cast<std::uint64_t>(size);
    return static_cast<std::size_t>(size);
}

std::size_t MemoryStream::read(std::span<std::uint8_t> out) {
    const Bytes given = head(bytes_, out.size());
    std::copy(given.begin(), given.end(), out.begin());
    bytes_ = bytes_.subspan(given.size());
    bytes_read_ += given.size();
    return given.size();
}

CompressedInput::CompressedInput(std::unique_ptr<ByteStream> stream, ByteVector head)
    : stream_{std::move(stream)}, buffer_{std::move(head)}, end_{buffer_.size()} {
    buffer_.resize(std::max(buffer_.size(), buffer_size));
}

Bytes CompressedInput::peek() {
    if (at_ == end_) {
        at_ = 0;
        end_ = stream_->read(buffer_);
    }
    return Bytes{buffer_}.subspan(at_, end_ - at_);
}

bool CompressedInput::need(std::size_t size) {
    if (size > buffer_.size()) return false;
    while (end_ - at_ < size) {
        std::move(buffer_.begin() + static_cast<std::ptrdiff_t>(at_),
                  buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
        end_ -= std::exchange(at_, 0);
        const std::size_t added = stream_->read(std::span{buffer_}.subspan(end_));
        if (added == 0) return false;
        end_ += added;
    }
    return true;
}

}  // namespace diag::capture

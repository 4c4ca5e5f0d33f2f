#include "libdiag/capture/piece_file.h"

#include <unistd.h>

#include <cerrno>

namespace diag::capture {
namespace {

constexpr std::size_t buffer_size = std::size_t{64} << 10;

/// 0, or the error number; EIO when the file ends too early.
int read_at(int fd, std::span<std::uint8_t> out, std::uint64_t offset) {
    while (!out.empty()) {
        const ssize_t size = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
        if (size < 0 && errno == EINTR) continue;
        if (size < 0) return errno;
        if (size == 0) return EIO;
        out = out.subspan(static_cast<std::size_t>(size));
        offset += static_cast<std::uint64_t>(size);
    }
    return 0;
}

}  // namespace

std::expected<PieceFile, CaptureError> PieceFile::create(const std::string& folder) {
    auto file = open_temporary(folder);
    if (!file) return std::unexpected(file.error());
    return PieceFile{std::move(*file)};
}

std::expected<PieceFile::Piece, CaptureError> PieceFile::append(Bytes bytes) {
    const Piece piece{.offset = written_size_ + buffer_.size(), .size = bytes.size()};
    buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    if (buffer_.size() >= buffer_size)
        if (auto done = flush(); !done) return std::unexpected(done.error());
    return piece;
}

std::expected<ByteVector, CaptureError> PieceFile::read(const Piece& piece) {
    if (auto done = flush(); !done) return std::unexpected(done.error());
    ByteVector bytes(piece.size);
    if (const int error = read_at(file_.get(), bytes, piece.offset); error != 0)
        return failure("cannot read the temporary file back: ", error);
    return bytes;
}

std::expected<void, CaptureError> PieceFile::flush() {
    if (buffer_.empty()) return {};
    if (const int error = file_.write_all(buffer_); error != 0)
        return failure("cannot write a temporary file (set TMPDIR to a folder with space): ", error);
    written_size_ += buffer_.size();
    buffer_.clear();
    return {};
}

std::unexpected<CaptureError> PieceFile::failure(std::string_view what, int error_number) const {
    CaptureError error = system_error(folder_, error_number);
    error.message.insert(0, what);
    return std::unexpected(std::move(error));
}

}  // namespace diag::capture

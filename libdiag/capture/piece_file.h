#pragma once

#include <cstdint>

#include "libdiag/capture/temporary_file.h"

namespace diag::capture {

/// Pieces of bytes in a temporary file, to be read again in any order. Memory: one buffer of 64 KiB.
class PieceFile {
public:
    struct Piece {
        std::uint64_t offset = 0;
        std::uint64_t size = 0;
    };

    static std::expected<PieceFile, CaptureError> create(const std::string& folder = {});

    /// A full disk is an error that names the folder.
    std::expected<Piece, CaptureError> append(Bytes bytes);
    std::expected<ByteVector, CaptureError> read(const Piece& piece);

private:
    explicit PieceFile(TemporaryFile file) : file_{std::move(file.file)}, folder_{std::move(file.folder)} {}
    std::expected<void, CaptureError> flush();
    std::unexpected<CaptureError> failure(std::string_view what, int error_number) const;

    FileDescriptor file_;
    std::string folder_;
    ByteVector buffer_;  // behind what the file has
    std::uint64_t written_size_ = 0;
};

}  // namespace diag::capture

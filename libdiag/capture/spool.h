#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <unordered_set>

#include "libdiag/base/packet_view.h"
#include "libdiag/capture/error.h"
#include "libdiag/capture/file_descriptor.h"
#include "libdiag/capture/writer.h"

namespace diag::capture {

/// Packets set aside in a temporary file until it is known which of them are wanted: those of a conversation can be
/// written out only when it has ended and turned out to be one of the selected.
///
///     auto spool = PacketSpool::create();
///     spool->append(packet, connection_serial);
///     spool->replay(selected_serials, *writer);
///
/// The file has no name, so it is gone with the process however that ends; it lies in $TMPDIR, or else in /var/tmp,
/// since /tmp may be memory. Memory: one buffer of 256 KiB, whatever is appended.
class PacketSpool {
public:
    /// `folder`: empty for the default.
    static std::expected<PacketSpool, CaptureError> create(const std::string& folder = {});

    /// A full disk is an error that names the folder. After an error nothing more is kept and nothing can be replayed.
    std::expected<void, CaptureError> append(const PacketView& packet, std::uint64_t owner);

    /// The comments of a packet, by its owner and the number that it had.
    using CommentsOf = std::function<std::span<const std::string>(std::uint64_t owner, std::uint64_t number)>;

    /// Writes the packets whose owner is in `owners`, in the order of append(), and returns how many. Begins the writer
    /// with exactly what they need, and with the texts of `contents`, unless it has been begun. The spool stays as it is;
    /// it can be replayed and appended to again.
    std::expected<std::uint64_t, CaptureError> replay(const std::unordered_set<std::uint64_t>& owners,
                                                      CaptureWriter& writer, CaptureContents contents = {},
                                                      const CommentsOf& comments_of = {});

    using Visit = std::function<void(std::uint64_t owner, const PacketView& packet)>;

    /// Shows the packets whose owner is in `owners`, in the order of append(). The spool stays as it is.
    std::expected<void, CaptureError> visit(const std::unordered_set<std::uint64_t>& owners, const Visit& show);

    std::uint64_t packet_count() const { return packet_count_; }
    std::uint64_t size() const { return size_; }  ///< bytes on the disk and in the buffer

private:
    PacketSpool(FileDescriptor file, std::string folder) : file_{std::move(file)}, folder_{std::move(folder)} {}
    std::expected<void, CaptureError> flush();
    template <class Use>
    std::expected<void, CaptureError> for_each(const std::unordered_set<std::uint64_t>& owners, Use use);
    CaptureError read_failure(int error_number) const;

    FileDescriptor file_;
    std::string folder_;
    ByteVector buffer_;
    std::uint64_t packet_count_ = 0;
    std::uint64_t size_ = 0;
    std::optional<CaptureError> failure_;  // of the first write that failed
};

}  // namespace diag::capture

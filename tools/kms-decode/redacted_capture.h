#pragma once

#include <expected>
#include <list>
#include <unordered_map>

#include "libdiag/capture/piece_file.h"
#include "libdiag/capture/spool.h"
#include "libdiag/redact/capture_rewriter.h"

namespace diag::tool {

/// One capture on its way through both passes of redaction, in temporary files.
///
///     auto capture = RedactedCapture::create();
///     capture->read(options, codec, pseudonyms, [&](const auto& take) { while (reader.next(packet)) take(packet); });
///     capture->replay(pseudonyms, [&](const PacketView& redacted) { decoder.on_packet(redacted); });
class RedactedCapture : private redact::PacketShelf, private redact::EditShelf {
public:
    using Take = std::function<void(const PacketView&)>;

    static std::expected<RedactedCapture, capture::CaptureError> create();

    /// `feed` hands all packets to what it is given.
    void read(const dissect::TrackerOptions& options, kms::Codec& codec, const redact::Pseudonyms& pseudonyms,
              const std::function<void(const Take&)>& feed);

    /// The packets of the redacted capture, with the numbers that they had. `is_over`: nobody wants more.
    std::expected<void, capture::CaptureError> replay(const redact::Pseudonyms& pseudonyms, const Take& take,
                                                      const std::function<bool()>& is_over);

private:
    static constexpr std::size_t max_cached_size = std::size_t{16} << 20;  // bytes of edits at hand

    struct Cached {
        std::uint64_t serial = 0;
        redact::StreamEdits edits;
        std::size_t size = 0;
    };

    RedactedCapture(capture::PacketSpool packets, capture::PieceFile edits)
        : packets_{std::move(packets)}, edits_{std::move(edits)} {}
    void put(std::uint64_t owner, const PacketView& packet) override;
    void put(std::uint64_t serial, const redact::StreamEdits& edits) override;
    const redact::StreamEdits* of(std::uint64_t serial) override;
    void load(std::uint64_t serial, std::span<const capture::PieceFile::Piece> pieces);

    capture::PacketSpool packets_;
    capture::PieceFile edits_;
    std::unordered_map<std::uint64_t, std::vector<capture::PieceFile::Piece>> pieces_;  ///< by connection
    std::list<Cached> cache_;                                                           ///< the latest first
    std::unordered_map<std::uint64_t, std::list<Cached>::iterator> cached_;
    std::size_t cached_size_ = 0;
    std::unique_ptr<redact::Collector> collector_;
    std::optional<capture::CaptureError> failure_;
};

}  // namespace diag::tool

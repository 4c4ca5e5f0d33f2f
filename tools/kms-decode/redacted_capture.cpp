#include "tools/kms-decode/redacted_capture.h"

namespace diag::tool {

std::expected<RedactedCapture, capture::CaptureError> RedactedCapture::create() {
    auto packets = capture::PacketSpool::create();
    if (!packets) return std::unexpected(packets.error());
    auto edits = capture::PieceFile::create();
    if (!edits) return std::unexpected(edits.error());
    return RedactedCapture{std::move(*packets), std::move(*edits)};
}

void RedactedCapture::read(const dissect::TrackerOptions& options, kms::Codec& codec,
                           const redact::Pseudonyms& pseudonyms, const std::function<void(const Take&)>& feed) {
    redact::PacketShelf& packets = *this;
    redact::EditShelf& edits = *this;
    collector_ = std::make_unique<redact::Collector>(options, codec, pseudonyms, packets, edits);
    feed([this](const PacketView& packet) { collector_->on_packet(packet); });
    collector_->finish();
}

std::expected<void, capture::CaptureError> RedactedCapture::replay(const redact::Pseudonyms& pseudonyms,
                                                                   const Take& take,
                                                                   const std::function<bool()>& is_over) {
    redact::CaptureRewriter rewriter{*collector_, pseudonyms, *this};
    if (collector_->has_fragments() && !failure_) {
        const auto done = packets_.visit(collector_->owners(), [&](std::uint64_t owner, const PacketView& packet) {
            rewriter.read_fragment(owner, packet);
        });
        if (!done) return done;
    }
    if (!failure_) {
        const auto done = packets_.visit(collector_->owners(), [&](std::uint64_t owner, const PacketView& packet) {
            if (!failure_ && !is_over()) rewriter.rewrite(owner, packet, take);
        });
        if (!done) return done;
    }
    if (failure_) return std::unexpected(*failure_);
    return {};
}

void RedactedCapture::put(std::uint64_t owner, const PacketView& packet) {
    if (failure_) return;
    if (auto done = packets_.append(packet, owner); !done) failure_ = done.error();
}

void RedactedCapture::put(std::uint64_t serial, const redact::StreamEdits& edits) {
    if (failure_) return;
    const auto piece = edits_.append(redact::encode_edits(edits));
    if (!piece) {
        failure_ = piece.error();
        return;
    }
    pieces_[serial].push_back(*piece);
}

const redact::StreamEdits* RedactedCapture::of(std::uint64_t serial) {
    if (const auto found = cached_.find(serial); found != cached_.end()) {
        cache_.splice(cache_.begin(), cache_, found->second);
        return &found->second->edits;
    }
    const auto pieces = pieces_.find(serial);
    if (pieces == pieces_.end() || failure_) return nullptr;
    load(serial, pieces->second);
    return &cache_.front().edits;
}

void RedactedCapture::load(std::uint64_t serial, std::span<const capture::PieceFile::Piece> pieces) {
    Cached& cached = cache_.emplace_front();
    cached.serial = serial;
    for (const auto& piece : pieces) {
        const auto bytes = edits_.read(piece);
        if (!bytes) {
            failure_ = bytes.error();
            break;
        }
        cached.size += bytes->size();
        if (auto edits = redact::decode_edits(*bytes)) cached.edits.append(std::move(*edits));
    }
    cached.edits.sort();
    cached_.emplace(serial, cache_.begin());
    cached_size_ += cached.size;
    while (cached_size_ > max_cached_size && cache_.size() > 1) {
        cached_size_ -= cache_.back().size;
        cached_.erase(cache_.back().serial);
        cache_.pop_back();
    }
}

}  // namespace diag::tool

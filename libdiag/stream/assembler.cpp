#include "libdiag/stream/assembler.h"

#include <algorithm>
#include <limits>

namespace diag::stream {
namespace {

// A direction may carry as many cut packets; more are taken as lost. Bounds memory on a hostile capture.
constexpr std::size_t max_cuts = 4096;

std::int64_t end_of(const Piece& piece) { return piece.offset + piece.size; }

}  // namespace

const Piece* Flat::piece_at(std::int64_t offset) const {
    const auto after = std::upper_bound(pieces.begin(), pieces.end(), offset,
                                        [](std::int64_t at, const Piece& p) { return at < p.offset; });
    return after == pieces.begin() ? nullptr : &*(after - 1);
}

void Assembler::set_start(std::uint32_t sequence) {
    if (start_known_) return;
    start_known_ = true;
    if (!anchored_) {
        anchored_ = true;
        anchor_sequence_ = sequence;
        anchor_offset_ = 0;
        return;
    }
    // The SYN came after data (reordered capture): count from it.
    const std::int64_t shift = -*offset_of(sequence);
    for (Piece& p : pieces_) p.offset += shift;
    for (Range& r : cuts_) r = {r.begin + shift, r.end + shift};
    if (end_) *end_ += shift;
    if (acknowledged_) *acknowledged_ += shift;
    anchor_offset_ += shift;
    low_ = 0;
    std::erase_if(pieces_, [](const Piece& p) { return p.offset < 0; });
}

std::optional<std::int64_t> Assembler::offset_of(std::uint32_t sequence) const {
    if (!anchored_) return std::nullopt;
    return anchor_offset_ + static_cast<std::int32_t>(sequence - anchor_sequence_);
}

std::int64_t Assembler::place(std::uint32_t sequence) {
    if (!anchored_) {
        anchored_ = true;
        anchor_sequence_ = sequence;
        anchor_offset_ = 0;
    }
    return *offset_of(sequence);
}

void Assembler::add(const Segment& segment) {
    if (segment.payload_size == 0) return;
    const std::int64_t offset = place(segment.sequence);
    const std::int64_t sent_end = offset + segment.payload_size;
    if (sent_end > anchor_offset_) {
        anchor_sequence_ = segment.sequence + segment.payload_size;
        anchor_offset_ = sent_end;
    }
    Bytes bytes = head(segment.payload, segment.payload_size);
    const std::int64_t captured_end = offset + static_cast<std::int64_t>(bytes.size());
    if (captured_end < sent_end && cuts_.size() < max_cuts) cuts_.push_back({captured_end, sent_end});
    const std::int64_t floor = start_known_ ? std::max<std::int64_t>(low_, 0) : low_;
    if (captured_end <= floor && (start_known_ || low_ != 0)) return;
    if (offset < floor && (start_known_ || low_ != 0)) {
        bytes = bytes.subspan(static_cast<std::size_t>(floor - offset));
        insert(floor, bytes, segment);
    } else {
        insert(offset, bytes, segment);
    }
}

void Assembler::insert(std::int64_t offset, Bytes bytes, const Segment& segment) {
    if (bytes.empty()) return;
    if (pieces_.empty() || offset >= end_of(pieces_.back())) {
        append_piece(pieces_.size(), offset, bytes, segment);
    } else {
        insert_behind_overlaps(offset, bytes, segment);
    }
}

void Assembler::insert_behind_overlaps(std::int64_t offset, Bytes bytes, const Segment& segment) {
    const auto first = std::upper_bound(pieces_.begin(), pieces_.end(), offset,
                                        [](std::int64_t at, const Piece& p) { return at < end_of(p); });
    auto index = static_cast<std::size_t>(first - pieces_.begin());
    while (!bytes.empty() && index < pieces_.size()) {
        const Piece piece = pieces_[index];
        if (offset < piece.offset) {
            const auto room = static_cast<std::uint64_t>(piece.offset - offset);
            const Bytes part = bytes.first(std::min<std::size_t>(bytes.size(), room));
            append_piece(index++, offset, part, segment);
            offset += static_cast<std::int64_t>(part.size());
            bytes = bytes.subspan(part.size());
            continue;
        }
        compare(piece, offset, bytes);
        const auto covered = static_cast<std::size_t>(end_of(piece) - offset);
        const std::size_t skip = std::min(bytes.size(), covered);
        offset += static_cast<std::int64_t>(skip);
        bytes = bytes.subspan(skip);
        ++index;
    }
    if (!bytes.empty()) append_piece(index, offset, bytes, segment);
}

void Assembler::append_piece(std::size_t index, std::int64_t offset, Bytes bytes, const Segment& segment) {
    if (store_.size() + bytes.size() > std::numeric_limits<std::uint32_t>::max()) return;
    const Piece piece{.offset = offset,
                      .size = static_cast<std::uint32_t>(bytes.size()),
                      .store_at = static_cast<std::uint32_t>(store_.size()),
                      .acknowledgment = segment.acknowledgment,
                      .packet = segment.packet,
                      .time = segment.time};
    store_.insert(store_.end(), bytes.begin(), bytes.end());
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(index), piece);
}

void Assembler::compare(const Piece& piece, std::int64_t offset, Bytes bytes) {
    if (bytes.size() == 1)
        return;  // a keep-alive repeats the last sequence number with a byte of no meaning (RFC 9293 3.8.4)
    const auto inside = static_cast<std::size_t>(offset - piece.offset);
    const std::size_t size = std::min<std::size_t>(bytes.size(), piece.size - inside);
    for (std::size_t i = 0; i < size; ++i) conflict_size_ += store_[piece.store_at + inside + i] != bytes[i] ? 1 : 0;
}

void Assembler::set_end(std::uint32_t sequence) {
    const std::int64_t offset = place(sequence);
    if (!end_ || offset > *end_) end_ = offset;
}

void Assembler::set_acknowledged(std::uint32_t sequence) {
    if (!anchored_) {
        start_confirmed_ = true;
        place(sequence);
    }
    const auto offset = offset_of(sequence);
    if (offset && (!acknowledged_ || *offset > *acknowledged_)) acknowledged_ = offset;
}

Bytes Assembler::prefix() {
    if (pieces_.empty()) return {};
    const Piece& first = pieces_.front();
    if (start_known_ && first.offset != std::max<std::int64_t>(low_, 0)) return {};
    std::size_t count = 1;
    std::size_t size = first.size;
    bool is_in_one_place = true;
    for (; count < pieces_.size() && pieces_[count].offset == end_of(pieces_[count - 1]); ++count) {
        is_in_one_place = is_in_one_place && pieces_[count].store_at == first.store_at + size;
        size += pieces_[count].size;
    }
    if (is_in_one_place) return Bytes{store_}.subspan(first.store_at, size);
    linear_.clear();
    for (std::size_t i = 0; i < count; ++i) append_bytes_of(pieces_[i]);
    return linear_;
}

void Assembler::append_bytes_of(const Piece& piece) {
    const Bytes bytes = Bytes{store_}.subspan(piece.store_at, piece.size);
    linear_.insert(linear_.end(), bytes.begin(), bytes.end());
}

bool Assembler::is_in_store_order() const {
    std::uint32_t at = 0;
    for (const Piece& p : pieces_) {
        if (p.store_at != at) return false;
        at += p.size;
    }
    return true;
}

Flat Assembler::flatten() {
    Flat flat{.runs = {}, .gaps = {}, .pieces = pieces_, .start_known = start_known_ && low_ == 0, .fin = end_};
    Bytes bytes = store_;
    if (!is_in_store_order()) {
        linear_.clear();
        linear_.reserve(store_.size());
        for (const Piece& p : pieces_) append_bytes_of(p);
        bytes = linear_;
    }
    std::size_t at = 0;
    for (const Piece& p : pieces_) {
        if (!flat.runs.empty() && flat.end() == p.offset) {
            Run& last = flat.runs.back();
            last.bytes = {last.bytes.data(), last.bytes.size() + p.size};
        } else {
            flat.runs.push_back({p.offset, bytes.subspan(at, p.size)});
        }
        at += p.size;
    }
    flat.gaps = gaps_between(flat.runs);
    return flat;
}

// Where the bytes would begin if the capture had all of them.
std::int64_t Assembler::first_expected(const std::vector<Run>& runs) const {
    if (start_known_) return std::max<std::int64_t>(low_, 0);
    const std::int64_t first_seen = runs.empty() ? 0 : runs.front().offset;
    if (low_ != 0) return low_;
    return start_confirmed_ ? std::min<std::int64_t>(first_seen, 0) : first_seen;
}

std::vector<Gap> Assembler::gaps_between(const std::vector<Run>& runs) const {
    std::vector<Gap> gaps;
    // For each cut, how far the cuts that begin before or with it reach.
    std::vector<Range> reach = cuts_;
    std::sort(reach.begin(), reach.end(), [](const Range& a, const Range& b) { return a.begin < b.begin; });
    for (std::size_t i = 1; i < reach.size(); ++i) reach[i].end = std::max(reach[i].end, reach[i - 1].end);
    const auto is_cut = [&reach](std::int64_t begin, std::int64_t end) {
        const auto after = std::upper_bound(reach.begin(), reach.end(), begin,
                                            [](std::int64_t at, const Range& r) { return at < r.begin; });
        return after != reach.begin() && (after - 1)->end >= end;
    };
    const auto add = [&](std::int64_t begin, std::int64_t end) {
        if (begin < end) gaps.push_back({.offset = begin, .size = end - begin, .cut = is_cut(begin, end)});
    };
    std::int64_t at = first_expected(runs);
    for (const Run& run : runs) {
        add(at, run.offset);
        at = run.offset + static_cast<std::int64_t>(run.bytes.size());
    }
    // What was sent or confirmed behind the last byte that we hold. A confirmed FIN counts for one, which is no byte.
    std::int64_t tail = at;
    for (const Range& cut : cuts_) tail = std::max(tail, cut.end);
    // One confirmed byte behind the end may be a FIN that the capture misses: no proof of lost data.
    if (acknowledged_ && (end_ || *acknowledged_ != at + 1)) {
        tail = std::max(tail, end_ ? std::min(*acknowledged_, *end_) : *acknowledged_);
    }
    if (end_) tail = std::max(tail, *end_);
    add(at, tail);
    return gaps;
}

void Assembler::drop_before(std::int64_t offset) {
    low_ = offset;
    ByteVector kept_bytes;
    std::vector<Piece> kept;
    for (const Piece& p : pieces_) {
        if (end_of(p) <= offset) continue;
        const std::int64_t skipped = std::max<std::int64_t>(offset - p.offset, 0);
        Piece rest = p;
        rest.offset += skipped;
        rest.size -= static_cast<std::uint32_t>(skipped);
        rest.store_at = static_cast<std::uint32_t>(kept_bytes.size());
        const Bytes bytes = Bytes{store_}.subspan(p.store_at + static_cast<std::size_t>(skipped), rest.size);
        kept_bytes.insert(kept_bytes.end(), bytes.begin(), bytes.end());
        kept.push_back(rest);
    }
    store_ = std::move(kept_bytes);
    pieces_ = std::move(kept);
    std::erase_if(cuts_, [offset](const Range& r) { return r.end <= offset; });
}

}  // namespace diag::stream

#include "libdiag/dissect/pdu_reader.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/header.h"

namespace diag::dissect {
namespace {

constexpr std::size_t opening_size = 64;
constexpr std::size_t header_size = 16;
constexpr std::size_t usual_pdu_size = 256;  // requests and responses have about 300 bytes

Mark mark_of(const stream::Piece* piece) {
    return piece == nullptr ? Mark{} : Mark{.packet = piece->packet, .time = piece->time};
}

class DirectionReader {
public:
    DirectionReader(const stream::Flat& flat, Side from, bool boundary_known)
        : flat_{flat}, from_{from}, boundary_known_{boundary_known} {}

    DirectionPdus read() {
        if (boundary_known_ && !flat_.gaps.empty() && !flat_.runs.empty() &&
            flat_.gaps.front().offset < flat_.runs.front().offset) {
            boundary_known_ = false;  // the beginning itself is missing
        }
        if (!flat_.runs.empty()) next_ = flat_.runs.front().offset;
        std::size_t size = 0;
        for (const stream::Run& run : flat_.runs) size += run.bytes.size();
        out_.pdus.reserve(size / usual_pdu_size + 2);
        for (const stream::Run& run : flat_.runs) read_run(run);
        out_.not_rpc = lost_at_pdu_ && *lost_at_pdu_ == out_.pdus.size();
        return std::move(out_);
    }

private:
    void read_run(const stream::Run& run) {
        const std::int64_t end = run.offset + static_cast<std::int64_t>(run.bytes.size());
        if (run.offset > next_) boundary_known_ = false;  // what is missing may have been any part of a PDU
        std::int64_t at = std::max(next_, run.offset);
        while (at < end) {
            if (!boundary_known_) {
                const auto found = resynchronise(run, at);
                if (in_junk_) out_.junk.size += static_cast<std::uint64_t>(found.value_or(end) - at);
                in_junk_ = false;
                if (!found) return;
                at = *found;
                boundary_known_ = true;
            }
            const Bytes bytes = run.bytes.subspan(static_cast<std::size_t>(at - run.offset));
            if (!dcerpc::looks_like_rpc(bytes)) {
                lose_track(at, bytes);
                ++at;
                continue;
            }
            const bool gap_follows = has_gap_at(end);
            if (bytes.size() < header_size) return end_inside(bytes, end, gap_follows);
            const std::size_t size = dcerpc::peek_frag_length(bytes);
            if (bytes.size() >= size) {
                add(at, bytes.first(size), size);
                at += static_cast<std::int64_t>(size);
                next_ = at;
                continue;
            }
            if (!gap_follows) return end_inside(bytes, end, false);
            const bool was_sent_whole = !flat_.fin || at + static_cast<std::int64_t>(size) <= *flat_.fin;
            if (!was_sent_whole) {
                out_.partial_tail = static_cast<std::uint32_t>(*flat_.fin - at);
                next_ = *flat_.fin;
                return;
            }
            add(at, bytes, size);
            next_ = at + static_cast<std::int64_t>(size);
            return;
        }
    }

    void end_inside(Bytes bytes, std::int64_t run_end, bool gap_follows) {
        next_ = run_end;
        if (gap_follows) {
            boundary_known_ = false;
        } else {
            out_.partial_tail = static_cast<std::uint32_t>(bytes.size());
        }
    }

    // Bytes that are no PDU where one should begin. At the start, or as the first answer, that is another protocol unless
    // RPC goes on behind them.
    void lose_track(std::int64_t at, Bytes bytes) {
        boundary_known_ = false;
        in_junk_ = true;
        if (out_.junk.size++ > 0) return;
        const Bytes shown = head(bytes, opening_size);
        out_.junk.opening.assign(shown.begin(), shown.end());
        out_.junk.first = mark_of(flat_.piece_at(at));
        const bool answers_nothing = std::none_of(out_.pdus.begin(), out_.pdus.end(), [](const PduRecord& p) {
            return p.decoded.type() == dcerpc::PduType::response;
        });
        if (!flat_.start_known || !answers_nothing) return;
        if (from_ == Side::client && !out_.pdus.empty()) return;
        lost_at_pdu_ = out_.pdus.size();
    }

    // The next packet from `at` on whose payload begins like a PDU of a known type.
    std::optional<std::int64_t> resynchronise(const stream::Run& run, std::int64_t at) const {
        const std::int64_t end = run.offset + static_cast<std::int64_t>(run.bytes.size());
        auto piece = std::lower_bound(flat_.pieces.begin(), flat_.pieces.end(), at,
                                      [](const stream::Piece& p, std::int64_t offset) { return p.offset < offset; });
        for (; piece != flat_.pieces.end() && piece->offset < end; ++piece) {
            const Bytes bytes = run.bytes.subspan(static_cast<std::size_t>(piece->offset - run.offset));
            if (bytes.size() >= header_size && dcerpc::is_pdu_start(bytes)) return piece->offset;
        }
        return std::nullopt;
    }

    bool has_gap_at(std::int64_t offset) const {
        const auto gap = std::lower_bound(flat_.gaps.begin(), flat_.gaps.end(), offset,
                                          [](const stream::Gap& g, std::int64_t at) { return g.offset < at; });
        return gap != flat_.gaps.end() && gap->offset == offset;
    }

    void add(std::int64_t offset, Bytes raw, std::size_t size) {
        PduRecord& record = out_.pdus.emplace_back();
        record.from = from_;
        record.stream_offset = offset;
        record.raw = raw;
        record.cut = raw.size() < size;
        record.first = mark_of(flat_.piece_at(offset));
        record.last = mark_of(flat_.piece_at(offset + static_cast<std::int64_t>(raw.size()) - 1));
        record.decoded = dcerpc::decode_pdu_partial(raw);
        out_.end = offset + static_cast<std::int64_t>(raw.size());
    }

    const stream::Flat& flat_;
    Side from_;
    bool boundary_known_;
    std::int64_t next_ = 0;
    bool in_junk_ = false;
    std::optional<std::size_t> lost_at_pdu_;  // how many PDUs stand before bytes that may be another protocol
    DirectionPdus out_;
};

}  // namespace

DirectionPdus read_pdus(const stream::Flat& flat, Side from, bool boundary_known) {
    return DirectionReader{flat, from, boundary_known}.read();
}

}  // namespace diag::dissect

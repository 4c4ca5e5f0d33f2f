#pragma once

#include <optional>
#include <vector>

#include "libdiag/base/bytes.h"
#include "libdiag/base/time.h"

namespace diag::stream {

/// What one packet brings to one direction of a TCP connection.
struct Segment {
    std::uint32_t sequence = 0;      ///< of the first payload byte
    Bytes payload;                   ///< as captured
    std::uint32_t payload_size = 0;  ///< as sent; more than payload.size() when the capture cut the packet
    std::uint64_t packet = 0;
    Timestamp time;
    std::uint32_t acknowledgment = 0;
};

/// Where a run of stream bytes came from. Offsets count bytes of the direction from its first known byte.
struct Piece {
    std::int64_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t store_at = 0;        ///< where the bytes lie in the assembler's store
    std::uint32_t acknowledgment = 0;  ///< of the packet that brought them: orders the two directions
    std::uint64_t packet = 0;
    Timestamp time;
};

/// Bytes without a hole between them.
struct Run {
    std::int64_t offset = 0;
    Bytes bytes;
};

/// Bytes that were sent and are not in the capture.
struct Gap {
    std::int64_t offset = 0;
    std::int64_t size = 0;
    bool cut = false;  ///< the packets are there, the capture cut their ends (snaplen)
};

/// One direction, put in order. Views into the assembler that made it: valid until its next add() or drop_before().
struct Flat {
    std::vector<Run> runs;            ///< by offset, none touches the next
    std::vector<Gap> gaps;            ///< by offset; the last may lie behind the last run
    std::span<const Piece> pieces;    ///< by offset
    bool start_known = false;         ///< offset 0 is the first byte of the connection (its SYN was seen)
    std::optional<std::int64_t> fin;  ///< offset of the FIN, when it was seen: as many bytes were sent

    /// The piece that holds the byte at `offset`, or the last one before it; nullptr when there is none.
    const Piece* piece_at(std::int64_t offset) const;
    std::int64_t end() const {
        return runs.empty() ? 0 : runs.back().offset + static_cast<std::int64_t>(runs.back().bytes.size());
    }
};

/// Puts the bytes of one TCP direction back in order.
///
/// Feed every segment as captured: duplicates, overlaps, reordering and sequence wrap-around are expected. On an overlap
/// the first copy wins and conflict_size() counts the bytes that differed. Nothing is skipped here: holes that are still
/// open when flatten() is called become Gaps. Memory is what memory_size() says; the owner bounds it by asking for it
/// after each add() and by drop_before(). RFC 9293 3.4, 3.10.7.4.
class Assembler {
public:
    /// The sequence number of the first byte that will be sent (ISN + 1), when a SYN or its answer tells. May come late.
    void set_start(std::uint32_t sequence);
    bool start_known() const { return start_known_; }

    void add(const Segment& segment);

    /// The direction ended here: `sequence` is that of the FIN itself.
    void set_end(std::uint32_t sequence);
    /// The other side confirmed all bytes before `sequence`: what it confirmed and we miss is a gap, not silence. When
    /// nothing of this direction was seen yet, counting begins here.
    void set_acknowledged(std::uint32_t sequence);

    /// The bytes from the start without a hole; empty when the start is missing.
    Bytes prefix();
    bool empty() const { return pieces_.empty(); }

    /// Offset of a sequence number, by the distance to the last byte seen; nullopt before anything is known.
    std::optional<std::int64_t> offset_of(std::uint32_t sequence) const;

    /// The other way round; of no meaning before anything is known.
    std::uint32_t sequence_of(std::int64_t offset) const {
        return anchor_sequence_ + static_cast<std::uint32_t>(offset - anchor_offset_);
    }

    Flat flatten();

    /// Forgets everything before `offset`; offsets keep their meaning.
    void drop_before(std::int64_t offset);

    std::size_t byte_count() const { return store_.size(); }  ///< held, holes not counted
    std::uint64_t conflict_size() const { return conflict_size_; }
    std::size_t memory_size() const { return store_.capacity() + pieces_.capacity() * sizeof(Piece); }

private:
    struct Range {
        std::int64_t begin, end;
    };
    std::int64_t place(std::uint32_t sequence);
    void insert(std::int64_t offset, Bytes bytes, const Segment& segment);
    void insert_behind_overlaps(std::int64_t offset, Bytes bytes, const Segment& segment);
    void append_piece(std::size_t index, std::int64_t offset, Bytes bytes, const Segment& segment);
    void compare(const Piece& piece, std::int64_t offset, Bytes bytes);
    bool is_in_store_order() const;
    void append_bytes_of(const Piece& piece);
    std::int64_t first_expected(const std::vector<Run>& runs) const;
    std::vector<Gap> gaps_between(const std::vector<Run>& runs) const;

    ByteVector store_;              ///< the bytes of all pieces, in order of arrival
    std::vector<Piece> pieces_;     ///< by offset, disjoint
    std::vector<Range> cuts_;       ///< sent but cut off by the capture
    ByteVector linear_;             ///< used by prefix() and flatten() when the store is not in order
    bool anchored_ = false;         ///< anchor_ is set
    bool start_confirmed_ = false;  ///< offset 0 is where the first acknowledgment of the other side stood
    bool start_known_ = false;
    std::uint32_t anchor_sequence_ = 0;  ///< sequence number of anchor_offset_
    std::int64_t anchor_offset_ = 0;     ///< moves along, so that 32 bits of sequence never wrap around it
    std::int64_t low_ = 0;               ///< dropped before this
    std::optional<std::int64_t> end_;
    std::optional<std::int64_t> acknowledged_;
    std::uint64_t conflict_size_ = 0;
};

}  // namespace diag::stream

#include "libdiag/redact/stream_edits.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/header.h"
#include "libdiag/redact/dns_rewriter.h"
#include "libdiag/redact/unread_bytes.h"
#include "libdiag/wire/reader.h"
#include "libdiag/wire/writer.h"

namespace diag::redact {
namespace {

using dissect::Side;
using Out = std::span<std::uint8_t>;

constexpr std::size_t tcp_prefix_size = 2;

std::int64_t size_of(Bytes bytes) { return static_cast<std::int64_t>(bytes.size()); }

/// Of a side's numbers, seen from one of them: how far on, or back.
std::int64_t distance(std::uint32_t from, std::uint32_t to) { return static_cast<std::int32_t>(to - from); }

/// One side of a conversation.
class SideWriting {
public:
    SideWriting(const dissect::Conversation& conversation, Side side, const std::vector<Edit>& edits)
        : stream_{conversation.streams[static_cast<std::size_t>(side)]}, edits_{edits} {
        for (const auto& pdu : conversation.pdus) {
            if (pdu.from != side) continue;
            // Of a cut PDU the raw bytes end before it does.
            const std::int64_t size =
                std::max<std::int64_t>(size_of(pdu.raw), pdu.cut ? pdu.decoded.header.frag_length : 0);
            pdus_.push_back({pdu.stream_offset, pdu.stream_offset + size});
            pdu_end_ = std::max(pdu_end_, pdus_.back().end);
        }
        // Ends of calls may be in another order than their bytes.
        std::ranges::sort(pdus_, {}, &Span::begin);
        const bool starts_here = conversation.tcp.syn || conversation.tcp.syn_ack;
        if (conversation.part == 1 && starts_here) start_ = 0;
        if (conversation.part > 1 && !stream_.runs.empty()) start_ = stream_.runs.front().offset;
        if (conversation.continues) limit_ = pdu_end_;
    }

    std::vector<StreamEdit> write() const {
        std::vector<StreamEdit> out;
        for (const stream::Run& run : stream_.runs) {
            Bytes bytes = run.bytes;
            if (limit_) bytes = head(bytes, static_cast<std::size_t>(std::max<std::int64_t>(0, *limit_ - run.offset)));
            if (!bytes.empty()) out.push_back(write({run.offset, bytes}));
        }
        return out;
    }

private:
    struct Span {
        std::int64_t begin = 0, end = 0;
    };

    StreamEdit write(const stream::Run& run) const {
        StreamEdit edit{.sequence = stream_.sequence + static_cast<std::uint32_t>(run.offset),
                        .before = {run.bytes.begin(), run.bytes.end()},
                        .after = ByteVector(run.bytes.size())};
        keep_openings(run, edit.after);
        for (auto it = first_reaching(run.offset); it != edits_.end() && it->stream_offset < end_of(run); ++it)
            place(*it, run, edit.after);
        return edit;
    }

    static std::int64_t end_of(const stream::Run& run) { return run.offset + size_of(run.bytes); }

    std::vector<Edit>::const_iterator first_reaching(std::int64_t offset) const {
        return std::ranges::lower_bound(edits_, offset + 1, {},
                                        [](const Edit& e) { return e.stream_offset + size_of(e.bytes); });
    }

    static void place(const Edit& edit, const stream::Run& run, Out out) {
        const std::int64_t begin = std::max(edit.stream_offset, run.offset);
        const std::int64_t end = std::min(edit.stream_offset + size_of(edit.bytes), end_of(run));
        if (begin >= end) return;
        const Bytes bytes = Bytes{edit.bytes}.subspan(static_cast<std::size_t>(begin - edit.stream_offset),
                                                      static_cast<std::size_t>(end - begin));
        std::ranges::copy(bytes, out.begin() + (begin - run.offset));
    }

    /// Where a PDU ends, or the stream begins, another should begin; what stands there instead tells why none does.
    void keep_openings(const stream::Run& run, Out out) const {
        const auto keep = [&](std::int64_t begin, std::int64_t end) {
            if (begin < run.offset || begin >= end) return;
            const auto at = static_cast<std::size_t>(begin - run.offset);
            const auto size = static_cast<std::size_t>(end - begin);
            keep_opening(run.bytes.subspan(at, size), out.subspan(at, size));
        };
        std::optional<std::int64_t> at = start_;
        for (const Span& pdu : pdus_) {
            if (at) keep(*at, std::min(pdu.begin, end_of(run)));
            at = pdu.end;
        }
        if (at) keep(*at, end_of(run));
        keep_behind_gap(run, out);
    }

    /// Behind bytes that are not there a PDU may begin that never got whole.
    void keep_behind_gap(const stream::Run& run, Out out) const {
        const bool is_inside = std::ranges::any_of(
            pdus_, [&](const Span& pdu) { return pdu.begin <= run.offset && run.offset < pdu.end; });
        if (!is_inside && dcerpc::is_pdu_start(run.bytes)) keep_opening(run.bytes, out);
    }

    const dissect::StreamBytes& stream_;
    const std::vector<Edit>& edits_;
    std::vector<Span> pdus_;
    std::int64_t pdu_end_ = 0;
    std::optional<std::int64_t> limit_;
    std::optional<std::int64_t> start_;  // where a PDU should begin
};

void append_side(Writer& out, const std::vector<StreamEdit>& edits) {
    out.u32(static_cast<std::uint32_t>(edits.size()));
    for (const StreamEdit& edit : edits) {
        out.u32(edit.sequence);
        out.u32(static_cast<std::uint32_t>(edit.before.size()));
        out.bytes(edit.before);
        out.bytes(edit.after);
    }
}

std::vector<StreamEdit> read_side(Reader& r) {
    std::vector<StreamEdit> edits;
    for (std::uint32_t left = r.u32("edit count"); left > 0 && !r.failed(); --left) {
        StreamEdit edit{.sequence = r.u32("sequence"), .before = {}, .after = {}};
        const std::size_t size = r.u32("size");
        const Bytes before = r.bytes(size, "before");
        const Bytes after = r.bytes(size, "after");
        edit.before.assign(before.begin(), before.end());
        edit.after.assign(after.begin(), after.end());
        if (!r.failed()) edits.push_back(std::move(edit));
    }
    return edits;
}

}  // namespace

StreamEdits stream_edits(const dissect::Conversation& conversation, const ConversationEdits& edits) {
    StreamEdits out{.client = conversation.client, .sides = {}};
    for (const Side side : {Side::client, Side::host})
        out.sides[static_cast<std::size_t>(side)] = SideWriting{conversation, side, edits.of(side)}.write();
    return out;
}

StreamEdits stream_edits(const dissect::DnsFrame& frame, const Pseudonyms& pseudonyms) {
    StreamEdit edit{.sequence = frame.sequence,
                    .before = {frame.bytes.begin(), frame.bytes.end()},
                    .after = ByteVector(frame.bytes.size())};
    std::ranges::copy(frame.bytes.first(tcp_prefix_size), edit.after.begin());
    rewrite_dns(frame.bytes.subspan(tcp_prefix_size), Out{edit.after}.subspan(tcp_prefix_size), pseudonyms);
    StreamEdits out{.client = frame.client, .sides = {}};
    out.sides[static_cast<std::size_t>(frame.from)].push_back(std::move(edit));
    return out;
}

void StreamEdits::append(StreamEdits&& more) {
    client = more.client;
    for (std::size_t side = 0; side < 2; ++side) std::ranges::move(more.sides[side], std::back_inserter(sides[side]));
}

void StreamEdits::sort() {
    for (auto& edits : sides) {
        if (edits.empty()) continue;
        const std::uint32_t first = edits.front().sequence;
        std::ranges::stable_sort(edits, {}, [first](const StreamEdit& e) { return distance(first, e.sequence); });
    }
}

bool apply(const StreamEdits& edits, const SegmentPlace& place, Bytes payload, Out out) {
    const auto& side = edits.sides[place.source == edits.client ? 0 : 1];
    if (side.empty()) return true;
    const std::uint32_t first = side.front().sequence;
    const std::int64_t begin = distance(first, place.sequence);
    const std::int64_t end = begin + size_of(payload);
    if (end <= 0) return false;
    auto edit = std::ranges::lower_bound(
        side, begin + 1, {}, [first](const StreamEdit& e) { return distance(first, e.sequence) + size_of(e.before); });
    for (; edit != side.end() && distance(first, edit->sequence) < end; ++edit) {
        const std::int64_t edit_begin = distance(first, edit->sequence);
        const std::int64_t from = std::max(begin, edit_begin);
        const std::int64_t to = std::min(end, edit_begin + size_of(edit->before));
        for (std::int64_t i = from; i < to; ++i) {
            const auto in_edit = static_cast<std::size_t>(i - edit_begin);
            const auto in_payload = static_cast<std::size_t>(i - begin);
            const std::uint8_t after = edit->after[in_edit];
            const bool is_same = payload[in_payload] == edit->before[in_edit];
            out[in_payload] = is_same ? after : static_cast<std::uint8_t>(~after);
        }
    }
    return true;
}

ByteVector encode_edits(const StreamEdits& edits) {
    Writer out;
    out.u8(static_cast<std::uint8_t>(edits.client.ip.family));
    out.bytes(edits.client.ip.octets);
    out.u16(edits.client.port);
    for (const auto& side : edits.sides) append_side(out, side);
    return out.take();
}

std::optional<StreamEdits> decode_edits(Bytes bytes) {
    Reader r{bytes};
    StreamEdits edits;
    edits.client.ip.family = static_cast<IpAddress::Family>(r.u8("family"));
    edits.client.ip.octets = r.array<16>("address");
    edits.client.port = r.u16("port");
    for (auto& side : edits.sides) side = read_side(r);
    if (r.failed()) return std::nullopt;
    return edits;
}

}  // namespace diag::redact

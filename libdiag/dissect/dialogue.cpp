#include "libdiag/dissect/dialogue.h"

#include <algorithm>

#include "libdiag/dissect/exchange_reader.h"
#include "libdiag/dissect/infer.h"
#include "libdiag/dissect/pdu_order.h"
#include "libdiag/dissect/pdu_reader.h"
#include "libdiag/dissect/recognition.h"

namespace diag::dissect {
namespace {

// Everything of the conversation that the TCP headers alone tell.
void copy_facts(const Flow& flow, Conversation& out) {
    out.serial = flow.serial;
    out.client = flow.client;
    out.host = flow.host;
    out.recognized_by = flow.recognized_by;
    out.first = flow.first;
    out.last = flow.last;
    out.fraction_digits = flow.fraction_digits;
    out.tcp = flow.facts;
    out.tcp.received_at_close = flow.received_at_close();
    out.part = flow.part;
    out.start_seen = static_cast<bool>(flow.facts.syn);
}

void clear(Conversation& out) {
    out.pdus.clear();
    out.exchanges.clear();
    out.stray_refusals.clear();
    out.bind_checks = {};
    out.live = false;
    out.continues = false;
    out.not_rpc = {};
    out.junk = {};
    out.streams = {};
    out.partial_tail = {};
    out.missing_size = {};
    out.gap_size = 0;
    out.cut_size = 0;
    out.conflict_size = 0;
    out.host_name.clear();
    out.joined_stubs.clear();
}

void add_gaps(const stream::Flat& flat, std::size_t side, Conversation& out) {
    for (const auto& gap : flat.gaps) {
        const auto size = static_cast<std::uint64_t>(gap.size);
        (gap.cut ? out.cut_size : out.gap_size) += size;
        out.missing_size[side] += size;
    }
}

// How much of the host's bytes the sender of each PDU had received.
std::vector<std::int64_t> acknowledged_by(const Flow& flow, const Conversation& c, const stream::Flat& client) {
    std::vector<std::int64_t> offsets(c.pdus.size(), 0);
    for (std::size_t i = 0; i < c.pdus.size(); ++i) {
        if (c.pdus[i].from != Side::client) continue;
        const auto* piece = client.piece_at(c.pdus[i].stream_offset);
        const auto offset = piece == nullptr ? std::nullopt : flow.directions[1].offset_of(piece->acknowledgment);
        offsets[i] = offset.value_or(0);
    }
    return offsets;
}

bool has_kms_bind(const Conversation& c) {
    return std::any_of(c.pdus.begin(), c.pdus.end(), [](const PduRecord& p) {
        const auto* bind = p.decoded.bind();
        return bind != nullptr && bind->offers(dcerpc::kms_interface_id);
    });
}

bool has_kms(const Conversation& c) {
    const auto is_kms_call = [](const Exchange& e) { return is_kms_message(e.request_message); };
    if (std::any_of(c.exchanges.begin(), c.exchanges.end(), is_kms_call)) return true;
    return std::any_of(c.pdus.begin(), c.pdus.end(), [](const PduRecord& p) {
        const auto* bind = p.decoded.bind();
        if (bind != nullptr) return p.cut || bind->offers(dcerpc::kms_interface_id);
        return p.cut || looks_like_kms_request(p.decoded) || looks_like_kms_response(p.decoded);
    });
}

// The answer of a host that is not KMS: a whole response that is neither a message nor a refusal.
bool has_other_response(const Conversation& c) {
    return std::any_of(c.pdus.begin(), c.pdus.end(), [](const PduRecord& p) {
        return p.decoded.response() != nullptr && !p.cut && p.decoded.header.has(dcerpc::flag::whole) &&
               !looks_like_kms_response(p.decoded) && !looks_like_kms_refusal(p.decoded);
    });
}

// A connection that carried bytes is reported when they are KMS, or when it was meant to be: on the KMS port, from its
// SYN on, and not bound to another interface.
bool is_reportable(const Flow& flow, const Conversation& c) {
    if (!flow.has_payload()) return flow.on_port;
    if (flow.verdict == Flow::Verdict::not_ours) return false;
    if (flow.part > 1 || flow.recognized_by == RecognizedBy::bind) return true;
    if (!flow.on_port) return false;
    // Of a capture of the host's direction alone the SYN-ACK is the start.
    const bool host_start_seen = flow.facts.syn_ack && !has_other_response(c);
    return c.start_seen || host_start_seen || has_kms(c);
}

// How many exchanges from the first on can be reported now: each has its answer, and no later request was sent before
// the last of these answers.
std::size_t balanced_count(const Conversation& c) {
    std::size_t balanced = 0;
    std::size_t last_answer = 0;
    for (std::size_t i = 0; i < c.exchanges.size() && c.exchanges[i].response_pdu; ++i) {
        last_answer = std::max(last_answer, *c.exchanges[i].response_pdu);
        const bool is_last = i + 1 == c.exchanges.size();
        if (is_last || c.exchanges[i + 1].request_pdu > last_answer) balanced = i + 1;
    }
    return balanced;
}

void keep_rest(Flow& flow, Conversation& c, std::size_t exchange_count) {
    std::size_t pdu_count = 0;
    for (std::size_t i = 0; i < exchange_count; ++i) pdu_count = std::max(pdu_count, *c.exchanges[i].response_pdu + 1);
    std::array<std::int64_t, 2> end{};
    for (std::size_t i = 0; i < pdu_count; ++i) {
        auto& side_end = end[static_cast<std::size_t>(c.pdus[i].from)];
        side_end = std::max(side_end, c.pdus[i].stream_offset + static_cast<std::int64_t>(c.pdus[i].raw.size()));
    }
    c.pdus.resize(pdu_count);
    c.exchanges.resize(exchange_count);
    c.partial_tail = {};
    c.continues = true;
    flow.consumed = end;
}

}  // namespace

bool read_dialogue(Flow& flow, bool is_end, kms::Codec& codec, Conversation& out) {
    clear(out);
    copy_facts(flow, out);
    // Data in a SYN that nobody accepted (RFC 7413) was never part of a connection.
    if (!flow.facts.established) flow.directions = {};
    std::array<stream::Flat, 2> flats{flow.directions[0].flatten(), flow.directions[1].flatten()};
    std::array<DirectionPdus, 2> sides;
    for (std::size_t side = 0; side < 2; ++side) {
        const bool boundary_known = flats[side].start_known || flow.part > 1;
        sides[side] = read_pdus(flats[side], side == 0 ? Side::client : Side::host, boundary_known);
        out.not_rpc[side] = sides[side].not_rpc;
        out.junk[side] = std::move(sides[side].junk);
        out.partial_tail[side] = sides[side].partial_tail;
        out.conflict_size += flow.directions[side].conflict_size();
        if (flow.want_bytes) add_gaps(flats[side], side, out);
    }
    out.pdus = in_order(flow, sides, flats);
    if (has_kms_bind(out))
        flow.recognized_by = out.recognized_by = RecognizedBy::bind;  // it may have come behind calls
    auto contexts = flow.contexts;
    const bool bind_seen = flow.bind_seen_before;
    ExchangeReader{out, contexts, bind_seen, codec, out.joined_stubs}.read(acknowledged_by(flow, out, flats[0]),
                                                                           flats[1].gaps);
    if (std::any_of(out.pdus.begin(), out.pdus.end(), [](const PduRecord& p) { return p.cut; })) infer_cut_binds(out);
    for (std::size_t side = 0; side < 2; ++side)
        out.streams[side] = {flow.directions[side].sequence_of(0), std::move(flats[side].runs)};
    if (is_end) return is_reportable(flow, out);

    const std::size_t count = balanced_count(out);
    if (count == 0 || !is_reportable(flow, out)) return false;
    keep_rest(flow, out, count);
    flow.contexts = std::move(contexts);
    flow.bind_seen_before = bind_seen || flow.recognized_by == RecognizedBy::bind;
    ++flow.part;
    return true;
}

}  // namespace diag::dissect

#include "libdiag/dissect/flow.h"

#include "libdiag/proto/tcp/options.h"

namespace diag::dissect {
namespace {

constexpr std::uint32_t late_window =
    1U << 20;  // bytes between a late SYN and what was heard of its connection before it

std::size_t index_of(Side side) { return static_cast<std::size_t>(side); }
std::size_t other(Side side) { return 1 - index_of(side); }

bool is_before_or_at(std::uint32_t a, std::uint32_t b) { return static_cast<std::int32_t>(a - b) <= 0; }

}  // namespace

void BareHops::add(std::uint8_t hop_limit, std::uint32_t sequence) {
    for (std::size_t i = 0; i < std::min<std::size_t>(count_, entries_.size()); ++i) {
        if (entries_[i].hop_limit != hop_limit) continue;
        if (is_before_or_at(sequence, entries_[i].sequence)) entries_[i].sequence = sequence;
        return;
    }
    if (count_ < entries_.size()) entries_[count_] = {hop_limit, sequence};
    if (count_ <= entries_.size()) ++count_;
}

std::optional<HopLimits> BareHops::until(const std::optional<std::uint32_t>& sequence) const {
    if (count_ > entries_.size()) return std::nullopt;
    HopLimits limits;
    for (std::size_t i = 0; i < count_; ++i)
        if (!sequence || is_before_or_at(entries_[i].sequence, *sequence)) limits.set(entries_[i].hop_limit);
    return limits;
}

void Flow::reset(std::uint64_t new_serial, const Endpoint& new_client, const Endpoint& new_host) {
    *this = Flow{};
    serial = new_serial;
    client = new_client;
    host = new_host;
}

bool Flow::is_new_connection(const TcpEvent& event) const {
    if (!event.syn || event.ack || event.from != Side::client) return false;
    if (client_isn_ && *client_isn_ == event.sequence) return false;
    // Data or a close came before any SYN of ours: either this SYN is late or it is new.
    if (!client_isn_) return !may_begin_with(event.sequence + 1);
    // A client that was refused tries again, some with a new sequence number: still one attempt.
    return facts.established;
}

// A late SYN starts at or shortly before what was heard of its connection. Those of later connections with the same ports
// lie behind it (RFC 6528 3) or anywhere.
bool Flow::may_begin_with(std::uint32_t first_byte) const {
    const auto is_shortly_before = [first_byte](std::uint32_t sequence) { return sequence - first_byte < late_window; };
    if (directions[0].start_known()) return directions[0].offset_of(first_byte) == 0;
    if (const auto offset = directions[0].offset_of(first_byte))
        return *offset <= 0 && *offset > -std::int64_t{late_window};
    const auto& [client_close, host_close] = closes_;
    if (client_close) return is_shortly_before(client_close->sequence);
    return !host_close || !host_close->acknowledges || is_shortly_before(host_close->acknowledgment);
}

void Flow::on_segment(const TcpEvent& event) {
    if (!first || event.mark.packet < first.packet) first = event.mark;
    last = event.mark;
    ++facts.packet_count;
    facts.byte_count += event.frame_size;
    if (event.syn) on_syn(event);
    note_header(event);
    note_progress(event);
    // A device may send resets in the host's name, with numbers of its own; a client's own reset says what it has got.
    if (event.ack && (!event.rst || event.from == Side::client))
        directions[other(event.from)].set_acknowledged(event.acknowledgment);
    if (event.payload_size > 0) on_payload(event);
    if (event.fin || event.rst) on_close(event);
}

void Flow::note_header(const TcpEvent& event) {
    HeaderFacts& facts_of_side = facts.headers[index_of(event.from)];
    const auto keep_first = [&event](std::uint8_t& hop_limit) {
        if (hop_limit == 0) hop_limit = event.hop_limit;
    };
    ++facts_of_side.packet_count;
    if (event.payload_size > 0 && !event.rst) keep_first(facts_of_side.payload_hop_limit);
    if (event.fin) facts_of_side.fin_sequence = event.sequence + event.payload_size;
    if (!event.fin && !event.rst) {
        if (event.payload_size > 0) {
            facts_of_side.payload_hop_limits.set(event.hop_limit);
        } else {
            facts_of_side.bare_hops.add(event.hop_limit, event.sequence);
        }
    }
    if (event.fin) keep_first(facts_of_side.fin_hop_limit);
    if (event.rst) keep_first(facts_of_side.rst_hop_limit);
    if ((event.payload_size > 0 || event.fin) && !event.rst && !event.syn) note_timestamps(event);
    if (event.syn) {
        keep_first(facts_of_side.opening_hop_limit);
        facts_of_side.window = event.window;
        const tcp::Options options = tcp::decode_options(event.options).options;
        facts_of_side.maximum_segment_size = options.maximum_segment_size;
        facts_of_side.window_scale = options.window_scale;
        facts_of_side.sack_permitted = options.sack_permitted;
        facts_of_side.has_timestamps = options.timestamps.has_value();
    } else if (!event.rst) {  // the window of a reset says nothing
        if (event.window != 0) facts_of_side.window_closed = {};
        if (event.window == 0 && !facts_of_side.window_closed) facts_of_side.window_closed = event.mark;
    }
}

void Flow::note_timestamps(const TcpEvent& event) {
    // How nearly all systems write them: two NOPs, kind 8, length 10.
    constexpr std::array<std::uint8_t, 4> usual{1, 1, 8, 10};
    const bool has_to = facts.headers[0].has_timestamps && facts.headers[1].has_timestamps && !event.options_cut;
    if (!has_to || std::ranges::equal(head(event.options, usual.size()), usual)) return;
    Mark& without = facts.headers[index_of(event.from)].without_timestamps;
    if (!without && !tcp::decode_options(event.options).options.timestamps) without = event.mark;
}

void Flow::note_progress(const TcpEvent& event) {
    // Resends wait 200 ms and more; the second copy of a mirror port comes at once.
    constexpr std::int64_t resend_ns = 100'000'000;
    const std::size_t side = index_of(event.from);
    if (event.syn || event.rst) return;  // a SYN begins new numbers, and anybody may make up those of a reset
    if (event.payload_size > 0) {
        std::optional<std::uint32_t>& sent = progress_[side].sent;
        const std::uint32_t end = event.sequence + event.payload_size;
        const bool is_new = !sent || !is_before_or_at(end, *sent);
        const Mark& before = facts.last_payload[side];
        if (!is_new && before && event.mark.time.ns - before.time.ns >= resend_ns)
            ++facts.headers[side].retransmitted_count;
        if (is_new) sent = end;
    }
    if (event.ack) {
        std::optional<std::uint32_t>& confirmed = progress_[other(event.from)].confirmed;
        if (!confirmed || !is_before_or_at(event.acknowledgment, *confirmed)) confirmed = event.acknowledgment;
    }
    for (std::size_t i = 0; i < 2; ++i) {
        const auto& [sent, confirmed] = progress_[i];
        facts.headers[i].is_unacknowledged = sent && (!confirmed || !is_before_or_at(*sent, *confirmed));
    }
}

void Flow::on_syn(const TcpEvent& event) {
    if (event.from == Side::client) {
        ++facts.syn_count;
        if (!facts.syn) facts.syn = event.mark;
        if (client_isn_ && *client_isn_ != event.sequence) begin_again();
        client_isn_ = event.sequence;
        directions[0].set_start(event.sequence + 1);
        return;
    }
    on_established();
    if (!facts.syn_ack) facts.syn_ack = event.mark;
    directions[1].set_start(event.sequence + 1);
    if (event.ack) directions[0].set_start(event.acknowledgment);
}

// Nothing that came before the new SYN says anything about the bytes that follow it.
void Flow::begin_again() {
    tried_again_ = true;
    directions = {};
    closes_ = {};
    progress_ = {};
    facts.headers = {};
    facts.first_payload = {};
    facts.last_payload = {};
}

// Refusals and rejections of earlier attempts were not the end of it.
void Flow::on_established() {
    if (tried_again_ && !facts.established) {
        facts.rst = {};
        facts.fin = {};
        facts.closed_first.reset();
    }
    facts.established = true;
}

void Flow::restore_start(const Mark& syn, std::uint32_t syn_count) {
    first = syn;
    facts.syn = syn;
    facts.syn_count = syn_count;
    facts.packet_count = syn_count;
    facts.established = true;
}

void Flow::restore_handshake(const Mark& syn, std::uint32_t syn_count, std::uint32_t client_next,
                             std::optional<std::uint32_t> host_next) {
    first = syn;
    facts.syn = syn;
    facts.syn_count = syn_count;
    facts.packet_count = syn_count + (host_next ? 1 : 0);
    client_isn_ = client_next - 1;
    directions[0].set_start(client_next);
    if (!host_next) return;
    facts.established = true;
    directions[1].set_start(*host_next);
}

void Flow::on_payload(const TcpEvent& event) {
    const std::size_t side = index_of(event.from);
    // Data in a SYN (RFC 7413) connects nothing until the host answers.
    if (!event.syn) on_established();
    if (!facts.first_payload[side]) facts.first_payload[side] = event.mark;
    facts.last_payload[side] = event.mark;
    if (!want_bytes) return;
    directions[side].add({.sequence = event.sequence + (event.syn ? 1 : 0),
                          .payload = event.payload,
                          .payload_size = event.payload_size,
                          .packet = event.mark.packet,
                          .time = event.mark.time,
                          .acknowledgment = event.acknowledgment});
}

void Flow::on_close(const TcpEvent& event) {
    const std::size_t side = index_of(event.from);
    Mark& mark = event.rst ? facts.rst[side] : facts.fin[side];
    if (mark) return;
    mark = event.mark;
    const std::uint32_t sequence = event.sequence + event.payload_size;
    if (event.fin) directions[side].set_end(sequence);
    if (!closes_[side]) {
        closes_[side] = Close{.sequence = sequence,
                              .acknowledgment = event.acknowledgment,
                              .acknowledges = event.ack,
                              .by_fin = event.fin};
    }
    // A close that confirms the other side's FIN came second. When neither does they crossed: arrival decides.
    if (confirms_close_of(Side::client)) {
        facts.closed_first = Side::client;
    } else if (confirms_close_of(Side::host)) {
        facts.closed_first = Side::host;
    } else if (!facts.closed_first) {
        facts.closed_first = event.from;
    }
}

bool Flow::confirms_close_of(Side closer) const {
    const auto& close = closes_[index_of(closer)];
    const auto& answer = closes_[other(closer)];
    return close && answer && close->by_fin && answer->acknowledges &&
           !is_before_or_at(answer->acknowledgment, close->sequence);
}

void Flow::on_icmp(const IcmpError& error) {
    if (!first || error.mark.packet < first.packet) first = error.mark;
    last = error.mark;
    if (!facts.icmp) facts.icmp = error;
}

void Flow::on_too_big(const TooBig& error) {
    last = error.mark;
    if (!facts.too_big) facts.too_big = error;
}

std::optional<std::int64_t> Flow::received_at_close() const {
    const auto& close = closes_[index_of(Side::client)];
    if (!close || !close->acknowledges || !close->by_fin) return std::nullopt;
    return directions[index_of(Side::host)].offset_of(close->acknowledgment);
}

bool Flow::is_over() const {
    return (facts.fin[0] && facts.fin[1]) || facts.rst[0] || facts.rst[1] || (facts.icmp && !facts.established);
}

std::size_t Flow::memory_size() const {
    return sizeof(Flow) + directions[0].memory_size() + directions[1].memory_size();
}

}  // namespace diag::dissect

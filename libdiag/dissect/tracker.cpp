#include "libdiag/dissect/tracker.h"

#include "libdiag/dissect/recognition.h"
#include "libdiag/dissect/tracker_parts.h"
#include "libdiag/proto/dcerpc/header.h"

namespace diag::dissect {
namespace {

constexpr std::uint32_t handshake_window = 1U
                                           << 16;  // data this far behind the first byte may be a reordered beginning

}  // namespace

void Sink::on_packet(std::uint64_t, const PacketView&) {}
void Sink::on_fragment(const PacketView&) {}
void Sink::on_fragments_of(std::uint64_t, std::span<const std::uint64_t>) {}
void Sink::on_dns_frame(const DnsFrame&) {}
void Sink::on_empty_attempt(std::uint64_t, const IpAddress&) {}

Tracker::Tracker(const TrackerOptions& options, kms::Codec& codec, Sink& sink)
    : options_{options},
      codec_{codec},
      sink_{sink},
      table_{options.max_slots},
      dns_streams_{dns_, [this](const DnsFrame& frame) {
                       if (options_.announce_dns) sink_.on_dns_frame(frame);
                   }} {}

void Tracker::on_packet(const PacketView& frame) {
    ++statistics_.packet_count;
    if (frame.time > now_) now_ = frame.time;
    statistics_.byte_count += frame.original_size;
    const auto packet = ip::decode_packet(frame);
    if (packet) {
        on_ip(*packet, frame);
    } else if (packet.error() == ip::NoPacket::not_ip) {
        ++statistics_.not_ip_count;
    } else if (packet.error() == ip::NoPacket::unsupported_link) {
        if (statistics_.unsupported_link_count++ == 0)
            statistics_.first_unsupported_link = static_cast<std::uint64_t>(frame.link_type);
    } else {
        ++statistics_.malformed_count;
    }
    if (!over_.empty()) sweep(frame.time);
    if (dns_.is_due(now_)) [[unlikely]]
        report_dns(dns_.take_due(now_));
}

void Tracker::on_ip(const ip::IpPacket& packet, const PacketView& frame) {
    if (packet.fragment.is_fragment) [[unlikely]] {
        if (options_.announce_packets) sink_.on_fragment(frame);
        const auto whole = fragments_.add(packet, frame.number, frame.time);
        if (!whole || whole->packet.fragment.is_fragment) return;
        joined_fragments_ = whole->packets;
        on_ip(whole->packet, frame);
        joined_fragments_ = {};
        return;
    }
    switch (packet.protocol) {
        case ip::protocol::tcp: return on_tcp(packet, frame);
        case ip::protocol::udp: return on_udp(packet, frame);
        case ip::protocol::icmp:
        case ip::protocol::icmpv6: return on_icmp(packet, frame);
        default: return;
    }
}

void Tracker::announce(std::uint64_t serial, const PacketView& frame) {
    // begin_anew() repeats a packet without its bytes; the one that ends a handshake belongs to the flow, which has its number.
    const bool was_announced = frame.data.empty() || announced_ == frame.number;
    if (!options_.announce_packets || was_announced) return;
    announced_ = frame.number;
    if (joined_fragments_.empty()) return sink_.on_packet(serial, frame);
    sink_.on_fragments_of(serial, joined_fragments_);
}

// A packet belongs to one connection: one of KMS, or the beginning of any, has it already.
void Tracker::announce_dns(std::uint64_t serial, const PacketView& frame) {
    if (options_.announce_dns && serial != 0) announce(serial, frame);
}

void Tracker::on_tcp(const ip::IpPacket& packet, const PacketView& frame) {
    const auto segment = tcp::decode_segment(packet.payload, packet.payload_size);
    if (!segment) {
        ++statistics_.malformed_count;
        return;
    }
    ++statistics_.tcp_packet_count;
    const Tcp tcp{.source = {packet.source, segment->source_port},
                  .destination = {packet.destination, segment->destination_port},
                  .segment = *segment,
                  .frame = frame,
                  .hop_limit = packet.hop_limit};
    std::uint64_t dns_serial = 0;
    if (segment->source_port == dns_port || segment->destination_port == dns_port) [[unlikely]]
        dns_serial = on_dns_segment(tcp);
    on_connection(tcp, fingerprint_of(tcp.source, tcp.destination, options_.hash_key));
    announce_dns(dns_serial, frame);
}

void Tracker::on_connection(const Tcp& tcp, std::uint64_t fingerprint) {
    stream::FlowSlot* slot = table_.find(fingerprint);
    if (slot == nullptr) return on_unknown(tcp, fingerprint);
    switch (slot->kind()) {
        case stream::FlowSlot::Kind::handshake: return on_handshake(tcp, *slot);
        case stream::FlowSlot::Kind::rejected: return on_rejected(tcp, *slot);
        default: break;
    }
    if (Flow* flow = flow_of(*slot)) on_active(tcp, *flow);
}

// No memory of this connection: does it begin here, or does its payload say that it is KMS?
void Tracker::on_unknown(const Tcp& tcp, std::uint64_t fingerprint) {
    bool to_port = tcp.destination.port == options_.kms_port;
    const bool from_port = tcp.source.port == options_.kms_port;
    if (tcp.is_first_syn()) {
        // The port that an SRV record names is the KMS port of this host.
        if (dns_.on_connect(tcp.source, tcp.destination, mark_of(tcp.frame))) to_port = true;
        // A host that an SRV record names is no random door.
        if (to_port && dns_.name_of(tcp.destination.ip).empty())
            scans_.on_attempt(tcp.source.ip, tcp.destination, tcp.frame.time);
        // Data in the SYN itself: RFC 7413.
        if (to_port || (tcp.segment.payload_size > 0 && may_begin_kms(tcp.segment.payload, Side::client))) {
            feed(open_flow(tcp, fingerprint, Side::client), tcp, Side::client);
            return;
        }
        auto& slot = table_.insert(fingerprint);
        slot.client_next = tcp.segment.sequence + 1;
        slot.first_packet = tcp.frame.number & ((std::uint64_t{1} << 40) - 1);
        slot.first_time = tcp.frame.time.ns;
        slot.client_is_first = tcp.source < tcp.destination ? 1 : 0;
        slot.syn_count = 1;
        announce(tcp.frame.number, tcp.frame);
        return;
    }
    if (tcp.is_syn_ack()) {
        if (from_port) feed(open_flow(tcp, fingerprint, Side::host), tcp, Side::host);
        return;
    }
    // A close before anything else: the beginning may come late in a reordered capture.
    const bool closes = tcp.has(tcp::flag::fin) || tcp.has(tcp::flag::rst);
    if (tcp.segment.payload_size == 0 && !(closes && (to_port || from_port))) return;
    if (to_port || from_port) {
        // The bytes say who is who; the port only where they do not.
        Side from = to_port ? Side::client : Side::host;
        if (is_from_host(tcp.segment.payload)) from = Side::host;
        if (is_from_client(tcp.segment.payload)) from = Side::client;
        feed(open_flow(tcp, fingerprint, from), tcp, from);
    } else if (const auto from = recognise(tcp.segment.payload)) {
        feed(open_flow(tcp, fingerprint, *from), tcp, *from);
    }
}

// The SYN was seen, on a port that is not the KMS port. The first byte of either side decides.
void Tracker::on_handshake(const Tcp& tcp, stream::FlowSlot& slot) {
    const bool from_client = (tcp.source < tcp.destination) == (slot.client_is_first == 1);
    const Side from = from_client ? Side::client : Side::host;
    const bool is_repeated =
        from_client && slot.syn_count < max_syn_count && tcp.segment.sequence + 1 == slot.client_next;
    if (tcp.is_first_syn() && !is_repeated) {
        const std::uint64_t fingerprint = slot.fingerprint;
        table_.erase(slot);
        return on_unknown(tcp, fingerprint);
    }
    announce(slot.first_packet, tcp.frame);
    if (tcp.is_first_syn()) {
        slot.syn_count = (slot.syn_count + 1) & 0xFF;
        return;
    }
    if (tcp.is_syn_ack()) {
        slot.answered = 1;
        slot.host_next = tcp.segment.sequence + 1;
        return;
    }
    if (tcp.segment.payload_size > 0) {
        const std::uint32_t next = from_client ? slot.client_next : slot.host_next;
        const bool start_known = from_client || slot.answered == 1;
        const bool is_keep_alive = start_known && tcp.segment.payload_size == 1 && tcp.segment.sequence + 1 == next;
        if (is_keep_alive) return;
        const bool is_first_byte = tcp.segment.sequence == next || !start_known;
        const bool may_be_reordered = tcp.segment.sequence - next < handshake_window;
        const bool may_be_kms = is_first_byte ? may_begin_kms(tcp.segment.payload, from) : may_be_reordered;
        if (may_be_kms) return feed(promote(tcp, slot, from), tcp, from);
        // RPC for something else may come to KMS later, by alter_context.
        if (dcerpc::looks_like_rpc(tcp.segment.payload)) return slot.set_kind(stream::FlowSlot::Kind::rejected);
        table_.erase(slot);
        return;
    }
    if (tcp.has(tcp::flag::rst) || tcp.has(tcp::flag::fin)) {
        // Bytes lie between the handshake and this close: they may come late.
        const std::uint32_t unseen_size = tcp.segment.sequence - (from_client ? slot.client_next : slot.host_next);
        const bool start_known = from_client || slot.answered == 1;
        if (start_known && unseen_size > 0 && unseen_size < handshake_window)
            return feed(promote(tcp, slot, from), tcp, from);
        if (from_client) {
            scans_.on_empty(tcp.source.ip, tcp.destination);
        } else {
            scans_.on_empty(tcp.destination.ip, tcp.source);
        }
        sink_.on_empty_attempt(slot.first_packet, from_client ? tcp.source.ip : tcp.destination.ip);
        table_.erase(slot);
    }
}

void Tracker::on_rejected(const Tcp& tcp, stream::FlowSlot& slot) {
    if (tcp.is_first_syn()) {
        const std::uint64_t fingerprint = slot.fingerprint;
        table_.erase(slot);
        return on_unknown(tcp, fingerprint);
    }
    if (tcp.has(tcp::flag::rst)) return table_.erase(slot);
    if (tcp.segment.payload_size == 0) return;
    if (const auto from = recognise(tcp.segment.payload)) feed(resume(tcp, slot, *from), tcp, *from);
}

void Tracker::on_active(const Tcp& tcp, Flow& flow) {
    const bool from_client = tcp.source == flow.client && tcp.destination == flow.host;
    const bool from_host = tcp.source == flow.host && tcp.destination == flow.client;
    if (!from_client && !from_host) return;  // another connection with the same fingerprint
    const Side from = from_client ? Side::client : Side::host;
    if (flow.stray_syn && answers_stray_syn(tcp, from, *flow.stray_syn)) return begin_anew(tcp, flow);
    if (from_client && flow.is_new_connection(tcp_event(tcp, from))) {
        if (!flow.is_over()) {
            announce(tcp.frame.number, tcp.frame);
            flow.stray_syn = Flow::StraySyn{.sequence = tcp.segment.sequence, .mark = mark_of(tcp.frame)};
            return;
        }
        const std::uint64_t fingerprint = flow.fingerprint;
        report(flow, Ending::natural);
        close_flow(flow, false);
        return on_unknown(tcp, fingerprint);
    }
    feed(flow, tcp, from);
}

// The host takes or refuses it, or the client insists.
bool Tracker::answers_stray_syn(const Tcp& tcp, Side from, const Flow::StraySyn& syn) {
    if (from == Side::client) return tcp.is_first_syn() && tcp.segment.sequence == syn.sequence;
    const bool answers = tcp.is_syn_ack() || (tcp.has(tcp::flag::rst) && tcp.has(tcp::flag::ack));
    return answers && tcp.segment.acknowledgment == syn.sequence + 1;
}

// The stray SYN was the first packet of a new connection between the same ports.
void Tracker::begin_anew(const Tcp& tcp, Flow& flow) {
    const std::uint64_t fingerprint = flow.fingerprint;
    const Flow::StraySyn syn = *flow.stray_syn;
    const PacketView frame{.number = syn.mark.packet,
                           .time = syn.mark.time,
                           .fraction_digits = flow.fraction_digits,
                           .link_type = tcp.frame.link_type,
                           .original_size = 0,
                           .data = {}};
    Tcp first{.source = flow.client, .destination = flow.host, .segment = {}, .frame = frame};
    first.segment.sequence = syn.sequence;
    first.segment.flags = tcp::flag::syn;
    report(flow, Ending::natural);
    close_flow(flow, false);
    on_unknown(first, fingerprint);
    on_connection(tcp, fingerprint);
}

TcpEvent Tracker::tcp_event(const Tcp& tcp, Side from) {
    return {.from = from,
            .sequence = tcp.segment.sequence,
            .acknowledgment = tcp.segment.acknowledgment,
            .syn = tcp.has(tcp::flag::syn),
            .ack = tcp.has(tcp::flag::ack),
            .fin = tcp.has(tcp::flag::fin),
            .rst = tcp.has(tcp::flag::rst),
            .payload = tcp.segment.payload,
            .payload_size = tcp.segment.payload_size,
            .frame_size = tcp.frame.original_size,
            .mark = mark_of(tcp.frame),
            .hop_limit = tcp.hop_limit,
            .window = tcp.segment.window,
            .options = tcp.segment.options,
            .options_cut = tcp::min_header_size + tcp.segment.options.size() < tcp.segment.header_size};
}

Flow& Tracker::open_flow(const Tcp& tcp, std::uint64_t fingerprint, Side from) {
    if (flows_.count() >= options_.max_flows) relieve();
    const bool from_client = from == Side::client;
    const Endpoint& client = from_client ? tcp.source : tcp.destination;
    const Endpoint& host = from_client ? tcp.destination : tcp.source;
    Flow& flow = flows_.acquire(tcp.frame.number, client, host);
    flow.fingerprint = fingerprint;
    flow.on_port = flow.host.port == options_.kms_port || dns_.has_path(flow.client.ip, flow.host);
    flow.fraction_digits = tcp.frame.fraction_digits;
    flows_.charge(flow);
    auto& slot = table_.insert(fingerprint);
    slot.set_kind(stream::FlowSlot::Kind::active);
    slot.client_next = flow.pool_index;
    return flow;
}

// From a slot to a flow, with what the handshake told.
Flow& Tracker::promote(const Tcp& tcp, stream::FlowSlot& slot, Side from) {
    const stream::FlowSlot known = slot;
    table_.erase(slot);
    Flow& flow = open_flow(tcp, known.fingerprint, from);
    flow.serial = known.first_packet;
    const Mark syn{.packet = known.first_packet, .time = {known.first_time}};
    flow.restore_handshake(syn, static_cast<std::uint32_t>(known.syn_count), known.client_next,
                           known.answered == 1 ? std::optional{known.host_next} : std::nullopt);
    return flow;
}

// From a slot whose first bytes were not ours to a flow: its beginning was seen, though its bytes are gone.
Flow& Tracker::resume(const Tcp& tcp, stream::FlowSlot& slot, Side from) {
    const stream::FlowSlot known = slot;
    table_.erase(slot);
    Flow& flow = open_flow(tcp, known.fingerprint, from);
    if (known.syn_count == 0) return flow;
    flow.serial = known.first_packet;
    flow.restore_start({.packet = known.first_packet, .time = {known.first_time}},
                       static_cast<std::uint32_t>(known.syn_count));
    return flow;
}

void Tracker::feed(Flow& flow, const Tcp& tcp, Side from) {
    announce(flow.serial, tcp.frame);
    if (flow.on_port && !flow.has_payload() && tcp.segment.payload_size > 0)
        scans_.on_payload(flow.client.ip, flow.host);
    flow.on_segment(tcp_event(tcp, from));
    flows_.touch(flow);
    const std::size_t size = flows_.charge(flow);
    if (flow.verdict == Flow::Verdict::undecided && tcp.segment.payload_size > 0) {
        flow.verdict = decide(flow);
        if (flow.verdict == Flow::Verdict::not_ours) {
            if (flow.on_port) ++statistics_.other_rpc_count;
            return close_flow(flow, true);
        }
    }
    queue_over(flow);
    if (size > options_.part_size) split(flow);
    if (flows_.memory() > options_.flow_memory) relieve();
}

std::uint64_t Tracker::on_dns_segment(const Tcp& tcp) {
    const bool to_server = tcp.destination.port == dns_port;
    const Side from = to_server ? Side::client : Side::host;
    return dns_streams_.on_segment(to_server ? tcp.source : tcp.destination, to_server ? tcp.destination : tcp.source,
                                   tcp_event(tcp, from), tcp.frame.fraction_digits);
}

Flow* Tracker::flow_of(const stream::FlowSlot& slot) { return flows_.at(slot.client_next); }

}  // namespace diag::dissect

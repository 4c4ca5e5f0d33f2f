// What is not a connection: datagrams of DNS, and ICMP errors.
#include "libdiag/dissect/tracker_parts.h"
#include "libdiag/proto/ip/udp.h"

namespace diag::dissect {

void Tracker::on_udp(const ip::IpPacket& packet, const PacketView& frame) {
    const auto datagram = ip::decode_udp(packet.payload, packet.payload_size);
    if (!datagram) return;
    const auto& header = datagram->header;
    if (header.source_port != dns_port && header.destination_port != dns_port) return;
    const Endpoint source{packet.source, header.source_port};
    const Endpoint destination{packet.destination, header.destination_port};
    const bool is_ours = dns_.on_message({.source = source,
                                          .destination = destination,
                                          .transport = DnsTransport::udp,
                                          .message = datagram->payload,
                                          .cut = datagram->payload.size() < datagram->payload_size,
                                          .mark = mark_of(frame),
                                          .fraction_digits = frame.fraction_digits});
    if (is_ours) announce_dns(frame.number, frame);
}

void Tracker::report_dns(std::span<const DnsSearch> searches) {
    for (const DnsSearch& search : searches) sink_.on_dns(search);
}

void Tracker::on_icmp(const ip::IpPacket& packet, const PacketView& frame) {
    const auto message = ip::decode_icmp(packet.payload, packet.source.family);
    if (!message || !message->quoted || !message->quoted->ports || message->kind == ip::IcmpKind::redirect) return;
    const auto& quoted = *message->quoted;
    const bool is_unreachable = message->kind == ip::IcmpKind::destination_unreachable;
    if (is_unreachable) on_dns_error(quoted, mark_of(frame));
    if (quoted.protocol == ip::protocol::tcp) on_tcp_error(*message, packet.source, frame);
    if (is_unreachable && quoted.ports->destination == dns_port) announce_dns(frame.number, frame);
}

void Tracker::on_tcp_error(const ip::IcmpMessage& message, const IpAddress& sender, const PacketView& frame) {
    const auto& quoted = *message.quoted;
    const Endpoint source{quoted.source, quoted.ports->source};
    const Endpoint destination{quoted.destination, quoted.ports->destination};
    stream::FlowSlot* slot = table_.find(fingerprint_of(source, destination, options_.hash_key));
    if (slot == nullptr || slot->kind() != stream::FlowSlot::Kind::active) return;
    Flow* flow = flow_of(*slot);
    if (flow == nullptr) return;
    if (message.kind == ip::IcmpKind::packet_too_big) {
        const bool from_client = flow->client == source && flow->host == destination;
        const bool from_host = flow->host == source && flow->client == destination;
        if (!from_client && !from_host) return;
        announce(flow->serial, frame);
        return flow->on_too_big({.mark = mark_of(frame),
                                 .sender = sender,
                                 .from = from_client ? Side::client : Side::host,
                                 .mtu = message.mtu.value_or(0)});
    }
    if (flow->client != source || flow->host != destination) return;
    announce(flow->serial, frame);
    flow->on_icmp({.mark = mark_of(frame),
                   .sender = sender,
                   .type = message.header.type,
                   .code = message.header.code,
                   .text = icmp_text(sender.family, message.header.type, message.header.code)});
    queue_over(*flow);
}

void Tracker::on_dns_error(const ip::QuotedPacket& quoted, Mark mark) {
    const bool is_udp = quoted.protocol == ip::protocol::udp;
    if (quoted.ports->destination != dns_port || (!is_udp && quoted.protocol != ip::protocol::tcp)) return;
    dns_.on_refused({quoted.source, quoted.ports->source}, {quoted.destination, quoted.ports->destination},
                    is_udp ? DnsTransport::udp : DnsTransport::tcp, mark);
}

}  // namespace diag::dissect

#include "libdiag/dissect/dns_streams.h"

#include "libdiag/proto/dns/decode.h"

namespace diag::dissect {

std::uint64_t DnsStreams::on_segment(const Endpoint& client, const Endpoint& server, const TcpEvent& event,
                                     std::uint8_t fraction_digits) {
    const Key key{client, server};
    const bool is_first_syn = event.syn && !event.ack && event.from == Side::client;
    auto known = by_key_.find(key);
    if (is_first_syn && known != by_key_.end() && known->second->isn != event.sequence) {
        close(known->second);
        known = by_key_.end();
    }
    if (known == by_key_.end() && !is_first_syn) return 0;
    if (known == by_key_.end()) watch_.on_tcp_attempt(client, server, event.mark, fraction_digits);
    const Ref ref = known == by_key_.end() ? open(key, event) : known->second;
    connections_.splice(connections_.end(), connections_, ref);
    const std::uint64_t first_packet = ref->first_packet;

    const auto side = static_cast<std::size_t>(event.from);
    auto& direction = ref->directions[side];
    if (event.syn) {
        direction.set_start(event.sequence + 1);
        ref->started[side] = true;
    }
    if (event.payload_size > 0) {
        direction.add({.sequence = event.sequence + (event.syn ? 1 : 0),
                       .payload = event.payload,
                       .payload_size = event.payload_size,
                       .packet = event.mark.packet,
                       .time = event.mark.time,
                       .acknowledgment = event.acknowledgment});
        if (ref->started[side]) take_messages(*ref, side, fraction_digits);
    }
    memory_size_ -= ref->memory_size;
    ref->memory_size = ref->directions[0].memory_size() + ref->directions[1].memory_size();
    memory_size_ += ref->memory_size;
    if (event.rst && event.from == Side::host) watch_.on_refused(client, server, DnsTransport::tcp, event.mark);
    if (event.rst || ref->memory_size > max_connection_memory) close(ref);
    while (memory_size_ > max_memory) close(connections_.begin());
    return first_packet;
}

DnsStreams::Ref DnsStreams::open(const Key& key, const TcpEvent& event) {
    if (connections_.size() >= max_connections) close(connections_.begin());
    Connection& connection = connections_.emplace_back();
    connection.key = key;
    connection.first_packet = event.mark.packet;
    connection.isn = event.sequence;
    const Ref ref = std::prev(connections_.end());
    by_key_.emplace(key, ref);
    return ref;
}

void DnsStreams::take_messages(Connection& connection, std::size_t side, std::uint8_t fraction_digits) {
    auto& direction = connection.directions[side];
    const stream::Flat flat = direction.flatten();
    if (flat.runs.empty() || flat.runs.front().offset != connection.consumed[side]) return;
    Bytes bytes = flat.runs.front().bytes;
    const std::int64_t begin = connection.consumed[side];
    const auto& [client, server] = connection.key;
    while (const auto frame = dns::first_tcp_frame(bytes)) {
        const DnsFrame shown{.connection = connection.first_packet,
                             .client = client,
                             .from = side == 0 ? Side::client : Side::host,
                             .sequence = direction.sequence_of(connection.consumed[side]),
                             .bytes = bytes.first(frame->stream_size)};
        bytes = bytes.subspan(frame->stream_size);
        connection.consumed[side] += static_cast<std::int64_t>(frame->stream_size);
        const auto* piece = flat.piece_at(connection.consumed[side] - 1);
        const bool is_ours = watch_.on_message({.source = side == 0 ? client : server,
                                                .destination = side == 0 ? server : client,
                                                .transport = DnsTransport::tcp,
                                                .message = frame->message,
                                                .mark = {.packet = piece->packet, .time = piece->time},
                                                .fraction_digits = fraction_digits,
                                                .connection = connection.first_packet});
        if (is_ours) on_frame_(shown);
    }
    if (connection.consumed[side] > begin) direction.drop_before(connection.consumed[side]);
}

void DnsStreams::close(Ref connection) {
    memory_size_ -= connection->memory_size;
    by_key_.erase(connection->key);
    connections_.erase(connection);
}

}  // namespace diag::dissect

#include "bench/tcp_talk.h"

#include <algorithm>

namespace diag::bench {
namespace {

constexpr std::size_t timestamps_size = 12;

/// What is left of Ethernet's 1500 bytes behind the IP header and a TCP header without options.
std::uint32_t max_segment_size(const IpAddress& address) {
    return address.family == IpAddress::Family::v6 ? 1440 : 1460;
}

}  // namespace

TcpTalk::TcpTalk(FrameBuilder& frames, Random& random, const Endpoint& client, const Endpoint& server, Options options)
    : frames_{frames},
      options_{options},
      client_{client, random.u32(), random.u32()},
      server_{server, random.u32(), random.u32()} {}

void TcpTalk::segment(From from, std::uint8_t flags, Bytes payload) {
    Side& sender = side(from);
    const Side& receiver = side(other(from));
    const bool is_syn = (flags & tcp_flag::syn) != 0;

    ByteVector options;
    const auto put_u32 = [&](std::uint32_t value) {
        for (int shift = 24; shift >= 0; shift -= 8) options.push_back(static_cast<std::uint8_t>(value >> shift));
    };
    if (is_syn) put_u32(0x0204'0000 | max_segment_size(sender.endpoint.ip));
    if (is_syn) put_u32(0x0101'0402);  // SACK permitted
    if (options_.timestamps) {
        put_u32(0x0101'080A);
        put_u32(sender.clock++);
        put_u32((flags & tcp_flag::ack) != 0 ? receiver.clock : 0);
    }
    packets_.add(frames_.tcp({.from = sender.endpoint,
                              .to = receiver.endpoint,
                              .seq = sender.next_seq,
                              .ack = (flags & tcp_flag::ack) != 0 ? receiver.next_seq : 0,
                              .flags = flags,
                              .options = options,
                              .payload = payload}));
    sender.next_seq += static_cast<std::uint32_t>(payload.size());
    if ((flags & (tcp_flag::syn | tcp_flag::fin)) != 0) ++sender.next_seq;
}

void TcpTalk::open() {
    segment(From::client, tcp_flag::syn, {});
    segment(From::server, tcp_flag::syn | tcp_flag::ack, {});
    segment(From::client, tcp_flag::ack, {});
}

void TcpTalk::send(From from, Bytes data) {
    const std::size_t limit = max_segment_size(client_.endpoint.ip) - (options_.timestamps ? timestamps_size : 0);

    std::uint32_t unacknowledged = 0;
    while (!data.empty()) {
        const Bytes piece = head(data, limit);
        data = data.subspan(piece.size());
        segment(from, static_cast<std::uint8_t>(tcp_flag::ack | (data.empty() ? tcp_flag::psh : 0)), piece);
        if (options_.ack_every != 0 && ++unacknowledged == options_.ack_every) {
            acknowledge(other(from));
            unacknowledged = 0;
        }
    }
}

void TcpTalk::acknowledge(From from) { segment(from, tcp_flag::ack, {}); }

void TcpTalk::close(From first) {
    segment(first, tcp_flag::fin | tcp_flag::ack, {});
    segment(other(first), tcp_flag::fin | tcp_flag::ack, {});
    segment(first, tcp_flag::ack, {});
}

void TcpTalk::reset(From from) { segment(from, tcp_flag::rst | tcp_flag::ack, {}); }

}  // namespace diag::bench

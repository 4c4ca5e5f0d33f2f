#include "bench/background.h"

#include <fmt/core.h>

#include "bench/addresses.h"
#include "bench/rpc.h"
#include "libdiag/wire/writer.h"

namespace diag::bench {
namespace {

constexpr std::uint32_t client_count = 5000;
constexpr std::uint32_t server_count = 200;

/// Many answers are short and a few are long: around `usual_size` bytes, now and then many times as much.
std::size_t heavy_tailed(Random& random, std::uint32_t usual_size, std::uint32_t max_size) {
    std::uint32_t limit = 2 * usual_size;
    while (limit < max_size && random.percent(30)) limit *= 2;
    return random.between(usual_size / 8, std::min(limit, max_size));
}

ByteVector join(Bytes front, Bytes back) {
    ByteVector all(front.begin(), front.end());
    all.insert(all.end(), back.begin(), back.end());
    return all;
}

/// Handshake (22) or application data (23), TLS 1.2 on the record layer.
ByteVector tls_record(std::uint8_t type, Bytes body) {
    Writer w{std::endian::big};
    w.u8(type);
    w.u16(0x0303);
    w.u16(static_cast<std::uint16_t>(body.size()));
    w.bytes(body);
    return w.take();
}

/// An encrypted SMB 3 message: length, transform header (MS-SMB2 2.2.41), `body`.
ByteVector smb3_message(Random& random, Bytes body) {
    Writer w;
    const auto size = static_cast<std::uint32_t>(52 + body.size());
    for (int shift = 24; shift >= 0; shift -= 8) w.u8(static_cast<std::uint8_t>(size >> shift));
    w.u32(0x424D'53FD);  // FD 'S' 'M' 'B'
    std::uint8_t signature_and_nonce[32];
    random.fill(signature_and_nonce);
    w.bytes(signature_and_nonce);
    w.u32(static_cast<std::uint32_t>(body.size()));
    w.u16(0);
    w.u16(1);                      // encrypted
    w.u64(0x0000'0400'0000'0011);  // session
    w.bytes(body);
    return w.take();
}

ByteVector dns_message(std::uint16_t id, bool is_answer, std::uint16_t type, std::string_view label, Bytes answer) {
    Writer w{std::endian::big};
    w.u16(id);
    w.u16(is_answer ? 0x8180 : 0x0100);
    w.u16(1);
    w.u16(is_answer ? 1 : 0);
    w.u32(0);
    for (const std::string_view part : {label, std::string_view{"example"}, std::string_view{"test"}}) {
        w.u8(static_cast<std::uint8_t>(part.size()));
        w.bytes(bytes_of(part));
    }
    w.u8(0);
    w.u16(type);
    w.u16(1);
    if (!is_answer) return w.take();
    w.u16(0xC00C);
    w.u16(type);
    w.u16(1);
    w.u32(3600);
    w.u16(static_cast<std::uint16_t>(answer.size()));
    w.bytes(answer);
    return w.take();
}

struct Service {
    rpc::Interface interface;
    std::uint16_t port;  ///< 0: any of the dynamic ports
};
constexpr Service services[] = {
    {{*Uuid::parse("e1af8308-5d1f-11c9-91a4-08002b14a0fa"), 3, 0}, 135},  // endpoint mapper
    {{*Uuid::parse("e3514235-4b06-11d1-ab04-00c04fc2dcd2"), 4, 0}, 0},    // directory replication
    {{*Uuid::parse("12345678-1234-abcd-ef00-01234567cffb"), 1, 0}, 0},    // netlogon
    {{*Uuid::parse("76f03f96-cdfd-44fc-a22c-64950a001209"), 1, 0}, 0},    // print spooler
};

/// Above all that these interfaces have: a dissector names the operation unknown and leaves our noise alone.
constexpr std::uint16_t some_opnum = 900;

}  // namespace

Packets Background::next() {
    const std::uint32_t draw = random_.below(100);
    if (draw < 24) return web();
    if (draw < 52) return tls();
    if (draw < 56) return file_share();
    if (draw < 62) return remote_call();
    if (draw < 70) return terminal();
    if (draw < 96) return lookup();
    return neighbour();
}

Endpoint Background::next_client(bool is_v6) {
    const std::uint32_t machine = connection_count_ % client_count;
    const auto port = static_cast<std::uint16_t>(32768 + connection_count_ / client_count % 28000);
    ++connection_count_;
    return {is_v6 ? ipv6_address(0x30, machine + 1) : ipv4_address(0x0A64'0001 + machine), port};  // 10.100.0.1 on
}

IpAddress Background::server(bool is_v6) {
    const std::uint32_t number = random_.below(server_count);
    return is_v6 ? ipv6_address(0x40, number + 1)
                 : ipv4_address((number % 2 == 0 ? 0xC633'6401 : 0xCB00'7101) + number);
}

TcpTalk Background::connect(std::uint16_t port) {
    const bool is_v6 = random_.percent(20);
    const Endpoint client = next_client(is_v6);
    TcpTalk tcp{frames_, random_, client, {server(is_v6), port}, {.timestamps = random_.percent(40), .ack_every = 2}};
    tcp.open();
    return tcp;
}

Packets Background::web() {
    TcpTalk tcp = connect(random_.percent(80) ? 80 : 8080);
    for (std::uint32_t left = random_.between(1, 4); left > 0; --left) {
        const std::string request =
            fmt::format("GET /item/{} HTTP/1.1\r\nHost: www.example.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n",
                        random_.u32());
        tcp.send(From::client, bytes_of(request));
        const Bytes body = filler_.text(random_, heavy_tailed(random_, 9000, 400'000));
        const std::string front =
            fmt::format("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", body.size());
        tcp.send(From::server, join(bytes_of(front), body));
    }
    tcp.close(random_.percent(50) ? From::client : From::server);
    return tcp.take();
}

Packets Background::tls() {
    TcpTalk tcp = connect(443);
    tcp.send(From::client, tls_record(22, filler_.noise(random_, random_.between(200, 517))));
    tcp.send(From::server, tls_record(22, filler_.noise(random_, random_.between(2500, 4500))));
    tcp.send(From::client, tls_record(22, filler_.noise(random_, 80)));
    for (std::uint32_t left = random_.between(1, 6); left > 0; --left) {
        tcp.send(From::client, tls_record(23, filler_.noise(random_, random_.between(64, 1400))));
        std::size_t answer_size = heavy_tailed(random_, 6000, 300'000);
        while (answer_size > 0) {
            const std::size_t record_size = std::min<std::size_t>(answer_size, 16'384);
            tcp.send(From::server, tls_record(23, filler_.noise(random_, record_size)));
            answer_size -= record_size;
        }
    }
    if (random_.percent(30))
        tcp.reset(From::client);
    else
        tcp.close(From::client);
    return tcp.take();
}

Packets Background::file_share() {
    TcpTalk tcp = connect(445);
    for (std::uint32_t left = random_.between(4, 30); left > 0; --left) {
        tcp.send(From::client, smb3_message(random_, filler_.noise(random_, random_.between(112, 224))));
        const std::size_t answer_size = random_.percent(60) ? heavy_tailed(random_, 8000, 60'000) : 152;
        tcp.send(From::server, smb3_message(random_, filler_.noise(random_, answer_size)));
    }
    tcp.close(From::client);
    return tcp.take();
}

Packets Background::remote_call() {
    const auto& [interface, fixed_port] = services[random_.below(std::size(services))];
    const auto port = static_cast<std::uint16_t>(fixed_port != 0 ? fixed_port : random_.between(49152, 49652));
    const rpc::Syntax offer[] = {rpc::ndr32, rpc::btfn};
    TcpTalk tcp = connect(port);
    std::uint32_t call_id = 1;
    tcp.send(From::client, rpc::bind(call_id, interface, offer));
    tcp.send(From::server, rpc::bind_ack(call_id, random_.between(1, 0xFFFF), port, offer));
    for (std::uint32_t left = random_.between(1, 8); left > 0; --left, ++call_id) {
        tcp.send(From::client, rpc::request(call_id, 0, some_opnum, filler_.noise(random_, random_.between(64, 900))));
        tcp.send(From::server, rpc::response(call_id, 0, filler_.noise(random_, heavy_tailed(random_, 400, 5000))));
    }
    tcp.close(From::client);
    return tcp.take();
}

Packets Background::terminal() {
    TcpTalk tcp = connect(22);
    tcp.send(From::server, bytes_of("SSH-2.0-OpenSSH_9.2\r\n"));
    tcp.send(From::client, bytes_of("SSH-2.0-OpenSSH_9.2\r\n"));
    for (std::uint32_t left = random_.between(10, 60); left > 0; --left) {
        tcp.send(From::client, filler_.noise(random_, 36));
        tcp.send(From::server, filler_.noise(random_, random_.between(36, 400)));
        tcp.acknowledge(From::client);
    }
    tcp.close(From::client);
    return tcp.take();
}

Packets Background::lookup() {
    const bool is_v6 = random_.percent(20);
    const Endpoint client = next_client(is_v6);
    const Endpoint resolver{is_v6 ? ipv6_address(0x40, 0x53) : ipv4_address(0xC000'0235), 53};
    const auto id = static_cast<std::uint16_t>(random_.u32());
    const std::string label = fmt::format("srv-{}", random_.below(4000));
    const bool is_aaaa = random_.percent(40);
    const IpAddress address = server(is_aaaa);
    const std::uint16_t type = is_aaaa ? 28 : 1;
    Packets packets;
    packets.add(frames_.udp(client, resolver, dns_message(id, false, type, label, {})));
    packets.add(frames_.udp(resolver, client, dns_message(id, true, type, label, address.bytes())));
    return packets;
}

Packets Background::neighbour() {
    const IpAddress sender = ipv4_address(0x0A64'0001 + random_.below(client_count));
    const IpAddress target = ipv4_address(0x0A64'0001 + random_.below(client_count));
    Packets packets;
    packets.add(frames_.arp(1, sender, target));
    packets.add(frames_.arp(2, target, sender));
    return packets;
}

}  // namespace diag::bench

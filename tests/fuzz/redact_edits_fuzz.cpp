// The bytes of two sides of a conversation, edited for redaction and read again. Property: it says the same with
// pseudonyms, check by check. (That no name is left is no property of any bytes: other fields may hold the same ones.)
//
// The input is a list of segments: side (lowest bit of a byte), size (two bytes, little-endian), bytes.

#include <cstdio>
#include <cstdlib>

#include "libdiag/wire/reader.h"
#include "tests/redact/edited_capture.h"
#include "tests/support/packet_builder.h"

namespace {

using namespace diag;

std::vector<test::TestPacket> packets_of(Bytes input) {
    constexpr std::size_t max_segments = 64, max_size = 1460;
    test::TcpScript script{{.client = test::endpoint("192.0.2.77", 49701), .host = test::endpoint("192.0.2.10", 1688)}};
    script.handshake();
    Reader r{input};
    for (std::size_t i = 0; i < max_segments && r.remaining() >= 3; ++i) {
        const auto from = (r.u8("side") & 1U) == 0 ? test::Side::client : test::Side::host;
        const auto to = from == test::Side::client ? test::Side::host : test::Side::client;
        const std::size_t size = std::min<std::size_t>({r.u16("size"), r.remaining(), max_size});
        script.send(from, r.bytes(size, "bytes")).ack(to);
    }
    return script.fin(test::Side::client).fin(test::Side::host).ack(test::Side::client).packets;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const redact::Pseudonyms pseudonyms{bytes_of("fuzz")};
    const auto packets = packets_of({data, size});
    std::vector<PacketView> views;
    for (const auto& packet : packets)
        views.push_back(test::view_of(packet.frame, LinkType::ethernet, views.size() + 1, packet.time));
    const auto edited = test::edit_capture(views, pseudonyms, kms::lab_profile());
    const std::string difference =
        test::first_difference(test::facts_of(edited.packets, kms::lab_profile()), edited.facts);
    if (difference.empty()) return 0;
    std::fprintf(stderr, "%s\n", difference.c_str());
    std::abort();
}

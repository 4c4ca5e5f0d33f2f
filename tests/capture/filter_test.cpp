#include <catch2/catch.hpp>

#include "libdiag/capture/filter.h"
#include "libdiag/capture/reader.h"
#include "tests/capture/capture_bytes.h"

using namespace diag;
using namespace diag::test;
using capture::PacketFilter;

namespace {

/// A TCP packet to port 1688, without its link layer.
ByteVector kms_syn() {
    Writer out{std::endian::big};
    out.u16(0x4500);       // IPv4, 20 bytes of header
    out.u16(40);           // total length
    out.u32(0);            // identification, fragments: none
    out.u16(64 << 8 | 6);  // TTL, TCP
    out.u16(0);
    out.u32(0xC0000201);  // 192.0.2.1
    out.u32(0xC000020A);  // 192.0.2.10
    out.u16(40'000);
    out.u16(1688);
    out.u64(1ULL << 32);  // sequence and acknowledgement number
    out.u32(0x50022000);  // SYN
    out.u32(0);
    return out.take();
}

ByteVector behind(std::size_t header_size, std::initializer_list<std::uint8_t> end_of_header) {
    ByteVector out(header_size - end_of_header.size());
    out.insert(out.end(), end_of_header);
    const ByteVector ip = kms_syn();
    out.insert(out.end(), ip.begin(), ip.end());
    return out;
}

PacketView packet_of(LinkType link_type, const ByteVector& data) {
    return {.link_type = link_type, .original_size = static_cast<std::uint32_t>(data.size()), .data = data};
}

}  // namespace

TEST_CASE("filter: one expression works on packets of every link type", "[capture][filter]") {
    auto matching = PacketFilter::compile("tcp dst port 1688 and host 192.0.2.10");
    auto other = PacketFilter::compile("udp or tcp port 1689");
    REQUIRE(matching);
    REQUIRE(other);
    const ByteVector ethernet = behind(14, {0x08, 0x00});
    const ByteVector cooked = behind(16, {0x08, 0x00});
    const ByteVector raw = kms_syn();
    for (int round = 0; round < 2; ++round) {  // also after the link type changed back
        for (const auto& [link_type, data] :
             {std::pair{LinkType::ethernet, &ethernet}, std::pair{LinkType::linux_sll, &cooked},
              std::pair{LinkType::raw_ip, &raw}, std::pair{LinkType::raw_ip_bsd, &raw}}) {
            CAPTURE(static_cast<unsigned>(link_type));
            CHECK(matching->matches(packet_of(link_type, *data)));
            CHECK_FALSE(other->matches(packet_of(link_type, *data)));
        }
    }
    CHECK(matching->problems().empty());
}

TEST_CASE("filter: the empty expression matches everything, and a cut packet is no error", "[capture][filter]") {
    auto all = PacketFilter::compile("");
    auto tcp = PacketFilter::compile("tcp port 1688");
    REQUIRE(all);
    REQUIRE(tcp);
    const ByteVector whole = behind(14, {0x08, 0x00});
    for (std::size_t n = 0; n < whole.size(); ++n) {
        const ByteVector cut{whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(n)};
        CHECK(all->matches(packet_of(LinkType::ethernet, cut)));
        if (n < 36) CHECK_FALSE(tcp->matches(packet_of(LinkType::ethernet, cut)));  // the ports are not there yet
    }
}

TEST_CASE("filter: a bad expression is one line with the reason", "[capture][filter]") {
    for (const char* expression : {"tcp prot 1688", "port 99999999", "(tcp", "\x1b[31m", "tcp\nprot"}) {
        const auto filter = PacketFilter::compile(expression);
        CAPTURE(expression);
        REQUIRE_FALSE(filter);
        CHECK(filter.error().kind == capture::CaptureError::Kind::bad_filter);
        CHECK(filter.error().message.starts_with("filter \""));
        CHECK(filter.error().message.find('\n') == std::string::npos);
        CHECK(filter.error().message.find('\x1b') == std::string::npos);
    }
}

TEST_CASE("filter: a link type that the expression cannot apply to never matches and is named once",
          "[capture][filter]") {
    auto filter = PacketFilter::compile("wlan type mgt");
    REQUIRE(filter);
    const ByteVector data = behind(14, {0x08, 0x00});
    CHECK_FALSE(filter->matches(packet_of(LinkType::ethernet, data)));
    CHECK_FALSE(filter->matches(packet_of(LinkType::ethernet, data)));
    REQUIRE(filter->problems().size() == 1);
    CHECK(filter->problems()[0].find("link type 1:") != std::string::npos);
}

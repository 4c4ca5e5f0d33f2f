#include "libdiag/proto/dcerpc/bind.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dcerpc/pdu.h"
#include "tests/proto/dcerpc/rpc_vectors.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::rpc_vector;
using diag::test::unhex;

namespace {

Pdu decode(Bytes bytes) {
    auto pdu = decode_pdu(bytes);
    REQUIRE(pdu);
    return std::move(*pdu);
}

// A bind of a client that offers NDR32 and NDR64 in one context.
const ByteVector two_syntaxes = unhex(
    "05 00 0b 13 10000000 5c00 0000 02000000"  // header, 92 bytes
    "d016 d016 00000000 01 000000"             // fragments, association group, one context
    "0300 02 00"                               // context 3, two transfer syntaxes
    "7521c8514e845047b0d8ec255555bc06 0100 0000"
    "045d888aeb1cc9119fe808002b104860 02000000"
    "33057171babe37498319b5dbef9ccc36 01000000");

// The first vector again, every integer turned round by hand; UUIDs too (C706 appendix A).
const ByteVector big_endian_bind = unhex(
    "05 00 0b 13 00000000 0048 0000 00000002"
    "16d0 16d0 00000000 01 000000"
    "0000 01 00"
    "51c82175844e4750b0d8ec255555bc06 0000 0001"  // version 1.0: one 32-bit number, minor half first
    "8a885d041ceb11c99fe808002b104860 00000002");

const ByteVector big_endian_bind_ack = unhex(
    "05 00 0c 13 00000000 003c 0000 00000002"
    "16d0 16d0 12345678 0005 3136383800 00"
    "01 000000"
    "0000 0000 8a885d041ceb11c99fe808002b104860 00000002");

}  // namespace

TEST_CASE("bind: a context may offer several transfer syntaxes", "[dcerpc][bind]") {
    const Pdu pdu = decode(two_syntaxes);
    const Bind* bind = pdu.bind();
    REQUIRE(bind);
    REQUIRE(bind->contexts.size() == 1);
    const ContextItem& item = bind->contexts[0];
    CHECK(item.context_id == 3);
    CHECK(item.interface == kms_interface_id);
    REQUIRE(item.transfer_syntaxes.size() == 2);
    CHECK(item.transfer_syntaxes[0] == SyntaxId{ndr32_syntax_id, 2});
    CHECK(item.transfer_syntaxes[1] == SyntaxId{ndr64_syntax_id, 1});
    CHECK(bind->offers(Syntax::ndr64));
    CHECK_FALSE(bind->offers(Syntax::btfn));
    CHECK(to_hex(encode_pdu(pdu)) == to_hex(two_syntaxes));
}

TEST_CASE("bind: a big-endian one decodes to the values of its little-endian twin", "[dcerpc][bind]") {
    const Pdu big = decode(big_endian_bind);
    const ByteVector& twin_bytes = rpc_vector("bind-ndr32").pdu;
    const Pdu little = decode(twin_bytes);
    CHECK(big.bind()->max_xmit_frag == 5840);
    CHECK(big.bind()->contexts == little.bind()->contexts);
    CHECK(big.header.call_id == 2);
    CHECK(to_hex(encode_pdu(big)) == to_hex(big_endian_bind));

    Pdu turned = little;
    turned.header.drep = big_endian_drep;
    CHECK(to_hex(encode_pdu(turned)) == to_hex(big_endian_bind));
}

TEST_CASE("bind_ack: a big-endian one decodes to the values of its little-endian twin", "[dcerpc][bind]") {
    const Pdu big = decode(big_endian_bind_ack);
    const Pdu little = decode(rpc_vector("bind-ack-ndr32").pdu);
    CHECK(big.bind_ack()->assoc_group == 0x12345678);
    CHECK(big.bind_ack()->secondary_address == "1688");
    CHECK(big.bind_ack()->results == little.bind_ack()->results);
    CHECK(to_hex(encode_pdu(big)) == to_hex(big_endian_bind_ack));
}

TEST_CASE("bind: counts that promise more than the PDU holds are refused", "[dcerpc][bind]") {
    ByteVector contexts = rpc_vector("bind-ndr32").pdu;
    contexts[24] = 2;
    ByteVector syntaxes = rpc_vector("bind-ndr32").pdu;
    syntaxes[30] = 255;
    for (const ByteVector& bytes : {contexts, syntaxes}) {
        const auto pdu = decode_pdu(bytes);
        REQUIRE_FALSE(pdu);
        CHECK(pdu.error().kind == WireError::Kind::truncated);
        CHECK(pdu.error().offset == 72);
    }
}

TEST_CASE("bind: no context at all is a bind that offers nothing", "[dcerpc][bind]") {
    const Pdu pdu = decode(unhex("05 00 0b 03 10000000 1c00 0000 01000000 d016 d016 00000000 00 000000"));
    CHECK(pdu.bind()->contexts.empty());
    CHECK_FALSE(pdu.bind()->offers(kms_interface_id));
}

TEST_CASE("bind_ack: pad bytes behind the secondary address may be anything and survive", "[dcerpc][bind]") {
    ByteVector bytes = rpc_vector("bind-ack-port-88").pdu;
    bytes[29] = 0x31;
    bytes[30] = 0x36;
    bytes[31] = 0xFF;
    const Pdu pdu = decode(bytes);
    CHECK(pdu.bind_ack()->secondary_address == "88");
    CHECK(pdu.bind_ack()->secondary_padding == FixedBytes<3>{0x31, 0x36, 0xFF});
    CHECK(encode_pdu(pdu) == bytes);
}

TEST_CASE("bind_ack: a secondary address without its NUL, or of nothing but a NUL, is kept as it was",
          "[dcerpc][bind]") {
    const ByteVector no_nul = unhex(
        "05 00 0c 13 10000000 2000 0000 02000000 d016 d016 01000000"
        "0200 3838 00 000000");  // "88": ends on a multiple of 4; no results
    const ByteVector only_nul = unhex(
        "05 00 0c 13 10000000 2000 0000 02000000 d016 d016 01000000"
        "0100 00 aa 00 000000");
    const Pdu without = decode(no_nul);
    CHECK(without.bind_ack()->secondary_address == "88");
    CHECK_FALSE(without.bind_ack()->secondary_terminated);
    CHECK(encode_pdu(without) == no_nul);
    const Pdu with = decode(only_nul);
    CHECK(with.bind_ack()->secondary_address.empty());
    CHECK(with.bind_ack()->secondary_terminated);
    CHECK(encode_pdu(with) == only_nul);
}

TEST_CASE("bind_ack: lengths and counts that leave the PDU are refused", "[dcerpc][bind]") {
    ByteVector address = rpc_vector("bind-ack-ndr32").pdu;
    address[25] = 0xFF;  // the address alone would take 65 KiB
    ByteVector results = rpc_vector("bind-ack-ndr32").pdu;
    results[32] = 2;
    const auto too_long = decode_pdu(address);
    REQUIRE_FALSE(too_long);
    CHECK(too_long.error().field == "secondary_address");
    const auto too_many = decode_pdu(results);
    REQUIRE_FALSE(too_many);
    CHECK(too_many.error().field == "result");
    CHECK(too_many.error().offset == 60);
}

TEST_CASE("bind_nak: decodes without a list of versions, and with pad bytes behind it", "[dcerpc][bind]") {
    const Pdu bare = decode(unhex("05 00 0d 03 10000000 1200 0000 02000000 0200"));
    REQUIRE(bare.bind_nak());
    CHECK(bare.bind_nak()->reject_reason == 2);
    CHECK_FALSE(bare.bind_nak()->has_versions);
    CHECK(bare.bind_nak()->versions.empty());
    CHECK(encode_pdu(bare).size() == 18);

    const ByteVector padded_bytes = unhex("05 00 0d 03 10000000 1800 0000 02000000 0400 02 0500 0501 aa");
    const Pdu padded = decode(padded_bytes);
    CHECK(padded.bind_nak()->versions == std::vector<ProtocolVersion>{{5, 0}, {5, 1}});
    CHECK(to_hex(padded.bind_nak()->rest) == "aa");
    CHECK(encode_pdu(padded) == padded_bytes);
}

TEST_CASE("bind_nak: a list that promises more versions than there are is refused", "[dcerpc][bind]") {
    CHECK_FALSE(decode_pdu(unhex("05 00 0d 03 10000000 1500 0000 02000000 0400 02 0500")));
}

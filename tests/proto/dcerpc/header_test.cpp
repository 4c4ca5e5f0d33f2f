#include "libdiag/proto/dcerpc/header.h"

#include <catch2/catch.hpp>

#include "tests/proto/dcerpc/rpc_vectors.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::unhex;

namespace {

//                          vers type flags drep      frag auth call id
constexpr auto little = "05 00 02 03 10000000 1801 0000 07000000";
constexpr auto big = "05 00 02 03 00000000 0118 0000 00000007";

Decoded<Header> decode(Bytes bytes) {
    Reader r{bytes};
    Header header;
    decode_header(r, header);
    if (auto done = r.finish(); !done) return std::unexpected(done.error());
    return header;
}

}  // namespace

TEST_CASE("header: both byte orders give the same numbers", "[dcerpc][header]") {
    for (const auto* digits : {little, big}) {
        CAPTURE(digits);
        const auto header = decode(unhex(digits));
        REQUIRE(header);
        CHECK(header->type() == PduType::response);
        CHECK(header->pfc_flags == 3);
        CHECK(header->frag_length == 0x118);
        CHECK(header->auth_length == 0);
        CHECK(header->call_id == 7);
    }
    CHECK(decode(unhex(little))->order() == std::endian::little);
    CHECK(decode(unhex(big))->order() == std::endian::big);
}

TEST_CASE("header: encoding in either order gives the bytes back", "[dcerpc][header]") {
    for (const auto* digits : {little, big}) {
        const ByteVector bytes = unhex(digits);
        const auto header = decode(bytes);
        REQUIRE(header);
        Writer w{header->order()};
        encode_header(w, *header);
        CHECK(w.view() == bytes);
    }
}

TEST_CASE("header: every proper prefix is truncated, none is read past", "[dcerpc][header]") {
    const ByteVector whole = unhex(little);
    for (std::size_t n = 0; n < header_size; ++n) {
        CAPTURE(n);
        const auto header = decode(test::ExactBuffer{whole, n});
        REQUIRE_FALSE(header);
        CHECK(header.error().kind == WireError::Kind::truncated);
    }
}

TEST_CASE("header: a type is none until its byte was read", "[dcerpc][header]") {
    const ByteVector whole = unhex(little);
    for (std::size_t n = 0; n <= header_size; ++n) {
        Reader r{head(whole, n)};
        Header header;
        decode_header(r, header);
        CAPTURE(n);
        CHECK(header.type() == (n < 3 ? PduType::none : PduType::response));
    }
}

TEST_CASE("header: what breaks the format is malformed and names its field", "[dcerpc][header]") {
    struct Case {
        const char* digits;
        std::string_view field;
    };
    const Case table[] = {
        {"04 00 02 03 10000000 1801 0000 07000000", "rpc_vers"},
        {"05 00 02 03 20000000 1801 0000 07000000", "drep"},         // neither byte order
        {"05 00 02 03 12000000 1801 0000 07000000", "drep"},         // neither ASCII nor EBCDIC
        {"05 00 02 03 10000000 0f00 0000 07000000", "frag_length"},  // shorter than the header itself
        {"05 00 02 03 10000000 1800 0100 07000000", "auth_length"},  // 16 + 8 + 1 > 24
        {"05 00 02 03 10000000 ffff ffff 07000000", "auth_length"},
    };
    for (const Case& c : table) {
        CAPTURE(c.digits);
        const auto header = decode(unhex(c.digits));
        REQUIRE_FALSE(header);
        CHECK(header.error().kind == WireError::Kind::malformed);
        CHECK(header.error().field == c.field);
        CHECK_FALSE(looks_like_rpc(unhex(c.digits)));
    }
}

TEST_CASE("looks_like_rpc: every prefix of a PDU of either order does", "[dcerpc][header]") {
    for (const auto* digits : {little, big}) {
        const ByteVector whole = unhex(digits);
        for (std::size_t n = 0; n <= whole.size(); ++n) CHECK(looks_like_rpc(test::ExactBuffer{whole, n}));
    }
}

TEST_CASE("looks_like_rpc: openings of other protocols do not", "[dcerpc][header]") {
    CHECK_FALSE(looks_like_rpc(bytes_of("GET / HTTP/1.1\r\n")));
    CHECK_FALSE(looks_like_rpc(bytes_of("HTTP/1.1 400 Bad Request\r\n")));
    CHECK_FALSE(looks_like_rpc(bytes_of("SSH-2.0-OpenSSH_9.2")));
    CHECK_FALSE(looks_like_rpc(unhex("16 03 01 02 00 01 00 01 fc 03 03")));  // TLS client hello
    CHECK_FALSE(looks_like_rpc(unhex("00 00 00 85 ff 53 4d 42 72 00")));     // SMB
    CHECK_FALSE(looks_like_rpc(unhex("05 02 00 02")));                       // SOCKS 5 with two methods
}

TEST_CASE("is_pdu_start: wants a whole header and a type that belongs on TCP", "[dcerpc][header]") {
    ByteVector bytes = unhex(little);
    CHECK(is_pdu_start(bytes));
    CHECK_FALSE(is_pdu_start(head(bytes, 15)));
    for (const PduType type : {PduType::ping, PduType::working, PduType::cancel_ack}) {
        bytes[2] = static_cast<std::uint8_t>(type);
        CHECK_FALSE(is_pdu_start(bytes));
    }
    bytes[2] = 20;
    CHECK_FALSE(is_pdu_start(bytes));
    CHECK(looks_like_rpc(bytes));  // so that it can be skipped by its length
    bytes[2] = 19;
    CHECK(is_pdu_start(bytes));
}

TEST_CASE("peek_length: says what is needed, the length, or that it is no RPC", "[dcerpc][header]") {
    using Kind = PeekedLength::Kind;
    for (const auto* digits : {little, big}) {
        const ByteVector whole = unhex(digits);
        for (std::size_t n = 0; n < header_size; ++n) {
            const PeekedLength peeked = peek_length(test::ExactBuffer{whole, n});
            CHECK(peeked.kind == Kind::need_more);
            CHECK(peeked.size == header_size);
        }
        CHECK(peek_length(whole).kind == Kind::known);
        CHECK(peek_length(whole).size == 0x118);
        CHECK(peek_frag_length(whole) == 0x118);
    }
    CHECK(peek_length(bytes_of("HTTP/1.1 400")).kind == Kind::not_rpc);
    CHECK(peek_frag_length(unhex("05 00")) == 0);
}

TEST_CASE("names: the types are spelled as in the specification, others by number", "[dcerpc][names]") {
    CHECK(name_of(PduType::request) == "request");
    CHECK(name_of(PduType::cl_cancel) == "cl_cancel");
    CHECK(name_of(PduType::alter_context_resp) == "alter_context_resp");
    CHECK(name_of(PduType::orphaned) == "orphaned");
    CHECK(name_of(static_cast<PduType>(20)) == "unknown(20)");
    CHECK(name_of(static_cast<PduType>(200)) == "unknown(200)");
}

TEST_CASE("names: reasons and statuses have texts, unknown ones their number", "[dcerpc][names]") {
    CHECK(describe_reject_reason(4) == "protocol version not supported");
    CHECK(describe_reject_reason(3) == "reason 3");
    CHECK(describe_reason(1) == "abstract syntax (interface) not supported");
    CHECK(describe_reason(900) == "reason 900");
    CHECK(fault_status_text(5) == "access denied");
    CHECK(fault_status_text(0x1C010003) == "unknown interface (nca_s_unk_if)");
    CHECK(fault_status_text(0x1C0100FF) == "unknown status");
}

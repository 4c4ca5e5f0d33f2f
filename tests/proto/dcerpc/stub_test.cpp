#include "libdiag/proto/dcerpc/stub.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "tests/proto/dcerpc/generate.h"
#include "tests/proto/dcerpc/rpc_vectors.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::ExactBuffer;
using diag::test::PduGenerator;
using diag::test::unhex;

namespace {

constexpr auto little = std::endian::little;
constexpr auto big = std::endian::big;

// A KMS message of version 6 and the given size; only its version matters here.
ByteVector message_of(PduGenerator& generator, std::size_t size) {
    ByteVector message = generator.bytes(size);
    message[0] = message[1] = message[3] = 0;
    message[2] = 6;
    return message;
}

}  // namespace

TEST_CASE("stub: what is encoded decodes to the same message, in both syntaxes and byte orders", "[dcerpc][stub]") {
    PduGenerator generator{11};
    for (const Syntax syntax : {Syntax::ndr32, Syntax::ndr64}) {
        for (const auto order : {little, big}) {
            for (std::size_t size = 4; size < 300; ++size) {
                CAPTURE(name_of(syntax), size, order == big);
                const ByteVector message = message_of(generator, size);
                const ByteVector request_bytes = encode_request_stub(message, syntax, order);
                const auto request = decode_request_stub(ExactBuffer{request_bytes}, syntax, order);
                REQUIRE(request);
                CHECK(request->request_size == size);
                CHECK(request->max_count == size);
                CHECK(to_hex(decode_request_stub(request_bytes, syntax, order)->message) == to_hex(message));
                CHECK(guess_request_syntax(request_bytes, request_bytes.size(), order) == syntax);

                const auto code = generator.number<std::uint32_t>();
                const ByteVector response_bytes = encode_response_stub(message, code, syntax, order);
                const auto response = decode_response_stub(response_bytes, syntax, order);
                REQUIRE(response);
                CHECK(to_hex(response->message) == to_hex(message));
                CHECK(response->return_code == code);
                CHECK(response->padding.size() == (4 - size % 4) % 4);
                CHECK(response->surplus.empty());
                CHECK(response->stub_size == response_bytes.size());
                CHECK(guess_response_syntax(response_bytes, response_bytes.size(), order) == syntax);
            }
        }
    }
}

TEST_CASE("stub: every proper prefix is refused, and the partial one keeps the bytes of the message",
          "[dcerpc][stub]") {
    PduGenerator generator{12};
    for (const Syntax syntax : {Syntax::ndr32, Syntax::ndr64}) {
        const ByteVector message = message_of(generator, 50);
        const ByteVector request = encode_request_stub(message, syntax);
        const ByteVector response = encode_response_stub(message, 0, syntax);
        const std::size_t request_head = syntax == Syntax::ndr64 ? 16 : 8;
        const std::size_t response_head = syntax == Syntax::ndr64 ? 24 : 12;
        for (std::size_t n = 0; n < request.size(); ++n) {
            CAPTURE(n);
            const ExactBuffer cut{request, n};
            CHECK_FALSE(decode_request_stub(cut, syntax, little));
            const auto partial = decode_request_stub_partial(cut, syntax, little);
            REQUIRE(partial.error);
            CHECK(partial.message.size() == (n < request_head ? 0 : n - request_head));
        }
        for (std::size_t n = 0; n < response.size(); ++n) {
            CAPTURE(n);
            const ExactBuffer cut{response, n};
            CHECK_FALSE(decode_response_stub(cut, syntax, little));
            const auto partial = decode_response_stub_partial(cut, syntax, little);
            REQUIRE(partial.error);
            CHECK(partial.message.size() == (n < response_head ? 0 : std::min<std::size_t>(n - response_head, 50)));
        }
    }
}

TEST_CASE("stub: layouts are those of the specification, byte for byte", "[dcerpc][stub]") {
    const ByteVector message = unhex("00000400 aabb");
    CHECK(to_hex(encode_request_stub(message, Syntax::ndr32)) ==
          "0600000006000000"
          "00000400aabb");
    CHECK(to_hex(encode_request_stub(message, Syntax::ndr64)) ==
          "0600000000000000"
          "0600000000000000"
          "00000400aabb");
    CHECK(to_hex(encode_response_stub(message, 1, Syntax::ndr32)) ==
          "060000000000020006000000"
          "00000400aabb"
          "0000"
          "01000000");
    CHECK(to_hex(encode_response_stub(message, 1, Syntax::ndr64)) ==
          "0600000000000000"
          "0000020000000000"
          "0600000000000000"
          "00000400aabb"
          "0000"
          "01000000");
    CHECK(to_hex(encode_response_stub(message, 1, Syntax::ndr32, big)) ==
          "000000060002000000000006"
          "00000400aabb"
          "0000"
          "00000001");
    CHECK(to_hex(encode_refusal_stub(0xC004F042, Syntax::ndr32)) == "000000000000000042f004c0");
    CHECK(to_hex(encode_refusal_stub(0xC004F042, Syntax::ndr64)) == "0000000000000000000000000000000042f004c0");
}

TEST_CASE("stub: surplus bytes behind a request are kept apart from the message", "[dcerpc][stub]") {
    PduGenerator generator{13};
    for (const std::size_t surplus : {4U, 6U}) {
        const ByteVector message = message_of(generator, 252);
        ByteVector bytes = encode_request_stub(message, Syntax::ndr32);
        bytes.resize(bytes.size() + surplus);
        const auto stub = decode_request_stub(bytes, Syntax::ndr32, little);
        REQUIRE(stub);
        CHECK(stub->message.size() == 252);
        CHECK(stub->surplus.size() == surplus);
        CHECK(guess_request_syntax(bytes, bytes.size(), little) == Syntax::ndr32);
    }
}

TEST_CASE("stub: lengths that disagree are told, and the array's own size counts", "[dcerpc][stub]") {
    const auto request = decode_request_stub(unhex("ff000000 04000000 00000600"), Syntax::ndr32, little);
    REQUIRE(request);
    CHECK_FALSE(request->lengths_agree());
    CHECK(request->message.size() == 4);
    const auto response =
        decode_response_stub(unhex("00000000 00000200 04000000 00000600 00000000"), Syntax::ndr32, little);
    REQUIRE(response);
    CHECK(response->has_message());  // the pointer decides, not the length
    CHECK_FALSE(response->lengths_agree());
}

TEST_CASE("stub: array sizes beyond the stub are refused, whatever their width", "[dcerpc][stub]") {
    CHECK_FALSE(decode_request_stub(unhex("ffffffff ffffffff 00000600"), Syntax::ndr32, little));
    CHECK_FALSE(decode_request_stub(unhex("04000000 00000000 ffffffffffffffff 00000600"), Syntax::ndr64, little));
    CHECK_FALSE(decode_request_stub(unhex("04000000 00000000 0400000001000000 00000600"), Syntax::ndr64, little));
    CHECK_FALSE(decode_response_stub(unhex("04000000 00000000 0000020000000000 00000000ffffffff 00000600 00000000"),
                                     Syntax::ndr64, little));
}

TEST_CASE("stub: a null pointer with a length is a refusal all the same", "[dcerpc][stub]") {
    const auto stub = decode_response_stub(unhex("04000000 00000000 0d000780"), Syntax::ndr32, little);
    REQUIRE(stub);
    CHECK_FALSE(stub->has_message());
    CHECK_FALSE(stub->lengths_agree());
    CHECK(stub->return_code == 0x8007000D);
}

TEST_CASE("guess_syntax: a cut stub is guessed from its first bytes and its size", "[dcerpc][stub]") {
    PduGenerator generator{14};
    const ByteVector message = message_of(generator, 260);
    for (const Syntax syntax : {Syntax::ndr32, Syntax::ndr64}) {
        const ByteVector request = encode_request_stub(message, syntax);
        CHECK(guess_request_syntax(head(request, 20), request.size(), little) == syntax);
        const ByteVector response = encode_response_stub(message, 0, syntax);
        CHECK(guess_response_syntax(head(response, 28), response.size(), little) == syntax);
    }
    const ByteVector request = encode_request_stub(message, Syntax::ndr32);
    CHECK_FALSE(guess_request_syntax(head(request, 7), request.size(), little));
}

TEST_CASE("guess_syntax: stubs of other interfaces are neither", "[dcerpc][stub]") {
    CHECK_FALSE(guess_request_syntax({}, 0, little));
    CHECK_FALSE(guess_request_syntax(unhex("00000000 00000000 00000000"), 12, little));
    CHECK_FALSE(guess_request_syntax(unhex("04000000 04000000 deadbeef"), 12, little));   // no version of KMS
    CHECK_FALSE(guess_request_syntax(unhex("04000000 04000000 00000600"), 200, little));  // too much behind it
    CHECK_FALSE(guess_request_syntax(unhex("f0000000 f0000000 00000600"), 12, little));   // longer than the stub
    CHECK_FALSE(guess_response_syntax(unhex("00000000 00000000 00000000 00000000"), 16, little));
}

TEST_CASE("tree: a stub's nodes follow each other without holes", "[dcerpc][stub][tree]") {
    PduGenerator generator{15};
    for (const Syntax syntax : {Syntax::ndr32, Syntax::ndr64}) {
        for (std::size_t size = 4; size < 9; ++size) {
            const ByteVector message = message_of(generator, size);
            const ByteVector bytes = encode_response_stub(message, 0x8007000D, syntax);
            Node parent;
            describe_response_stub(*decode_response_stub(bytes, syntax, little), syntax, 40, parent);
            std::size_t at = 40;
            for (const Node& node : parent.children) {
                CHECK(node.offset == at);
                at += node.size;
            }
            CHECK(at == 40 + bytes.size());
            CHECK(parent.children.back().value == "0x8007000D");

            Node request_parent;
            const ByteVector request = encode_request_stub(message, syntax);
            describe_request_stub(*decode_request_stub(request, syntax, little), syntax, 24, request_parent);
            at = 24;
            for (const Node& node : request_parent.children) {
                CHECK(node.offset == at);
                at += node.size;
            }
            CHECK(at == 24 + request.size());
        }
    }
}

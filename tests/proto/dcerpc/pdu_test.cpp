#include "libdiag/proto/dcerpc/pdu.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dcerpc/stub.h"
#include "tests/proto/dcerpc/generate.h"
#include "tests/proto/dcerpc/rpc_vectors.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::ExactBuffer;
using diag::test::PduGenerator;
using diag::test::rpc_vector;
using diag::test::unhex;

namespace {

bool same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

bool same(const Bind& a, const Bind& b) {
    return a.max_xmit_frag == b.max_xmit_frag && a.max_recv_frag == b.max_recv_frag && a.assoc_group == b.assoc_group &&
           a.n_context_elem == b.n_context_elem && a.reserved == b.reserved && a.contexts == b.contexts &&
           same(a.rest, b.rest);
}
bool same(const BindAck& a, const BindAck& b) {
    return a.max_xmit_frag == b.max_xmit_frag && a.max_recv_frag == b.max_recv_frag && a.assoc_group == b.assoc_group &&
           a.secondary_address_size == b.secondary_address_size && a.secondary_address == b.secondary_address &&
           a.secondary_terminated == b.secondary_terminated && a.secondary_padding == b.secondary_padding &&
           a.n_results == b.n_results && a.reserved == b.reserved && a.results == b.results && same(a.rest, b.rest);
}
bool same(const BindNak& a, const BindNak& b) {
    return a.reject_reason == b.reject_reason && a.has_versions == b.has_versions && a.n_protocols == b.n_protocols &&
           a.versions == b.versions && same(a.rest, b.rest);
}
bool same(const Request& a, const Request& b) {
    return a.alloc_hint == b.alloc_hint && a.context_id == b.context_id && a.opnum == b.opnum && a.object == b.object &&
           same(a.stub, b.stub);
}
bool same(const Response& a, const Response& b) {
    return a.alloc_hint == b.alloc_hint && a.context_id == b.context_id && a.cancel_count == b.cancel_count &&
           a.reserved == b.reserved && same(a.stub, b.stub);
}
bool same(const Fault& a, const Fault& b) {
    return a.alloc_hint == b.alloc_hint && a.context_id == b.context_id && a.cancel_count == b.cancel_count &&
           a.reserved == b.reserved && a.status == b.status && same(a.rest, b.rest);
}
bool same(const Other& a, const Other& b) { return same(a.rest, b.rest); }

bool same_body(const Pdu& a, const Pdu& b) {
    return a.body.visit([&b](const auto& body) {
        const auto* other = b.body.get<std::remove_cvref_t<decltype(body)>>();
        return other != nullptr && same(body, *other);
    });
}

bool same_auth(const std::optional<AuthTrailer>& a, const std::optional<AuthTrailer>& b) {
    if (!a || !b) return !a && !b;
    return a->auth_type == b->auth_type && a->auth_level == b->auth_level && a->auth_pad_length == b->auth_pad_length &&
           a->auth_reserved == b->auth_reserved && a->auth_context_id == b->auth_context_id && same(a->pad, b->pad) &&
           same(a->value, b->value);
}

const Node* child(const Node& node, std::string_view key) {
    for (const Node& c : node.children)
        if (c.key == key) return &c;
    return nullptr;
}

// Nodes lie within their parents, and leaves do not overlap.
void check_ranges(const Node& node) {
    std::size_t at = node.offset;
    for (const Node& c : node.children) {
        CAPTURE(c.key, c.offset, c.size, node.key, node.offset, node.size);
        CHECK(c.offset >= at);
        CHECK(c.offset + c.size <= node.offset + node.size);
        at = c.offset + c.size;
        check_ranges(c);
    }
}

}  // namespace

TEST_CASE("pdu: what is encoded decodes to the same values, for generated PDUs of every type", "[dcerpc][property]") {
    PduGenerator generator{20261123};
    for (int i = 0; i < 3000; ++i) {
        const Pdu pdu = generator.pdu();
        const ByteVector bytes = encode_pdu(pdu);
        const ExactBuffer exact{bytes};
        const auto again = decode_pdu(exact);
        CAPTURE(i, to_hex(bytes));
        REQUIRE(again);
        Header expected = pdu.header;
        expected.frag_length = static_cast<std::uint16_t>(bytes.size());
        expected.auth_length = static_cast<std::uint16_t>(pdu.auth ? pdu.auth->value.size() : 0);
        CHECK(again->header == expected);
        CHECK(same_body(pdu, *again));
        CHECK(same_auth(pdu.auth, again->auth));
        CHECK(encode_pdu(*again) == bytes);
    }
}

TEST_CASE("pdu: every proper prefix of generated PDUs is refused, none is read past", "[dcerpc][property]") {
    PduGenerator generator{7};
    for (int i = 0; i < 150; ++i) {
        const ByteVector bytes = encode_pdu(generator.pdu());
        for (std::size_t n = 0; n < bytes.size(); ++n) {
            const ExactBuffer cut{bytes, n};
            CAPTURE(i, n);
            REQUIRE_FALSE(decode_pdu(cut));
            const PartialPdu partial = decode_pdu_partial(cut);
            REQUIRE(partial.error);
            CHECK(partial.error->offset <= n);
        }
    }
}

TEST_CASE("pdu: the tree of generated PDUs covers every byte once", "[dcerpc][property][tree]") {
    PduGenerator generator{99};
    for (int i = 0; i < 300; ++i) {
        const ByteVector bytes = encode_pdu(generator.pdu());
        const auto pdu = decode_pdu(bytes);
        REQUIRE(pdu);
        CAPTURE(i, to_hex(bytes));
        const Node tree = describe_pdu(*pdu, 100);
        check_ranges(tree);
        std::size_t covered = 0;
        for (const Node& c : tree.children) covered += c.size;
        CHECK(covered == bytes.size());
    }
}

TEST_CASE("pdu: the tree of a cut PDU stays within what was captured and says where it ends",
          "[dcerpc][property][tree]") {
    PduGenerator generator{5};
    for (int i = 0; i < 60; ++i) {
        const ByteVector bytes = encode_pdu(generator.pdu());
        for (std::size_t n = 0; n < bytes.size(); n += 3) {
            const ExactBuffer cut{bytes, n};
            CAPTURE(i, n);
            const Node tree = describe_pdu(decode_pdu_partial(cut), 1000);
            check_ranges(tree);
            CHECK(tree.offset + tree.size <= 1000 + n);
            REQUIRE_FALSE(tree.children.empty());
            CHECK(tree.children.back().key == "error");
        }
    }
}

TEST_CASE("pdu: random bytes behind a plausible header never read past the end", "[dcerpc][property]") {
    PduGenerator generator{3};
    for (int i = 0; i < 20000; ++i) {
        ByteVector bytes = generator.bytes(16 + generator.below(120));
        bytes[0] = 5;
        bytes[1] = 0;
        bytes[2] = static_cast<std::uint8_t>(generator.below(20));
        bytes[4] = generator.below(2) == 0 ? 0x10 : 0x00;
        bytes[9] = bytes[8] = 0;
        bytes[bytes[4] == 0 ? 9 : 8] = static_cast<std::uint8_t>(generator.below(136));
        if (generator.below(3) != 0) bytes[10] = bytes[11] = 0;
        const ExactBuffer exact{bytes};
        const auto pdu = decode_pdu(exact);
        if (!pdu) continue;
        CHECK(same(encode_pdu(*pdu), head(bytes, pdu->header.frag_length)));
    }
}

TEST_CASE("partial: 30 bytes of a bind of 72 keep the header, fragment sizes, group and context count",
          "[dcerpc][partial]") {
    const ExactBuffer cut{rpc_vector("bind-ndr32").pdu, 30};
    const PartialPdu pdu = decode_pdu_partial(cut);
    REQUIRE(pdu.error);
    CHECK(*pdu.error == WireError{WireError::Kind::truncated, 30, "n_transfer_syn"});
    CHECK(pdu.type() == PduType::bind);
    CHECK(pdu.header.frag_length == 72);
    CHECK(pdu.header.call_id == 2);
    REQUIRE(pdu.bind());
    CHECK(pdu.bind()->max_xmit_frag == 5840);
    CHECK(pdu.bind()->max_recv_frag == 5840);
    CHECK(pdu.bind()->n_context_elem == 1);
    CHECK(pdu.bind()->contexts.empty());
}

TEST_CASE("partial: a context is kept once its interface was read, with the syntaxes that follow",
          "[dcerpc][partial]") {
    const ByteVector& whole = rpc_vector("bind-ndr32-ndr64-btfn").pdu;
    CHECK(decode_pdu_partial(head(whole, 51)).bind()->contexts.empty());
    const PartialPdu first = decode_pdu_partial(head(whole, 52));
    REQUIRE(first.bind()->contexts.size() == 1);
    CHECK(first.bind()->offers(kms_interface_id));
    CHECK(first.bind()->contexts[0].n_transfer_syn == 1);
    CHECK(first.bind()->contexts[0].transfer_syntaxes.empty());
    const PartialPdu second = decode_pdu_partial(head(whole, 120));
    REQUIRE(second.bind()->contexts.size() == 2);
    CHECK(second.bind()->contexts[1].transfer_syntaxes[0].syntax() == Syntax::ndr64);
}

TEST_CASE("partial: a cut request keeps the part of the stub that is there", "[dcerpc][partial]") {
    const ByteVector& whole = rpc_vector("request-v6-ndr32-win10-even").pdu;
    const PartialPdu pdu = decode_pdu_partial(head(whole, 42));
    REQUIRE(pdu.error);
    CHECK(*pdu.error == WireError{WireError::Kind::truncated, 42, "frag_length"});
    REQUIRE(pdu.request());
    CHECK(pdu.request()->alloc_hint == 268);
    CHECK(pdu.request()->context_id == 0);
    CHECK(pdu.stub().size() == 18);
    CHECK_FALSE(pdu.complete());
    CHECK(decode_pdu_partial(whole).complete());
}

TEST_CASE("partial: a cut bind_ack keeps its group, then its address, then each result", "[dcerpc][partial]") {
    const ByteVector& whole = rpc_vector("bind-ack-ndr64").pdu;
    const PartialPdu group = decode_pdu_partial(head(whole, 28));
    CHECK(group.bind_ack()->assoc_group == 0x12345678);
    CHECK(group.bind_ack()->secondary_address_size == 5);
    CHECK(group.bind_ack()->secondary_address.empty());
    const PartialPdu results = decode_pdu_partial(head(whole, 90));
    CHECK(results.bind_ack()->secondary_address == "1688");
    CHECK(results.bind_ack()->n_results == 3);
    CHECK(results.bind_ack()->results.size() == 2);
}

TEST_CASE("pdu: an unknown type is skipped by its length, not fatal", "[dcerpc]") {
    const ByteVector bytes = unhex("05 00 2a 03 10000000 1400 0000 01000000 deadbeef");
    const auto pdu = decode_pdu(bytes);
    REQUIRE(pdu);
    CHECK(name_of(pdu->type()) == "unknown(42)");
    REQUIRE(pdu->body.get<Other>());
    CHECK(to_hex(pdu->body.get<Other>()->rest) == "deadbeef");
}

TEST_CASE("pdu: shutdown, co_cancel and orphaned are headers only", "[dcerpc]") {
    for (const PduType type : {PduType::shutdown, PduType::co_cancel, PduType::orphaned}) {
        ByteVector bytes = unhex("05 00 00 03 10000000 1000 0000 09000000");
        bytes[2] = static_cast<std::uint8_t>(type);
        const auto pdu = decode_pdu(bytes);
        REQUIRE(pdu);
        CHECK(pdu->header.call_id == 9);
        CHECK(pdu->body.get<Other>()->rest.empty());
        CHECK(encode_pdu(*pdu) == bytes);
    }
}

TEST_CASE("request: an object UUID moves the stub to offset 40", "[dcerpc][call]") {
    const ByteVector bytes = unhex(
        "05 00 00 83 10000000 2c00 0000 03000000"  // flag 0x80
        "04000000 0100 0000"
        "33221100554477668899aabbccddeeff"
        "cafef00d");
    const auto pdu = decode_pdu(bytes);
    REQUIRE(pdu);
    REQUIRE(pdu->request());
    REQUIRE(pdu->request()->object);
    CHECK(to_string(*pdu->request()->object) == "00112233-4455-6677-8899-aabbccddeeff");
    CHECK(to_hex(pdu->stub()) == "cafef00d");
    CHECK(encode_pdu(*pdu) == bytes);

    Pdu without = *pdu;
    without.body = Request{.alloc_hint = 4, .context_id = 1, .opnum = 0, .object = {}, .stub = pdu->stub()};
    CHECK(encode_pdu(without).size() == 28);
    CHECK(encode_pdu(without)[3] == 0x03);
}

TEST_CASE("request: a big-endian one reads its ids and lengths in that order", "[dcerpc][call]") {
    const ByteVector bytes = unhex(
        "05 00 00 03 00000000 0024 0000 00000102"
        "0000000c 0009 0000"
        "00000004 00000004 00000600");  // NDR32 stub; the KMS message is little-endian in any case
    const auto pdu = decode_pdu(bytes);
    REQUIRE(pdu);
    CHECK(pdu->header.call_id == 0x102);
    CHECK(pdu->request()->alloc_hint == 12);
    CHECK(pdu->request()->context_id == 9);
    const auto stub = decode_request_stub(pdu->stub(), Syntax::ndr32, pdu->header.order());
    REQUIRE(stub);
    CHECK(to_hex(stub->message) == "00000600");
    CHECK(guess_request_syntax(pdu->stub(), pdu->stub().size(), pdu->header.order()) == Syntax::ndr32);
    CHECK(encode_pdu(*pdu) == bytes);
}

TEST_CASE("request: the allocation hint is never taken for a length", "[dcerpc][call]") {
    for (const char* hint : {"00000000", "01000000", "ffffffff"}) {
        ByteVector bytes = rpc_vector("request-v6-ndr32-win10-even").pdu;
        const ByteVector lie = unhex(hint);
        std::copy(lie.begin(), lie.end(), bytes.begin() + 16);
        const auto pdu = decode_pdu(bytes);
        REQUIRE(pdu);
        CHECK(pdu->stub().size() == 268);
        CHECK(decode_request_stub(pdu->stub(), Syntax::ndr32, std::endian::little)->message.size() == 260);
    }
}

TEST_CASE("fault: decodes with 28 bytes, with 32, and with stub data behind", "[dcerpc][call]") {
    const auto bare = decode_pdu(unhex("05 00 03 03 10000000 1c00 0000 02000000 00000000 0100 00 00 1c00001c"));
    REQUIRE(bare);
    CHECK(bare->fault()->status == 0x1C00001C);
    CHECK(bare->fault()->rest.empty());
    const auto data =
        decode_pdu(unhex("05 00 03 23 10000000 2400 0000 02000000 20000000 0100 05 06 05000000 00000000 0a0b0c0d"));
    REQUIRE(data);
    CHECK(data->fault()->cancel_count == 5);
    CHECK(data->fault()->reserved == 6);
    CHECK(data->fault()->rest.size() == 8);
}

namespace {

// A response of 4 stub bytes, 4 pad bytes and a trailer whose value has 5 bytes.
const ByteVector with_auth = unhex(
    "05 00 02 03 10000000 2d00 0500 04000000"
    "04000000 0000 00 00"
    "aabbccdd"
    "00000000"              // auth_pad
    "0a 06 04 00 01000000"  // NTLM, packet privacy, 4 pad bytes
    "0102030405");

}  // namespace

TEST_CASE("auth: the trailer and its pad are cut off the stub", "[dcerpc][auth]") {
    const auto pdu = decode_pdu(with_auth);
    REQUIRE(pdu);
    CHECK(to_hex(pdu->stub()) == "aabbccdd");
    REQUIRE(pdu->auth);
    CHECK(pdu->auth->auth_type == 10);
    CHECK(pdu->auth->auth_level == 6);
    CHECK(pdu->auth->auth_context_id == 1);
    CHECK(pdu->auth->pad.size() == 4);
    CHECK(to_hex(pdu->auth->value) == "0102030405");
    CHECK(encode_pdu(*pdu) == with_auth);

    const Node tree = describe_pdu(*pdu);
    const Node* auth = child(tree, "auth");
    REQUIRE(auth);
    CHECK(auth->offset == 28);
    CHECK(auth->size == 17);
    REQUIRE(child(*auth, "auth_type"));
    CHECK(child(*auth, "auth_type")->meaning == "NTLM");
}

TEST_CASE("auth: a pad longer than the body is malformed, one as long as the body is not", "[dcerpc][auth]") {
    ByteVector bytes = with_auth;
    bytes[34] = 8;  // the whole body but for its eight fixed bytes
    const auto all = decode_pdu(bytes);
    REQUIRE(all);
    CHECK(all->stub().empty());
    bytes[34] = 17;
    const auto more = decode_pdu(bytes);
    REQUIRE_FALSE(more);
    CHECK(more.error().kind == WireError::Kind::malformed);
    CHECK(more.error().field == "auth_pad_length");
}

TEST_CASE("auth: a trailer that the capture cut off leaves the body whole", "[dcerpc][auth]") {
    const PartialPdu pdu = decode_pdu_partial(head(with_auth, 36));
    CHECK(pdu.error);
    CHECK_FALSE(pdu.auth);
    CHECK(to_hex(head(pdu.stub(), 4)) == "aabbccdd");
}

TEST_CASE("auth: a bind with a trailer keeps its contexts", "[dcerpc][auth]") {
    ByteVector bytes = rpc_vector("bind-ndr32").pdu;
    const ByteVector trailer = unhex("0a 05 00 00 00000000 4e544c4d535350");
    bytes.insert(bytes.end(), trailer.begin(), trailer.end());
    bytes[8] = static_cast<std::uint8_t>(bytes.size());
    bytes[10] = 7;
    const auto pdu = decode_pdu(bytes);
    REQUIRE(pdu);
    REQUIRE(pdu->bind());
    CHECK(pdu->bind()->contexts.size() == 1);
    CHECK(pdu->bind()->rest.empty());
    CHECK(pdu->auth->value.size() == 7);
    CHECK(encode_pdu(*pdu) == bytes);
}

TEST_CASE("tree: a bind reads like one, with offsets in the PDU", "[dcerpc][tree]") {
    const auto pdu = decode_pdu(rpc_vector("bind-ndr32-btfn").pdu);
    REQUIRE(pdu);
    const Node tree = describe_pdu(*pdu, 1000);
    CHECK(tree.offset == 1000);
    CHECK(tree.size == 116);
    REQUIRE(child(tree, "ptype"));
    CHECK(child(tree, "ptype")->value == "11");
    CHECK(child(tree, "ptype")->meaning == "bind");
    CHECK(child(tree, "pfc_flags")->meaning == "first fragment, last fragment, concurrent multiplexing");
    CHECK(child(tree, "call_id")->offset == 1012);
    CHECK(child(tree, "max_xmit_frag")->value == "5840");
    const Node& btfn = tree.children.back();
    CHECK(btfn.key == "context");
    CHECK(btfn.offset == 1072);
    CHECK(btfn.size == 44);
    CHECK(btfn.meaning == "BTFN");
    REQUIRE(child(btfn, "interface"));
    CHECK(child(btfn, "interface")->value == "51c82175-844e-4750-b0d8-ec255555bc06");
    CHECK(child(btfn, "interface")->meaning == "KMS");
    CHECK(child(btfn, "uuid")->value == "6cb71c2c-9812-4540-0300-000000000000");
}

TEST_CASE("tree: a cut bind ends with what is missing", "[dcerpc][tree]") {
    const Node tree = describe_pdu(decode_pdu_partial(head(rpc_vector("bind-ndr32").pdu, 30)));
    CHECK(tree.size == 30);
    CHECK(child(tree, "max_recv_frag"));
    CHECK(child(tree, "n_context_elem")->value == "1");
    CHECK_FALSE(child(tree, "context"));
    REQUIRE(child(tree, "error"));
    CHECK(child(tree, "error")->offset == 30);
    CHECK(child(tree, "error")->meaning == "the bytes end here");
}

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dcerpc/pdu.h"
#include "libdiag/proto/dcerpc/stub.h"
#include "tests/proto/dcerpc/rpc_vectors.h"
#include "tests/support/exact_buffer.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::ExactBuffer;
using diag::test::rpc_vector;
using diag::test::rpc_vectors;
using diag::test::RpcVector;

namespace {

std::string text(const RpcVector& v, std::string_view key) { return std::string{v.json.at(key).as_string()}; }

std::string first_word(const RpcVector& v) { return v.id.substr(0, v.id.find('-')); }

Syntax named_syntax(const RpcVector& v) {
    return text(v, "transfer_syntax") == "NDR64" ? Syntax::ndr64 : Syntax::ndr32;
}

Pdu decode(std::string_view id) {
    auto pdu = decode_pdu(rpc_vector(id).pdu);
    REQUIRE(pdu);
    return std::move(*pdu);
}

}  // namespace

TEST_CASE("rpc vectors: the file has every kind of PDU that the cases below look for", "[dcerpc][vectors]") {
    CHECK(rpc_vectors().size() == 54);
}

TEST_CASE("rpc vectors: each PDU decodes, and encodes to the same bytes", "[dcerpc][vectors]") {
    for (const RpcVector& v : rpc_vectors()) {
        CAPTURE(v.id);
        const auto pdu = decode_pdu(v.pdu);
        REQUIRE(pdu);
        CHECK(pdu->header.frag_length == v.json.at("length").to_number<unsigned>());
        CHECK(to_hex(encode_pdu(*pdu)) == to_hex(v.pdu));
    }
}

TEST_CASE("rpc vectors: every proper prefix is refused as truncated and none is read past", "[dcerpc][vectors]") {
    for (const RpcVector& v : rpc_vectors()) {
        for (std::size_t n = 0; n < v.pdu.size(); ++n) {
            CAPTURE(v.id, n);
            const ExactBuffer cut{v.pdu, n};
            const auto pdu = decode_pdu(cut);
            REQUIRE_FALSE(pdu);
            CHECK(pdu.error().kind == WireError::Kind::truncated);
            CHECK(pdu.error().offset <= n);
        }
    }
}

TEST_CASE("rpc vectors: bytes behind a PDU are left alone", "[dcerpc][vectors]") {
    for (const RpcVector& v : rpc_vectors()) {
        CAPTURE(v.id);
        ByteVector longer = v.pdu;
        longer.insert(longer.end(), {0x05, 0x00, 0xFF});
        const auto pdu = decode_pdu(longer);
        REQUIRE(pdu);
        CHECK(encode_pdu(*pdu) == v.pdu);
    }
}

TEST_CASE("rpc vectors: requests carry the message, ids and sizes that the file states", "[dcerpc][vectors]") {
    std::size_t seen = 0;
    for (const RpcVector& v : rpc_vectors()) {
        if (first_word(v) != "request") continue;
        ++seen;
        CAPTURE(v.id);
        const Pdu pdu = decode(v.id);
        const Request* request = pdu.request();
        REQUIRE(request);
        CHECK(pdu.type() == PduType::request);
        CHECK(pdu.header.pfc_flags == 0x03);
        CHECK(pdu.header.call_id == v.json.at("call_id").to_number<unsigned>());
        CHECK(request->context_id == v.json.at("context_id").to_number<unsigned>());
        CHECK(request->opnum == 0);
        CHECK(request->alloc_hint == v.pdu.size() - 24);
        const auto stub = decode_request_stub(request->stub, named_syntax(v), pdu.header.order());
        REQUIRE(stub);
        const ByteVector message = test::message_vector(text(v, "message_vector"), "request");
        CHECK(to_hex(stub->message) == to_hex(message));
        CHECK(stub->lengths_agree());
        CHECK(stub->surplus.empty());
        CHECK(to_hex(encode_request_stub(message, named_syntax(v))) == to_hex(request->stub));
        CHECK(guess_request_syntax(request->stub, request->stub.size(), pdu.header.order()) == named_syntax(v));
    }
    CHECK(seen == 18);
}

TEST_CASE("rpc vectors: responses carry the message and success that the file states", "[dcerpc][vectors]") {
    std::size_t seen = 0;
    for (const RpcVector& v : rpc_vectors()) {
        if (first_word(v) != "response" || !v.json.contains("message_vector")) continue;
        ++seen;
        CAPTURE(v.id);
        const Pdu pdu = decode(v.id);
        const Response* response = pdu.response();
        REQUIRE(response);
        CHECK(pdu.header.call_id == v.json.at("call_id").to_number<unsigned>());
        CHECK(response->context_id == v.json.at("context_id").to_number<unsigned>());
        CHECK(response->cancel_count == 0);
        CHECK(response->alloc_hint == v.pdu.size() - 24);
        const auto stub = decode_response_stub(response->stub, named_syntax(v), pdu.header.order());
        REQUIRE(stub);
        const ByteVector message = test::message_vector(text(v, "message_vector"), "response");
        CHECK(to_hex(stub->message) == to_hex(message));
        CHECK(stub->referent == 0x00020000);
        CHECK(stub->lengths_agree());
        CHECK(stub->padding.size() == (4 - message.size() % 4) % 4);
        CHECK(stub->return_code == 0);
        CHECK(to_hex(encode_response_stub(message, 0, named_syntax(v))) == to_hex(response->stub));
        CHECK(guess_response_syntax(response->stub, response->stub.size(), pdu.header.order()) == named_syntax(v));
    }
    CHECK(seen == 18);
}

TEST_CASE("rpc vectors: refusals have no message and the HRESULT that the file states", "[dcerpc][vectors]") {
    std::size_t seen = 0;
    for (const RpcVector& v : rpc_vectors()) {
        if (!v.json.contains("hresult")) continue;
        ++seen;
        CAPTURE(v.id);
        const Pdu pdu = decode(v.id);
        const auto stub = decode_response_stub(pdu.stub(), named_syntax(v), pdu.header.order());
        REQUIRE(stub);
        CHECK_FALSE(stub->has_message());
        CHECK(stub->message.empty());
        CHECK(format_code(stub->return_code) == text(v, "hresult"));
        CHECK(to_hex(encode_refusal_stub(stub->return_code, named_syntax(v))) == to_hex(pdu.stub()));
        CHECK(guess_response_syntax(pdu.stub(), pdu.stub().size(), pdu.header.order()) == named_syntax(v));
    }
    CHECK(seen == 4);
}

TEST_CASE("rpc vectors: binds offer the contexts that their texts state", "[dcerpc][vectors]") {
    struct Expected {
        std::string_view id;
        PduType type;
        std::uint32_t call_id;
        std::vector<Syntax> syntaxes;
    };
    const std::vector<Expected> table = {
        {"bind-ndr32", PduType::bind, 2, {Syntax::ndr32}},
        {"bind-ndr32-btfn", PduType::bind, 1, {Syntax::ndr32, Syntax::btfn}},
        {"bind-ndr32-ndr64-btfn", PduType::bind, 2, {Syntax::ndr32, Syntax::ndr64, Syntax::btfn}},
        {"alter-context-ndr32", PduType::alter_context, 2, {Syntax::ndr32}},
    };
    for (const Expected& e : table) {
        CAPTURE(e.id);
        const Pdu pdu = decode(e.id);
        CHECK(pdu.type() == e.type);
        CHECK(pdu.header.call_id == e.call_id);
        CHECK(pdu.header.has(flag::conc_mpx));
        const Bind* bind = pdu.bind();
        REQUIRE(bind);
        CHECK(bind->max_xmit_frag == 5840);
        CHECK(bind->max_recv_frag == 5840);
        CHECK(bind->assoc_group == 0);
        REQUIRE(bind->contexts.size() == e.syntaxes.size());
        for (std::size_t i = 0; i < e.syntaxes.size(); ++i) {
            const ContextItem& item = bind->contexts[i];
            CHECK(item.context_id == i);
            CHECK(to_string(item.interface) == "51c82175-844e-4750-b0d8-ec255555bc06");
            CHECK(item.interface_version == MajorMinor{.major = 1, .minor = 0});
            REQUIRE(item.transfer_syntaxes.size() == 1);
            CHECK(item.transfer_syntaxes[0].syntax() == e.syntaxes[i]);
            CHECK(item.transfer_syntaxes[0].version == (e.syntaxes[i] == Syntax::ndr32 ? 2 : 1));
        }
    }
}

TEST_CASE("rpc vectors: bind answers hold the results that their texts state", "[dcerpc][vectors]") {
    struct Expected {
        std::string_view id, address;
        std::vector<ContextResult> results;
    };
    const ContextResult ndr32{acceptance, 0, ndr32_syntax_id, 2};
    const ContextResult ndr64{acceptance, 0, ndr64_syntax_id, 1};
    const ContextResult no_syntax{provider_rejection, 2, {}, 0};
    const ContextResult no_interface{provider_rejection, 1, {}, 0};
    const ContextResult features{negotiate_ack, 3, {}, 0};
    const std::vector<Expected> table = {
        {"bind-ack-ndr32", "1688", {ndr32}},
        {"bind-ack-ndr32-btfn", "1688", {ndr32, features}},
        {"bind-ack-ndr64", "1688", {no_syntax, ndr64, features}},
        {"bind-ack-port-88", "88", {ndr32}},
        {"bind-ack-port-50123", "50123", {ndr32}},
        {"alter-context-resp-ndr32", "", {ndr32}},
        {"bind-ack-no-interface", "1688", {no_interface}},
    };
    for (const Expected& e : table) {
        CAPTURE(e.id);
        const Pdu pdu = decode(e.id);
        const BindAck* ack = pdu.bind_ack();
        REQUIRE(ack);
        CHECK(ack->assoc_group == 0x12345678);
        CHECK(ack->secondary_address == e.address);
        CHECK(ack->results == e.results);
    }
    CHECK(decode("alter-context-resp-ndr32").type() == PduType::alter_context_resp);
}

TEST_CASE("rpc vectors: faults and bind_nak carry the codes that the file states", "[dcerpc][vectors]") {
    for (const char* id : {"fault-unk-if", "fault-access-denied"}) {
        CAPTURE(id);
        const Pdu pdu = decode(id);
        REQUIRE(pdu.fault());
        CHECK(pdu.fault()->status == std::stoul(text(rpc_vector(id), "status"), nullptr, 16));
        CHECK(pdu.fault()->alloc_hint == 32);
    }
    CHECK(decode("fault-unk-if").header.pfc_flags == (flag::whole | flag::did_not_execute));
    CHECK(decode("fault-access-denied").header.pfc_flags == flag::whole);
    const Pdu nak = decode("bind-nak-version");
    REQUIRE(nak.bind_nak());
    CHECK(nak.bind_nak()->reject_reason == 4);
    CHECK(nak.bind_nak()->versions == std::vector<ProtocolVersion>{{5, 0}});
}

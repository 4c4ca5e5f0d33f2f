#include "libdiag/session/rpc_server.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "libdiag/session/server_pdus.h"
#include "tests/session/segmentation.h"
#include "tests/support/vectors.h"

using namespace diag;
using namespace diag::dcerpc;
using namespace diag::session;
using diag::test::every_segmentation;

namespace {

constexpr std::uint32_t vector_assoc_group = 0x12345678;  // of the bind_acks in rpc_pdus.json

ByteVector pdu(std::string_view id) {
    return test::bytes_of(test::with_id(test::vector_file("rpc_pdus.json").at("pdus"), id), "pdu");
}

Pdu decoded(Bytes bytes) {
    auto result = decode_pdu(bytes);
    REQUIRE(result);
    return std::move(*result);
}

// Answers each call with the bytes it was told to, and notes what it was asked.
class Parrot : public CallHandler {
public:
    std::expected<ByteVector, std::uint32_t> on_call(const Call& call) override {
        asked.emplace_back(call.stub.begin(), call.stub.end());
        syntaxes.push_back(call.syntax);
        return answer;
    }
    std::expected<ByteVector, std::uint32_t> answer = ByteVector{};
    std::vector<ByteVector> asked;
    std::vector<Syntax> syntaxes;
};

struct Server {
    explicit Server(RpcServerSettings settings = {}) : association{std::move(settings), vector_assoc_group, handler} {}

    // All bytes that it sends because of these.
    ByteVector send(Bytes bytes) {
        ByteVector out;
        for (const Reply& reply : association.on_bytes(bytes))
            for (const ByteVector& sent : reply.pdus) out.insert(out.end(), sent.begin(), sent.end());
        return out;
    }
    Pdu exchange(const ByteVector& bytes) {
        last = send(bytes);
        return decoded(last);
    }

    Parrot handler;
    RpcServerAssociation association;
    ByteVector last;  // owner of what exchange() gave
};

ByteVector request(std::string_view stub, std::uint8_t flags = flag::whole, std::uint16_t context_id = 0,
                   std::uint16_t opnum = 0, std::uint32_t call_id = 7) {
    Pdu out;
    out.header.ptype = static_cast<std::uint8_t>(PduType::request);
    out.header.pfc_flags = flags;
    out.header.call_id = call_id;
    out.body = Request{.context_id = context_id, .opnum = opnum, .stub = bytes_of(stub)};
    return encode_pdu(out);
}

ByteVector changed(ByteVector bytes, std::size_t at, std::uint8_t value) {
    bytes.at(at) = value;
    return bytes;
}

ByteVector bind_with(const std::function<void(Bind&)>& change) {
    const ByteVector whole = pdu("bind-ndr32");
    Pdu out = decoded(whole);
    Bind bind = *out.bind();
    change(bind);
    out.body = bind;
    return encode_pdu(out);
}

std::string text(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace

TEST_CASE("rpc server: a bind gets the bind_ack that independent hosts send", "[session][rpc]") {
    const auto [asked, answer, ndr64] = GENERATE(table<std::string, std::string, bool>({
        {"bind-ndr32", "bind-ack-ndr32", true},
        {"bind-ndr32-btfn", "bind-ack-ndr32-btfn", true},
        {"bind-ndr32-ndr64-btfn", "bind-ack-ndr64", true},
    }));
    CAPTURE(asked);
    const ByteVector bind = pdu(asked);
    ByteVector expected = pdu(answer);
    const Pdu expected_pdu = decoded(expected);
    every_segmentation(bind, [&](const std::vector<Bytes>& segments) {
        Server server{{.rules = {.ndr64 = ndr64}}};
        ByteVector out;
        for (const Bytes segment : segments) {
            const ByteVector part = server.send(segment);
            out.insert(out.end(), part.begin(), part.end());
        }
        const Pdu got = decoded(out);
        // The vector's call id is that of its own client; pad bytes behind the address may hold anything.
        CHECK(got.header.pfc_flags == expected_pdu.header.pfc_flags);
        CHECK(got.header.frag_length == expected_pdu.header.frag_length);
        CHECK(got.bind_ack()->results == expected_pdu.bind_ack()->results);
        CHECK(got.bind_ack()->secondary_address == "1688");
        CHECK(got.bind_ack()->assoc_group == vector_assoc_group);
        CHECK(got.bind_ack()->max_recv_frag == 5840);
        CHECK(server.association.is_bound());
    });
}

TEST_CASE("rpc server: alter_context gets NDR32 beside NDR64, byte for byte", "[session][rpc]") {
    Server server;
    server.send(pdu("bind-ndr32-ndr64-btfn"));
    CHECK(to_hex(server.send(pdu("alter-context-ndr32"))) == to_hex(pdu("alter-context-resp-ndr32")));
}

TEST_CASE("rpc server: alter_context may have both syntaxes where a bind may not", "[session][rpc]") {
    ByteVector both = pdu("bind-ndr32-ndr64-btfn");
    Server server;
    CHECK(server.exchange(both).bind_ack()->results.at(0).result == provider_rejection);
    both[2] = static_cast<std::uint8_t>(PduType::alter_context);
    const Pdu answer = server.exchange(both);
    CHECK(answer.type() == PduType::alter_context_resp);
    CHECK(answer.bind_ack()->results.at(0).result == acceptance);
    CHECK(answer.bind_ack()->results.at(1).result == acceptance);
}

TEST_CASE("rpc server: a host without NDR64 accepts NDR32 and refuses NDR64 for its syntax", "[session][rpc]") {
    Server server{{.rules = {.ndr64 = false}}};
    const Pdu ack = server.exchange(pdu("bind-ndr32-ndr64-btfn"));
    const auto& results = ack.bind_ack()->results;
    REQUIRE(results.size() == 3);
    CHECK(results[0].result == acceptance);
    CHECK(results[0].transfer_syntax == ndr32_syntax_id);
    CHECK(results[1] == ContextResult{.result = provider_rejection, .reason = 2});
    CHECK(results[2].result == negotiate_ack);
}

TEST_CASE("rpc server: what is not offered rightly is refused with the reason", "[session][rpc]") {
    struct Case {
        std::string name;
        std::function<void(Bind&)> change;
        std::uint16_t reason;
    };
    const auto c = GENERATE(values<Case>({
        {"other interface", [](Bind& b) { b.contexts[0].interface.wire[0] ^= 1; }, 1},
        {"interface 2.0", [](Bind& b) { b.contexts[0].interface_version.major = 2; }, 1},
        {"interface 1.1", [](Bind& b) { b.contexts[0].interface_version.minor = 1; }, 1},
        {"NDR32 version 1", [](Bind& b) { b.contexts[0].transfer_syntaxes[0].version = 1; }, 2},
        {"unknown syntax", [](Bind& b) { b.contexts[0].transfer_syntaxes[0].uuid.wire[15] ^= 1; }, 2},
        {"no syntax", [](Bind& b) { b.contexts[0].transfer_syntaxes.clear(); }, 2},
    }));
    CAPTURE(c.name);
    Server server;
    const Pdu ack = server.exchange(bind_with(c.change));
    REQUIRE(ack.bind_ack() != nullptr);
    CHECK(ack.bind_ack()->results.at(0) == ContextResult{.result = provider_rejection, .reason = c.reason});
    const Pdu fault = server.exchange(request("stub"));
    REQUIRE(fault.fault() != nullptr);
    CHECK(fault.fault()->status == fault_status::unk_if);
}

TEST_CASE("rpc server: the other interface's refusal is that of the vector", "[session][rpc]") {
    Server server;
    const ByteVector expected = pdu("bind-ack-no-interface");
    const Pdu ack = server.exchange(bind_with([](Bind& b) { b.contexts[0].interface = ndr32_syntax_id; }));
    CHECK(ack.bind_ack()->results == decoded(expected).bind_ack()->results);
}

TEST_CASE("rpc server: of a context with several syntaxes it takes NDR64, else NDR32", "[session][rpc]") {
    const bool ndr64 = GENERATE(true, false);
    Server server{{.rules = {.ndr64 = ndr64}}};
    const Pdu ack = server.exchange(
        bind_with([](Bind& b) { b.contexts[0].transfer_syntaxes.push_back({.uuid = ndr64_syntax_id, .version = 1}); }));
    CHECK(ack.bind_ack()->results.at(0).transfer_syntax == (ndr64 ? ndr64_syntax_id : ndr32_syntax_id));
}

TEST_CASE("rpc server: contexts beyond the limit are refused as such", "[session][rpc]") {
    Server server{{.rules = {.max_context_count = 2}}};
    const Pdu ack = server.exchange(bind_with([](Bind& b) { b.contexts.resize(3, b.contexts[0]); }));
    REQUIRE(ack.bind_ack()->results.size() == 3);
    CHECK(ack.bind_ack()->results[1].result == acceptance);
    CHECK(ack.bind_ack()->results[2] == ContextResult{.result = provider_rejection, .reason = 3});
}

TEST_CASE("rpc server: only the BTFN features that exist are granted", "[session][rpc]") {
    Server server;
    const Pdu ack = server.exchange(
        bind_with([](Bind& b) { b.contexts[0].transfer_syntaxes[0] = {.uuid = make_btfn_id(0xFFFE), .version = 1}; }));
    CHECK(ack.bind_ack()->results.at(0) == ContextResult{.result = negotiate_ack, .reason = 2});
}

TEST_CASE("rpc server: the multiplex flag is answered as it was asked", "[session][rpc]") {
    Server server;
    CHECK(server.exchange(changed(pdu("bind-ndr32"), 3, flag::whole)).header.pfc_flags == flag::whole);
}

TEST_CASE("rpc server: a bind that cannot be answered gets bind_nak with its reason, and the end", "[session][rpc]") {
    struct Case {
        std::string name;
        ByteVector bind;
        std::uint16_t reason;
    };
    const ByteVector good = pdu("bind-ndr32");
    const auto c = GENERATE_COPY(values<Case>({
        {"RPC version 4.0", changed(good, 0, 4), 4},
        {"RPC version 5.1", changed(good, 1, 1), 4},
        {"RPC version 5.7", changed(good, 1, 7), 4},
        {"no context", bind_with([](Bind& b) { b.contexts.clear(); }), 0},
        {"more contexts promised than there", changed(good, 24, 9), 0},
        {"fragments too small for anything", bind_with([](Bind& b) { b.max_recv_frag = 31; }), 2},
    }));
    CAPTURE(c.name);
    Server server;
    const Pdu nak = server.exchange(c.bind);
    REQUIRE(nak.bind_nak() != nullptr);
    CHECK(nak.bind_nak()->reject_reason == c.reason);
    CHECK(nak.header.call_id == 2);
    CHECK(server.association.has_ended());
    CHECK(server.send(good).empty());
}

TEST_CASE("rpc server: its bind_nak and fault are those of the vectors", "[session][rpc]") {
    CHECK(to_hex(make_bind_nak({.call_id = 2}, 4)) == to_hex(pdu("bind-nak-version")));
    CHECK(to_hex(make_fault({.call_id = 2}, 0, fault_status::unk_if, false)) == to_hex(pdu("fault-unk-if")));
    CHECK(to_hex(make_fault({.call_id = 2}, 0, 5, true)) == to_hex(pdu("fault-access-denied")));
}

TEST_CASE("rpc server: a second bind is refused", "[session][rpc]") {
    Server server;
    server.send(pdu("bind-ndr32"));
    CHECK(server.exchange(pdu("bind-ndr32")).bind_nak() != nullptr);
}

TEST_CASE("rpc server: bytes of other protocols end the connection without an answer", "[session][rpc]") {
    const std::string stranger =
        GENERATE(std::string{"GET / HTTP/1.1\r\n\r\n"}, std::string(20, '\x16'),
                 std::string{"\x05\x00\x0b\x03\x77\x00\x00\x00\x40\x00\x00\x00\x01\x00\x00\x00", 16});
    every_segmentation(bytes_of(stranger), [&](const std::vector<Bytes>& segments) {
        Server server;
        for (const Bytes segment : segments) CHECK(server.send(segment).empty());
        CHECK(server.association.has_ended());
    });
}

TEST_CASE("rpc server: a call reaches the handler and its answer goes back on its ids", "[session][rpc]") {
    Server server;
    server.send(pdu("bind-ndr32"));
    server.handler.answer = ByteVector{1, 2, 3};
    const Pdu response = server.exchange(request("question"));
    REQUIRE(response.response() != nullptr);
    CHECK(response.header.call_id == 7);
    CHECK(response.header.pfc_flags == flag::whole);
    CHECK(response.response()->alloc_hint == 3);
    CHECK(to_hex(response.stub()) == "010203");
    REQUIRE(server.handler.asked.size() == 1);
    CHECK(text(server.handler.asked[0]) == "question");
    CHECK(server.handler.syntaxes[0] == Syntax::ndr32);
}

TEST_CASE("rpc server: the context chooses the syntax", "[session][rpc]") {
    Server server;
    server.send(pdu("bind-ndr32-ndr64-btfn"));
    server.send(pdu("alter-context-ndr32"));
    server.send(request("a", flag::whole, 0));
    server.send(request("b", flag::whole, 1));
    CHECK(server.handler.syntaxes == std::vector{Syntax::ndr32, Syntax::ndr64});
}

TEST_CASE("rpc server: bind and calls in one segment are all answered", "[session][rpc]") {
    ByteVector all = pdu("bind-ndr32");
    for (const std::uint32_t call_id : {2U, 3U}) {
        const ByteVector one = request("q", flag::whole, 0, 0, call_id);
        all.insert(all.end(), one.begin(), one.end());
    }
    Server server;
    const auto replies = server.association.on_bytes(all);
    REQUIRE(replies.size() == 3);
    CHECK(replies[0].to == Reply::To::bind);
    CHECK(decoded(replies[2].pdus.at(0)).header.call_id == 3);
}

TEST_CASE("rpc server: the fragments of a request are joined", "[session][rpc]") {
    Server server;
    server.send(pdu("bind-ndr32"));
    CHECK(server.send(request("one ", flag::first_frag)).empty());
    CHECK(server.send(request("two ", 0)).empty());
    CHECK(server.exchange(request("three", flag::last_frag)).response() != nullptr);
    CHECK(text(server.handler.asked.at(0)) == "one two three");
}

TEST_CASE("rpc server: an answer longer than the client takes goes out in fragments of that size", "[session][rpc]") {
    Server server;
    server.send(bind_with([](Bind& b) { b.max_recv_frag = 64; }));
    ByteVector stub(100);
    for (std::size_t i = 0; i < stub.size(); ++i) stub[i] = static_cast<std::uint8_t>(i);
    server.handler.answer = stub;
    const auto replies = server.association.on_bytes(request("q"));
    REQUIRE(replies.size() == 1);
    REQUIRE(replies[0].pdus.size() == 3);
    ByteVector joined;
    for (const ByteVector& sent : replies[0].pdus) {
        CHECK(sent.size() <= 64);
        const Pdu part = decoded(sent);
        CHECK(part.response()->alloc_hint == 100 - joined.size());
        joined.insert(joined.end(), part.stub().begin(), part.stub().end());
    }
    CHECK(joined == stub);
}

TEST_CASE("rpc server: a call that it does not serve gets a fault and the connection stays", "[session][rpc]") {
    struct Case {
        std::string name;
        ByteVector call;
        std::uint32_t status;
        std::uint8_t flags;
    };
    const auto c = GENERATE(values<Case>({
        {"operation 1", request("q", flag::whole, 0, 1), fault_status::op_rng_error, 0x23},
        {"context never bound", request("q", flag::whole, 9), fault_status::unk_if, 0x23},
        {"the handler says no", request("q"), 0x1C010014, 0x03},
    }));
    CAPTURE(c.name);
    Server server;
    server.send(pdu("bind-ndr32"));
    server.handler.answer = std::unexpected(0x1C010014U);
    const Pdu fault = server.exchange(c.call);
    REQUIRE(fault.fault() != nullptr);
    CHECK(fault.fault()->status == c.status);
    CHECK(fault.header.pfc_flags == c.flags);
    CHECK(fault.header.call_id == 7);
    server.handler.answer = ByteVector{};
    CHECK(server.exchange(request("q")).response() != nullptr);
}

TEST_CASE("rpc server: a request before any bind is for an unknown interface", "[session][rpc]") {
    Server server;
    CHECK(server.exchange(request("q")).fault()->status == fault_status::unk_if);
    CHECK(server.handler.asked.empty());
}

TEST_CASE("rpc server: a PDU without a place is a protocol error and ends the connection", "[session][rpc]") {
    struct Case {
        std::string name;
        ByteVector bytes;
    };
    const auto c = GENERATE(values<Case>({
        {"a response", pdu("response-v6-ndr32-win10-even")},
        {"a bind_ack", pdu("bind-ack-ndr32")},
        {"an unknown type", changed(request("q"), 2, 42)},
        {"a connectionless type", changed(request("q"), 2, 1)},
        {"a fragment without its first", request("q", flag::last_frag)},
        {"a call longer than allowed", request(std::string(5000, 'x'), flag::first_frag)},
        {"a fragment longer than agreed", request(std::string(5840, 'x'))},
        {"a request cut short by its own length", changed(changed(request("q"), 8, 20), 9, 0)},
    }));
    CAPTURE(c.name);
    Server server{{.max_call_size = 4096}};
    server.send(pdu("bind-ndr32"));
    ByteVector out = server.send(c.bytes);
    if (out.empty()) out = server.send(request("end", flag::last_frag));
    REQUIRE(decoded(out).fault() != nullptr);
    CHECK(decoded(out).fault()->status == fault_status::proto_error);
    CHECK(server.association.has_ended());
    CHECK(server.handler.asked.empty());
}

TEST_CASE("rpc server: alter_context before a bind is a protocol error", "[session][rpc]") {
    Server server;
    CHECK(server.exchange(pdu("alter-context-ndr32")).fault()->status == fault_status::proto_error);
}

TEST_CASE("rpc server: cancels and orphans are taken note of without a word", "[session][rpc]") {
    Server server;
    server.send(pdu("bind-ndr32"));
    for (const auto type : {PduType::auth3, PduType::co_cancel, PduType::orphaned}) {
        ByteVector bytes = request("");
        bytes.resize(header_size);
        bytes[2] = static_cast<std::uint8_t>(type);
        bytes[8] = header_size;
        CHECK(server.send(bytes).empty());
    }
    CHECK(server.exchange(request("q")).response() != nullptr);
}

TEST_CASE("rpc server: an authentication trailer is no part of the stub", "[session][rpc]") {
    static constexpr std::uint8_t pad[3] = {};
    static constexpr std::uint8_t token[5] = {1, 2, 3, 4, 5};
    const ByteVector plain = request("12345");
    Pdu with_auth = decoded(plain);
    with_auth.auth = AuthTrailer{.auth_type = 10, .auth_level = 2, .auth_pad_length = 3, .pad = pad, .value = token};
    Server server;
    server.send(pdu("bind-ndr32"));
    CHECK(server.exchange(encode_pdu(with_auth)).response() != nullptr);
    CHECK(text(server.handler.asked.at(0)) == "12345");
}

TEST_CASE("rpc server: a big-endian client is understood", "[session][rpc]") {
    Server server;
    const ByteVector little = pdu("bind-ndr32");
    Pdu bind = decoded(little);
    bind.header.drep = big_endian_drep;
    CHECK(server.exchange(encode_pdu(bind)).bind_ack()->results.at(0).result == acceptance);
    const ByteVector call = request("q");
    Pdu asked = decoded(call);
    asked.header.drep = big_endian_drep;
    const auto replies = server.association.on_bytes(encode_pdu(asked));
    REQUIRE(replies.size() == 1);
    CHECK(replies[0].order == std::endian::big);
    CHECK(decoded(replies[0].pdus.at(0)).header.call_id == 7);
}

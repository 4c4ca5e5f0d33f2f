#include "libdiag/proto/dcerpc/syntax.h"

#include <catch2/catch.hpp>

#include "libdiag/proto/dcerpc/pdu.h"
#include "tests/proto/dcerpc/rpc_vectors.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::rpc_vector;

namespace {

Pdu decode(std::string_view id) {
    auto pdu = decode_pdu(rpc_vector(id).pdu);
    REQUIRE(pdu);
    return std::move(*pdu);
}

}  // namespace

TEST_CASE("syntax: BTFN is known by its first eight bytes, and bytes 8 and 9 are its mask", "[dcerpc][syntax]") {
    const Uuid of_windows = *Uuid::parse("6cb71c2c-9812-4540-0300-000000000000");
    CHECK(syntax_of(of_windows) == Syntax::btfn);
    CHECK(btfn_mask(of_windows) == 3);
    CHECK(make_btfn_id(3) == of_windows);
    const Uuid other = *Uuid::parse("6cb71c2c-9812-4540-0102-0000000000ff");
    CHECK(syntax_of(other) == Syntax::btfn);
    CHECK(btfn_mask(other) == 0x0201);
    CHECK(syntax_of(*Uuid::parse("6cb71c2c-9812-4541-0300-000000000000")) == Syntax::unknown);
}

TEST_CASE("syntax: known ones print as names, others as their UUID", "[dcerpc][syntax]") {
    CHECK(describe_syntax(*Uuid::parse("8a885d04-1ceb-11c9-9fe8-08002b104860")) == "NDR32");
    CHECK(describe_syntax(*Uuid::parse("71710533-beba-4937-8319-b5dbef9ccc36")) == "NDR64");
    CHECK(describe_syntax(make_btfn_id(1)) == "BTFN");
    CHECK(describe_syntax(kms_interface_id) == "51c82175-844e-4750-b0d8-ec255555bc06");
}

TEST_CASE("syntax map: a bind alone maps what it offers, BTFN is no syntax", "[dcerpc][syntax]") {
    SyntaxMap map;
    CHECK(map.empty());
    map.on_bind(*decode("bind-ndr32-ndr64-btfn").bind());
    CHECK(map.find(0) == Syntax::ndr32);
    CHECK(map.find(1) == Syntax::ndr64);
    CHECK_FALSE(map.find(2));
    CHECK_FALSE(map.find(7));
}

TEST_CASE("syntax map: the answer drops what it rejects and alter_context adds it again", "[dcerpc][syntax]") {
    SyntaxMap map;
    const Pdu bind = decode("bind-ndr32-ndr64-btfn");
    map.on_bind(*bind.bind());
    map.on_bind_ack(*bind.bind(), *decode("bind-ack-ndr64").bind_ack());
    CHECK_FALSE(map.find(0));
    CHECK(map.find(1) == Syntax::ndr64);
    const Pdu alter = decode("alter-context-ndr32");
    map.on_bind_ack(*alter.bind(), *decode("alter-context-resp-ndr32").bind_ack());
    CHECK(map.find(0) == Syntax::ndr32);
    CHECK(map.find(1) == Syntax::ndr64);
}

TEST_CASE("syntax map: of several syntaxes in a context the answer names the one in use", "[dcerpc][syntax]") {
    Bind bind;
    bind.contexts.push_back({.context_id = 9,
                             .n_transfer_syn = 2,
                             .interface = kms_interface_id,
                             .interface_version = {1, 0},
                             .transfer_syntaxes = {{ndr32_syntax_id, 2}, {ndr64_syntax_id, 1}}});
    BindAck ack;
    ack.results.push_back({acceptance, 0, ndr64_syntax_id, 1});
    SyntaxMap map;
    map.on_bind_ack(bind, ack);
    CHECK(map.find(9) == Syntax::ndr64);
}

TEST_CASE("syntax map: stays bounded, whatever is offered", "[dcerpc][syntax]") {
    SyntaxMap map;
    for (unsigned id = 0; id < 10'000; ++id) map.set(static_cast<std::uint16_t>(id), Syntax::ndr32);
    CHECK(map.find(SyntaxMap::max_count - 1) == Syntax::ndr32);
    CHECK_FALSE(map.find(SyntaxMap::max_count));
    map.erase(0);
    CHECK_FALSE(map.find(0));
}

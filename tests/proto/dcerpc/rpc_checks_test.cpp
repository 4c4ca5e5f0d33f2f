#include "libdiag/proto/dcerpc/rpc_checks.h"

#include <catch2/catch.hpp>

#include "tests/proto/dcerpc/rpc_vectors.h"

using namespace diag;
using namespace diag::dcerpc;
using diag::test::rpc_vector;

namespace {

constexpr auto passed = CheckResult::passed;
constexpr auto failed = CheckResult::failed;
constexpr auto not_checked = CheckResult::not_checked;

Pdu decode(std::string_view id) {
    auto pdu = decode_pdu(rpc_vector(id).pdu);
    REQUIRE(pdu);
    return std::move(*pdu);
}

BindAck& ack_of(Pdu& pdu) {
    const BindAck copy = *pdu.bind_ack();
    return pdu.body.emplace<BindAck>() = copy;
}

struct Call {
    Pdu request = decode("request-v4-ndr32-office-odd");
    Pdu response = decode("response-v4-ndr32-office-odd");
    ByteVector stub_bytes{response.stub().begin(), response.stub().end()};

    RpcChecks check() const {
        const auto stub = decode_response_stub(stub_bytes, Syntax::ndr32, std::endian::little);
        REQUIRE(stub);
        return check_call(request, response, &*stub);
    }
    void change(auto&& how) {
        Response copy = *response.response();
        how(copy);
        response.body = copy;
    }
};

}  // namespace

TEST_CASE("rpc checks: a healthy bind passes all that applies to it", "[dcerpc][checks]") {
    const RpcChecks checks = check_bind(decode("bind-ndr32-ndr64-btfn"), decode("bind-ack-ndr64"));
    CHECK(checks.result_count == passed);
    CHECK(checks.rejected_syntax_is_null == passed);
    CHECK(checks.accept_reason == passed);
    CHECK(checks.btfn_mask == passed);
    CHECK(checks.ndr64_with_btfn == passed);
    CHECK(checks.ndr32_offered == passed);
    CHECK(checks.bind_ack_flags == passed);
    CHECK(checks.multiplex_flag == passed);
    CHECK(checks.call_id == passed);
    CHECK(checks.return_code == not_checked);
}

TEST_CASE("rpc checks: a bind of NDR32 alone leaves what it does not ask for unchecked", "[dcerpc][checks]") {
    const RpcChecks checks = check_bind(decode("bind-ndr32"), decode("bind-ack-ndr32"));
    CHECK(checks.result_count == passed);
    CHECK(checks.rejected_syntax_is_null == not_checked);
    CHECK(checks.btfn_mask == not_checked);
    CHECK(checks.ndr64_with_btfn == not_checked);
}

TEST_CASE("rpc checks: alter_context keeps no multiplex flag and need not offer NDR32", "[dcerpc][checks]") {
    const RpcChecks checks = check_bind(decode("alter-context-ndr32"), decode("alter-context-resp-ndr32"));
    CHECK(checks.result_count == passed);
    CHECK(checks.multiplex_flag == not_checked);
    CHECK(checks.ndr32_offered == not_checked);
    CHECK(checks.bind_ack_flags == passed);
}

TEST_CASE("rpc checks: each fault of a bind answer fails its own check and no other", "[dcerpc][checks]") {
    const Pdu bind = decode("bind-ndr32-ndr64-btfn");
    const RpcChecks healthy = check_bind(bind, decode("bind-ack-ndr64"));
    struct Case {
        CheckResult RpcChecks::*check;
        void (*break_it)(Pdu&);
    };
    const Case table[] = {
        {&RpcChecks::rejected_syntax_is_null, [](Pdu& p) { ack_of(p).results[0].transfer_syntax = ndr32_syntax_id; }},
        {&RpcChecks::rejected_syntax_is_null, [](Pdu& p) { ack_of(p).results[0].version = 2; }},
        {&RpcChecks::accept_reason, [](Pdu& p) { ack_of(p).results[1].reason = 2; }},
        {&RpcChecks::btfn_mask, [](Pdu& p) { ack_of(p).results[2].reason = 1; }},
        {&RpcChecks::bind_ack_flags, [](Pdu& p) { p.header.pfc_flags = flag::first_frag | flag::conc_mpx; }},
        {&RpcChecks::bind_ack_flags, [](Pdu& p) { p.header.pfc_flags |= flag::maybe; }},
        {&RpcChecks::multiplex_flag, [](Pdu& p) { p.header.pfc_flags = flag::whole; }},
        {&RpcChecks::call_id, [](Pdu& p) { p.header.call_id = 1; }},
    };
    for (const Case& c : table) {
        Pdu ack = decode("bind-ack-ndr64");
        c.break_it(ack);
        RpcChecks expected = healthy;
        expected.*(c.check) = failed;
        CHECK(check_bind(bind, ack) == expected);
    }
}

TEST_CASE("rpc checks: NDR64 granted without the BTFN that was asked for fails", "[dcerpc][checks]") {
    Pdu ack = decode("bind-ack-ndr64");
    ack_of(ack).results[2] = {provider_rejection, 2, {}, 0};
    const RpcChecks checks = check_bind(decode("bind-ndr32-ndr64-btfn"), ack);
    CHECK(checks.ndr64_with_btfn == failed);
    CHECK(checks.btfn_mask == not_checked);
}

TEST_CASE("rpc checks: a mask smaller than 3 is right when no more was asked for", "[dcerpc][checks]") {
    Pdu bind = decode("bind-ndr32-btfn");
    const Bind copy = *bind.bind();
    (bind.body.emplace<Bind>() = copy).contexts[1].transfer_syntaxes[0].uuid = make_btfn_id(1);
    Pdu ack = decode("bind-ack-ndr32-btfn");
    CHECK(check_bind(bind, ack).btfn_mask == failed);
    ack_of(ack).results[1].reason = 1;
    CHECK(check_bind(bind, ack).btfn_mask == passed);
}

TEST_CASE("rpc checks: more or fewer results than contexts fail", "[dcerpc][checks]") {
    CHECK(check_bind(decode("bind-ndr32"), decode("bind-ack-ndr32-btfn")).result_count == failed);
    CHECK(check_bind(decode("bind-ndr32-ndr64-btfn"), decode("bind-ack-ndr32")).result_count == failed);
}

TEST_CASE("rpc checks: a bind without NDR32 fails, a cut one is not judged", "[dcerpc][checks]") {
    Pdu bind = decode("bind-ndr32");
    const Bind copy = *bind.bind();
    (bind.body.emplace<Bind>() = copy).contexts[0].transfer_syntaxes[0] = {ndr64_syntax_id, 1};
    CHECK(check_bind(bind, decode("bind-ack-ndr32")).ndr32_offered == failed);

    const PartialPdu cut = decode_pdu_partial(head(rpc_vector("bind-ndr32").pdu, 60));
    const RpcChecks checks = check_bind(cut, decode("bind-ack-ndr32"));
    CHECK(checks.ndr32_offered == not_checked);
    CHECK(checks.result_count == not_checked);
    CHECK(checks.multiplex_flag == passed);
}

TEST_CASE("rpc checks: a healthy call passes all that applies to it", "[dcerpc][checks]") {
    const RpcChecks checks = Call{}.check();
    for (const auto check :
         {&RpcChecks::call_id, &RpcChecks::context_id, &RpcChecks::cancel_count, &RpcChecks::flags,
          &RpcChecks::length_fields, &RpcChecks::alloc_hint, &RpcChecks::padding, &RpcChecks::return_code}) {
        CHECK(checks.*check == passed);
    }
    CHECK(checks.result_count == not_checked);
    CHECK(checks.multiplex_flag == not_checked);
}

TEST_CASE("rpc checks: each fault of a response fails its own check and no other", "[dcerpc][checks]") {
    const RpcChecks healthy = Call{}.check();
    struct Case {
        CheckResult RpcChecks::*check;
        void (*break_it)(Call&);
    };
    constexpr std::size_t message_end = 12 + 158;  // m of the odd case; two pad bytes follow
    const Case table[] = {
        {&RpcChecks::call_id, [](Call& c) { c.response.header.call_id = 1; }},
        {&RpcChecks::context_id, [](Call& c) { c.change([](Response& r) { r.context_id = 5; }); }},
        {&RpcChecks::cancel_count, [](Call& c) { c.change([](Response& r) { r.cancel_count = 1; }); }},
        {&RpcChecks::alloc_hint, [](Call& c) { c.change([](Response& r) { r.alloc_hint += 4; }); }},
        {&RpcChecks::flags, [](Call& c) { c.response.header.pfc_flags = flag::first_frag; }},
        {&RpcChecks::flags, [](Call& c) { c.response.header.pfc_flags = flag::whole | flag::did_not_execute; }},
        {&RpcChecks::length_fields, [](Call& c) { c.stub_bytes[0] ^= 1; }},
        {&RpcChecks::padding, [](Call& c) { c.stub_bytes[message_end] = 7; }},
        {&RpcChecks::return_code, [](Call& c) { c.stub_bytes.back() = 0x80; }},
    };
    for (const Case& c : table) {
        Call call;
        c.break_it(call);
        RpcChecks expected = healthy;
        expected.*(c.check) = failed;
        CHECK(call.check() == expected);
    }
}

TEST_CASE("rpc checks: a refusal fails by its return code alone", "[dcerpc][checks]") {
    const Pdu request = decode("request-v4-ndr32-win10-even");
    const Pdu refusal = decode("response-error-ndr32-c004f042");
    const auto stub = decode_response_stub(refusal.stub(), Syntax::ndr32, std::endian::little);
    REQUIRE(stub);
    const RpcChecks checks = check_call(request, refusal, &*stub);
    CHECK(checks.return_code == failed);
    CHECK(checks.length_fields == passed);
    CHECK(checks.alloc_hint == passed);
    CHECK(checks.padding == not_checked);
}

TEST_CASE("rpc checks: a fault is judged by its header, and did-not-execute is fine there", "[dcerpc][checks]") {
    Pdu request = decode("request-v4-ndr64-win10-even");  // context 1, call id 3
    const RpcChecks checks = check_call(request, decode("fault-unk-if"), nullptr);
    CHECK(checks.flags == passed);
    CHECK(checks.call_id == failed);
    CHECK(checks.context_id == failed);
    CHECK(checks.return_code == not_checked);
}

TEST_CASE("rpc checks: without its stub, or of another pair of PDUs, nothing is judged that needs it",
          "[dcerpc][checks]") {
    const Call call;
    const RpcChecks checks = check_call(call.request, call.response, nullptr);
    CHECK(checks.call_id == passed);
    CHECK(checks.alloc_hint == not_checked);
    CHECK(check_call(call.response, call.request, nullptr) == RpcChecks{});
    CHECK(check_bind(call.request, call.response) == RpcChecks{});
    CHECK(check_bind(decode("bind-ndr32"), decode("bind-nak-version")) == RpcChecks{});
}

TEST_CASE("rpc checks: the table names each check once", "[dcerpc][checks]") {
    CHECK(std::size(rpc_check_table) == sizeof(RpcChecks) / sizeof(CheckResult));
    for (const RpcCheckEntry& entry : rpc_check_table) {
        RpcChecks checks;
        checks.*(entry.member) = failed;
        int count = 0;
        for (const RpcCheckEntry& other : rpc_check_table) count += checks.*(other.member) == failed ? 1 : 0;
        CAPTURE(entry.key);
        CHECK(count == 1);
    }
    CHECK(name_of(not_checked) == "not_checked");
    CHECK(name_of(passed) == "passed");
    CHECK(name_of(failed) == "failed");
}

#include "libdiag/session/rpc_client.h"

#include <catch2/catch.hpp>

#include "libdiag/session/server_pdus.h"
#include "tests/session/lab.h"
#include "tests/session/segmentation.h"

using namespace diag;
using namespace diag::dcerpc;
using namespace diag::session;
using namespace diag::test;
using namespace std::chrono_literals;

namespace {

constexpr TimePoint start{};

bool closes(const Actions& actions) { return !actions.empty() && actions.back().kind == Action::Kind::close; }

ByteVector response(std::string_view stub, std::uint8_t flags = flag::whole, std::uint32_t call_id = 2) {
    Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(PduType::response);
    pdu.header.pfc_flags = flags;
    pdu.header.call_id = call_id;
    pdu.body = Response{.stub = bytes_of(stub)};
    return encode_pdu(pdu);
}

ByteVector changed(ByteVector bytes, std::size_t at, std::uint8_t value) {
    bytes.at(at) = value;
    return bytes;
}

ByteVector shutdown_pdu() { return encode_pdu(make_answer(PduType::shutdown, {})); }

// A client that offers NDR32 alone, as far as `stage` says.
RpcClientAssociation client_at(RpcStep::Kind stage) {
    RpcClientAssociation client{{.offer_ndr64 = stage == RpcStep::Kind::alter_context, .timeout = 10s}};
    client.on_connected(start);
    if (stage == RpcStep::Kind::bind) return client;
    const bool altering = stage == RpcStep::Kind::alter_context;
    client.on_received(rpc_pdu(altering ? "bind-ack-ndr64" : "bind-ack-ndr32-btfn"), start);
    if (altering) return client;
    REQUIRE(client.is_ready());
    client.call(bytes_of(std::string_view{"stub"}), start);
    return client;
}

}  // namespace

TEST_CASE("rpc client: what follows a PDU that cannot be read is kept", "[session][rpc]") {
    RpcClientAssociation client = client_at(RpcStep::Kind::bind);
    const ByteVector whole = rpc_pdu("bind-ack-ndr32");
    client.on_received(changed(whole, 8, 50), start);  // frag_length, fewer than the PDU has
    const RpcStep& step = client.evidence().steps.back();
    REQUIRE(step.end == StepEnd::malformed);
    CHECK(step.pdus.back().bytes.size() == 50);
    CHECK(step.unread == ByteVector(whole.begin() + 50, whole.end()));
}

TEST_CASE("rpc client: every way in which a step can end is told", "[session][rpc]") {
    using Kind = RpcStep::Kind;
    struct Case {
        std::string name;
        Kind kind;
        ByteVector bytes;
        StepEnd end;
    };
    const ByteVector http{'H', 'T', 'T', 'P', '/'};
    const auto c = GENERATE_COPY(values<Case>({
        {"bind, another interface", Kind::bind, rpc_pdu("bind-ack-no-interface"), StepEnd::no_context},
        {"bind, bind_nak", Kind::bind, rpc_pdu("bind-nak-version"), StepEnd::bind_nak},
        {"bind, fault", Kind::bind, rpc_pdu("fault-access-denied"), StepEnd::fault},
        {"bind, shutdown", Kind::bind, shutdown_pdu(), StepEnd::shutdown},
        {"bind, a web server", Kind::bind, http, StepEnd::not_rpc},
        {"bind, a TLS alert", Kind::bind, {0x15, 3, 3, 0, 2, 2, 10}, StepEnd::not_rpc},
        {"bind, results cut", Kind::bind, changed(rpc_pdu("bind-ack-ndr32"), 8, 50), StepEnd::malformed},
        {"bind, a response", Kind::bind, response("x"), StepEnd::unexpected},
        {"bind, alter_context_resp", Kind::bind, rpc_pdu("alter-context-resp-ndr32"), StepEnd::unexpected},
        {"alter_context, accepted", Kind::alter_context, rpc_pdu("alter-context-resp-ndr32"), StepEnd::answered},
        {"alter_context, fault", Kind::alter_context, rpc_pdu("fault-access-denied"), StepEnd::fault},
        {"alter_context, bind_ack", Kind::alter_context, rpc_pdu("bind-ack-ndr32"), StepEnd::unexpected},
        {"call, response", Kind::call, response("answer"), StepEnd::answered},
        {"call, fault", Kind::call, rpc_pdu("fault-unk-if"), StepEnd::fault},
        {"call, bind_ack", Kind::call, rpc_pdu("bind-ack-ndr32"), StepEnd::unexpected},
        {"call, shutdown", Kind::call, shutdown_pdu(), StepEnd::shutdown},
        {"call, garbage", Kind::call, http, StepEnd::not_rpc},
        {"call, no first fragment", Kind::call, response("x", flag::last_frag), StepEnd::malformed},
        {"call, longer than allowed", Kind::call, response(std::string(17'000, 'x'), flag::first_frag),
         StepEnd::pending},
    }));
    CAPTURE(c.name);
    every_segmentation(head(c.bytes, 200), [&](std::vector<Bytes> segments) {
        if (c.bytes.size() > 200) segments.push_back(Bytes{c.bytes}.subspan(200));
        RpcClientAssociation client = client_at(c.kind);
        Actions last;
        for (const Bytes segment : segments)
            if (!client.has_ended()) last = client.on_received(segment, start + 1s);
        const RpcStep& step = client.evidence().steps.back();
        REQUIRE(step.kind == c.kind);
        REQUIRE(name_of(step.end) == name_of(c.end));
        const bool goes_on = c.end == StepEnd::answered || c.end == StepEnd::pending ||
                             (c.end == StepEnd::fault && c.kind == Kind::call);
        CHECK(client.has_ended() == !goes_on);
        CHECK(closes(last) == !goes_on);
        if (c.end != StepEnd::pending) CHECK(step.ended == start + 1s);
    });
}

TEST_CASE("rpc client: the values of a refusal are kept", "[session][rpc]") {
    RpcClientAssociation nak = client_at(RpcStep::Kind::bind);
    nak.on_received(rpc_pdu("bind-nak-version"), start);
    CHECK(nak.evidence().steps[0].reject_reason == 4);
    RpcClientAssociation fault = client_at(RpcStep::Kind::call);
    fault.on_received(rpc_pdu("fault-unk-if"), start);
    CHECK(fault.evidence().steps.back().fault_status == 0x1C010003);
    CHECK(fault.evidence().steps.back().checks.call_id == CheckResult::passed);
    RpcClientAssociation refused = client_at(RpcStep::Kind::bind);
    refused.on_received(rpc_pdu("bind-ack-no-interface"), start);
    REQUIRE(refused.evidence().steps[0].bind_answer);
    CHECK(refused.evidence().steps[0].bind_answer->results.at(0).reason == 1);
    CHECK(refused.evidence().steps[0].bind_answer->assoc_group == 0x12345678);
    RpcClientAssociation stranger = client_at(RpcStep::Kind::bind);
    stranger.on_received(ByteVector(1000, 'H'), start);
    CHECK(stranger.evidence().steps[0].unread == ByteVector(256, 'H'));
}

TEST_CASE("rpc client: the end of the connection ends the step under way", "[session][rpc]") {
    const auto kind = GENERATE(RpcStep::Kind::bind, RpcStep::Kind::alter_context, RpcStep::Kind::call);
    const auto [how, end] = GENERATE(table<ConnectionEnd, StepEnd>(
        {{ConnectionEnd::closed, StepEnd::closed}, {ConnectionEnd::reset, StepEnd::reset}}));
    RpcClientAssociation client = client_at(kind);
    client.on_received(ByteVector{5, 0, 2}, start);
    client.on_end(how, start + 3s);
    const RpcStep& step = client.evidence().steps.back();
    CHECK(step.end == end);
    CHECK(step.ended == start + 3s);
    CHECK(step.unread == ByteVector{5, 0, 2});
    CHECK(client.has_ended());
}

TEST_CASE("rpc client: a step times out at its deadline and not before, however bytes trickle in", "[session][rpc]") {
    const auto kind = GENERATE(RpcStep::Kind::bind, RpcStep::Kind::alter_context, RpcStep::Kind::call);
    RpcClientAssociation client = client_at(kind);
    REQUIRE(client.deadline() == start + 10s);
    client.on_received(ByteVector{5}, start + 9s);
    CHECK(client.deadline() == start + 10s);
    CHECK(client.on_time(start + 10s - 1ns).empty());
    CHECK_FALSE(client.has_ended());
    CHECK(closes(client.on_time(start + 10s)));
    CHECK(client.evidence().steps.back().end == StepEnd::timed_out);
    CHECK_FALSE(client.deadline());
}

TEST_CASE("rpc client: each step has a deadline of its own", "[session][rpc]") {
    RpcClientAssociation client{{.offer_ndr64 = false, .timeout = 10s}};
    CHECK_FALSE(client.deadline());
    client.on_connected(start + 5s);
    CHECK(client.deadline() == start + 15s);
    client.on_received(rpc_pdu("bind-ack-ndr32"), start + 7s);
    CHECK_FALSE(client.deadline());
    client.call({}, start + 20s);
    CHECK(client.deadline() == start + 30s);
}

TEST_CASE("rpc client: a response in fragments is joined", "[session][rpc]") {
    RpcClientAssociation client = client_at(RpcStep::Kind::call);
    client.on_received(response("one ", flag::first_frag), start);
    client.on_received(response("two ", 0), start);
    client.on_received(response("three", flag::last_frag), start);
    const RpcStep& step = client.evidence().steps.back();
    CHECK(step.end == StepEnd::answered);
    CHECK(std::string{step.response_stub.begin(), step.response_stub.end()} == "one two three");
    CHECK(step.pdus.size() == 4);
    CHECK(step.checks.flags == CheckResult::failed);  // a careful client wants first and last in one
}

TEST_CASE("rpc client: fragments without an end meet a limit", "[session][rpc]") {
    SECTION("of bytes") {
        RpcClientAssociation client = client_at(RpcStep::Kind::call);
        client.on_received(response(std::string(17'000, 'x'), flag::first_frag), start);
        client.on_received(response("x", flag::last_frag), start);
        CHECK(client.evidence().steps.back().end == StepEnd::malformed);
        CHECK(client.evidence().steps.back().error->kind == WireError::Kind::limit);
    }
    SECTION("of number") {
        RpcClientAssociation client = client_at(RpcStep::Kind::call);
        for (int i = 0; i < 2000 && !client.has_ended(); ++i)
            client.on_received(response("", flag::first_frag * (i == 0)), start);
        CHECK(client.evidence().steps.back().end == StepEnd::malformed);
        CHECK(client.evidence().steps.back().pdus.size() == 1024);
    }
}

TEST_CASE("rpc client: the limit of an answer is the same in one PDU and in fragments", "[session][rpc]") {
    const std::size_t size = GENERATE(as<std::size_t>{}, 64, 65);
    const bool fragmented = GENERATE(false, true);
    CAPTURE(size, fragmented);
    RpcClientAssociation client{{.offer_ndr64 = false, .max_answer_size = 64}};
    client.on_connected(start);
    client.on_received(rpc_pdu("bind-ack-ndr32-btfn"), start);
    client.call(bytes_of(std::string_view{"stub"}), start);
    const std::string stub(size, 'x');
    if (fragmented) {
        client.on_received(response(stub.substr(0, 32), flag::first_frag), start);
        client.on_received(response(stub.substr(32), flag::last_frag), start);
    } else {
        client.on_received(response(stub), start);
    }
    const RpcStep& step = client.evidence().steps.back();
    CHECK(step.end == (size <= 64 ? StepEnd::answered : StepEnd::malformed));
    CHECK(step.response_stub.size() == (size <= 64 ? size : 0));
    if (size > 64) CHECK(step.error->kind == WireError::Kind::limit);
}

TEST_CASE("rpc client: an alien call id is taken for the answer and noted", "[session][rpc]") {
    RpcClientAssociation client = client_at(RpcStep::Kind::call);
    client.on_received(response("answer", flag::whole, 77), start);
    CHECK(client.evidence().steps.back().end == StepEnd::answered);
    CHECK(client.evidence().steps.back().checks.call_id == CheckResult::failed);
}

TEST_CASE("rpc client: bytes that nobody asked for are counted and not taken for the next answer", "[session][rpc]") {
    RpcClientAssociation client = client_at(RpcStep::Kind::call);
    ByteVector twice = response("first");
    const ByteVector more = response("surplus");
    twice.insert(twice.end(), more.begin(), more.end());
    client.on_received(twice, start);
    client.on_received(more, start);
    CHECK(client.evidence().unsolicited_size == 2 * more.size());
    client.call({}, start);
    client.on_received(response("second"), start);
    const ByteVector& stub = client.evidence().steps.back().response_stub;
    CHECK(std::string{stub.begin(), stub.end()} == "second");
}

TEST_CASE("rpc client: a host that takes small fragments gets the request in such", "[session][rpc]") {
    RpcClientAssociation client{{.offer_ndr64 = false, .offer_btfn = false}};
    client.on_connected(start);
    client.on_received(changed(changed(rpc_pdu("bind-ack-ndr32"), 18, 64), 19, 0), start);
    const ByteVector stub(100);
    const Actions actions = client.call(stub, start);
    REQUIRE(actions.size() == 3);
    for (const Action& action : actions) CHECK(action.bytes.size() <= 64);
}

TEST_CASE("rpc client: call ids are those of Windows", "[session][rpc]") {
    RpcClientAssociation client = client_at(RpcStep::Kind::call);
    for (const std::uint32_t expected : {2U, 3U, 4U}) {
        if (expected != 2) client.call({}, start);
        const auto sent = decode_pdu(client.evidence().steps.back().pdus.at(0).bytes);
        CHECK(sent->header.call_id == expected);
        client.on_received(response("x"), start);
    }
}

TEST_CASE("rpc client: a host that has NDR64 alone is served in it from the start", "[session][rpc]") {
    RpcClientAssociation client{{.alter_for_ndr32 = false}};
    client.on_connected(start);
    CHECK(client.on_received(rpc_pdu("bind-ack-ndr64"), start).empty());
    REQUIRE(client.is_ready());
    CHECK(client.next_syntax() == Syntax::ndr64);
    client.call({}, start);
    CHECK(client.evidence().steps.back().context_id == 1);
}

TEST_CASE("rpc client: what a host does wrong in its bind_ack is a check that fails", "[session][rpc]") {
    RpcClientAssociation client{{.offer_ndr64 = false, .offer_btfn = false}};
    client.on_connected(start);
    client.on_received(changed(rpc_pdu("bind-ack-ndr32"), 3, flag::whole), start);
    CHECK(client.evidence().steps[0].checks.multiplex_flag == CheckResult::failed);
    CHECK(client.evidence().steps[0].checks.result_count == CheckResult::passed);
}

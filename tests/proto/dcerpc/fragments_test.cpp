#include "libdiag/proto/dcerpc/fragments.h"

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"

using namespace diag;
using namespace diag::dcerpc;

namespace {

Pdu fragment(std::uint32_t call_id, std::uint8_t flags, std::string_view stub) {
    Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(PduType::request);
    pdu.header.pfc_flags = flags;
    pdu.header.call_id = call_id;
    pdu.body = Request{.alloc_hint = 0, .context_id = 0, .opnum = 0, .object = {}, .stub = bytes_of(stub)};
    return pdu;
}

std::string text(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

constexpr std::uint8_t middle = 0;

}  // namespace

TEST_CASE("fragments: an unfragmented PDU passes with its own view", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    const Pdu pdu = fragment(2, flag::whole, "message");
    const auto joined = joiner.add(pdu);
    REQUIRE(joined);
    CHECK(joined->stub.data() == pdu.stub().data());
    CHECK(joined->call_id == 2);
    CHECK(joined->fragment_count == 1);
    CHECK_FALSE(joiner.take_unfinished(true));
}

TEST_CASE("fragments: the stubs from first to last are joined in order", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    CHECK_FALSE(joiner.add(fragment(2, flag::first_frag, "one ")));
    CHECK_FALSE(joiner.add(fragment(2, middle, "two ")));
    const auto joined = joiner.add(fragment(2, flag::last_frag, "three"));
    REQUIRE(joined);
    CHECK(text(joined->stub) == "one two three");
    CHECK(joined->fragment_count == 3);
    CHECK_FALSE(joined->missing_first);
    CHECK_FALSE(joined->missing_last);
}

TEST_CASE("fragments: interleaved calls keep apart", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    CHECK_FALSE(joiner.add(fragment(1, flag::first_frag, "a")));
    CHECK_FALSE(joiner.add(fragment(2, flag::first_frag, "b")));
    CHECK(text(joiner.add(fragment(3, flag::whole, "whole"))->stub) == "whole");
    CHECK_FALSE(joiner.add(fragment(1, middle, "A")));
    CHECK(text(joiner.add(fragment(2, flag::last_frag, "B"))->stub) == "bB");
    CHECK(text(joiner.add(fragment(1, flag::last_frag, "!"))->stub) == "aA!");
    CHECK_FALSE(joiner.take_unfinished(true));
}

TEST_CASE("fragments: a request and a response with one call id keep apart", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    Pdu response = fragment(1, flag::last_frag, "");
    response.header.ptype = static_cast<std::uint8_t>(PduType::response);
    response.body =
        Response{.alloc_hint = 0, .context_id = 0, .cancel_count = 0, .reserved = 0, .stub = bytes_of("answer")};
    CHECK_FALSE(joiner.add(fragment(1, flag::first_frag, "question")));
    const auto joined = joiner.add(response);
    REQUIRE(joined);
    CHECK(joined->missing_first);
    CHECK(text(joined->stub) == "answer");
}

TEST_CASE("fragments: a missing first fragment is reported with what came", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    CHECK_FALSE(joiner.add(fragment(5, middle, "x")));
    const auto joined = joiner.add(fragment(5, flag::last_frag, "y"));
    REQUIRE(joined);
    CHECK(joined->missing_first);
    CHECK(text(joined->stub) == "xy");
}

TEST_CASE("fragments: a call without its last fragment is reported at the end", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    CHECK_FALSE(joiner.add(fragment(5, flag::first_frag, "x")));
    CHECK_FALSE(joiner.take_unfinished(false));
    const auto left = joiner.take_unfinished(true);
    REQUIRE(left);
    CHECK(left->missing_last);
    CHECK(left->call_id == 5);
    CHECK(text(left->stub) == "x");
    CHECK_FALSE(joiner.take_unfinished(true));
}

TEST_CASE("fragments: a call begun again gives up the one before", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    CHECK_FALSE(joiner.add(fragment(5, flag::first_frag, "old")));
    CHECK_FALSE(joiner.add(fragment(5, flag::first_frag, "new")));
    CHECK(text(joiner.add(fragment(5, flag::last_frag, "!"))->stub) == "new!");
    const auto given_up = joiner.take_unfinished(false);
    REQUIRE(given_up);
    CHECK(text(given_up->stub) == "old");
}

TEST_CASE("fragments: size and count of a call and the number of open calls are bounded", "[dcerpc][fragments]") {
    FragmentJoiner joiner{{.stub_size = 10, .fragment_count = 4, .call_count = 2}};
    CHECK_FALSE(joiner.add(fragment(1, flag::first_frag, "12345678")));
    CHECK_FALSE(joiner.add(fragment(1, middle, "9a")));
    CHECK_FALSE(joiner.add(fragment(1, middle, "b")));
    const auto long_call = joiner.add(fragment(1, flag::last_frag, ""));
    REQUIRE(long_call);
    CHECK(long_call->over_limit);
    CHECK(text(long_call->stub) == "123456789a");

    CHECK_FALSE(joiner.add(fragment(2, flag::first_frag, "")));
    for (int i = 0; i < 9; ++i) CHECK_FALSE(joiner.add(fragment(2, middle, "")));
    const auto empty_call = joiner.add(fragment(2, flag::last_frag, ""));
    REQUIRE(empty_call);
    CHECK(empty_call->over_limit);
    CHECK(empty_call->fragment_count == 4);

    for (std::uint32_t id = 10; id < 1000; ++id) CHECK_FALSE(joiner.add(fragment(id, flag::first_frag, "x")));
    std::vector<std::uint32_t> left;
    while (const auto unfinished = joiner.take_unfinished(true)) left.push_back(unfinished->call_id);
    CHECK(left == std::vector<std::uint32_t>{996, 997, 998, 999});  // two that gave way, two still open
}

TEST_CASE("fragments: PDUs that are no part of a call are ignored", "[dcerpc][fragments]") {
    FragmentJoiner joiner;
    Pdu fault;
    fault.header.ptype = static_cast<std::uint8_t>(PduType::fault);
    fault.body = Fault{};
    CHECK_FALSE(joiner.add(fault));
    CHECK_FALSE(joiner.take_unfinished(true));
}

TEST_CASE("fragments: a call that fits is encoded in one PDU", "[dcerpc][fragments]") {
    const Pdu call = fragment(2, 0, "message");
    const auto pdus = encode_fragments(call, 32);
    REQUIRE(pdus.size() == 1);
    const auto decoded = decode_pdu(pdus[0]);
    REQUIRE(decoded);
    CHECK(decoded->header.pfc_flags == flag::whole);
    CHECK(decoded->request()->alloc_hint == 7);
    CHECK(text(decoded->stub()) == "message");
}

TEST_CASE("fragments: what is encoded in fragments is joined again", "[dcerpc][fragments]") {
    const auto [max_size, count] =
        GENERATE(table<std::size_t, std::size_t>({{0, 4}, {32, 4}, {39, 3}, {40, 2}, {50, 1}}));
    CAPTURE(max_size);
    const std::string_view whole = "twenty-six bytes of a stub";
    FragmentJoiner joiner;
    std::optional<JoinedStub> joined;
    std::size_t left = whole.size();
    const auto pdus = encode_fragments(fragment(2, flag::conc_mpx, whole), max_size);
    REQUIRE(pdus.size() == count);
    for (const ByteVector& bytes : pdus) {
        REQUIRE_FALSE(joined);
        CHECK(bytes.size() <= std::max(max_size, min_frag_size));
        const auto decoded = decode_pdu(bytes);
        REQUIRE(decoded);
        CHECK(decoded->header.has(flag::conc_mpx));
        CHECK(decoded->request()->alloc_hint == left);
        left -= decoded->stub().size();
        CHECK((left == 0 || decoded->stub().size() % 8 == 0));
        joined = joiner.add(*decoded);
    }
    REQUIRE(joined);
    CHECK(text(joined->stub) == whole);
}

TEST_CASE("fragments: each fragment repeats the object UUID", "[dcerpc][fragments]") {
    Pdu call = fragment(2, 0, "twenty-six bytes of a stub");
    Request request = *call.request();
    request.object = Uuid{{1}};
    call.body = request;
    const auto pdus = encode_fragments(call, 32);
    REQUIRE(pdus.size() == 4);
    for (const ByteVector& bytes : pdus) CHECK(decode_pdu(bytes)->request()->object == Uuid{{1}});
}

TEST_CASE("fragments: a response without a stub is one PDU", "[dcerpc][fragments]") {
    Pdu call;
    call.header.ptype = static_cast<std::uint8_t>(PduType::response);
    call.body = Response{};
    const auto pdus = encode_fragments(call, 0);
    REQUIRE(pdus.size() == 1);
    CHECK(decode_pdu(pdus[0])->response() != nullptr);
}

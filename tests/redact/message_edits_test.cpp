#include "libdiag/redact/message_edits.h"

#include <catch2/catch.hpp>

#include "libdiag/base/utf.h"
#include "libdiag/redact/pdu_edits.h"
#include "libdiag/redact/stub_edits.h"
#include "tests/redact/edited_capture.h"

using namespace diag;
using namespace diag::test;
using dcerpc::Syntax;

namespace {

const redact::Pseudonyms& pseudonyms() {
    static const redact::Pseudonyms shared{bytes_of("messages")};
    return shared;
}

ByteVector message(const std::string& text) { return {text.begin(), text.end()}; }

// In place of a message: as many 'x'.
ByteVector crossed_out(Bytes bytes) { return ByteVector(bytes.size(), 'x'); }

ByteVector with_tail(ByteVector bytes, std::string_view tail) {
    for (const char c : tail) bytes.push_back(static_cast<std::uint8_t>(c));
    return bytes;
}

}  // namespace

TEST_CASE("message edits: a workstation name has nothing behind its NUL", "[redact]") {
    kms::Codec codec{kms::lab_profile()};
    const std::uint16_t major = GENERATE(as<std::uint16_t>{}, 4, 5, 6);
    kms::BaseRequest base{.version = {.minor = 0, .major = major}};
    REQUIRE(base.set_workstation_text("old-name.contoso.com"));
    const ByteVector shorter = utf16le_from_utf8(std::string_view{"PC-1\0", 5});
    std::copy(shorter.begin(), shorter.end(), base.workstation_name.begin());
    const ByteVector bytes = codec.encode_request(base, kms::Block{1, 2, 3}).value();
    const ByteVector edited = redact::edit_request(bytes, codec.decode_request(bytes), codec, pseudonyms());
    const kms::Request after = codec.decode_request(edited);
    REQUIRE(after.base);
    CHECK(after.base->workstation_text() == pseudonyms().name("PC-1"));
    CHECK(std::all_of(after.base->workstation_name.begin() + 8, after.base->workstation_name.end(),
                      [](std::uint8_t b) { return b == 0; }));
}

TEST_CASE("message edits: a name of all 64 units, of characters beyond ASCII, or with half a surrogate keeps its size",
          "[redact]") {
    kms::Codec codec{kms::lab_profile()};
    kms::BaseRequest base{.version = {.minor = 0, .major = 4}};
    const int which = GENERATE(0, 1, 2);
    for (std::size_t i = 0; i < base.workstation_name.size(); i += 2) {
        base.workstation_name[i] = which == 0 ? 'W' : static_cast<std::uint8_t>(0x42 + i);
        base.workstation_name[i + 1] = which == 0 ? 0 : which == 1 ? 0x30 : 0xD8;
    }
    const ByteVector bytes = codec.encode_request(base, {}).value();
    const ByteVector edited = redact::edit_request(bytes, codec.decode_request(bytes), codec, pseudonyms());
    REQUIRE(edited.size() == bytes.size());
    const kms::Request after = codec.decode_request(edited);
    CHECK(after.mac == kms::Mac::verified);
    for (std::size_t i = 0; i < base.workstation_name.size(); i += 2) {
        CAPTURE(i);
        const auto unit = [i](const auto& name) { return name[i] | name[i + 1] << 8; };
        CHECK(unit(after.base->workstation_name) != unit(base.workstation_name));
        CHECK(unit(after.base->workstation_name) != 0);
    }
}

TEST_CASE("message edits: a message that nobody reads keeps version and size alone", "[redact]") {
    kms::Codec codec{kms::lab_profile()};
    struct Row {
        std::uint16_t major;
        std::size_t size, kept;
        bool is_response;
    };
    const auto row = GENERATE(values<Row>({{4, 100, 4, false},   // too short
                                           {3, 252, 4, false},   // of an unknown version
                                           {6, 30, 20, false},   // too short, with its salt
                                           {6, 260, 20, false},  // under another key
                                           {5, 240, 20, true},
                                           {4, 30, 8, true},  // with the size of its ePID
                                           {1, 200, 8, true},
                                           {4, 3, 3, false}}));
    ByteVector bytes(row.size, 0xA5);
    const ByteVector version = {0, 0, static_cast<std::uint8_t>(row.major), 0};
    std::copy_n(version.begin(), std::min<std::size_t>(4, row.size), bytes.begin());
    CAPTURE(row.major, row.size, row.is_response);
    const ByteVector edited = row.is_response
                                  ? redact::edit_response(bytes, codec.decode_response(bytes), codec, pseudonyms())
                                  : redact::edit_request(bytes, codec.decode_request(bytes), codec, pseudonyms());
    ByteVector wanted(row.size);
    std::copy_n(bytes.begin(), row.kept, wanted.begin());
    CHECK(edited == wanted);
    if (row.is_response)
        CHECK(codec.decode_response(edited).body == codec.decode_response(bytes).body);
    else
        CHECK(codec.decode_request(edited).body == codec.decode_request(bytes).body);
}

TEST_CASE("stub edits: what stands around a message stays, but for bytes without a meaning", "[redact]") {
    const auto order = GENERATE(std::endian::little, std::endian::big);
    const auto syntax = GENERATE(Syntax::ndr32, Syntax::ndr64);
    const ByteVector inner = message("12345");  // not a multiple of 4
    const bool is_wide = syntax == Syntax::ndr64;
    ByteVector request = with_tail(dcerpc::encode_request_stub(inner, syntax, order), "tail");
    ByteVector response = with_tail(dcerpc::encode_response_stub(inner, 0x8007000D, syntax, order), "tail");
    if (is_wide)
        for (ByteVector* stub : {&request, &response}) std::fill_n(stub->begin() + 4, 4, std::uint8_t{0x77});
    const std::size_t response_message_at = is_wide ? 24 : 12;
    response[response_message_at + 5] = 'p';  // padding
    const ByteVector asked = redact::edit_request_stub(request, syntax, order, crossed_out);
    const ByteVector answered = redact::edit_response_stub(response, syntax, order, crossed_out);
    REQUIRE(asked.size() == request.size());
    REQUIRE(answered.size() == response.size());
    for (const ByteVector* stub : {&asked, &answered}) {
        CHECK_FALSE(has_text(*stub, "tail"));
        CHECK_FALSE(has_text(*stub, "12345"));
        CHECK(has_text(*stub, "xxxxx"));
    }
    const auto request_after = dcerpc::decode_request_stub(asked, syntax, order).value();
    CHECK(request_after.lengths_agree());
    CHECK(request_after.surplus.size() == 4);
    CHECK(request_after.alignment == FixedBytes<4>{});
    const auto after = dcerpc::decode_response_stub(answered, syntax, order).value();
    CHECK(after.lengths_agree());
    CHECK(after.return_code == 0x8007000D);
    CHECK(after.alignment == FixedBytes<4>{});
    CHECK(ByteVector{after.padding.begin(), after.padding.end()} == ByteVector{0xFF, 0, 0});
}

TEST_CASE("stub edits: a refusal keeps its code", "[redact]") {
    const auto syntax = GENERATE(Syntax::ndr32, Syntax::ndr64);
    const ByteVector refusal = dcerpc::encode_refusal_stub(0xC004F042, syntax);
    CHECK(redact::edit_response_stub(refusal, syntax, std::endian::little, crossed_out) == refusal);
    CHECK(redact::edit_response_stub(refusal, std::nullopt, std::endian::little, crossed_out) == refusal);
}

TEST_CASE("stub edits: a stub that is none becomes one that is none", "[redact]") {
    const std::string_view text = GENERATE("a call of another interface", "twelve bytes", "short", "");
    const ByteVector stub = message(std::string{text});
    const ByteVector asked = redact::edit_request_stub(stub, std::nullopt, std::endian::little, crossed_out);
    const ByteVector answered = redact::edit_response_stub(stub, Syntax::ndr32, std::endian::little, crossed_out);
    CHECK(asked == ByteVector(stub.size(), redact::unread_stub_byte));
    CHECK(answered == asked);
    for (const Syntax syntax : {Syntax::ndr32, Syntax::ndr64}) {
        CHECK_FALSE(dcerpc::decode_request_stub(asked, syntax, std::endian::little));
        CHECK_FALSE(dcerpc::decode_response_stub(asked, syntax, std::endian::little));
    }
    CHECK_FALSE(dcerpc::guess_request_syntax(asked, asked.size(), std::endian::little));
    CHECK_FALSE(dcerpc::guess_response_syntax(asked, asked.size(), std::endian::little));
}

TEST_CASE("stub edits: of a cut call the lengths and the version stay", "[redact]") {
    const ByteVector inner = [] {
        ByteVector bytes(252, 'n');
        const ByteVector version = {0, 0, 4, 0};
        std::copy(version.begin(), version.end(), bytes.begin());
        return bytes;
    }();
    const auto syntax = GENERATE(Syntax::ndr32, Syntax::ndr64);
    const ByteVector whole = dcerpc::encode_request_stub(inner, syntax);
    const auto hint = static_cast<std::uint32_t>(whole.size());
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const ByteVector edited =
            redact::edit_cut_request_stub(head(whole, size), whole.size(), hint, std::endian::little);
        CAPTURE(size);
        REQUIRE(edited.size() == size);
        CHECK_FALSE(has_text(edited, "n"));
        if (size >= 4) CHECK(std::equal(edited.begin(), edited.begin() + 4, whole.begin()));
        const auto before = dcerpc::guess_request_syntax(head(whole, size), whole.size(), std::endian::little);
        CHECK(dcerpc::guess_request_syntax(edited, whole.size(), std::endian::little) == before);
    }
}

// What the blocks say to a reader, where a golden file of a capture would not show it.
#include <catch2/catch.hpp>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

namespace diag::decode {
namespace {

using test::ConversationScript;
using test::Side;

std::string text_of(const ConversationScript& script) { return test::decode_text(test::views_of(script.packets())); }

// Without line breaks and indents, so that the place of a break does not matter.
std::string unwrapped(std::string_view text) {
    std::string out;
    for (const char c : text) {
        if (c != ' ' && c != '\n') {
            out += c;
        } else if (!out.ends_with(' ')) {
            out += ' ';
        }
    }
    return out;
}

std::size_t count_of(std::string_view text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++count;
    return count;
}

TEST_CASE("text: what a refusal means is said once, however often it came", "[decode][text]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack();
    for (int i = 0; i < 3; ++i) script.request().host(script.refusal_pdu(0xC004F042));
    script.tcp.fin(Side::client).fin(Side::host);
    const std::string text = unwrapped(text_of(script));
    CHECK(count_of(text, "The contacted KMS host cannot activate this product") == 1);
    CHECK(count_of(text, "answer refused, 0xC004F042") == 3);
    CHECK_THAT(text, Catch::Contains("every request was answered, 3 of 3 with a refusal"));
}

TEST_CASE("text: an answer that arrived in part shows how much of it did", "[decode][text]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack().request();
    const ByteVector answer = script.response_pdus();
    script.host(Bytes{answer}.first(100));
    script.tcp.fin(Side::host).fin(Side::client);
    const std::string text = unwrapped(text_of(script));
    CHECK_THAT(text, Catch::Contains("answer incomplete: only 100 bytes of it arrived"));
    CHECK_THAT(text, !Catch::Contains("answer none"));
}

TEST_CASE("text: of two requests that wait, the half answer belongs to the first", "[decode][text]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack().request();
    const ByteVector answer = script.response_pdus();
    script.request();
    script.host(Bytes{answer}.first(100));
    script.tcp.fin(Side::host).fin(Side::client);
    const std::string text = unwrapped(text_of(script));
    const std::size_t half = text.find("answer incomplete");
    const std::size_t none = text.find("answer none");
    REQUIRE(half != std::string::npos);
    REQUIRE(none != std::string::npos);
    CHECK(half < none);
}

TEST_CASE("text: intervals that no host can be set to are remarked, those at the border are not", "[decode][text]") {
    const auto text_with = [](std::uint32_t activation, std::uint32_t renewal) {
        test::ConversationOptions options;
        options.activation_interval_minutes = activation;
        options.renewal_interval_minutes = renewal;
        return unwrapped(test::decode_text(test::views_of(test::conversation(options))));
    };
    CHECK_THAT(text_with(120, 10'080), Catch::Contains("asks again after 2 hours, renews after 7 days ePID"));
    CHECK_THAT(text_with(15, 43'200), Catch::Contains("asks again after 15 min, renews after 30 days ePID"));
    CHECK_THAT(text_with(14, 43'201),
               Catch::Contains("asks again after 14 min (outside 15 to 43200 minutes), renews after 30 days 1 min "
                               "(outside 15 to 43200 minutes)"));
}

}  // namespace
}  // namespace diag::decode

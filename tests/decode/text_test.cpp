// What the blocks say to a reader, where a golden file of a capture would not show it.
#include <catch2/catch.hpp>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/pcap_file.h"

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

TEST_CASE("text: a capture that ends before an answer could come blames nobody in the headline", "[decode][text]") {
    ConversationScript script;
    script.tcp.handshake();
    script.bind();
    const std::string text = unwrapped(text_of(script));
    CHECK_THAT(text, Catch::Contains("not known: the capture ends before an answer could come"));
    CHECK_THAT(text, !Catch::Contains("never answered"));
    script.bind_ack();
    CHECK_THAT(unwrapped(text_of(script)), Catch::Contains("no request is in the capture"));
    script.tcp.fin(Side::client).fin(Side::host);
    CHECK_THAT(unwrapped(text_of(script)), Catch::Contains("no request was sent"));
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
    CHECK_THAT(text_with(120, 10'080), Catch::Contains("asks every 2 hours until activated, renews every 7 days ePID"));
    CHECK_THAT(text_with(15, 43'200), Catch::Contains("asks every 15 min until activated, renews every 30 days ePID"));
    CHECK_THAT(text_with(14, 43'201),
               Catch::Contains("asks every 14 min (outside 15 to 43200 minutes) until activated, renews every 30 "
                               "days 1 min (outside 15 to 43200 minutes)"));
}

std::string text_of_capture(const std::string& name) {
    const test::PcapFile file{DIAG_SOURCE_DIR "/captures/" + name};
    return unwrapped(test::decode_text(file.packets()));
}

TEST_CASE("text: a count that grows while it is too low is one finding, with the highest", "[decode][text]") {
    const std::string text = text_of_capture("c2c-v6-charging-office2016.pcap");
    CHECK(count_of(text, "warning KMS-COUNT-LOW") == 1);
    CHECK_THAT(text, Catch::Contains("has seen only 4 of the 5 clients"));
    CHECK_THAT(text, Catch::Contains("count 1, needed 5") && Catch::Contains("count 4, needed 5"));
}

TEST_CASE("text: an answer that the client rejects for its key is no success anywhere", "[decode][text]") {
    const std::string text = text_of_capture("wrong-key-v4-client.pcap");
    CHECK_THAT(text, Catch::Contains("checks all 6 passed, but the client has another MAC key"));
    CHECK_THAT(text, Catch::Contains("complete, client rejects the answer 1 x"));
}

TEST_CASE("text: checks are listed by result, with every name only when asked for", "[decode][text]") {
    ConversationScript script{{.major = 4}};
    script.tcp.handshake();
    script.bind().bind_ack().request().response();
    script.break_answer = true;
    script.request().response();
    const auto packets = test::views_of(script.packets());
    const std::string brief = unwrapped(test::decode_text(packets));
    CHECK_THAT(brief, Catch::Contains("checks all 6 passed"));
    CHECK_THAT(brief, Catch::Contains("checks failed: client_machine_id; 5 passed"));
    const std::string verbose = unwrapped(test::decode_text(packets, {.verbose = true}));
    CHECK_THAT(verbose, Catch::Contains("checks failed: client_machine_id; passed: mac, "));
    CHECK(count_of(verbose, "checks passed: ") == 2);  // of the bind and of the first request
}

TEST_CASE("text: syntaxes that were offered and never answered say so", "[decode][text]") {
    ConversationScript script{{.offers_ndr64 = true}};
    script.tcp.handshake();
    script.bind();
    script.tcp.fin(Side::host).fin(Side::client);
    CHECK_THAT(unwrapped(text_of(script)), Catch::Contains("bind NDR32, NDR64 offered"));
}

}  // namespace
}  // namespace diag::decode

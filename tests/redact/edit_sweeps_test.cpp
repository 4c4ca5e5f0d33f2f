#include <catch2/catch.hpp>

#include "tests/redact/edited_capture.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"

// What edits do to conversations that are cut, have gaps, or hold bytes that nobody sends.

using namespace diag;
using namespace diag::test;
using redact::Pseudonyms;

namespace {

const Pseudonyms& pseudonyms() {
    static const Pseudonyms shared{bytes_of("sweeps")};
    return shared;
}

// Empty where the edited capture says the same with pseudonyms and none of the names is left in what was written.
std::string problem_of(const std::vector<PacketView>& packets) {
    const EditedCapture edited = edit_capture(packets, pseudonyms(), kms::lab_profile());
    for (const ByteVector& bytes : edited.written)
        for (const std::string& name : edited.names)
            if (has_text(bytes, name)) return "left: " + name;
    return first_difference(facts_of(edited.packets, kms::lab_profile()), edited.facts);
}

// The places of a sample of conversations.
std::vector<std::vector<TestPacket>> samples() {
    std::vector<std::vector<TestPacket>> out;
    for (std::uint16_t major = 4; major <= 6; ++major) {
        ConversationOptions options;
        options.major = major;
        options.offers_ndr64 = options.offers_btfn = major == 6;
        if (major == 6) options.syntax = dcerpc::Syntax::ndr64;
        if (major == 5) options.fragment_size = 120;
        out.push_back(conversation(options));
    }
    return out;
}

}  // namespace

TEST_CASE("edits: a conversation in segments of any size says the same", "[redact]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 6);
    for (const std::size_t size : {1, 2, 7, 15, 16, 17, 100, 259, 300}) {
        CAPTURE(size, major);
        ConversationOptions options;
        options.major = major;
        options.segment_size = size;
        CHECK(problem_of(views_of(conversation(options, 2))) == "");
    }
}

TEST_CASE("edits: a capture cut at any snap length says the same", "[redact]") {
    for (const auto& packets : samples()) {
        for (std::size_t size = 40; size < 400; ++size) {
            auto views = views_of(packets);
            for (PacketView& view : views) view.data = head(view.data, size);
            CAPTURE(size);
            CHECK(problem_of(views) == "");
        }
    }
}

TEST_CASE("edits: a capture that lost any one packet, or ends at any, says the same", "[redact]") {
    for (const auto& packets : samples()) {
        const auto views = views_of(packets);
        for (std::size_t i = 0; i < views.size(); ++i) {
            CAPTURE(i);
            auto without = views;
            without.erase(without.begin() + static_cast<std::ptrdiff_t>(i));
            CHECK(problem_of(without) == "");
            CHECK(problem_of({views.begin(), views.begin() + static_cast<std::ptrdiff_t>(i)}) == "");
            CHECK(problem_of({views.begin() + static_cast<std::ptrdiff_t>(i), views.end()}) == "");
        }
    }
}

TEST_CASE("edits: a conversation with any one byte changed says the same", "[redact]") {
    constexpr std::size_t payload_at = 54;
    for (auto packets : samples()) {
        for (auto& packet : packets) {
            for (std::size_t at = payload_at; at < packet.frame.size(); ++at) {
                const std::uint8_t before = packet.frame[at];
                for (const unsigned other : {0U, 0xFFU, before ^ 1U, before ^ 0x80U}) {
                    if (other == before) continue;
                    packet.frame[at] = static_cast<std::uint8_t>(other);
                    const std::string problem = problem_of(views_of(packets));
                    CAPTURE(&packet - packets.data(), at - payload_at, static_cast<int>(before), other);
                    CHECK(problem == "");
                }
                packet.frame[at] = before;
            }
        }
    }
}

#include "libdiag/redact/conversation_edits.h"

#include <catch2/catch.hpp>

#include "libdiag/base/uuid.h"
#include "tests/redact/edited_capture.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/pcap_file.h"
#include "tests/support/vectors.h"

using namespace diag;
using namespace diag::test;
using redact::Pseudonyms;

namespace {

const Pseudonyms& pseudonyms() {
    static const Pseudonyms shared{bytes_of("edits")};
    return shared;
}

const kms::KeyProfile& no_keys() {
    static const kms::KeyProfile profile{.name = "none"};
    return profile;
}

// What the messages of the script carry.
constexpr std::string_view script_name = "desktop-7.example.test", script_epid = "06401-00206-471-111111-03-1033-9600";
const Uuid script_machine_id = Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13").value();

// The edited capture says the same with pseudonyms, and none of the names is left in it.
EditedCapture check_edits(const std::vector<PacketView>& packets, const kms::KeyProfile& profile = kms::lab_profile()) {
    EditedCapture edited = edit_capture(packets, pseudonyms(), profile);
    CHECK(first_difference(facts_of(edited.packets, profile), edited.facts) == "");
    for (const ByteVector& bytes : edited.written) {
        for (const std::string& name : edited.names) {
            INFO(name);
            CHECK_FALSE(has_text(bytes, name));
            if (const auto id = Uuid::parse(name)) CHECK_FALSE(has_bytes(bytes, id->wire));
        }
    }
    return edited;
}

EditedCapture check_edits(const std::vector<TestPacket>& packets, const kms::KeyProfile& profile = kms::lab_profile()) {
    return check_edits(views_of(packets), profile);
}

// Workstation names, machine ids and ePIDs of a capture, by the programs that made it.
void add_true_names(const boost::json::value& value, std::set<std::string>& out) {
    if (const auto* list = value.if_array())
        for (const auto& item : *list) add_true_names(item, out);
    const auto* object = value.if_object();
    if (object == nullptr) return;
    for (const auto& [key, member] : *object) {
        const bool is_name = key == "workstation_name" || key == "client_machine_id" ||
                             key == "previous_client_machine_id" || key == "epid";
        const auto* text = is_name ? member.if_string() : nullptr;
        const bool is_nil = text != nullptr && text->starts_with("00000000-0000");
        if (text != nullptr && text->size() >= 4 && !is_nil) out.emplace(text->data(), text->size());
        add_true_names(member, out);
    }
}

std::set<std::string> true_names(const std::string& capture_path) {
    const std::string stem = capture_path.substr(0, capture_path.rfind('.'));
    const std::string file = stem.substr(stem.rfind('/') + 1) + ".expected.json";
    std::set<std::string> out;
    add_true_names(load_json("captures/" + file), out);
    return out;
}

// A body of this type with bytes behind its fields.
void set_rest(dcerpc::PduType type, Bytes rest, dcerpc::Body& body) {
    switch (type) {
        case dcerpc::PduType::bind: body.emplace<dcerpc::Bind>().rest = rest; break;
        case dcerpc::PduType::bind_ack: body.emplace<dcerpc::BindAck>().rest = rest; break;
        case dcerpc::PduType::bind_nak: {
            auto& nak = body.emplace<dcerpc::BindNak>();
            nak.has_versions = true;
            nak.rest = rest;
            break;
        }
        case dcerpc::PduType::fault: body.emplace<dcerpc::Fault>().rest = rest; break;
        default: body.emplace<dcerpc::Other>().rest = rest;
    }
}

}  // namespace

TEST_CASE("edits: a conversation of each version says the same with pseudonyms", "[redact]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 5, 6);
    const auto syntax = GENERATE(dcerpc::Syntax::ndr32, dcerpc::Syntax::ndr64);
    const auto order = GENERATE(std::endian::little, std::endian::big);
    CAPTURE(major, static_cast<int>(syntax), order == std::endian::little);
    ConversationOptions options;
    options.major = major;
    options.syntax = syntax;
    options.offers_ndr64 = options.offers_btfn = true;
    options.order = order;
    const EditedCapture edited = check_edits(conversation(options, 3));
    CHECK(edited.names.contains(std::string{script_name}));
    CHECK(edited.names.contains(to_string(script_machine_id)));
    CHECK(edited.written != edited.replaced);
    if (major != 4) return;
    // In the clear: the names did stand there, so that their absence means something.
    bool was_there = false;
    for (const ByteVector& bytes : edited.replaced) was_there = was_there || has_text(bytes, script_epid);
    CHECK(was_there);
}

TEST_CASE("edits: messages whose checks fail still fail the same checks", "[redact]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 5, 6);
    CAPTURE(major);
    ConversationOptions options;
    options.major = major;
    ConversationScript script{options};
    script.tcp.handshake();
    script.bind().bind_ack();
    script.break_answer = true;
    script.request().response();
    check_edits(script.packets());
}

TEST_CASE("edits: bodies under unknown keys become zeros and keep their size, version and salt", "[redact]") {
    const auto major = GENERATE(as<std::uint16_t>{}, 5, 6);
    ConversationOptions options;
    options.major = major;
    const EditedCapture edited = check_edits(conversation(options), no_keys());
    std::size_t message_count = 0;
    for (const ByteVector& bytes : edited.written) {
        const std::uint8_t type = bytes.at(2);
        if (type != 0 && type != 2) continue;
        // NDR32 by hand: 24 bytes of PDU, 8 or 12 of stub, version and salt; an answer's return code is 0 anyway.
        const std::size_t body_at = 24 + (type == 0 ? 8U : 12U) + 20;
        CHECK(std::all_of(bytes.begin() + std::ptrdiff_t(body_at), bytes.end(), [](auto b) { return b == 0; }));
        ++message_count;
    }
    CHECK(message_count == 2);
}

TEST_CASE("edits: a call in fragments gets each part of its message back", "[redact]") {
    const auto fragment_size = GENERATE(as<std::size_t>{}, 8, 40, 100, 259);
    const auto major = GENERATE(as<std::uint16_t>{}, 4, 6);
    CAPTURE(fragment_size, major);
    ConversationOptions options;
    options.major = major;
    options.fragment_size = fragment_size;
    const EditedCapture edited = check_edits(conversation(options, 2));
    CHECK(edited.names.contains(std::string{script_name}));
}

TEST_CASE("edits: a call whose last fragment never came loses its stub", "[redact]") {
    ConversationOptions options;
    options.major = 4;
    options.fragment_size = 200;
    ConversationScript script{options};
    script.tcp.handshake();
    script.bind().bind_ack();
    const ByteVector request = script.request_pdus();
    script.client(Bytes{request}.first(224));  // the first fragment alone
    const EditedCapture edited = check_edits(with_silence(script.packets()));
    const ByteVector& last = edited.written.at(1);
    REQUIRE(last.size() == 224);
    CHECK(std::all_of(last.begin() + 24, last.end(), [](auto b) { return b == 0xFF; }));
}

TEST_CASE("edits: refusals, faults and naks keep what they say", "[redact]") {
    const int answer = GENERATE(0, 1, 2, 3);
    ConversationScript script;
    script.tcp.handshake();
    script.bind();
    if (answer == 0) script.host(ConversationScript::bind_nak_pdu(4));
    if (answer == 1) script.host(script.rejecting_bind_ack_pdu(1));
    if (answer > 1) {
        script.bind_ack().request();
        script.host(answer == 2 ? script.refusal_pdu(0xC004F042) : script.fault_pdu(0x1C010003));
    }
    script.tcp.fin(Side::host).fin(Side::client);
    check_edits(script.packets());
}

TEST_CASE("edits: what stands behind the fields of a PDU is not kept", "[redact]") {
    constexpr std::string_view secret = "host01.contoso.com";
    const auto type = GENERATE(dcerpc::PduType::bind, dcerpc::PduType::bind_ack, dcerpc::PduType::bind_nak,
                               dcerpc::PduType::fault, dcerpc::PduType::auth3, dcerpc::PduType::shutdown);
    CAPTURE(static_cast<int>(type));
    dcerpc::Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(type);
    set_rest(type, bytes_of(secret), pdu.body);
    pdu.auth = dcerpc::AuthTrailer{
        .auth_type = 10, .auth_level = 2, .pad = bytes_of("pads"), .value = bytes_of("NTLMSSP contoso")};
    const ByteVector raw = dcerpc::encode_pdu(pdu);
    REQUIRE(has_text(raw, secret));

    dissect::Conversation conversation;
    conversation.pdus.push_back({.raw = raw, .decoded = dcerpc::decode_pdu_partial(raw)});
    kms::Codec codec{kms::lab_profile()};
    const auto edits = redact::edit_conversation(conversation, codec, pseudonyms());
    REQUIRE(edits.sides[0].size() == 1);
    const ByteVector& edited = edits.sides[0][0].bytes;
    REQUIRE(edited.size() == raw.size());
    CHECK_FALSE(has_text(edited, "host01"));
    CHECK_FALSE(has_text(edited, "contoso"));
    CHECK_FALSE(has_text(edited, "pads"));
    const auto after = dcerpc::decode_pdu_partial(edited);
    CHECK(after.complete());
    REQUIRE(after.auth);
    CHECK(after.auth->auth_type == 10);
    CHECK(after.auth->value.size() == 15);
    CHECK(Bytes{edited}.first(16).size() == 16);
    CHECK(std::equal(raw.begin(), raw.begin() + 16, edited.begin()));
}

TEST_CASE("edits: a secondary address that is no port gets a pseudonym", "[redact]") {
    dcerpc::Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(dcerpc::PduType::bind_ack);
    dcerpc::BindAck ack{.max_xmit_frag = 5840};
    ack.secondary_address = R"(\PIPE\host01)";
    ack.secondary_terminated = true;
    ack.secondary_padding = {'a', 'b', 'c'};
    ack.results.push_back({.result = dcerpc::acceptance, .transfer_syntax = dcerpc::ndr32_syntax_id, .version = 2});
    pdu.body = ack;
    const ByteVector raw = dcerpc::encode_pdu(pdu);
    dissect::Conversation conversation;
    conversation.pdus.push_back({.from = dissect::Side::host, .raw = raw, .decoded = dcerpc::decode_pdu_partial(raw)});
    kms::Codec codec{kms::lab_profile()};
    const auto edits = redact::edit_conversation(conversation, codec, pseudonyms());
    const auto after = dcerpc::decode_pdu_partial(edits.of(dissect::Side::host).at(0).bytes);
    REQUIRE(after.bind_ack() != nullptr);
    CHECK(after.bind_ack()->secondary_address == pseudonyms().label(ack.secondary_address));
    CHECK(after.bind_ack()->secondary_terminated);
    CHECK(after.bind_ack()->results == ack.results);
    CHECK(after.bind_ack()->secondary_padding == FixedBytes<3>{});
}

TEST_CASE("edits: all captures of the repository say the same with pseudonyms", "[redact][captures]") {
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const PcapFile file{path};
        check_edits(file.packets());
        check_edits(file.packets(), no_keys());
    }
}

TEST_CASE("edits: nothing that the ground truth of a capture names is left of its messages", "[redact][captures]") {
    std::size_t clear_count = 0;
    for (const std::string& path : capture_paths()) {
        CAPTURE(path);
        const PcapFile file{path};
        const auto edited = edit_capture(file.packets(), pseudonyms(), kms::lab_profile());
        const auto is_in = [](const std::vector<ByteVector>& all, const auto& test) {
            return std::ranges::any_of(all, test);
        };
        for (const std::string& text : true_names(path)) {
            INFO(text);
            const auto has = [&text](const ByteVector& bytes) { return has_text(bytes, text); };
            clear_count += is_in(edited.replaced, has) ? 1U : 0U;
            CHECK_FALSE(is_in(edited.written, has));
            const auto id = Uuid::parse(text);
            if (!id) continue;
            Uuid reversed = *id;
            for (std::size_t i = 0; i < 16; ++i) reversed.wire[i] = id->wire[detail::uuid_wire_index[i]];
            CHECK_FALSE(is_in(edited.written, [&](const ByteVector& bytes) {
                return has_bytes(bytes, id->wire) || has_bytes(bytes, reversed.wire);
            }));
        }
    }
    CHECK(clear_count > 10);  // those of version 4
}

#include "tests/support/dissect/decode_packets.h"

#include <algorithm>
#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <sstream>

#include "libdiag/check/conversation_findings.h"

namespace diag::test {
namespace {

namespace json = boost::json;

constexpr std::int64_t ns_per_ms = 1'000'000;

// Members that tell where and when a packet was captured, how often one was sent, or that follow from a finding's id.
bool depends_on_packets(std::string_view key) {
    constexpr std::string_view keys[] = {
        "first_packet", "last_packet", "packet",    "packets",       "request_packet", "response_packet", "started_at",
        "ended_at",     "asked_at",    "syn_count", "evidence",      "causes",         "remedy",          "bytes",
        "at",           "first_at",    "last_at",   "answer_packet", "epids",          "counts"};
    return std::find(std::begin(keys), std::end(keys), key) != std::end(keys) || key.ends_with("_ms");
}

bool names_an_end(std::string_view key) {
    constexpr std::string_view keys[] = {"client", "host", "community_id", "target", "title"};
    return std::find(std::begin(keys), std::end(keys), key) != std::end(keys);
}

void strip(json::value& value, Addresses addresses) {
    if (json::array* array = value.if_array()) {
        for (json::value& item : *array) strip(item, addresses);
        return;
    }
    json::object* object = value.if_object();
    if (object == nullptr) return;
    for (auto member = object->begin(); member != object->end();) {
        const std::string_view key{member->key().data(), member->key().size()};
        if (depends_on_packets(key) || (addresses == Addresses::removed && names_an_end(key))) {
            member = object->erase(member);
        } else {
            strip(member->value(), addresses);
            ++member;
        }
    }
}

}  // namespace

std::vector<PacketView> views_of(const std::vector<TestPacket>& packets) {
    std::vector<PacketView> out;
    for (const TestPacket& packet : packets) {
        out.push_back(view_of(packet.frame, LinkType::ethernet, out.size() + 1, packet.time));
    }
    return out;
}

std::vector<PacketView> captured(std::vector<PacketView> packets, Timestamp start) {
    for (std::size_t i = 0; i < packets.size(); ++i) {
        packets[i].number = i + 1;
        packets[i].time = {start.ns + static_cast<std::int64_t>(i) * ns_per_ms};
    }
    return packets;
}

std::string decode_text(const std::vector<PacketView>& packets, const decode::Settings& settings) {
    kms::Codec codec{kms::lab_profile()};
    std::string out;
    decode::Decoder decoder{settings, codec, [&out](std::string_view text) {
                                out += text;
                                return true;
                            }};
    decoder.begin_capture("test.pcap");
    for (const PacketView& packet : packets) decoder.on_packet(packet);
    decoder.end_capture(std::nullopt, 0);
    decoder.finish();
    return out;
}

std::vector<json::object> decode_json(const std::vector<PacketView>& packets, decode::Settings settings) {
    settings.detail = decode::Detail::json;
    std::istringstream text{decode_text(packets, settings)};
    std::vector<json::object> out;
    for (std::string line; std::getline(text, line);) {
        json::object document = json::parse(line).as_object();
        if (document.at("kind") != "verdict") out.push_back(std::move(document));
    }
    return out;
}

std::vector<std::string> digest_of(const std::vector<PacketView>& packets, Addresses addresses) {
    std::vector<std::string> out;
    for (json::object& line : decode_json(packets)) {
        json::value value = std::move(line);
        strip(value, addresses);
        out.push_back(json::serialize(value));
    }
    std::sort(out.begin(), out.end());
    return out;
}

std::string difference(const std::vector<std::string>& have, const std::vector<std::string>& want) {
    constexpr std::size_t before = 120;
    constexpr std::size_t shown = 300;
    if (have == want) return {};
    if (have.size() != want.size()) {
        return std::to_string(have.size()) + " lines instead of " + std::to_string(want.size());
    }
    const auto [a, b] = std::mismatch(have.begin(), have.end(), want.begin());
    const auto at =
        static_cast<std::size_t>(std::mismatch(a->begin(), a->end(), b->begin(), b->end()).first - a->begin());
    const std::size_t from = at - std::min(at, before);
    return "..." + a->substr(from, shown) + "...\ninstead of\n..." + b->substr(from, shown) + "...";
}

const check::Finding* Seen::finding(std::string_view id) const {
    const auto found = std::find_if(findings.begin(), findings.end(), [id](const auto& f) { return f.rule->id == id; });
    return found == findings.end() ? nullptr : &*found;
}

TrackerRun::TrackerRun(const dissect::TrackerOptions& options)
    : codec_{kms::lab_profile()}, tracker_{options, codec_, *this} {}

void TrackerRun::feed(Bytes frame, Timestamp time) { feed(view_of(frame, LinkType::ethernet, ++packet_count_, time)); }

Tracked TrackerRun::finish() {
    tracker_.finish();
    return {.conversations = std::move(conversations_),
            .statistics = tracker_.statistics(),
            .scans = tracker_.scans().scans()};
}

void TrackerRun::on_conversation(const dissect::Conversation& c) {
    Seen seen{.client = c.client,
              .host = c.host,
              .outcome = check::outcome_of(c),
              .findings = {},
              .recognized_by = c.recognized_by,
              .pdu_count = c.pdus.size(),
              .call_ids = {},
              .answered = {},
              .serial = c.serial,
              .part = c.part,
              .continues = c.continues};
    seen.findings = check::check_conversation(c, seen.outcome);
    for (const auto& exchange : c.exchanges) {
        seen.call_ids.push_back(exchange.call_id);
        seen.answered.push_back(exchange.response.has_value() || exchange.hresult.has_value());
    }
    conversations_.push_back(std::move(seen));
}

Tracked track(const std::vector<PacketView>& packets, const dissect::TrackerOptions& options) {
    TrackerRun run{options};
    for (const PacketView& packet : packets) run.feed(packet);
    return run.finish();
}

Tracked track(const std::vector<TestPacket>& packets, const dissect::TrackerOptions& options) {
    return track(views_of(packets), options);
}

Seen only(const std::vector<TestPacket>& packets) {
    const Tracked tracked = track(packets);
    REQUIRE(tracked.conversations.size() == 1);
    return tracked.conversations.front();
}

}  // namespace diag::test

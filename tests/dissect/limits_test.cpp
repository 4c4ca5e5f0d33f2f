// Memory is bounded whatever a capture holds, and no KMS conversation is lost for it.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdio>
#include <numeric>

#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/dissect/dns_script.h"

namespace diag::test {
namespace {

constexpr Timestamp start{1'764'000'000'000'000'000};

IpAddress numbered_address(std::uint32_t number) {
    return ip("10." + std::to_string(number >> 16 & 255) + "." + std::to_string(number >> 8 & 255) + "." +
              std::to_string(number & 255));
}

// A SYN frame without checksums, which the decoder does not look at: hundreds of thousands are made here.
class SynMaker {
public:
    SynMaker()
        : frame_{ethernet_ip(ip_packet(ip("10.0.0.0"), ip("192.0.2.10"), 6,
                                       tcp_segment(endpoint("10.0.0.0", 40000), endpoint("192.0.2.10", 1688),
                                                   {.sequence = 1, .flags = 0x02}, {})))} {}
    Bytes make(std::uint32_t source, std::uint16_t source_port, std::uint16_t port) {
        constexpr std::size_t source_at = 14 + 12;
        constexpr std::size_t ports_at = 14 + 20;
        for (std::size_t i = 0; i < 3; ++i)
            frame_[source_at + 1 + i] = static_cast<std::uint8_t>(source >> (16 - 8 * i));
        frame_[ports_at] = static_cast<std::uint8_t>(source_port >> 8);
        frame_[ports_at + 1] = static_cast<std::uint8_t>(source_port);
        frame_[ports_at + 2] = static_cast<std::uint8_t>(port >> 8);
        frame_[ports_at + 3] = static_cast<std::uint8_t>(port);
        return frame_;
    }

private:
    ByteVector frame_;
};

// Bytes of this process in memory; 0 where a sanitizer keeps what was freed.
std::size_t resident_size() {
#if defined(__SANITIZE_ADDRESS__)
    return 0;
#else
    std::FILE* file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr) return 0;
    unsigned long total = 0;
    unsigned long resident = 0;
    const int read = std::fscanf(file, "%lu %lu", &total, &resident);
    std::fclose(file);
    constexpr std::size_t page_size = 4096;
    return read == 2 ? resident * page_size : 0;
#endif
}

TEST_CASE("limits: 200,000 SYNs to the KMS port from as many addresses stay within the flow limit",
          "[dissect][limits]") {
    constexpr std::uint32_t syn_count = 200'000;
    constexpr std::size_t max_flows = 8192;
    // Only counts: findings of 200,000 attempts would need more memory than the tracker.
    struct Count : dissect::Sink {
        std::uint64_t attempts = 0, complete = 0;
        void on_conversation(const dissect::Conversation& c) override {
            ++(check::outcome_of(c) == check::Outcome::complete ? complete : attempts);
        }
        void on_dns(const dissect::DnsSearch&) override {}
    } sink;
    kms::Codec codec{kms::lab_profile()};
    dissect::Tracker tracker{{.max_flows = max_flows}, codec, sink};
    SynMaker syn;
    const auto real = conversation({});
    const std::size_t before = resident_size();
    std::uint64_t number = 0;
    for (std::uint32_t i = 0; i < syn_count; ++i) {
        tracker.on_packet(view_of(syn.make(i, 40000, 1688), LinkType::ethernet, ++number, {start.ns + i * 1000LL}));
        // In the middle of it a real client activates.
        if (i == syn_count / 2) {
            for (const TestPacket& p : real) {
                tracker.on_packet(view_of(p.frame, LinkType::ethernet, ++number, {start.ns + i * 1000LL}));
            }
        }
    }
    CHECK(tracker.statistics().early_report_count >= syn_count - max_flows - 1);
    CHECK(resident_size() <= before + (std::size_t{32} << 20));
    tracker.finish();
    CHECK(sink.complete == 1);
    CHECK(sink.attempts == syn_count);
}

TEST_CASE("limits: 300,000 open connections on other ports do not cost a KMS conversation on one of them",
          "[dissect][limits]") {
    constexpr std::uint32_t open_count = 300'000;
    TrackerRun run{{.max_slots = std::size_t{1} << 16}};
    SynMaker syn;
    // A KMS conversation on a port of its own, spread over the whole capture.
    const auto real = conversation({.host = endpoint("192.0.2.10", 50123)}, 3);
    const std::size_t before = resident_size();
    std::size_t next = 0;
    for (std::uint32_t i = 0; i < open_count; ++i) {
        run.feed(syn.make(i, static_cast<std::uint16_t>(40000 + i % 7), 443), {start.ns + i * 1000LL});
        // The connection is known as KMS by its fourth packet: the first four come close together.
        if (next < 4 || i == open_count / real.size() * next) {
            if (next < real.size()) run.feed(real[next++].frame, {start.ns + i * 1000LL});
        }
    }
    while (next < real.size()) run.feed(real[next++].frame, {start.ns + 1'000'000'000});
    CHECK(resident_size() <= before + (std::size_t{16} << 20));
    const Tracked tracked = run.finish();
    REQUIRE(tracked.conversations.size() == 1);
    CHECK(tracked.conversations.front().outcome == check::Outcome::complete);
    CHECK(tracked.conversations.front().call_ids.size() == 3);
    CHECK(tracked.statistics.evicted_handshake_count >= open_count - (std::size_t{1} << 16));
}

TEST_CASE("limits: more KMS connections at once than there is room for are all reported, the silent ones early",
          "[dissect][limits]") {
    constexpr std::uint32_t count = 64;
    constexpr std::size_t max_flows = 16;
    std::vector<std::vector<TestPacket>> scripts;
    for (std::uint32_t i = 0; i < count; ++i) {
        scripts.push_back(conversation({.client = {numbered_address(i), 49701}}));
    }
    TrackerRun run{{.max_flows = max_flows}};
    // Each conversation up to its answer, then, when all are there, their ends.
    const std::size_t close_size = 3;
    std::int64_t now = start.ns;
    for (const auto& script : scripts) {
        for (std::size_t i = 0; i + close_size < script.size(); ++i) run.feed(script[i].frame, {now += 1000});
    }
    const std::size_t early_count = run.conversations().size();
    CHECK(early_count >= count - max_flows);
    const Tracked tracked = run.finish();
    CHECK(tracked.statistics.early_report_count == early_count);
    REQUIRE(tracked.conversations.size() == count);
    for (const Seen& seen : tracked.conversations) {
        CHECK(seen.outcome == check::Outcome::complete);
        CHECK(seen.answered == std::vector<bool>{true});
    }
}

TEST_CASE("limits: a connection of 5,000 exchanges is reported in parts that add up", "[dissect][limits]") {
    constexpr unsigned exchange_count = 5000;
    ConversationScript script;
    script.tcp.handshake();
    script.bind().bind_ack();
    for (unsigned i = 0; i < exchange_count; ++i) script.request().response();
    script.tcp.fin(Side::client).fin(Side::host);

    const Tracked tracked = track(script.packets(), {.part_size = std::size_t{64} << 10});
    const auto& parts = tracked.conversations;
    REQUIRE(parts.size() > 10);
    std::uint32_t next_call_id = 2;  // the bind has call id 1
    for (std::size_t i = 0; i < parts.size(); ++i) {
        const Seen& part = parts[i];
        INFO("part " << i + 1);
        CHECK(part.part == i + 1);
        CHECK(part.continues == (i + 1 < parts.size()));
        CHECK(part.serial == 1);
        CHECK(part.outcome == check::Outcome::complete);
        CHECK(part.recognized_by == dissect::RecognizedBy::bind);
        CHECK(part.has("KMS-CAPTURE-LIMIT") == part.continues);
        CHECK(check::worst(part.findings).value_or(check::Severity::info) == check::Severity::info);
        bool in_order = true;
        for (const std::uint32_t call_id : part.call_ids) in_order = in_order && call_id == next_call_id++;
        CHECK(in_order);
        CHECK(std::count(part.answered.begin(), part.answered.end(), false) == 0);
    }
    CHECK(next_call_id == exchange_count + 2);
}

TEST_CASE("limits: the parts of a conversation are the same in every segmentation", "[dissect][limits]") {
    const auto exchanges = [](std::size_t segment_size) {
        const Tracked tracked = track(conversation({.offers_ndr64 = true, .segment_size = segment_size}, 300),
                                      {.part_size = std::size_t{32} << 10});
        CHECK(tracked.conversations.size() > 3);
        std::vector<std::uint32_t> all;
        for (const Seen& part : tracked.conversations)
            all.insert(all.end(), part.call_ids.begin(), part.call_ids.end());
        return all;
    };
    std::vector<std::uint32_t> want(300);
    std::iota(want.begin(), want.end(), 2U);
    for (const std::size_t size : {7, 100, 1460}) CHECK(exchanges(size) == want);
}

// Such names are four times as long as text.
std::string unprintable_label(std::size_t size) { return std::string(size, '\x01'); }

TEST_CASE("limits: searches that lead to many addresses of hosts with long names stay within the memory of look-ups",
          "[dissect][dns][limits]") {
    constexpr unsigned search_count = 1000;
    const std::string domain = unprintable_label(63) + "." + unprintable_label(63) + "." + unprintable_label(63);
    const std::string service = "_vlmcs._tcp." + domain, host = "kms." + domain;
    DnsMessage answer{.flags = dns_flags::answer, .name = service, .answers = {srv_record(service, host)}};
    // RFC 1035 4.1.4: a pointer to the target, behind the header, the question, and what an SRV record has before it.
    const auto target_at = static_cast<unsigned>(12 + dns_name(service).size() + 4 + dns_name(service).size() + 10 + 6);
    for (unsigned i = 0; i < 128; ++i)
        answer.additionals.push_back(
            bytes({0xC0U | target_at >> 8U, target_at & 0xFFU, 0, 1, 0, 1, 0, 0, 0x0E, 0x10, 0, 4, 192, 0, 2, i}));
    TrackerRun run;
    const std::size_t before = resident_size();
    // Each is told at its connection, and waits for others.
    for (std::uint32_t i = 0; i < search_count; ++i) {
        DnsScript script;
        script.client.ip = numbered_address(i);
        script.ask({.name = service}).answer(answer);
        TcpScript tcp{{.client = {script.client.ip, 49'701}, .host = endpoint("192.0.2.10", 1688)}};
        script.add(tcp.syn().rst(Side::host).packets);
        script.capture_goes_on = false;
        for (const TestPacket& packet : script.packets()) run.feed(packet.frame, {start.ns + i * 100'000'000LL});
    }
    CHECK(resident_size() <= before + (std::size_t{32} << 20));
    CHECK(run.finish().conversations.size() == search_count);
}

}  // namespace
}  // namespace diag::test

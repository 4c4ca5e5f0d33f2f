// However TCP and the network cut, repeat and reorder the bytes of a conversation: as long as nothing is lost, the result is
// the same. Seeds are fixed, so a failure comes again.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <random>

#include "libdiag/proto/ip/ip.h"
#include "libdiag/proto/tcp/segment.h"
#include "tests/support/dissect/conversation_script.h"
#include "tests/support/dissect/decode_packets.h"
#include "tests/support/pcap_file.h"

namespace diag::test {
namespace {

using Random = std::mt19937_64;

std::size_t below(Random& random, std::size_t limit) { return static_cast<std::size_t>(random() % limit); }

template <class T> T one_of(Random& random, std::initializer_list<T> values) {
    return *(values.begin() + below(random, values.size()));
}

Timestamp start_of(const std::vector<PacketView>& packets) { return packets.front().time; }

// ---- what may happen to packets on their way

// Each packet is moved by at most `window` places; the first `fixed` stay.
std::vector<PacketView> shuffled(std::vector<PacketView> packets, Random& random, std::size_t fixed,
                                 std::size_t window) {
    std::vector<std::pair<std::size_t, PacketView>> keyed;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        keyed.emplace_back(i < fixed ? i : i + below(random, window + 1), packets[i]);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    for (std::size_t i = 0; i < packets.size(); ++i) packets[i] = keyed[i].second;
    return packets;
}

std::vector<PacketView> fully_shuffled(std::vector<PacketView> packets, Random& random) {
    std::shuffle(packets.begin(), packets.end(), random);
    return packets;
}

// About one packet in three comes again, right behind itself or up to eight places later.
std::vector<PacketView> with_duplicates(const std::vector<PacketView>& packets, Random& random) {
    std::vector<std::pair<std::size_t, PacketView>> keyed;
    for (std::size_t i = 0; i < packets.size(); ++i) {
        keyed.emplace_back(i, packets[i]);
        if (below(random, 3) == 0) keyed.emplace_back(i + below(random, 9), packets[i]);
    }
    std::stable_sort(keyed.begin(), keyed.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<PacketView> out;
    for (auto& [place, packet] : keyed) out.push_back(packet);
    return out;
}

// ---- generated conversations

ConversationOptions random_options(Random& random) {
    ConversationOptions o;
    o.major = one_of<std::uint16_t>(random, {4, 5, 6});
    o.offers_ndr64 = below(random, 2) == 0;
    o.offers_btfn = below(random, 2) == 0;
    if (o.offers_ndr64 && below(random, 2) == 0) o.syntax = dcerpc::Syntax::ndr64;
    o.order = below(random, 4) == 0 ? std::endian::big : std::endian::little;
    o.fragment_size = one_of<std::size_t>(random, {0, 0, 0, 24, 100});
    o.client_isn = static_cast<std::uint32_t>(random());
    o.host_isn = static_cast<std::uint32_t>(random());
    o.client.port = static_cast<std::uint16_t>(49152 + below(random, 16000));
    return o;
}

std::string describe(const ConversationOptions& o, unsigned request_count) {
    return "version " + std::to_string(o.major) + ", " + std::string{dcerpc::name_of(o.syntax)} +
           (o.order == std::endian::big ? ", big-endian" : "") + ", fragments " + std::to_string(o.fragment_size) +
           ", segments " + std::to_string(o.segment_size) + ", requests " + std::to_string(request_count) + ", port " +
           std::to_string(o.host.port);
}

// The plain order must be right before anything can be compared with it.
void require_healthy(const std::vector<PacketView>& packets, unsigned request_count) {
    const Tracked tracked = track(packets);
    REQUIRE(tracked.conversations.size() == 1);
    const Seen& seen = tracked.conversations.front();
    CHECK(seen.outcome == check::Outcome::complete);
    CHECK(seen.recognized_by == dissect::RecognizedBy::bind);
    CHECK(seen.findings.empty());
    REQUIRE(seen.answered.size() == request_count);
    CHECK(std::count(seen.answered.begin(), seen.answered.end(), true) == request_count);
}

TEST_CASE("conversation: any segmentation decodes to the same result", "[dissect][properties]") {
    Random random{1};
    for (int round = 0; round < 40; ++round) {
        ConversationOptions options = random_options(random);
        options.host.port = one_of<std::uint16_t>(random, {1688, 88, 50123});
        const unsigned request_count = 1 + static_cast<unsigned>(below(random, 3));
        options.segment_size = 65'000;
        const auto plain = conversation(options, request_count);
        const auto want = digest_of(views_of(plain));
        require_healthy(views_of(plain), request_count);
        for (const std::size_t size : {std::size_t{1}, 2 + below(random, 15), 17 + below(random, 200)}) {
            options.segment_size = size;
            INFO("round " << round << ": " << describe(options, request_count));
            const auto cut = conversation(options, request_count);
            REQUIRE(cut.size() > plain.size());
            REQUIRE(difference(digest_of(views_of(cut)), want) == "");
        }
    }
}

TEST_CASE("conversation: on the KMS port any order and any repetition of its packets decode to the same result",
          "[dissect][properties]") {
    Random random{2};
    for (int round = 0; round < 400; ++round) {
        ConversationOptions options = random_options(random);
        options.segment_size = one_of<std::size_t>(random, {5, 40, 200, 1460});
        const unsigned request_count = 1 + static_cast<unsigned>(below(random, 3));
        INFO("round " << round << ": " << describe(options, request_count));
        const auto script = conversation(options, request_count);
        const auto plain = views_of(script);
        const auto want = digest_of(plain);
        REQUIRE(difference(digest_of(captured(fully_shuffled(plain, random), start_of(plain))), want) == "");
        REQUIRE(difference(digest_of(captured(with_duplicates(plain, random), start_of(plain))), want) == "");
        const auto both = fully_shuffled(with_duplicates(plain, random), random);
        REQUIRE(difference(digest_of(captured(both, start_of(plain))), want) == "");
    }
}

TEST_CASE("conversation: on other ports its packets may change places behind the SYN", "[dissect][properties]") {
    Random random{3};
    for (int round = 0; round < 400; ++round) {
        ConversationOptions options = random_options(random);
        options.host.port = one_of<std::uint16_t>(random, {88, 445, 50123});
        options.segment_size = one_of<std::size_t>(random, {5, 40, 200, 1460});
        const unsigned request_count = 1 + static_cast<unsigned>(below(random, 3));
        INFO("round " << round << ": " << describe(options, request_count));
        const auto script = conversation(options, request_count);
        const auto plain = views_of(script);
        const auto want = digest_of(plain);
        REQUIRE(difference(digest_of(captured(shuffled(plain, random, 1, 4), start_of(plain))), want) == "");
        REQUIRE(difference(digest_of(captured(with_duplicates(plain, random), start_of(plain))), want) == "");
    }
}

TEST_CASE("conversation: sequence numbers may wrap around anywhere in it", "[dissect][properties]") {
    ConversationOptions options{.offers_ndr64 = true, .offers_btfn = true, .segment_size = 50};
    const auto want = digest_of(views_of(conversation(options, 2)));
    Random random{4};
    // A side sends less than 1,500 bytes: with these numbers the wrap hits SYN, bind, calls and FIN.
    for (std::uint32_t before = 0; before < 1500; before += 1 + static_cast<std::uint32_t>(below(random, 60))) {
        options.client_isn = 0 - before;
        options.host_isn = 0 - before / 2;
        INFO("ISN 2^32 - " << before);
        const auto script = conversation(options, 2);
        REQUIRE(difference(digest_of(views_of(script)), want) == "");
        REQUIRE(difference(digest_of(captured(fully_shuffled(views_of(script), random), start_of(views_of(script)))),
                           want) == "");
    }
}

TEST_CASE("conversation: VLAN tags and IPv6 change the addresses and nothing else", "[dissect][properties]") {
    for (const int major : {4, 5, 6}) {
        ConversationOptions options{.major = static_cast<std::uint16_t>(major), .offers_ndr64 = true};
        const auto want = digest_of(views_of(conversation(options, 2)), Addresses::removed);
        ConversationOptions tagged = options;
        tagged.vlan_ids = {100, 7};
        CHECK(digest_of(views_of(conversation(tagged, 2))) == digest_of(views_of(conversation(options, 2))));
        ConversationOptions v6 = options;
        v6.client = endpoint("2001:db8::77", 49701);
        v6.host = endpoint("2001:db8::10", 1688);
        CHECK(difference(digest_of(views_of(conversation(v6, 2)), Addresses::removed), want) == "");
        CHECK(digest_of(views_of(conversation(v6, 2))) != digest_of(views_of(conversation(options, 2))));
    }
}

// Every packet with payload as IP fragments of at most 64 bytes.
std::vector<TestPacket> in_fragments(const std::vector<TestPacket>& packets) {
    std::vector<TestPacket> out;
    std::uint32_t id = 1;
    for (const TestPacket& packet : packets) {
        const PacketView view = view_of(packet.frame);
        const auto ip_packet = ip::decode_packet(view);
        REQUIRE(ip_packet);
        for (const ByteVector& fragment :
             ip_fragments(ip_packet->source, ip_packet->destination, ip::protocol::tcp, ip_packet->payload, id++, 64)) {
            out.push_back({packet.time, ethernet_ip(fragment)});
        }
    }
    return out;
}

TEST_CASE("conversation: IP fragments of its packets in any order decode to the same result", "[dissect][properties]") {
    Random random{5};
    for (const char* family : {"IPv4", "IPv6"}) {
        ConversationOptions options{.major = 6};
        if (family == std::string_view{"IPv6"}) {
            options.client = endpoint("2001:db8::77", 49701);
            options.host = endpoint("2001:db8::10", 1688);
        }
        const auto plain = conversation(options, 2);
        const auto want = digest_of(views_of(plain));
        const auto pieces = in_fragments(plain);
        REQUIRE(pieces.size() > plain.size() + 10);
        for (int round = 0; round < 30; ++round) {
            INFO(family << ", round " << round);
            const auto views = fully_shuffled(views_of(pieces), random);
            REQUIRE(difference(digest_of(captured(views, plain.front().time)), want) == "");
        }
    }
}

// ---- the bundled captures

struct Loaded {
    std::vector<PacketView> packets;
    std::vector<bool> is_tcp;
    bool has_payload = false;
    bool is_cut = false;      ///< snaplen: packets miss their ends
    bool on_kms_port = true;  ///< all connections
    bool is_all_tcp = true;   ///< a DNS question that comes again after its answer is another question
};

Loaded load(const PcapFile& file) {
    Loaded out;
    out.packets = captured(file.packets(), file.packets().front().time);
    for (const PacketView& packet : out.packets) {
        const auto ip_packet = ip::decode_packet(packet);
        const bool is_tcp = ip_packet && ip_packet->protocol == ip::protocol::tcp;
        out.is_tcp.push_back(is_tcp);
        out.is_all_tcp = out.is_all_tcp && is_tcp;
        if (!is_tcp) continue;
        const auto segment = tcp::decode_segment(ip_packet->payload, ip_packet->payload_size);
        REQUIRE(segment);
        out.has_payload = out.has_payload || segment->payload_size > 0;
        out.is_cut = out.is_cut || segment->payload.size() < segment->payload_size;
        out.on_kms_port = out.on_kms_port && (segment->source_port == 1688 || segment->destination_port == 1688);
    }
    return out;
}

// The TCP packets in another order, everything else where it was.
std::vector<PacketView> reordered(const Loaded& loaded, Random& random) {
    std::vector<PacketView> tcp;
    for (std::size_t i = 0; i < loaded.packets.size(); ++i)
        if (loaded.is_tcp[i]) tcp.push_back(loaded.packets[i]);
    tcp = loaded.on_kms_port ? fully_shuffled(std::move(tcp), random) : shuffled(std::move(tcp), random, 1, 4);
    std::vector<PacketView> out = loaded.packets;
    auto next = tcp.begin();
    for (std::size_t i = 0; i < out.size(); ++i)
        if (loaded.is_tcp[i]) out[i] = *next++;
    return out;
}

// Each TCP payload in two or more packets; frames are built anew as Ethernet and live in `frames`.
std::vector<PacketView> resegmented(const Loaded& loaded, Random& random, std::vector<ByteVector>& frames) {
    std::vector<PacketView> out;
    for (std::size_t i = 0; i < loaded.packets.size(); ++i) {
        const PacketView& packet = loaded.packets[i];
        const auto ip_packet = ip::decode_packet(packet);
        const auto segment = loaded.is_tcp[i] ? tcp::decode_segment(ip_packet->payload, ip_packet->payload_size)
                                              : std::unexpected(WireError{});
        if (!segment || segment->payload.size() < 2) {
            out.push_back(packet);
            continue;
        }
        const Endpoint from{ip_packet->source, segment->source_port};
        const Endpoint to{ip_packet->destination, segment->destination_port};
        for (Bytes left = segment->payload; !left.empty();) {
            const Bytes part = head(left, 1 + below(random, left.size()));
            const bool is_last = part.size() == left.size();
            const auto at = static_cast<std::uint32_t>(segment->payload.size() - left.size());
            const TcpFields fields{.sequence = segment->sequence + at,
                                   .acknowledgment = segment->acknowledgment,
                                   .flags = static_cast<std::uint8_t>(is_last ? segment->flags : tcp::flag::ack),
                                   .options = {segment->options.begin(), segment->options.end()}};
            frames.push_back(
                ethernet_ip(test::ip_packet(from.ip, to.ip, ip::protocol::tcp, tcp_segment(from, to, fields, part),
                                            {.hop_limit = ip_packet->hop_limit})));
            PacketView view = view_of(frames.back());
            view.fraction_digits = packet.fraction_digits;
            out.push_back(view);
            left = left.subspan(part.size());
        }
    }
    return out;
}

TEST_CASE("captures: repeated, reordered and cut differently they decode to the same result",
          "[dissect][properties][captures]") {
    Random random{6};
    std::size_t count = 0;
    for (const std::string& path : capture_paths()) {
        const PcapFile file{path};
        const Loaded loaded = load(file);
        if (!loaded.has_payload) continue;
        ++count;
        INFO(std::filesystem::path{path}.filename().string());
        const Timestamp start = start_of(loaded.packets);
        const auto want = digest_of(loaded.packets);
        REQUIRE_FALSE(want.empty());
        if (loaded.is_all_tcp) {
            CHECK(difference(digest_of(captured(with_duplicates(loaded.packets, random), start)), want) == "");
        }
        CHECK(difference(digest_of(captured(reordered(loaded, random), start)), want) == "");
        // Where the snaplen took the ends away, new segments would have their holes elsewhere.
        if (loaded.is_cut) continue;
        std::vector<ByteVector> frames;
        CHECK(difference(digest_of(captured(resegmented(loaded, random, frames), start)), want) == "");
    }
    CHECK(count > 70);
}

}  // namespace
}  // namespace diag::test

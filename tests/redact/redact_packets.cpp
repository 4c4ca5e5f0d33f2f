#include "tests/redact/redact_packets.h"

#include <algorithm>

namespace diag::test {
namespace {

struct MemoryPackets : redact::PacketShelf {
    struct Kept {
        std::uint64_t owner = 0;
        PacketView packet;
    };
    std::vector<Kept> kept;  // views of what the test has
    void put(std::uint64_t owner, const PacketView& packet) override { kept.push_back({owner, packet}); }
};

struct MemoryEdits : redact::EditShelf {
    std::map<std::uint64_t, redact::StreamEdits> by_serial;
    void put(std::uint64_t serial, const redact::StreamEdits& edits) override {
        // By way of the form on the disk, as the tool has it.
        auto read_back = redact::decode_edits(redact::encode_edits(edits));
        if (read_back) by_serial[serial].append(std::move(*read_back));
    }
    const redact::StreamEdits* of(std::uint64_t serial) override {
        const auto found = by_serial.find(serial);
        if (found == by_serial.end()) return nullptr;
        found->second.sort();
        return &found->second;
    }
};

}  // namespace

std::vector<RedactedPacket> redacted(const std::vector<PacketView>& packets, const redact::Pseudonyms& pseudonyms) {
    kms::Codec codec{kms::lab_profile()};
    MemoryPackets kept;
    MemoryEdits edits;
    redact::Collector collector{{}, codec, pseudonyms, kept, edits};
    for (const PacketView& packet : packets) collector.on_packet(packet);
    collector.finish();
    redact::CaptureRewriter rewriter{collector, pseudonyms, edits};
    std::vector<RedactedPacket> out;
    for (const auto& [owner, packet] : kept.kept)
        if (collector.owners().contains(owner)) rewriter.read_fragment(owner, packet);
    for (const auto& [owner, packet] : kept.kept) {
        if (!collector.owners().contains(owner)) continue;
        rewriter.rewrite(owner, packet, [&out](const PacketView& made) {
            out.push_back({made, {made.data.begin(), made.data.end()}});
        });
    }
    for (auto& packet : out) packet.view.data = packet.bytes;
    return out;
}

std::vector<PacketView> views_of(const std::vector<RedactedPacket>& packets) {
    std::vector<PacketView> out;
    for (const auto& packet : packets) {
        out.push_back(packet.view);
        out.back().data = packet.bytes;
    }
    return out;
}

const redact::Pseudonyms& test_pseudonyms() {
    static const redact::Pseudonyms pseudonyms{bytes_of("a key of the tests")};
    return pseudonyms;
}

bool contains(Bytes haystack, Bytes bytes) { return !std::ranges::search(haystack, bytes).empty(); }

}  // namespace diag::test

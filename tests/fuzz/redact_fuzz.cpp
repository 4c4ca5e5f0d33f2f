// A capture on its way through both passes of redaction. Properties: nothing is read or written past an end; a packet keeps its
// size, number and time; addresses of IP headers are those that the key gives; edits come back from the disk as they went.
#include <cstdint>
#include <cstdlib>
#include <map>

#include "libdiag/capture/reader.h"
#include "libdiag/redact/capture_rewriter.h"

namespace {

using namespace diag;

void require(bool holds) {
    if (!holds) std::abort();
}

struct Kept {
    std::uint64_t owner = 0;
    PacketView packet;
    ByteVector bytes;
};

struct Packets : redact::PacketShelf {
    std::vector<Kept> kept;
    void put(std::uint64_t owner, const PacketView& packet) override {
        kept.push_back({owner, packet, {packet.data.begin(), packet.data.end()}});
    }
};

struct Edits : redact::EditShelf {
    std::map<std::uint64_t, redact::StreamEdits> by_serial;
    void put(std::uint64_t serial, const redact::StreamEdits& edits) override {
        auto read_back = redact::decode_edits(redact::encode_edits(edits));
        require(read_back && *read_back == edits);
        by_serial[serial].append(std::move(*read_back));
    }
    const redact::StreamEdits* of(std::uint64_t serial) override {
        const auto found = by_serial.find(serial);
        if (found == by_serial.end()) return nullptr;
        found->second.sort();
        return &found->second;
    }
};

const redact::Pseudonyms& pseudonyms() {
    static const redact::Pseudonyms shared{bytes_of("fuzz")};
    return shared;
}

kms::Codec& codec() {
    static kms::Codec shared{kms::lab_profile()};
    return shared;
}

void check_addresses(const PacketView& before, const PacketView& after) {
    const auto old = ip::decode_packet(before), made = ip::decode_packet(after);
    if (!old || !made || old->tunnel_depth != made->tunnel_depth) return;
    require(made->source == pseudonyms().address(old->source));
    require(made->destination == pseudonyms().address(old->destination));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto reader = capture::CaptureReader::from_memory({data, size});
    if (!reader) return 0;
    Packets packets;
    Edits edits;
    dissect::TrackerOptions options;
    options.flow_memory = 1U << 20U;
    options.part_size = 4096;
    redact::Collector collector{options, codec(), pseudonyms(), packets, edits};
    for (PacketView packet; reader->next(packet);) collector.on_packet(packet);
    collector.finish();

    redact::CaptureRewriter rewriter{collector, pseudonyms(), edits};
    for (auto& [owner, packet, bytes] : packets.kept) packet.data = bytes;
    for (const auto& [owner, packet, bytes] : packets.kept)
        if (collector.owners().contains(owner)) rewriter.read_fragment(owner, packet);
    for (const auto& [owner, packet, bytes] : packets.kept) {
        if (!collector.owners().contains(owner)) continue;
        rewriter.rewrite(owner, packet, [&before = packet](const PacketView& after) {
            require(after.number == before.number && after.time == before.time);
            require(after.original_size == before.original_size && after.data.size() == before.data.size());
            check_addresses(before, after);
        });
    }
    return 0;
}

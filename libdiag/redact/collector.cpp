#include "libdiag/redact/collector.h"

namespace diag::redact {
namespace {

dissect::TrackerOptions with_announcements(dissect::TrackerOptions options) {
    options.announce_packets = true;
    options.announce_dns = true;
    return options;
}

PacketView without_bytes(PacketView packet) {
    packet.data = {};
    return packet;
}

}  // namespace

Collector::Collector(dissect::TrackerOptions options, kms::Codec& codec, const Pseudonyms& pseudonyms,
                     PacketShelf& packets, EditShelf& edits)
    : codec_{codec},
      pseudonyms_{pseudonyms},
      packets_{packets},
      edits_{edits},
      tracker_{with_announcements(options), codec, *this},
      owners_{empty, datagram} {}

void Collector::on_packet(const PacketView& packet) {
    const std::uint64_t unsupported_count = tracker_.statistics().unsupported_link_count;
    last_ = without_bytes(packet);
    last_owner_ = 0;
    tracker_.on_packet(packet);
    // That packets could not be read is a finding.
    if (tracker_.statistics().unsupported_link_count != unsupported_count) put_empty(last_);
}

void Collector::finish() {
    tracker_.finish();
    for (const auto& scan : tracker_.scans().scans()) {
        const auto [begin, end] = empty_attempts_.equal_range(scan.client);
        for (auto attempt = begin; attempt != end; ++attempt) owners_.insert(attempt->second);
    }
    take_fragments();
    // Whether silence at the end is a finding depends on how long it was observed.
    if (last_.number != 0 && !owners_.contains(last_owner_)) put_empty(last_);
}

void Collector::put(std::uint64_t owner, const PacketView& packet) {
    packets_.put(owner, packet);
    last_owner_ = owner;
}

void Collector::put_empty(const PacketView& packet) { put(empty, packet); }

void Collector::take_fragments() {
    std::erase_if(fragments_, [this](const auto& fragment) { return !owners_.contains(fragment.second); });
    for (const auto& [number, serial] : fragments_) owners_.insert(number | fragment_flag);
}

std::uint64_t Collector::connection_of(std::uint64_t fragment_number) const {
    const auto found = fragments_.find(fragment_number);
    return found == fragments_.end() ? 0 : found->second;
}

void Collector::on_conversation(const dissect::Conversation& conversation) {
    owners_.insert(conversation.serial);
    edits_.put(conversation.serial, stream_edits(conversation, edit_conversation(conversation, codec_, pseudonyms_)));
}

void Collector::on_dns(const dissect::DnsSearch& search) {
    for (const auto* lookups : {&search.lookups, &search.probes, &search.address_lookups})
        for (const dissect::DnsLookup& lookup : *lookups)
            if (lookup.connection != 0) owners_.insert(lookup.connection);
}

void Collector::on_packet(std::uint64_t serial, const PacketView& packet) {
    const auto decoded = serial == packet.number ? ip::decode_packet(packet) : std::unexpected(ip::NoPacket::not_ip);
    const bool is_datagram = decoded && decoded->protocol != ip::protocol::tcp;
    put(is_datagram ? datagram : serial, packet);
}

void Collector::on_fragment(const PacketView& packet) { put(packet.number | fragment_flag, packet); }

void Collector::on_fragments_of(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) {
    for (const std::uint64_t number : packet_numbers) {
        if (fragments_.size() >= max_fragments) return;
        fragments_.emplace(number, serial);
        if (number == serial) owners_.insert(serial);
    }
}

void Collector::on_dns_frame(const dissect::DnsFrame& frame) {
    owners_.insert(frame.connection);
    edits_.put(frame.connection, stream_edits(frame, pseudonyms_));
}

void Collector::on_empty_attempt(std::uint64_t serial, const IpAddress& client) {
    if (empty_attempts_.size() < max_empty_attempts) empty_attempts_.emplace(client, serial);
}

}  // namespace diag::redact

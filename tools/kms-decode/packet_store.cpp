#include "tools/kms-decode/packet_store.h"

namespace diag::tool {
namespace {

// An owner is the capture, the connection's serial (a packet number), and whether it is a fragment on its own.
constexpr unsigned capture_shift = 48;
constexpr std::uint64_t fragment_flag = std::uint64_t{1} << 47;
constexpr std::uint64_t capture_mask = ~std::uint64_t{0} << capture_shift;
constexpr std::size_t max_fragmented = 65'536;  // connections whose fragments are remembered

}  // namespace

std::expected<PacketStore, capture::CaptureError> PacketStore::create(const std::string& output) {
    auto writer = capture::CaptureWriter::create(output);
    if (!writer) return std::unexpected(writer.error());
    auto spool = capture::PacketSpool::create();
    if (!spool) return std::unexpected(spool.error());
    return PacketStore{std::move(*spool), std::move(*writer), capture::is_pcapng_name(output)};
}

void PacketStore::begin_capture() { ++capture_index_; }

std::uint64_t PacketStore::owner_of(std::uint64_t serial) const { return capture_index_ << capture_shift | serial; }

void PacketStore::append(const PacketView& packet, std::uint64_t owner) {
    if (failure_) return;
    if (keeps_all_) selected_.insert(owner = owner_of(0));
    if (auto done = spool_.append(packet, owner); !done) failure_ = done.error();
}

void PacketStore::keep(std::uint64_t serial, const PacketView& packet) { append(packet, owner_of(serial)); }

void PacketStore::keep_fragment(const PacketView& packet) { append(packet, owner_of(packet.number) | fragment_flag); }

void PacketStore::assign_fragments(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) {
    const std::uint64_t owner = owner_of(serial);
    if (fragments_.size() >= max_fragmented && !fragments_.contains(owner)) return;
    for (const std::uint64_t number : packet_numbers) fragments_[owner].push_back(owner_of(number) | fragment_flag);
}

void PacketStore::select(std::uint64_t serial) {
    const std::uint64_t owner = owner_of(serial);
    selected_.insert(owner);
    const auto fragments = fragments_.find(owner);
    if (fragments == fragments_.end()) return;
    selected_.insert(fragments->second.begin(), fragments->second.end());
    fragments_.erase(fragments);
}

void PacketStore::annotate(std::span<const decode::Annotation> annotations) {
    for (const auto& annotation : annotations) comments_.add(owner_of(annotation.packet), annotation.text);
}

void PacketStore::name(std::span<const decode::KnownName> names) {
    // The first name stays: a client that asks under many is none the wiser for the last.
    for (const auto& known : names)
        if (names_.size() < capture::PcapngWriter::max_names) names_.emplace(known.address, known.name);
}

std::expected<std::uint64_t, capture::CaptureError> PacketStore::write(const std::string& comment) {
    if (failure_) return std::unexpected(*failure_);
    capture::CaptureContents contents;
    if (annotated_) {
        contents.application = "kms-decode " DIAG_VERSION;
        contents.comment = comment;
        for (const auto& [address, name] : names_) contents.names.push_back({address, name});
    }
    comments_.sort();
    auto count = spool_.replay(
        selected_, writer_, std::move(contents),
        [this](std::uint64_t owner, std::uint64_t number) { return comments_.of((owner & capture_mask) | number); });
    if (!count) return std::unexpected(count.error());
    if (auto closed = writer_.close(); !closed) return std::unexpected(closed.error());
    return *count;
}

}  // namespace diag::tool

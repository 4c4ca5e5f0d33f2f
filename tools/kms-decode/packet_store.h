#pragma once

#include <expected>
#include <unordered_map>
#include <unordered_set>

#include "libdiag/capture/spool.h"
#include "libdiag/decode/decoder.h"

namespace diag::tool {

/// The packets that `-w` may have to write: set aside in a temporary file, because whether a conversation is selected is
/// known only at its end.
class PacketStore : public decode::PacketKeeper {
public:
    static std::expected<PacketStore, capture::CaptureError> create(const std::string& output);

    void begin_capture() override;
    void keep(std::uint64_t serial, const PacketView& packet) override;
    void keep_fragment(const PacketView& packet) override;
    void assign_fragments(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) override;
    void select(std::uint64_t serial) override;

    /// Writes the packets of the selected conversations, in the order of the captures; returns how many.
    std::expected<std::uint64_t, capture::CaptureError> write();

private:
    PacketStore(capture::PacketSpool spool, capture::CaptureWriter writer)
        : spool_{std::move(spool)}, writer_{std::move(writer)} {}
    std::uint64_t owner_of(std::uint64_t serial) const;
    void append(const PacketView& packet, std::uint64_t owner);

    capture::PacketSpool spool_;
    capture::CaptureWriter writer_;
    std::uint64_t capture_index_ = 0;
    std::unordered_set<std::uint64_t> selected_;
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> fragments_;  ///< owners, by connection
    std::optional<capture::CaptureError> failure_;
};

}  // namespace diag::tool

#pragma once

#include <expected>
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "libdiag/capture/spool.h"
#include "libdiag/decode/decoder.h"
#include "tools/kms-decode/packet_comments.h"

namespace diag::tool {

/// The packets that `-w` may have to write: set aside in a temporary file, because whether a conversation is selected is
/// known only at its end. For pcapng with what they mean and the names of machines.
class PacketStore : public decode::PacketKeeper {
public:
    static std::expected<PacketStore, capture::CaptureError> create(const std::string& output);

    /// Every packet that comes is wanted, whatever is selected.
    void keep_all() { keeps_all_ = true; }

    void begin_capture() override;
    void keep(std::uint64_t serial, const PacketView& packet) override;
    void keep_fragment(const PacketView& packet) override;
    void assign_fragments(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers) override;
    void select(std::uint64_t serial) override;
    bool wants_annotations() const override { return annotated_; }
    void annotate(std::span<const decode::Annotation> annotations) override;
    void name(std::span<const decode::KnownName> names) override;

    /// Writes the packets of the selected conversations, in the order of the captures; returns how many. `comment` is on the
    /// whole.
    std::expected<std::uint64_t, capture::CaptureError> write(const std::string& comment);
    /// For want of memory.
    std::uint64_t left_out_comment_count() const { return comments_.left_out_count(); }

private:
    PacketStore(capture::PacketSpool spool, capture::CaptureWriter writer, bool annotated)
        : spool_{std::move(spool)}, writer_{std::move(writer)}, annotated_{annotated} {}
    std::uint64_t owner_of(std::uint64_t serial) const;
    void append(const PacketView& packet, std::uint64_t owner);

    capture::PacketSpool spool_;
    capture::CaptureWriter writer_;
    bool annotated_;
    bool keeps_all_ = false;
    std::uint64_t capture_index_ = 0;
    std::unordered_set<std::uint64_t> selected_;
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> fragments_;  ///< owners, by connection
    PacketComments comments_;                                                  ///< by owner_of(packet number)
    std::map<IpAddress, std::string> names_;
    std::optional<capture::CaptureError> failure_;
};

}  // namespace diag::tool

#include "libdiag/dissect/pdu_order.h"

#include <limits>

namespace diag::dissect {
namespace {

// How much of the other direction the sender of this PDU had received.
std::int64_t acknowledged_by(const PduRecord& pdu, const stream::Flat& own, const stream::Assembler& other) {
    const auto* piece = own.piece_at(pdu.stream_offset + static_cast<std::int64_t>(pdu.raw.size()) - 1);
    const auto offset = piece == nullptr ? std::nullopt : other.offset_of(piece->acknowledgment);
    return offset ? *offset : std::numeric_limits<std::int64_t>::min();
}

std::int64_t end_of(const PduRecord& pdu) { return pdu.stream_offset + static_cast<std::int64_t>(pdu.raw.size()); }

}  // namespace

std::vector<PduRecord> in_order(const Flow& flow, std::array<DirectionPdus, 2>& sides,
                                const std::array<stream::Flat, 2>& flats) {
    auto& client = sides[0].pdus;
    auto& host = sides[1].pdus;
    std::vector<PduRecord> merged;
    merged.reserve(client.size() + host.size());
    std::size_t c = 0;
    std::size_t h = 0;
    while (c < client.size() && h < host.size()) {
        const bool host_first = end_of(host[h]) <= acknowledged_by(client[c], flats[0], flow.directions[1]);
        const bool client_first = end_of(client[c]) <= acknowledged_by(host[h], flats[1], flow.directions[0]);
        const bool take_host = host_first != client_first ? host_first : host[h].last.packet < client[c].last.packet;
        merged.push_back(std::move(take_host ? host[h++] : client[c++]));
    }
    while (c < client.size()) merged.push_back(std::move(client[c++]));
    while (h < host.size()) merged.push_back(std::move(host[h++]));
    return merged;
}

}  // namespace diag::dissect

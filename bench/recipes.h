#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bench/capture_file.h"

namespace diag::bench {

/// What a capture holds, so that a reader's answers can be compared with it.
struct Contents {
    std::uint64_t other_conversations = 0;  ///< TCP connections, look-ups and the like that are not KMS
    std::uint64_t kms_conversations = 0;
    std::uint64_t kms_exchanges = 0;
    std::uint64_t kms_packets = 0;
    std::uint64_t kms_packets_on_1688 = 0;
};

/// `amount`: connections that stay open. First all handshakes, then one data packet each, so that every one of them is
/// still undecided when the last has begun. Among them 1000 KMS conversations: half of them shake hands in the first
/// part and talk in the second, the others take place in the second part.
Contents make_flows(CaptureFile& out, std::uint64_t amount);

/// `amount`: connection attempts at one KMS host, each from an address of its own, none answered. Ten KMS conversations
/// take place meanwhile.
Contents make_syn_flood(CaptureFile& out, std::uint64_t amount);

/// One kind of capture. `amount` says how much of it, in the recipe's own unit.
struct Recipe {
    std::string_view name, unit, summary;
    Contents (*make)(CaptureFile& out, std::uint64_t amount);
};
std::span<const Recipe> recipes();

}  // namespace diag::bench

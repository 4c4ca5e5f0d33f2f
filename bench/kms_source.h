#pragma once

#include "bench/kms_talk.h"
#include "bench/recipes.h"

namespace diag::bench {

inline constexpr Timestamp start_time{1'732'536'000'000'000'000};  ///< of every capture: 2024-11-25 12:00 UTC
inline constexpr std::uint64_t seed = 1688;

/// KMS conversations and the count of what they hold.
class KmsSource {
public:
    KmsSource(FrameBuilder& frames, Random& random, const KmsWorld::Options& options)
        : frames_{frames}, random_{random}, world_{random, options} {}

    Packets next(const KmsTalkOptions& options) {
        const auto meeting = world_.next(random_);
        Packets packets = kms_talk(frames_, random_, messages_, meeting, options);
        ++contents.kms_conversations;
        contents.kms_exchanges += options.exchange_count;
        contents.kms_packets += packets.count();
        if (meeting.host.endpoint.port == 1688) contents.kms_packets_on_1688 += packets.count();
        return packets;
    }

    Contents contents;

private:
    FrameBuilder& frames_;
    Random& random_;
    KmsWorld world_;
    KmsMessages messages_;
};

}  // namespace diag::bench

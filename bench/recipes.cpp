#include "bench/recipes.h"

#include <algorithm>

#include "bench/background.h"
#include "bench/kms_source.h"
#include "bench/mixer.h"

namespace diag::bench {
namespace {

/// amount: MiB of the file. One packet in a hundred belongs to KMS.
Contents make_mixed(CaptureFile& out, std::uint64_t amount) {
    Random random{seed};
    FrameBuilder frames;
    Background background{frames, random};
    KmsSource kms{frames, random, {.machine_count = 400}};
    Mixer mixer{out, random, start_time, {.open_limit = 1000, .max_burst = 4, .packet_gap_ns = 40'000}};

    // Of what was started, not of what is written yet: the file is then little larger than asked for.
    std::uint64_t size = 0, packet_count = 0, other_conversations = 0;
    while (size < amount << 20) {
        Packets packets;
        if (kms.contents.kms_packets * 100 < packet_count) {
            const std::uint32_t exchange_count = random.percent(70) ? 1 : random.between(2, 4);
            packets = kms.next(
                {.exchange_count = exchange_count, .offers_ndr64 = random.percent(50), .first_request = mixer.now()});
        } else {
            packets = background.next();
            ++other_conversations;
        }
        packet_count += packets.count();
        size += CaptureFile::record_header_size * packets.count() + packets.size();
        mixer.start(std::move(packets));
    }
    mixer.finish();
    kms.contents.other_conversations = other_conversations;
    return kms.contents;
}

/// amount: exchanges, all of version 6. Half of the connections carry one, the others ten.
Contents make_v6_only(CaptureFile& out, std::uint64_t amount) {
    Random random{seed};
    FrameBuilder frames;
    KmsSource kms{frames, random, {.machine_count = 5000, .only_version_6 = true, .other_port_percent = 0}};
    Mixer mixer{out, random, start_time, {.open_limit = 64, .max_burst = 2, .packet_gap_ns = 20'000}};
    while (kms.contents.kms_exchanges < amount) {
        const std::uint64_t wanted = kms.contents.kms_conversations % 2 == 0 ? 1 : 10;
        const std::uint64_t exchange_count = std::min(wanted, amount - kms.contents.kms_exchanges);
        mixer.start(kms.next({.exchange_count = static_cast<std::uint32_t>(exchange_count),
                              .offers_ndr64 = random.percent(50),
                              .first_request = mixer.now()}));
    }
    mixer.finish();
    return kms.contents;
}

/// amount: version 6 exchanges on a single connection.
Contents make_one_connection(CaptureFile& out, std::uint64_t amount) {
    constexpr std::int64_t packet_gap_ns = 5'000'000;
    Random random{seed};
    FrameBuilder frames;
    KmsSource kms{
        frames, random, {.machine_count = 1, .only_version_6 = true, .ipv6_percent = 0, .other_port_percent = 0}};
    Mixer mixer{out, random, start_time, {.packet_gap_ns = packet_gap_ns}};
    mixer.start(kms.next({.exchange_count = static_cast<std::uint32_t>(amount),
                          .first_request = start_time,
                          .request_gap_ns = 2 * packet_gap_ns}));
    mixer.finish();
    return kms.contents;
}

/// amount: connections with one exchange each, every one of another machine: what a correlation costs at most.
Contents make_clients(CaptureFile& out, std::uint64_t amount) {
    Random random{seed};
    FrameBuilder frames;
    KmsSource kms{frames, random, {.machine_count = static_cast<std::uint32_t>(amount)}};
    Mixer mixer{out, random, start_time, {.open_limit = 64, .max_burst = 2, .packet_gap_ns = 20'000}};
    for (std::uint64_t i = 0; i < amount; ++i)
        mixer.start(kms.next({.offers_ndr64 = false, .first_request = mixer.now()}));
    mixer.finish();
    return kms.contents;
}

constexpr Recipe all_recipes[] = {
    {"mixed", "MiB", "office traffic, one packet in a hundred KMS", make_mixed},
    {"v6-only", "exchanges", "nothing but version 6, one or ten exchanges a connection", make_v6_only},
    {"flows", "connections", "connections that stay open, 1000 KMS conversations among them", make_flows},
    {"syn-flood", "attempts", "unanswered SYNs to port 1688 from as many addresses", make_syn_flood},
    {"clients", "conversations", "one exchange each, every one of another machine", make_clients},
    {"one-connection", "exchanges", "version 6 exchanges on one kept connection", make_one_connection},
};

}  // namespace

std::span<const Recipe> recipes() { return all_recipes; }

}  // namespace diag::bench

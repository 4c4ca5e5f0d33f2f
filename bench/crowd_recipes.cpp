#include <algorithm>

#include "bench/addresses.h"
#include "bench/filler.h"
#include "bench/kms_source.h"

namespace diag::bench {
namespace {

/// Writes frames at equal distances in time.
class Clocked {
public:
    Clocked(CaptureFile& out, std::int64_t gap_ns) : out_{out}, gap_ns_{gap_ns} {}

    void write(Bytes frame) {
        out_.add(now_, frame);
        now_.ns += gap_ns_;
    }
    void write(const Packets& packets, std::size_t first, std::size_t end) {
        for (std::size_t i = first; i < end; ++i) write(packets.frame(i));
    }
    Timestamp now() const { return now_; }

private:
    CaptureFile& out_;
    Timestamp now_ = start_time;
    std::int64_t gap_ns_;
};

/// A connection among too many to keep in memory: everything follows from its number.
struct NumberedFlow {
    Endpoint client, server;
    std::uint32_t client_seq, server_seq;

    explicit NumberedFlow(std::uint64_t number) {
        constexpr std::uint16_t ports[] = {80, 443, 22, 25, 53, 110, 143, 389, 445, 636, 993, 3306, 5432, 8443, 9200};
        Random random{number};
        const auto n = static_cast<std::uint32_t>(number);
        client = {ipv4_address(0x0A80'0001 + n % 50'000), static_cast<std::uint16_t>(20'000 + n / 50'000)};
        const bool is_known = random.percent(60);
        server = {ipv4_address(0xC633'6401 + random.below(250)),
                  is_known ? ports[random.below(std::size(ports))]
                           : static_cast<std::uint16_t>(random.between(2000, 60'000))};
        client_seq = random.u32();
        server_seq = random.u32();
    }

    Bytes syn(FrameBuilder& frames) const { return frames.tcp({client, server, client_seq, 0, tcp_flag::syn}); }
    Bytes syn_ack(FrameBuilder& frames) const {
        return frames.tcp({server, client, server_seq, client_seq + 1, tcp_flag::syn | tcp_flag::ack});
    }
    Bytes ack(FrameBuilder& frames) const {
        return frames.tcp({client, server, client_seq + 1, server_seq + 1, tcp_flag::ack});
    }
    Bytes data(FrameBuilder& frames, Bytes payload) const {
        return frames.tcp({client, server, client_seq + 1, server_seq + 1, tcp_flag::ack | tcp_flag::psh, {}, payload});
    }
};

/// The KMS conversations of make_flows. Half of them, the early ones, shake hands in the first part of the capture.
class KmsGuests {
public:
    static constexpr std::uint64_t count = 1000;

    KmsGuests(KmsSource& source, Random& random) {
        for (std::uint64_t i = 0; i < count; ++i) {
            talks_.push_back(source.next({.offers_ndr64 = random.percent(50), .first_request = start_time}));
        }
    }

    /// Writes those whose turn has come when `done` of `total` connections had theirs.
    void write_handshakes(Clocked& out, std::uint64_t done, std::uint64_t total) {
        for (; shaken_ < count && shaken_ * total <= done * count; ++shaken_) {
            if (is_early(shaken_)) out.write(talks_[shaken_], 0, handshake_packet_count);
        }
    }
    void write_rest(Clocked& out, std::uint64_t done, std::uint64_t total) {
        for (; written_ < count && written_ * total <= done * count; ++written_) {
            const Packets& talk = talks_[written_];
            out.write(talk, is_early(written_) ? handshake_packet_count : 0, talk.count());
        }
    }

private:
    static bool is_early(std::uint64_t number) { return number % 2 == 0; }

    std::vector<Packets> talks_;
    std::uint64_t shaken_ = 0, written_ = 0;  ///< of talks_, how many had their turn
};

}  // namespace

Contents make_flows(CaptureFile& out, std::uint64_t amount) {
    constexpr std::uint64_t block = 64;  // handshakes that overlap
    Random random{seed};
    FrameBuilder frames, kms_frames;
    Filler filler{random};
    KmsSource kms{kms_frames, random, {.machine_count = 250, .other_port_percent = 40}};
    KmsGuests guests{kms, random};
    Clocked clocked{out, 2000};

    for (std::uint64_t first = 0; first < amount; first += block) {
        const std::uint64_t end = std::min(first + block, amount);
        std::vector<NumberedFlow> flows;
        for (std::uint64_t i = first; i < end; ++i) flows.emplace_back(i);
        for (const auto& flow : flows) clocked.write(flow.syn(frames));
        for (const auto& flow : flows) clocked.write(flow.syn_ack(frames));
        for (const auto& flow : flows) clocked.write(flow.ack(frames));
        guests.write_handshakes(clocked, end, amount);
    }
    for (std::uint64_t i = 0; i < amount; ++i) {
        clocked.write(NumberedFlow{i}.data(frames, filler.noise(random, random.between(16, 64))));
        guests.write_rest(clocked, i + 1, amount);
    }
    kms.contents.other_conversations = amount;
    return kms.contents;
}

Contents make_syn_flood(CaptureFile& out, std::uint64_t amount) {
    constexpr std::uint64_t kms_count = 10;
    Random random{seed};
    FrameBuilder frames, kms_frames;
    KmsSource kms{kms_frames, random, {.machine_count = 10, .ipv6_percent = 0, .other_port_percent = 0}};
    const Endpoint host{ipv4_address(0xC000'020A), 1688};
    Clocked clocked{out, 5000};
    for (std::uint64_t i = 0; i < amount; ++i) {
        const Endpoint from{ipv4_address(0x0A80'0001 + static_cast<std::uint32_t>(i)),
                            static_cast<std::uint16_t>(random.between(1024, 65535))};
        clocked.write(frames.tcp({from, host, random.u32(), 0, tcp_flag::syn}));
        if (kms.contents.kms_conversations * amount > i * kms_count) continue;
        const Packets talk = kms.next({.first_request = clocked.now()});
        clocked.write(talk, 0, talk.count());
    }
    kms.contents.other_conversations = amount;
    return kms.contents;
}

}  // namespace diag::bench

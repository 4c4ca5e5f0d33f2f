#pragma once

#include <boost/json/object.hpp>
#include <random>
#include <string>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/outcome.h"
#include "libdiag/decode/decoder.h"
#include "libdiag/dissect/tracker.h"
#include "tests/support/packet_builder.h"

/// Packets in, results out, for tests of the dissector and of what stands above it.
namespace diag::test {

/// Views of the packets as a capture would number them. They live as long as `packets`.
std::vector<PacketView> views_of(const std::vector<TestPacket>& packets);

/// The same packets as a capture in this order would have them: numbered from 1, one millisecond apart.
std::vector<PacketView> captured(std::vector<PacketView> packets, Timestamp start);

/// What the decoder prints, with the lab profile.
std::string decode_text(const std::vector<PacketView>& packets, const decode::Settings& settings = {});

/// The lines of --json as objects, without the verdict on all of them.
std::vector<boost::json::object> decode_json(const std::vector<PacketView>& packets, decode::Settings settings = {});

enum class Addresses : std::uint8_t { kept, removed };

/// What a decode found, in a form that does not depend on the order of the packets: the JSON lines, sorted, without packet
/// numbers, times and all that counts packets. With Addresses::removed also without what names the two ends.
std::vector<std::string> digest_of(const std::vector<PacketView>& packets, Addresses addresses = Addresses::kept);

/// Empty when both digests are the same, otherwise where they first differ, with what stands there.
std::string difference(const std::vector<std::string>& have, const std::vector<std::string>& want);

/// What the tracker reported of one conversation, judged while it was valid.
struct Seen {
    Endpoint client, host;
    check::Outcome outcome{};
    std::vector<check::Finding> findings;
    dissect::RecognizedBy recognized_by{};
    std::size_t pdu_count = 0;
    std::vector<std::uint32_t> call_ids;  ///< of the exchanges, in order
    std::vector<bool> answered;           ///< each exchange
    std::uint64_t serial = 0;
    unsigned part = 1;
    bool continues = false;

    bool has(std::string_view finding_id) const { return finding(finding_id) != nullptr; }
    const check::Finding* finding(std::string_view id) const;  ///< nullptr when it is not among them
};

struct Tracked {
    std::vector<Seen> conversations;
    dissect::TrackerStatistics statistics;
    std::vector<dissect::PortScan> scans;
};

/// Runs packets as they come through a Tracker: for streams that are too long to be kept.
class TrackerRun : public dissect::Sink {
public:
    explicit TrackerRun(const dissect::TrackerOptions& options = {});
    void feed(const PacketView& packet) { tracker_.on_packet(packet); }
    void feed(Bytes frame, Timestamp time);
    /// Ends the capture.
    Tracked finish();
    const std::vector<Seen>& conversations() const { return conversations_; }

private:
    void on_conversation(const dissect::Conversation& conversation) override;
    void on_dns(const dissect::DnsSearch&) override {}

    kms::Codec codec_;
    dissect::Tracker tracker_;
    std::uint64_t packet_count_ = 0;
    std::vector<Seen> conversations_;
};

Tracked track(const std::vector<PacketView>& packets, const dissect::TrackerOptions& options = {});
Tracked track(const std::vector<TestPacket>& packets, const dissect::TrackerOptions& options = {});

/// The one conversation of the packets; fails the test where there are none or more.
Seen only(const std::vector<TestPacket>& packets);

}  // namespace diag::test

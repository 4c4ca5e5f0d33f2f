#pragma once

#include <deque>
#include <span>
#include <vector>

#include "libdiag/base/packet_view.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/dissect/dns_streams.h"
#include "libdiag/dissect/dns_watch.h"
#include "libdiag/dissect/flow_pool.h"
#include "libdiag/dissect/scan_watch.h"
#include "libdiag/proto/ip/fragments.h"
#include "libdiag/proto/ip/icmp.h"
#include "libdiag/proto/ip/ip.h"
#include "libdiag/stream/flow_table.h"

namespace diag::dissect {

/// Receives what the tracker finds, as soon as it is complete.
class Sink {
public:
    virtual ~Sink() = default;
    /// `conversation` and the views in it are valid only during the call.
    virtual void on_conversation(const Conversation& conversation) = 0;
    /// A client's search for a host in DNS; before the first conversation with a host that it found.
    virtual void on_dns(const DnsSearch& search) = 0;
    /// The packet belongs to the connection `serial`, which may or may not be reported later. This and the next two are
    /// called only when TrackerOptions::announce_packets is set. A DNS message over UDP, or an ICMP error about one, has the
    /// number of its packet for a serial; over TCP it is that of DnsLookup::connection.
    virtual void on_packet(std::uint64_t serial, const PacketView& packet);
    /// The packet is a fragment; which connection it belongs to turns out when the datagram is whole.
    virtual void on_fragment(const PacketView& packet);
    /// The packets with these numbers, fragments all, belong to the connection `serial`.
    virtual void on_fragments_of(std::uint64_t serial, std::span<const std::uint64_t> packet_numbers);
    /// A DNS message over TCP that may be part of a search; with TrackerOptions::announce_dns alone.
    virtual void on_dns_frame(const DnsFrame& frame);
    /// The connection `serial` was tried, or opened and closed, without a byte: no conversation, but it counts in scans.
    virtual void on_empty_attempt(std::uint64_t serial, const IpAddress& client);
};

struct TrackerOptions {
    std::uint16_t kms_port = 1688;
    std::uint64_t hash_key = 0x9AE16A3B2F90404F;  ///< main hands in a random one
    bool announce_packets = false;
    bool announce_dns =
        false;  ///< messages and connections that may be part of a search as well; needs announce_packets
    std::size_t max_slots = std::size_t{1} << 20;     ///< connections remembered by their handshake, 32 bytes each
    std::size_t flow_memory = std::size_t{10} << 20;  ///< bytes for connections that carry KMS, or may
    std::size_t max_flows = 8192;
    std::size_t part_size = std::size_t{512} << 10;  ///< bytes of one connection before it is reported in parts
};

/// Counters over a whole capture, for --stats and for findings about the capture.
struct TrackerStatistics {
    std::uint64_t packet_count = 0;
    std::uint64_t byte_count = 0;
    std::uint64_t tcp_packet_count = 0;
    std::uint64_t not_ip_count = 0;
    std::uint64_t malformed_count = 0;
    std::uint64_t unsupported_link_count = 0;
    std::uint64_t first_unsupported_link = 0;  ///< its link type
    std::uint64_t empty_connection_count = 0;  ///< to the KMS port, opened and closed without a byte: port checks
    std::uint64_t other_rpc_count = 0;         ///< on the KMS port, but bound to other interfaces
    std::uint64_t early_report_count = 0;      ///< conversations reported before their end, to bound memory
    std::uint64_t evicted_handshake_count = 0;
};

/// Finds the KMS conversations in a stream of packets.
///
/// Feed the packets in the order of the capture, then call finish(). KMS is recognised by the interface UUID in a bind on
/// any port, and by the KMS port where the bind is missing. Memory is bounded by the options, whatever the capture holds:
/// under pressure the connections that were silent the longest are reported as they stand.
class Tracker {
public:
    Tracker(const TrackerOptions& options, kms::Codec& codec, Sink& sink);

    void on_packet(const PacketView& packet);
    /// Reports what is over for long enough, for live captures without traffic.
    void on_time(Timestamp now);
    /// Reports everything that is still open, by first packet.
    void finish();

    const TrackerStatistics& statistics() const { return statistics_; }
    const ScanWatch& scans() const { return scans_; }

private:
    struct Tcp;
    struct Over {
        std::uint32_t pool_index;
        std::uint64_t serial;
        Timestamp time;
    };

    void on_ip(const ip::IpPacket& packet, const PacketView& frame);
    void announce(std::uint64_t serial, const PacketView& frame);
    void announce_dns(std::uint64_t serial, const PacketView& frame);
    void on_tcp(const ip::IpPacket& packet, const PacketView& frame);
    void on_udp(const ip::IpPacket& packet, const PacketView& frame);
    std::uint64_t on_dns_segment(const Tcp& tcp);
    void on_icmp(const ip::IpPacket& packet, const PacketView& frame);
    void on_tcp_error(const ip::IcmpMessage& message, const IpAddress& sender, const PacketView& frame);
    void on_dns_error(const ip::QuotedPacket& quoted, Mark mark);
    void report_dns(std::span<const DnsSearch> searches);
    void on_connection(const Tcp& tcp, std::uint64_t fingerprint);
    void on_unknown(const Tcp& tcp, std::uint64_t fingerprint);
    void on_handshake(const Tcp& tcp, stream::FlowSlot& slot);
    void on_rejected(const Tcp& tcp, stream::FlowSlot& slot);
    void on_active(const Tcp& tcp, Flow& flow);
    static bool answers_stray_syn(const Tcp& tcp, Side from, const Flow::StraySyn& syn);
    void begin_anew(const Tcp& tcp, Flow& flow);
    static TcpEvent tcp_event(const Tcp& tcp, Side from);
    Flow& open_flow(const Tcp& tcp, std::uint64_t fingerprint, Side from);
    Flow& promote(const Tcp& tcp, stream::FlowSlot& slot, Side from);
    Flow& resume(const Tcp& tcp, stream::FlowSlot& slot, Side from);
    void feed(Flow& flow, const Tcp& tcp, Side from);
    enum class Ending : std::uint8_t { natural, early };
    void report(Flow& flow, Ending ending);
    void hand_over(const Flow& flow, Ending ending);
    void split(Flow& flow);
    bool is_empty_attempt(const Flow& flow);
    void close_flow(Flow& flow, bool reject);
    void sweep(Timestamp now);
    void relieve();
    void queue_over(Flow& flow);
    Flow* flow_of(const stream::FlowSlot& slot);
    Flow* flow_of(const Over& over);

    TrackerOptions options_;
    kms::Codec& codec_;
    Sink& sink_;
    stream::FlowTable table_;
    ip::FragmentTable fragments_;
    DnsWatch dns_;
    DnsStreams dns_streams_;
    ScanWatch scans_;
    TrackerStatistics statistics_;
    FlowPool flows_;
    Timestamp now_;                                    ///< of the latest packet
    std::deque<Over> over_;                            ///< flows that are over, in the order in which they ended
    std::span<const std::uint64_t> joined_fragments_;  ///< of the datagram at hand
    std::uint64_t announced_ = 0;                      ///< the packet that was announced last
    Conversation conversation_;                        ///< reused, so that reporting does not allocate
};

}  // namespace diag::dissect

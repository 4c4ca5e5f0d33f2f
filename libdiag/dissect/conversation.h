#pragma once

#include <algorithm>
#include <array>
#include <bitset>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/time.h"
#include "libdiag/proto/dcerpc/pdu.h"
#include "libdiag/proto/dcerpc/rpc_checks.h"
#include "libdiag/proto/kms/codec.h"
#include "libdiag/stream/assembler.h"

namespace diag::dissect {

enum class Side : std::uint8_t { client, host };

/// A packet that matters for the story: its number and when it was captured. number 0: there was none.
struct Mark {
    std::uint64_t packet = 0;
    Timestamp time;
    explicit operator bool() const { return packet != 0; }
};

/// An ICMP error that quoted a packet of the connection.
struct IcmpError {
    Mark mark;
    IpAddress sender;
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::string_view text;  ///< a literal, e.g. "port unreachable"
};

/// "Port unreachable": what an ICMP error says, by its code or else by its type; a literal.
std::string_view icmp_text(IpAddress::Family family, std::uint8_t type, std::uint8_t code);

/// What an ICMP error "fragmentation needed" or "packet too big" said of a packet of the connection.
struct TooBig {
    Mark mark;
    IpAddress sender;
    Side from = Side::client;  ///< whose packet it was
    std::uint32_t mtu = 0;     ///< 0: it did not say
};

/// All values of TTL (hop limit) that packets of one kind had: a capture that was merged of two places has two of each.
using HopLimits = std::bitset<256>;

/// The same of packets without data, each value with the lowest sequence number: who closes in a side's name also acknowledges
/// the other's FIN in it, behind the FIN. Whatever order the packets come in, the result is the same.
class BareHops {
public:
    void add(std::uint8_t hop_limit, std::uint32_t sequence);
    /// Those of packets at or in front of this sequence number, all without one. nullopt: there were too many to tell.
    std::optional<HopLimits> until(const std::optional<std::uint32_t>& sequence) const;

private:
    struct Entry {
        std::uint8_t hop_limit = 0;
        std::uint32_t sequence = 0;
    };
    std::array<Entry, 6> entries_{};
    std::uint8_t count_ = 0;  ///< one more than there is room for: too many
};

/// How the packets of one side look: those of another machine that speaks in its name look different. 0: none was seen.
struct HeaderFacts {
    std::uint8_t opening_hop_limit = 0;  ///< of its SYN or SYN-ACK (TTL in IPv4)
    std::uint8_t payload_hop_limit = 0;  ///< of the first packet with data, and so on
    std::uint8_t fin_hop_limit = 0;
    std::uint8_t rst_hop_limit = 0;
    HopLimits payload_hop_limits;  ///< of packets with data, but for one that is the FIN as well
    BareHops bare_hops;            ///< of packets without data, its SYN or SYN-ACK included, but FIN and RST
    std::optional<std::uint32_t> fin_sequence;  ///< the sequence number of its FIN
    // The options of its SYN or SYN-ACK.
    std::uint16_t window = 0;
    std::optional<std::uint16_t> maximum_segment_size;
    std::optional<std::uint8_t> window_scale;
    bool sack_permitted = false;
    bool has_timestamps = false;
    Mark without_timestamps;  ///< its first data or FIN that lacks them though both SYNs agreed on them (RFC 7323 3.2)

    std::uint32_t packet_count = 0;
    std::uint32_t retransmitted_count =
        0;                           ///< data packets sent again after a pause, which a mirror port does not make
    Mark window_closed;              ///< it takes no more bytes, and did not say otherwise since
    bool is_unacknowledged = false;  ///< the other side never confirmed its last bytes
};

/// What the TCP headers told, apart from the bytes. Arrays are indexed by Side.
struct TcpFacts {
    std::uint32_t syn_count = 0;
    bool established = false;  ///< a SYN-ACK, payload, or the middle of a connection was seen
    Mark syn;                  ///< the first
    Mark syn_ack;
    std::array<Mark, 2> first_payload;
    std::array<Mark, 2> last_payload;
    std::array<Mark, 2> fin;
    std::array<Mark, 2> rst;
    std::optional<Side> closed_first;  ///< whose FIN or RST came first, by what it acknowledged
    std::optional<IcmpError> icmp;
    std::optional<std::int64_t> received_at_close;  ///< stream offset up to which the client had received at its FIN
    std::uint64_t packet_count = 0;
    std::uint64_t byte_count = 0;  ///< of frames on the wire
    std::array<HeaderFacts, 2> headers;
    std::optional<TooBig> too_big;  ///< the first
};

/// One PDU, in the order in which the two sides meant them.
struct PduRecord {
    Side from = Side::client;
    Mark first;  ///< packet with its first byte
    Mark last;   ///< packet that completed it
    std::int64_t stream_offset = 0;
    Bytes raw;  ///< what was captured of it; valid while the conversation is reported
    dcerpc::PartialPdu decoded;
    std::optional<dcerpc::Syntax> syntax;  ///< request, response, fault: what the bind says of their context
    bool cut = false;                      ///< bytes of it are missing from the capture
    bool inferred = false;                 ///< parts of a cut bind or its answer follow from what came later
};

/// One request and what became of it.
struct Exchange {
    std::uint32_t call_id = 0;
    std::uint16_t context_id = 0;
    std::optional<dcerpc::Syntax> syntax;
    std::size_t request_pdu = 0;              ///< index into Conversation::pdus (of the last fragment)
    std::optional<std::size_t> response_pdu;  ///< response or fault
    Bytes request_message, response_message;  ///< KMS messages as they lie in the stubs; views
    kms::Request request;
    std::optional<kms::Response> response;
    std::optional<std::uint32_t> hresult;  ///< null: no answer, a fault, or cut off
    std::optional<std::uint32_t> fault_status;
    dcerpc::RpcChecks rpc_checks;
    bool answer_not_captured = false;  ///< the client confirmed bytes that the capture does not have
    bool request_cut = false;          ///< fragmented, and the last fragment never came
    bool response_begun = false;       ///< fragmented, and the last fragment never came
};

/// Bytes where a PDU should begin that are no DCE/RPC.
struct Junk {
    std::uint64_t size = 0;
    Mark first;           ///< the packet that brought the first of them
    std::string opening;  ///< those, at most 64
};

/// A refusal whose request is not in the capture.
struct StrayRefusal {
    std::uint32_t hresult = 0;
    Mark answer;
};

/// The bytes of one side, in order, from the last part on if there are several.
struct StreamBytes {
    std::uint32_t sequence = 0;     ///< TCP's number of the byte at offset 0
    std::vector<stream::Run> runs;  ///< views, valid while the conversation is reported
};

enum class RecognizedBy : std::uint8_t { bind, port };

/// How a client came to the address of a host, as far as DNS told it in the capture.
struct DnsPath {
    std::string query;  ///< "_vlmcs._tcp.example.test"
    Mark asked, answered;
    std::string target;                    ///< the host that the SRV record names
    Mark address_asked, address_answered;  ///< without packets: its address came with the SRV record
    bool has_others = false;               ///< other hosts, or other addresses of this one, were known to the client
};

/// One TCP connection that carried (or should have carried) KMS: all that the packets tell, no judgement yet.
/// Views in it are valid only while the sink handles it.
struct Conversation {
    std::uint64_t serial = 0;  ///< number of its first packet: unique within a capture
    Endpoint client, host;
    RecognizedBy recognized_by = RecognizedBy::port;
    Mark first, last;
    std::uint8_t fraction_digits = 6;
    TcpFacts tcp;
    std::vector<PduRecord> pdus;
    std::vector<Exchange> exchanges;
    std::vector<StrayRefusal> stray_refusals;
    dcerpc::RpcChecks bind_checks;

    bool live = false;            ///< we had it ourselves: marks order events and are no packets of a capture
    unsigned part = 1;            ///< a very long conversation is reported in parts, so that memory stays bounded
    bool continues = false;       ///< another part follows
    bool start_seen = false;      ///< its SYN is in the capture
    Timestamp observed_until;     ///< when the capture ended, or the conversation had to be reported
    bool reported_early = false;  ///< to bound memory, while it was still going on

    std::array<bool, 2> not_rpc{};                ///< the bytes of that side are no DCE/RPC
    std::array<std::uint32_t, 2> partial_tail{};  ///< bytes behind the last whole PDU, which never got complete
    std::array<StreamBytes, 2> streams;           ///< all that was captured, PDUs or not
    std::array<Junk, 2> junk;                     ///< what stands between the PDUs of a side, or in their place
    std::array<std::uint64_t, 2> missing_size{};  ///< bytes of a side that were sent and are not here: gaps and cuts
    std::uint64_t gap_size = 0;                   ///< bytes that were sent and not captured
    std::uint64_t cut_size = 0;                   ///< bytes that the snaplen cut off
    std::uint64_t conflict_size = 0;              ///< retransmitted bytes that differ from the first copy
    std::deque<ByteVector> joined_stubs;          ///< keeps the stubs of fragmented calls alive
    std::string host_name;  ///< by DNS in the capture: the one that led the client here, else one of this address
    std::optional<DnsPath> found_through;  ///< the client asked DNS, and was told this address and port
};

/// A client that knocked on many doors: its empty attempts are no conversations.
struct PortScan {
    IpAddress client;
    std::uint64_t attempt_count = 0;
    std::uint64_t first_packet = 0;
};

}  // namespace diag::dissect

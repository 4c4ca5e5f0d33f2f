#pragma once

#include "libdiag/base/packet_view.h"
#include "libdiag/dissect/conversation.h"
#include "libdiag/stream/assembler.h"

namespace diag::dissect {

/// What a TCP packet says to the flow that it belongs to; independent of the header structs, so that tests can write it.
struct TcpEvent {
    Side from = Side::client;
    std::uint32_t sequence = 0;
    std::uint32_t acknowledgment = 0;
    bool syn = false, ack = false, fin = false, rst = false;
    Bytes payload;                   ///< as captured
    std::uint32_t payload_size = 0;  ///< as sent
    std::uint32_t frame_size = 0;
    Mark mark;
    std::uint8_t hop_limit = 0;
    std::uint16_t window = 0;
    Bytes options = {};
    bool options_cut = false;  ///< the capture does not have all of them
};

/// A TCP connection that carries KMS, or may: both directions and the facts of its headers.
///
/// Knows TCP, not RPC. The tracker decides what it is and when it is over; dialogue.h reads its bytes.
class Flow {
public:
    enum class Verdict : std::uint8_t { undecided, kms, not_ours };

    void reset(std::uint64_t serial, const Endpoint& client, const Endpoint& host);

    void on_segment(const TcpEvent& event);
    void on_icmp(const IcmpError& error);
    void on_too_big(const TooBig& error);
    /// What was known before the connection was found interesting: its SYN and the sequence numbers behind both SYNs.
    void restore_handshake(const Mark& syn, std::uint32_t syn_count, std::uint32_t client_next,
                           std::optional<std::uint32_t> host_next);
    /// The connection's SYN was seen, but of what followed until now nothing was kept.
    void restore_start(const Mark& syn, std::uint32_t syn_count);

    /// Both sides have closed, or one was reset, refused or rejected: nothing of interest should follow.
    bool is_over() const;
    bool has_payload() const { return facts.first_payload[0] || facts.first_payload[1]; }
    /// A SYN that cannot belong to this connection: another one with the same addresses and ports begins.
    bool is_new_connection(const TcpEvent& event) const;

    /// How much of the host's bytes the client had received when it sent its FIN: an offset; nullopt when that is unknown.
    std::optional<std::int64_t> received_at_close() const;

    std::size_t memory_size() const;

    /// A SYN that does not belong to this connection, which goes on: an old packet, or the first of a new connection. The
    /// answer to it tells.
    struct StraySyn {
        std::uint32_t sequence = 0;
        Mark mark;
    };
    std::optional<StraySyn> stray_syn;

    std::uint64_t serial = 0;
    std::uint64_t fingerprint = 0;
    std::uint32_t pool_index = 0;
    Endpoint client, host;
    Verdict verdict = Verdict::undecided;
    RecognizedBy recognized_by = RecognizedBy::port;
    bool on_port = false;    ///< the host's port is the KMS port
    bool want_bytes = true;  ///< false once we know that the bytes are not RPC: the first are enough
    bool over_queued = false;
    Mark first, last;
    std::uint8_t fraction_digits = 6;
    TcpFacts facts;
    std::array<stream::Assembler, 2> directions;
    dcerpc::SyntaxMap contexts;     ///< context ids of the parts reported before
    bool bind_seen_before = false;  ///< in a part reported before
    unsigned part = 1;
    std::array<std::int64_t, 2> consumed{};  ///< offsets up to which the parts so far were reported

private:
    void note_header(const TcpEvent& event);
    void note_timestamps(const TcpEvent& event);
    void note_progress(const TcpEvent& event);
    void on_syn(const TcpEvent& event);
    void on_established();
    void begin_again();
    void on_payload(const TcpEvent& event);
    void on_close(const TcpEvent& event);
    bool confirms_close_of(Side closer) const;
    bool may_begin_with(std::uint32_t first_byte) const;

    /// How a side closed: enough to tell, whatever order the capture has, which of the two closed first.
    struct Close {
        std::uint32_t sequence = 0;
        std::uint32_t acknowledgment = 0;
        bool acknowledges = false;
        bool by_fin = false;
    };
    /// How far a side sent, and how far the other confirmed it; as sequence numbers.
    struct Progress {
        std::optional<std::uint32_t> sent, confirmed;
    };
    std::array<Progress, 2> progress_;
    std::optional<std::uint32_t> client_isn_;
    bool tried_again_ = false;  ///< with a new ISN, before any attempt succeeded
    std::array<std::optional<Close>, 2> closes_;
};

}  // namespace diag::dissect

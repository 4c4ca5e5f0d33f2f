#pragma once

#include <bit>

#include "libdiag/proto/dcerpc/pdu.h"
#include "libdiag/proto/kms/codec.h"
#include "tests/support/packet_builder.h"

namespace diag::test {

/// What a scripted client and host are like.
struct ConversationOptions {
    Endpoint client = endpoint("192.0.2.77", 49701);
    Endpoint host = endpoint("192.0.2.10", 1688);
    std::uint16_t major = 6;                         ///< protocol version: 4, 5 or 6
    dcerpc::Syntax syntax = dcerpc::Syntax::ndr32;   ///< that the host accepts; NDR64 needs the offer
    bool offers_ndr64 = false, offers_btfn = false;  ///< besides NDR32
    std::endian order = std::endian::little;         ///< of all PDUs
    std::size_t fragment_size = 0;                   ///< stub bytes of one PDU; 0: calls are whole
    std::size_t segment_size = 1460;                 ///< TCP payload bytes
    std::uint32_t count = 50;                        ///< in answers; the product of the requests needs 25
    std::uint32_t activation_interval_minutes = 120, renewal_interval_minutes = 10'080;
    std::string epid = "06401-00206-471-111111-03-1033-9600.0000-3292025";
    std::int64_t clock_difference_s = 0;  ///< client clock minus that of the capture
    std::uint32_t client_isn = 1000, host_isn = 500'000;
    Timestamp start{1'764'000'000'000'000'000};
    std::vector<std::uint16_t> vlan_ids = {};
};

/// Plays a KMS conversation, PDU by PDU, keyed with the lab profile. What lies below RPC (handshake, close, segments made by
/// hand) is done on `tcp`; the *_pdu functions give bytes without sending them.
///
///     ConversationScript script;
///     script.tcp.handshake();
///     script.bind().bind_ack().request().response();
///     script.tcp.fin(Side::client).fin(Side::host);
class ConversationScript {
public:
    explicit ConversationScript(ConversationOptions options = {});

    ByteVector bind_pdu(const Uuid& interface = dcerpc::kms_interface_id);
    ByteVector alter_context_pdu(const Uuid& interface = dcerpc::kms_interface_id);
    ByteVector bind_ack_pdu();
    ByteVector alter_context_resp_pdu();
    ByteVector request_pdus();   ///< of the next request: one PDU, or its fragments
    ByteVector response_pdus();  ///< to the request made last
    ByteVector refusal_pdu(std::uint32_t hresult);
    ByteVector fault_pdu(std::uint32_t status);
    static ByteVector bind_nak_pdu(std::uint8_t reason);
    /// Refuses every context with this provider reason.
    ByteVector rejecting_bind_ack_pdu(std::uint16_t reason);

    ConversationScript& client(Bytes bytes);  ///< sends, and the other side acknowledges
    ConversationScript& host(Bytes bytes);

    ConversationScript& bind() { return client(bind_pdu()); }
    ConversationScript& bind_ack() { return host(bind_ack_pdu()); }
    ConversationScript& request() { return client(request_pdus()); }
    ConversationScript& response() { return host(response_pdus()); }

    const std::vector<TestPacket>& packets() const { return tcp.packets; }
    const ConversationOptions& options() const { return options_; }

    TcpScript tcp;
    bool break_answer = false;  ///< the next answers echo another client machine id

private:
    dcerpc::Pdu pdu(dcerpc::PduType type) const;
    ByteVector fragments(const dcerpc::Pdu& whole) const;
    kms::BaseRequest base_request() const;

    ConversationOptions options_;
    kms::Codec codec_{kms::lab_profile()};
    std::uint32_t call_id_ = 1;
    std::uint32_t request_count_ = 0;
    kms::BaseRequest request_;
    kms::Block request_salt_{};
};

/// A conversation that has come as far as a bind that was accepted.
class BoundScript : public ConversationScript {
public:
    explicit BoundScript(const ConversationOptions& options = {}) : ConversationScript{options} {
        tcp.handshake();
        bind().bind_ack();
    }
};

/// A healthy conversation from SYN to the last FIN.
std::vector<TestPacket> conversation(const ConversationOptions& options, unsigned request_count = 1);

}  // namespace diag::test

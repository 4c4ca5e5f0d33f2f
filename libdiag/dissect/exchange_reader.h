#pragma once

#include <deque>
#include <vector>

#include "libdiag/dissect/conversation.h"
#include "libdiag/proto/dcerpc/fragments.h"
#include "libdiag/stream/assembler.h"

namespace diag::dissect {

/// Finds the calls in the PDUs of a conversation and opens their messages: fills `exchanges`, `bind_checks` and the
/// transfer syntax of each PDU. What earlier parts of a conversation bound comes in through `contexts`, which learns.
class ExchangeReader {
public:
    /// `bind_seen` false: the bind is not in the capture, so the syntax of each call is guessed from its stub.
    /// `joined` keeps the stubs of fragmented calls alive for as long as the conversation is.
    ExchangeReader(Conversation& out, dcerpc::SyntaxMap& contexts, bool bind_seen, kms::Codec& codec,
                   std::deque<ByteVector>& joined)
        : out_{out}, contexts_{contexts}, bind_seen_{bind_seen}, codec_{codec}, joined_{joined} {}

    /// Call once, when out.pdus is complete. `acknowledged[i]`: how many bytes of the host the sender of pdus[i] had
    /// received; `host_gaps`: which of the host's bytes the capture lost. Together they tell lost answers from silence.
    void read(const std::vector<std::int64_t>& acknowledged, const std::vector<stream::Gap>& host_gaps);

private:
    void on_bind(PduRecord& pdu);
    void on_bind_ack(PduRecord& pdu);
    void on_request(std::size_t index);
    void on_response(std::size_t index);
    void on_fault(std::size_t index);
    std::optional<Bytes> whole_stub(const PduRecord& pdu);
    void decode_request(Exchange& exchange, const PduRecord& pdu, Bytes stub);
    void note_stray(const PduRecord& pdu, Bytes stub);
    void decode_response(Exchange& exchange, const PduRecord& pdu, Bytes stub);
    Exchange* waiting_for(std::uint32_t call_id);
    Exchange* answered(std::uint32_t call_id);
    void close(Exchange& exchange, std::size_t answer_index);

    Conversation& out_;
    dcerpc::SyntaxMap& contexts_;
    bool bind_seen_;
    kms::Codec& codec_;
    std::deque<ByteVector>& joined_;
    const PduRecord* open_bind_ = nullptr;
    std::vector<std::size_t> open_;  ///< exchanges that wait for their answer, oldest first
    bool bytes_are_missing_ = false;
    bool bind_was_cut_ = false;
    std::array<dcerpc::FragmentJoiner, 2> joiners_;
};

}  // namespace diag::dissect

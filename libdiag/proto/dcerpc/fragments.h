#pragma once

#include <optional>
#include <vector>

#include "libdiag/proto/dcerpc/pdu.h"

namespace diag::dcerpc {

/// The stub of one call, from all its fragments.
struct JoinedStub {
    std::uint32_t call_id = 0;
    PduType type = PduType::none;  ///< request or response
    std::size_t fragment_count = 0;
    bool missing_first = false;  ///< the stub lacks its beginning
    bool missing_last = false;   ///< the stub lacks its end; only from take_unfinished()
    bool over_limit = false;     ///< longer than Limits allow: the stub lacks what came later
    Bytes stub;                  ///< valid until the next call of the joiner; of an unfragmented PDU: its own view
};

/// Joins the stubs of the fragments of one direction of a connection: from "first" to "last", by call id (C706 §12.4.1,
/// protocol.md 2.9). Calls may be interleaved. What is wrong is reported in the result, nothing is fatal, and memory is
/// at most 2 * call_count * stub_size. Unfragmented PDUs pass through without a copy.
class FragmentJoiner {
public:
    struct Limits {
        std::size_t stub_size = std::size_t{64} << 10;  ///< bytes of one call
        std::size_t fragment_count = 4096;              ///< of one call
        std::size_t call_count = 8;                     ///< open at once; the oldest gives way
    };
    FragmentJoiner() = default;
    explicit FragmentJoiner(const Limits& limits) : limits_{limits} {}

    /// The call that `pdu` completes, if it does. PDUs other than request and response are ignored.
    std::optional<JoinedStub> add(const Pdu& pdu);

    /// A call that will not end any more: one that was begun again, one that gave way, or at the end of the stream (`all`)
    /// any that is open. Call until it returns nullopt. Of those that nobody takes only the last call_count are kept.
    std::optional<JoinedStub> take_unfinished(bool all);

private:
    struct Call {
        std::uint32_t call_id = 0;
        PduType type = PduType::none;
        std::size_t fragment_count = 0;
        bool missing_first = false;
        bool over_limit = false;
        ByteVector stub;
    };
    void append(Call& call, Bytes stub);
    std::size_t open_call(const Pdu& pdu);  // index into open_
    JoinedStub give(Call&& call);

    Limits limits_;
    std::vector<Call> open_;       // oldest first
    std::vector<Call> abandoned_;  // at most call_count
    Call given_;                   // owner of the last result
};

/// Bytes of the smallest fragment that carries anything: headers and eight bytes of stub.
inline constexpr std::size_t min_frag_size = 32;

/// A request or response as the PDUs for a peer that takes fragments of up to `max_frag_size` bytes; less than min_frag_size
/// counts as that (and an object UUID comes on top). One PDU when it fits. Each stub but the last is a multiple of eight bytes (C706 chapter 12), and alloc_hint
/// is what remains of the stub from that fragment on (MS-RPCE 2.2.2.6). The flags first_frag and last_frag are set here; no auth trailer.
std::vector<ByteVector> encode_fragments(const Pdu& call, std::size_t max_frag_size);

}  // namespace diag::dcerpc

#pragma once

#include "libdiag/base/bytes.h"

namespace diag::session {

/// Cuts the bytes of one direction of a connection into DCE/RPC PDUs, whatever the segments. Memory: at most one PDU of
/// 64 KiB and one segment, as long as next() is called until it says need_more.
class PduBuffer {
public:
    enum class Next : std::uint8_t {
        need_more,
        pdu,
        not_rpc,  ///< what is in rest() is not the beginning of a PDU; it stays so
    };

    void add(Bytes segment);
    Next next();

    /// The PDU that next() found, whole: valid until the next call of add() or next().
    Bytes pdu() const { return Bytes{buffer_}.subspan(at_, size_); }
    /// Forgets all that came behind the PDU of pdu(), whose bytes stay valid, and says how many bytes that were.
    std::size_t discard();
    /// Bytes that came and were not given out yet, the PDU of pdu() included.
    Bytes rest() const { return Bytes{buffer_}.subspan(at_); }

private:
    ByteVector buffer_;
    std::size_t at_ = 0;
    std::size_t size_ = 0;  // of the PDU at at_ that was given out
};

}  // namespace diag::session

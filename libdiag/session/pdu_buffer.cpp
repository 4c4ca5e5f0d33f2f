#include "libdiag/session/pdu_buffer.h"

#include <utility>

#include "libdiag/proto/dcerpc/header.h"

namespace diag::session {

void PduBuffer::add(Bytes segment) {
    at_ += std::exchange(size_, 0);
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(std::exchange(at_, 0)));
    buffer_.insert(buffer_.end(), segment.begin(), segment.end());
}

PduBuffer::Next PduBuffer::next() {
    using Kind = dcerpc::PeekedLength::Kind;
    at_ += std::exchange(size_, 0);
    const auto length = dcerpc::peek_length(rest());
    if (length.kind == Kind::not_rpc) return Next::not_rpc;
    if (length.kind == Kind::need_more || length.size > rest().size()) return Next::need_more;
    size_ = length.size;
    return Next::pdu;
}

std::size_t PduBuffer::discard() {
    const std::size_t count = rest().size() - std::exchange(size_, 0);
    at_ = buffer_.size();
    return count;
}

}  // namespace diag::session

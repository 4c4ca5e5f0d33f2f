#pragma once

#include <cstdlib>

#include "libdiag/base/bytes.h"
#include "libdiag/proto/dcerpc/header.h"
#include "libdiag/session/actions.h"

// What the fuzz targets of both ends of a connection share: a peer that sends what the input says, in pieces that it chooses.

namespace diag::fuzz {

inline void require(bool holds) {
    if (!holds) std::abort();
}

/// Cuts bytes in pieces. The seed says how: 0 is one piece, 1 a PDU a piece as far as there are any; from all others the
/// sizes follow, and the two lowest bits say how long pieces are at most.
class Pieces {
public:
    Pieces(Bytes bytes, std::uint8_t seed) : rest_{bytes}, seed_{seed}, state_{seed} {}

    bool has_next() const { return !rest_.empty(); }
    Bytes next() {
        const Bytes piece = head(rest_, next_size());
        rest_ = rest_.subspan(piece.size());
        return piece;
    }

private:
    std::size_t next_size() {
        constexpr std::size_t longest[] = {1, 7, 61, 400};
        state_ = state_ * 1'664'525 + 1'013'904'223;
        if (seed_ > 1) return 1 + (state_ >> 8) % longest[seed_ % 4];
        const auto length = dcerpc::peek_length(rest_);
        const bool is_pdu = seed_ == 1 && length.kind == dcerpc::PeekedLength::Kind::known && length.size > 0;
        return is_pdu ? length.size : rest_.size();
    }

    Bytes rest_;
    std::uint8_t seed_;
    std::uint32_t state_;
};

/// Behind the end of a connection nothing follows.
inline void require_order(const session::Actions& actions) {
    using Kind = session::Action::Kind;
    for (std::size_t i = 0; i < actions.size(); ++i) {
        const bool is_end = actions[i].kind == Kind::close || actions[i].kind == Kind::reset;
        require(!is_end || i + 1 == actions.size());
        require(actions[i].kind != Kind::send || !actions[i].bytes.empty());
    }
}

}  // namespace diag::fuzz

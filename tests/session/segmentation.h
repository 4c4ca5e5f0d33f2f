#pragma once

#include <vector>

#include "libdiag/base/bytes.h"

namespace diag::test {

/// Calls `run` with the bytes in one piece, cut in two at every place, and in pieces of one, two, three and seven bytes.
template <class Run> void every_segmentation(Bytes bytes, Run run) {
    run(std::vector<Bytes>{bytes});
    for (std::size_t at = 1; at < bytes.size(); ++at) run(std::vector<Bytes>{bytes.first(at), bytes.subspan(at)});
    for (const std::size_t size : {1, 2, 3, 7}) {
        std::vector<Bytes> pieces;
        for (std::size_t at = 0; at < bytes.size(); at += size) pieces.push_back(head(bytes.subspan(at), size));
        run(pieces);
    }
}

}  // namespace diag::test

#include "libdiag/correlate/index_table.h"

#include <cstring>

namespace diag::correlate {
namespace {

constexpr std::uint64_t odd = 0x9E3779B97F4A7C15;

std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

std::uint64_t keyed_hash(Bytes bytes, std::uint64_t key) {
    std::uint64_t hash = key ^ bytes.size();
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
        const Bytes part = head(bytes.subspan(at), sizeof(std::uint64_t));
        std::uint64_t word = 0;
        std::memcpy(&word, part.data(), part.size());
        hash = mix(hash ^ word, key | odd);
    }
    return mix(hash ^ odd, key | odd);
}

}  // namespace diag::correlate

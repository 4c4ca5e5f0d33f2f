#pragma once

#include <array>
#include <boost/json/array.hpp>
#include <random>
#include <span>
#include <vector>

#include "libdiag/proto/kms/codec.h"
#include "tests/support/vectors.h"

namespace diag::test {

/// The first `size` bytes as an array; throws when there are not exactly so many.
template <std::size_t size> FixedBytes<size> fixed(Bytes bytes) {
    if (bytes.size() != size) throw std::runtime_error{"wrong number of bytes"};
    FixedBytes<size> out;
    std::copy(bytes.begin(), bytes.end(), out.begin());
    return out;
}

template <std::size_t size> FixedBytes<size> fixed_of(const boost::json::object& object, std::string_view member) {
    return fixed<size>(bytes_of(object, member));
}

/// Both ways to do the rounds, or only the portable one where the processor has no AES instructions.
std::vector<kms::AesPath> aes_paths();

/// One pair of messages from v4_messages.json, v5_messages.json or v6_messages.json.
struct MessageVector {
    std::string name;  ///< "v6_messages.json#win10-even"
    const boost::json::object* json;
    ByteVector request, response;
};
std::vector<MessageVector> message_vectors();

/// The lab profile as the vectors have it, not as the library works it out.
kms::KeyProfile lab_keys_of_vectors();

/// A profile with keys that nobody uses.
kms::KeyProfile other_profile();

using Random = std::mt19937_64;

template <std::size_t size> FixedBytes<size> random_bytes(Random& random) {
    FixedBytes<size> out;
    for (auto& b : out) b = static_cast<std::uint8_t>(random());
    return out;
}
ByteVector random_bytes(Random& random, std::size_t size);

kms::BaseRequest random_request(Random& random, MinorMajor version);
kms::BaseResponse random_response(Random& random, MinorMajor version);

}  // namespace diag::test

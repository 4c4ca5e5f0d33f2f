#pragma once

#include <random>

#include "libdiag/proto/dcerpc/pdu.h"

namespace diag::test {

/// Random PDUs that an encoder may be asked for: every type, both byte orders, with and without an auth trailer, lists
/// and stubs of every small size. Views point into the generator and live until the next pdu().
class PduGenerator {
public:
    explicit PduGenerator(std::uint64_t seed) : random_{seed} {}

    dcerpc::Pdu pdu();

    unsigned below(unsigned limit) { return std::uniform_int_distribution<unsigned>{0, limit - 1}(random_); }
    template <class T> T number() { return static_cast<T>(random_()); }
    ByteVector bytes(std::size_t size);

private:
    template <std::size_t size> FixedBytes<size> fixed() {
        FixedBytes<size> out{};
        for (auto& byte : out) byte = number<std::uint8_t>();
        return out;
    }
    Uuid uuid() { return {fixed<16>()}; }
    Bytes view(unsigned max_size);
    dcerpc::Bind bind();
    dcerpc::BindAck bind_ack();
    dcerpc::BindNak bind_nak();
    dcerpc::Request request();

    std::mt19937_64 random_;
    std::vector<ByteVector> owned_;
};

}  // namespace diag::test

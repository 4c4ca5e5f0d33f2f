#include "libdiag/proto/dcerpc/stub.h"

namespace diag::dcerpc {
namespace {

constexpr std::size_t max_surplus_size = 8;    // one client appends up to 6 bytes
constexpr std::uint64_t min_message_size = 4;  // minor and major version

// A layout fits when both lengths agree and the stub has room for the message, and little more.
bool fits(std::uint64_t size, std::uint64_t count, std::size_t stub_size, std::size_t around_size) {
    if (size != count || size < min_message_size || stub_size < around_size) return false;
    const std::size_t room = stub_size - around_size;
    return size <= room && room - size <= max_surplus_size;
}

// Every KMS message starts with minor and major version. Where the bytes are there they must say 1 to 15: real ones are 4
// to 6, and tests of hosts go a little beyond.
bool is_plausible_version(Reader r) {
    if (r.remaining() < 4) return true;
    const std::uint16_t minor = r.u16("minor");
    const std::uint16_t major = r.u16("major");
    return minor <= 15 && major >= 1 && major <= 15;
}

}  // namespace

std::optional<Syntax> guess_request_syntax(Bytes stub, std::size_t stub_size, std::endian order) {
    Reader ndr32{stub, order};
    const std::uint32_t size = ndr32.u32("request_size");
    const std::uint32_t count32 = ndr32.u32("max_count");
    if (ndr32.failed()) return std::nullopt;
    // KMS messages are little-endian whatever the byte order of the PDU.
    ndr32.set_order(std::endian::little);
    if (fits(size, count32, stub_size, 8) && is_plausible_version(ndr32)) return Syntax::ndr32;

    Reader ndr64{stub, order};
    ndr64.skip(8, "request_size");
    const std::uint64_t count64 = ndr64.u64("max_count");
    if (ndr64.failed()) return std::nullopt;
    ndr64.set_order(std::endian::little);
    if (fits(size, count64, stub_size, 16) && is_plausible_version(ndr64)) return Syntax::ndr64;
    return std::nullopt;
}

std::optional<Syntax> guess_response_syntax(Bytes stub, std::size_t stub_size, std::endian order) {
    constexpr std::size_t refusal32_size = 12;
    constexpr std::size_t refusal64_size = 20;
    Reader ndr32{stub, order};
    const std::uint32_t size = ndr32.u32("response_size");
    const std::uint32_t referent32 = ndr32.u32("referent");
    if (ndr32.failed()) return std::nullopt;
    if (size == 0 && referent32 == 0 && stub_size == refusal32_size) return Syntax::ndr32;
    const std::uint32_t count32 = ndr32.u32("max_count");
    ndr32.set_order(std::endian::little);
    // Around the message: 12 bytes before, return code behind; 3 bytes of padding are within the surplus that is allowed.
    if (!ndr32.failed() && referent32 != 0 && fits(size, count32, stub_size, 16) && is_plausible_version(ndr32))
        return Syntax::ndr32;

    Reader ndr64{stub, order};
    ndr64.skip(8, "response_size");
    const std::uint64_t referent64 = ndr64.u64("referent");
    if (ndr64.failed()) return std::nullopt;
    if (size == 0 && referent64 == 0 && stub_size == refusal64_size) return Syntax::ndr64;
    const std::uint64_t count64 = ndr64.u64("max_count");
    if (ndr64.failed()) return std::nullopt;
    ndr64.set_order(std::endian::little);
    if (referent64 != 0 && fits(size, count64, stub_size, 28) && is_plausible_version(ndr64)) return Syntax::ndr64;
    return std::nullopt;
}

}  // namespace diag::dcerpc

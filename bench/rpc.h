#pragma once

#include <span>

#include "libdiag/base/bytes.h"
#include "libdiag/base/uuid.h"

/// DCE/RPC PDUs as KMS and other clients and hosts send them (protocol.md 2 and 3). Written out here, not with
/// libdiag/proto/dcerpc: what is measured must not also say what is right.
namespace diag::bench::rpc {

inline constexpr Uuid kms_interface = *Uuid::parse("51c82175-844e-4750-b0d8-ec255555bc06");

struct Syntax {
    Uuid uuid;
    std::uint32_t version;
};
inline constexpr Syntax ndr32 = {*Uuid::parse("8a885d04-1ceb-11c9-9fe8-08002b104860"), 2};
inline constexpr Syntax ndr64 = {*Uuid::parse("71710533-beba-4937-8319-b5dbef9ccc36"), 1};
inline constexpr Syntax btfn = {*Uuid::parse("6cb71c2c-9812-4540-0300-000000000000"), 1};

struct Interface {
    Uuid uuid;
    std::uint16_t major, minor;
};

/// Context ids count from 0 in the order of `syntaxes`.
ByteVector bind(std::uint32_t call_id, const Interface& interface, std::span<const Syntax> syntaxes);
ByteVector alter_context(std::uint32_t call_id, const Interface& interface, std::span<const Syntax> syntaxes);

/// A host's answer: NDR64 wins over NDR32 where both are offered, BTFN gets the mask 3.
ByteVector bind_ack(std::uint32_t call_id, std::uint32_t assoc_group, std::uint16_t port,
                    std::span<const Syntax> syntaxes);
ByteVector alter_context_resp(std::uint32_t call_id, std::uint32_t assoc_group, const Syntax& accepted);

ByteVector request(std::uint32_t call_id, std::uint16_t context_id, std::uint16_t opnum, Bytes stub);
ByteVector response(std::uint32_t call_id, std::uint16_t context_id, Bytes stub);

/// The stubs that carry a KMS message each way.
ByteVector request_stub(bool is_ndr64, Bytes message);
ByteVector response_stub(bool is_ndr64, Bytes message);

}  // namespace diag::bench::rpc

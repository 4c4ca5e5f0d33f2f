#include "libdiag/proto/dcerpc/auth.h"

#include "libdiag/base/hex.h"

namespace diag::dcerpc {

void decode_auth_trailer(Reader& r, std::size_t auth_length, AuthTrailer& auth) {
    decode_fields<AuthTrailer>(r, auth_fields, auth);
    auth.value = r.bytes(auth_length, "auth_value");
}

void encode_auth_trailer(Writer& w, const AuthTrailer& auth) {
    constexpr std::size_t auth_pad_length_at = 2;
    w.bytes(auth.pad);
    const std::size_t start = w.size();
    encode_fields<AuthTrailer>(w, auth_fields, auth);
    w.patch_u8(start + auth_pad_length_at, static_cast<std::uint8_t>(auth.pad.size()));
    w.bytes(auth.value);
}

std::size_t describe_auth_trailer(const AuthTrailer& auth, std::size_t offset, Node& parent) {
    const std::size_t size = auth.pad.size() + auth_header_size + auth.value.size();
    Node& node = parent.add(
        {.key = "auth", .label = "Auth trailer", .offset = offset, .size = size, .value = {}, .meaning = {}});
    if (!auth.pad.empty()) {
        node.add({.key = "auth_pad",
                  .label = "Auth pad",
                  .offset = offset,
                  .size = auth.pad.size(),
                  .value = to_hex(auth.pad),
                  .meaning = {}});
    }
    offset = describe_fields<AuthTrailer>(auth_fields, auth, offset + auth.pad.size(), node);
    node.add({.key = "auth_value",
              .label = "Auth value",
              .offset = offset,
              .size = auth.value.size(),
              .value = to_hex(auth.value),
              .meaning = {}});
    return offset + auth.value.size();
}

}  // namespace diag::dcerpc

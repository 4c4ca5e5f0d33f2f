#include "libdiag/proto/kms/base_response.h"

#include <algorithm>

#include "libdiag/base/utf.h"
#include "libdiag/proto/kms/epid.h"

namespace diag::kms {

std::string BaseResponse::epid_text() const { return utf8_from_utf16le(epid_bytes()); }

bool BaseResponse::set_epid_text(std::string_view text) {
    const ByteVector units = utf16le_from_utf8(text);
    if (units.size() + 2 > epid.size()) return false;
    epid.fill(0);
    std::copy(units.begin(), units.end(), epid.begin());
    epid_size = static_cast<std::uint32_t>(units.size() + 2);
    return true;
}

Decoded<BaseResponse> decode_base_response(Reader& r) {
    BaseResponse response;
    decode_fields<BaseResponse>(r, base_response_head_fields, response);
    const Bytes kept = head(r.bytes(response.epid_size, "epid"), max_epid_size);
    std::copy(kept.begin(), kept.end(), response.epid.begin());
    decode_fields<BaseResponse>(r, base_response_tail_fields, response);
    if (auto done = r.finish(); !done) return std::unexpected(done.error());
    return response;
}

std::expected<void, WireError> encode_base_response(Writer& w, const BaseResponse& response) {
    if (response.epid_size > max_epid_size) {
        return std::unexpected(WireError{.kind = WireError::Kind::limit, .offset = w.size(), .field = "epid"});
    }
    encode_fields<BaseResponse>(w, base_response_head_fields, response);
    w.bytes(response.epid_bytes());
    encode_fields<BaseResponse>(w, base_response_tail_fields, response);
    return {};
}

void describe_base_response(const BaseResponse& response, std::size_t offset, Node& parent) {
    std::size_t at = describe_fields<BaseResponse>(base_response_head_fields, response, offset, parent);
    Node& node = parent.add({.key = "epid",
                             .label = "ePID",
                             .offset = at,
                             .size = response.epid_size,
                             .value = response.epid_text(),
                             .meaning = {}});
    describe_epid(node);
    at += response.epid_size;
    describe_fields<BaseResponse>(base_response_tail_fields, response, at, parent);
}

}  // namespace diag::kms

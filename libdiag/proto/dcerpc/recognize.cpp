#include "libdiag/proto/dcerpc/recognize.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/bind.h"
#include "libdiag/proto/dcerpc/bind_fields.h"
#include "libdiag/proto/dcerpc/header.h"

namespace diag::dcerpc {
namespace {

constexpr std::size_t ptype_at = 2;
constexpr std::size_t bind_fixed_size = header_size + size_of<Bind>(bind_fields);

bool is_bind(std::uint8_t ptype) {
    const auto type = static_cast<PduType>(ptype);
    return type == PduType::bind || type == PduType::alter_context;
}

// Without building a Bind: this runs on connections of every kind.
bool reads_kms_interface(Reader& r) {
    r.skip(size_of<Bind>(bind_fields) - 4, "max_xmit_frag");
    const unsigned count = r.u8("n_context_elem");
    r.skip(3, "reserved");
    for (unsigned i = 0; i < count && !r.failed(); ++i) {
        r.skip(2, "context_id");
        const std::size_t syntax_count = r.u8("n_transfer_syn");
        r.skip(1, "reserved");
        if (r.uuid("interface") == kms_interface_id) return true;
        r.skip(4 + syntax_count * size_of<SyntaxId>(syntax_fields), "transfer_syntaxes");
    }
    return false;
}

}  // namespace

bool starts_bind(Bytes payload) {
    if (!looks_like_rpc(payload)) return false;
    if (payload.size() > ptype_at && !is_bind(payload[ptype_at])) return false;
    return payload.size() < header_size || peek_frag_length(payload) >= bind_fixed_size;
}

KmsBind starts_kms_bind(Bytes payload) {
    if (!starts_bind(payload)) return KmsBind::no;
    if (payload.size() < bind_fixed_size) return KmsBind::need_more;
    const std::size_t size = peek_frag_length(payload);
    Reader r{head(payload, size)};
    Header header;
    decode_header(r, header);
    if (reads_kms_interface(r)) return KmsBind::yes;
    return r.failed() && payload.size() < size ? KmsBind::need_more : KmsBind::no;
}

}  // namespace diag::dcerpc

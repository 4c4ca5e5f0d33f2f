#include "libdiag/session/server_pdus.h"

namespace diag::session {

using namespace dcerpc;

Pdu make_answer(PduType type, const Header& asked) {
    Pdu pdu;
    pdu.header.ptype = static_cast<std::uint8_t>(type);
    pdu.header.call_id = asked.call_id;
    return pdu;
}

ByteVector make_bind_nak(const Header& asked, std::uint16_t reason) {
    Pdu pdu = make_answer(PduType::bind_nak, asked);
    BindNak& nak = pdu.body.emplace<BindNak>();
    nak.reject_reason = reason;
    nak.has_versions = true;
    nak.versions = {{.major = 5, .minor = 0}};
    return encode_pdu(pdu);
}

ByteVector make_fault(const Header& asked, std::uint16_t context_id, std::uint32_t status, bool executed) {
    static constexpr std::uint8_t reserved[4] = {};
    Pdu pdu = make_answer(PduType::fault, asked);
    if (!executed) pdu.header.pfc_flags |= flag::did_not_execute;
    pdu.body = Fault{.alloc_hint = 32, .context_id = context_id, .status = status, .rest = reserved};
    return encode_pdu(pdu);
}

}  // namespace diag::session

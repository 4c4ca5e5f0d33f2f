#include "libdiag/redact/message_edits.h"

#include <algorithm>

#include "libdiag/base/utf.h"

namespace diag::redact {
namespace {

// UTF-16LE up to a NUL: its pseudonym, and zeros behind it. An odd last byte is no character.
template <class Replace> void replace_text(std::span<std::uint8_t> units, Replace replace) {
    const ByteVector text = utf16le_from_utf8(replace(utf8_from_utf16le(units)));
    std::ranges::fill(units, std::uint8_t{0});
    std::ranges::copy(head(text, units.size()), units.begin());
}

// What a message that nobody reads has in the clear. An answer of version 4 says in its second field how long it is:
// without that it might become one that can be read.
ByteVector clear_part(Bytes message, std::uint16_t major, bool is_response) {
    constexpr std::size_t epid_size_end = 8;
    ByteVector out(message.size());
    const std::size_t kept = major > 4 ? kms::sealed_header_size : is_response ? epid_size_end : kms::version_size;
    std::ranges::copy(head(message, kept), out.begin());
    return out;
}

}  // namespace

ByteVector edit_request(Bytes message, const kms::Request& request, kms::Codec& codec, const Pseudonyms& pseudonyms) {
    if (!request.base) return clear_part(message, request.version.major, false);
    kms::BaseRequest base = *request.base;
    base.client_machine_id = pseudonyms.machine_id(base.client_machine_id);
    base.previous_client_machine_id = pseudonyms.machine_id(base.previous_client_machine_id);
    replace_text(base.workstation_name, [&](const std::string& text) { return pseudonyms.name(text); });
    return codec.rewrite_request(message, request, base);
}

ByteVector edit_response(Bytes message, const kms::Response& response, kms::Codec& codec,
                         const Pseudonyms& pseudonyms) {
    if (!response.base) return clear_part(message, response.version.major, true);
    return codec.rewrite_response(message, response, [&](kms::Codec::Identity& identity) {
        replace_text(identity.epid, [&](const std::string& text) { return pseudonyms.epid(text); });
        identity.client_machine_id = pseudonyms.machine_id(identity.client_machine_id);
        identity.hwid = pseudonyms.hwid(identity.hwid);
    });
}

}  // namespace diag::redact

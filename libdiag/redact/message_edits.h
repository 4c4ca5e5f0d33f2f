#pragma once

#include "libdiag/proto/kms/codec.h"
#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// KMS messages with pseudonyms in place of machine ids, workstation names, ePIDs and HwIds; of the same size, and
/// decoded and checked as before. What is behind a name's NUL becomes zeros, and so does what cannot be read: then
/// versions and salts are left.
///
/// `request`, `response`: what `codec` made of `message`.
ByteVector edit_request(Bytes message, const kms::Request& request, kms::Codec& codec, const Pseudonyms& pseudonyms);
ByteVector edit_response(Bytes message, const kms::Response& response, kms::Codec& codec, const Pseudonyms& pseudonyms);

}  // namespace diag::redact

#pragma once

#include <functional>
#include <optional>

#include "libdiag/proto/kms/codec.h"

namespace diag::session {

/// An answer of version 4, 5 or 6, opened to be changed.
struct OpenAnswer {
    kms::BaseResponse base;
    kms::Block salt{};    ///< versions 5 and 6
    kms::Proofs proofs;   ///< versions 5 and 6
    bool new_tag = true;  ///< version 6: make a tag that fits what is changed; else proofs.tag as it stands
};

/// `message`, an answer under the codec's profile, after `edit` has changed it: sealed again under salt and version of
/// `edit`'s result, with the MAC of version 4 and (new_tag) the tag of version 6 made anew. Nullopt for what does not open.
/// base.version may differ from the answer's in its minor number only; the version in the clear stays.
std::optional<ByteVector> edit_answer(kms::Codec& codec, Bytes message, const std::function<void(OpenAnswer&)>& edit);

/// Overwrites the version in the clear of a message of at least four bytes.
void set_clear_version(ByteVector& message, MinorMajor version);

}  // namespace diag::session

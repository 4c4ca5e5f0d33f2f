#include "libdiag/session/tamper.h"

#include <algorithm>

namespace diag::session {

std::optional<ByteVector> edit_answer(kms::Codec& codec, Bytes message, const std::function<void(OpenAnswer&)>& edit) {
    const kms::Response response = codec.decode_response(message);
    if (!response.base || response.version.major < 4) return std::nullopt;
    OpenAnswer open{.base = *response.base,
                    .salt = response.salt.value_or(kms::Block{}),
                    .proofs = response.proofs.value_or(kms::Proofs{})};
    edit(open);
    if (response.version.major == 4) {
        auto made = codec.encode_response(open.base, kms::ResponseSalts{});
        return made ? std::optional{std::move(*made)} : std::nullopt;
    }
    if (open.new_tag && response.version.major == 6) {
        const auto tag = codec.make_tag(open.base, open.salt, open.proofs);
        if (!tag) return std::nullopt;
        open.proofs.tag = *tag;
    }
    auto made = codec.encode_response(open.base, open.salt, open.proofs);
    if (!made) return std::nullopt;
    set_clear_version(*made, response.version);
    return std::move(*made);
}

void set_clear_version(ByteVector& message, MinorMajor version) {
    Writer w;
    w.u16(version.minor);
    w.u16(version.major);
    std::copy(w.view().begin(), w.view().end(), message.begin());
}

}  // namespace diag::session

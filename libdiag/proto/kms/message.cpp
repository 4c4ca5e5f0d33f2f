#include "libdiag/proto/kms/message.h"

namespace diag::kms {

std::string_view name_of(Mac mac) {
    switch (mac) {
        case Mac::verified: return "verified";
        case Mac::mismatch: return "mismatch";
        default: return "not_checked";
    }
}

std::optional<FixedBytes<8>> Response::hwid() const {
    if (!proofs || version.major < 6) return std::nullopt;
    return proofs->hwid;
}

bool is_other_mac_key(const Request& request, const Response& response) {
    return request.mac == Mac::mismatch && response.mac == Mac::mismatch;
}

}  // namespace diag::kms

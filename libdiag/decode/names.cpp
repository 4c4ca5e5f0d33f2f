#include "libdiag/decode/names.h"

#include <algorithm>

#include "libdiag/proto/kms/catalogue.h"

namespace diag::decode {

Readable readable(const dissect::Exchange& e) {
    if (e.request.base) return Readable::open;
    if (e.request.body_protected()) return Readable::closed;
    return e.request.has_version() ? Readable::version_only : Readable::nothing;
}

std::string product_name(Readable readable, const Uuid& activation_id) {
    switch (readable) {
        case Readable::open: {
            const auto* product = kms::find_product(activation_id);
            return product != nullptr ? std::string{product->name} : to_string(activation_id);
        }
        case Readable::closed: return "(protected)";
        default: return "(not readable)";
    }
}

std::string product_name(const dissect::Exchange& e) {
    return product_name(readable(e), e.request.base ? e.request.base->activation_id : Uuid{});
}

std::string product_text(Readable readable, MinorMajor version, const Uuid& activation_id) {
    if (readable == Readable::no_request) return "(no request)";
    if (readable == Readable::nothing) return product_name(readable, activation_id);
    return std::to_string(version.major) + "." + std::to_string(version.minor) + " " +
           product_name(readable, activation_id);
}

std::string version_text(const dissect::Exchange& e) {
    if (!e.request.has_version()) return "unknown";
    return std::to_string(e.request.version.major) + "." + std::to_string(e.request.version.minor);
}

bool is_count_low(const dissect::Exchange& e) {
    return e.request.base && e.response && e.response->base &&
           e.response->base->count < e.request.base->required_client_count;
}

bool client_has_other_key(const dissect::Exchange& e) {
    return e.response && e.request.mac == kms::Mac::mismatch && e.response->mac == kms::Mac::verified;
}

bool fails_checks(const dissect::Exchange& e) {
    if (client_has_other_key(e)) return true;
    if (!e.response || kms::is_other_mac_key(e.request, *e.response)) return false;
    return std::any_of(
        std::begin(kms::response_check_table), std::end(kms::response_check_table),
        [&e](const auto& entry) { return entry.decides && e.response->checks.*(entry.member) == CheckResult::failed; });
}

}  // namespace diag::decode

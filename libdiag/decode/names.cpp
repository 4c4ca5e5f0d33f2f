#include "libdiag/decode/names.h"

#include <algorithm>

#include "libdiag/proto/kms/catalogue.h"

namespace diag::decode {

std::string product_name(const dissect::Exchange& e) {
    if (e.request.base) {
        const Uuid& id = e.request.base->activation_id;
        const auto* product = kms::find_product(id);
        return product != nullptr ? std::string{product->name} : to_string(id);
    }
    return e.request.body_protected() ? "(protected)" : "(not readable)";
}

std::string version_text(const dissect::Exchange& e) {
    if (!e.request.has_version()) return "-";
    return std::to_string(e.request.version.major) + "." + std::to_string(e.request.version.minor);
}

bool is_count_low(const dissect::Exchange& e) {
    return e.request.base && e.response && e.response->base && e.response->base->count < e.request.base->required_client_count;
}

bool fails_checks(const dissect::Exchange& e) {
    if (!e.response || kms::is_other_mac_key(e.request, *e.response)) return false;
    return std::any_of(std::begin(kms::response_check_table), std::end(kms::response_check_table), [&e](const auto& entry) {
        return entry.decides && e.response->checks.*(entry.member) == CheckResult::failed;
    });
}

}  // namespace diag::decode

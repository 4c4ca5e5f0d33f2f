#include "libdiag/session/client_request.h"

#include <algorithm>

#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::session {
namespace {

// The newest of a list of majors, "5;6": 0 when there is none. Lists hold what sources disagree on.
std::uint16_t newest_version(std::string_view list) {
    std::uint16_t newest = 0;
    for (const std::string_view item : kms::list_items(list))
        if (item.size() == 1 && item[0] >= '4' && item[0] <= '6')
            newest = std::max(newest, static_cast<std::uint16_t>(item[0] - '0'));
    return newest;
}

bool is_version(MinorMajor version) { return version.minor == 0 && version.major >= 4 && version.major <= 6; }

}  // namespace

std::expected<kms::BaseRequest, std::string> make_request(const ClientSettings& settings) {
    const kms::Product* product = kms::find_product(settings.activation_id);
    if (product == nullptr) return std::unexpected("unknown product " + to_string(settings.activation_id));
    const MinorMajor version =
        settings.version.value_or(MinorMajor{.minor = 0, .major = newest_version(product->protocol_version)});
    if (!is_version(version)) return std::unexpected("the protocol has versions 4.0, 5.0 and 6.0 only");
    if (product->kms_id.is_nil()) return std::unexpected(std::string{product->name} + " is activated by no KMS host");
    if (settings.client_machine_id.is_nil()) return std::unexpected("the client machine id must not be zero");

    kms::BaseRequest request;
    request.version = version;
    request.virtual_machine = settings.virtual_machine ? 1 : 0;
    request.license_status = settings.license_status;
    request.binding_expiration_minutes = settings.binding_expiration_minutes;
    request.application_id = product->application_id;
    request.activation_id = product->activation_id;
    request.kms_id = product->kms_id;
    request.client_machine_id = settings.client_machine_id;
    request.required_client_count = product->min_clients;
    request.previous_client_machine_id = settings.previous_client_machine_id;
    if (!request.set_workstation_text(settings.workstation_name))
        return std::unexpected("the workstation name is longer than 63 characters");
    return request;
}

}  // namespace diag::session

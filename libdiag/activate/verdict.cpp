#include "libdiag/activate/verdict.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/discover/discovery_text.h"
#include "libdiag/proto/kms/catalogue.h"

namespace diag::activate {
namespace {

constexpr std::uint32_t not_enough_count_code = 0xC004F038;
constexpr std::uint32_t all_hosts_failed_code = 0xC004F074;   // sums up what several hosts did
constexpr std::int64_t activation_minutes = 180LL * 24 * 60;  // planning.md 2: validity of an activation
constexpr const char* not_on_wire = "not known from the wire";

const kms::Product* product_of(const Activation& activation) {
    return kms::find_product(activation.request.activation_id);
}

std::string product_name(const Activation& activation) {
    const auto* product = product_of(activation);
    return product == nullptr ? "unknown product" : std::string{product->name};
}

slmgr::Fact<std::string> partial_key(const kms::Product* product) {
    if (product == nullptr || product->partial_key.empty()) return slmgr::Fact<std::string>::unknown(not_on_wire);
    return slmgr::Fact<std::string>::unknown(
        fmt::format("not known; the public setup key ends in {}", product->partial_key));
}

void fill_head(const Activation& activation, slmgr::Dlv& dlv) {
    using Text = slmgr::Fact<std::string>;
    const kms::Product* product = product_of(activation);
    dlv.service_version = Text::unknown(not_on_wire);
    dlv.name = product_name(activation);
    const bool office = product != nullptr && product->kind == "office";
    dlv.description = fmt::format("{}, VOLUME_KMSCLIENT channel", office ? "Office" : "Windows(R) Operating System");
    dlv.activation_id = activation.request.activation_id;
    dlv.application_id = activation.request.application_id;
    dlv.extended_pid = Text::unknown(not_on_wire);
    dlv.product_key_channel = std::string{"Volume:GVLK"};
    dlv.installation_id = Text::unknown(not_on_wire);
    dlv.partial_key = partial_key(product);
    dlv.windows_rearm_count = slmgr::Fact<std::int64_t>::unknown(not_on_wire);
    dlv.trusted_time = Text::unknown(not_on_wire);
    dlv.activation_type = slmgr::Fact<slmgr::ActivationType>::unknown(not_on_wire);
}

slmgr::KmsMachine machine_of(const probe::Target& target, slmgr::KmsMachine::Source source) {
    return {.source = source, .host = target.address ? to_string(*target.address) : target.host, .port = target.port};
}

// What a licensed client shows of itself, whoever licensed it.
void fill_client(const Activation& activation, slmgr::Dlv& dlv) {
    using Source = slmgr::KmsMachine::Source;
    dlv.license_status = slmgr::LicenseStatus::licensed;
    dlv.client_machine_id = activation.request.client_machine_id;
    if (activation.discovery.domain) dlv.lookup_domain = *activation.discovery.domain;
    if (activation.given) dlv.kms_machine = machine_of(activation.hosts.back().target, Source::registered);
    dlv.host_caching = slmgr::Fact<bool>::unknown(not_on_wire);
}

void fill_activated(const Activation& activation, slmgr::Dlv& dlv) {
    const Answer& answer = *activation.answer;
    fill_client(activation, dlv);
    dlv.volume_expiration_minutes = activation_minutes;
    if (!dlv.kms_machine) dlv.kms_machine = machine_of(activation.hosts.back().target, slmgr::KmsMachine::Source::dns);
    dlv.kms_ip = to_string(answer.host.ip);
    dlv.host_extended_pid = answer.response.epid_text();
    dlv.activation_interval_minutes = answer.response.activation_interval_minutes;
    dlv.renewal_interval_minutes = answer.response.renewal_interval_minutes;
}

// A renewal that fails takes nothing away: the client goes on showing its last activation, of which nothing is known here.
void fill_not_renewed(const Activation& activation, slmgr::Dlv& dlv) {
    constexpr const char* of_last = "of the last activation, not known";
    fill_client(activation, dlv);
    dlv.volume_expiration_minutes = std::int64_t{activation.request.binding_expiration_minutes};
    if (!dlv.kms_machine) dlv.kms_machine = slmgr::Fact<slmgr::KmsMachine>::unknown(of_last);
    dlv.kms_ip = dlv.host_extended_pid = slmgr::Fact<std::string>::unknown(of_last);
    dlv.activation_interval_minutes = dlv.renewal_interval_minutes = slmgr::Fact<std::int64_t>::unknown(of_last);
}

bool is_grace(slmgr::LicenseStatus status) {
    using enum slmgr::LicenseStatus;
    return status == initial_grace || status == additional_grace || status == non_genuine_grace ||
           status == extended_grace;
}

// Such a client stays what it was, and shows nothing about hosts.
void fill_not_activated(const Activation& activation, slmgr::LicenseStatus status, slmgr::Dlv& dlv) {
    dlv.license_status = status;
    if (status == slmgr::LicenseStatus::notification)
        dlv.notification_reason = slmgr::Fact<std::uint32_t>::unknown(not_on_wire);
    if (is_grace(status)) dlv.remaining_minutes = std::int64_t{activation.request.binding_expiration_minutes};
    dlv.refresh_hint = true;
}

// Each host has its own code; when several differ the client shows the one that sums them up.
std::uint32_t code_of_failure(const Activation& activation) {
    const auto* finding = probe::deciding(activation.findings);
    const std::uint32_t code = finding == nullptr ? 0 : finding->shown_windows_code();
    const bool all_alike = std::ranges::all_of(activation.hosts, [&](const HostTry& host) {
        const auto* own = probe::deciding(host.findings);
        return own != nullptr && own->shown_windows_code() == code;
    });
    return all_alike ? code : all_hosts_failed_code;
}

}  // namespace

std::string_view name_of(Result result) {
    switch (result) {
        case Result::activated: return "activated";
        case Result::not_enough_count: return "not_enough_count";
        case Result::keys_refused: return "keys_refused";
        case Result::failed: break;
    }
    return "failed";
}

Result result_of(const Activation& activation) {
    if (activation.answer) return activation.answer->is_enough ? Result::activated : Result::not_enough_count;
    return activation.keys_refused ? Result::keys_refused : Result::failed;
}

std::string verdict_text(const Activation& activation) {
    const std::uint32_t needed = activation.request.required_client_count;
    switch (result_of(activation)) {
        case Result::activated:
            return fmt::format("KMS works; activated, with {} clients seen so far and {} needed",
                               activation.answer->response.count, needed);
        case Result::not_enough_count:
            return fmt::format("KMS works; {} of {} clients seen so far: not activated yet",
                               activation.answer->response.count, needed);
        case Result::keys_refused: return "KMS answers; whether it activates cannot be told with the lab keys";
        case Result::failed: break;
    }
    const auto* finding = probe::deciding(activation.findings);
    return finding == nullptr ? "no host answered" : finding->title;
}

std::string try_text(const HostTry& host) {
    const auto* finding = probe::deciding(host.findings);
    const std::string origin = host.origin ? fmt::format(" ({})", discover::origin_text(*host.origin)) : "";
    return fmt::format("{}{}: {}", to_string(host.target), origin, finding == nullptr ? "it answers" : finding->title);
}

std::uint32_t windows_code_of(const Activation& activation) {
    switch (result_of(activation)) {
        case Result::activated:
        case Result::keys_refused: return 0;
        case Result::not_enough_count: return not_enough_count_code;
        case Result::failed: break;
    }
    return code_of_failure(activation);
}

std::optional<slmgr::AtoText> ato_text_of(const Activation& activation) {
    const Result result = result_of(activation);
    if (result == Result::keys_refused) return std::nullopt;
    const std::uint32_t code = windows_code_of(activation);
    const auto end = result == Result::activated ? slmgr::AtoEnd::activated
                     : code != 0                 ? slmgr::AtoEnd::error
                                                 : slmgr::AtoEnd::failed;
    return slmgr::ato_text({.end = end,
                            .product_name = product_name(activation),
                            .activation_id = activation.request.activation_id,
                            .code = code});
}

slmgr::Dlv dlv_of(const Activation& activation) {
    slmgr::Dlv dlv;
    fill_head(activation, dlv);
    const auto status = static_cast<slmgr::LicenseStatus>(std::min<std::uint32_t>(
        activation.request.license_status, static_cast<std::uint32_t>(slmgr::LicenseStatus::unknown)));
    if (result_of(activation) == Result::activated) {
        fill_activated(activation, dlv);
    } else if (status == slmgr::LicenseStatus::licensed) {
        fill_not_renewed(activation, dlv);
    } else {
        fill_not_activated(activation, status, dlv);
    }
    return dlv;
}

}  // namespace diag::activate

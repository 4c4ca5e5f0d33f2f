#include "libdiag/slmgr/object_fields.h"

#include <algorithm>
#include <optional>
#include <variant>

#include "libdiag/base/line_text.h"
#include "libdiag/slmgr/line_value.h"
#include "libdiag/slmgr/saved_words.h"

namespace diag::slmgr {
namespace {

namespace json = boost::json;

constexpr std::uint16_t default_port = 1688;

using Text = Fact<std::string> Dlv::*;
using Id = Fact<Uuid> Dlv::*;
using Number = Fact<std::int64_t> Dlv::*;

// Members whose value is the fact. Those of a host count only where the object says that it is one.
struct Field {
    std::string_view name;
    std::variant<Text, Id, Number> member;
    bool of_host = false;
};
constexpr Field fields[] = {
    {"Name", &Dlv::name},
    {"Description", &Dlv::description},
    {"ID", &Dlv::activation_id},
    {"ActivationID", &Dlv::activation_id},
    {"ApplicationID", &Dlv::application_id},
    {"ProductKeyID", &Dlv::extended_pid},
    {"ProductKeyChannel", &Dlv::product_key_channel},
    {"OfflineInstallationId", &Dlv::installation_id},
    {"UseLicenseURL", &Dlv::use_license_url},
    {"ValidationURL", &Dlv::validation_url},
    {"PartialProductKey", &Dlv::partial_key},
    {"Version", &Dlv::service_version},
    {"RemainingWindowsReArmCount", &Dlv::windows_rearm_count},
    {"RemainingAppReArmCount", &Dlv::app_rearm_count},
    {"RemainingSkuReArmCount", &Dlv::sku_rearm_count},
    {"TrustedTime", &Dlv::trusted_time},
    {"ClientMachineID", &Dlv::client_machine_id},
    {"KeyManagementServiceLookupDomain", &Dlv::lookup_domain},
    {"DiscoveredKeyManagementServiceMachineIpAddress", &Dlv::kms_ip},
    {"KeyManagementServiceProductKeyID", &Dlv::host_extended_pid},
    {"VLActivationInterval", &Dlv::activation_interval_minutes},
    {"VLRenewalInterval", &Dlv::renewal_interval_minutes},
    {"ADActivationObjectName", &Dlv::ad_object_name},
    {"ADActivationObjectDN", &Dlv::ad_object_dn},
    {"ADActivationCsvlkPid", &Dlv::ad_extended_pid},
    {"ADActivationCsvlkSkuId", &Dlv::ad_activation_id},
    {"KeyManagementServiceCurrentCount", &Dlv::current_count, true},
    {"KeyManagementServiceTotalRequests", &Dlv::total_requests, true},
    {"KeyManagementServiceFailedRequests", &Dlv::failed_requests, true},
    {"KeyManagementServiceUnlicensedRequests", &Dlv::unlicensed_requests, true},
    {"KeyManagementServiceLicensedRequests", &Dlv::licensed_requests, true},
    {"KeyManagementServiceOOBGraceRequests", &Dlv::initial_grace_requests, true},
    {"KeyManagementServiceOOTGraceRequests", &Dlv::expired_requests, true},
    {"KeyManagementServiceNonGenuineGraceRequests", &Dlv::non_genuine_requests, true},
    {"KeyManagementServiceNotificationRequests", &Dlv::notification_requests, true},
};

// Names of members, without regard to case: Select-Object keeps what somebody typed.
const json::value* member(const json::object& object, std::string_view name) {
    const auto found = std::ranges::find_if(object, [&](const auto& m) { return equals_word(m.key(), name); });
    return found == object.end() ? nullptr : &found->value();
}

std::optional<std::string> text_in(const json::value* value) {
    if (value == nullptr) return std::nullopt;
    // Windows PowerShell writes some texts and dates as objects.
    if (const json::object* wrapped = value->if_object()) return text_in(member(*wrapped, "value"));
    if (!value->is_string()) return std::nullopt;
    const json::string& text = value->get_string();
    const std::string tidy = tidied({text.data(), text.size()});
    return tidy.empty() ? std::nullopt : std::optional{tidy};
}

// 27, "27", true; nullopt also for the words of OSLicense ("N/A", "Unlimited").
std::optional<std::int64_t> number_in(const json::value* value) {
    if (value == nullptr) return std::nullopt;
    constexpr std::int64_t wmi_minus_one = 0xFFFFFFFF;
    if (value->is_int64()) return value->get_int64() == wmi_minus_one ? -1 : value->get_int64();
    if (value->is_bool()) return value->get_bool() ? 1 : 0;
    const auto text = text_in(value);
    if (!text) return std::nullopt;
    if (equals_word(*text, "true")) return 1;
    if (equals_word(*text, "false")) return 0;
    return leading_number(*text);
}

std::optional<std::uint32_t> code_in(const json::value* value) {
    if (const auto text = text_in(value)) {
        if (const auto code = leading_code(*text)) return code;
        if (const auto number = leading_number(*text)) return static_cast<std::uint32_t>(*number & 0xFFFFFFFF);
    }
    if (value == nullptr || !value->is_int64()) return std::nullopt;
    return static_cast<std::uint32_t>(value->get_int64() & 0xFFFFFFFF);
}

class ObjectReader {
public:
    explicit ObjectReader(const json::object& object) : object_{object} {}

    Dlv read() {
        dlv_.kind = SavedKind::objects;
        is_host_ = number("IsKeyManagementServiceMachine").value_or(0) > 0;
        for (const Field& field : fields) {
            if (field.of_host && !is_host_) continue;
            std::visit([&](auto into) { fill(into, member(object_, field.name)); }, field.member);
        }
        read_key();
        read_status();
        read_times();
        read_machines();
        read_settings();
        if (is_host_) read_host();
        return std::move(dlv_);
    }

private:
    std::optional<std::int64_t> number(std::string_view name) const { return number_in(member(object_, name)); }

    void fill(Text into, const json::value* value) {
        if (auto text = text_in(value); text && !equals_word(*text, "N/A") && !equals_word(*text, "Not Set"))
            dlv_.*into = *text;
    }
    void fill(Id into, const json::value* value) {
        const auto text = text_in(value);
        if (const auto id = text ? Uuid::parse(*text) : std::nullopt; id && !id->is_nil()) dlv_.*into = *id;
    }
    void fill(Number into, const json::value* value) {
        if (const auto found = number_in(value)) dlv_.*into = *found;
    }

    void read_key() {
        const json::value* key = member(object_, "PartialProductKey");
        if (key != nullptr && dlv_.partial_key.is_absent()) dlv_.not_in_use = true;
    }

    void read_status() {
        const json::value* status = member(object_, "LicenseStatus");
        const auto reason = code_in(member(object_, "LicenseStatusReason"));
        if (const auto found = number_in(status); found && *found >= 0 && *found <= 7) {
            dlv_.license_status = static_cast<LicenseStatus>(*found);
        } else if (const auto text = text_in(status)) {
            const auto by_words = status_of_words(*text);
            dlv_.license_status = by_words ? Fact<LicenseStatus>{*by_words} : Fact<LicenseStatus>::unknown(*text);
        }
        constexpr std::uint32_t grace_time_expired = 0xC004F009;
        constexpr std::uint32_t not_genuine = 0xC004F200;
        const bool is_telling = reason == grace_time_expired || reason == not_genuine;
        if (dlv_.license_status.is_unknown() && is_telling) dlv_.license_status = LicenseStatus::notification;
        if (dlv_.license_status.is(LicenseStatus::notification) && reason && *reason != 0)
            dlv_.notification_reason = *reason;
    }

    void read_times() {
        const auto minutes = number("GracePeriodRemaining");
        if (minutes && *minutes > 0 && dlv_.license_status) {
            const auto says = [this](std::string_view channel) {
                return dlv_.description && contains_word(*dlv_.description, channel);
            };
            const bool is_licensed = dlv_.license_status.is(LicenseStatus::licensed);
            dlv_.*(!is_licensed               ? &Dlv::remaining_minutes
                   : says("TIMEBASED_")       ? &Dlv::timebased_expiration_minutes
                   : says("VIRTUAL_MACHINE_") ? &Dlv::vm_expiration_minutes
                                              : &Dlv::volume_expiration_minutes) = *minutes;
        }
        // 1601 stands for none: as a date, west of Greenwich in the year before, or in milliseconds since 1970.
        const auto end = text_in(member(object_, "EvaluationEndDate"));
        if (end && end->find("1601") == std::string::npos && end->find("/1600") == std::string::npos &&
            end->find("-11644473600000") == std::string::npos && !equals_word(*end, "N/A") &&
            !equals_word(*end, "Not Set"))
            dlv_.evaluation_end = *end;
    }

    std::optional<KmsMachine> machine(std::string_view name, std::string_view port, KmsMachine::Source source) const {
        const auto host = text_in(member(object_, name));
        if (!host || equals_word(*host, "N/A") || equals_word(*host, "Not Set")) return std::nullopt;
        const auto given = number(port);
        const bool is_port = given && *given >= 1 && *given <= 0xFFFF;
        return KmsMachine{source, *host, is_port ? static_cast<std::uint16_t>(*given) : default_port};
    }

    void read_machines() {
        const auto set =
            machine("KeyManagementServiceMachine", "KeyManagementServicePort", KmsMachine::Source::registered);
        const auto found = machine("DiscoveredKeyManagementServiceMachineName",
                                   "DiscoveredKeyManagementServiceMachinePort", KmsMachine::Source::dns);
        if (set) {
            dlv_.kms_machine = *set;
            if (found) dlv_.cached_machine = *found;
        } else if (found) {
            dlv_.kms_machine = *found;
        } else if (is_kms_licensed() && member(object_, "DiscoveredKeyManagementServiceMachineName") != nullptr) {
            dlv_.kms_machine = KmsMachine{};
        }
    }

    // slmgr says nothing of discovery to others.
    bool is_kms_licensed() const {
        return has_client_channel(dlv_) && dlv_.license_status.is(LicenseStatus::licensed) &&
               dlv_.ad_object_dn.is_absent();
    }

    void read_settings() {
        if (const auto type = number("VLActivationTypeEnabled"); type && *type >= 0 && *type <= 3)
            dlv_.activation_type = static_cast<ActivationType>(*type);
        if (const auto caching = number("KeyManagementServiceHostCaching")) dlv_.host_caching = *caching != 0;
    }

    void read_host() {
        dlv_.host_enabled = true;
        const auto port = number("KeyManagementServiceListeningPort");
        if (port) dlv_.listening_port = *port == 0 ? default_port : *port;
        if (const auto is_published = number("KeyManagementServiceDnsPublishing"))
            dlv_.dns_publishing = *is_published != 0;
        if (const auto is_low = number("KeyManagementServiceLowPriority"))
            dlv_.priority = *is_low != 0 ? Priority::low : Priority::normal;
    }

    const json::object& object_;
    Dlv dlv_;
    bool is_host_ = false;
};

template <class T> void inherit(const Fact<T>& from, Fact<T>& into) {
    if (into.is_absent()) into = from;
}

constexpr Number host_members[] = {
    &Dlv::current_count,        &Dlv::listening_port,        &Dlv::total_requests,         &Dlv::failed_requests,
    &Dlv::unlicensed_requests,  &Dlv::licensed_requests,     &Dlv::initial_grace_requests, &Dlv::expired_requests,
    &Dlv::non_genuine_requests, &Dlv::notification_requests,
};

}  // namespace

ObjectKind kind_of(const json::object& object) {
    const auto has = [&](std::string_view name) { return member(object, name) != nullptr; };
    if (has("LicenseStatus") || has("PartialProductKey") || has("GracePeriodRemaining")) return ObjectKind::product;
    const bool is_service =
        std::ranges::any_of(object, [](const auto& m) { return starts_with_word(m.key(), "KeyManagementService"); });
    if (is_service || has("IsKeyManagementServiceMachine") || has("DiscoveredKeyManagementServiceMachineName"))
        return ObjectKind::service;
    return ObjectKind::other;
}

Dlv read_object(const json::object& object) { return ObjectReader{object}.read(); }

void add_service_facts(const Dlv& service, Dlv& product) {
    inherit(service.service_version, product.service_version);
    if (product.not_in_use.is(true)) return;
    inherit(service.windows_rearm_count, product.windows_rearm_count);
    inherit(service.client_machine_id, product.client_machine_id);
    inherit(service.host_caching, product.host_caching);
    if (has_client_channel(product)) {
        inherit(service.lookup_domain, product.lookup_domain);
        inherit(service.activation_interval_minutes, product.activation_interval_minutes);
        inherit(service.renewal_interval_minutes, product.renewal_interval_minutes);
        if (service.kms_machine && product.kms_machine.is_absent()) product.kms_machine = service.kms_machine;
    }
    if (!service.host_enabled.is(true) || !has_host_channel(product)) return;
    product.host_enabled = true;
    for (const Number m : host_members) inherit(service.*m, product.*m);
    inherit(service.dns_publishing, product.dns_publishing);
    inherit(service.priority, product.priority);
}

}  // namespace diag::slmgr

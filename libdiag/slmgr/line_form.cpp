#include "libdiag/slmgr/line_form.h"

#include <algorithm>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/line_text.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/slmgr/line_value.h"

namespace diag::slmgr {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_character(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); }

// Behind the first colon: labels have none, except one that names the CMID in parentheses.
std::string_view value_of(std::string_view text) {
    const std::size_t colon = text.find(": ");
    return colon == std::string_view::npos ? std::string_view{} : trimmed(text.substr(colon + 2));
}

template <class T> bool fill(Fact<T>& fact, T value) {
    if (!fact.is_absent()) return false;
    fact = std::move(value);
    return true;
}

bool read_id(std::string_view value, Dlv& dlv) {
    const auto id = Uuid::parse(value);
    if (!id) return false;
    if (kms::find_application(*id) != nullptr) return fill(dlv.application_id, *id);
    if (fill(dlv.activation_id, *id)) return true;
    if (dlv.application_id.is_absent()) return fill(dlv.application_id, *id);
    return fill(dlv.client_machine_id, *id);
}

bool read_pid(std::string_view value, Dlv& dlv) {
    if (!kms::parse_epid(value)) return false;
    // The client's own stands above the key, the host's below.
    const bool is_host = !dlv.partial_key.is_absent();
    return fill(is_host ? dlv.host_extended_pid : dlv.extended_pid, std::string{value});
}

bool read_installation_id(std::string_view value, Dlv& dlv) {
    constexpr std::size_t min_digits = 40;
    if (value.size() < min_digits || !std::ranges::all_of(value, is_digit)) return false;
    return fill(dlv.installation_id, std::string{value});
}

bool read_key_channel(std::string_view value, Dlv& dlv) {
    for (const std::string_view prefix : {"Volume:", "OEM:"}) {
        if (value.starts_with(prefix)) return fill(dlv.product_key_channel, std::string{value});
    }
    return false;
}

bool read_partial_key(std::string_view value, Dlv& dlv) {
    if (value.size() != 5 || !std::ranges::all_of(value, is_key_character)) return false;
    // Words in capitals and years come elsewhere; the key follows the installation id.
    if (dlv.installation_id.is_absent() && dlv.description.is_absent()) return false;
    return fill(dlv.partial_key, std::string{value});
}

bool read_machine(std::string_view value, Dlv& dlv) {
    if (dlv.client_machine_id.is_absent() || value.find(' ') != std::string_view::npos) return false;
    if (IpAddress::parse(value)) return fill(dlv.kms_ip, std::string{value});
    const auto machine = machine_of(value, KmsMachine::Source::dns);
    if (!machine || machine->host.size() == value.size()) return false;  // without a port it may be anything
    return fill(dlv.kms_machine, *machine);
}

bool read_reason(std::string_view value, Dlv& dlv) {
    const auto code = leading_code(value);
    if (!code || (*code >> 28) != 0xC) return false;
    if (dlv.license_status.is_absent()) dlv.license_status = LicenseStatus::notification;
    return fill(dlv.notification_reason, *code);
}

constexpr bool (*readers[])(std::string_view, Dlv&) = {
    read_id, read_pid, read_installation_id, read_key_channel, read_machine, read_reason, read_partial_key,
};

}  // namespace

bool is_description_by_form(std::string_view text) {
    const std::string_view value = value_of(text);
    return value.find(", VOLUME_") != std::string_view::npos || value.find(", RETAIL") != std::string_view::npos ||
           value.find(", OEM_") != std::string_view::npos;
}

bool read_by_form(std::string_view text, Dlv& dlv) {
    const std::string_view value = value_of(text);
    if (value.empty()) return false;
    if (is_description_by_form(text)) return fill(dlv.description, std::string{value});
    return std::ranges::any_of(readers, [&](auto read) { return read(value, dlv); });
}

}  // namespace diag::slmgr

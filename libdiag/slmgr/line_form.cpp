#include "libdiag/slmgr/line_form.h"

#include <algorithm>

#include "libdiag/base/ip_address.h"
#include "libdiag/base/line_text.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/slmgr/dlv_lines.h"
#include "libdiag/slmgr/line_value.h"
#include "libdiag/slmgr/saved_words.h"

namespace diag::slmgr {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_key_character(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z'); }
bool has_digit(std::string_view text) { return std::ranges::any_of(text, is_digit); }

template <class T> bool fill(Fact<T>& fact, T value) {
    if (!fact.is_absent()) return false;
    fact = std::move(value);
    return true;
}

// Places, by what was read before. The key ends the ids of a product; CMID or directory object begin what activated it.
bool is_past_key(const Dlv& dlv) {
    return !(dlv.partial_key.is_absent() && dlv.not_in_use.is_absent() && dlv.license_status.is_absent());
}
bool is_past_status(const Dlv& dlv) { return !dlv.license_status.is_absent(); }
bool is_in_client_block(const Dlv& dlv) { return !dlv.client_machine_id.is_absent(); }
bool is_in_host_block(const Dlv& dlv) { return !dlv.host_enabled.is_absent(); }
bool is_past_times(const Dlv& dlv) {
    return !(dlv.trusted_time.is_absent() && dlv.sku_rearm_count.is_absent() && dlv.windows_rearm_count.is_absent() &&
             dlv.app_rearm_count.is_absent());
}

bool is_windows(const Dlv& dlv) {
    const auto* application = dlv.application_id ? kms::find_application(*dlv.application_id) : nullptr;
    return application == nullptr || application->name == "Windows";
}

// An acronym that no language translates: between characters that belong to no Latin word.
bool has_acronym(std::string_view text, std::string_view acronym) {
    const auto is_letter = [](char c) { return is_key_character(c) || (c >= 'a' && c <= 'z'); };
    for (std::size_t at = text.find(acronym); at != std::string_view::npos; at = text.find(acronym, at + 1)) {
        const std::size_t end = at + acronym.size();
        if ((at == 0 || !is_letter(text[at - 1])) && (end == text.size() || !is_letter(text[end]))) return true;
    }
    return false;
}

std::string_view label_of(std::string_view text) { return text.substr(0, std::min(text.find(": "), text.size())); }

bool read_id(std::string_view text, std::string_view value, Dlv& dlv) {
    const auto id = Uuid::parse(value);
    if (!id) return false;
    if (has_acronym(text, "CMID")) return fill(dlv.client_machine_id, *id);
    if (!is_past_key(dlv)) {
        if (kms::find_application(*id) != nullptr) return fill(dlv.application_id, *id);
        return fill(dlv.activation_id, *id) || fill(dlv.application_id, *id);
    }
    if (!dlv.ad_object_dn.is_absent()) return fill(dlv.ad_activation_id, *id);
    return fill(dlv.client_machine_id, *id);
}

bool read_pid(std::string_view, std::string_view value, Dlv& dlv) {
    if (!kms::parse_epid(value)) return false;
    // The client's own stands above the key, that of a host below.
    if (!dlv.ad_object_dn.is_absent()) return fill(dlv.ad_extended_pid, std::string{value});
    return fill(is_past_key(dlv) ? dlv.host_extended_pid : dlv.extended_pid, std::string{value});
}

bool read_installation_id(std::string_view, std::string_view value, Dlv& dlv) {
    constexpr std::size_t min_digits = 40;
    if (value.size() < min_digits || !std::ranges::all_of(value, is_digit)) return false;
    return fill(dlv.installation_id, std::string{value});
}

bool read_key_channel(std::string_view, std::string_view value, Dlv& dlv) {
    for (const std::string_view prefix : {"Volume:", "OEM:", "Retail"}) {
        if (value.starts_with(prefix) && value.find(' ') == std::string_view::npos)
            return fill(dlv.product_key_channel, std::string{value});
    }
    return false;
}

// Those that current versions print, in their order.
bool read_url(std::string_view, std::string_view value, Dlv& dlv) {
    if (!value.starts_with("https://") && !value.starts_with("http://")) return false;
    return fill(dlv.use_license_url, std::string{value}) || fill(dlv.validation_url, std::string{value});
}

bool read_partial_key(std::string_view, std::string_view value, Dlv& dlv) {
    if (value.size() != 5 || !std::ranges::all_of(value, is_key_character) || is_past_status(dlv)) return false;
    // Words in capitals and years come elsewhere; the key follows the installation id.
    if (dlv.installation_id.is_absent() && dlv.description.is_absent()) return false;
    return fill(dlv.partial_key, std::string{value});
}

bool read_distinguished_name(std::string_view, std::string_view value, Dlv& dlv) {
    return value.starts_with("CN=") && fill(dlv.ad_object_dn, std::string{value});
}

bool is_domain_name(std::string_view value) {
    const auto fits = [](char c) {
        return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.';
    };
    return value.find('.') != std::string_view::npos && std::ranges::all_of(value, fits) && !value.starts_with('.');
}

bool read_machine(std::string_view text, std::string_view value, Dlv& dlv) {
    if (!is_in_client_block(dlv)) return false;
    const bool names_dns = has_acronym(label_of(text), "DNS");
    const bool is_one_word = value.find(' ') == std::string_view::npos;
    if (is_one_word && IpAddress::parse(value)) return fill(dlv.kms_ip, std::string{value});
    const auto source = names_dns ? KmsMachine::Source::dns : KmsMachine::Source::registered;
    const auto machine = machine_of(value, source);
    if (is_one_word && machine && machine->host.size() != value.size()) return fill(dlv.kms_machine, *machine);
    if (names_dns && !has_acronym(label_of(text), "SRV")) return fill(dlv.kms_machine, KmsMachine{});
    if (is_one_word && is_domain_name(value) && dlv.kms_machine.is_absent())
        return fill(dlv.lookup_domain, std::string{value});
    // An address that is not available is a word; one language or another.
    return has_acronym(label_of(text), "IP") && fill(dlv.kms_ip, std::string{value});
}

// A failure code below the status is its reason, further down that of a command.
bool read_reason(std::string_view, std::string_view value, Dlv& dlv) {
    const auto code = leading_code(value);
    if (!code || (*code >> 31) == 0) return false;
    const bool may_be_reason = is_past_key(dlv) && !is_past_times(dlv) && dlv.refresh_hint.is_absent() &&
                               dlv.notification_reason.is_absent() && (*code >> 28) == 0xC &&
                               (!dlv.license_status || dlv.license_status.is(LicenseStatus::notification));
    if (!may_be_reason) return false;
    if (!dlv.license_status) dlv.license_status = LicenseStatus::notification;
    return fill(dlv.notification_reason, *code);
}

// "24.11.2026 09:15:02", "2026/11/24 9:15:02": the end of an evaluation, where there is one, stands above the time of the
// service.
bool read_date(std::string_view, std::string_view value, Dlv& dlv) {
    const auto digits = std::ranges::count_if(value, is_digit);
    if (digits < 6 || value.find(':') == std::string_view::npos || !is_past_status(dlv)) return false;
    if (value.find_first_of("/.-") == std::string_view::npos || is_in_client_block(dlv)) return false;
    if (fill(dlv.trusted_time, std::string{value})) return true;
    if (!dlv.evaluation_end.is_absent()) return false;
    dlv.evaluation_end = dlv.trusted_time;
    dlv.trusted_time = std::string{value};
    return true;
}

// The number of "120 minutes", in whatever language.
bool read_interval(std::string_view, std::string_view value, Dlv& dlv) {
    const auto number = leading_number(value);
    if (!number || !is_in_client_block(dlv) || value.find('(') != std::string_view::npos) return false;
    if (is_digit(value.back())) return false;
    return fill(dlv.activation_interval_minutes, *number) || fill(dlv.renewal_interval_minutes, *number);
}

// Words of which a table knows some. The status stands below the key: a word there is one, of whichever language.
bool read_status(std::string_view, std::string_view value, Dlv& dlv) {
    if (is_past_status(dlv) || has_digit(value)) return false;
    const bool has_place = !dlv.partial_key.is_absent() || !dlv.not_in_use.is_absent();
    if (const auto status = status_of_words(value)) {
        const bool is_below_attempt = dlv.kind == SavedKind::ato;  // activated, with extended grace
        if (!has_place && dlv.description.is_absent() && !is_below_attempt) return false;
        return fill(dlv.license_status, *status);
    }
    if (!has_place) return false;
    dlv.license_status = Fact<LicenseStatus>::unknown(std::string{value});
    return true;
}

bool read_type(std::string_view, std::string_view value, Dlv& dlv) {
    if (!is_past_status(dlv) || is_in_client_block(dlv)) return false;
    const auto type = type_of_words(value);
    return type && fill(dlv.activation_type, *type);
}

bool read_priority(std::string_view, std::string_view value, Dlv& dlv) {
    if (!is_in_host_block(dlv) || dlv.dns_publishing.is_absent() || has_digit(value)) return false;
    if (const auto priority = priority_of_words(value)) return fill(dlv.priority, *priority);
    if (!dlv.priority.is_absent()) return false;
    dlv.priority = Fact<Priority>::unknown(std::string{value});
    return true;
}

// By form; then those for which the place counts more.
using Reader = bool(std::string_view text, std::string_view value, Dlv& dlv);
constexpr Reader* readers[] = {read_id,  read_pid,    read_installation_id, read_key_channel,
                               read_url, read_reason, read_partial_key,     read_distinguished_name};
constexpr Reader* place_readers[] = {read_machine, read_interval, read_date, read_status, read_priority, read_type};

constexpr Fact<std::int64_t> Dlv::*request_members[] = {
    &Dlv::total_requests,         &Dlv::failed_requests,  &Dlv::unlicensed_requests,  &Dlv::licensed_requests,
    &Dlv::initial_grace_requests, &Dlv::expired_requests, &Dlv::non_genuine_requests, &Dlv::notification_requests,
};

}  // namespace

std::string_view value_of(std::string_view text) {
    const std::size_t colon = text.find(": ");
    return colon == std::string_view::npos ? std::string_view{} : trimmed(text.substr(colon + 2));
}

bool is_description_by_form(std::string_view text) {
    const std::string_view value = value_of(text);
    return value.find(", VOLUME_") != std::string_view::npos || value.find(", RETAIL") != std::string_view::npos ||
           value.find(", OEM_") != std::string_view::npos ||
           value.find(", VIRTUAL_MACHINE_") != std::string_view::npos ||
           value.find(", TIMEBASED_") != std::string_view::npos;
}

bool is_version_by_form(std::string_view text) {
    const std::string_view value = value_of(text);
    if (value.empty() || std::ranges::count(value, '.') != 3 || IpAddress::parse(value)) return false;
    return std::ranges::all_of(value, [](char c) { return is_digit(c) || c == '.'; }) && is_digit(value.front());
}

bool FormReader::read_host_sentence(std::string_view text, Dlv& dlv) {
    if (!is_in_host_block(dlv)) return fill(dlv.host_enabled, true);
    if (dlv.dns_publishing.is_absent() && has_acronym(text, "DNS")) {
        const auto is_enabled = enabled_of_words(text);
        dlv.dns_publishing = is_enabled ? Fact<bool>{*is_enabled} : Fact<bool>::unknown(std::string{text});
        return true;
    }
    if (in_requests_) return false;
    in_requests_ = true;
    return true;
}

// A line without a label: the sentence of a fact, or a heading.
bool FormReader::read_sentence(std::string_view text, Dlv& dlv) {
    if (text.find("/ato") != std::string_view::npos) return is_past_status(dlv) && fill(dlv.refresh_hint, true);
    if (!value_of(text).empty() || text.find_first_of("\\>") != std::string_view::npos) return false;  // or a prompt
    const bool is_sentence = text.ends_with('.') || text.ends_with("。");
    if (!is_past_key(dlv))
        return is_sentence && !dlv.description.is_absent() && !has_digit(text) && fill(dlv.not_in_use, true);
    if (!is_past_status(dlv)) return false;
    if (has_host_channel(dlv)) return read_host_sentence(text, dlv);
    if (!has_client_channel(dlv)) return false;
    if (!is_in_client_block(dlv)) return dlv.ad_object_dn.is_absent() && !has_digit(text);  // a heading
    if (dlv.renewal_interval_minutes.is_absent() || !dlv.host_caching.is_absent()) return false;
    const auto is_enabled = enabled_of_words(text);
    dlv.host_caching = is_enabled ? Fact<bool>{*is_enabled} : Fact<bool>::unknown(std::string{text});
    return true;
}

bool FormReader::read_number(std::string_view value, Dlv& dlv) {
    const auto number = leading_number(value);
    const std::size_t sign = value.starts_with('-') ? 1 : 0;
    if (!number || !std::ranges::all_of(value.substr(sign), is_digit) || is_in_client_block(dlv)) return false;
    if (is_in_host_block(dlv)) {
        std::vector<std::int64_t>& numbers = in_requests_ ? requests_ : settings_;
        if (numbers.size() == std::size(request_members)) return false;
        numbers.push_back(*number);
        return true;
    }
    if (!is_past_status(dlv)) return false;
    if (!dlv.sku_rearm_count.is_absent()) return false;
    if (is_windows(dlv) && dlv.app_rearm_count.is_absent() && fill(dlv.windows_rearm_count, *number)) return true;
    if (!is_windows(dlv) && fill(dlv.app_rearm_count, *number)) return true;
    return fill(dlv.sku_rearm_count, *number);
}

// "253440 minute(s) (176 day(s))": the days follow from the minutes, rounded up.
bool FormReader::read_minutes(std::string_view value, const Dlv& dlv) {
    constexpr std::int64_t day = 24 * 60;
    const auto minutes = leading_number(value);
    if (value.find('(') == std::string_view::npos && value.find("（") == std::string_view::npos) return false;
    const std::size_t open = value.find_last_of("0123456789");
    if (!minutes || *minutes < 0 || minutes_ >= 0 || !is_past_status(dlv) || open == std::string_view::npos)
        return false;
    std::size_t first = open;
    while (first > 0 && is_digit(value[first - 1])) --first;
    const auto days = first == 0 ? std::nullopt : leading_number(value.substr(first, open + 1 - first));
    if (!days || *days != (*minutes + day - 1) / day) return false;
    minutes_ = *minutes;
    return true;
}

bool FormReader::read_by_place(std::string_view text, std::string_view value, Dlv& dlv) {
    if (has_known_labels_) return false;
    if (text.ends_with(':') && !is_past_key(dlv)) return !dlv.description.is_absent();  // a label without a value
    if (value.empty()) return read_sentence(text, dlv);
    if (text.find("/skms") != std::string_view::npos) return is_in_client_block(dlv);
    if (read_minutes(value, dlv) || read_number(value, dlv)) return true;
    if (std::ranges::any_of(place_readers, [&](Reader* reader) { return reader(text, value, dlv); })) return true;
    return read_sentence(text, dlv);
}

bool FormReader::read(std::string_view text, Dlv& dlv) {
    const std::string_view value = value_of(text);
    if (is_description_by_form(text)) return fill(dlv.description, std::string{value});
    if (is_version_by_form(text) && !is_past_key(dlv)) return fill(dlv.service_version, std::string{value});
    if (std::ranges::any_of(readers, [&](Reader* reader) { return reader(text, value, dlv); })) return true;
    return read_by_place(text, value, dlv);
}

void FormReader::finish_status(Dlv& dlv) const {
    if (!dlv.license_status.is_unknown() || has_known_labels_) return;
    const bool is_activated = is_in_client_block(dlv) || !dlv.ad_object_dn.is_absent();
    if (dlv.notification_reason) {
        dlv.license_status = LicenseStatus::notification;
    } else if (is_activated) {
        dlv.license_status = LicenseStatus::licensed;  // slmgr prints the block of no other
    } else if (dlv.refresh_hint.is(true) && minutes_ < 0) {
        dlv.license_status = LicenseStatus::unlicensed;  // each grace period has its time, notification its reason
    }
}

void FormReader::finish(Dlv& dlv) const {
    finish_status(dlv);
    if (minutes_ >= 0) {
        const auto says = [&dlv](std::string_view channel) {
            return dlv.description && contains_word(*dlv.description, channel);
        };
        const bool is_licensed = dlv.license_status.is(LicenseStatus::licensed);
        fill(!is_licensed               ? dlv.remaining_minutes
             : says("TIMEBASED_")       ? dlv.timebased_expiration_minutes
             : says("VIRTUAL_MACHINE_") ? dlv.vm_expiration_minutes
                                        : dlv.volume_expiration_minutes,
             minutes_);
    }
    // Without one of them nobody knows which the others are.
    if (settings_.size() == 2) {
        fill(dlv.current_count, settings_[0]);
        fill(dlv.listening_port, settings_[1]);
    }
    if (requests_.size() != std::size(request_members)) return;
    for (std::size_t i = 0; i < requests_.size(); ++i) fill(dlv.*request_members[i], requests_[i]);
}

}  // namespace diag::slmgr

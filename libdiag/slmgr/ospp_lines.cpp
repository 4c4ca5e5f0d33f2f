#include "libdiag/slmgr/ospp_lines.h"

#include <algorithm>

#include "libdiag/base/line_text.h"
#include "libdiag/slmgr/line_value.h"
#include "libdiag/slmgr/saved_words.h"

namespace diag::slmgr {
namespace {

bool read_id(std::string_view value, Dlv& dlv) {
    if (const auto id = Uuid::parse(value)) dlv.activation_id = *id;
    return true;
}

template <Fact<std::string> Dlv::*member> bool read_text(std::string_view value, Dlv& dlv) {
    if (!value.empty()) dlv.*member = std::string{value};
    return true;
}

bool read_status(std::string_view value, Dlv& dlv) {
    const auto status = status_of_mark(value);
    if (status) dlv.license_status = *status;
    return status.has_value();
}

// Below a status the reason for it; of a licensed product it is shown for information. Of /act, which shows no status, the
// code with which the attempt ended.
bool read_code(std::string_view value, Dlv& dlv) {
    const auto code = leading_code(value);
    if (!code) return false;
    if (dlv.license_status.is_absent()) {
        constexpr std::size_t max_count = 64;
        if (dlv.error_codes.size() < max_count) dlv.error_codes.push_back(*code);
    } else if (dlv.license_status.is(LicenseStatus::notification)) {
        dlv.notification_reason = *code;
    }
    return true;
}

// "178 days  (256320 minute(s) before expiring)"
bool read_remaining(std::string_view value, Dlv& dlv) {
    const std::size_t open = value.find('(');
    const auto minutes = leading_number(open == std::string_view::npos ? value : value.substr(open + 1));
    if (!minutes) return false;
    const bool is_licensed = dlv.license_status.is(LicenseStatus::licensed);
    (is_licensed ? dlv.volume_expiration_minutes : dlv.remaining_minutes) = *minutes;
    return true;
}

// The script prints what DNS gave, then what is set by hand, which is the one that counts.
bool read_override(std::string_view value, Dlv& dlv) {
    const auto machine = machine_of(value, KmsMachine::Source::registered);
    if (!machine) return false;
    if (dlv.kms_machine && dlv.kms_machine->source == KmsMachine::Source::dns) dlv.cached_machine = dlv.kms_machine;
    dlv.kms_machine = *machine;
    return true;
}

bool read_discovered(std::string_view value, Dlv& dlv) {
    const auto machine = machine_of(value, KmsMachine::Source::dns);
    if (machine) dlv.kms_machine = *machine;
    return machine.has_value();
}

bool read_type(std::string_view value, Dlv& dlv) {
    const auto type = type_of_words(value);
    if (type) dlv.activation_type = *type;
    return type.has_value();
}

bool read_caching(std::string_view value, Dlv& dlv) {
    const auto is_enabled = enabled_of_words(value);
    if (is_enabled) dlv.host_caching = *is_enabled;
    return is_enabled.has_value();
}

// 1601 is how a product without such a date shows it.
bool read_evaluation_end(std::string_view value, Dlv& dlv) {
    if (value.find("1601") == std::string_view::npos) dlv.evaluation_end = std::string{value};
    return true;
}

bool pass(std::string_view, Dlv&) { return true; }

bool read_success(std::string_view, Dlv& dlv) {
    dlv.attempt = AttemptEnd::activated;
    dlv.kind = SavedKind::ato;
    return true;
}

bool read_no_key(std::string_view, Dlv& dlv) {
    dlv.product_not_found = true;
    return true;
}

enum class Place : std::uint8_t {
    anywhere,  ///< no other program has such a line
    around,    ///< stands above a product; says nothing by itself
    inside,    ///< of a product that began with other lines
};
struct Row {
    std::string_view label;
    bool (*read)(std::string_view value, Dlv& dlv);
    Place place = Place::inside;
};
using enum Place;
constexpr Row rows[] = {
    {"PRODUCT ID:", pass, around},
    {"SKU ID:", read_id, anywhere},
    {"LICENSE NAME:", read_text<&Dlv::name>, anywhere},
    {"LICENSE DESCRIPTION:", read_text<&Dlv::description>, anywhere},
    {"BETA EXPIRATION:", read_evaluation_end},
    {"LICENSE STATUS: ---", pass, anywhere},  // see read_ospp_line()
    {"ERROR CODE:", read_code},
    {"ERROR DESCRIPTION:", pass},
    {"REMAINING GRACE:", read_remaining},
    {"Last 5 characters of installed product key:", read_text<&Dlv::partial_key>, anywhere},
    {"Activation Type Configuration:", read_type},
    {"Most recent successful activation client information:", pass},
    {"KMS machine registry override defined:", read_override},
    {"KMS machine name from DNS:", read_discovered},
    {"KMS host caching:", read_caching},
    {"KMS Lookup Domain:", read_text<&Dlv::lookup_domain>},
    {"Installed product key detected", pass, anywhere},
    {"<Product activation successful>", read_success, anywhere},
    {"<No installed product keys detected>", read_no_key, anywhere},
};

// "---Processing---------": what the script prints around its work.
bool is_frame(std::string_view text) { return text.starts_with("---") && text.ends_with("---"); }

bool has_product(const Dlv& dlv) { return !(dlv.name.is_absent() && dlv.activation_id.is_absent()); }

bool begins_product(std::string_view label, const Dlv& dlv) {
    if (label == "PRODUCT ID:" || label == "SKU ID:" || label == "Installed product key detected")
        return has_product(dlv);
    return label == "LICENSE NAME:" && !dlv.name.is_absent();
}

}  // namespace

OsppLine read_ospp_line(std::string_view text, Dlv& dlv) {
    if (is_frame(text)) return OsppLine::read;
    for (const Row& row : rows) {
        if (!starts_with_word(text, row.label)) continue;
        const bool is_begun = dlv.kind == SavedKind::dstatus || dlv.kind == SavedKind::ato;
        if (row.place == Place::inside && !is_begun) return OsppLine::none;
        if (begins_product(row.label, dlv)) return OsppLine::begins;
        const bool is_status = row.label == "LICENSE STATUS: ---";
        const std::string_view value =
            is_status ? text.substr(text.find("---")) : trimmed(text.substr(row.label.size()));
        if (!(is_status ? read_status(value, dlv) : row.read(value, dlv))) return OsppLine::none;
        if (dlv.kind == SavedKind::dlv && row.place != Place::around)
            dlv.kind = row.label.starts_with("Installed") ? SavedKind::ato : SavedKind::dstatus;
        return OsppLine::read;
    }
    return OsppLine::none;
}

}  // namespace diag::slmgr

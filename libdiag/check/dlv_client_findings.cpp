// What saved output says of a client.
#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using slmgr::ActivationType;
using slmgr::Dlv;
using slmgr::KmsMachine;
using slmgr::LicenseStatus;

constexpr std::int64_t day = 24 * 60;              // minutes, as all times here
constexpr std::int64_t validity = 180 * day;       // documented as fixed
constexpr std::int64_t default_renewal = 7 * day;  // documented
constexpr std::int64_t grace_ends_soon = 3 * day;
constexpr std::int64_t expiry_toast = 30 * day;  // documented: from then on users are warned
constexpr std::uint32_t not_genuine = 0xC004F200;

bool is_activated_by_ad(const Dlv& dlv) {
    return !dlv.ad_object_name.is_absent() || !dlv.ad_object_dn.is_absent() || !dlv.ad_activation_id.is_absent();
}

// Another channel than those of KMS clients and KMS hosts, or the host key where a client is meant.
void check_channel(DlvSubject& s) {
    if (!s.dlv.description) return;
    if (slmgr::has_host_channel(s.dlv)) {
        if (s.role != DlvRole::client) return;
        s.add(rule::client_host_key, fmt::format("{} has a KMS host key, and is meant to be a client", s.name))
            .evidence.push_back(fmt::format("description: {}", *s.dlv.description));
        return;
    }
    // Where a host is meant, another rule names the missing host key.
    if (slmgr::has_client_channel(s.dlv) || s.role == DlvRole::host) return;
    if (!s.dlv.license_status) return;
    const Rule& rule = s.is_licensed() ? rule::client_other_channel : rule::client_channel;
    Finding& finding = s.add(rule, fmt::format("{} does not use KMS: its key is of another channel", s.name));
    finding.evidence.push_back(fmt::format("description: {}", *s.dlv.description));
    if (s.dlv.product_key_channel)
        finding.evidence.push_back(fmt::format("product key channel: {}", *s.dlv.product_key_channel));
    finding.evidence.push_back(status_text(*s.dlv.license_status));
}

void check_partial_key(DlvSubject& s) {
    if (!s.dlv.partial_key || s.product == nullptr || s.product->channel != "volume") return;
    const auto keys = kms::list_items(s.product->partial_key);
    const auto is_same = [&s](std::string_view key) { return key == *s.dlv.partial_key; };
    if (keys.empty() || std::ranges::any_of(keys, is_same)) return;
    s.add(rule::client_key, fmt::format("the key of {} is not its KMS client setup key", s.name))
        .evidence.push_back(fmt::format("partial product key {}; the setup key of {} ends in {}", *s.dlv.partial_key,
                                        s.product->name, fmt::join(keys, " or ")));
}

void add_notification(DlvSubject& s) {
    const std::uint32_t reason = s.dlv.notification_reason ? *s.dlv.notification_reason : 0;
    const Rule& rule = reason == not_genuine ? rule::client_non_genuine : rule::client_notification;
    Finding& finding = s.add(rule, fmt::format("{} is in notification mode", s.name));
    finding.evidence.push_back(status_text(*s.dlv.license_status));
    if (reason == 0) return;
    finding.windows_code = reason;
    const kms::ErrorCode* error = kms::find_error(reason);
    finding.evidence.push_back(fmt::format("notification reason {}: {}", format_code(reason),
                                           error != nullptr ? error->meaning : "no public table has this code"));
}

// "license status: initial grace"; of a grace period in words that are not known, what is known.
std::string grace_text(const DlvSubject& s) {
    return s.dlv.license_status ? status_text(*s.dlv.license_status)
                                : "license status: a grace period, in words that are not known";
}

void add_grace(DlvSubject& s) {
    const bool is_initial = s.dlv.license_status.is(LicenseStatus::initial_grace) || !s.dlv.license_status;
    const bool ends_soon = s.dlv.remaining_minutes && *s.dlv.remaining_minutes <= grace_ends_soon;
    const Rule& rule = is_initial && !ends_soon ? rule::client_grace : rule::client_grace_ends;
    Finding& finding = s.add(rule, fmt::format("{} is not activated and runs in a grace period", s.name));
    finding.evidence.push_back(grace_text(s));
    if (s.dlv.remaining_minutes)
        finding.evidence.push_back(fmt::format("time remaining: {}", minutes_text(*s.dlv.remaining_minutes)));
    if (is_initial) finding.likely_cause = ends_soon ? 2 : 0;
}

void check_status(DlvSubject& s) {
    if (s.dlv.license_status.is_unknown() && s.dlv.remaining_minutes) return add_grace(s);
    if (!s.dlv.license_status) return;
    switch (*s.dlv.license_status) {
        case LicenseStatus::unlicensed:
            s.add(rule::client_unlicensed, fmt::format("{} is not activated", s.name))
                .evidence.push_back(status_text(LicenseStatus::unlicensed));
            return;
        case LicenseStatus::notification: add_notification(s); return;
        case LicenseStatus::non_genuine_grace:
            s.add(rule::client_non_genuine, fmt::format("{} is judged not genuine", s.name))
                .evidence.push_back(status_text(LicenseStatus::non_genuine_grace));
            return;
        case LicenseStatus::initial_grace:
        case LicenseStatus::additional_grace:
        case LicenseStatus::extended_grace: add_grace(s); return;
        case LicenseStatus::licensed:
        case LicenseStatus::unknown: return;
    }
}

// A client asks again after the renewal interval, and if that fails every activation interval. It may have been off, or its
// interval be minutes only, so nothing is said before another interval has passed, or another week if that is longer.
std::int64_t overdue_age(std::int64_t renewal) { return renewal + std::max(renewal, 7 * day); }

void check_renewal(DlvSubject& s) {
    // Editions for consumers are activated for a shorter time.
    if (s.product != nullptr && s.product->channel == "retail") return;
    if (!s.is_licensed() || !s.dlv.volume_expiration_minutes || is_activated_by_ad(s.dlv)) return;
    const std::int64_t left = *s.dlv.volume_expiration_minutes;
    if (left > validity) {
        s.add(rule::client_expiration_long, fmt::format("{} is licensed for longer than 180 days", s.name))
            .evidence.push_back(fmt::format("volume activation expiration: {}", minutes_text(left)));
        return;
    }
    const bool has_interval = s.dlv.renewal_interval_minutes && *s.dlv.renewal_interval_minutes > 0;
    const std::int64_t renewal = has_interval ? *s.dlv.renewal_interval_minutes : default_renewal;
    const std::int64_t age = validity - left;
    if (left < 0 || age <= overdue_age(renewal)) return;
    Finding& finding =
        s.add(rule::client_renewal_overdue, fmt::format("{} was last renewed {} days ago", s.name, age / day));
    finding.evidence.push_back(fmt::format("volume activation expiration: {} of 180 days", minutes_text(left)));
    finding.evidence.push_back(
        fmt::format("renewal interval: {}{}", minutes_text(renewal), has_interval ? "" : ", the default"));
    finding.evidence.push_back(fmt::format("overdue by {}", minutes_text(age - renewal)));
    if (left <= expiry_toast) finding.evidence.push_back("less than 30 days are left: users are warned now");
}

void check_activation_type(DlvSubject& s) {
    if (is_activated_by_ad(s.dlv)) {
        Finding& finding = s.add(rule::client_ad, fmt::format("{} was activated by Active Directory", s.name));
        if (s.dlv.ad_object_dn) finding.evidence.push_back(fmt::format("activation object: {}", *s.dlv.ad_object_dn));
        return;
    }
    const bool is_ad = s.dlv.activation_type.is(ActivationType::ad);
    if (!s.is_not_licensed() || !(is_ad || s.dlv.activation_type.is(ActivationType::token))) return;
    s.add(rule::client_type, fmt::format("{} is set never to ask a KMS host", s.name))
        .evidence.push_back(fmt::format("configured activation type: {}", is_ad ? "AD" : "Token"));
}

void check_machine(DlvSubject& s) {
    if (!s.dlv.kms_machine) return;
    const KmsMachine& machine = *s.dlv.kms_machine;
    if (machine.source == KmsMachine::Source::unavailable) {
        if (s.is_not_licensed()) return;  // ospp.vbs says so of each product that was never activated
        Finding& finding =
            s.add(rule::client_no_discovery, fmt::format("{} did not find a KMS host in DNS at its last try", s.name));
        finding.evidence.push_back("DNS auto-discovery: KMS name not available");
        if (s.dlv.lookup_domain)
            finding.evidence.push_back(fmt::format("it searches only in {}", *s.dlv.lookup_domain));
    } else if (machine.source == KmsMachine::Source::registered) {
        Finding& finding = s.add(rule::client_fixed_host,
                                 fmt::format("{} uses {}:{}, set by hand", s.name, machine.host, machine.port));
        finding.evidence.push_back(fmt::format("registered KMS machine name: {}:{}", machine.host, machine.port));
        if (s.dlv.lookup_domain) {
            finding.evidence.push_back(
                fmt::format("the look-up domain {} has no effect meanwhile", *s.dlv.lookup_domain));
        }
    }
}

void check_caching(DlvSubject& s) {
    if (!s.dlv.host_caching.is(false)) return;
    s.add(rule::client_no_cache, fmt::format("{} does not keep the KMS host that it found", s.name))
        .evidence.push_back("KMS host caching is disabled");
}

void check_lab_host(DlvSubject& s) {
    if (!s.dlv.host_extended_pid) return;
    const auto epid = kms::parse_epid(*s.dlv.host_extended_pid);
    if (!epid || !epid->is_lab()) return;
    s.add(rule::host_lab, fmt::format("{} was answered by the reference host of this toolkit", s.name))
        .evidence.push_back(fmt::format("KMS machine extended PID: {}", *s.dlv.host_extended_pid));
}

}  // namespace

void check_dlv_client(DlvSubject& subject) {
    check_channel(subject);
    // Some programs show a status and no channel (slmgr /xpr).
    if (subject.dlv.description.is_absent()) return check_status(subject);
    if (!slmgr::has_client_channel(subject.dlv)) return;
    check_partial_key(subject);
    check_status(subject);
    check_renewal(subject);
    check_activation_type(subject);
    check_machine(subject);
    check_caching(subject);
    check_lab_host(subject);
}

}  // namespace diag::check

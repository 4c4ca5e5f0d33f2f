// What saved output says of a client.
#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/kms/epid.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using slmgr::ActivationType;
using slmgr::Dlv;
using slmgr::KmsMachine;
using slmgr::LicenseStatus;
using Findings = std::vector<Finding>;

constexpr std::int64_t day = 24 * 60;              // minutes, as all times here
constexpr std::int64_t validity = 180 * day;       // documented as fixed
constexpr std::int64_t default_renewal = 7 * day;  // documented
constexpr std::int64_t grace_ends_soon = 3 * day;
constexpr std::int64_t expiry_toast = 30 * day;  // documented: from then on users are warned
constexpr std::uint32_t not_genuine = 0xC004F200;

bool is_activated_by_ad(const Dlv& dlv) {
    return !dlv.ad_object_name.is_absent() || !dlv.ad_object_dn.is_absent() || !dlv.ad_activation_id.is_absent();
}

void host_key(const DlvSubject& s, Findings& out) {
    if (s.role != DlvRole::client || !s.has_host_key || !s.dlv.description) return;
    s.add(out, rule::client_host_key, say("{} has a KMS host key, and is meant to be a client", s.name))
        .evidence.push_back(description_text(s.dlv));
}

// Neither that of KMS clients nor that of KMS hosts. Where a host is meant, another rule names the missing host key.
bool has_other_channel(const DlvSubject& s) {
    return s.dlv.description && !s.has_host_key && !s.has_client_key && s.role != DlvRole::host;
}

template <const Rule& which> void other_channel(const DlvSubject& s, Findings& out) {
    const bool is_about_licensed = &which == &rule::client_other_channel;
    if (!s.dlv.license_status || s.is_licensed() != is_about_licensed || !has_other_channel(s)) return;
    Finding& finding = s.add(out, which, say("{} does not use KMS: its key is of another channel", s.name));
    finding.evidence.push_back(description_text(s.dlv));
    if (s.dlv.product_key_channel)
        finding.evidence.push_back(say("product key channel: {}", *s.dlv.product_key_channel));
    finding.evidence.push_back(status_text(*s.dlv.license_status));
}

// "XXXXX or YYYYY"
std::string one_of(std::span<const std::string_view> keys) {
    std::string text{keys.front()};
    for (const std::string_view key : keys.subspan(1)) text = say("{} or {}", text, key);
    return text;
}

void key(const DlvSubject& s, Findings& out) {
    if (!s.has_client_key || !s.dlv.partial_key || s.product == nullptr || s.product->channel != "volume") return;
    const auto keys = kms::list_items(s.product->partial_key);
    const auto is_same = [&s](std::string_view key) { return key == *s.dlv.partial_key; };
    if (keys.empty() || std::ranges::any_of(keys, is_same)) return;
    s.add(out, rule::client_key, say("the key of {} is not its KMS client setup key", s.name))
        .evidence.push_back(say("partial product key {}; the setup key of {} ends in {}", *s.dlv.partial_key,
                                s.product->name, one_of(keys)));
}

// Some programs show a status and no channel (slmgr /xpr).
bool has_status(const DlvSubject& s, LicenseStatus status) {
    return (s.has_client_key || s.dlv.description.is_absent()) && s.dlv.license_status.is(status);
}

void unlicensed(const DlvSubject& s, Findings& out) {
    if (!has_status(s, LicenseStatus::unlicensed)) return;
    s.add(out, rule::client_unlicensed, say("{} is not activated", s.name))
        .evidence.push_back(status_text(LicenseStatus::unlicensed));
}

template <const Rule& which> void notification(const DlvSubject& s, Findings& out) {
    if (!has_status(s, LicenseStatus::notification)) return;
    const std::uint32_t reason = s.dlv.notification_reason ? *s.dlv.notification_reason : 0;
    if ((reason == not_genuine) != (&which == &rule::client_non_genuine)) return;
    Finding& finding = s.add(out, which, say("{} is in notification mode", s.name));
    finding.evidence.push_back(status_text(LicenseStatus::notification));
    if (reason == 0) return;
    finding.windows_code = reason;
    const kms::ErrorCode* error = kms::find_error(reason);
    finding.evidence.push_back(say("notification reason {}: {}", format_code(reason),
                                   error != nullptr ? tr(error->meaning) : tr("no public table has this code")));
}

void non_genuine(const DlvSubject& s, Findings& out) {
    notification<rule::client_non_genuine>(s, out);
    if (!has_status(s, LicenseStatus::non_genuine_grace)) return;
    s.add(out, rule::client_non_genuine, say("{} is judged not genuine", s.name))
        .evidence.push_back(status_text(LicenseStatus::non_genuine_grace));
}

// Also one in words that are not known, where the time that is left tells what it is.
bool is_in_grace(const DlvSubject& s) {
    const bool is_unknown_grace = (s.has_client_key || s.dlv.description.is_absent()) &&
                                  s.dlv.license_status.is_unknown() && s.dlv.remaining_minutes;
    return is_unknown_grace || has_status(s, LicenseStatus::initial_grace) ||
           has_status(s, LicenseStatus::additional_grace) || has_status(s, LicenseStatus::extended_grace);
}

std::string grace_text(const DlvSubject& s) {
    return s.dlv.license_status ? status_text(*s.dlv.license_status)
                                : std::string{tr("license status: a grace period, in words that are not known")};
}

template <const Rule& which> void grace(const DlvSubject& s, Findings& out) {
    if (!is_in_grace(s)) return;
    const bool is_initial = s.dlv.license_status.is(LicenseStatus::initial_grace) || !s.dlv.license_status;
    const bool ends_soon = s.dlv.remaining_minutes && *s.dlv.remaining_minutes <= grace_ends_soon;
    if ((is_initial && !ends_soon) != (&which == &rule::client_grace)) return;
    Finding& finding = s.add(out, which, say("{} is not activated and runs in a grace period", s.name));
    finding.evidence.push_back(grace_text(s));
    if (s.dlv.remaining_minutes)
        finding.evidence.push_back(say("time remaining: {}", minutes_text(*s.dlv.remaining_minutes)));
    if (is_initial) finding.likely_cause = ends_soon ? 2 : 0;
}

// Editions for consumers are activated for a shorter time.
bool has_kms_validity(const DlvSubject& s) {
    return s.has_client_key && s.is_licensed() && s.dlv.volume_expiration_minutes && !is_activated_by_ad(s.dlv) &&
           (s.product == nullptr || s.product->channel != "retail");
}

void expiration_long(const DlvSubject& s, Findings& out) {
    if (!has_kms_validity(s) || *s.dlv.volume_expiration_minutes <= validity) return;
    s.add(out, rule::client_expiration_long, say("{} is licensed for longer than 180 days", s.name))
        .evidence.push_back(say("volume activation expiration: {}", minutes_text(*s.dlv.volume_expiration_minutes)));
}

// A client asks again after the renewal interval, and if that fails every activation interval. It may have been off, or its
// interval be minutes only, so nothing is said before another interval has passed, or another week if that is longer.
std::int64_t overdue_age(std::int64_t renewal) { return renewal + std::max(renewal, 7 * day); }

void renewal_overdue(const DlvSubject& s, Findings& out) {
    if (!has_kms_validity(s)) return;
    const std::int64_t left = *s.dlv.volume_expiration_minutes;
    const bool has_interval = s.dlv.renewal_interval_minutes && *s.dlv.renewal_interval_minutes > 0;
    const std::int64_t renewal = has_interval ? *s.dlv.renewal_interval_minutes : default_renewal;
    const std::int64_t age = validity - left;
    if (left > validity || left < 0 || age <= overdue_age(renewal)) return;
    Finding& finding =
        s.add(out, rule::client_renewal_overdue, say("{} was last renewed {} days ago", s.name, age / day));
    finding.evidence.push_back(say("volume activation expiration: {} of 180 days", minutes_text(left)));
    finding.evidence.push_back(has_interval ? say("renewal interval: {}", minutes_text(renewal))
                                            : say("renewal interval: {}, the default", minutes_text(renewal)));
    finding.evidence.push_back(say("overdue by {}", minutes_text(age - renewal)));
    if (left <= expiry_toast) finding.evidence.emplace_back(tr("less than 30 days are left: users are warned now"));
}

void by_ad(const DlvSubject& s, Findings& out) {
    if (!s.has_client_key || !is_activated_by_ad(s.dlv)) return;
    Finding& finding = s.add(out, rule::client_ad, say("{} was activated by Active Directory", s.name));
    if (s.dlv.ad_object_dn) finding.evidence.push_back(say("activation object: {}", *s.dlv.ad_object_dn));
}

void type(const DlvSubject& s, Findings& out) {
    if (!s.has_client_key || !s.is_not_licensed() || is_activated_by_ad(s.dlv)) return;
    const bool is_ad = s.dlv.activation_type.is(ActivationType::ad);
    if (!is_ad && !s.dlv.activation_type.is(ActivationType::token)) return;
    s.add(out, rule::client_type, say("{} is set never to ask a KMS host", s.name))
        .evidence.push_back(say("configured activation type: {}", is_ad ? "AD" : "Token"));
}

bool has_host_of(const DlvSubject& s, KmsMachine::Source source) {
    return s.has_client_key && s.dlv.kms_machine && s.dlv.kms_machine->source == source;
}

// ospp.vbs says so of each product that was never activated.
void no_discovery(const DlvSubject& s, Findings& out) {
    if (!has_host_of(s, KmsMachine::Source::unavailable) || s.is_not_licensed()) return;
    Finding& finding =
        s.add(out, rule::client_no_discovery, say("{} did not find a KMS host in DNS at its last try", s.name));
    finding.evidence.emplace_back(tr("DNS auto-discovery: KMS name not available"));
    if (s.dlv.lookup_domain) finding.evidence.push_back(say("it searches only in {}", *s.dlv.lookup_domain));
}

void fixed_host(const DlvSubject& s, Findings& out) {
    if (!has_host_of(s, KmsMachine::Source::registered)) return;
    const KmsMachine& machine = *s.dlv.kms_machine;
    Finding& finding =
        s.add(out, rule::client_fixed_host, say("{} uses {}:{}, set by hand", s.name, machine.host, machine.port));
    finding.evidence.push_back(say("registered KMS machine name: {}:{}", machine.host, machine.port));
    if (s.dlv.lookup_domain)
        finding.evidence.push_back(say("the look-up domain {} has no effect meanwhile", *s.dlv.lookup_domain));
}

void no_cache(const DlvSubject& s, Findings& out) {
    if (!s.has_client_key || !s.dlv.host_caching.is(false)) return;
    s.add(out, rule::client_no_cache, say("{} does not keep the KMS host that it found", s.name))
        .evidence.emplace_back(tr("KMS host caching is disabled"));
}

void lab_host(const DlvSubject& s, Findings& out) {
    if (!s.has_client_key || !s.dlv.host_extended_pid) return;
    const auto epid = kms::parse_epid(*s.dlv.host_extended_pid);
    if (!epid || !epid->is_lab()) return;
    s.add(out, rule::host_lab, say("{} was answered by the reference host of this toolkit", s.name))
        .evidence.push_back(say("KMS machine extended PID: {}", *s.dlv.host_extended_pid));
}

constexpr Row<DlvSubject> rows[] = {
    {&rule::client_host_key, host_key},
    {&rule::client_channel, other_channel<rule::client_channel>},
    {&rule::client_other_channel, other_channel<rule::client_other_channel>},
    {&rule::client_key, key},
    {&rule::client_unlicensed, unlicensed},
    {&rule::client_notification, notification<rule::client_notification>},
    {&rule::client_non_genuine, non_genuine},
    {&rule::client_grace, grace<rule::client_grace>},
    {&rule::client_grace_ends, grace<rule::client_grace_ends>},
    {&rule::client_expiration_long, expiration_long},
    {&rule::client_renewal_overdue, renewal_overdue},
    {&rule::client_ad, by_ad},
    {&rule::client_type, type},
    {&rule::client_no_discovery, no_discovery},
    {&rule::client_fixed_host, fixed_host},
    {&rule::client_no_cache, no_cache},
    {&rule::host_lab, lab_host},
};

}  // namespace

std::span<const Row<DlvSubject>> dlv_client_rows() { return rows; }

}  // namespace diag::check

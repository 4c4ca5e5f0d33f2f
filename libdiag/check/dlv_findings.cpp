#include "libdiag/check/dlv_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "libdiag/base/hex.h"
#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using slmgr::Dlv;
using Findings = std::vector<Finding>;

constexpr std::uint32_t no_host_helped = 0xC004F074;
constexpr std::size_t few_unknown_lines = 4;  // a prompt, a command and the like stand around many saved outputs

std::string name_of_product(const Dlv& dlv, const kms::Product* product) {
    if (dlv.name) return *dlv.name;
    return std::string{product != nullptr ? product->name : tr("the product")};
}

bool is_in_use(const Dlv& dlv) { return !dlv.not_in_use.is(true) && !dlv.product_not_found.is(true); }

bool is_failure(std::uint32_t code) { return (code >> 31) != 0; }

std::string check_text(std::string_view check) {
    return check.starts_with("check ") ? std::string{tr(check)} : say("check: {}", tr(check));
}

void add_code(const DlvSubject& subject, std::uint32_t code, Findings& out) {
    Finding& finding = subject.add(out, rule::slmgr_error, say("slmgr ended with {}", format_code(code)));
    finding.windows_code = code;
    if (code == no_host_helped) finding.likely_cause = 1;
    const kms::ErrorCode* error = kms::find_error(code);
    if (error == nullptr) {
        finding.evidence.emplace_back(tr("no public table has this code"));
        return;
    }
    finding.evidence.push_back(fmt::format("{} {}: {}", format_code(code), error->symbol, tr(error->meaning)));
    for (const std::string_view check : kms::list_items(error->checks)) finding.evidence.push_back(check_text(check));
}

// Also how slmgr /ato ended where it printed no code. Success is for the verdict to say.
void error(const DlvSubject& subject, Findings& out) {
    std::vector<std::uint32_t> codes = subject.dlv.error_codes;
    std::erase_if(codes, [](std::uint32_t code) { return !is_failure(code); });
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    for (const std::uint32_t code : codes) add_code(subject, code, out);
    if (!subject.dlv.attempt.is(slmgr::AttemptEnd::failed)) return;
    Finding& finding =
        subject.add(out, rule::slmgr_error, say("the attempt to activate {} failed, without a code", subject.name));
    finding.windows_code = 0;
    finding.evidence.emplace_back(tr("slmgr /ato shows no code where the product is not licensed after the attempt"));
    finding.evidence.push_back(check_text(tr("the events 12288, 12289 and 8198 of that minute have the code")));
}

void ended_non_genuine(const DlvSubject& subject, Findings& out) {
    if (!subject.dlv.attempt.is(slmgr::AttemptEnd::non_genuine)) return;
    subject.add(out, rule::client_non_genuine, say("{} is judged not genuine", subject.name))
        .evidence.emplace_back(tr("slmgr /ato refers to slui.exe and shows no code"));
}

constexpr Row<DlvSubject> end_rows[] = {
    {&rule::slmgr_error, error},
    {&rule::client_non_genuine, ended_non_genuine},
};

void unknown_lines(const DlvSubject& subject, Findings& out) {
    const std::size_t count = subject.dlv.unknown_line_count;
    if (count <= few_unknown_lines) return;
    subject.add(out, rule::saved_lines_unknown, say("{} lines of the saved output were not understood", count))
        .evidence.push_back(say("{} lines without a known label or form", count));
}

constexpr Row<DlvSubject> line_rows[] = {{&rule::saved_lines_unknown, unknown_lines}};

void no_key(const SavedProducts& saved, Findings& out) {
    if (saved.has_product) return;
    out.push_back({.rule = &rule::client_no_key,
                   .target = std::string{saved.target},
                   .title = std::string{tr("no product with a product key is installed")},
                   .evidence = {std::string{tr("slmgr found no product in use")}},
                   .packets = {}});
}

constexpr Row<SavedProducts> products_rows[] = {{&rule::client_no_key, no_key}};

void sort_by_severity(Findings& findings) {
    std::ranges::stable_sort(findings, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
}

// Two outputs of one machine say the same of a product.
void remove_repeated(Findings& findings) {
    Findings once;
    for (Finding& finding : findings) {
        const bool is_known = std::ranges::any_of(once, [&](const Finding& other) {
            return other.rule == finding.rule && other.title == finding.title &&
                   other.shown_windows_code() == finding.shown_windows_code();
        });
        if (!is_known) once.push_back(std::move(finding));
    }
    findings = std::move(once);
}

void check_product(const Dlv& dlv, std::string_view target, DlvRole role, Findings& findings) {
    const DlvSubject subject{dlv, target, role};
    look(dlv_end_rows(), subject, findings);
    if (is_in_use(dlv)) {
        look(dlv_client_rows(), subject, findings);
        look(dlv_host_rows(), subject, findings);
    }
    look(dlv_line_rows(), subject, findings);
}

}  // namespace

Subject subject_of(const Dlv& dlv) {
    Subject subject;
    if (dlv.client_machine_id) subject.machine_id = to_string(*dlv.client_machine_id);
    if (!dlv.kms_machine) return subject;
    const auto& machine = *dlv.kms_machine;
    const auto literal = IpAddress::parse(machine.host);
    if (literal) {
        subject.host = to_string(Endpoint{*literal, machine.port});
    } else {
        subject.host_name = dns::lower_case(machine.host);
        if (const auto reached = dlv.kms_ip ? IpAddress::parse(*dlv.kms_ip) : std::nullopt)
            subject.host = to_string(Endpoint{*reached, machine.port});
    }
    return subject;
}

DlvSubject::DlvSubject(const Dlv& dlv_in, std::string_view target_in, DlvRole role_in)
    : dlv{dlv_in},
      role{role_in},
      product{dlv_in.activation_id ? kms::find_product(*dlv_in.activation_id) : nullptr},
      name{name_of_product(dlv_in, product)},
      has_client_key{slmgr::has_client_channel(dlv_in)},
      has_host_key{slmgr::has_host_channel(dlv_in)},
      is_host{slmgr::is_kms_host(dlv_in) && (role_in != DlvRole::client || dlv_in.host_enabled.is(true))},
      target_{target_in} {}

Finding& DlvSubject::add(Findings& out, const Rule& rule, std::string title) const {
    out.push_back({.rule = &rule, .target = target_, .title = std::move(title), .evidence = {}, .packets = {}});
    out.back().about = subject_of(dlv);
    return out.back();
}

std::span<const Row<DlvSubject>> dlv_end_rows() { return end_rows; }
std::span<const Row<DlvSubject>> dlv_line_rows() { return line_rows; }
std::span<const Row<SavedProducts>> saved_products_rows() { return products_rows; }

std::string minutes_text(std::int64_t minutes) {
    return say("{} minutes ({:.1f} days)", minutes, static_cast<double>(minutes) / (24 * 60));
}

std::string description_text(const Dlv& dlv) { return say("description: {}", *dlv.description); }

std::string status_text(slmgr::LicenseStatus status) {
    using Status = slmgr::LicenseStatus;
    const auto text = [status] {
        switch (status) {
            case Status::unlicensed: return tr("license status: unlicensed");
            case Status::licensed: return tr("license status: licensed");
            case Status::initial_grace: return tr("license status: initial grace");
            case Status::additional_grace: return tr("license status: additional grace");
            case Status::non_genuine_grace: return tr("license status: non-genuine grace");
            case Status::notification: return tr("license status: notification");
            case Status::extended_grace: return tr("license status: extended grace");
            case Status::unknown: break;
        }
        return tr("license status: unknown");
    }();
    return std::string{text};
}

std::vector<Finding> check_dlv(const Dlv& dlv, std::string_view target, DlvRole role) {
    std::vector<Finding> findings;
    check_product(dlv, target, role, findings);
    look(saved_products_rows(), {target, !dlv.product_not_found.is(true)}, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_saved_dlv(std::span<const Dlv> products, std::string_view target, DlvRole role) {
    std::vector<Finding> findings;
    for (const Dlv& dlv : products) check_product(dlv, target, role, findings);
    look(saved_products_rows(), {target, std::ranges::any_of(products, is_in_use)}, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_saved(const slmgr::SavedOutput& saved, std::string_view target, const HostEvidence& dns) {
    std::vector<Finding> findings = check_saved_dlv(saved.products, target);
    std::ranges::move(check_saved_hosts(saved.products, target, dns), std::back_inserter(findings));
    remove_repeated(findings);
    sort_by_severity(findings);
    return findings;
}

}  // namespace diag::check

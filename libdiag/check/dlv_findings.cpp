#include "libdiag/check/dlv_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "libdiag/base/hex.h"
#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using slmgr::Dlv;

constexpr std::size_t few_unknown_lines = 4;  // a prompt, a command and the like stand around many saved outputs

std::string name_of_product(const Dlv& dlv, const kms::Product* product) {
    if (dlv.name) return *dlv.name;
    return product != nullptr ? std::string{product->name} : "the product";
}

bool is_in_use(const Dlv& dlv) { return !dlv.not_in_use.is(true) && !dlv.product_not_found.is(true); }

bool is_failure(std::uint32_t code) { return (code >> 31) != 0; }

void check_errors(DlvSubject& subject) {
    std::vector<std::uint32_t> codes = subject.dlv.error_codes;
    std::erase_if(codes, [](std::uint32_t code) { return !is_failure(code); });
    std::ranges::sort(codes);
    codes.erase(std::ranges::unique(codes).begin(), codes.end());
    for (const std::uint32_t code : codes) {
        Finding& finding = subject.add(rule::slmgr_error, fmt::format("slmgr ended with {}", format_code(code)));
        finding.windows_code = code;
        const kms::ErrorCode* error = kms::find_error(code);
        if (error == nullptr) {
            finding.evidence.push_back("no public table has this code");
            continue;
        }
        finding.evidence.push_back(fmt::format("{} {}: {}", format_code(code), error->symbol, error->meaning));
        for (const std::string_view check : kms::list_items(error->checks))
            finding.evidence.push_back(fmt::format("check: {}", check));
    }
}

// How slmgr /ato ended where it printed no code. Success is for the verdict to say.
void check_attempt(DlvSubject& subject) {
    if (subject.dlv.attempt.is(slmgr::AttemptEnd::failed)) {
        Finding& finding = subject.add(rule::slmgr_error,
                                       fmt::format("the attempt to activate {} failed, without a code", subject.name));
        finding.windows_code = 0;
        finding.evidence.push_back("slmgr /ato shows no code where the product is not licensed after the attempt");
        finding.evidence.push_back("check: the events 12288, 12289 and 8198 of that minute have the code");
    } else if (subject.dlv.attempt.is(slmgr::AttemptEnd::non_genuine)) {
        subject.add(rule::client_non_genuine, fmt::format("{} is judged not genuine", subject.name))
            .evidence.push_back("slmgr /ato refers to slui.exe and shows no code");
    }
}

void check_unknown_lines(DlvSubject& subject) {
    const std::size_t count = subject.dlv.unknown_line_count;
    if (count <= few_unknown_lines) return;
    subject.add(rule::saved_lines_unknown, fmt::format("{} lines of the saved output were not understood", count))
        .evidence.push_back(fmt::format("{} lines without a known label or form", count));
}

void add_no_key(std::string_view target, std::vector<Finding>& findings) {
    findings.push_back({.rule = &rule::client_no_key,
                        .target = std::string{target},
                        .title = "no product with a product key is installed",
                        .evidence = {"slmgr found no product in use"},
                        .packets = {}});
}

void sort_by_severity(std::vector<Finding>& findings) {
    std::ranges::stable_sort(findings, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
}

// Two outputs of one machine say the same of a product.
void remove_repeated(std::vector<Finding>& findings) {
    std::vector<Finding> once;
    for (Finding& finding : findings) {
        const bool is_known = std::ranges::any_of(once, [&](const Finding& other) {
            return other.rule == finding.rule && other.title == finding.title &&
                   other.shown_windows_code() == finding.shown_windows_code();
        });
        if (!is_known) once.push_back(std::move(finding));
    }
    findings = std::move(once);
}

void check_product(const Dlv& dlv, std::string_view target, DlvRole role, std::vector<Finding>& findings) {
    DlvSubject subject{dlv, target, role};
    check_errors(subject);
    check_attempt(subject);
    if (is_in_use(dlv)) {
        check_dlv_client(subject);
        check_dlv_host(subject);
    }
    check_unknown_lines(subject);
    std::ranges::move(subject.take(), std::back_inserter(findings));
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

DlvSubject::DlvSubject(const Dlv& dlv_in, std::string_view target, DlvRole role_in)
    : dlv{dlv_in},
      role{role_in},
      product{dlv_in.activation_id ? kms::find_product(*dlv_in.activation_id) : nullptr},
      name{name_of_product(dlv_in, product)},
      target_{target} {}

Finding& DlvSubject::add(const Rule& rule, std::string title) {
    findings_.push_back({.rule = &rule, .target = target_, .title = std::move(title), .evidence = {}, .packets = {}});
    findings_.back().about = subject_of(dlv);
    return findings_.back();
}

std::string minutes_text(std::int64_t minutes) {
    return fmt::format("{} minutes ({:.1f} days)", minutes, static_cast<double>(minutes) / (24 * 60));
}

std::string status_text(slmgr::LicenseStatus status) {
    static constexpr std::string_view names[] = {
        "unlicensed",        "licensed",     "initial grace",  "additional grace",
        "non-genuine grace", "notification", "extended grace", "unknown"};
    return fmt::format("license status: {}", names[static_cast<std::size_t>(status)]);
}

std::vector<Finding> check_dlv(const Dlv& dlv, std::string_view target, DlvRole role) {
    std::vector<Finding> findings;
    check_product(dlv, target, role, findings);
    if (dlv.product_not_found.is(true)) add_no_key(target, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_saved_dlv(std::span<const Dlv> products, std::string_view target, DlvRole role) {
    std::vector<Finding> findings;
    for (const Dlv& dlv : products) check_product(dlv, target, role, findings);
    if (std::ranges::none_of(products, is_in_use)) add_no_key(target, findings);
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

#include "tools/kms-check/run.h"

#include <ares.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>

#include "libdiag/activate/activation_json.h"
#include "libdiag/activate/activation_subject.h"
#include "libdiag/activate/activation_text.h"
#include "libdiag/activate/saved_hosts.h"
#include "libdiag/activate/saved_report.h"
#include "libdiag/base/utf.h"
#include "libdiag/check/dlv_findings.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/input_file.h"
#include "libdiag/cli/key_file.h"
#include "libdiag/probe/own_request.h"
#include "libdiag/report/junit.h"
#include "libdiag/report/nagios.h"
#include "libdiag/slmgr/read_saved.h"

namespace diag::check_tool {
namespace {

constexpr std::string_view tool_name = "kms-check";
using Problem = std::unexpected<std::string>;

std::string_view service_of(Command command) { return command == Command::ato ? "KMS ATO" : "KMS DLV"; }
std::string_view name_of(Command command) { return command == Command::ato ? "ato" : "dlv"; }

class Run {
public:
    Run(Options& options, const Environment& environment)
        : options_{options}, environment_{environment}, style_{environment.colored} {}

    int all() {
        const auto done = options_.from ? saved() : live();
        if (!done) return fail(done.error());
        return environment_.out.status(cli::exit_status(worst_, options_.fail_on));
    }

private:
    using Result = std::expected<void, std::string>;

    int fail(const std::string& message) {
        if (options_.format == cli::Format::nagios) {
            std::string text;
            report::append_nagios_unknown(text, service_of(options_.command), message);
            environment_.out.write(text);
        }
        cli::write_error(tool_name, message);
        return cli::status_failed;
    }

    Result live() {
        auto profile = cli::load_profile(options_.keys_file);
        if (!profile) return Problem(profile.error());
        options_.settings.profile = std::move(*profile);
        const auto request = probe::make_own_request(options_.client);
        if (!request) return Problem(request.error());
        options_.settings.request = *request;
        options_.settings.stop = environment_.stop;
        options_.settings.discovery.stop = environment_.stop;
        // Also with -q: what a request leaves behind is said before it is sent.
        cli::write_error(tool_name, fmt::format("a host that is asked counts client machine id {} for 30 days",
                                                to_string(request->client_machine_id)));
        const activate::Activation activation = activate::activate(options_.settings);
        if (activation.problem) return Problem(*activation.problem);
        const bool is_open = !activation.answer && !activation.keys_refused;
        if (is_open && environment_.stop != nullptr && environment_.stop->load())
            return Problem("stopped before a host had answered");
        worst_ = check::worst(activation.findings);
        write(activation);
        return {};
    }

    Result saved() {
        const std::string source = *options_.from == "-" ? "standard input" : *options_.from;
        const auto text = cli::read_input_file(*options_.from, slmgr::limits::file_size);
        if (!text) return Problem(fmt::format("--from {}: {}", escape_for_terminal(source), text.error()));
        auto saved = slmgr::read_saved(bytes_of(*text));
        if (!saved) return Problem(fmt::format("--from {}: {}", escape_for_terminal(source), saved.error()));
        activate::SavedReport report{.source = source, .products = {}, .findings = {}};
        if (options_.settings.discovery.domain) {
            if (auto done = ask_dns(*saved, report); !done) return done;
        }
        auto findings = check::check_saved(*saved, source, report.dns.value_or(check::HostEvidence{}));
        report.findings.insert(report.findings.end(), findings.begin(), findings.end());
        std::ranges::stable_sort(report.findings, std::ranges::greater{}, check::rank_of);
        report.products = std::move(saved->products);
        worst_ = check::worst(report.findings);
        write(report);
        return {};
    }

    // Leaves what is wrong with the publication in the report.
    Result ask_dns(const slmgr::SavedOutput& saved, activate::SavedReport& report) {
        options_.settings.discovery.stop = environment_.stop;
        auto found = activate::look_up_hosts(
            saved.products,
            {.discovery = options_.settings.discovery, .v4 = options_.settings.v4, .v6 = options_.settings.v6});
        if (found.discovery.problem) return Problem(*found.discovery.problem);
        if (found.discovery.stopped) return Problem("stopped before DNS had answered");
        report.findings = discover::findings_of(found.discovery);
        report.dns = std::move(found.evidence);
        return {};
    }

    void append(std::string& out, const activate::Activation& activation) const {
        if (options_.format == cli::Format::json)
            return activate::append_json(out, activation, name_of(options_.command));
        const auto append_text = options_.command == Command::ato ? activate::append_ato : activate::append_dlv;
        append_text(out, activation, style_, options_.loudness.verbose);
    }

    void append(std::string& out, const activate::SavedReport& report) const {
        if (options_.format == cli::Format::json) return activate::append_json(out, report);
        activate::append_text(out, report, style_, options_.loudness.verbose);
    }

    template <class Report> void write(const Report& report) {
        const bool is_fine = !worst_ || *worst_ == check::Severity::info;
        std::string text;
        switch (options_.format) {
            case cli::Format::text:
            case cli::Format::json:
                if (!options_.loudness.quiet || !is_fine) append(text, report);
                break;
            case cli::Format::nagios: {
                const report::Subject subjects[] = {make_subject(report)};
                report::append_nagios(text, service_of(options_.command), subjects, options_.fail_on);
                break;
            }
            case cli::Format::junit: {
                const report::Subject subjects[] = {make_subject(report)};
                report::append_junit(text, tool_name, subjects, options_.fail_on);
                break;
            }
        }
        environment_.out.write(text);
    }

    Options& options_;
    const Environment& environment_;
    report::Style style_;
    std::optional<check::Severity> worst_;
};

}  // namespace

int run(Options options, const Environment& environment) { return Run{options, environment}.all(); }

std::string version_text() {
    return fmt::format("kms-check {}\n{}\nc-ares {}\n", DIAG_VERSION, OpenSSL_version(OPENSSL_VERSION),
                       ares_version(nullptr));
}

}  // namespace diag::check_tool

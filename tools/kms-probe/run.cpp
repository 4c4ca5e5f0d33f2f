#include "tools/kms-probe/run.h"

#include <ares.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include "libdiag/base/utf.h"
#include "libdiag/cli/block_writer.h"
#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/key_file.h"
#include "libdiag/cli/list_file.h"
#include "libdiag/probe/own_request.h"
#include "libdiag/probe/probe_json.h"
#include "libdiag/probe/probe_subject.h"
#include "libdiag/probe/probe_text.h"
#include "libdiag/probe/published_report.h"
#include "libdiag/report/junit.h"
#include "libdiag/report/nagios.h"

namespace diag::probe_tool {
namespace {

constexpr std::string_view tool_name = "kms-probe";
using Problem = std::unexpected<std::string>;

class Run {
public:
    Run(Options& options, const Environment& environment)
        : options_{options},
          environment_{environment},
          style_{environment.colored},
          writer_{environment.out, environment.error_is_terminal} {}

    int all() {
        for (const auto step : {&Run::read_targets, &Run::read_keys, &Run::find_hosts, &Run::make_request})
            if (auto done = (this->*step)(); !done) return fail(done.error());
        options_.settings.stop = environment_.stop;
        const std::size_t target_count = options_.targets.size();
        const probe::ProbeEnd end = probe::probe(
            std::move(options_.targets), options_.settings,
            {.on_attempt = [this](auto, auto round, const auto& attempt) { on_attempt(round, attempt); },
             .on_target = [this](probe::TargetReport report) { on_target(std::move(report)); },
             .on_progress = [this](std::size_t done, std::size_t all) { writer_.progress(done, all, "targets"); }});
        // Nobody may take what was not tried as in order. A reader who went away knows.
        auto problem = end.problem;
        const std::size_t done_count = published_ ? published_->targets.size() : summary_.target_count;
        if (!problem && end.stopped && done_count < target_count && !environment_.out.has_ended())
            problem = fmt::format("stopped after {} of {} targets", done_count, target_count);
        if (published_) {
            published_->stopped = problem.has_value();
            finish_search();
        }
        finish(problem.has_value());
        if (problem) return fail(*problem);
        return environment_.out.status(cli::exit_status(worst_, options_.fail_on));
    }

private:
    using Result = std::expected<void, std::string>;

    int fail(const std::string& message) {
        if (options_.format == cli::Format::nagios) {
            std::string text;
            report::append_nagios_unknown(text, service, message);
            environment_.out.write(text);
        }
        cli::write_error(tool_name, message);
        return cli::status_failed;
    }

    Result read_targets() {
        if (!options_.target_file) return {};
        const auto text = cli::read_list_file("--targets", *options_.target_file);
        if (!text) return Problem(text.error());
        auto targets = probe::parse_target_list(*text, options_.port);
        if (!targets)
            return Problem(
                escape_for_terminal(fmt::format("--targets {}: {}", *options_.target_file, targets.error())));
        for (probe::Target& target : *targets) options_.targets.push_back(std::move(target));
        if (options_.targets.empty())
            return Problem(fmt::format("--targets {}: names no target", escape_for_terminal(*options_.target_file)));
        return {};
    }

    // Where no target is named: those that DNS has for a client.
    Result find_hosts() {
        if (!options_.discovery) return {};
        options_.discovery->stop = environment_.stop;
        published_.emplace();
        published_->discovery = discover::discover(*options_.discovery);
        const discover::Discovery& found = published_->discovery;
        if (found.problem) return Problem(*found.problem);
        if (found.stopped) return Problem("stopped before DNS had answered");
        for (const discover::Host& host : found.hosts) options_.targets.push_back(probe::target_of(host));
        options_.settings.search = false;
        return {};
    }

    Result read_keys() {
        auto profile = cli::load_profile(options_.keys_file);
        if (!profile) return Problem(profile.error());
        options_.settings.profile = std::move(*profile);
        return {};
    }

    Result make_request() {
        if (!options_.request || options_.targets.empty()) return {};
        const auto request = probe::make_own_request(*options_.request);
        if (!request) return Problem(request.error());
        options_.settings.requests.push_back(*request);
        // Also with -q: what a request leaves behind is said before it is sent.
        cli::write_error(
            tool_name, fmt::format("sending a request to each host, which then counts client machine id {} for 30 days",
                                   to_string(request->client_machine_id)));
        return {};
    }

    bool is_series() const { return options_.settings.round_count != 1; }

    void on_attempt(std::uint64_t round, const probe::Attempt& attempt) {
        if (!is_series() || options_.format != cli::Format::text || options_.loudness.quiet) return;
        std::string text;
        probe::append_attempt(text, round, attempt, style_);
        writer_.write(text);
        writer_.flush();  // the next may be long in coming
    }

    // Of hosts that DNS names one that fails may stand behind another that works: they are judged together.
    void on_target(probe::TargetReport report) {
        if (published_) {
            published_->targets.push_back(std::move(report));
        } else {
            take(report);
        }
    }

    void finish_search() {
        probe::judge(*published_);
        note(discover::findings_of(published_->discovery));
        const bool is_shown = is_search_shown();
        std::string text;
        switch (options_.format) {
            case cli::Format::text:
                if (is_shown) probe::append_search(text, *published_, style_, options_.loudness.verbose);
                break;
            case cli::Format::json:
                if (is_shown) probe::append_json(text, *published_);
                break;
            case cli::Format::nagios:
            case cli::Format::junit: subjects_.push_back(probe::make_subject(*published_)); break;
        }
        writer_.write(text);
        for (const probe::TargetReport& report : published_->targets) take(report);
    }

    void note(const std::vector<check::Finding>& findings) {
        const auto worst = check::worst(findings);
        if (worst && (!worst_ || *worst > *worst_)) worst_ = worst;
    }

    void take(const probe::TargetReport& report) {
        summary_.add(report);
        note(report.findings);
        const bool is_shown = !options_.loudness.quiet || probe::deciding(report.findings) != nullptr;
        std::string text;
        switch (options_.format) {
            case cli::Format::text:
                if (is_shown) probe::append_text(text, report, style_, options_.loudness.verbose);
                break;
            case cli::Format::json:
                if (is_shown) probe::append_json(text, report);
                break;
            case cli::Format::nagios:
            case cli::Format::junit: subjects_.push_back(probe::make_subject(report)); break;
        }
        writer_.write(text);
    }

    void finish(bool failed) {
        std::string text;
        switch (options_.format) {
            case cli::Format::text:
                probe::append_summary(text, summary_);
                if (published_ && is_verdict_shown()) probe::append_verdict(text, *published_, style_);
                break;
            case cli::Format::json: break;
            case cli::Format::nagios:
                if (!failed) report::append_nagios(text, service, subjects_, options_.fail_on);
                break;
            case cli::Format::junit: report::append_junit(text, tool_name, subjects_, options_.fail_on); break;
        }
        writer_.write(text);
        writer_.flush();
    }

    bool is_search_shown() const {
        return !options_.loudness.quiet || probe::deciding(discover::findings_of(published_->discovery)) != nullptr;
    }
    bool is_verdict_shown() const { return !options_.loudness.quiet || probe::deciding(*published_) != nullptr; }

    static constexpr std::string_view service = "KMS PROBE";

    Options& options_;
    const Environment& environment_;
    report::Style style_;
    cli::BlockWriter writer_;
    probe::ProbeSummary summary_;
    std::optional<probe::Published> published_;  // where DNS was asked for hosts
    std::vector<report::Subject> subjects_;
    std::optional<check::Severity> worst_;
};

}  // namespace

int run(Options options, const Environment& environment) { return Run{options, environment}.all(); }

std::string version_text() {
    return fmt::format("kms-probe {}\n{}\nc-ares {}\n", DIAG_VERSION, OpenSSL_version(OPENSSL_VERSION),
                       ares_version(nullptr));
}

}  // namespace diag::probe_tool

#include "tools/kms-probe/run.h"

#include <ares.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iostream>
#include <iterator>

#include "libdiag/base/utf.h"
#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/key_file.h"
#include "libdiag/cli/signals.h"
#include "libdiag/probe/own_request.h"
#include "libdiag/probe/probe_json.h"
#include "libdiag/probe/probe_subject.h"
#include "libdiag/probe/probe_text.h"
#include "libdiag/report/junit.h"
#include "libdiag/report/nagios.h"

namespace diag::probe_tool {
namespace {

constexpr std::string_view tool_name = "kms-probe";
constexpr std::size_t max_list_size = std::size_t{64} << 20;  // bytes of --targets
using Problem = std::unexpected<std::string>;

std::expected<std::string, std::string> read_list(const std::string& path) {
    const auto take = [](std::istream& in) {
        std::string text;
        char block[65'536];
        while (text.size() <= max_list_size && (in.read(block, sizeof block) || in.gcount() > 0))
            text.append(block, static_cast<std::size_t>(in.gcount()));
        return text;
    };
    std::string text;
    if (path == "-") {
        text = take(std::cin);
    } else {
        std::ifstream file{path, std::ios::binary};
        if (!file) return Problem(fmt::format("--targets {}: {}", escape_for_terminal(path), std::strerror(errno)));
        text = take(file);
        if (file.bad()) return Problem(fmt::format("--targets {}: cannot be read", escape_for_terminal(path)));
    }
    if (text.size() > max_list_size) return Problem("--targets: the list is longer than 64 MiB; split it");
    return text;
}

class Run {
public:
    Run(Options& options, const Environment& environment)
        : options_{options}, environment_{environment}, style_{environment.colored} {}

    int all() {
        for (const auto step : {&Run::read_targets, &Run::read_keys, &Run::make_request})
            if (auto done = (this->*step)(); !done) return fail(done.error());
        options_.settings.stop = environment_.stop;
        const probe::ProbeEnd end =
            probe::probe(std::move(options_.targets), options_.settings,
                         {.on_attempt = [this](auto, auto round, const auto& attempt) { on_attempt(round, attempt); },
                          .on_target = [this](probe::TargetReport report) { on_target(std::move(report)); },
                          .on_progress = [this](std::size_t done, std::size_t all) { show_progress(done, all); }});
        clear_progress();
        finish();
        if (end.problem) return fail(*end.problem);
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
        const auto text = read_list(*options_.target_file);
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

    Result read_keys() {
        auto profile = cli::load_profile(options_.keys_file);
        if (!profile) return Problem(profile.error());
        options_.settings.profile = std::move(*profile);
        return {};
    }

    Result make_request() {
        if (!options_.request) return {};
        const auto request = probe::make_own_request(*options_.request);
        if (!request) return Problem(request.error());
        options_.settings.requests.push_back(*request);
        if (!options_.loudness.quiet)
            cli::write_error(
                tool_name,
                fmt::format("sending a request to each host, which then counts client machine id {} for 30 days",
                            to_string(request->client_machine_id)));
        return {};
    }

    bool is_series() const { return options_.settings.round_count != 1; }

    void on_attempt(std::uint64_t round, const probe::Attempt& attempt) {
        if (!is_series() || options_.format != cli::Format::text || options_.loudness.quiet) return;
        std::string text;
        probe::append_attempt(text, round, attempt, style_);
        write(text);
    }

    void on_target(probe::TargetReport report) {
        summary_.add(report);
        const auto worst = check::worst(report.findings);
        if (worst && (!worst_ || *worst > *worst_)) worst_ = worst;
        const bool is_fine = !worst || *worst == check::Severity::info;
        std::string text;
        switch (options_.format) {
            case cli::Format::text:
                if (!options_.loudness.quiet || !is_fine)
                    probe::append_text(text, report, style_, options_.loudness.verbose);
                break;
            case cli::Format::json:
                if (!options_.loudness.quiet || !is_fine) probe::append_json(text, report);
                break;
            case cli::Format::nagios:
            case cli::Format::junit: subjects_.push_back(probe::make_subject(report)); break;
        }
        write(text);
    }

    void finish() {
        std::string text;
        switch (options_.format) {
            case cli::Format::text: probe::append_summary(text, summary_); break;
            case cli::Format::json: break;
            case cli::Format::nagios: report::append_nagios(text, service, subjects_, options_.fail_on); break;
            case cli::Format::junit: report::append_junit(text, tool_name, subjects_, options_.fail_on); break;
        }
        write(text);
        flush();
    }

    // Many targets a second: one system call for many of them, but nobody waits longer than a moment.
    void write(std::string_view text) {
        constexpr std::size_t block_size = 32'768;
        constexpr std::chrono::milliseconds patience{100};
        if (text.empty()) return;
        pending_ += text;
        const auto now = std::chrono::steady_clock::now();
        if (pending_.size() < block_size && now - flushed_ < patience) return;
        flushed_ = now;
        flush();
    }

    void flush() {
        clear_progress();
        if (!pending_.empty() && !environment_.out.write(pending_)) cli::request_stop();
        pending_.clear();
    }

    void show_progress(std::size_t done, std::size_t all) {
        constexpr std::chrono::milliseconds interval{200};
        const auto now = std::chrono::steady_clock::now();
        if (!environment_.error_is_terminal || all < 2 || now - shown_ < interval) return;
        shown_ = now;
        progress_shown_ = true;
        static_cast<void>(cli::write_all(STDERR_FILENO, fmt::format("\r\x1b[K{} of {} targets", done, all)));
    }

    void clear_progress() {
        if (!std::exchange(progress_shown_, false)) return;
        static_cast<void>(cli::write_all(STDERR_FILENO, "\r\x1b[K"));
    }

    static constexpr std::string_view service = "KMS PROBE";

    Options& options_;
    const Environment& environment_;
    report::Style style_;
    probe::ProbeSummary summary_;
    std::vector<report::Subject> subjects_;
    std::optional<check::Severity> worst_;
    std::string pending_;
    std::chrono::steady_clock::time_point flushed_, shown_;
    bool progress_shown_ = false;
};

}  // namespace

int run(Options options, const Environment& environment) { return Run{options, environment}.all(); }

std::string version_text() {
    return fmt::format("kms-probe {}\n{}\nc-ares {}\n", DIAG_VERSION, OpenSSL_version(OPENSSL_VERSION),
                       ares_version(nullptr));
}

}  // namespace diag::probe_tool

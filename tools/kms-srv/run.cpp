#include "tools/kms-srv/run.h"

#include <ares.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <thread>
#include <utility>

#include "libdiag/base/utf.h"
#include "libdiag/check/client_search.h"
#include "libdiag/cli/block_writer.h"
#include "libdiag/cli/exit_status.h"
#include "libdiag/cli/list_file.h"
#include "libdiag/discover/discovery.h"
#include "libdiag/eventlog/read_event_file.h"
#include "libdiag/lang/message.h"
#include "libdiag/net/dns_client.h"
#include "libdiag/report/junit.h"
#include "libdiag/report/nagios.h"
#include "libdiag/srv/client_view.h"
#include "libdiag/srv/srv_json.h"
#include "libdiag/srv/srv_subject.h"
#include "libdiag/srv/srv_text.h"
#include "libdiag/srv/update_run.h"
#include "libdiag/windows/ipconfig.h"

namespace diag::srv_tool {
namespace {

constexpr std::string_view tool_name = "kms-srv";
constexpr std::string_view service = "KMS SRV";
using Problem = std::unexpected<std::string>;

class Run {
public:
    Run(Options& options, const Environment& environment)
        : options_{options},
          environment_{environment},
          style_{environment.colored},
          writer_{environment.out, environment.error_is_terminal} {}

    int all() {
        options_.settings.stop = environment_.stop;
        for (const auto step : {&Run::read_domains, &Run::read_events, &Run::find_servers, &Run::add_update_domain,
                                &Run::find_client, &Run::read_policy})
            if (auto done = (this->*step)(); !done) return fail(done.error());
        return options_.watch ? watch() : once();
    }

private:
    using Result = std::expected<void, std::string>;

    // Until somebody stops it; the status is that of the last round.
    int watch() {
        while (true) {
            const auto next = std::chrono::steady_clock::now() + *options_.watch;
            worst_.reset();
            done_count_ = 0;
            if (view_) view_->reports.clear();
            if (!check()) break;
            if (view_) finish_view(true);
            writer_.flush();
            while (!is_stopped() && std::chrono::steady_clock::now() < next)
                std::this_thread::sleep_for(std::chrono::milliseconds{50});
            if (is_stopped()) break;
        }
        writer_.flush();
        return environment_.out.status(cli::exit_status(worst_, options_.fail_on));
    }

    bool is_stopped() const { return environment_.stop != nullptr && environment_.stop->load(); }

    bool check() {
        if (options_.domains.empty()) {  // of a client without a suffix
            take(srv::report_without_domain());
            return true;
        }
        return srv::check_domains(options_.domains, options_.settings,
                                  [this](srv::DomainReport report) { on_domain(report); });
    }

    int once() {
        const bool all_done = check();
        // Nobody may take what was not asked for as in order. A reader who went away knows.
        const bool cut_short = !all_done && !environment_.out.has_ended();
        if (view_) finish_view(!cut_short);
        finish(cut_short);
        if (cut_short) return fail(fmt::format("stopped after {} of {} domains", done_count_, options_.domains.size()));
        return environment_.out.status(cli::exit_status(worst_, options_.fail_on));
    }

    int fail(const std::string& message) {
        if (options_.format == cli::Format::nagios) {
            std::string text;
            report::append_nagios_unknown(text, service, message);
            environment_.out.write(text);
        }
        cli::write_error(tool_name, message);
        return cli::status_failed;
    }

    Result read_domains() {
        if (options_.target_file) {
            const auto text = cli::read_list_file("--targets", *options_.target_file);
            if (!text) return Problem(text.error());
            auto domains = parse_domains(*text);
            if (!domains)
                return Problem(
                    escape_for_terminal(fmt::format("--targets {}: {}", *options_.target_file, domains.error())));
            for (std::string& domain : *domains) options_.domains.push_back(std::move(domain));
        }
        return {};
    }

    // What is tested is reported with the domain that it is in. A host is no domain: where none is given, its zone is.
    Result add_update_domain() {
        auto& settings = options_.settings;
        if (!settings.update_test || srv::domain_of_update(*settings.update_test, options_.domains)) return {};
        settings.update_tested = srv::test_update(*settings.update_test, settings);
        if (!settings.update_tested) return Problem("stopped in the update test");
        const dns::DomainName& zone = settings.update_tested->zone;
        const dns::DomainName domain = srv::domain_of(*settings.update_test);
        const bool is_service = domain != *settings.update_test;
        options_.domains.push_back(to_string(zone.is_root() || is_service ? domain : zone));
        return {};
    }

    // The domains of which a host's log speaks are asked for, where nobody named others.
    Result read_events() {
        if (!options_.event_file) return {};
        const auto text = cli::read_list_file("--events", *options_.event_file);
        if (!text) return Problem(text.error());
        const auto log = eventlog::read_event_file(bytes_of(*text));
        if (!log)
            return Problem(escape_for_terminal(fmt::format("--events {}: {}", *options_.event_file, log.error())));
        if (log->problem) cli::write_error(tool_name, escape_for_terminal(fmt::format("--events: {}", *log->problem)));
        options_.settings.publications = windows::publications(log->events);
        if (options_.settings.publications.empty())
            return Problem(fmt::format("--events {}: has no event 12293 or 12294 of a KMS host",
                                       escape_for_terminal(*options_.event_file)));
        if (!options_.domains.empty() || options_.client || options_.ipconfig_file) return {};
        for (const windows::Publication& publication : options_.settings.publications)
            if (std::ranges::find(options_.domains, publication.domain) == options_.domains.end())
                options_.domains.push_back(publication.domain);
        return {};
    }

    // Whose view is it, when no domain is named?
    Result find_client() {
        if (!options_.domains.empty()) return {};
        if (options_.target_file)
            return Problem(fmt::format("--targets {}: names no domain", escape_for_terminal(*options_.target_file)));
        session::ClientDns client;
        if (options_.ipconfig_file) {
            const auto text = cli::read_list_file("--from-ipconfig", *options_.ipconfig_file);
            if (!text) return Problem(text.error());
            const auto read = windows::read_ipconfig(bytes_of(*text));
            if (!read)
                return Problem(
                    escape_for_terminal(fmt::format("--from-ipconfig {}: {}", *options_.ipconfig_file, read.error())));
            client = windows::client_dns_of(*read);
        } else if (options_.client) {
            client = *options_.client;
        } else {
            client = discover::own_client();
        }
        view_.emplace();
        view_->candidates = session::candidate_domains(client);
        for (const session::Candidate& candidate : view_->candidates) options_.domains.push_back(candidate.domain);
        const bool is_described = options_.client || options_.ipconfig_file;
        if (options_.domains.empty() && !is_described)
            return Problem(
                "this machine has no DNS domain (a client shows 0x8007007B then); give a DOMAIN, or describe a client");
        return {};
    }

    Result read_policy() {
        if (!options_.policy_file) return {};
        const auto text = cli::read_list_file("--policy", *options_.policy_file);
        if (!text) return Problem(text.error());
        auto hosts = parse_policy(*text);
        if (!hosts)
            return Problem(escape_for_terminal(fmt::format("--policy {}: {}", *options_.policy_file, hosts.error())));
        for (check::ExpectedHost& host : *hosts) options_.settings.expected.push_back(std::move(host));
        return {};
    }

    Result find_servers() {
        auto& servers = options_.settings.check.servers;
        if (servers.empty()) servers = net::system_dns_servers();
        if (servers.empty())
            return Problem("this machine has no DNS server (a client shows 0x8007267C then); give --server ADDRESS");
        return {};
    }

    // A view is judged as a whole.
    void on_domain(srv::DomainReport& report) {
        writer_.progress(++done_count_, options_.domains.size(), "domains");
        if (view_) {
            view_->reports.push_back(std::move(report));
        } else {
            take(report);
        }
    }

    // After a stop there are the first of its domains: what a later one has may take nothing back, and there is a verdict only
    // when one of them has ended the search.
    void finish_view(bool is_whole) {
        view_->candidates.resize(view_->reports.size());
        srv::judge_client(*view_);
        for (std::size_t i = 0; i < view_->reports.size(); ++i) {
            if (options_.explain && options_.format == cli::Format::text) {
                const auto& candidate = view_->candidates[i];
                const std::string domain = printable_names(candidate.domain);
                const std::string_view source = check::describe(candidate.source);
                write_wrapped(candidate.is_assumption
                                  ? lang::say("{}. {}: {} (an assumption: not documented)", i + 1, domain, source)
                                  : fmt::format("{}. {}: {}", i + 1, domain, source));
            }
            take(view_->reports[i]);
        }
        const bool has_verdict = !view_->reports.empty() && (is_whole || found_in(*view_) != nullptr);
        if (options_.format == cli::Format::text && !options_.loudness.quiet && has_verdict)
            write_wrapped(fmt::format("Verdict: {}", printable_names(verdict_text(*view_))));
    }

    void write_wrapped(std::string_view line) {
        constexpr std::size_t width = 80, indent = 4;
        std::string text;
        report::append_wrapped(text, line, 0, indent, width);
        writer_.write(text + '\n');
    }

    void take(const srv::DomainReport& report) {
        const auto worst = check::worst(report.findings);
        if (worst && (!worst_ || *worst > *worst_)) worst_ = worst;
        const bool is_fine = !worst || *worst == check::Severity::info;
        const bool is_shown = (!options_.loudness.quiet || !is_fine) && (!options_.watch || has_changed(report));
        std::string text;
        switch (options_.format) {
            case cli::Format::text:
                if (is_shown) srv::append_text(text, report, style_, options_.loudness.verbose);
                break;
            case cli::Format::json:
                if (is_shown) srv::append_json(text, report);
                break;
            case cli::Format::nagios:
            case cli::Format::junit: subjects_.push_back(srv::make_subject(report)); break;
        }
        writer_.write(text);
    }

    // Against the round before: other records, addresses or findings, not other times.
    bool has_changed(const srv::DomainReport& report) {
        std::vector<std::string> facts;
        facts.reserve(report.evidence.records.size() + report.evidence.targets.size() + report.findings.size());
        for (const auto& r : report.evidence.records)
            facts.push_back(fmt::format("{} {} {} {}", r.priority, r.weight, r.port, r.target));
        for (const auto& target : report.evidence.targets)
            for (const IpAddress& address : target.addresses)
                facts.push_back(fmt::format("{} {}", target.name, to_string(address)));
        for (const check::Finding& finding : report.findings)
            facts.push_back(fmt::format("{} {}", finding.rule->id, finding.title));
        std::ranges::sort(facts);  // servers rotate the order of records
        std::string state = fmt::format("{}", fmt::join(facts, "\n"));
        return std::exchange(states_[report.evidence.domain], state + "\n") != state + "\n";
    }

    void finish(bool cut_short) {
        std::string text;
        if (options_.format == cli::Format::nagios && !cut_short)
            report::append_nagios(text, service, subjects_, options_.fail_on);
        if (options_.format == cli::Format::junit) report::append_junit(text, tool_name, subjects_, options_.fail_on);
        writer_.write(text);
        writer_.flush();
    }

    Options& options_;
    const Environment& environment_;
    report::Style style_;
    cli::BlockWriter writer_;
    std::vector<report::Subject> subjects_;
    std::optional<check::Severity> worst_;
    std::optional<srv::ClientView> view_;
    std::map<std::string, std::string> states_;  // of --watch: what was last seen of each domain
    std::size_t done_count_ = 0;
};

}  // namespace

int run(Options options, const Environment& environment) { return Run{options, environment}.all(); }

std::string version_text() { return fmt::format("kms-srv {}\nc-ares {}\n", DIAG_VERSION, ares_version(nullptr)); }

}  // namespace diag::srv_tool

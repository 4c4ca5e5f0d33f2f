#include "libdiag/srv/srv_run.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <memory>

#include "libdiag/check/publish_findings.h"
#include "libdiag/net/clock.h"
#include "libdiag/net/dns_client.h"
#include "libdiag/net/random_source.h"
#include "libdiag/probe/prober.h"
#include "libdiag/session/service_order.h"

namespace diag::srv {
namespace {

class Run {
public:
    Run(const std::vector<std::string>& domains, const SrvSettings& settings,
        const std::function<void(DomainReport)>& on_domain)
        : domains_{domains},
          settings_{settings},
          on_domain_{on_domain},
          checks_(domains.size()),
          zones_(domains.size()),
          client_{{.timeout = settings.timeout, .stop = settings.stop},
                  [this](std::uint64_t tag, session::DnsReply reply) { on_reply(tag, std::move(reply)); }} {}

    bool all() {
        due_ = net::now().steady;
        client_.run([this] { return begin_some(); });
        const bool complete = reported_ == domains_.size();
        if (complete && settings_.reach) reach();
        return complete;
    }

private:
    void random(std::span<std::uint8_t> out) { random_.fill(out); }

    net::DnsClient::More begin_some() {
        while (next_ < domains_.size() && open_count_ < settings_.concurrency) {
            if (const auto wait = wait_for_rate(); wait.count() > 0) return {.later = true, .pause = wait};
            auto& check = checks_[next_];
            check = std::make_unique<session::SrvCheck>(domains_[next_], settings_.check,
                                                        [this](auto out) { random(out); });
            ++open_count_;
            ask(next_, check->start());
            if (settings_.authoritative || settings_.update_path) begin_zone(next_);
            ++next_;
        }
        return {.later = next_ < domains_.size()};
    }

    // Its queries carry a tag behind those of the domains.
    void begin_zone(std::size_t index) {
        zones_[index] = std::make_unique<session::ZoneCheck>(
            domains_[index], session::ZoneCheckSettings{.resolver = settings_.check.servers.front(),
                                                        .v4 = settings_.check.v4,
                                                        .v6 = settings_.check.v6,
                                                        .authoritative = settings_.authoritative,
                                                        .update_path = settings_.update_path,
                                                        .port = settings_.name_server_port});
        ask(domains_.size() + index, zones_[index]->start());
    }

    bool is_over(std::size_t index) const {
        return checks_[index]->is_over() && (!zones_[index] || zones_[index]->is_over());
    }

    // How long until another query may go out.
    std::chrono::milliseconds wait_for_rate() const {
        const auto wait = due_ - net::now().steady;
        return wait.count() <= 0 ? std::chrono::milliseconds{0} : std::chrono::ceil<std::chrono::milliseconds>(wait);
    }

    void ask(std::size_t tag, std::vector<session::DnsQuery> queries) {
        count(queries.size());
        for (session::DnsQuery& query : queries) client_.ask(tag, std::move(query));
    }

    // Time in which nothing was asked is not made up for, but for a moment's.
    void count(std::size_t query_count) {
        if (settings_.rate == 0) return;
        constexpr std::chrono::milliseconds slack{100};
        due_ = std::max(due_, net::now().steady - slack) + std::chrono::nanoseconds{std::chrono::seconds{1}} *
                                                               static_cast<std::int64_t>(query_count) / settings_.rate;
    }

    void on_reply(std::size_t tag, session::DnsReply reply) {
        const std::size_t index = tag % domains_.size();
        const bool is_zone = tag >= domains_.size();
        ask(tag, is_zone ? zones_[index]->on_reply(std::move(reply)) : checks_[index]->on_reply(std::move(reply)));
        if (!is_over(index)) return;
        --open_count_;
        while (reported_ < next_ && is_over(reported_)) report(reported_++);
    }

    void report(std::size_t index) {
        DomainReport report{.evidence = std::move(checks_[index]->evidence())};
        checks_[index].reset();
        const auto& records = report.evidence.records;
        report.findings = check::check_srv(report.evidence, settings_.expected);
        report.chances = session::first_choice_chances(records);
        report.equal_chances = session::equal_chances(records);
        if (zones_[index]) take_zone(index, report);
        for (const windows::Publication& publication : settings_.publications)
            if (is_same_domain(publication.domain, report.evidence.domain))
                add(check::check_publication(publication, report.evidence), report);
        simulate(report);
        if (settings_.reach) {
            waiting_.push_back(std::move(report));
        } else {
            on_domain_(std::move(report));
        }
    }

    static bool is_same_domain(std::string_view a, std::string_view b) {
        const auto x = dns::DomainName::parse(a);
        const auto y = dns::DomainName::parse(b);
        return x && y && dns::is_same_name(*x, *y);
    }

    static void add(std::vector<check::Finding> findings, DomainReport& report) {
        std::ranges::move(findings, std::back_inserter(report.findings));
        std::ranges::stable_sort(report.findings, std::ranges::greater{},
                                 [](const check::Finding& f) { return f.rule->severity; });
    }

    void take_zone(std::size_t index, DomainReport& report) {
        report.zone = std::move(zones_[index]->evidence());
        zones_[index].reset();
        add(check::check_zone(*report.zone), report);
    }

    // By the chances, which are those of the whole procedure: the rest of each client's order is not asked for.
    void simulate(DomainReport& report) {
        if (settings_.simulated_count == 0 || report.chances.empty()) return;
        report.draws.resize(report.chances.size(), 0);
        for (std::size_t i = 0; i < settings_.simulated_count; ++i) {
            std::array<std::uint8_t, 4> bytes{};
            random(bytes);
            std::uint32_t number = 0;
            for (const std::uint8_t byte : bytes) number = number << 8 | byte;
            double left = number / 4294967296.0;
            for (std::size_t at = 0; at < report.chances.size(); ++at) {
                left -= report.chances[at];
                if (left >= 0) continue;
                ++report.draws[at];
                break;
            }
        }
    }

    // When all is known from DNS, so that no question waits for a probe. With the addresses that these answers gave, not with
    // those of another look-up.
    void reach() {
        std::vector<probe::Target> targets;
        std::vector<std::size_t> owners;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            const auto& evidence = waiting_[i].evidence;
            for (const auto& record : evidence.records) {
                const auto target = std::ranges::find(evidence.targets, record.target, &session::SrvTarget::name);
                if (target == evidence.targets.end() || record.port == 0) continue;
                for (const IpAddress& address : target->addresses) {
                    targets.push_back({.host = {}, .address = address, .port = record.port});
                    owners.push_back(i);
                }
            }
        }
        std::size_t next = 0;
        probe::probe(std::move(targets), {.timeout = settings_.timeout, .stop = settings_.stop},
                     {.on_target = [&](probe::TargetReport reached) {
                         DomainReport& report = waiting_[owners[next++]];
                         add(reached.findings, report);
                         report.reach.push_back(std::move(reached));
                     }});
        for (DomainReport& report : waiting_) on_domain_(std::move(report));
    }

    const std::vector<std::string>& domains_;
    const SrvSettings& settings_;
    const std::function<void(DomainReport)>& on_domain_;
    std::vector<std::unique_ptr<session::SrvCheck>> checks_;
    std::vector<std::unique_ptr<session::ZoneCheck>> zones_;
    std::vector<DomainReport> waiting_;  // for their hosts to be probed
    net::RandomSource random_;
    net::DnsClient client_;
    session::TimePoint due_;  // before it no domain begins
    std::size_t next_ = 0, reported_ = 0, open_count_ = 0;
};

}  // namespace

bool check_domains(const std::vector<std::string>& domains, const SrvSettings& settings,
                   const std::function<void(DomainReport)>& on_domain) {
    return Run{domains, settings, on_domain}.all();
}

}  // namespace diag::srv

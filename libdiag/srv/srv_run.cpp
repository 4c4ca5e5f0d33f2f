#include "libdiag/srv/srv_run.h"

#include <fmt/format.h>

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
#include "libdiag/srv/update_run.h"

namespace diag::srv {
namespace {

class Run {
public:
    Run(const std::vector<std::string>& domains, const SrvSettings& settings,
        const std::function<void(DomainReport)>& on_domain)
        : domains_{domains},
          settings_{settings},
          checked_{check_settings(settings)},
          on_domain_{on_domain},
          checks_(domains.size()),
          zones_(domains.size()),
          client_{{.timeout = settings.timeout, .stop = settings.stop},
                  [this](std::uint64_t tag, session::DnsReply reply) { on_reply(tag, std::move(reply)); }} {}

    bool all() {
        if (settings_.update_test) {
            update_owner_ = domain_of_update(*settings_.update_test, domains_);
            update_test_ =
                settings_.update_tested ? settings_.update_tested : test_update(*settings_.update_test, settings_);
            if (!update_test_) return false;
        }
        due_ = net::now().steady;
        client_.run([this] { return begin_some(); });
        const bool complete = reported_ == domains_.size();
        if (complete && settings_.reach) reach();
        return complete;
    }

private:
    // Where else the record may be: the domains of the hosts that somebody spoke of.
    static session::SrvCheckSettings check_settings(const SrvSettings& settings) {
        session::SrvCheckSettings check = settings.check;
        const auto add = [&](const std::string& host) {
            const std::size_t dot = host.find('.');
            if (dot == std::string::npos || check.other_domains.size() >= session::max_other_domain_count) return;
            std::string domain = host.substr(dot + 1);
            const auto name = dns::DomainName::parse(domain);
            const bool is_new = std::ranges::find(check.other_domains, domain) == check.other_domains.end();
            if (name && !name->is_root() && is_new) check.other_domains.push_back(std::move(domain));
        };
        for (const check::ExpectedHost& host : settings.expected) add(host.name);
        for (const windows::Publication& publication : settings.publications) add(publication.computer);
        return check;
    }

    void random(std::span<std::uint8_t> out) { random_.fill(out); }

    net::DnsClient::More begin_some() {
        while (next_ < domains_.size() && open_count_ < settings_.concurrency) {
            if (const auto wait = wait_for_rate(); wait.count() > 0) return {.later = true, .pause = wait};
            auto& check = checks_[next_];
            check = std::make_unique<session::SrvCheck>(domains_[next_], checked_, [this](auto out) { random(out); });
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
        if (update_test_ && update_owner_ == index) {
            add(check::check_update_test(*update_test_, report.evidence.domain), report);
            report.update_test = std::move(update_test_);
            update_test_.reset();
        }
        for (const windows::Publication& publication : settings_.publications)
            if (dns::is_same_name(publication.domain, report.evidence.domain))
                add(check::check_publication(publication, report.evidence), report);
        simulate(report);
        if (settings_.reach) {
            waiting_.push_back(std::move(report));
        } else {
            on_domain_(std::move(report));
        }
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
        std::vector<std::vector<Reached>> hosts;
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            hosts.push_back(hosts_of(waiting_[i], targets));
            owners.resize(targets.size(), i);
        }
        std::size_t next = 0;
        probe::probe(std::move(targets), {.timeout = settings_.timeout, .stop = settings_.stop},
                     {.on_target = [&](probe::TargetReport reached) {
                         waiting_[owners[next++]].reach.push_back(std::move(reached));
                     }});
        for (std::size_t i = 0; i < waiting_.size(); ++i) {
            add(check_reach(hosts[i], waiting_[i].reach), waiting_[i]);
            on_domain_(std::move(waiting_[i]));
        }
    }

    // One record and what is to be said of its addresses.
    struct Reached {
        std::string name;
        std::size_t address_count = 0;
        std::vector<check::Finding> findings;
    };

    // A client goes on to the next address, and to the next host: one that fails beside others stops nobody.
    static std::vector<check::Finding> check_reach(std::vector<Reached>& hosts,
                                                   const std::vector<probe::TargetReport>& reports) {
        bool any_works = false;
        auto at = reports.begin();
        for (Reached& host : hosts) {
            std::vector<check::AddressEvidence> addresses;
            for (std::size_t i = 0; i < host.address_count && at != reports.end(); ++i, ++at)
                for (const auto& address : at->addresses) addresses.push_back(address.evidence);
            if (addresses.empty()) continue;
            host.findings = check::check_target(host.name, std::nullopt, addresses);
            any_works = any_works || !check::is_failure(host.findings);
        }
        std::vector<check::Finding> findings;
        for (Reached& host : hosts) {
            if (any_works && check::is_failure(host.findings)) {
                findings.push_back(check::skipped_host(host.name, host.findings));
            } else {
                std::ranges::move(host.findings, std::back_inserter(findings));
            }
        }
        return findings;
    }

    // The hosts of a domain whose records can be tried, and their addresses as targets.
    static std::vector<Reached> hosts_of(const DomainReport& report, std::vector<probe::Target>& targets) {
        std::vector<Reached> hosts;
        for (const auto& record : report.evidence.records) {
            const auto* target = session::find_target(report.evidence, record.target);
            if (target == nullptr || record.port == 0) continue;
            for (const IpAddress& address : target->addresses)
                targets.push_back({.host = {}, .address = address, .port = record.port});
            hosts.push_back({.name = fmt::format("{}:{}", record.target, record.port),
                             .address_count = target->addresses.size(),
                             .findings = {}});
        }
        return hosts;
    }

    const std::vector<std::string>& domains_;
    const SrvSettings& settings_;
    const session::SrvCheckSettings checked_;
    const std::function<void(DomainReport)>& on_domain_;
    std::vector<std::unique_ptr<session::SrvCheck>> checks_;
    std::vector<std::unique_ptr<session::ZoneCheck>> zones_;
    std::optional<session::UpdateTestEvidence> update_test_;
    std::optional<std::size_t> update_owner_;  // the domain with which it is reported
    std::vector<DomainReport> waiting_;        // for their hosts to be probed
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

#include "libdiag/srv/srv_run.h"

#include <fmt/format.h>

#include <algorithm>
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
        began_ = net::now().steady;
        client_.run([this] { return begin_some(); });
        return reported_ == domains_.size();
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
        if (settings_.rate == 0) return {};
        const auto due = began_ + std::chrono::nanoseconds{std::chrono::seconds{1}} *
                                      static_cast<std::int64_t>(asked_count_) / settings_.rate;
        const auto wait = due - net::now().steady;
        return wait.count() <= 0 ? std::chrono::milliseconds{0} : std::chrono::ceil<std::chrono::milliseconds>(wait);
    }

    void ask(std::size_t tag, std::vector<session::DnsQuery> queries) {
        asked_count_ += queries.size();
        for (session::DnsQuery& query : queries) client_.ask(tag, std::move(query));
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
        if (settings_.reach) reach(report);
        on_domain_(std::move(report));
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

    void simulate(DomainReport& report) {
        const auto& records = report.evidence.records;
        if (settings_.simulated_count == 0) return;
        report.draws.resize(records.size(), 0);
        for (std::size_t i = 0; i < settings_.simulated_count; ++i) {
            const auto order = session::order_services(records, [this](auto out) { random(out); });
            if (order.empty()) return;
            const auto first = std::ranges::find_if(records, [&](const auto& r) {
                return r.target == order[0].target && r.port == order[0].port && r.priority == order[0].priority &&
                       r.weight == order[0].weight;
            });
            ++report.draws[static_cast<std::size_t>(first - records.begin())];
        }
    }

    // With the addresses that these answers gave, not with those of another look-up.
    void reach(DomainReport& report) const {
        std::vector<probe::Target> targets;
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
        probe::probe(std::move(targets), {.timeout = settings_.timeout, .stop = settings_.stop},
                     {.on_target = [&](probe::TargetReport reached) { report.reach.push_back(std::move(reached)); }});
        add(check_reach(hosts, report.reach), report);
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

    const std::vector<std::string>& domains_;
    const SrvSettings& settings_;
    const std::function<void(DomainReport)>& on_domain_;
    std::vector<std::unique_ptr<session::SrvCheck>> checks_;
    std::vector<std::unique_ptr<session::ZoneCheck>> zones_;
    net::RandomSource random_;
    net::DnsClient client_;
    session::TimePoint began_;
    std::size_t next_ = 0, reported_ = 0, open_count_ = 0;
    std::uint64_t asked_count_ = 0;
};

}  // namespace

bool check_domains(const std::vector<std::string>& domains, const SrvSettings& settings,
                   const std::function<void(DomainReport)>& on_domain) {
    return Run{domains, settings, on_domain}.all();
}

}  // namespace diag::srv

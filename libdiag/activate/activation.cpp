#include "libdiag/activate/activation.h"

#include <algorithm>
#include <cstring>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_findings.h"
#include "libdiag/net/name_client.h"
#include "libdiag/probe/attempt.h"
#include "libdiag/probe/published.h"

namespace diag::activate {
namespace {

using session::ConnectEnd;

class Client {
public:
    explicit Client(const ActivationSettings& settings) : settings_{settings}, codec_{settings.profile} {}

    Activation all() {
        out_.request = settings_.request;
        out_.given = settings_.host.has_value();
        if (out_.given) {
            try_host(*settings_.host, std::nullopt);
        } else {
            search();
        }
        judge();
        return std::move(out_);
    }

private:
    bool is_stopped() const { return settings_.stop != nullptr && settings_.stop->load(std::memory_order_relaxed); }
    bool is_decided() const { return out_.answer || out_.keys_refused || out_.problem || is_stopped(); }

    void search() {
        out_.discovery = discover::discover(settings_.discovery);
        out_.problem = out_.discovery.problem;
        for (const discover::Host& host : out_.discovery.hosts)
            if (!is_decided()) try_host(probe::target_of(host), host);
    }

    void try_host(const probe::Target& target, const std::optional<discover::Host>& origin) {
        HostTry& host = out_.hosts.emplace_back();
        host.target = target;
        host.origin = origin;
        std::vector<IpAddress> addresses;
        if (target.address) {
            addresses.push_back(*target.address);
        } else {
            host.name = resolve(target.host);
            addresses = host.name->addresses;
        }
        for (const IpAddress& address : addresses) {
            if (is_decided()) break;
            try_address(host, {address, target.port});
            const bool connected =
                !host.addresses.empty() && host.addresses.back().attempt.connect_end == ConnectEnd::connected;
            if (connected) break;
        }
        judge_host(host);
    }

    session::NameEvidence resolve(const std::string& name) {
        session::NameEvidence evidence;
        net::NameClient client{{.timeout = settings_.timeout,
                                .v4 = settings_.v4,
                                .v6 = settings_.v6,
                                .search = settings_.host.has_value(),
                                .servers = settings_.discovery.servers,
                                .stop = settings_.stop}};
        client.resolve({&name, 1}, [&](std::size_t, session::NameEvidence found) { evidence = std::move(found); });
        return evidence;
    }

    void try_address(HostTry& host, const Endpoint& endpoint) {
        net::DialogOrder order{.target = endpoint, .requests = {settings_.request}};
        order.rpc.timeout = settings_.timeout;
        net::Dialogs dialogs{{.connect_timeout = settings_.timeout, .concurrency = 1, .stop = settings_.stop},
                             settings_.profile};
        bool asked = false;
        dialogs.run([&] { return std::exchange(asked, true) ? std::nullopt : std::optional{order}; },
                    [&](const net::DialogReport& report) { take(host, report); });
    }

    void take(HostTry& host, const net::DialogReport& report) {
        if (report.connect.end == ConnectEnd::exhausted || report.connect.end == ConnectEnd::failed) {
            out_.problem = "cannot connect: " + std::string{std::strerror(report.connect.system_error)};
            return;
        }
        auto live = std::make_shared<const check::LiveConversation>(report.connect, report.rpc, codec_);
        auto attempt = probe::make_attempt(report, *live);
        if (!report.exchanges.empty()) take_answer(report.connect.target, report.exchanges.back().answer);
        out_.keys_refused = out_.keys_refused || std::ranges::any_of(attempt.findings, [](const auto& finding) {
                                return finding.rule == &check::rule::lab_keys_refused;
                            });
        host.addresses.push_back({.attempt = std::move(attempt), .live = std::move(live)});
    }

    void take_answer(const Endpoint& host, const session::KmsAnswer& answer) {
        using session::KmsVerdict;
        if (answer.verdict != KmsVerdict::activated && answer.verdict != KmsVerdict::not_enough_count) return;
        out_.answer = Answer{
            .host = host, .response = *answer.response->base, .is_enough = answer.verdict == KmsVerdict::activated};
    }

    void judge_host(HostTry& host) const {
        std::vector<check::AddressEvidence> addresses;
        for (const AddressTry& tried : host.addresses) {
            check::AddressEvidence evidence{.endpoint = tried.attempt.target,
                                            .local = tried.attempt.local,
                                            .attempt_count = 1,
                                            .findings = tried.attempt.findings};
            evidence.failed_count = check::is_failure(evidence.findings) ? 1 : 0;
            addresses.push_back(std::move(evidence));
        }
        host.findings = check::check_target(to_string(host.target), host.name, addresses);
    }

    // Hosts that failed before another one answered cost a client time, and are worth a warning, no more.
    void judge() {
        const bool answered = out_.answer.has_value() || out_.keys_refused;
        out_.findings = discover::findings_of(out_.discovery);
        for (std::size_t i = 0; i < out_.hosts.size(); ++i) {
            const bool is_last = i + 1 == out_.hosts.size();
            const auto& findings = out_.hosts[i].findings;
            if (answered && !is_last && check::is_failure(findings)) {
                out_.findings.push_back(check::skipped_host(to_string(out_.hosts[i].target), findings));
            } else {
                out_.findings.insert(out_.findings.end(), findings.begin(), findings.end());
            }
        }
        std::ranges::stable_sort(out_.findings, std::ranges::greater{}, check::rank_of);
    }

    const ActivationSettings& settings_;
    kms::Codec codec_;
    Activation out_;
};

}  // namespace

Activation activate(const ActivationSettings& settings) { return Client{settings}.all(); }

}  // namespace diag::activate

#include "libdiag/probe/prober.h"

#include <algorithm>
#include <cstring>
#include <thread>

#include "libdiag/net/name_client.h"
#include "libdiag/probe/attempt.h"

namespace diag::probe {
namespace {

using session::ConnectEnd;

constexpr std::uint16_t mapper_port = 135;
constexpr Uuid mapper_interface = *Uuid::parse("e1af8308-5d1f-11c9-91a4-08002b14a0fa");  // C706 appendix O

// Sizes of the binds, in bytes of the PDU: what KMS needs, the smallest packets that IPv4 and IPv6 must carry, usual MTUs of
// tunnels, Ethernet.
constexpr std::size_t tried_sizes[] = {160, 260, 360, 536, 796, 1036, 1220, 1280, 1340, 1380, 1420, 1440, 1460};

// What one conversation is for.
struct Job {
    enum class Kind : std::uint8_t { attempt, mapper, size };
    Kind kind = Kind::attempt;
    std::uint32_t target = 0;
    std::uint32_t address = 0;
    std::size_t size = 0;
};

class Probe {
public:
    Probe(std::vector<Target> targets, const ProbeSettings& settings, const ProbeEvents& events)
        : settings_{settings}, events_{events}, codec_{settings.profile} {
        reports_.reserve(targets.size());
        for (Target& target : targets) reports_.push_back({.target = std::move(target)});
        open_counts_.resize(reports_.size(), 0);
    }

    ProbeEnd all() {
        resolve();
        const bool any_address = std::ranges::any_of(reports_, [](const auto& r) { return !r.addresses.empty(); });
        for (std::uint64_t round = 1; any_address && !is_stopped() && !end_.problem; ++round) {
            const auto next_begin = std::chrono::steady_clock::now() + settings_.interval;
            run_round(round);
            if (is_last(round)) break;
            wait_until(next_begin);
        }
        end_.stopped = is_stopped();
        finish_rest();
        return end_;
    }

private:
    bool is_stopped() const { return settings_.stop != nullptr && settings_.stop->load(std::memory_order_relaxed); }
    bool is_last(std::uint64_t round) const { return round == settings_.round_count; }

    void wait_until(std::chrono::steady_clock::time_point time) const {
        constexpr std::chrono::milliseconds step{50};  // how long a request to stop may wait
        while (!is_stopped() && std::chrono::steady_clock::now() < time)
            std::this_thread::sleep_until(std::min(time, std::chrono::steady_clock::now() + step));
    }

    void resolve() {
        std::vector<std::string> names;
        std::vector<std::size_t> owners;
        for (std::size_t i = 0; i < reports_.size(); ++i) {
            const Target& target = reports_[i].target;
            if (target.address) {
                add_address(reports_[i], *target.address);
            } else {
                names.push_back(target.host);
                owners.push_back(i);
            }
        }
        if (names.empty()) return;
        net::NameClient client{{.timeout = settings_.timeout,
                                .v4 = settings_.v4,
                                .v6 = settings_.v6,
                                .search = settings_.search,
                                .servers = settings_.dns_servers,
                                .stop = settings_.stop}};
        client.resolve(names, [&](std::size_t index, session::NameEvidence evidence) {
            if (evidence.end == session::NameEnd::pending) return;  // given up by a stop
            TargetReport& report = reports_[owners[index]];
            for (const IpAddress& address : evidence.addresses) add_address(report, address);
            report.name = std::move(evidence);
        });
    }

    static void add_address(TargetReport& report, const IpAddress& address) {
        report.addresses.emplace_back().evidence.endpoint = {address, report.target.port};
    }

    // The conversations of a round, made when they are asked for: a list of a million would only take memory.
    class Jobs {
    public:
        Jobs(const std::vector<TargetReport>& reports, const ProbeSettings& settings, bool with_extras)
            : reports_{reports}, extras_{with_extras && settings.mapper}, sizes_{with_extras && settings.sizes} {}

        std::optional<Job> next() {
            while (target_ < reports_.size()) {
                // Fewer than before once the target is finished and its report handed over.
                if (address_ >= reports_[target_].addresses.size()) {
                    ++target_;
                    address_ = step_ = 0;
                    continue;
                }
                if (const auto job = next_of_address()) return job;
                ++address_;
                step_ = 0;
            }
            return std::nullopt;
        }

        std::size_t jobs_per_address() const {
            return 1U + (extras_ ? 1U : 0U) + (sizes_ ? std::size(tried_sizes) : 0U);
        }

    private:
        std::optional<Job> next_of_address() {
            Job job{.target = static_cast<std::uint32_t>(target_), .address = static_cast<std::uint32_t>(address_)};
            const std::size_t step = step_++;
            if (step == 0) return job;
            if (extras_ && step == 1) {
                job.kind = Job::Kind::mapper;
                return job;
            }
            const std::size_t size_index = step - 1 - (extras_ ? 1 : 0);
            if (!sizes_ || size_index >= std::size(tried_sizes)) return std::nullopt;
            job.kind = Job::Kind::size;
            job.size = tried_sizes[size_index];
            return job;
        }

        const std::vector<TargetReport>& reports_;
        bool extras_;
        bool sizes_;
        std::size_t target_ = 0, address_ = 0, step_ = 0;
    };

    void run_round(std::uint64_t round) {
        Jobs jobs{reports_, settings_, round == 1};
        for (std::size_t i = 0; i < reports_.size(); ++i)
            open_counts_[i] = reports_[i].addresses.size() * jobs.jobs_per_address();
        if (is_last(round)) finish_ready();
        std::vector<Job> open;  // by tag; those that are over are used again
        std::vector<std::uint64_t> free;
        net::Dialogs dialogs{{.connect_timeout = settings_.timeout,
                              .concurrency = settings_.concurrency,
                              .rate = settings_.rate,
                              .stop = settings_.stop},
                             settings_.profile};
        dialogs.run(
            [&]() -> std::optional<net::DialogOrder> {
                const auto job = end_.problem || is_stopped() ? std::nullopt : jobs.next();
                if (!job) return std::nullopt;
                if (free.empty()) {
                    free.push_back(open.size());
                    open.emplace_back();
                }
                const std::uint64_t tag = free.back();
                free.pop_back();
                open[tag] = *job;
                return order_of(*job, tag);
            },
            [&](const net::DialogReport& report) {
                const Job job = open[report.tag];
                free.push_back(report.tag);
                take(job, report, round);
                --open_counts_[job.target];
                if (is_last(round)) finish_ready();
            });
    }

    net::DialogOrder order_of(const Job& job, std::uint64_t tag) const {
        net::DialogOrder order{.target = reports_[job.target].addresses[job.address].evidence.endpoint, .tag = tag};
        order.rpc.timeout = settings_.timeout;
        if (job.kind == Job::Kind::attempt) order.requests = settings_.requests;
        if (job.kind == Job::Kind::size) order.rpc.min_bind_size = job.size;
        if (job.kind == Job::Kind::mapper) {
            order.target.port = mapper_port;
            order.rpc.interface = mapper_interface;
            order.rpc.interface_version = {.major = 3, .minor = 0};
        }
        return order;
    }

    void take(const Job& job, const net::DialogReport& report, std::uint64_t round) {
        if (report.connect.end == ConnectEnd::exhausted || report.connect.end == ConnectEnd::failed) {
            if (!end_.problem)
                end_.problem = "cannot connect: " + std::string{std::strerror(report.connect.system_error)} +
                               (report.connect.end == ConnectEnd::exhausted ? "; try a lower --concurrency" : "");
            return;
        }
        AddressReport& address = reports_[job.target].addresses[job.address];
        switch (job.kind) {
            case Job::Kind::attempt: return take_attempt(job, report, round, address);
            case Job::Kind::mapper: {
                address.evidence.mapper_connect = report.connect.end;
                const auto& steps = report.rpc.steps;
                address.evidence.mapper_bound = !steps.empty() && steps.front().end == session::StepEnd::answered;
                return;
            }
            case Job::Kind::size: return take_size(report, address.evidence);
        }
    }

    void take_attempt(const Job& job, const net::DialogReport& report, std::uint64_t round, AddressReport& address) {
        const check::LiveConversation live{report.connect, report.rpc, codec_};
        Attempt attempt = make_attempt(report, live);
        check::AddressEvidence& evidence = address.evidence;
        const bool failed = check::is_failure(attempt.findings);
        ++evidence.attempt_count;
        if (failed) ++evidence.failed_count;
        if (failed || evidence.failed_count == 0) evidence.findings = attempt.findings;
        evidence.local = attempt.local;
        if (attempt.connect_end == ConnectEnd::connected) address.connect_times.add(attempt.connect_time);
        if (attempt.bind_time) address.bind_times.add(*attempt.bind_time);
        if (attempt.request_time) address.request_times.add(*attempt.request_time);
        events_.on_attempt(job.target, round, attempt);
        address.last = std::move(attempt);
    }

    // Any answer shows that the bind came through, also a refusal of so many transfer syntaxes.
    static void take_size(const net::DialogReport& report, check::AddressEvidence& evidence) {
        if (report.connect.end != ConnectEnd::connected || report.rpc.steps.empty()) return;
        const session::RpcStep& step = report.rpc.steps.front();
        const std::size_t bind_size = step.pdus.front().bytes.size();
        const std::size_t header_size =
            report.connect.target.ip.family == IpAddress::Family::v4 ? 52 : 72;  // with time stamps
        const std::size_t segment_size = report.connect.path.max_segment_size == 0
                                             ? bind_size
                                             : std::min<std::size_t>(bind_size, report.connect.path.max_segment_size);
        evidence.sizes.push_back({.bind_size = bind_size,
                                  .packet_size = header_size + segment_size,
                                  .passed = step.end != session::StepEnd::timed_out});
    }

    // Hands over targets of which all is known, as long as no earlier one is still open.
    void finish_ready() {
        while (finished_ < reports_.size() && open_counts_[finished_] == 0) finish(finished_++);
    }

    void finish_rest() {
        while (finished_ < reports_.size()) finish(finished_++);
    }

    // What a stop or a problem kept from being tried has no report.
    void finish(std::size_t index) {
        TargetReport& report = reports_[index];
        std::erase_if(report.addresses, [](const auto& address) { return address.evidence.attempt_count == 0; });
        const bool name_failed = report.name && report.name->end != session::NameEnd::found;
        if (report.addresses.empty() && !name_failed) return;
        std::vector<check::AddressEvidence> addresses;
        for (AddressReport& address : report.addresses) {
            std::ranges::sort(address.evidence.sizes, {}, &check::SizeAttempt::bind_size);
            addresses.push_back(address.evidence);
        }
        report.findings = check::check_target(to_string(report.target), report.name, addresses);
        events_.on_target(std::move(report));
        report = {};
        events_.on_progress(index + 1, reports_.size());
    }

    const ProbeSettings& settings_;
    const ProbeEvents& events_;
    kms::Codec codec_;
    std::vector<TargetReport> reports_;
    std::vector<std::size_t> open_counts_;  // conversations of each target that are not over
    std::size_t finished_ = 0;
    ProbeEnd end_;
};

}  // namespace

ProbeEnd probe(std::vector<Target> targets, const ProbeSettings& settings, const ProbeEvents& events) {
    return Probe{std::move(targets), settings, events}.all();
}

}  // namespace diag::probe

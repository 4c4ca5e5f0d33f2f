#include "libdiag/check/event_troubles.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <tuple>

#include "libdiag/check/event_counts.h"
#include "libdiag/check/event_text.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/language.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using Kind = StepVerdict::Kind;

constexpr std::size_t max_faults = 16;                        // of one client and product: it knows a handful of hosts
constexpr std::int64_t round_ns = 30LL * 60 * 1'000'000'000;  // a client tries all its hosts within minutes
constexpr std::int64_t summary_ns = 10LL * 60 * 1'000'000'000;  // from the last host tried to the 8198 that sums up

struct JudgedStep {
    const RequestStep* step;
    StepVerdict verdict;
};

// The steps of one client for one product, oldest first.
using Course = std::vector<JudgedStep>;

StepVerdict judge_with(const LoggedCounts& counts, const JoinedEvents& events, const RequestStep& step) {
    StepVerdict verdict = judge(events, step);
    if (verdict.kind == Kind::answered && counts.suffice_at(step)) verdict.kind = Kind::served;
    return verdict;
}

// An event without a product belongs to the only one, where there is but one.
std::vector<Course> courses_of(const JoinedEvents& events, const LoggedCounts& counts, const ClientHistory& client) {
    std::map<std::optional<Uuid>, Course> by_product;
    for (const RequestStep& step : client.steps) by_product[step.activation_id];
    const bool is_one = by_product.size() - (by_product.contains(std::nullopt) ? 1 : 0) <= 1;
    const std::optional<Uuid> only = by_product.empty() ? std::nullopt : by_product.rbegin()->first;
    for (const RequestStep& step : client.steps)
        by_product[is_one ? only : step.activation_id].push_back({&step, judge_with(counts, events, step)});
    std::vector<Course> out;
    for (auto& [product, course] : by_product)
        if (!course.empty()) out.push_back(std::move(course));
    return out;
}

// What makes up for a failure: an answer says nothing of the count.
bool makes_up_for(Kind later, const StepVerdict& failure) {
    return later == Kind::served || (later == Kind::answered && failure.rule != &rule::count_low);
}

// When machines were last served: a machine id changes with slmgr /rearm, the name stays.
class ServedTimes {
public:
    explicit ServedTimes(std::span<const KnownRenewal> renewals) : renewals_{renewals} {}

    void add(const ClientHistory& client, const JudgedStep& s) {
        if (s.step->time.source == windows::TimeSource::none) return;
        for (const auto& product : {s.step->activation_id, std::optional<Uuid>{}}) {
            for (const Kind kind : {Kind::served, Kind::answered}) {
                if (s.verdict.kind != Kind::served && s.verdict.kind != kind) continue;
                Timestamp& newest =
                    newest_.try_emplace({machine_of(client), product, kind}, s.step->time.at).first->second;
                newest = std::max(newest, s.step->time.at);
            }
        }
    }

    // When the machine was served for the product, or, of a step without product, for any, as far as that makes up for it.
    std::optional<Timestamp> newest(const ClientHistory& client, const JudgedStep& s) const {
        const RequestStep& step = *s.step;
        const Kind kind = makes_up_for(Kind::answered, s.verdict) ? Kind::answered : Kind::served;
        const auto found = newest_.find({machine_of(client), step.activation_id, kind});
        std::optional<Timestamp> time = found == newest_.end() ? std::nullopt : std::optional{found->second};
        for (const KnownRenewal& renewal : renewals_) {
            if (client.client_machine_id != renewal.client_machine_id) continue;
            const bool is_product = !step.activation_id || step.activation_id == renewal.activation_id;
            if (is_product && (!time || *time < renewal.since)) time = renewal.since;
        }
        return time;
    }

private:
    // Only names with a domain belong to one machine: fresh images share the others, and clones the machine id.
    static std::string machine_of(const ClientHistory& client) {
        std::string name = dns::lower_case(client.name);
        if (!client.client_machine_id || name.find('.') != std::string::npos) return name;
        return to_string(*client.client_machine_id) + "|" + name;
    }

    std::span<const KnownRenewal> renewals_;
    // By machine, product and what was reached at least: who was served was answered.
    std::map<std::tuple<std::string, std::optional<Uuid>, Kind>, Timestamp> newest_;
};

// Whether the host's own log goes on before and behind this request; by client times, which are UTC in every log.
class HostCoverage {
public:
    explicit HostCoverage(const JoinedEvents& events) {
        for (const auto& log : events.logs)
            for (const auto& event : log.events)
                if (const auto* processed = std::get_if<windows::RequestProcessed>(&event.body))
                    add(event.computer, processed->request.client_time);
    }

    // The name of the host whose log covers the time; empty where there is none.
    std::string covers(const windows::RequestSent& sent) const {
        if (!sent.request.client_time) return {};
        for (const auto& [computer, span] : spans_)
            if (is_same_machine(computer, sent.host) && span.first < *sent.request.client_time &&
                *sent.request.client_time < span.second)
                return computer;
        return {};
    }

private:
    static constexpr std::size_t max_hosts = 64;

    void add(const std::string& computer, const std::optional<Timestamp>& time) {
        if (computer.empty() || !time || (spans_.size() >= max_hosts && !spans_.contains(computer))) return;
        const auto [found, is_new] = spans_.try_emplace(computer, *time, *time);
        found->second = {std::min(found->second.first, *time), std::max(found->second.second, *time)};
    }

    std::map<std::string, std::pair<Timestamp, Timestamp>> spans_;
};

// What a fault is about: the host that was asked, by the client's word, else by the log that has the request.
std::string host_of(const JoinedEvents& events, const RequestStep& step) {
    if (const auto* sent = events.sent(step); sent != nullptr && !sent->host.empty()) return host_text(*sent);
    if (const auto* seen = events.capture(step)) return to_string(seen->host);
    if (step.processed) {
        const auto& computer = events.at(*step.processed).computer;
        return computer.empty() ? std::string{lang::tr("the KMS host")} : computer;
    }
    return {};
}

// The code with which the client summed up its attempts, 8198.
std::uint32_t summary_code(const JoinedEvents& events, const Course& course, const RequestStep& last) {
    for (const auto& [step, verdict] : course) {
        const auto* failed = events.failed(*step);
        if (failed == nullptr || !is_failure_code(failed->hresult)) continue;
        const std::int64_t later = step->time.at.ns - last.time.at.ns;
        if (later >= 0 && later <= summary_ns) return failed->hresult;
    }
    return 0;
}

// Of which the product is what matters: the host serves others.
bool is_of_product(const Rule* rule) { return rule == &rule::product_not_covered || rule == &rule::count_low; }

class Collector {
public:
    explicit Collector(const JoinedEvents& events) : events_{events}, coverage_{events}, served_{events.renewals} {
        out_.state.events = &events;
    }

    EventTroubles collect() {
        const LoggedCounts counts{events_};
        std::vector<std::vector<Course>> all;
        for (const ClientHistory& client : events_.clients) {
            all.push_back(courses_of(events_, counts, client));
            for (const Course& course : all.back())
                for (const JudgedStep& s : course) served_.add(client, s);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            const ClientHistory& client = events_.clients[i];
            for (const Course& course : all[i]) add_course(client, course);
            for (const RequestStep& step : client.steps) add_absence(client, step);
        }
        add_publications();
        return std::move(out_);
    }

private:
    // What failed and was made up for, by the client or its machine, is history.
    void add_course(const ClientHistory& client, const Course& course) {
        Course past, now;
        Kind later = Kind::unknown;
        for (const JudgedStep& s : std::views::reverse(course)) {
            if (s.verdict.kind == Kind::served || (s.verdict.kind == Kind::answered && later != Kind::served))
                later = s.verdict.kind;
            (makes_up_for(later, s.verdict) || is_history(client, s) ? past : now).push_back(s);
        }
        std::ranges::reverse(past);
        std::ranges::reverse(now);
        add_history(client, past);
        add_current(client, course, now);
    }

    bool is_history(const ClientHistory& client, const JudgedStep& s) const {
        const auto served = served_.newest(client, s);
        return served && s.step->time.source != windows::TimeSource::none && s.step->time.at < *served;
    }

    void add_history(const ClientHistory& client, std::span<const JudgedStep> past) {
        const auto is_fault = [](const JudgedStep& s) { return s.verdict.kind == Kind::failed; };
        const auto count = std::ranges::count_if(past, is_fault);
        if (count == 0) return;
        ++out_.state.recovery_count;
        if (out_.state.recoveries.size() == LoggedState::max_recoveries) return;
        const JudgedStep& last = *std::ranges::find_if(past.rbegin(), past.rend(), is_fault);
        const auto served = served_.newest(client, last);
        out_.state.recoveries.push_back(
            {.client = &client,
             .last_failed = last.step,
             .last_code = last.verdict.code(),
             .failed_count = static_cast<std::size_t>(count),
             .served = served ? windows::PlacedTime{.at = *served, .source = windows::TimeSource::log}
                              : past.back().step->time});
    }

    void add_current(const ClientHistory& client, const Course& course, std::span<const JudgedStep> now) {
        const auto newest = std::ranges::find_if(now.rbegin(), now.rend(), [](const JudgedStep& s) {
            return s.verdict.kind == Kind::failed || s.verdict.kind == Kind::unanswered;
        });
        if (newest == now.rend()) return;
        auto faults = last_faults(now, newest->step->time);
        // 8198 sums up what the events before it tell in detail.
        const auto is_summary = [](const JudgedStep* s) { return s->step->failed.has_value(); };
        if (!std::ranges::all_of(faults, is_summary)) std::erase_if(faults, is_summary);
        for (const JudgedStep* fault : faults) add_fault(client, course, *fault);
        if (newest->verdict.kind == Kind::unanswered)
            add(SharedTrouble::Kind::unanswered, host_of(events_, *newest->step), case_of(client, *newest));
    }

    // The faults of the last round over the hosts, each kind once for each host, by its newest; in their order.
    std::vector<const JudgedStep*> last_faults(std::span<const JudgedStep> now, const windows::PlacedTime& end) const {
        std::vector<const JudgedStep*> faults;
        const auto is_same = [this](const JudgedStep& a, const JudgedStep& b) {
            return a.verdict.rule == b.verdict.rule && a.verdict.client_code == b.verdict.client_code &&
                   a.verdict.host_code == b.verdict.host_code && host_of(events_, *a.step) == host_of(events_, *b.step);
        };
        for (std::size_t i = now.size(); i-- > 0 && faults.size() < max_faults;) {
            const JudgedStep& s = now[i];
            const bool is_old =
                s.step->time.source != windows::TimeSource::none && end.at.ns - s.step->time.at.ns > round_ns;
            if (is_old) break;
            if (s.verdict.kind != Kind::failed) continue;
            if (std::ranges::none_of(faults, [&](const JudgedStep* other) { return is_same(*other, s); }))
                faults.push_back(&s);
        }
        std::ranges::reverse(faults);
        return faults;
    }

    static ClientTrouble case_of(const ClientHistory& client, const JudgedStep& s) {
        return {.client = &client, .step = s.step, .verdict = s.verdict, .summary_code = 0, .covering_host = {}};
    }

    void add_fault(const ClientHistory& client, const Course& course, const JudgedStep& fault) {
        ClientTrouble one = case_of(client, fault);
        one.summary_code = summary_code(events_, course, *fault.step);
        const auto* sent = events_.sent(*fault.step);
        if (sent != nullptr && !fault.step->processed) one.covering_host = coverage_.covers(*sent);
        add(SharedTrouble::Kind::failed, host_of(events_, *fault.step), std::move(one));
    }

    // An answer of a host whose own log knows nothing of the request.
    void add_absence(const ClientHistory& client, const RequestStep& step) {
        const auto* sent = events_.sent(step);
        if (sent == nullptr || step.processed || !step.answered || is_failure_code(sent->hresult)) return;
        ClientTrouble one = case_of(client, {&step, {}});
        one.covering_host = coverage_.covers(*sent);
        if (!one.covering_host.empty()) add(SharedTrouble::Kind::not_on_host, host_text(*sent), std::move(one));
    }

    // Clients that tell the same of the same host share one trouble.
    void add(SharedTrouble::Kind kind, const std::string& host, ClientTrouble one) {
        const bool has_failed = kind == SharedTrouble::Kind::failed;
        const std::string target = !has_failed || !host.empty() ? host : client_text(*one.client);
        const bool is_by_product = has_failed && is_of_product(one.verdict.rule);
        Key key{kind,
                one.verdict.rule,
                target,
                has_failed && !is_by_product ? one.verdict.code() : 0,
                is_by_product ? one.step->activation_id.value_or(Uuid{}) : Uuid{},
                kind == SharedTrouble::Kind::not_on_host ? one.covering_host : std::string{}};
        const auto [found, is_new] = index_.try_emplace(std::move(key), out_.troubles.size());
        if (is_new)
            out_.troubles.push_back({.kind = kind, .events = &events_, .host = host, .target = target, .cases = {}});
        out_.troubles[found->second].cases.push_back(std::move(one));
    }

    void add_publications() {
        std::map<std::pair<std::string, std::string>, EventRef> newest;
        for (const EventRef ref : events_.publications) {
            const auto& publication = std::get<windows::Publication>(events_.at(ref).body);
            newest[{dns::lower_case(publication.domain), dns::lower_case(publication.computer)}] = ref;
        }
        for (const auto& [key, ref] : newest)
            if (!std::get<windows::Publication>(events_.at(ref).body).succeeded)
                out_.state.failed_publications.push_back(ref);
    }

    using Key = std::tuple<SharedTrouble::Kind, const Rule*, std::string, std::uint32_t, Uuid, std::string>;

    const JoinedEvents& events_;
    HostCoverage coverage_;
    ServedTimes served_;
    EventTroubles out_;
    std::map<Key, std::size_t> index_;
};

}  // namespace

EventTroubles troubles_of(const JoinedEvents& events) { return Collector{events}.collect(); }

}  // namespace diag::check

#include "libdiag/check/event_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "libdiag/base/hex.h"
#include "libdiag/base/line_text.h"
#include "libdiag/check/event_text.h"
#include "libdiag/check/event_verdict.h"
#include "libdiag/check/publish_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using Kind = StepVerdict::Kind;

constexpr std::size_t max_evidence = 12;
constexpr std::size_t max_faults = 16;                        // of one client and product: it knows a handful of hosts
constexpr std::int64_t round_ns = 30LL * 60 * 1'000'000'000;  // a client tries all its hosts within minutes
constexpr std::int64_t summary_ns = 10LL * 60 * 1'000'000'000;  // from the last host tried to the 8198 that sums up

std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

struct JudgedStep {
    const RequestStep* step;
    StepVerdict verdict;
};

// The steps of one client for one product, oldest first.
using Course = std::vector<JudgedStep>;

// An event without a product belongs to the only one, where there is but one.
std::vector<Course> courses_of(const JoinedEvents& events, const ClientHistory& client) {
    std::map<std::optional<Uuid>, Course> by_product;
    for (const RequestStep& step : client.steps) by_product[step.activation_id];
    const bool is_one = by_product.size() - (by_product.contains(std::nullopt) ? 1 : 0) <= 1;
    const std::optional<Uuid> only = by_product.empty() ? std::nullopt : by_product.rbegin()->first;
    for (const RequestStep& step : client.steps)
        by_product[is_one ? only : step.activation_id].push_back({&step, judge(events, step)});
    std::vector<Course> out;
    for (auto& [product, course] : by_product)
        if (!course.empty()) out.push_back(std::move(course));
    return out;
}

// When machines were last served: a machine id changes with slmgr /rearm, the name stays.
class ServedTimes {
public:
    void add(const ClientHistory& client, const JudgedStep& s) {
        if (s.verdict.kind != Kind::served || s.step->time.source == windows::TimeSource::none) return;
        for (const auto& product : {s.step->activation_id, std::optional<Uuid>{}}) {
            Timestamp& newest = newest_.try_emplace({machine_of(client), product}, s.step->time.at).first->second;
            newest = std::max(newest, s.step->time.at);
        }
    }

    // When the machine was served for the product, or, of a step without product, for any.
    std::optional<Timestamp> newest(const ClientHistory& client, const RequestStep& step) const {
        const auto found = newest_.find({machine_of(client), step.activation_id});
        return found == newest_.end() ? std::nullopt : std::optional{found->second};
    }

private:
    // Only names with a domain belong to one machine: fresh images share the others.
    static std::string machine_of(const ClientHistory& client) {
        if (client.client_machine_id && client.name.find('.') == std::string::npos)
            return to_string(*client.client_machine_id);
        return lower(client.name);
    }

    std::map<std::pair<std::string, std::optional<Uuid>>, Timestamp> newest_;
};

// Collects findings: one for each rule, host and pair of codes, however many clients have it.
class Collector {
public:
    explicit Collector(const JoinedEvents& events) : events_{events} {}

    Finding& at(const Rule& rule, const std::string& target, const std::string& title) {
        const auto [found, is_new] = index_.try_emplace({&rule, target, title}, findings_.size());
        if (is_new)
            findings_.push_back({.rule = &rule, .target = target, .title = title, .evidence = {}, .packets = {}});
        return findings_[found->second];
    }

    // A finding about a step of a client; of several clients it is about what they have in common.
    Finding& at(const Rule& rule, const std::string& target, const std::string& title, const Subject& subject) {
        Finding& finding = at(rule, target, title);
        if (finding.evidence.empty()) {
            finding.about = subject;
        } else {
            keep_common(finding.about, subject);
        }
        return finding;
    }

    // Evidence beyond the bound is counted.
    void saw(Finding& finding, std::vector<std::string> lines) {
        for (std::string& line : lines) {
            if (finding.evidence.size() < max_evidence) {
                finding.evidence.push_back(std::move(line));
            } else {
                ++left_out_[static_cast<std::size_t>(&finding - findings_.data())];
            }
        }
    }

    void saw(Finding& finding, const RequestStep& step) { saw(finding, evidence_of(events_, step)); }

    std::vector<Finding> take() {
        for (const auto& [index, count] : left_out_)
            findings_[index].evidence.push_back(fmt::format("and {} more lines like these", count));
        std::ranges::stable_sort(findings_, std::ranges::greater{}, [](const Finding& f) { return f.rule->severity; });
        return std::move(findings_);
    }

    const JoinedEvents& events() const { return events_; }

private:
    const JoinedEvents& events_;
    std::vector<Finding> findings_;
    std::map<std::tuple<const Rule*, std::string, std::string>, std::size_t> index_;
    std::map<std::size_t, std::size_t> left_out_;
};

// What a fault is about: the host that was asked, by the client's word, else by the log that has the request.
std::string host_of(const JoinedEvents& events, const RequestStep& step) {
    if (const auto* sent = events.sent(step); sent != nullptr && !sent->host.empty()) return host_text(*sent);
    if (const auto* seen = events.capture(step)) return to_string(seen->host);
    if (step.processed) {
        const auto& computer = events.at(*step.processed).computer;
        return computer.empty() ? "the KMS host" : computer;
    }
    return {};
}

std::string domain_of(const std::string& name) {
    const std::size_t dot = name.find('.');
    return dot == name.npos ? std::string{} : name.substr(dot + 1);
}

Subject subject_of(const JoinedEvents& events, const ClientHistory& client, const RequestStep& step) {
    Subject subject;
    subject.client_name = lower(client.name);
    if (client.client_machine_id) subject.machine_id = to_string(*client.client_machine_id);
    if (const auto* seen = events.capture(step)) {
        subject.client_address = to_string(seen->client.ip);
        subject.host = to_string(seen->host);
    }
    const auto* sent = events.sent(step);
    if (sent == nullptr || sent->host.empty()) {
        if (step.processed) subject.host_name = lower(events.at(*step.processed).computer);
    } else if (const auto literal = IpAddress::parse(sent->host)) {
        subject.host = to_string(Endpoint{*literal, sent->port.value_or(0)});
    } else {
        subject.host_name = lower(sent->host);
    }
    return subject;
}

std::string fault_title(const Rule& rule, const std::string& host, const StepVerdict& verdict,
                        const RequestStep& step) {
    const std::string where = host.empty() ? "its KMS host" : host;
    const std::uint32_t code = verdict.host_code != 0 ? verdict.host_code : verdict.client_code;
    if (&rule == &rule::product_not_covered)
        return fmt::format("{} cannot activate {}", where, product_text(step.activation_id));
    if (&rule == &rule::event_not_contacted)
        return host.empty() ? fmt::format("clients find no KMS host: {}", code_text(code))
                            : fmt::format("clients find no address of {}: {}", host, code_text(code));
    if (&rule == &rule::event_host_unreachable)
        return fmt::format("clients could not connect to {}: {}", where, code_text(code));
    if (&rule == &rule::event_call_failed) return fmt::format("calls to {} failed: {}", where, code_text(code));
    if (&rule == &rule::count_low)
        return fmt::format("KMS works, but {} has counted fewer clients than {} needs", where,
                           product_text(step.activation_id));
    if (&rule == &rule::event_attempt_failed)
        return code == 0 ? fmt::format("an activation with {} failed", where)
                         : fmt::format("an activation with {} failed: {}", where, code_text(code));
    return fmt::format("{} refused requests: {}", where, code_text(code));
}

// Whether the host's own log goes on before and behind this request; by client times, which are UTC in every log.
class HostCoverage {
public:
    explicit HostCoverage(const JoinedEvents& events) {
        for (const auto& log : events.logs)
            for (const auto& event : log.events)
                if (const auto* processed = std::get_if<windows::RequestProcessed>(&event.body))
                    add(event.computer, processed->request.client_time);
    }

    // The name of the host whose log covers the time, if there is one.
    std::optional<std::string> covers(const windows::RequestSent& sent) const {
        if (!sent.request.client_time) return std::nullopt;
        for (const auto& [computer, span] : spans_)
            if (is_same_machine(computer, sent.host) && span.first < *sent.request.client_time &&
                *sent.request.client_time < span.second)
                return computer;
        return std::nullopt;
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

class EventCheck {
public:
    explicit EventCheck(const JoinedEvents& events) : events_{events}, out_{events}, coverage_{events} {}

    std::vector<Finding> run() {
        std::vector<std::vector<Course>> all;
        for (const ClientHistory& client : events_.clients) {
            all.push_back(courses_of(events_, client));
            for (const Course& course : all.back())
                for (const JudgedStep& s : course) served_.add(client, s);
        }
        for (std::size_t i = 0; i < all.size(); ++i) {
            const ClientHistory& client = events_.clients[i];
            for (const Course& course : all[i]) check_course(client, course);
            for (const RequestStep& step : client.steps) check_presence(client, step);
        }
        check_publications();
        check_unreadable();
        if (recovered_count_ > 0) {
            Finding& finding = out_.at(rule::event_recovered, "event logs", recovered_title());
            out_.saw(finding, std::move(recovered_));
        }
        return out_.take();
    }

private:
    std::string recovered_title() const {
        return recovered_count_ == 1 ? "a client that failed was served later"
                                     : fmt::format("{} clients that failed were served later", recovered_count_);
    }

    // What comes behind the last time that the client, or its machine, was served.
    void check_course(const ClientHistory& client, const Course& course) {
        std::size_t current = course.size();
        while (current > 0 && !is_history(client, course[current - 1])) --current;
        note_history(client, std::span{course}.first(current));
        check_current(client, course, std::span{course}.subspan(current));
    }

    bool is_history(const ClientHistory& client, const JudgedStep& s) const {
        if (s.verdict.kind == Kind::served) return true;
        const auto served = served_.newest(client, *s.step);
        return served && s.step->time.source != windows::TimeSource::none && s.step->time.at < *served;
    }

    void note_history(const ClientHistory& client, std::span<const JudgedStep> past) {
        const auto is_fault = [](const JudgedStep& s) { return s.verdict.kind == Kind::failed; };
        const auto count = std::ranges::count_if(past, is_fault);
        if (count == 0) return;
        const JudgedStep& last = *std::ranges::find_if(past.rbegin(), past.rend(), is_fault);
        const std::uint32_t code = last.verdict.host_code != 0 ? last.verdict.host_code : last.verdict.client_code;
        ++recovered_count_;
        if (recovered_.size() == max_evidence) return;
        const auto served = served_.newest(client, *last.step);
        const windows::PlacedTime then =
            served ? windows::PlacedTime{.at = *served, .source = windows::TimeSource::log} : past.back().step->time;
        recovered_.push_back(fmt::format("{}, {}: {} failed, the last {} with {}; served {}", client_text(client),
                                         product_text(last.step->activation_id),
                                         count == 1 ? "1 attempt" : fmt::format("{} attempts", count),
                                         time_text(last.step->time), code_text(code), time_text(then)));
    }

    void check_current(const ClientHistory& client, const Course& course, std::span<const JudgedStep> now) {
        const auto newest = std::ranges::find_if(now.rbegin(), now.rend(), [](const JudgedStep& s) {
            return s.verdict.kind == Kind::failed || s.verdict.kind == Kind::unanswered;
        });
        if (newest == now.rend()) return;
        auto faults = last_faults(now, newest->step->time);
        // 8198 sums up what the events before it tell in detail.
        const auto is_summary = [](const JudgedStep* s) { return s->step->failed.has_value(); };
        if (!std::ranges::all_of(faults, is_summary)) std::erase_if(faults, is_summary);
        for (const JudgedStep* fault : faults) add_fault(client, course, *fault);
        if (newest->verdict.kind == Kind::unanswered) add_unanswered(client, *newest);
    }

    // The faults of the last round over the hosts, each kind once for each host; the newest first.
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
        return faults;
    }

    void add_fault(const ClientHistory& client, const Course& course, const JudgedStep& fault) {
        const RequestStep& step = *fault.step;
        const StepVerdict& verdict = fault.verdict;
        const std::string host = host_of(events_, step);
        const std::string target = host.empty() ? client_text(client) : host;
        Subject subject = subject_of(events_, client, step);
        if (verdict.rule == &rule::event_not_contacted) subject.domain = domain_of(subject.client_name);
        Finding& finding = out_.at(*verdict.rule, target, fault_title(*verdict.rule, host, verdict, step), subject);
        const bool is_first = finding.evidence.empty();
        out_.saw(finding, {fmt::format("{}, {}", client_text(client), product_text(step.activation_id))});
        out_.saw(finding, step);
        if (is_first) {
            add_codes(finding, course, fault);
            add_meaning(finding, verdict);
        }
        add_packets(finding, step);
        const auto* sent = events_.sent(step);
        if (sent == nullptr || step.processed) return;
        if (const auto computer = coverage_.covers(*sent))
            out_.saw(finding,
                     {fmt::format("the log of {} covers that time and has no 12290 of this request", *computer)});
    }

    void add_codes(Finding& finding, const Course& course, const JudgedStep& fault) const {
        const StepVerdict& verdict = fault.verdict;
        const std::uint32_t own = verdict.client_code != 0 ? verdict.client_code : verdict.host_code;
        const auto* answered = events_.answered(*fault.step);
        if (own != 0 && answered == nullptr) finding.inner_code = own;
        const std::uint32_t summary = summary_code(events_, course, *fault.step);
        if (summary != 0) {
            finding.windows_code = summary;
        } else if (fault.step->failed || verdict.rule == &rule::event_not_contacted) {
            finding.windows_code = own;
        }
    }

    static void add_meaning(Finding& finding, const StepVerdict& verdict) {
        for (const std::uint32_t code : {verdict.client_code, verdict.host_code}) {
            const auto* error = code == 0 ? nullptr : kms::find_error(code);
            const std::string text =
                error == nullptr ? std::string{} : fmt::format("{}: {}", format_code(code), error->meaning);
            if (!text.empty() && std::ranges::find(finding.evidence, text) == finding.evidence.end())
                finding.evidence.push_back(text);
        }
    }

    void add_packets(Finding& finding, const RequestStep& step) const {
        const auto* seen = events_.capture(step);
        if (seen == nullptr || finding.packets.size() >= max_evidence) return;
        for (const std::uint64_t packet : {seen->first_packet, seen->last_packet})
            if (finding.packets.empty() || finding.packets.back() != packet) finding.packets.push_back(packet);
    }

    void add_unanswered(const ClientHistory& client, const JudgedStep& s) {
        const std::string host = host_of(events_, *s.step);
        Finding& finding =
            out_.at(rule::event_no_answer, host, fmt::format("no word of an answer of {} in the client's log", host),
                    subject_of(events_, client, *s.step));
        out_.saw(finding, {fmt::format("{}, {}", client_text(client), product_text(s.step->activation_id))});
        out_.saw(finding, *s.step);
        out_.saw(finding, {"no event 12289 follows within 2 minutes, and the log goes on"});
    }

    // An answer of a host whose own log knows nothing of the request.
    void check_presence(const ClientHistory& client, const RequestStep& step) {
        const auto* sent = events_.sent(step);
        if (sent == nullptr || step.processed || !step.answered || is_failure_code(sent->hresult)) return;
        const auto computer = coverage_.covers(*sent);
        if (!computer) return;
        const std::string host = host_text(*sent);
        Finding& finding = out_.at(rule::event_not_on_host, host,
                                   fmt::format("requests that {} answered are not in the log of {}", host, *computer),
                                   subject_of(events_, client, step));
        out_.saw(finding, {fmt::format("{}, {}, client time {}", client_text(client), product_text(step.activation_id),
                                       format_rfc3339(*sent->request.client_time, 0))});
        out_.saw(finding, step);
    }

    // Of each domain and host the newest result counts.
    void check_publications() {
        std::map<std::pair<std::string, std::string>, EventRef> newest;
        for (const EventRef ref : events_.publications) {
            const auto& publication = std::get<windows::Publication>(events_.at(ref).body);
            newest[{lower(publication.domain), lower(publication.computer)}] = ref;
        }
        for (const auto& [key, ref] : newest) {
            const auto& publication = std::get<windows::Publication>(events_.at(ref).body);
            if (publication.succeeded) continue;
            Finding& finding = out_.at(rule::event_publish_failed, publication.domain, publish_title(publication));
            finding.about.domain = key.first;
            out_.saw(finding, {publication_text(events_, ref)});
        }
    }

    void check_unreadable() {
        for (const auto& log : events_.logs) {
            if (log.unreadable_count == 0) continue;
            const std::string name = log.name.empty() ? "event log" : log.name;
            Finding& finding = out_.at(
                rule::event_unreadable, name,
                fmt::format("{} of {} could not be understood",
                            log.unreadable_count == 1 ? "1 entry" : fmt::format("{} entries", log.unreadable_count),
                            name));
            out_.saw(finding, {fmt::format("the first: {}", log.first_unreadable)});
        }
    }

    const JoinedEvents& events_;
    Collector out_;
    HostCoverage coverage_;
    ServedTimes served_;
    std::vector<std::string> recovered_;
    std::size_t recovered_count_ = 0;
};

}  // namespace

std::vector<Finding> check_events(const JoinedEvents& events) { return EventCheck{events}.run(); }

std::vector<Finding> check_events(std::span<const windows::EventLog> logs) {
    std::vector<windows::KmsLog> typed;
    typed.reserve(logs.size());
    for (const windows::EventLog& log : logs) typed.push_back(windows::kms_log(log));
    return check_events(join_events(typed));
}

}  // namespace diag::check

#include "libdiag/check/correlation_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>

#include "libdiag/base/hex.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/kms/base_request.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"

namespace diag::check {
namespace {

using correlate::ClientHistory;
using correlate::ClientView;
using correlate::Contact;
using correlate::Correlation;
using correlate::Counting;
using correlate::HostHistory;
using correlate::HostView;
using correlate::Result;
using correlate::Series;

constexpr std::size_t max_evidence = 8;
constexpr std::int64_t second_ns = 1'000'000'000;

std::string time_text(Timestamp time) { return format_rfc3339(time, 0); }

std::string application_name(const Uuid& application_id) {
    const auto* application = kms::find_application(application_id);
    return application != nullptr ? std::string{application->name} : to_string(application_id);
}

// Adds lines of evidence up to a limit, with the packets that prove them.
class Evidence {
public:
    Evidence(Finding& finding, const Correlation& correlation) : finding_{finding}, correlation_{correlation} {}

    void saw(const Contact& contact, std::string_view what) {
        if (lines_++ >= max_evidence) return;
        if (!correlation_.has_several_files()) finding_.packets.push_back(contact.packet);
        finding_.evidence.push_back(
            fmt::format("{}, {}: {}", place_of(contact, correlation_), time_text(contact.time), what));
    }
    void end() {
        if (lines_ > max_evidence) finding_.evidence.push_back(fmt::format("and {} more", lines_ - max_evidence));
    }

private:
    Finding& finding_;
    const Correlation& correlation_;
    std::size_t lines_ = 0;
};

Finding finding_of(const Rule& rule, std::string target, std::string title) {
    return {.rule = &rule, .target = std::move(target), .title = std::move(title), .evidence = {}, .packets = {}};
}

void sort_by_severity(std::vector<Finding>& findings) {
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.rule->severity > b.rule->severity; });
}

// "desktop-7", where the client told a name, else its id or address.
std::string name_of(const ClientHistory& history, const ClientView& view) {
    return view.names.empty() ? to_string(history.key) : view.names.back().value;
}

// What became of a contact, in a few words.
std::string result_text(const Contact& c, const Correlation& correlation) {
    switch (c.result) {
        case Result::granted: return fmt::format("granted by {}, count {}", to_string(c.host), c.count);
        case Result::count_low:
            return fmt::format("{} has counted {} of {} clients", to_string(c.host), c.count, c.needed);
        case Result::accepted: return fmt::format("answered by {}", to_string(c.host));
        case Result::refused: return fmt::format("refused by {} with {}", to_string(c.host), format_code(c.code));
        case Result::rejected: return fmt::format("an answer of {} that the client rejects", to_string(c.host));
        case Result::fault: return fmt::format("RPC fault {} of {}", format_code(c.code), to_string(c.host));
        case Result::not_found: return fmt::format("no host found in DNS ({})", correlation.text(c.outcome));
        case Result::unknown: return fmt::format("asked {}, the answer is not in the capture", to_string(c.host));
        default: return fmt::format("{} at {}", correlation.text(c.outcome), to_string(c.host));
    }
}

// ---- one client

using Names = std::vector<correlate::Span<std::string>>;

// Between the first and the last request of one there are others.
bool take_turns(const Names& names) {
    return std::any_of(names.begin(), names.end(), [&](const auto& name) {
        return std::any_of(names.begin(), names.end(), [&](const auto& other) {
            return name.first_index < other.first_index && other.first_index < name.last_index;
        });
    });
}

// Two names from two addresses sooner after each other than a machine can restart with a new name, by one clock.
bool are_at_once(const ClientHistory& history, const Correlation& correlation) {
    constexpr std::int64_t restart_ns = 30 * second_ns;
    const Contact* before = nullptr;
    return std::any_of(history.contacts.begin(), history.contacts.end(), [&](const Contact* c) {
        if (c->workstation_name == correlate::no_text) return false;
        const Contact* other = std::exchange(before, c);
        return other != nullptr && other->file == c->file && other->client != c->client &&
               c->time.ns - other->time.ns < restart_ns &&
               correlate::machine_name(correlation.text(other->workstation_name)) !=
                   correlate::machine_name(correlation.text(c->workstation_name));
    });
}

// A machine may be renamed any number of times, but no name comes back then.
void cloned(const ClientHistory& history, const ClientView& view, const Correlation& correlation,
            std::vector<Finding>& out) {
    const Names& names = view.names;
    if (!history.key.is_machine_id() || names.size() < 2) return;
    if (!take_turns(names) && !are_at_once(history, correlation)) return;
    Finding f =
        finding_of(rule::client_cloned, to_string(history.key),
                   fmt::format("{} machines use the client machine id {}", names.size(), to_string(history.key)));
    Evidence evidence{f, correlation};
    for (const auto& name : names) {
        const Contact& first = *history.contacts[name.first_index];
        evidence.saw(
            first,
            fmt::format("{} from {}, {} until {}", correlation.text(first.workstation_name), to_string(first.client),
                        name.contact_count == 1 ? "1 request" : fmt::format("{} requests", name.contact_count),
                        time_text(name.last)));
    }
    evidence.end();
    out.push_back(std::move(f));
}

// Success in one of the last two rounds after failures: it has its activation now, and what came after was somebody's wish.
bool has_recovered(const Series& series) {
    const auto is_granted = [](const Contact* c) { return is_success(c->result); };
    const std::size_t last_two = series.rounds[series.rounds.size() - 2];
    const std::size_t first = series.rounds[series.rounds.size() - 3];
    const auto begin = series.contacts.begin();
    const auto at = [&](std::size_t i) { return begin + static_cast<std::ptrdiff_t>(i); };
    return std::any_of(at(last_two), series.contacts.end(), is_granted) &&
           std::none_of(at(first), at(last_two), is_granted);
}

std::string hours_text(std::int64_t ns) {
    return fmt::format("{:.1f} hours", static_cast<double>(ns) / 3600.0 / static_cast<double>(second_ns));
}

void retries(const ClientHistory& history, const ClientView& view, const Correlation& correlation,
             std::vector<Finding>& out) {
    // Any number of machines may share an address.
    if (!history.key.is_machine_id()) return;
    for (const Series& series : view.series) {
        if (series.rhythm != correlate::Rhythm::retrying || has_recovered(series)) continue;
        const bool granted = series.failures_at_end < series.contacts.size();
        Finding f = finding_of(rule::client_retries, to_string(history.key),
                               fmt::format("{} asks every {} and does not stay activated", name_of(history, view),
                                           hours_text(series.interval_ns)));
        Evidence evidence{f, correlation};
        const std::size_t shown = std::min(series.contacts.size(), max_evidence);
        for (std::size_t i = series.contacts.size() - shown; i < series.contacts.size(); ++i)
            evidence.saw(*series.contacts[i], result_text(*series.contacts[i], correlation));
        if (granted) f.likely_cause = 1;
        out.push_back(std::move(f));
    }
}

void older_answers(const ClientHistory& history, const Correlation& correlation, std::vector<Finding>& out) {
    Finding f = finding_of(rule::response_older, to_string(history.key),
                           fmt::format("an answer to {} belongs to an earlier request", to_string(history.key)));
    Evidence evidence{f, correlation};
    bool found = false;
    for (const Contact* c : history.contacts) {
        if (!c->has_request || c->echoed_time.ticks == 0 || c->echoed_time >= c->client_time) continue;
        const auto earlier = std::find_if(history.contacts.begin(), history.contacts.end(), [&](const Contact* other) {
            return other != c && other->has_request && other->client_time == c->echoed_time;
        });
        if (earlier == history.contacts.end()) continue;
        found = true;
        evidence.saw(*c, fmt::format("the answer of {} echoes {}, the client time of {}", to_string(c->host),
                                     format_rfc3339(c->echoed_time), place_of(**earlier, correlation)));
    }
    evidence.end();
    if (found) out.push_back(std::move(f));
}

void margin(const ClientHistory& history, const ClientView& view, const Correlation& correlation,
            std::span<const UsualClock> usual_clocks, std::vector<Finding>& out) {
    constexpr std::int64_t little_margin_minutes = 60;
    if (view.clock == nullptr || view.clock->file >= usual_clocks.size()) return;
    const UsualClock& usual = usual_clocks[view.clock->file];
    if (!usual.difference_s) return;
    const std::int64_t difference = *view.clock->clock_difference_s() - *usual.difference_s;
    const std::int64_t minutes = correlate::clock_margin_minutes(difference);
    // Beyond the limit the refusal and KMS-CLOCK-DIFFERS tell.
    if (minutes < 0 || minutes > little_margin_minutes) return;
    Finding f =
        finding_of(rule::clock_margin, to_string(history.key),
                   fmt::format("the clock of {} is {:+} minutes from those of the other clients: {} minutes of margin",
                               name_of(history, view), difference / 60, minutes));
    Evidence evidence{f, correlation};
    evidence.saw(*view.clock, fmt::format("client time {}", format_rfc3339(view.clock->client_time)));
    f.evidence.push_back(
        fmt::format("most of {} clients are within 30 minutes of {:+} seconds from the clock of the capture",
                    usual.client_count, *usual.difference_s));
    out.push_back(std::move(f));
}

// ---- one host

void never_grants(const HostHistory& history, const HostView& view, const Correlation& correlation,
                  std::vector<Finding>& out) {
    constexpr std::uint64_t enough_answers = 4;
    constexpr std::uint32_t clock_refusal = 0xC004F06C;
    if (history.answered_count < enough_answers || history.success_count > 0 || view.client_count < 2) return;
    std::map<std::string, std::pair<std::size_t, const Contact*>> answers;
    std::map<std::uint32_t, int> refused_clients;
    std::uint64_t refusals = 0;
    for (const Contact* c : history.contacts) {
        if (!is_answered(c->result)) continue;
        if (c->result == Result::count_low) return;                              // it works, and waits for more clients
        if (c->result == Result::refused && c->code == clock_refusal) continue;  // the clients' clocks: KMS-CLOCK-SKEW
        refused_clients[c->owner] = 1;
        ++refusals;
        auto& entry = answers[result_text(*c, correlation)];
        if (entry.first++ == 0) entry.second = c;
    }
    if (refused_clients.size() < 2 || refusals < enough_answers) return;
    Finding f = finding_of(
        rule::host_never_grants, to_string(history.host),
        fmt::format("{} answered {} requests and granted none", to_string(history.host), history.answered_count));
    Evidence evidence{f, correlation};
    for (const auto& [text, entry] : answers)
        evidence.saw(*entry.second, fmt::format("{}, {} times", text, entry.first));
    evidence.end();
    out.push_back(std::move(f));
}

bool is_lab(std::string_view text) {
    const auto epid = kms::parse_epid(text);
    return epid && epid->is_lab();
}

void identity_changes(const HostHistory& history, const HostView& view, const Correlation& correlation,
                      std::vector<Finding>& out) {
    constexpr std::size_t many = 3;
    for (const Counting& counting : view.countings) {
        for (const auto& ids : counting.identities) {
            const bool changes =
                ids.epids.size() >= many || ids.hwids.size() >= many || ids.comes_back || ids.hwid_comes_back;
            // The reference host says what it is: KMS-HOST-LAB.
            if (!changes || is_lab(correlation.text(ids.epids.front()))) continue;
            const auto* item = kms::find_kms_item(ids.kms_id);
            Finding f = finding_of(
                rule::host_identity_changes, to_string(history.host),
                fmt::format("{} answered {} requests for {} with {} ePIDs and {} hardware ids", to_string(history.host),
                            ids.answer_count, item != nullptr ? std::string{item->name} : to_string(ids.kms_id),
                            ids.epids.size(), ids.hwids.size()));
            Evidence evidence{f, correlation};
            for (std::size_t i = 0; i < ids.first_of.size(); ++i)
                evidence.saw(*ids.first_of[i], fmt::format("ePID {}", correlation.text(ids.epids[i])));
            evidence.end();
            if (ids.comes_back || ids.hwid_comes_back) {
                f.evidence.emplace_back("one that another had replaced came back");
                f.likely_cause = f.likely_remedy = ids.epids.size() < many ? 1 : 0;
            }
            out.push_back(std::move(f));
        }
    }
}

// A host adds a client before it answers: so many distinct ids, so high is the count.
void count_stuck(const HostHistory& history, const HostView& view, const Correlation& correlation,
                 std::vector<Finding>& out) {
    constexpr std::size_t tolerance = 1;  // a capture may lack an answer, and an id may be just too old
    constexpr std::int64_t memory_ns = std::int64_t{30} * 24 * 3600 * second_ns;
    for (const Counting& counting : view.countings) {
        if (counting.points.empty()) continue;
        const auto& last = counting.points.back();
        const Timestamp since = std::max(counting.last_fall, counting.points.front().time);
        if (last.count >= counting.needed || counting.held_since_fall <= last.count + tolerance) continue;
        if (last.time.ns - since.ns > memory_ns) continue;
        Finding f =
            finding_of(rule::count_stuck, to_string(history.host),
                       fmt::format("{} has answered {} machines for {}, but counts {} of the {} that are needed",
                                   to_string(history.host), counting.clients_since_fall,
                                   application_name(counting.application_id), last.count, counting.needed));
        Evidence evidence{f, correlation};
        const std::size_t shown = std::min(counting.points.size(), max_evidence);
        for (std::size_t i = counting.points.size() - shown; i < counting.points.size(); ++i)
            evidence.saw(*counting.points[i].contact, fmt::format("count {}", counting.points[i].count));
        out.push_back(std::move(f));
    }
}

// ---- names and addresses

using Contacts = std::vector<const Contact*>;

// Readable requests, those with the same key side by side, each group by time. A number as key keeps the sort of a million fast;
// where two groups share it by chance, `less` tells them apart.
template <class KeyOf, class Less> Contacts grouped(const Correlation& correlation, KeyOf key_of, Less less) {
    std::vector<std::pair<std::uint64_t, const Contact*>> keyed;
    correlation.for_each_contact([&](const Contact& c) {
        if (c.has_request) keyed.emplace_back(key_of(c), &c);
    });
    std::sort(keyed.begin(), keyed.end(), [&](const auto& a, const auto& b) {
        if (a.first != b.first) return a.first < b.first;
        if (less(*a.second, *b.second) || less(*b.second, *a.second)) return less(*a.second, *b.second);
        return std::tie(a.second->time, a.second->packet) < std::tie(b.second->time, b.second->packet);
    });
    Contacts out;
    out.reserve(keyed.size());
    for (const auto& [key, contact] : keyed) out.push_back(contact);
    return out;
}

// Calls f(first, last) for each run of contacts for which `same` holds between neighbours.
template <class Same, class F> void for_each_run(const Contacts& all, Same same, F f) {
    for (auto first = all.begin(); first != all.end();) {
        auto last = first + 1;
        while (last != all.end() && same(**first, **last)) ++last;
        f(first, last);
        first = last;
    }
}

// The first contact of each client machine id, by time. `first` to `last` are sorted by time.
Contacts first_of_each(Contacts::const_iterator first, Contacts::const_iterator last) {
    std::map<std::uint32_t, const Contact*> by_owner;
    for (; first != last; ++first) by_owner.try_emplace((*first)->owner, *first);
    Contacts out;
    for (const auto& [owner, contact] : by_owner) out.push_back(contact);
    std::sort(out.begin(), out.end(), [](const Contact* a, const Contact* b) { return a->time < b->time; });
    return out;
}

// How many of them came one after the other: a program that sends many ids at once counts as one.
std::size_t count_apart(const Contacts& firsts) {
    constexpr std::int64_t apart_ns = 10 * 60 * second_ns;
    std::size_t count = 0;
    Timestamp latest;
    for (const Contact* c : firsts) {
        if (count > 0 && c->time.ns - latest.ns < apart_ns) continue;
        latest = c->time;
        ++count;
    }
    return count;
}

// Numbers of texts and hashes say nothing to people.
void sort_by_target(std::vector<Finding>& findings) {
    std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.target, a.title) < std::tie(b.target, b.title);
    });
}

}  // namespace

std::string place_of(const Contact& contact, const Correlation& correlation) {
    if (!correlation.has_several_files()) return fmt::format("packet {}", contact.packet);
    return fmt::format("packet {} of {}", contact.packet, correlation.file_of(contact));
}

std::vector<Finding> check_client(const ClientHistory& history, const ClientView& view, const Correlation& correlation,
                                  std::span<const UsualClock> usual_clocks) {
    std::vector<Finding> findings;
    if (history.contacts.size() > 1) {
        cloned(history, view, correlation, findings);
        retries(history, view, correlation, findings);
        older_answers(history, correlation, findings);
    }
    margin(history, view, correlation, usual_clocks, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_host(const HostHistory& history, const HostView& view, const Correlation& correlation) {
    std::vector<Finding> findings;
    never_grants(history, view, correlation, findings);
    identity_changes(history, view, correlation, findings);
    count_stuck(history, view, correlation, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_names(const Correlation& correlation) {
    constexpr std::size_t many_ids = 3;
    const auto application = [&](const Contact& c) { return correlation.text(c.product).substr(0, sizeof(Uuid)); };
    const auto machine = [&](const Contact& c) {
        return correlate::machine_name(correlation.text(c.workstation_name));
    };
    const Contacts all = grouped(
        correlation, [&](const Contact& c) { return correlate::keyed_hash(bytes_of(machine(c)), 0); },
        [&](const Contact& a, const Contact& b) {
            if (application(a) != application(b)) return application(a) < application(b);
            return a.workstation_name != b.workstation_name && machine(a) < machine(b);
        });
    std::vector<Finding> findings;
    const auto same = [&](const Contact& a, const Contact& b) {
        return application(a) == application(b) &&
               (a.workstation_name == b.workstation_name || machine(a) == machine(b));
    };
    for_each_run(all, same, [&](auto first, auto last) {
        if (last - first < static_cast<std::ptrdiff_t>(many_ids) || findings.size() >= max_of_rule) return;
        if ((*first)->workstation_name == correlate::no_text) return;
        const Contacts firsts = first_of_each(first, last);
        if (count_apart(firsts) < many_ids) return;
        const std::string name{correlation.text((*first)->workstation_name)};
        Finding f = finding_of(rule::name_many_ids, name,
                               fmt::format("{} appears with {} client machine ids for {}", name, firsts.size(),
                                           application_name(correlation.product_of(**first).application_id)));
        Evidence evidence{f, correlation};
        for (const Contact* c : firsts) {
            evidence.saw(*c, fmt::format("{} from {}{}", to_string(correlation.client_of(*c)), to_string(c->client),
                                         c->previous_id == correlate::no_text ? "" : ", names a previous id"));
        }
        evidence.end();
        findings.push_back(std::move(f));
    });
    sort_by_target(findings);
    return findings;
}

std::vector<Finding> check_addresses(const Correlation& correlation) {
    constexpr std::size_t many_clients = 3;
    const Contacts all = grouped(
        correlation, [](const Contact& c) { return correlate::keyed_hash(c.client.bytes(), 0); },
        [](const Contact& a, const Contact& b) { return a.client < b.client; });
    std::vector<Finding> findings;
    const auto same = [](const Contact& a, const Contact& b) { return a.client == b.client; };
    for_each_run(all, same, [&](auto first, auto last) {
        if (last - first < static_cast<std::ptrdiff_t>(many_clients) || findings.size() >= max_of_rule) return;
        const Contacts firsts = first_of_each(first, last);
        std::map<std::string, int> names;
        for (const Contact* c : firsts) names[correlate::machine_name(correlation.text(c->workstation_name))] = 1;
        if (firsts.size() < many_clients || names.size() < many_clients) return;
        const std::string address = to_string((*first)->client);
        Finding f =
            finding_of(rule::clients_nat, address, fmt::format("{} machines ask from {}", names.size(), address));
        Evidence evidence{f, correlation};
        for (const Contact* c : firsts)
            evidence.saw(
                *c, fmt::format("{}, {}", correlation.text(c->workstation_name), to_string(correlation.client_of(*c))));
        evidence.end();
        findings.push_back(std::move(f));
    });
    sort_by_target(findings);
    return findings;
}

}  // namespace diag::check

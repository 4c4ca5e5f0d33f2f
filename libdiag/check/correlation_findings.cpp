#include "libdiag/check/correlation_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "libdiag/check/contact_lines.h"
#include "libdiag/check/contact_text.h"
#include "libdiag/check/finding_builder.h"
#include "libdiag/check/other_machine_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/kms/base_request.h"
#include "libdiag/proto/kms/catalogue.h"
#include "libdiag/proto/kms/epid.h"

namespace diag::check {
namespace {

using correlate::Contact;
using correlate::Correlation;
using correlate::Counting;
using correlate::Result;
using correlate::Series;
using lang::say;
using lang::tr;

constexpr std::int64_t second_ns = 1'000'000'000;

Finding finding_of(const Rule& rule, std::string target, std::string title) {
    return {.rule = &rule, .target = std::move(target), .title = std::move(title), .evidence = {}, .packets = {}};
}

void sort_by_severity(std::vector<Finding>& findings) {
    std::stable_sort(findings.begin(), findings.end(),
                     [](const Finding& a, const Finding& b) { return a.rule->severity > b.rule->severity; });
}

// "desktop-7", where the client told a name, else its id or address.
std::string name_of(const ClientRecord& e) {
    return e.view.names.empty() ? to_string(e.history.key) : e.view.names.back().value;
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
bool are_at_once(const correlate::ClientHistory& history, const Correlation& correlation) {
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

std::string use_text(const ClientRecord& e, const correlate::Span<std::string>& name, const Contact& first) {
    const std::string_view computer = e.correlation.text(first.workstation_name);
    const std::string address = to_string(first.client), last = time_text(name.last);
    if (name.contact_count == 1) return say("{} from {}, 1 request until {}", computer, address, last);
    return say("{} from {}, {} requests until {}", computer, address, name.contact_count, last);
}

// A machine may be renamed any number of times, but no name comes back then.
void cloned(const ClientRecord& e, std::vector<Finding>& out) {
    const Names& names = e.view.names;
    if (!e.history.key.is_machine_id() || names.size() < 2) return;
    if (!take_turns(names) && !are_at_once(e.history, e.correlation)) return;
    const std::string id = to_string(e.history.key);
    Finding f = finding_of(rule::client_cloned, id, say("{} machines use the client machine id {}", names.size(), id));
    ContactLines evidence{f, e.correlation};
    for (const auto& name : names) {
        const Contact& first = *e.history.contacts[name.first_index];
        evidence.saw(first, use_text(e, name, first));
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

double hours_of(std::int64_t ns) { return static_cast<double>(ns) / 3600.0 / static_cast<double>(second_ns); }

void retries(const ClientRecord& e, std::vector<Finding>& out) {
    // Any number of machines may share an address.
    if (!e.history.key.is_machine_id()) return;
    for (const Series& series : e.view.series) {
        if (series.rhythm != correlate::Rhythm::retrying || has_recovered(series)) continue;
        Finding f = finding_of(
            rule::client_retries, to_string(e.history.key),
            say("{} asks every {:.1f} hours and does not stay activated", name_of(e), hours_of(series.interval_ns)));
        ContactLines evidence{f, e.correlation};
        const std::size_t shown = std::min(series.contacts.size(), ContactLines::max_count);
        for (std::size_t i = series.contacts.size() - shown; i < series.contacts.size(); ++i)
            evidence.saw(*series.contacts[i], result_text(*series.contacts[i], e.correlation));
        const bool granted = series.failures_at_end < series.contacts.size();
        if (granted) f.likely_cause = 1;
        out.push_back(std::move(f));
    }
}

// The request whose time the answer to another one repeats.
const Contact* answered_earlier(const ClientRecord& e, const Contact& c) {
    if (!c.has_request || c.echoed_time.ticks == 0 || c.echoed_time >= c.client_time) return nullptr;
    const auto& all = e.history.contacts;
    const auto earlier = std::find_if(all.begin(), all.end(), [&](const Contact* other) {
        return other != &c && other->has_request && other->client_time == c.echoed_time;
    });
    return earlier == all.end() ? nullptr : *earlier;
}

void older_answers(const ClientRecord& e, std::vector<Finding>& out) {
    std::vector<std::pair<const Contact*, const Contact*>> pairs;
    for (const Contact* c : e.history.contacts)
        if (const Contact* earlier = answered_earlier(e, *c)) pairs.emplace_back(c, earlier);
    if (pairs.empty()) return;
    const std::string id = to_string(e.history.key);
    Finding f = finding_of(rule::response_older, id, say("an answer to {} belongs to an earlier request", id));
    ContactLines evidence{f, e.correlation};
    for (const auto& [contact, earlier] : pairs) {
        evidence.saw(*contact, say("the answer of {} echoes {}, the client time of {}", to_string(contact->host),
                                   format_rfc3339(contact->echoed_time), place_of(*earlier, e.correlation)));
    }
    evidence.end();
    out.push_back(std::move(f));
}

void margin(const ClientRecord& e, std::vector<Finding>& out) {
    constexpr std::int64_t little_margin_minutes = 60;
    const Contact* clock = e.view.clock;
    if (clock == nullptr || clock->file >= e.usual_clocks.size()) return;
    const UsualClock& usual = e.usual_clocks[clock->file];
    if (!usual.difference_s) return;
    const std::int64_t difference = *clock->clock_difference_s() - *usual.difference_s;
    const std::int64_t minutes = correlate::clock_margin_minutes(difference);
    // Beyond the limit the refusal and KMS-CLOCK-DIFFERS tell.
    if (minutes < 0 || minutes > little_margin_minutes) return;
    Finding f = finding_of(rule::clock_margin, to_string(e.history.key),
                           say("the clock of {} is {:+} minutes from those of the other clients: {} minutes of margin",
                               name_of(e), difference / 60, minutes));
    ContactLines evidence{f, e.correlation};
    evidence.saw(*clock, say("client time {}", format_rfc3339(clock->client_time)));
    f.evidence.push_back(say("most of {} clients are within 30 minutes of {:+} seconds from the clock of the capture",
                             usual.client_count, *usual.difference_s));
    out.push_back(std::move(f));
}

constexpr Row<ClientRecord> client_table[] = {
    {&rule::client_cloned, cloned},
    {&rule::client_retries, retries},
    {&rule::response_older, older_answers},
    {&rule::clock_margin, margin},
};

// ---- one host

struct SameAnswers {
    const Contact* first = nullptr;
    std::size_t count = 0;
};

// The answers of a host by what they say. Nothing where one of them is no refusal, or not the host's.
std::vector<SameAnswers> refusals_of(const HostRecord& e) {
    constexpr std::uint64_t enough_answers = 4;
    constexpr std::uint32_t clock_refusal = 0xC004F06C;
    std::map<std::pair<Result, std::uint32_t>, SameAnswers> answers;
    std::map<std::uint32_t, int> refused_clients;
    std::uint64_t refusals = 0;
    for (const Contact* c : e.history.contacts) {
        if (!is_answered(c->result)) continue;
        if (c->result == Result::count_low) return {};                           // it works, and waits for more clients
        if (c->result == Result::refused && c->code == clock_refusal) continue;  // the clients' clocks: KMS-CLOCK-SKEW
        refused_clients[c->owner] = 1;
        ++refusals;
        auto& same = answers[{c->result, c->code}];
        if (same.count++ == 0) same.first = c;
    }
    if (refused_clients.size() < 2 || refusals < enough_answers) return {};
    std::vector<SameAnswers> out;
    out.reserve(answers.size());
    for (const auto& [key, same] : answers) out.push_back(same);
    return out;
}

void never_grants(const HostRecord& e, std::vector<Finding>& out) {
    constexpr std::uint64_t enough_answers = 4;
    if (e.history.answered_count < enough_answers || e.history.success_count > 0 || e.view.client_count < 2) return;
    const auto answers = refusals_of(e);
    if (answers.empty()) return;
    const std::string host = to_string(e.history.host);
    Finding f = finding_of(rule::host_never_grants, host,
                           say("{} answered {} requests and granted none", host, e.history.answered_count));
    ContactLines evidence{f, e.correlation};
    for (const SameAnswers& same : answers)
        evidence.saw(*same.first,
                     fmt::format("{}, {}", result_text(*same.first, e.correlation), times_text(same.count)));
    evidence.end();
    out.push_back(std::move(f));
}

bool is_lab(std::string_view text) {
    const auto epid = kms::parse_epid(text);
    return epid && epid->is_lab();
}

void identity_changes(const HostRecord& e, const correlate::Identities& ids, std::vector<Finding>& out) {
    constexpr std::size_t many = 3;
    const bool changes = ids.epids.size() >= many || ids.hwids.size() >= many || ids.comes_back || ids.hwid_comes_back;
    // The reference host says what it is: KMS-HOST-LAB.
    if (!changes || is_lab(e.correlation.text(ids.epids.front()))) return;
    const std::string host = to_string(e.history.host);
    const auto* item = kms::find_kms_item(ids.kms_id);
    Finding f = finding_of(
        rule::host_identity_changes, host,
        say("{} answered {} requests for {} with {} ePIDs and {} hardware ids", host, ids.answer_count,
            item != nullptr ? std::string{item->name} : to_string(ids.kms_id), ids.epids.size(), ids.hwids.size()));
    ContactLines evidence{f, e.correlation};
    for (std::size_t i = 0; i < ids.first_of.size(); ++i)
        evidence.saw(*ids.first_of[i], fmt::format("ePID {}", e.correlation.text(ids.epids[i])));
    evidence.end();
    if (ids.comes_back || ids.hwid_comes_back) {
        f.evidence.emplace_back(tr("an id that another had replaced came back"));
        f.likely_cause = f.likely_remedy = ids.epids.size() < many ? 1 : 0;
    }
    out.push_back(std::move(f));
}

void identities_change(const HostRecord& e, std::vector<Finding>& out) {
    for (const Counting& counting : e.view.countings)
        for (const auto& ids : counting.identities) identity_changes(e, ids, out);
}

// A host adds a client before it answers: so many distinct ids, so high is the count.
bool is_stuck(const Counting& counting) {
    constexpr std::size_t tolerance = 1;  // a capture may lack an answer, and an id may be just too old
    constexpr std::int64_t memory_ns = std::int64_t{30} * 24 * 3600 * second_ns;
    if (counting.points.empty()) return false;
    const auto& last = counting.points.back();
    const Timestamp since = std::max(counting.last_fall, counting.points.front().time);
    if (last.count >= counting.needed || counting.held_since_fall <= last.count + tolerance) return false;
    return last.time.ns - since.ns <= memory_ns;
}

void count_stuck(const HostRecord& e, std::vector<Finding>& out) {
    const std::string host = to_string(e.history.host);
    for (const Counting& counting : e.view.countings) {
        if (!is_stuck(counting)) continue;
        Finding f = finding_of(rule::count_stuck, host,
                               say("{} has answered {} machines for {}, but counts {} of the {} that are needed", host,
                                   counting.clients_since_fall, application_text(counting.application_id),
                                   counting.points.back().count, counting.needed));
        ContactLines evidence{f, e.correlation};
        const std::size_t shown = std::min(counting.points.size(), ContactLines::max_count);
        for (std::size_t i = counting.points.size() - shown; i < counting.points.size(); ++i)
            evidence.saw(*counting.points[i].contact, say("count {}", counting.points[i].count));
        out.push_back(std::move(f));
    }
}

constexpr Row<HostRecord> host_table[] = {
    {&rule::host_never_grants, never_grants},
    {&rule::host_identity_changes, identities_change},
    {&rule::count_stuck, count_stuck},
    {&rule::path_middlebox, other_machine},
};

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

// Calls f(run) for each run of contacts for which `same` holds between neighbours.
template <class Same, class F> void for_each_run(const Contacts& all, Same same, F f) {
    for (auto first = all.begin(); first != all.end();) {
        auto last = first + 1;
        while (last != all.end() && same(**first, **last)) ++last;
        f(std::span{first, last});
        first = last;
    }
}

// The first contact of each client machine id, by time. `contacts` are sorted by time.
Contacts first_of_each(std::span<const Contact* const> contacts) {
    std::map<std::uint32_t, const Contact*> by_owner;
    for (const Contact* c : contacts) by_owner.try_emplace(c->owner, c);
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

void many_ids(const NameRecord& e, std::vector<Finding>& out) {
    constexpr std::size_t many = 3;
    if (e.contacts.size() < many || e.contacts.front()->workstation_name == correlate::no_text) return;
    const Contacts firsts = first_of_each(e.contacts);
    if (count_apart(firsts) < many) return;
    const Contact& first = *e.contacts.front();
    const std::string name{e.correlation.text(first.workstation_name)};
    Finding f = finding_of(rule::name_many_ids, name,
                           say("{} appears with {} client machine ids for {}", name, firsts.size(),
                               application_text(e.correlation.product_of(first).application_id)));
    ContactLines evidence{f, e.correlation};
    for (const Contact* c : firsts) {
        const std::string id = to_string(e.correlation.client_of(*c)), address = to_string(c->client);
        evidence.saw(*c, c->previous_id == correlate::no_text ? say("{} from {}", id, address)
                                                              : say("{} from {}, names a previous id", id, address));
    }
    evidence.end();
    out.push_back(std::move(f));
}

constexpr Row<NameRecord> name_table[] = {{&rule::name_many_ids, many_ids}};

std::string lower(std::string_view text) {
    std::string lowered{text};
    std::ranges::transform(lowered, lowered.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return lowered;
}

// The same computer may be named with and without its domain; two of the same name in two domains are two.
std::size_t count_machines(const Contacts& firsts, const correlate::Correlation& correlation) {
    std::set<std::string> full, bare, named;
    for (const Contact* c : firsts) {
        const std::string name = lower(correlation.text(c->workstation_name));
        const bool has_domain = name.find('.') != std::string::npos;
        (has_domain ? full : bare).insert(name);
        if (has_domain) named.insert(correlate::machine_name(name));
    }
    std::erase_if(bare, [&](const std::string& name) { return named.contains(name); });
    return full.size() + bare.size();
}

void behind_one_address(const AddressRecord& e, std::vector<Finding>& out) {
    constexpr std::size_t many = 3;
    if (e.contacts.size() < many) return;
    const Contacts firsts = first_of_each(e.contacts);
    const std::size_t machine_count = count_machines(firsts, e.correlation);
    if (firsts.size() < many || machine_count < many) return;
    const std::string address = to_string(e.contacts.front()->client);
    Finding f = finding_of(rule::clients_nat, address, say("{} machines ask from {}", machine_count, address));
    ContactLines evidence{f, e.correlation};
    for (const Contact* c : firsts)
        evidence.saw(
            *c, fmt::format("{}, {}", e.correlation.text(c->workstation_name), to_string(e.correlation.client_of(*c))));
    evidence.end();
    out.push_back(std::move(f));
}

constexpr Row<AddressRecord> address_table[] = {{&rule::clients_nat, behind_one_address}};

// Numbers of texts and hashes say nothing to people.
void sort_by_target(std::vector<Finding>& findings) {
    std::sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return std::tie(a.target, a.title) < std::tie(b.target, b.title);
    });
}

}  // namespace

std::span<const Row<ClientRecord>> client_record_rows() { return client_table; }
std::span<const Row<HostRecord>> host_record_rows() { return host_table; }
std::span<const Row<NameRecord>> name_record_rows() { return name_table; }
std::span<const Row<AddressRecord>> address_record_rows() { return address_table; }

std::vector<Finding> check_client(const correlate::ClientHistory& history, const correlate::ClientView& view,
                                  const Correlation& correlation, std::span<const UsualClock> usual_clocks) {
    std::vector<Finding> findings;
    look(client_record_rows(), {history, view, correlation, usual_clocks}, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_host(const correlate::HostHistory& history, const correlate::HostView& view,
                                const Correlation& correlation) {
    std::vector<Finding> findings;
    look(host_record_rows(), {history, view, correlation}, findings);
    sort_by_severity(findings);
    return findings;
}

std::vector<Finding> check_names(const Correlation& correlation) {
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
    for_each_run(all, same, [&](std::span<const Contact* const> run) {
        if (findings.size() < max_of_rule) look(name_record_rows(), {correlation, run}, findings);
    });
    sort_by_target(findings);
    return findings;
}

std::vector<Finding> check_addresses(const Correlation& correlation) {
    const Contacts all = grouped(
        correlation, [](const Contact& c) { return correlate::keyed_hash(c.client.bytes(), 0); },
        [](const Contact& a, const Contact& b) { return a.client < b.client; });
    std::vector<Finding> findings;
    const auto same = [](const Contact& a, const Contact& b) { return a.client == b.client; };
    for_each_run(all, same, [&](std::span<const Contact* const> run) {
        if (findings.size() < max_of_rule) look(address_record_rows(), {correlation, run}, findings);
    });
    sort_by_target(findings);
    return findings;
}

}  // namespace diag::check

#include "libdiag/check/event_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "libdiag/base/hex.h"
#include "libdiag/check/event_text.h"
#include "libdiag/check/publish_findings.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;

constexpr std::size_t max_evidence = 12;

Finding finding_of(const Rule& rule, std::string target, std::string title) {
    return {.rule = &rule, .target = std::move(target), .title = std::move(title), .evidence = {}, .packets = {}};
}

// Adds lines of evidence up to a limit, and counts the others.
class Evidence {
public:
    explicit Evidence(Finding& finding) : finding_{finding} {}

    void saw(std::string line) {
        if (finding_.evidence.size() < max_evidence) {
            finding_.evidence.push_back(std::move(line));
        } else {
            ++left_out_;
        }
    }
    void saw(std::vector<std::string> lines) {
        for (std::string& line : lines) saw(std::move(line));
    }
    void end() {
        if (left_out_ > 0) finding_.evidence.push_back(say("and {} more lines like these", left_out_));
    }

private:
    Finding& finding_;
    std::size_t left_out_ = 0;
};

std::string domain_of(const std::string& name) {
    const std::size_t dot = name.find('.');
    return dot == name.npos ? std::string{} : name.substr(dot + 1);
}

Subject subject_of(const JoinedEvents& events, const ClientTrouble& one) {
    const RequestStep& step = *one.step;
    Subject subject;
    subject.client_name = dns::lower_case(one.client->name);
    if (one.client->client_machine_id) subject.machine_id = to_string(*one.client->client_machine_id);
    if (const auto* seen = events.capture(step)) {
        subject.client_address = to_string(seen->client.ip);
        subject.host = to_string(seen->host);
    }
    const auto* sent = events.sent(step);
    if (sent == nullptr || sent->host.empty()) {
        if (step.processed) subject.host_name = dns::lower_case(events.at(*step.processed).computer);
    } else if (const auto literal = IpAddress::parse(sent->host)) {
        subject.host = to_string(Endpoint{*literal, sent->port.value_or(0)});
    } else {
        subject.host_name = dns::lower_case(sent->host);
    }
    if (one.verdict.rule == &rule::event_not_contacted) subject.domain = domain_of(subject.client_name);
    return subject;
}

// What the finding is about is what all clients have in common.
Subject subject_of(const SharedTrouble& trouble) {
    Subject subject = subject_of(*trouble.events, trouble.first());
    for (const ClientTrouble& one : trouble.cases) keep_common(subject, subject_of(*trouble.events, one));
    return subject;
}

std::string asker_text(const ClientTrouble& one) {
    return fmt::format("{}, {}", client_text(*one.client), product_text(one.step->activation_id));
}

// ---- what failed

std::string where(const SharedTrouble& t) { return t.host.empty() ? std::string{tr("its KMS host")} : t.host; }
std::string product(const SharedTrouble& t) { return product_text(t.first().step->activation_id); }

std::string not_contacted(const SharedTrouble& t) {
    if (t.host.empty()) return say("clients find no KMS host: {}", code_text(t.code()));
    return say("clients find no address of {}: {}", t.host, code_text(t.code()));
}
std::string not_connected(const SharedTrouble& t) {
    return say("clients could not connect to {}: {}", where(t), code_text(t.code()));
}
std::string call_failed(const SharedTrouble& t) { return say("calls to {} failed: {}", where(t), code_text(t.code())); }
std::string cannot_activate(const SharedTrouble& t) { return say("{} cannot activate {}", where(t), product(t)); }
std::string refused(const SharedTrouble& t) { return say("{} refused requests: {}", where(t), code_text(t.code())); }
std::string counted_few(const SharedTrouble& t) {
    return say("KMS works, but {} has counted fewer clients than {} needs", where(t), product(t));
}
std::string attempt_failed(const SharedTrouble& t) {
    if (t.code() == 0) return say("an activation with {} failed", where(t));
    return say("an activation with {} failed: {}", where(t), code_text(t.code()));
}

// The host notes in 12290 that it does not know the product, the client that the host cannot activate it (errors.csv).
std::uint32_t as_clients_see(std::uint32_t host_code) {
    constexpr std::uint32_t product_not_installed = 0xC004F015, id_mismatch = 0xC004F042;
    return host_code == product_not_installed ? id_mismatch : host_code;
}

// The codes are those of the first client.
void add_codes(Finding& finding, const SharedTrouble& trouble) {
    const ClientTrouble& first = trouble.first();
    const std::uint32_t own =
        first.verdict.client_code != 0 ? first.verdict.client_code : as_clients_see(first.verdict.host_code);
    if (own != 0 && trouble.events->answered(*first.step) == nullptr) finding.inner_code = own;
    if (first.summary_code != 0) {
        finding.windows_code = first.summary_code;
    } else if (first.step->failed || first.verdict.rule == &rule::event_not_contacted) {
        finding.windows_code = own;
    }
}

void add_meaning(Finding& finding, const StepVerdict& verdict) {
    for (const std::uint32_t code : {verdict.client_code, verdict.host_code}) {
        const auto* error = code == 0 ? nullptr : kms::find_error(code);
        const std::string text =
            error == nullptr ? std::string{} : fmt::format("{}: {}", format_code(code), tr(error->meaning));
        if (!text.empty() && std::ranges::find(finding.evidence, text) == finding.evidence.end())
            finding.evidence.push_back(text);
    }
}

void add_packets(Finding& finding, const CapturedRequest* seen) {
    if (seen == nullptr || finding.packets.size() >= max_evidence) return;
    for (const std::uint64_t packet : {seen->first_packet, seen->last_packet})
        if (finding.packets.empty() || finding.packets.back() != packet) finding.packets.push_back(packet);
}

Finding failure_of(const Rule& rule, const SharedTrouble& trouble, std::string title) {
    Finding f = finding_of(rule, trouble.target, std::move(title));
    f.about = subject_of(trouble);
    add_codes(f, trouble);
    Evidence evidence{f};
    for (const ClientTrouble& one : trouble.cases) {
        evidence.saw(asker_text(one));
        evidence.saw(evidence_of(*trouble.events, *one.step));
        if (&one == &trouble.first()) add_meaning(f, one.verdict);
        add_packets(f, trouble.events->capture(*one.step));
        if (!one.covering_host.empty())
            evidence.saw(say("the log of {} covers that time and has no 12290 of this request", one.covering_host));
    }
    evidence.end();
    return f;
}

template <const Rule& rule, std::string (*title)(const SharedTrouble&)>
void failed(const SharedTrouble& trouble, std::vector<Finding>& out) {
    if (trouble.kind != SharedTrouble::Kind::failed || trouble.first().verdict.rule != &rule) return;
    out.push_back(failure_of(rule, trouble, title(trouble)));
}

// ---- what one log has, and the other has not

void unanswered(const SharedTrouble& trouble, std::vector<Finding>& out) {
    if (trouble.kind != SharedTrouble::Kind::unanswered) return;
    Finding f = finding_of(rule::event_no_answer, trouble.target,
                           say("no word of an answer of {} in the client's log", trouble.host));
    f.about = subject_of(trouble);
    Evidence evidence{f};
    for (const ClientTrouble& one : trouble.cases) {
        evidence.saw(asker_text(one));
        evidence.saw(evidence_of(*trouble.events, *one.step));
        evidence.saw(std::string{tr("no event 12289 follows within 2 minutes, and the log goes on")});
    }
    evidence.end();
    out.push_back(std::move(f));
}

void not_on_host(const SharedTrouble& trouble, std::vector<Finding>& out) {
    if (trouble.kind != SharedTrouble::Kind::not_on_host) return;
    Finding f = finding_of(
        rule::event_not_on_host, trouble.target,
        say("requests that {} answered are not in the log of {}", trouble.host, trouble.first().covering_host));
    f.about = subject_of(trouble);
    Evidence evidence{f};
    for (const ClientTrouble& one : trouble.cases) {
        const auto& request = trouble.events->sent(*one.step)->request;
        evidence.saw(say("{}, {}, client time {}", client_text(*one.client), product_text(one.step->activation_id),
                         format_rfc3339(*request.client_time, 0)));
        evidence.saw(evidence_of(*trouble.events, *one.step));
    }
    evidence.end();
    out.push_back(std::move(f));
}

constexpr Row<SharedTrouble> trouble_table[] = {
    {&rule::event_not_contacted, failed<rule::event_not_contacted, not_contacted>},
    {&rule::event_host_unreachable, failed<rule::event_host_unreachable, not_connected>},
    {&rule::event_call_failed, failed<rule::event_call_failed, call_failed>},
    {&rule::product_not_covered, failed<rule::product_not_covered, cannot_activate>},
    {&rule::client_list_full, failed<rule::client_list_full, refused>},
    {&rule::clock_skew, failed<rule::clock_skew, refused>},
    {&rule::request_invalid, failed<rule::request_invalid, refused>},
    {&rule::host_refused, failed<rule::host_refused, refused>},
    {&rule::count_low, failed<rule::count_low, counted_few>},
    {&rule::event_attempt_failed, failed<rule::event_attempt_failed, attempt_failed>},
    {&rule::event_no_answer, unanswered},
    {&rule::event_not_on_host, not_on_host},
};

// ---- the logs themselves

void not_published(const LoggedState& state, std::vector<Finding>& out) {
    for (const EventRef ref : state.failed_publications) {
        const auto& publication = std::get<windows::Publication>(state.events->at(ref).body);
        Finding f = finding_of(rule::event_publish_failed, publication.domain, publish_title(publication));
        f.about.domain = dns::lower_case(publication.domain);
        f.evidence.push_back(publication_text(*state.events, ref));
        out.push_back(std::move(f));
    }
}

void cloned(const LoggedState& state, std::vector<Finding>& out) {
    std::map<Uuid, std::vector<const ClientHistory*>> clones;
    for (const ClientHistory& client : state.events->clients)
        if (client.is_clone) clones[*client.client_machine_id].push_back(&client);
    for (const auto& [machine_id, machines] : clones) {
        const std::string id = to_string(machine_id);
        Finding f =
            finding_of(rule::client_cloned, id, say("{} machines use the client machine id {}", machines.size(), id));
        Evidence evidence{f};
        for (const ClientHistory* machine : machines)
            evidence.saw(
                fmt::format("{}: {}", machine->name, evidence_of(*state.events, machine->steps.front()).front()));
        evidence.end();
        out.push_back(std::move(f));
    }
}

void unreadable(const LoggedState& state, std::vector<Finding>& out) {
    for (const auto& log : state.events->logs) {
        if (log.unreadable_count == 0) continue;
        const std::string name = log.name.empty() ? std::string{tr("event log")} : log.name;
        Finding f = finding_of(rule::event_unreadable, name,
                               log.unreadable_count == 1
                                   ? say("1 entry of {} could not be understood", name)
                                   : say("{} entries of {} could not be understood", log.unreadable_count, name));
        f.evidence.push_back(say("the first: {}", log.first_unreadable));
        out.push_back(std::move(f));
    }
}

std::string recovery_text(const Recovery& r) {
    const std::string client = client_text(*r.client), product = product_text(r.last_failed->activation_id);
    const std::string last = time_text(r.last_failed->time), served = time_text(r.served);
    if (r.failed_count == 1) {
        return say("{}, {}: 1 attempt failed, the last {} with {}; served {}", client, product, last,
                   code_text(r.last_code), served);
    }
    return say("{}, {}: {} attempts failed, the last {} with {}; served {}", client, product, r.failed_count, last,
               code_text(r.last_code), served);
}

void recovered(const LoggedState& state, std::vector<Finding>& out) {
    if (state.recovery_count == 0) return;
    Finding f =
        finding_of(rule::event_recovered, std::string{tr("event logs")},
                   state.recovery_count == 1 ? std::string{tr("a client that failed was served later")}
                                             : say("{} clients that failed were served later", state.recovery_count));
    for (const Recovery& recovery : state.recoveries) f.evidence.push_back(recovery_text(recovery));
    out.push_back(std::move(f));
}

constexpr Row<LoggedState> state_table[] = {
    {&rule::event_publish_failed, not_published},
    {&rule::client_cloned, cloned},
    {&rule::event_unreadable, unreadable},
    {&rule::event_recovered, recovered},
};

}  // namespace

std::span<const Row<SharedTrouble>> trouble_rows() { return trouble_table; }
std::span<const Row<LoggedState>> logged_rows() { return state_table; }

std::vector<Finding> check_events(const JoinedEvents& events) {
    const EventTroubles all = troubles_of(events);
    std::vector<Finding> findings;
    for (const SharedTrouble& trouble : all.troubles) look(trouble_rows(), trouble, findings);
    look(logged_rows(), all.state, findings);
    // As causes_among: the worst first, then what a client meets first.
    std::ranges::stable_sort(findings, {}, [](const Finding& f) {
        return std::pair{-static_cast<int>(f.rule->severity), f.rule->stage};
    });
    return findings;
}

std::vector<Finding> check_events(std::span<const windows::EventLog> logs) {
    std::vector<windows::KmsLog> typed;
    typed.reserve(logs.size());
    for (const windows::EventLog& log : logs) typed.push_back(windows::kms_log(log));
    return check_events(join_events(typed));
}

}  // namespace diag::check

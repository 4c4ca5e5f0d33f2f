#include "libdiag/check/publish_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "libdiag/base/hex.h"
#include "libdiag/check/rules.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using session::DnsReply;
using session::NameServer;

std::string when(const windows::Publication& publication) {
    if (publication.clock == windows::EventClock::unknown) return "at an unknown time";
    const std::string time = format_rfc3339(publication.time, 0);
    return publication.clock == windows::EventClock::utc ? time : time + " (local time of that machine)";
}

std::string event_text(const windows::Publication& publication) {
    std::string text = fmt::format("event {} of {}, {}: {}", publication.succeeded ? 12294 : 12293,
                                   publication.computer.empty() ? "the host" : publication.computer, when(publication),
                                   publication.domain);
    if (!publication.hresult) return text;
    text += ", " + format_code(*publication.hresult);
    if (const auto* error = kms::find_error(*publication.hresult)) text += fmt::format(": {}", error->meaning);
    return text;
}

// The same machine: "kms1" and "kms1.example.test" are.
bool is_named(std::string_view target, std::string_view computer) {
    const auto first_label = [](std::string_view name) { return name.substr(0, name.find('.')); };
    const auto same = [](std::string_view a, std::string_view b) {
        return std::ranges::equal(a, b, [](char x, char y) { return (x | 0x20) == (y | 0x20); });
    };
    return same(first_label(target), first_label(computer));
}

// Names are the same in any case.
std::string lower(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

std::string set_of(const DnsReply& reply) {
    std::set<std::string> texts;
    for (const dns::Record& record : reply.message.answers)
        if (const auto* srv = std::get_if<dns::Srv>(&record.data))
            texts.insert(
                fmt::format("{} {} {} {}", srv->priority, srv->weight, srv->port, lower(dns::to_string(srv->target))));
    if (!texts.empty()) return fmt::format("{}", fmt::join(texts, ", "));
    return reply.rcode() ? dns::rcode_name(*reply.rcode()) : std::string{name_of(reply.end)};
}

std::string server_text(const NameServer& server) {
    return fmt::format("{} ({})", server.name, to_string(server.endpoint));
}

void add(std::vector<Finding>& out, const Rule& rule, const std::string& target, std::string title,
         std::vector<std::string> evidence) {
    constexpr std::size_t max_evidence = 12;
    if (evidence.size() > max_evidence) evidence.resize(max_evidence);
    out.push_back(
        {.rule = &rule, .target = target, .title = std::move(title), .evidence = std::move(evidence), .packets = {}});
    out.back().about.domain = lower(target);
}

void check_servers(const session::ZoneEvidence& e, std::vector<Finding>& out) {
    std::vector<std::string> lame;
    std::map<std::string, std::vector<std::string>> sets;
    std::map<std::uint32_t, std::vector<std::string>> serials;
    for (const NameServer& server : e.servers) {
        if (server.is_lame()) {
            lame.push_back(fmt::format("{}: {}", server_text(server),
                                       server.serial && server.serial->rcode()
                                           ? dns::rcode_name(*server.serial->rcode()) + ", not authoritative"
                                           : "no answer"));
            continue;
        }
        if (const auto serial = server.serial_number()) serials[*serial].push_back(server_text(server));
        if (server.service) sets[set_of(*server.service)].push_back(server_text(server));
    }
    for (const std::string& name : e.missing_servers) lame.push_back(fmt::format("{}: the name has no address", name));
    if (!lame.empty())
        add(out, rule::dns_lame, e.domain, fmt::format("a name server of {} does not serve it", e.zone),
            std::move(lame));
    const auto texts_of = [](const auto& map) {
        std::vector<std::string> texts;
        texts.reserve(map.size());
        for (const auto& [value, servers] : map)
            texts.push_back(fmt::format("{}: {}", fmt::join(servers, ", "), value));
        return texts;
    };
    if (sets.size() > 1)
        add(out, rule::dns_servers_differ, e.domain, fmt::format("name servers give different answers for {}", e.query),
            texts_of(sets));
    if (serials.size() > 1)
        add(out, rule::dns_serials, e.domain, fmt::format("name servers of {} have different serials", e.zone),
            texts_of(serials));
}

void check_update_path(const session::ZoneEvidence& e, std::vector<Finding>& out) {
    std::vector<std::string> failures;
    if (e.has_lost_primary) failures.push_back(fmt::format("{}: the name has no address", e.primary));
    for (const DnsReply& reply : e.update_path) {
        if (reply.end == session::DnsEnd::answered) continue;
        failures.push_back(fmt::format("{} over {}: {}", to_string(reply.query.server), name_of(reply.query.transport),
                                       name_of(reply.end)));
    }
    if (failures.empty()) return;
    add(out, rule::dns_update_unreachable, e.domain,
        fmt::format("{}, which takes the updates of {}, cannot be reached from here", e.primary, e.zone),
        std::move(failures));
}

}  // namespace

std::string publish_title(const windows::Publication& publication) {
    return fmt::format("{} could not publish itself in {}",
                       publication.computer.empty() ? "the host" : publication.computer, publication.domain);
}

std::vector<Finding> check_publication(const windows::Publication& publication, const session::SrvEvidence& evidence) {
    std::vector<Finding> findings;
    const bool is_there =
        std::ranges::any_of(evidence.records, [&](const auto& r) { return is_named(r.target, publication.computer); });
    if (!publication.succeeded) {
        add(findings, rule::event_publish_failed, publication.domain, publish_title(publication),
            {event_text(publication), is_there ? "DNS names the host all the same" : "DNS does not name the host"});
    } else if (!publication.computer.empty() && evidence.answer && !is_there) {
        add(findings, rule::event_not_in_dns, publication.domain,
            fmt::format("{} reports that it is published in {}, and DNS does not name it", publication.computer,
                        publication.domain),
            {event_text(publication), fmt::format("SRV {}: {} records", evidence.query, evidence.records.size())});
    }
    return findings;
}

std::vector<Finding> check_zone(const session::ZoneEvidence& evidence) {
    std::vector<Finding> findings;
    check_servers(evidence, findings);
    check_update_path(evidence, findings);
    return findings;
}

namespace {

std::string message_text(session::UpdateTestStep::Kind kind, const session::UpdateTestEvidence& evidence) {
    using Kind = session::UpdateTestStep::Kind;
    switch (kind) {
        case Kind::prerequisite:
            return fmt::format("unsigned update of one prerequisite ({} is not in use) and no change",
                               to_string(evidence.unused));
        case Kind::deletion: return "the same with the deletion of a record of that name (TXT), which is not there";
        case Kind::service: break;
    }
    return fmt::format("the same with the deletion of an SRV record of {} that is not there",
                       to_string(evidence.service));
}

std::string outcome_text(const session::DnsOutcome& outcome) {
    if (outcome.end == session::DnsExchangeEnd::answered) return dns::rcode_name(outcome.rcode);
    if (outcome.end == session::DnsExchangeEnd::bad_answer) return "an answer that cannot be read";
    return outcome.is_unreachable ? "connection refused, or no way there," : "no answer";
}

}  // namespace

std::string step_text(const session::UpdateTestStep& step, const session::UpdateTestEvidence& evidence) {
    const auto& outcome = step.outcome;
    return fmt::format("{}: {} from {} over {}", message_text(step.kind, evidence), outcome_text(outcome),
                       to_string(outcome.server), name_of(outcome.transport));
}

std::vector<Finding> check_update_test(const session::UpdateTestEvidence& evidence, const std::string& domain) {
    std::vector<Finding> findings;
    if (evidence.policy() != session::UpdatePolicy::open) return findings;
    std::vector<std::string> texts;
    texts.reserve(evidence.steps.size());
    for (const auto& step : evidence.steps) texts.push_back(step_text(step, evidence));
    const bool is_record = evidence.steps.back().kind == session::UpdateTestStep::Kind::service;
    add(findings, rule::dns_update_open, domain,
        fmt::format("{} takes unsigned updates of {} from this machine", to_string(evidence.primary),
                    to_string(is_record ? evidence.service : evidence.zone)),
        std::move(texts));
    return findings;
}

}  // namespace diag::check

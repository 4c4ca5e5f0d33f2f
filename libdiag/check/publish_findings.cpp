#include "libdiag/check/publish_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using Findings = std::vector<Finding>;

std::string time_text(const windows::Publication& publication) {
    if (publication.clock == windows::EventClock::unknown) return std::string{tr("at an unknown time")};
    const std::string time = format_rfc3339(publication.time, 0);
    return publication.clock == windows::EventClock::utc ? time : say("{} (local time of that machine)", time);
}

// "event 12293 of kms01.corp.example, 2026-03-01T08:00:00Z: corp.example, 0x80072338: ..."
std::string event_text(const windows::Publication& publication) {
    const unsigned event =
        publication.succeeded ? windows::event_id::publication_succeeded : windows::event_id::publication_failed;
    const std::string time = time_text(publication);
    std::string text = publication.computer.empty()
                           ? say("event {} of the host, {}: {}", event, time, publication.domain)
                           : say("event {} of {}, {}: {}", event, publication.computer, time, publication.domain);
    if (!publication.hresult) return text;
    const std::string code = format_code(*publication.hresult);
    const auto* error = kms::find_error(*publication.hresult);
    return error == nullptr ? fmt::format("{}, {}", text, code)
                            : fmt::format("{}, {}: {}", text, code, tr(error->meaning));
}

// The same machine: "kms1" and "kms1.example.test" are, and its domain in DNS may be another one than in Windows.
bool is_named(std::string_view target, std::string_view computer) {
    return dns::is_same_name(first_label(target), first_label(computer));
}

Finding& add(std::vector<Finding>& out, const Rule& rule, const std::string& target, std::string title,
             std::vector<std::string> evidence) {
    constexpr std::size_t max_evidence = 12;
    if (evidence.size() > max_evidence) evidence.resize(max_evidence);
    out.push_back(
        {.rule = &rule, .target = target, .title = std::move(title), .evidence = std::move(evidence), .packets = {}});
    out.back().about.domain = dns::lower_case(target);
    return out.back();
}

void publish_failed(const PublicationEvidence& e, Findings& out) {
    if (e.publication.succeeded) return;
    add(out, rule::event_publish_failed, e.publication.domain, publish_title(e.publication),
        {event_text(e.publication),
         std::string{e.is_in_dns ? tr("DNS names the host all the same") : tr("DNS does not name the host")}});
}

void not_in_dns(const PublicationEvidence& e, Findings& out) {
    const windows::Publication& publication = e.publication;
    if (!publication.succeeded || publication.computer.empty() || !e.dns.answer || e.is_in_dns) return;
    add(out, rule::event_not_in_dns, publication.domain,
        say("{} reports that it is published in {}, and DNS does not name it", publication.computer,
            publication.domain),
        {event_text(publication), say("SRV {}: {} records", e.dns.query, e.dns.records.size())});
}

constexpr Row<PublicationEvidence> publication_table[] = {
    {&rule::event_publish_failed, publish_failed},
    {&rule::event_not_in_dns, not_in_dns},
};

}  // namespace

std::string publish_title(const windows::Publication& publication) {
    return publication.computer.empty()
               ? say("the host could not publish itself in {}", publication.domain)
               : say("{} could not publish itself in {}", publication.computer, publication.domain);
}

std::span<const Row<PublicationEvidence>> publication_rows() { return publication_table; }

std::vector<Finding> check_publication(const windows::Publication& publication, const session::SrvEvidence& evidence) {
    const bool is_in_dns =
        std::ranges::any_of(evidence.records, [&](const auto& r) { return is_named(r.target, publication.computer); });
    std::vector<Finding> findings;
    look(publication_rows(), {publication, evidence, is_in_dns}, findings);
    return findings;
}

namespace {

std::string message_text(session::UpdateTestStep::Kind kind, const session::UpdateTestEvidence& evidence) {
    using Kind = session::UpdateTestStep::Kind;
    switch (kind) {
        case Kind::prerequisite:
            return say("unsigned update of one prerequisite ({} is not in use) and no change",
                       to_string(evidence.unused));
        case Kind::deletion:
            return std::string{tr("the same with the deletion of a record of that name (TXT), which is not there")};
        case Kind::service: break;
    }
    return say("the same with the deletion of an SRV record of {} that is not there", to_string(evidence.service));
}

std::string outcome_text(const session::DnsOutcome& outcome) {
    const std::string server = to_string(outcome.server);
    const std::string_view transport = name_of(outcome.transport);
    if (outcome.end == session::DnsExchangeEnd::answered)
        return say("{} from {} over {}", dns::rcode_name(outcome.rcode), server, transport);
    if (outcome.end == session::DnsExchangeEnd::bad_answer)
        return say("an answer that cannot be read from {} over {}", server, transport);
    return outcome.is_unreachable ? say("connection refused, or no way there, from {} over {}", server, transport)
                                  : say("no answer from {} over {}", server, transport);
}

void update_open(const UpdateEvidence& e, Findings& out) {
    const session::UpdateTestEvidence& test = e.test;
    if (test.policy() != session::UpdatePolicy::open) return;
    std::vector<std::string> texts;
    texts.reserve(test.steps.size());
    for (const auto& step : test.steps) texts.push_back(step_text(step, test));
    const bool is_record = test.steps.back().kind == session::UpdateTestStep::Kind::service;
    add(out, rule::dns_update_open, e.domain,
        say("{} takes unsigned updates of {} from this machine", to_string(test.primary),
            to_string(is_record ? test.service : test.zone)),
        std::move(texts));
}

constexpr Row<UpdateEvidence> update_table[] = {{&rule::dns_update_open, update_open}};

}  // namespace

std::string step_text(const session::UpdateTestStep& step, const session::UpdateTestEvidence& evidence) {
    return fmt::format("{}: {}", message_text(step.kind, evidence), outcome_text(step.outcome));
}

std::span<const Row<UpdateEvidence>> update_rows() { return update_table; }

std::vector<Finding> check_update_test(const session::UpdateTestEvidence& evidence, const std::string& domain) {
    std::vector<Finding> findings;
    look(update_rows(), {evidence, domain}, findings);
    return findings;
}

}  // namespace diag::check

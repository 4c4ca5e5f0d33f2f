#include "libdiag/srv/srv_text.h"

#include <fmt/format.h>

#include "libdiag/base/utf.h"
#include "libdiag/check/dns_text.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/srv/update_run.h"

namespace diag::srv {
namespace {

using report::format_duration;
using session::DnsReply;

using report::line_width;
constexpr std::size_t text_column = 11;

void append_line(std::string& out, std::string_view label, std::string_view text) {
    out += "  ";
    out += label;
    out.append(text_column - 2 - label.size(), ' ');
    report::append_wrapped(out, text, text_column, text_column, line_width);
    out += '\n';
}

std::string answer_text(const DnsReply& reply) {
    if (reply.end != session::DnsEnd::answered) return check::failure_text(reply);
    std::string text = dns::rcode_name(*reply.rcode());
    if (reply.is_truncated()) text += ", truncated";
    if (reply.is_authoritative()) text += ", authoritative";
    return text;
}

// One line a question: name with its final dot, answer, time, server.
void append_reply(std::string& out, std::string_view label, const DnsReply& reply) {
    const bool tcp = reply.query.transport == session::DnsTransport::tcp;
    append_line(
        out, label,
        fmt::format("{} {}.: {} after {} from {}{}", dns::type_name(reply.query.type),
                    printable_names(reply.query.name), answer_text(reply), format_duration(reply.duration.count()),
                    to_string(reply.query.server), tcp ? " over TCP" : ""));
}

std::string addresses_text(const session::SrvTarget* target) {
    if (target == nullptr) return "not looked up";
    std::string text;
    for (const IpAddress& address : target->addresses) text += (text.empty() ? "" : ", ") + to_string(address);
    return text.empty() ? "no address" : text;
}

void append_records(std::string& out, const DomainReport& report) {
    const auto& e = report.evidence;
    for (std::size_t i = 0; i < e.records.size(); ++i) {
        const auto& r = e.records[i];
        append_line(out, i == 0 ? "hosts" : "", fmt::format("{}:{}", printable_names(r.target), r.port));
        std::string chance = fmt::format("priority {}, weight {}, TTL {} s; tried first by {:.1f} % of clients",
                                         r.priority, r.weight, r.ttl, report.chances[i] * 100);
        if (report.chances[i] != report.equal_chances[i])
            chance += fmt::format(" (Vista, Server 2008: {:.1f} %)", report.equal_chances[i] * 100);
        if (!report.draws.empty())
            chance += fmt::format("; drawn {}", report::format_count(report.draws[i], "time", "times"));
        append_line(out, "", chance);
        append_line(out, "", addresses_text(session::find_target(e, r.target)));
    }
}

void append_zone(std::string& out, const session::ZoneEvidence& zone) {
    if (zone.zone.empty()) return append_line(out, "zone", "no SOA: the zone of this domain was not found");
    append_line(out, "zone", fmt::format("{}, primary {}", printable_names(zone.zone), printable_names(zone.primary)));
    for (const session::NameServer& server : zone.servers) {
        const auto serial = server.serial_number();
        append_line(out, "",
                    fmt::format("{} {}: {}", printable_names(server.name), to_string(server.endpoint),
                                serial ? fmt::format("serial {}", *serial) : "does not serve the zone"));
    }
    for (const DnsReply& reply : zone.update_path)
        append_line(out, "update",
                    fmt::format("{} over {}: {}", to_string(reply.query.server), name_of(reply.query.transport),
                                reply.end == session::DnsEnd::answered ? "reachable" : name_of(reply.end)));
}

// What was sent to whom, what came of it, and what that means.
void append_update_test(std::string& out, const session::UpdateTestEvidence& test) {
    if (!test.zone.is_root())
        append_line(out, "update", fmt::format("of {}, primary {}", to_string(test.zone), to_string(test.primary)));
    for (const auto& step : test.steps)
        append_line(out, "",
                    fmt::format("{}, after {}", check::step_text(step, test), format_duration(step.duration.count())));
    append_line(out, test.zone.is_root() ? "update" : "", conclusion(test));
}

void append_reach(std::string& out, const DomainReport& report) {
    for (const auto& reached : report.reach)
        append_line(out, "reach",
                    fmt::format("{}: {}", to_string(reached.target), printable_names(verdict_text(reached))));
}

}  // namespace

void append_text(std::string& out, const DomainReport& report, const report::Style& style, bool verbose) {
    const auto worst = check::worst(report.findings);
    out += style.strong(printable_names(report.evidence.domain));
    out += "\n  ";
    std::string verdict;
    report::append_wrapped(verdict, printable_names(verdict_text(report)), 2, 4, line_width);
    const bool is_good = !worst || *worst == check::Severity::info;
    out += is_good ? style.good(verdict) : style.severity(*worst, verdict);
    out += '\n';
    for (const DnsReply& reply : report.evidence.replies) append_reply(out, "asked", reply);
    append_records(out, report);
    if (verbose)
        for (const auto& target : report.evidence.targets)
            for (const DnsReply& reply : target.replies) append_reply(out, "asked", reply);
    if (report.zone) append_zone(out, *report.zone);
    if (report.update_test) append_update_test(out, *report.update_test);
    append_reach(out, report);
    report::append_findings(out, report.findings, style, verbose, Backslash::kept);
    out += '\n';
}

}  // namespace diag::srv

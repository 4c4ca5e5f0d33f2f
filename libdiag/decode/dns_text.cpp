#include "libdiag/decode/dns_text.h"

#include <fmt/format.h>

#include "libdiag/base/utf.h"
#include "libdiag/proto/dns/names.h"

namespace diag::decode {
namespace {

using dissect::DnsLookup;
using report::format_duration;

using report::line_width;
constexpr std::uint16_t dns_class_in = 1;
constexpr std::size_t max_shown = 16;  // look-ups, answers: of each so many, unless --verbose

void append_line(std::string& out, std::string_view text, std::size_t indent = 2) {
    out.append(indent, ' ');
    report::append_wrapped(out, text, indent, indent + 2, line_width);
    out += '\n';
}

std::string packets_text(const DnsLookup& lookup) {
    const dissect::Mark& ended = lookup.ended();
    return ended ? fmt::format("packets {}, {}", lookup.asked.packet, ended.packet)
                 : fmt::format("packet {}", lookup.asked.packet);
}

std::string what_came(const DnsLookup& lookup) {
    switch (lookup.end()) {
        case DnsLookup::End::malformed: return "an answer that cannot be read";
        case DnsLookup::End::answered:
            return fmt::format("{}{}{}", dns::rcode_name(*lookup.rcode), lookup.truncated ? " (truncated)" : "",
                               lookup.rcode == 0 && lookup.answers.empty() ? ", no record," : "");
        default: return "unreachable";
    }
}

std::string end_text(const DnsLookup& lookup) {
    if (lookup.end() == DnsLookup::End::no_answer) return "no answer";
    return fmt::format("{} after {}", what_came(lookup),
                       format_duration(lookup.ended().time.ns - lookup.asked.time.ns));
}

// "192.0.2.53 over UDP: NOERROR after 466 us (packets 1, 2), asked 3 times"
std::string lookup_text(const DnsLookup& lookup) {
    std::string text = fmt::format("{} over {}: {} ({})", to_string(lookup.server.ip),
                                   lookup.transport == dissect::DnsTransport::udp ? "UDP" : "TCP", end_text(lookup),
                                   packets_text(lookup));
    if (lookup.asked_count > 1) text += fmt::format(", asked {} times", lookup.asked_count);
    return text;
}

void append_answers(std::string& out, const DnsLookup& lookup, std::size_t shown) {
    for (std::size_t i = 0; i < std::min(shown, lookup.answers.size()); ++i)
        append_line(out, answer_text(lookup.answers[i]), 4);
    if (lookup.answers.size() > shown) append_line(out, fmt::format("and {} more", lookup.answers.size() - shown), 4);
}

void append_lookups(std::string& out, const std::vector<DnsLookup>& lookups, bool with_name, std::size_t shown) {
    for (std::size_t i = 0; i < std::min(shown, lookups.size()); ++i) {
        const DnsLookup& lookup = lookups[i];
        const std::string question =
            with_name ? fmt::format("{} {} at ", dns::type_name(lookup.type), printable_names(lookup.query))
                      : std::string{};
        append_line(out, question + lookup_text(lookup));
        append_answers(out, lookup, shown);
    }
    if (lookups.size() > shown) append_line(out, fmt::format("and {} more look-ups", lookups.size() - shown));
}

}  // namespace

std::string answer_text(const DnsLookup::Answer& answer) {
    if (answer.is_srv) {
        return fmt::format("{}:{}, priority {}, weight {}, TTL {} s", printable_names(answer.target), answer.port,
                           answer.priority, answer.weight, answer.ttl);
    }
    std::string text = dns::type_name(answer.type);
    if (answer.record_class != dns_class_in) text += fmt::format(" of class {}", dns::class_name(answer.record_class));
    return answer.data.empty() ? text : fmt::format("{} {}", text, printable_names(answer.data));
}

void append_text(std::string& out, const dissect::DnsSearch& search, std::span<const check::Finding> findings,
                 std::string_view capture, const report::Style& style, bool verbose) {
    const std::size_t shown = verbose ? SIZE_MAX : max_shown;
    const DnsLookup& first = search.lookups.front();
    std::string question;
    report::append_wrapped(question, fmt::format("DNS {} {}", dns::type_name(first.type), printable_names(first.query)),
                           0, 4, line_width);
    out += style.strong(question) + '\n';
    append_line(out,
                fmt::format("{} asks, {}, in {}", to_string(search.client),
                            format_rfc3339(first.asked.time, first.fraction_digits), escape_for_terminal(capture)));
    append_lookups(out, search.lookups, false, shown);
    append_lookups(out, search.probes, true, shown);
    append_lookups(out, search.address_lookups, true, shown);
    for (const auto& connection : search.connections)
        append_line(out, fmt::format("connects to {}, {} (packet {})", printable_names(connection.target),
                                     to_string(connection.host), connection.syn.packet));
    report::append_findings(out, findings, style, verbose, Backslash::kept);
    out += '\n';
}

}  // namespace diag::decode

#include "libdiag/discover/discovery_text.h"

#include <fmt/format.h>

#include "libdiag/base/utf.h"
#include "libdiag/check/client_search.h"
#include "libdiag/discover/lookup_end.h"
#include "libdiag/lang/message.h"
#include "libdiag/report/text.h"

namespace diag::discover {
namespace {

using report::line_width;
constexpr std::size_t text_column = 11;

void append_line(std::string& out, std::string_view label, std::string_view text) {
    out += fmt::format("  {:<9}", label);
    report::append_wrapped(out, text, text_column, text_column, line_width);
    out += '\n';
}

std::string source_text(const session::Candidate& candidate) {
    const std::string_view source = check::describe(candidate.source);
    return candidate.is_assumption ? lang::say("asked because it is {}, where no client is documented to look", source)
                                   : lang::say("asked because it is {}", source);
}

void append_lookup(std::string& out, const Lookup& lookup, bool with_source) {
    const auto* reply = lookup.evidence.decisive();
    append_line(
        out, "dns",
        fmt::format("SRV {}: {} after {}{}", printable_names(lookup.evidence.query), describe(end_of(lookup.evidence)),
                    report::format_duration(duration_of(lookup.evidence).count()),
                    reply == nullptr ? "" : fmt::format(" from {}", to_string(reply->query.server))));
    if (with_source) append_line(out, "", source_text(lookup.candidate));
    for (const session::ServiceRecord& record : lookup.evidence.records)
        append_line(out, "",
                    fmt::format("{}:{}, priority {}, weight {}, TTL {} s", printable_names(record.target), record.port,
                                record.priority, record.weight, record.ttl));
}

}  // namespace

void append_lookups(std::string& out, const Discovery& discovery) {
    for (const Lookup& lookup : discovery.lookups) append_lookup(out, lookup, !discovery.domain);
    if (discovery.left_out_count > 0)
        append_line(out, "", fmt::format("{} more hosts are left out", discovery.left_out_count));
}

std::string origin_text(const Host& host) {
    return fmt::format("SRV record of {} from {}, priority {}, weight {}", host.domain, to_string(host.server),
                       host.record.priority, host.record.weight);
}

}  // namespace diag::discover

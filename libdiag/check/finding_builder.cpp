#include "libdiag/check/finding_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "libdiag/lang/message.h"
#include "libdiag/proto/dcerpc/names.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {

using dissect::Conversation;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;

FindingBuilder::FindingBuilder(const Rule& rule, const Conversation& c, std::string title)
    : finding_{.rule = &rule,
               .target = to_string(c.host),
               .title = std::move(title),
               .evidence = {},
               .packets = {},
               .about = subject_of(c)},
      start_{c.first.time},
      live_{c.live} {}

FindingBuilder& FindingBuilder::saw(std::string text) {
    finding_.evidence.push_back(std::move(text));
    return *this;
}

FindingBuilder& FindingBuilder::saw(const Mark& mark, std::string_view what) {
    if (!mark) return *this;
    const double ms = static_cast<double>(mark.time.ns - start_.ns) / 1e6;
    const std::string when = std::abs(ms) < 1000 ? fmt::format("{:+.3f} ms", ms) : fmt::format("{:+.3f} s", ms / 1e3);
    if (live_) {
        finding_.evidence.push_back(fmt::format("{}: {}", when, what));
        return *this;
    }
    finding_.evidence.push_back(lang::say("packet {} ({}): {}", mark.packet, when, what));
    finding_.packets.push_back(mark.packet);
    return *this;
}

FindingBuilder& FindingBuilder::points_to(std::size_t cause, std::size_t remedy) {
    finding_.likely_cause = cause;
    finding_.likely_remedy = remedy;
    return *this;
}

FindingBuilder& FindingBuilder::inner_code(std::uint32_t code) {
    if (code != 0) finding_.inner_code = code;
    return *this;
}

Subject subject_of(const Conversation& c) {
    Subject subject;
    subject.client_address = to_string(c.client.ip);
    subject.host = to_string(c.host);
    subject.host_name = dns::lower_case(c.host_name);
    const auto readable = std::ranges::find_if(c.exchanges, [](const auto& e) { return e.request.base.has_value(); });
    if (readable == c.exchanges.end()) return subject;
    subject.client_name = dns::lower_case(readable->request.base->workstation_text());
    subject.machine_id = to_string(readable->request.base->client_machine_id);
    return subject;
}

std::string client_text(const Conversation& c) { return to_string(c.client.ip); }

std::string pdu_text(const PduRecord& p) {
    const auto type = dcerpc::name_of(p.decoded.type());
    const auto& header = p.decoded.header;
    return p.from == Side::client
               ? lang::say("{} of the client, call id {}, {} bytes", type, header.call_id, header.frag_length)
               : lang::say("{} of the host, call id {}, {} bytes", type, header.call_id, header.frag_length);
}

std::string times_text(std::uint64_t count) {
    return count == 1 ? std::string{lang::tr("once")} : lang::say("{} times", count);
}

std::string seconds_text(std::int64_t ns) {
    const double seconds = static_cast<double>(ns) / 1e9;
    return seconds < 10 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

}  // namespace diag::check

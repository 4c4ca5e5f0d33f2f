#include "libdiag/check/finding_builder.h"

#include <fmt/format.h>

#include "libdiag/proto/dcerpc/names.h"

namespace diag::check {

using dissect::Conversation;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;

FindingBuilder::FindingBuilder(const Rule& rule, const Conversation& c, std::string title)
    : finding_{.rule = &rule, .target = to_string(c.host), .title = std::move(title), .evidence = {}, .packets = {}},
      start_{c.first.time} {}

FindingBuilder& FindingBuilder::saw(std::string text) {
    finding_.evidence.push_back(std::move(text));
    return *this;
}

FindingBuilder& FindingBuilder::saw(const Mark& mark, std::string_view what) {
    if (!mark) return *this;
    const double ms = static_cast<double>(mark.time.ns - start_.ns) / 1e6;
    finding_.evidence.push_back(fmt::format("packet {} ({:+.3f} ms): {}", mark.packet, ms, what));
    finding_.packets.push_back(mark.packet);
    return *this;
}

std::string client_text(const Conversation& c) { return to_string(c.client.ip); }

std::string pdu_text(const PduRecord& p) {
    return fmt::format("{} of the {}, call id {}, {} bytes", dcerpc::name_of(p.decoded.type()),
                       p.from == Side::client ? "client" : "host", p.decoded.header.call_id,
                       p.decoded.header.frag_length);
}

std::string times_text(std::uint64_t count) { return count == 1 ? "once" : fmt::format("{} times", count); }

std::string seconds_text(std::int64_t ns) {
    const double seconds = static_cast<double>(ns) / 1e9;
    return seconds < 10 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

}  // namespace diag::check

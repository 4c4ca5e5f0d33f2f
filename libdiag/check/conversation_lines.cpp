#include "libdiag/check/conversation_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "libdiag/base/hex.h"
#include "libdiag/check/outcome.h"
#include "libdiag/check/silence.h"
#include "libdiag/lang/message.h"

namespace diag::check {

using dissect::Conversation;
using dissect::Mark;
using dissect::PduRecord;
using dissect::Side;
using lang::say;

namespace {

constexpr std::size_t client = 0;
constexpr std::size_t host = 1;

std::string partial_text(std::uint32_t size, Side from) {
    return from == Side::client ? say("{} bytes of a message of the client that never got complete", size)
                                : say("{} bytes of a message of the host that never got complete", size);
}

// Nobody ended it: how long nothing came.
void add_silence(FindingBuilder& b, const Conversation& c) {
    const Timestamp until = c.live ? c.observed_until : c.last.time;
    const double ms = static_cast<double>(until.ns - last_asked(c).time.ns) / 1e6;
    if (c.live) {
        b.saw(say("no answer within {:.0f} ms of it", ms));
    } else {
        b.saw(c.last, say("last packet of the connection, {:.3f} ms after the client's last message", ms));
    }
}

}  // namespace

const PduRecord* last_of(const Conversation& c, Side side) {
    const auto found =
        std::find_if(c.pdus.rbegin(), c.pdus.rend(), [side](const PduRecord& p) { return p.from == side; });
    return found == c.pdus.rend() ? nullptr : &*found;
}

const PduRecord* asked_by(const Conversation& c, const PduRecord& answer) {
    const PduRecord* latest = nullptr;
    for (const PduRecord* p = &answer; p-- != c.pdus.data();) {
        if (p->from != Side::client) continue;
        if (p->decoded.header.call_id == answer.decoded.header.call_id) return p;
        if (latest == nullptr) latest = p;
    }
    return latest;
}

std::string syn_text(const Conversation& c) {
    const std::string from = to_string(c.client);
    return c.tcp.syn_count == 1 ? say("SYN from {}, sent once", from)
                                : say("SYN from {}, sent {} times", from, c.tcp.syn_count);
}

std::string quote(std::string_view opening) {
    constexpr std::size_t quoted_size = 24;
    const std::string_view text = opening.substr(0, std::min(quoted_size, opening.find_first_of("\r\n")));
    return fmt::format("\"{}\" ({})", text, to_hex(head(bytes_of(opening), quoted_size)));
}

void add_partial_tails(FindingBuilder& b, const Conversation& c) {
    for (const Side side : {Side::client, Side::host}) {
        const auto i = static_cast<std::size_t>(side);
        if (c.partial_tail[i] != 0) b.saw(c.tcp.last_payload[i], partial_text(c.partial_tail[i], side));
    }
}

void add_end(FindingBuilder& b, const Conversation& c) {
    std::vector<std::pair<Mark, std::string>> ends{
        {c.tcp.rst[host], say("RST from {}", to_string(c.host))},
        {c.tcp.fin[host], say("FIN from {}", to_string(c.host))},
        {c.tcp.rst[client], say("RST from {}", to_string(c.client))},
        {c.tcp.fin[client], say("FIN from {}", to_string(c.client))},
    };
    for (const PduRecord& p : c.pdus)
        if (is_late(c, p)) ends.emplace_back(p.last, say("{}: too late, the client had closed already", pdu_text(p)));
    std::erase_if(ends, [](const auto& end) { return !end.first; });
    std::sort(ends.begin(), ends.end(), [](const auto& x, const auto& y) { return x.first.packet < y.first.packet; });
    for (const auto& [mark, text] : ends) b.saw(mark, text);
    if (ends.empty()) add_silence(b, c);
}

}  // namespace diag::check

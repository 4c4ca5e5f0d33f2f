#include "libdiag/check/other_machine_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "libdiag/check/contact_lines.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using correlate::Contact;
using correlate::HostOpening;
using correlate::Result;
using lang::say;

constexpr int options_of_another = 2;  // one alone may follow from a setting that was changed

struct Connections {
    std::vector<const Contact*> served, failed;
};

// With which TTL a packet set out: systems begin with 32, 64, 128 or 255. Routes change from connection to connection, and a
// capture may have been merged of two places, so the hops on the way tell nothing.
unsigned first_hop_limit(std::uint8_t hop_limit) {
    for (const unsigned first : {32U, 64U, 128U})
        if (hop_limit <= first) return first;
    return 255;
}

bool is_same_machine(const HostOpening& failed, const HostOpening& served) {
    if (first_hop_limit(failed.hop_limit) != first_hop_limit(served.hop_limit)) return false;
    if (failed.is_reset || failed.offer != served.offer) return true;
    return failed.option_differences(served) < options_of_another;
}

std::map<std::pair<IpAddress, std::uint16_t>, Connections> by_client(const std::vector<const Contact*>& contacts) {
    std::map<std::pair<IpAddress, std::uint16_t>, Connections> clients;
    for (const Contact* c : contacts) {
        if (!c->opening.is_known()) continue;
        Connections& connections = clients[{c->client, c->file}];
        if (is_answered(c->result) && !c->opening.is_reset) connections.served.push_back(c);
        if (c->result == Result::unanswered) connections.failed.push_back(c);
    }
    return clients;
}

std::string opening_text(const HostOpening& o) {
    if (o.is_reset) return say("RST in place of a SYN-ACK, TTL {}", o.hop_limit);
    std::string options;
    const auto add = [&options](std::string option) { options += (options.empty() ? "" : ", ") + option; };
    if (o.maximum_segment_size != 0) add(fmt::format("MSS {}", o.maximum_segment_size));
    if (o.has_window_scale) add(fmt::format("WS {}", o.window_scale));
    if (o.sack_permitted) add("SACK");
    if (o.has_timestamps) add("TS");
    return options.empty() ? say("SYN-ACK with TTL {}, window {}, no options", o.hop_limit, o.window)
                           : say("SYN-ACK with TTL {}, window {}, options {}", o.hop_limit, o.window, options);
}

}  // namespace

void other_machine(const HostRecord& e, std::vector<Finding>& out) {
    std::vector<const Contact*> odd;
    const Contact* usual = nullptr;
    for (const auto& [key, connections] : by_client(e.history.contacts)) {
        for (const Contact* failed : connections.failed) {
            const bool is_known = std::ranges::any_of(connections.served, [&](const Contact* served) {
                return is_same_machine(failed->opening, served->opening);
            });
            if (is_known || connections.served.empty()) continue;
            odd.push_back(failed);
            if (usual == nullptr) usual = connections.served.back();
        }
    }
    if (odd.empty()) return;
    const std::string host = to_string(e.history.host);
    Finding f{.rule = &rule::path_middlebox,
              .target = host,
              .title = say("another machine answers some connections in the name of {}", host),
              .evidence = {},
              .packets = {},
              .likely_cause = 2};
    ContactLines lines{f, e.correlation};
    lines.saw(*usual, say("the host, which served {}: {}", to_string(usual->client), opening_text(usual->opening)));
    for (const Contact* c : odd)
        lines.saw(*c, say("not the host, to {}: {}", to_string(c->client), opening_text(c->opening)));
    lines.end();
    out.push_back(std::move(f));
}

}  // namespace diag::check

#include "libdiag/check/other_machine_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <span>
#include <tuple>

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

bool is_served(const Contact* c) { return is_answered(c->result) && !c->opening.is_reset; }
bool is_failed(const Contact* c) { return c->result == Result::unanswered; }
auto place_of_client(const Contact* c) { return std::tuple{c->client, c->file}; }

// What can be compared, each client of a capture by itself; nothing where nothing failed. A host may have a million contacts, so
// there is but one list of them.
std::vector<const Contact*> comparable(const std::vector<const Contact*>& contacts) {
    std::vector<const Contact*> known;
    if (std::ranges::none_of(contacts, [](const Contact* c) { return is_failed(c) && c->opening.is_known(); }))
        return known;
    std::ranges::copy_if(contacts, std::back_inserter(known),
                         [](const Contact* c) { return c->opening.is_known() && (is_served(c) || is_failed(c)); });
    std::ranges::stable_sort(known, {}, place_of_client);
    return known;
}

// Served connections that differ in their openings: as a rule one, of a cluster one for each machine.
constexpr std::size_t max_kinds = 64;

std::vector<const Contact*> kinds_of_served(std::span<const Contact* const> contacts) {
    std::vector<const Contact*> kinds;
    for (const Contact* c : contacts) {
        const auto is_same = [c](const Contact* kind) { return kind->opening == c->opening; };
        if (is_served(c) && kinds.size() < max_kinds && std::ranges::none_of(kinds, is_same)) kinds.push_back(c);
    }
    return kinds;
}

// Where there are more kinds than are looked at, one of them may be like it.
bool is_of_none(const HostOpening& failed, const std::vector<const Contact*>& served) {
    return !served.empty() && served.size() < max_kinds &&
           std::ranges::none_of(served, [&](const Contact* c) { return is_same_machine(failed, c->opening); });
}

std::string opening_text(const HostOpening& o) {
    if (o.is_reset) return say("RST in place of a SYN-ACK, TTL {}", o.hop_limit);
    std::string options;
    const auto add = [&options](const std::string& option) { options += (options.empty() ? "" : ", ") + option; };
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
    const std::vector<const Contact*> known = comparable(e.history.contacts);
    for (auto first = known.begin(); first != known.end();) {
        const auto last = std::find_if(first, known.end(),
                                       [&](const Contact* c) { return place_of_client(c) != place_of_client(*first); });
        const std::span<const Contact* const> of_client{first, last};
        const auto served = kinds_of_served(of_client);
        for (const Contact* c : of_client)
            if (is_failed(c) && is_of_none(c->opening, served)) odd.push_back(c);
        if (!odd.empty() && usual == nullptr) usual = served.front();
        first = last;
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

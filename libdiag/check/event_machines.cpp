#include "libdiag/check/event_machines.h"

#include <algorithm>
#include <map>
#include <set>

#include "libdiag/check/subject.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using Steps = std::vector<RequestStep>;

// The event that the client wrote itself.
std::optional<EventRef> own_event(const RequestStep& step) {
    for (const auto& ref : {step.sent, step.answered, step.failed})
        if (ref) return ref;
    return std::nullopt;
}

// Empty where neither side tells it.
std::string_view told_name(const JoinedEvents& events, const RequestStep& step) {
    const auto own = own_event(step);
    if (own && !events.at(*own).computer.empty()) return events.at(*own).computer;
    const auto* processed = events.processed(step);
    return processed == nullptr ? std::string_view{} : std::string_view{processed->machine_name};
}

bool has_one_name(const JoinedEvents& events, const Steps& steps) {
    std::string_view known;
    return std::ranges::all_of(steps, [&](const RequestStep& step) {
        const std::string_view name = told_name(events, step);
        if (known.empty()) known = name;
        return name.empty() || name == known;
    });
}

// The machine of each step, without its domain. A log without computers is of the machine of which a host knows a part of it.
std::vector<std::string> names_of(const JoinedEvents& events, const Steps& steps) {
    constexpr std::size_t netbios_length = 15;  // where longer names may be cut off
    std::vector<std::string> names;
    names.reserve(steps.size());
    std::map<std::size_t, std::string> of_log;
    for (const RequestStep& step : steps) {
        names.push_back(dns::lower_case(std::string{first_label(told_name(events, step))}));
        const auto own = own_event(step);
        if (own && !names.back().empty()) of_log.try_emplace(own->log, names.back());
    }
    const bool may_be_cut = std::ranges::any_of(names, [](const auto& name) { return name.size() == netbios_length; });
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto own = own_event(steps[i]);
        if (names[i].empty() && own && of_log.contains(own->log)) names[i] = of_log.at(own->log);
        if (may_be_cut && names[i].size() > netbios_length) names[i].resize(netbios_length);
    }
    return names;
}

struct Use {
    std::optional<Timestamp> first, last;  // by the client's clock, which is UTC in all logs
    std::set<std::size_t> logs;            // with requests of its own
};

using Uses = std::map<std::string, Use>;

std::optional<Timestamp> client_time(const JoinedEvents& events, const RequestStep& step) {
    if (const auto* sent = events.sent(step)) return sent->request.client_time;
    const auto* processed = events.processed(step);
    return processed == nullptr ? std::nullopt : processed->request.client_time;
}

Uses uses_of(const JoinedEvents& events, const Steps& steps, const std::vector<std::string>& names) {
    Uses out;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (names[i].empty()) continue;
        Use& use = out[names[i]];
        if (steps[i].sent) use.logs.insert(steps[i].sent->log);
        const auto time = client_time(events, steps[i]);
        if (!time) continue;
        use.first = std::min(use.first.value_or(*time), *time);
        use.last = std::max(use.last.value_or(*time), *time);
    }
    return out;
}

bool are_clones(const Uses& uses) {
    constexpr std::size_t enough_names = 3;
    if (uses.size() >= enough_names) return true;
    const auto comes_back_after = [](const Use& use, const Use& other) {
        return use.first && other.first && use.first < other.first && other.first < use.last;
    };
    return std::ranges::any_of(uses, [&](const auto& one) {
        return std::ranges::any_of(uses, [&](const auto& other) { return comes_back_after(one.second, other.second); });
    });
}

// A machine that was renamed has both names in its log.
bool have_logs_of_their_own(const Uses& uses) {
    std::set<std::size_t> seen;
    return std::ranges::all_of(uses, [&](const auto& use) {
        return !use.second.logs.empty() &&
               std::ranges::all_of(use.second.logs, [&](std::size_t log) { return seen.insert(log).second; });
    });
}

}  // namespace

std::vector<ClientHistory> machines_of(const JoinedEvents& events, ClientHistory client) {
    std::vector<ClientHistory> out;
    const bool is_one = !client.client_machine_id || has_one_name(events, client.steps);
    const auto names = is_one ? std::vector<std::string>{} : names_of(events, client.steps);
    const Uses uses = is_one ? Uses{} : uses_of(events, client.steps, names);
    const bool is_shared = uses.size() > 1 && are_clones(uses);
    if (uses.size() < 2 || (!is_shared && !have_logs_of_their_own(uses))) {
        out.push_back(std::move(client));
        return out;
    }
    std::map<std::string, std::size_t> index;
    for (std::size_t i = 0; i < client.steps.size(); ++i) {
        const auto [found, is_new] = index.try_emplace(names[i], out.size());
        if (is_new)
            out.push_back({.client_machine_id = client.client_machine_id,
                           .name = std::string{told_name(events, client.steps[i])},
                           .steps = {},
                           .is_clone = is_shared && !names[i].empty()});
        ClientHistory& machine = out[found->second];
        if (machine.name.empty()) machine.name = told_name(events, client.steps[i]);
        machine.steps.push_back(client.steps[i]);
    }
    return out;
}

}  // namespace diag::check

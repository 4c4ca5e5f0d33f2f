#include "libdiag/check/consequences.h"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using Rules = std::span<const Rule* const>;
using Tie = Consequence::Tie;

// Why the record is not there: the side of the host.
constexpr const Rule* unpublished[] = {&rule::event_publish_failed, &rule::host_not_published,
                                       &rule::dns_update_unreachable};

// Why a client learns of no host.
constexpr const Rule* undiscovered[] = {
    &rule::dns_no_record,         &rule::dns_server_failure, &rule::dns_refused,      &rule::dns_no_answer,
    &rule::dns_tcp_blocked,       &rule::srv_near_miss,      &rule::srv_other_domain, &rule::client_no_suffix,
    &rule::srv_target_no_address, &rule::srv_target_literal, &rule::srv_port_zero,    &rule::name_not_found,
    &rule::name_no_answer,
};

// Why a host that is known is not reached, or does not serve.
constexpr const Rule* unreached[] = {
    &rule::connect_refused,   &rule::connect_no_answer, &rule::connect_rejected,  &rule::connect_no_route,
    &rule::connect_closed,    &rule::not_rpc,           &rule::bind_no_answer,    &rule::bind_reset,
    &rule::bind_closed,       &rule::bind_nak,          &rule::bind_no_interface, &rule::bind_no_syntax,
    &rule::request_no_answer, &rule::request_reset,     &rule::request_closed,    &rule::response_cut,
    &rule::rpc_fault,
};

// Why a host that serves does not activate.
constexpr const Rule* ungranted[] = {
    &rule::response_check, &rule::request_invalid, &rule::product_not_covered, &rule::client_list_full,
    &rule::host_refused,   &rule::clock_skew,      &rule::count_low,
};

// Why a client does not ask, or asks for something else.
constexpr const Rule* unasked[] = {&rule::client_no_key, &rule::client_channel, &rule::client_key,
                                   &rule::client_host_key, &rule::client_type};

// What on the way between client and host loses or replaces their packets.
constexpr const Rule* obstructed[] = {&rule::path_middlebox, &rule::path_loss, &rule::host_window_closed,
                                      &rule::path_mtu};
constexpr const Rule* unanswered[] = {&rule::bind_no_answer,    &rule::bind_reset,    &rule::bind_closed,
                                      &rule::request_no_answer, &rule::request_reset, &rule::request_closed,
                                      &rule::response_cut,      &rule::connect_closed};

// Another machine may refuse, or answer with something else.
constexpr const Rule* replaced[] = {&rule::path_middlebox};
constexpr const Rule* in_its_name[] = {&rule::connect_refused, &rule::not_rpc, &rule::bind_idle};

// Machines that a host cannot tell apart.
constexpr const Rule* cloned[] = {&rule::client_cloned};
constexpr const Rule* counted_once[] = {&rule::count_low, &rule::count_stuck};

// What many attempts look like.
constexpr const Rule* repeated[] = {&rule::client_retries};
constexpr const Rule* refused_all[] = {&rule::host_never_grants};

// What the owner of a client sees of all that.
constexpr const Rule* client_states[] = {&rule::client_unlicensed, &rule::client_notification, &rule::client_grace,
                                         &rule::client_grace_ends, &rule::client_renewal_overdue};
constexpr const Rule* no_discovery[] = {&rule::client_no_discovery};
constexpr const Rule* client_events[] = {&rule::event_not_contacted, &rule::event_host_unreachable,
                                         &rule::event_call_failed, &rule::event_attempt_failed, &rule::event_no_answer};
constexpr const Rule* not_contacted[] = {&rule::event_not_contacted};
constexpr const Rule* connection_lost[] = {&rule::event_host_unreachable, &rule::event_call_failed,
                                           &rule::event_no_answer, &rule::event_not_on_host};
constexpr const Rule* attempt_failed[] = {&rule::event_attempt_failed};
constexpr const Rule* script_error[] = {&rule::slmgr_error};
constexpr const Rule* other_channel[] = {&rule::client_channel};

// What the owner of a host sees.
constexpr const Rule* no_record[] = {&rule::dns_no_record, &rule::event_not_in_dns};
constexpr const Rule* no_service[] = {&rule::connect_refused, &rule::bind_no_interface};
constexpr const Rule* no_host[] = {&rule::host_client_key, &rule::host_not_activated};
constexpr const Rule* refused_by_host[] = {&rule::host_refused};
constexpr const Rule* not_activated[] = {&rule::host_not_activated};
constexpr const Rule* refused_connection[] = {&rule::connect_refused};
constexpr const Rule* other_port[] = {&rule::host_port};
constexpr const Rule* no_requests[] = {&rule::host_no_requests};
constexpr const Rule* failed_requests[] = {&rule::host_failed_requests};
constexpr const Rule* refusals[] = {&rule::product_not_covered, &rule::clock_skew, &rule::request_invalid};
constexpr const Rule* troubled_clients[] = {&rule::host_troubled_clients};
constexpr const Rule* low_count[] = {&rule::count_low};

// clang-format off
constexpr Consequence table[] = {
    {no_record, unpublished},
    {no_service, no_host},
    {refused_connection, other_port, Tie::usual_port},
    {refused_by_host, not_activated, Tie::same_code},
    {no_requests, unpublished},
    {no_requests, undiscovered},
    {no_requests, unreached},
    {failed_requests, refusals},
    {troubled_clients, low_count},
    {unanswered, obstructed},
    {in_its_name, replaced},
    {counted_once, cloned},
    {refused_all, ungranted},
    {refused_all, cloned},
    {repeated, undiscovered},
    {repeated, unreached},
    {repeated, ungranted},
    {repeated, cloned},
    {repeated, refused_all},
    {no_discovery, undiscovered},
    {no_discovery, not_contacted},
    {no_discovery, unpublished},
    {not_contacted, undiscovered},
    {not_contacted, unpublished, Tie::no_record},
    {not_contacted, other_channel, Tie::only_client},
    {connection_lost, undiscovered},
    {connection_lost, unreached},
    {attempt_failed, undiscovered, Tie::same_code},
    {attempt_failed, unreached, Tie::same_code},
    {attempt_failed, ungranted, Tie::same_code},
    {attempt_failed, unasked, Tie::same_code},
    {script_error, unpublished, Tie::no_record},
    {script_error, undiscovered, Tie::same_code},
    {script_error, unreached, Tie::same_code},
    {script_error, ungranted, Tie::same_code},
    {script_error, unasked, Tie::same_code},
    {script_error, client_events, Tie::same_code},
    {client_states, no_discovery, Tie::same_machine},
    {client_states, script_error},
    {client_states, client_events},
    {client_states, unpublished},
    {client_states, undiscovered},
    {client_states, unreached},
    {client_states, ungranted},
    {client_states, unasked, Tie::same_machine},
};
// clang-format on

// All rules on one side of the table, sorted: most findings stand on neither, and a conversation may have several.
std::vector<const Rule*> members(Rules Consequence::*side) {
    std::set<const Rule*, std::less<>> all;
    for (const Consequence& row : table) all.insert((row.*side).begin(), (row.*side).end());
    return {all.begin(), all.end()};
}

bool is_effect(const Rule& rule) {
    static const auto effects = members(&Consequence::effects);
    return std::ranges::binary_search(effects, &rule, std::less<>{});
}

bool has(Rules rules, const Rule* rule) { return std::ranges::find(rules, rule) != rules.end(); }

// Old clients show the code of the attempt itself where newer ones show 0xC004F074 for all of them.
bool shows_same(const Finding& effect, const Finding& cause) {
    const std::uint32_t shown = effect.shown_windows_code(), inner = effect.shown_inner_code();
    if (shown != 0 && (shown == cause.shown_windows_code() || shown == cause.shown_inner_code())) return true;
    return inner != 0 && inner == cause.shown_windows_code();
}

// DNS_ERROR_RCODE_NAME_ERROR and DNS_INFO_NO_RECORDS.
bool has_no_record(const Finding& effect) {
    constexpr std::uint32_t codes[] = {0x8007232B, 0x8007251D};
    return std::ranges::any_of(codes, [&](std::uint32_t code) {
        return code == effect.shown_windows_code() || code == effect.shown_inner_code();
    });
}

// By the file, which is of one machine, or by the client machine id.
bool is_same_machine(const Finding& effect, const Finding& cause) {
    const std::string& id = effect.about.machine_id;
    return effect.target == cause.target || (!id.empty() && id == cause.about.machine_id);
}

// What never asks a KMS host has no client machine id to show, and no host.
bool is_without_kms(const Subject& about) {
    return about.machine_id.empty() && about.host.empty() && about.host_name.empty();
}

bool are_tied(Tie tie, const Finding& effect, const Finding& cause) {
    switch (tie) {
        case Tie::none: return true;
        case Tie::same_code: return shows_same(effect, cause);
        case Tie::no_record: return has_no_record(effect);
        case Tie::usual_port: return effect.target.ends_with(":1688");
        case Tie::same_machine: return is_same_machine(effect, cause);
        case Tie::only_client: return shows_same(effect, cause) && is_without_kms(effect.about);
    }
    std::unreachable();
}

// Neither does another client show the same, nor can the effect be that of another output.
bool is_of_only_client(const Finding& effect, const Finding& cause, std::span<const Finding> among) {
    return std::ranges::none_of(among, [&](const Finding& other) {
        if (other.rule == effect.rule) return other.target != effect.target;
        const bool is_of_client = has(client_states, other.rule) || has(no_discovery, other.rule);
        return is_of_client && other.target != cause.target;
    });
}

const Consequence* row_of(const Finding& effect, const Finding& cause) {
    if (!is_effect(*effect.rule) || !is_cause(*cause.rule) || contradict(effect.about, cause.about)) return nullptr;
    const auto* found = std::ranges::find_if(table, [&](const Consequence& row) {
        return has(row.effects, effect.rule) && has(row.causes, cause.rule) && are_tied(row.tie, effect, cause);
    });
    return found == std::end(table) ? nullptr : found;
}

// From the worst to the least.
int order_of(Severity severity) { return -static_cast<int>(severity); }

// Less is likelier.
auto rank(const Finding& effect, const Finding& cause) {
    return std::tuple{effect.target != cause.target, order_of(cause.rule->severity), cause.rule->stage};
}

}  // namespace

std::span<const Consequence> all_consequences() { return table; }

bool is_cause(const Rule& rule) {
    static const auto causes = members(&Consequence::causes);
    return std::ranges::binary_search(causes, &rule, std::less<>{});
}

bool can_follow(const Finding& effect, const Finding& cause) { return row_of(effect, cause) != nullptr; }

std::optional<std::size_t> cause_of(const Finding& effect, std::span<const Finding> among, const KnownHosts& hosts) {
    std::optional<std::size_t> best;
    for (std::size_t i = 0; i < among.size(); ++i) {
        const Consequence* row = row_of(effect, among[i]);
        if (row == nullptr) continue;
        if (row->tie == Tie::only_client && !is_of_only_client(effect, among[i], among)) continue;
        if (row->tie == Tie::usual_port && !hosts.may_be_at(effect.target, among[i].target)) continue;
        if (!best || rank(effect, among[i]) < rank(effect, among[*best])) best = i;
    }
    return best;
}

Severity worst_of(const Cause& cause, std::span<const Finding> findings) {
    Severity worst = findings[cause.finding].rule->severity;
    for (const std::size_t i : cause.consequences) worst = std::max(worst, findings[i].rule->severity);
    return worst;
}

std::vector<Cause> causes_among(std::span<const Finding> findings, const KnownHosts& hosts) {
    std::vector<Cause> causes;
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < findings.size(); ++i) {
        std::size_t root = i;
        while (const auto above = cause_of(findings[root], findings, hosts)) root = *above;
        roots.push_back(root);
        if (root == i) causes.push_back({.finding = i, .consequences = {}});
    }
    for (Cause& cause : causes)
        for (std::size_t i = 0; i < findings.size(); ++i)
            if (roots[i] == cause.finding && i != cause.finding) cause.consequences.push_back(i);
    std::ranges::stable_sort(causes, {}, [&](const Cause& cause) {
        return std::pair{order_of(worst_of(cause, findings)), findings[cause.finding].rule->stage};
    });
    return causes;
}

}  // namespace diag::check

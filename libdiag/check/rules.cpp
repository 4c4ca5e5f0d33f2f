#include "libdiag/check/rules.h"

#include <algorithm>

namespace diag::check {
namespace {

// The rows stand in rules_<stage>.cpp. Adding a rule: declare it in rules.h, write its row, name it here, and run
// scripts/update-docs.
constexpr const Rule* table[] = {
    // Finding a host
    &rule::dns_no_record,
    &rule::dns_server_failure,
    &rule::dns_refused,
    &rule::dns_no_answer,
    &rule::name_not_found,
    &rule::name_no_answer,
    // Reaching it
    &rule::connect_refused,
    &rule::connect_no_answer,
    &rule::connect_rejected,
    &rule::connect_no_route,
    &rule::connect_unstable,
    &rule::address_dead,
    &rule::path_mtu,
    &rule::connect_closed,
    // RPC bind
    &rule::not_rpc,
    &rule::client_not_rpc,
    &rule::bind_no_answer,
    &rule::bind_reset,
    &rule::bind_closed,
    &rule::bind_nak,
    &rule::bind_no_interface,
    &rule::bind_no_syntax,
    &rule::bind_idle,
    // Request and response
    &rule::client_cut,
    &rule::request_no_answer,
    &rule::request_reset,
    &rule::request_closed,
    &rule::response_cut,
    &rule::rpc_fault,
    &rule::rpc_fault_retried,
    &rule::response_check,
    &rule::rpc_broken,
    // What the host says
    &rule::request_invalid,
    &rule::product_not_covered,
    &rule::client_list_full,
    &rule::host_refused,
    &rule::clock_skew,
    &rule::clock_differs,
    &rule::count_low,
    &rule::host_lab,
    // The evidence itself
    &rule::lab_keys_refused,
    &rule::keys_missing,
    &rule::capture_damaged,
    &rule::capture_gap,
    &rule::capture_cut_packets,
    &rule::capture_no_start,
    &rule::capture_ends,
    &rule::capture_overlap,
    &rule::capture_link,
    &rule::capture_scan,
    &rule::capture_limit,
};

}  // namespace

std::span<const Rule* const> all_rules() { return table; }

const Rule* find_rule(std::string_view id) {
    const auto found = std::ranges::find(table, id, &Rule::id);
    return found == std::end(table) ? nullptr : *found;
}

}  // namespace diag::check

#include "libdiag/check/rules.h"

#include <algorithm>

namespace diag::check {
namespace {

// The rows stand in rules_<stage>.cpp. Adding a rule: declare it in rules.h, write its row, name it here, and run
// scripts/update-docs.
constexpr const Rule* table[] = {
    &rule::dns_no_record,
    &rule::dns_server_failure,
    &rule::dns_refused,
    &rule::dns_no_answer,
    &rule::dns_tcp_blocked,
    &rule::dns_servers_differ,
    &rule::dns_server_skipped,
    &rule::dns_suffix_failed,
    &rule::dns_lame,
    &rule::dns_serials,
    &rule::dns_update_unreachable,
    &rule::dns_update_open,
    &rule::event_publish_failed,
    &rule::event_not_in_dns,
    &rule::srv_near_miss,
    &rule::srv_other_domain,
    &rule::srv_single_label,
    &rule::client_no_suffix,
    &rule::srv_target_no_address,
    &rule::srv_target_dead,
    &rule::srv_target_literal,
    &rule::srv_target_alias,
    &rule::srv_target_outside,
    &rule::srv_name_alias,
    &rule::srv_port_zero,
    &rule::srv_port,
    &rule::srv_duplicate,
    &rule::srv_unused,
    &rule::srv_ttl,
    &rule::srv_wildcard,
    &rule::srv_private_address,
    &rule::srv_unauthorised,
    &rule::srv_not_published,
    &rule::name_not_found,
    &rule::name_no_answer,

    &rule::connect_refused,
    &rule::connect_no_answer,
    &rule::connect_rejected,
    &rule::connect_no_route,
    &rule::connect_unstable,
    &rule::address_dead,
    &rule::host_skipped,
    &rule::path_mtu,
    &rule::connect_closed,

    &rule::not_rpc,
    &rule::client_not_rpc,
    &rule::bind_no_answer,
    &rule::bind_reset,
    &rule::bind_closed,
    &rule::bind_nak,
    &rule::bind_no_interface,
    &rule::bind_no_syntax,
    &rule::bind_idle,

    &rule::client_cut,
    &rule::request_no_answer,
    &rule::request_reset,
    &rule::request_closed,
    &rule::response_cut,
    &rule::rpc_fault,
    &rule::rpc_fault_retried,
    &rule::response_check,
    &rule::rpc_broken,

    &rule::request_invalid,
    &rule::product_not_covered,
    &rule::client_list_full,
    &rule::host_refused,
    &rule::clock_skew,
    &rule::clock_differs,
    &rule::count_low,
    &rule::host_lab,

    &rule::path_middlebox,
    &rule::path_loss,
    &rule::host_window_closed,
    &rule::capture_one_way,

    &rule::client_cloned,
    &rule::name_many_ids,
    &rule::clients_nat,
    &rule::count_stuck,
    &rule::host_never_grants,
    &rule::host_identity_changes,
    &rule::clock_margin,
    &rule::client_retries,
    &rule::response_older,

    &rule::slmgr_error,
    &rule::client_no_key,
    &rule::client_channel,
    &rule::client_other_channel,
    &rule::client_key,
    &rule::client_host_key,
    &rule::client_unlicensed,
    &rule::client_notification,
    &rule::client_non_genuine,
    &rule::client_grace,
    &rule::client_grace_ends,
    &rule::client_renewal_overdue,
    &rule::client_expiration_long,
    &rule::client_type,
    &rule::client_ad,
    &rule::client_no_discovery,
    &rule::client_fixed_host,
    &rule::client_no_cache,
    &rule::client_hosts_differ,
    &rule::client_host_unpublished,
    &rule::client_cache_stale,
    &rule::client_host_port,
    &rule::client_host_address,
    &rule::host_client_key,
    &rule::host_not_activated,
    &rule::host_no_requests,
    &rule::host_count_servers,
    &rule::host_failed_requests,
    &rule::host_troubled_clients,
    &rule::host_not_published,
    &rule::host_port,
    &rule::host_low_priority,
    &rule::saved_lines_unknown,

    &rule::event_not_contacted,
    &rule::event_host_unreachable,
    &rule::event_call_failed,
    &rule::event_attempt_failed,
    &rule::event_no_answer,
    &rule::event_not_on_host,
    &rule::event_recovered,
    &rule::event_unreadable,

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

std::span<const Rule* const> saved_rules() {
    const auto first = std::ranges::find(table, &rule::slmgr_error);
    const auto last = std::ranges::find(table, &rule::saved_lines_unknown);
    return {first, last + 1};
}

std::span<const Rule* const> event_rules() {
    const auto first = std::ranges::find(table, &rule::event_not_contacted);
    const auto last = std::ranges::find(table, &rule::event_unreadable);
    return {first, last + 1};
}

std::span<const Rule* const> correlation_rules() {
    const auto first = std::ranges::find(table, &rule::client_cloned);
    const auto last = std::ranges::find(table, &rule::response_older);
    return {first, last + 1};
}

const Rule* find_rule(std::string_view id) {
    const auto found = std::ranges::find(table, id, &Rule::id);
    return found == std::end(table) ? nullptr : *found;
}

}  // namespace diag::check

#pragma once

#include <string_view>

#include "libdiag/dissect/conversation.h"

namespace diag::check {

/// Where a conversation ended (captures/README.md). The names are stable: scripts filter by them.
enum class Outcome : std::uint8_t {
    complete,
    request_unanswered,
    refused_by_rst,
    no_answer_to_syn,
    rejected_by_icmp,
    reset_by_host_after_bind,
    reset_by_host_after_request,
    closed_by_host_without_response,
    closed_by_host_mid_response,
    closed_by_host_idle,
    closed_by_client_mid_pdu,
    no_answer_to_bind,
    bind_refused_by_nak,
    interface_not_supported,
    not_rpc,
    fault,
};

inline constexpr std::size_t outcome_count = 16;

std::string_view name_of(Outcome outcome);
/// The outcome with this name; nullopt for an unknown one.
std::optional<Outcome> parse_outcome(std::string_view name);
/// What it means, for people: "host never answered the bind".
std::string_view describe(Outcome outcome);

/// Judges by the packets alone; the order of the tests is the order in which a client meets the steps.
Outcome outcome_of(const dissect::Conversation& conversation);

}  // namespace diag::check

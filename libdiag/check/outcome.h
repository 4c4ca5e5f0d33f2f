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

/// A PDU of the host that came after the client had closed, and which the client's system answered with a reset: no program
/// ever saw it.
bool is_late(const dissect::Conversation& conversation, const dissect::PduRecord& pdu);
/// Whether the host answered a bind, or calls without a captured bind, in a way that lets the client call.
bool is_bound(const dissect::Conversation& conversation);
/// Whether the client's last bind or alter_context has no answer, as far as the capture can know.
bool is_last_bind_open(const dissect::Conversation& conversation);

/// Judges by the packets alone; the order of the tests is the order in which a client meets the steps.
Outcome outcome_of(const dissect::Conversation& conversation);

}  // namespace diag::check

#include "libdiag/correlate/contact_reader.h"

#include <algorithm>

namespace diag::correlate {
namespace {

using dissect::Conversation;
using dissect::Exchange;

std::string bytes_text(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

std::uint16_t clamped(std::uint32_t minutes) {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(minutes, UINT16_MAX));
}

Result result_of(const Exchange& e, const Ending& ending) {
    if (e.fault_status) return Result::fault;
    if (e.hresult && *e.hresult != 0) return Result::refused;
    if (!e.response && !e.hresult)
        return ending.is_open || e.answer_not_captured ? Result::unknown : Result::unanswered;
    if (ending.is_rejected != nullptr && ending.is_rejected(e)) return Result::rejected;
    if (!e.response || !e.response->base || !e.request.base) return Result::accepted;
    return e.response->base->count < e.request.base->required_client_count ? Result::count_low : Result::granted;
}

void read_request(const kms::BaseRequest& base, ReadContact& out) {
    Contact& c = out.facts;
    out.machine_id = base.client_machine_id;
    c.has_request = true;
    c.client_time = base.client_time_filetime;
    c.needed = base.required_client_count;
    c.license_status = static_cast<std::uint8_t>(std::min<std::uint32_t>(base.license_status, UINT8_MAX));
    out.workstation_name = base.workstation_text();
    constexpr std::size_t id_size = sizeof(Uuid::wire);
    out.product.reserve(3 * id_size);  // one allocation
    for (const Uuid* id : {&base.application_id, &base.activation_id, &base.kms_id})
        out.product.append(id->wire.begin(), id->wire.end());
    if (!base.previous_client_machine_id.is_nil()) out.previous_id = bytes_text(base.previous_client_machine_id.wire);
}

void read_response(const kms::Response& response, ReadContact& out) {
    if (const auto hwid = response.hwid()) out.hwid = bytes_text(*hwid);
    if (!response.base) return;
    Contact& c = out.facts;
    c.has_count = true;
    c.count = response.base->count;
    c.echoed_time = response.base->client_time_filetime;
    c.activation_interval_minutes = clamped(response.base->activation_interval_minutes);
    c.renewal_interval_minutes = clamped(response.base->renewal_interval_minutes);
    out.epid = response.base->epid_text();
}

void read_exchange(const Conversation& conversation, const Exchange& e, const Ending& ending, ReadContact& out) {
    const dissect::Mark asked = conversation.pdus[e.request_pdu].last;
    out.facts.time = asked.time;
    out.facts.packet = asked.packet;
    out.facts.result = result_of(e, ending);
    out.facts.code = e.fault_status ? *e.fault_status : e.hresult.value_or(0);
    if (e.response_pdu) {
        const std::uint64_t answer = conversation.pdus[*e.response_pdu].last.packet;
        if (answer > asked.packet)
            out.facts.answer_after =
                static_cast<std::uint32_t>(std::min<std::uint64_t>(answer - asked.packet, UINT32_MAX));
    }
    if (e.request.base) read_request(*e.request.base, out);
    if (e.response) read_response(*e.response, out);
}

// The four options of a SYN in 16 bits; who offers others has another number in nearly all cases.
std::uint16_t offer_of(const dissect::HeaderFacts& client) {
    const unsigned options = client.maximum_segment_size.value_or(0) * 31U + client.window_scale.value_or(15) * 4U +
                             (client.sack_permitted ? 2U : 0U) + (client.has_timestamps ? 1U : 0U);
    return static_cast<std::uint16_t>(options ^ (options >> 16));
}

HostOpening opening_of(const Conversation& conversation) {
    const auto& [client, host] = conversation.tcp.headers;
    const bool is_reset = host.opening_hop_limit == 0 && !conversation.tcp.established;
    return {.window = host.window,
            .maximum_segment_size = host.maximum_segment_size.value_or(0),
            .offer = offer_of(client),
            .hop_limit = is_reset ? host.rst_hop_limit : host.opening_hop_limit,
            .window_scale = host.window_scale.value_or(0),
            .has_window_scale = host.window_scale.has_value(),
            .sack_permitted = host.sack_permitted,
            .has_timestamps = host.has_timestamps,
            .is_reset = is_reset};
}

}  // namespace

ReadContact read_contact(const Conversation& conversation, const Exchange* exchange, const Ending& ending) {
    ReadContact out;
    out.outcome = ending.outcome;
    out.facts.client = conversation.client.ip;
    out.facts.client_port = conversation.client.port;
    out.facts.host = conversation.host;
    out.facts.opening = opening_of(conversation);
    if (conversation.found_through)
        out.path = conversation.found_through->query + '\0' + conversation.found_through->target;
    if (exchange != nullptr) {
        read_exchange(conversation, *exchange, ending, out);
    } else {
        out.facts.time = conversation.first.time;
        out.facts.packet = conversation.first.packet;
        out.facts.result = ending.is_open ? Result::unknown : Result::unanswered;
    }
    return out;
}

ReadContact read_contact(const dissect::DnsSearch& search, std::string_view outcome) {
    const dissect::DnsLookup& lookup = search.decisive();
    ReadContact out;
    out.outcome = outcome;
    out.path = search.query + '\0';
    out.facts.client = search.client;
    out.facts.client_port = lookup.client.port;
    out.facts.time = lookup.asked.time;
    out.facts.packet = lookup.asked.packet;
    out.facts.result = Result::not_found;
    if (lookup.answered)
        out.facts.answer_after = static_cast<std::uint32_t>(
            std::min<std::uint64_t>(lookup.answered.packet - lookup.asked.packet, UINT32_MAX));
    return out;
}

}  // namespace diag::correlate

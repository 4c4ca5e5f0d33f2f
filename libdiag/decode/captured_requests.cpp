#include "libdiag/decode/captured_requests.h"

namespace diag::decode {
namespace {

using check::CapturedRequest;
using dissect::Conversation;
using dissect::Exchange;

CapturedRequest row_of(const Conversation& c, check::Outcome outcome, std::string_view capture) {
    CapturedRequest row;
    row.capture = capture;
    row.first_packet = c.first.packet;
    row.last_packet = c.last.packet;
    row.began = c.first.time;
    row.ended = c.last.time;
    row.client = c.client;
    row.host = c.host;
    row.host_name = c.host_name;
    row.outcome = outcome;
    return row;
}

void add_exchange(const Conversation& c, const Exchange& e, CapturedRequest& row) {
    const dissect::Mark& first = c.pdus[e.request_pdu].first;
    const dissect::Mark& last = c.pdus[e.response_pdu.value_or(e.request_pdu)].last;
    row.first_packet = first.packet;
    row.last_packet = last.packet;
    row.began = first.time;
    row.ended = e.response_pdu ? last.time : c.last.time;
    row.hresult = e.hresult;
    if (e.request.base) {
        row.client_machine_id = e.request.base->client_machine_id;
        row.activation_id = e.request.base->activation_id;
        row.client_time = to_timestamp(e.request.base->client_time_filetime);
        row.required_count = e.request.base->required_client_count;
    }
    if (e.response && e.response->base) row.count = e.response->base->count;
}

}  // namespace

void collect_requests(const Conversation& c, check::Outcome outcome, std::string_view capture,
                      std::vector<CapturedRequest>& out) {
    if (out.size() >= max_captured_requests) return;
    const CapturedRequest row = row_of(c, outcome, capture);
    if (c.exchanges.empty()) {
        if (outcome != check::Outcome::complete) out.push_back(row);
        return;
    }
    for (const Exchange& e : c.exchanges) {
        if (out.size() == max_captured_requests) return;
        add_exchange(c, e, out.emplace_back(row));
    }
}

}  // namespace diag::decode

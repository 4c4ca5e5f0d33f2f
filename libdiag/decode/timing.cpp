#include "libdiag/decode/timing.h"

#include <algorithm>

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Mark;

std::optional<std::int64_t> between(const Mark& from, const Mark& to) {
    if (!from || !to) return std::nullopt;
    return to.time.ns - from.time.ns;
}

}  // namespace

std::optional<std::int64_t> connect_time(const Conversation& c) {
    // A repeated SYN makes it unknown which of them was answered: count from the first, as the client does.
    return between(c.tcp.syn, c.tcp.syn_ack);
}

std::optional<std::int64_t> bind_time(const Conversation& c) {
    const auto bind = std::find_if(c.pdus.begin(), c.pdus.end(),
                                   [](const auto& p) { return p.decoded.type() == dcerpc::PduType::bind; });
    if (bind == c.pdus.end()) return std::nullopt;
    const auto answer = std::find_if(bind, c.pdus.end(), [](const auto& p) {
        return p.decoded.type() == dcerpc::PduType::bind_ack || p.decoded.type() == dcerpc::PduType::bind_nak;
    });
    return answer == c.pdus.end() ? std::nullopt : between(bind->last, answer->last);
}

std::optional<std::int64_t> response_time(const Conversation& c, const dissect::Exchange& e) {
    if (!e.response_pdu) return std::nullopt;
    return between(c.pdus[e.request_pdu].last, c.pdus[*e.response_pdu].last);
}

std::optional<std::int64_t> host_time(const Conversation& c, const dissect::Exchange& e) {
    const auto whole = response_time(c, e);
    const auto round_trip = connect_time(c);
    if (!whole || !round_trip) return std::nullopt;
    return std::max<std::int64_t>(*whole - *round_trip, 0);
}

}  // namespace diag::decode

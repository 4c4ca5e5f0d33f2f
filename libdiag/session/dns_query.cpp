#include "libdiag/session/dns_query.h"

#include <array>

#include "libdiag/proto/dns/decode.h"

namespace diag::session {
namespace {

constexpr std::uint16_t edns_payload_size = 1232;  // what passes everywhere without fragments (DNS flag day 2020)

bool answers(const dns::Message& message, const DnsQuery& query) {
    if (!message.is_response() || message.questions.size() != 1) return false;
    const auto asked = dns::DomainName::parse(query.name);
    return asked && dns::is_same_name(message.questions.front().name, *asked) &&
           message.questions.front().type == query.type;
}

}  // namespace

std::string_view name_of(DnsTransport transport) { return transport == DnsTransport::udp ? "udp" : "tcp"; }

std::string_view name_of(DnsEnd end) {
    static constexpr std::array<std::string_view, 6> names{"pending",     "answered",  "no_answer",
                                                           "unreachable", "malformed", "bad_name"};
    return names[static_cast<std::size_t>(end)];
}

std::optional<ByteVector> encode_query(const DnsQuery& query) {
    const auto name = dns::DomainName::parse(query.name);
    if (!name) return std::nullopt;
    dns::Message message;
    if (query.recursion_desired) message.header.flags = dns::flag::rd;
    message.questions.push_back({.name = *name, .type = query.type});
    if (query.edns)
        message.additionals.push_back(
            {.name = {}, .type = dns::type::opt, .class_ = edns_payload_size, .ttl = 0, .data = dns::Opt{}});
    return dns::encode_message(message);
}

void take_answer(DnsReply& reply, ByteVector bytes) {
    reply.bytes = std::move(bytes);
    auto [message, error] = dns::decode_partial(reply.bytes);
    // An answer that is cut keeps what stands before the cut, as a truncated one says itself.
    const bool is_truncated = (message.header.flags & dns::flag::tc) != 0;
    const bool is_usable = (!error || is_truncated) && answers(message, reply.query);
    reply.end = is_usable ? DnsEnd::answered : DnsEnd::malformed;
    if (!is_usable) reply.problem = AnswerProblem{is_truncated ? std::nullopt : error};
    reply.message = std::move(message);
}

}  // namespace diag::session

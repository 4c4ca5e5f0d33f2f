#pragma once

#include <deque>
#include <functional>
#include <stdexcept>

#include "libdiag/session/dns_query.h"

// DNS without sockets: a world is a function from a query to an answer; nothing is silence. Answers pass through their bytes,
// as from a server.

namespace diag::test {

using DnsWorld = std::function<std::optional<dns::Message>(const session::DnsQuery&)>;

inline dns::DomainName name(std::string_view text) { return *dns::DomainName::parse(text); }
inline Endpoint server(std::string_view ip) { return {*IpAddress::parse(ip), 53}; }

inline dns::Record srv(std::string_view owner, std::string_view target, dns::Srv data = {.port = 1688},
                       std::uint32_t ttl = 3600) {
    data.target = name(target);
    return {.name = name(owner), .type = dns::type::srv, .ttl = ttl, .data = data};
}

inline dns::Record address(std::string_view owner, std::string_view ip) {
    const IpAddress parsed = *IpAddress::parse(ip);
    const bool v4 = parsed.family == IpAddress::Family::v4;
    return {.name = name(owner), .type = v4 ? dns::type::a : dns::type::aaaa, .ttl = 60, .data = parsed};
}

inline dns::Record alias(std::string_view owner, std::string_view target) {
    return {.name = name(owner), .type = dns::type::cname, .ttl = 60, .data = name(target)};
}

inline dns::Message answer(const session::DnsQuery& query, std::vector<dns::Record> records = {},
                           std::uint16_t flags = 0) {
    dns::Message message;
    message.header.flags = static_cast<std::uint16_t>(dns::flag::qr | flags);
    message.questions.push_back({.name = name(query.name), .type = query.type});
    message.answers = std::move(records);
    return message;
}

/// What a zone with these records answers: those of the name and type, through its aliases; else empty or NXDOMAIN.
inline dns::Message zone_answer(const session::DnsQuery& query, const std::vector<dns::Record>& zone) {
    dns::Message message = answer(query);
    dns::DomainName at = name(query.name);
    bool exists = false;
    for (std::size_t hops = 0; hops <= zone.size(); ++hops) {
        std::optional<dns::DomainName> next;
        for (const dns::Record& record : zone) {
            if (!dns::is_same_name(record.name, at)) continue;
            exists = true;
            const bool is_alias = record.type == dns::type::cname;
            if (record.type == query.type || is_alias) message.answers.push_back(record);
            if (is_alias) next = std::get<dns::DomainName>(record.data);
        }
        if (!next) break;
        at = *next;
    }
    if (!exists) message.header.flags |= dns::rcode::name_error;
    return message;
}

inline session::DnsReply reply_of(const session::DnsQuery& query, const DnsWorld& world) {
    session::DnsReply reply;
    reply.query = query;
    reply.duration = std::chrono::milliseconds{1};
    reply.end = session::DnsEnd::no_answer;
    if (const auto message = world(query)) session::take_answer(reply, dns::encode_message(*message).value());
    return reply;
}

/// Runs a check (SrvCheck, ZoneCheck) to its end; all queries, in their order.
template <class Check> std::vector<session::DnsQuery> run(Check& check, const DnsWorld& world) {
    std::deque<session::DnsQuery> open;
    std::vector<session::DnsQuery> asked;
    const auto take = [&](std::vector<session::DnsQuery> queries) {
        for (auto& query : queries) open.push_back(std::move(query));
    };
    for (take(check.start()); !open.empty(); open.pop_front()) {
        if (asked.size() > 10'000) throw std::logic_error("it does not end");
        asked.push_back(open.front());
        take(check.on_reply(reply_of(open.front(), world)));
    }
    return asked;
}

}  // namespace diag::test

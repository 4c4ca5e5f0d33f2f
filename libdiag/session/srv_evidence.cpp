#include "libdiag/session/srv_evidence.h"

#include <fmt/format.h>

#include <algorithm>

namespace diag::session {
namespace {

// The end of the chain of CNAMEs that begins at `name`, if one does. Bounded: each step uses up a record.
std::optional<std::string> end_of_chain(const dns::Message& message, const std::string& name) {
    auto at = dns::DomainName::parse(name);
    std::optional<std::string> end;
    for (std::size_t hops = 0; at && hops < message.answers.size(); ++hops) {
        const auto next = std::ranges::find_if(message.answers, [&](const dns::Record& record) {
            return record.type == dns::type::cname && dns::is_same_name(record.name, *at);
        });
        if (next == message.answers.end()) break;
        const auto* target = std::get_if<dns::DomainName>(&next->data);
        if (target == nullptr) break;
        end = dns::to_string(*target);
        at = *target;
    }
    return end;
}

// Records of other names answer another question.
template <class Data> const Data* data_of(const dns::Record& record, const std::optional<dns::DomainName>& owner) {
    const bool is_owned = owner && dns::is_same_name(record.name, *owner);
    return is_owned ? std::get_if<Data>(&record.data) : nullptr;
}

}  // namespace

const SrvTarget* find_target(const SrvEvidence& evidence, std::string_view name) {
    const auto found = std::ranges::find_if(
        evidence.targets, [&](const SrvTarget& target) { return dns::is_same_name(target.name, name); });
    return found == evidence.targets.end() ? nullptr : &*found;
}

bool is_failure(const DnsReply& reply) {
    const auto rcode = reply.rcode();
    return !rcode || (*rcode != dns::rcode::no_error && *rcode != dns::rcode::name_error);
}

std::optional<std::size_t> deciding_reply(const SrvEvidence& evidence, std::span<const Endpoint> servers) {
    const auto find_reply = [&](auto is_good) -> std::optional<std::size_t> {
        for (const Endpoint& server : servers)
            for (std::size_t i = 0; i < evidence.replies.size(); ++i)
                if (evidence.replies[i].query.server == server && is_good(evidence.replies[i])) return i;
        return std::nullopt;
    };
    const auto whole = find_reply([](const DnsReply& r) { return !is_failure(r) && !r.is_truncated(); });
    return whole ? whole : find_reply([](const DnsReply& r) { return r.end == DnsEnd::answered; });
}

void take_records(SrvEvidence& evidence) {
    const DnsReply& reply = evidence.replies[*evidence.answer];
    evidence.alias = end_of_chain(reply.message, evidence.query);
    if (reply.rcode() != dns::rcode::no_error) return;  // a client goes by that, whatever stands beside it
    const auto owner = dns::DomainName::parse(evidence.alias.value_or(evidence.query));
    for (const dns::Record& record : reply.message.answers) {
        const auto* srv = data_of<dns::Srv>(record, owner);
        if (srv == nullptr) continue;
        evidence.records.push_back({.priority = srv->priority,
                                    .weight = srv->weight,
                                    .port = srv->port,
                                    .target = dns::to_string(srv->target),
                                    .ttl = record.ttl});
    }
}

void take_probe_reply(SrvEvidence& evidence, const DnsReply& reply) {
    const auto end = end_of_chain(reply.message, reply.query.name);
    const auto owner = dns::DomainName::parse(end.value_or(reply.query.name));
    const dns::Srv* found = nullptr;
    for (const dns::Record& record : reply.message.answers)
        if (found == nullptr) found = data_of<dns::Srv>(record, owner);
    if (reply.rcode() != dns::rcode::no_error || found == nullptr || found->target.is_root()) return;  // "." is no host
    for (SrvProbeName& probe : evidence.probes) {
        if (probe.found || !dns::is_same_name(probe.name, reply.query.name)) continue;
        probe.found = true;
        probe.target = fmt::format("{}:{}", dns::to_string(found->target), found->port);
    }
}

void take_target_reply(SrvTarget& target, DnsReply reply) {
    auto end = end_of_chain(reply.message, target.name);
    const auto owner = dns::DomainName::parse(end.value_or(target.name));
    for (const dns::Record& record : reply.message.answers) {
        const auto* address = data_of<IpAddress>(record, owner);
        const bool is_new = address != nullptr && target.addresses.size() < max_followed_count &&
                            std::ranges::find(target.addresses, *address) == target.addresses.end();
        if (is_new) target.addresses.push_back(*address);
    }
    if (end) target.alias_of = std::move(end);
    target.missing = target.missing || reply.rcode() == dns::rcode::name_error;
    target.replies.push_back(std::move(reply));
}

}  // namespace diag::session

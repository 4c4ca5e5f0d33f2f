#include "libdiag/check/captured_search.h"

#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/names.h"
#include "libdiag/proto/dns/service_name.h"

namespace diag::check {
namespace {

using dissect::DnsLookup;
using dissect::DnsSearch;
using lang::say;
using session::DnsEnd;
using session::DnsReply;
using session::SrvProbeName;
using session::SrvTarget;

std::string text_of(const DnsLookup::Stray& stray) {
    switch (stray.reason) {
        case dissect::StrayReason::other_id: return say("packet {}: an answer with another id", stray.mark.packet);
        case dissect::StrayReason::other_question:
            return say("packet {}: an answer to another question", stray.mark.packet);
        default: return say("packet {}: an answer from a server that was not asked", stray.mark.packet);
    }
}

DnsEnd end_of(const DnsLookup& lookup) {
    switch (lookup.end()) {
        case DnsLookup::End::answered: return DnsEnd::answered;
        case DnsLookup::End::malformed: return DnsEnd::malformed;
        case DnsLookup::End::unreachable: return DnsEnd::unreachable;
        default: return DnsEnd::no_answer;
    }
}

DnsReply reply_of(const DnsLookup& lookup, Timestamp observed_until) {
    DnsReply reply;
    const bool is_tcp = lookup.transport == dissect::DnsTransport::tcp;
    reply.query = {.server = lookup.server,
                   .name = lookup.query,
                   .type = lookup.type,
                   .transport = is_tcp ? session::DnsTransport::tcp : session::DnsTransport::udp};
    reply.end = end_of(lookup);
    const dissect::Mark& ended = lookup.ended();
    const Timestamp until = ended ? ended.time : observed_until;
    reply.duration = std::chrono::nanoseconds{until.ns - lookup.asked.time.ns};
    reply.bytes = lookup.message;
    reply.message = dns::decode_partial(reply.bytes).message;
    reply.captured.packets.push_back(lookup.asked.packet);
    if (ended) reply.captured.packets.push_back(ended.packet);
    reply.captured.asked_count = lookup.asked_count;
    for (const auto& stray : lookup.strays) reply.captured.remarks.push_back(text_of(stray));
    return reply;
}

bool is_usable(const DnsLookup& lookup) { return lookup.answered && !lookup.malformed && !lookup.truncated; }

// Asked again with success: with another id, from another port or over TCP.
bool is_made_good(const DnsLookup& lookup, const std::vector<DnsLookup>& all) {
    if (lookup.answered) return false;
    return std::ranges::any_of(all, [&](const DnsLookup& other) {
        return is_usable(other) && other.server == lookup.server && other.type == lookup.type &&
               dns::lower_case(other.query) == dns::lower_case(lookup.query);
    });
}

bool counts(const DnsLookup& lookup, const DnsSearch& search, const std::vector<DnsLookup>& all) {
    return !is_too_soon_to_tell(lookup, search.observed_until) && !is_made_good(lookup, all);
}

void take_targets(const DnsSearch& search, session::SrvEvidence& evidence) {
    for (const auto& record : evidence.records) {
        if (record.target == "." || session::find_target(evidence, record.target) != nullptr) continue;
        if (evidence.targets.size() == session::max_followed_count) {
            ++evidence.unfollowed_count;
            continue;
        }
        SrvTarget& target = evidence.targets.emplace_back();
        target.name = record.target;
        bool is_known = true;
        std::vector<DnsReply> replies;
        for (const DnsLookup& lookup : search.address_lookups) {
            if (!dns::is_same_name(lookup.query, target.name)) continue;
            // What the capture lacks may be an address.
            is_known = is_known && !lookup.cut && !is_too_soon_to_tell(lookup, search.observed_until);
            if (counts(lookup, search, search.address_lookups))
                replies.push_back(reply_of(lookup, search.observed_until));
        }
        for (DnsReply& reply : replies) take_target_reply(target, std::move(reply));
        if (target.addresses.empty() && !is_known) target.replies.clear();
    }
}

// Servers may put the addresses of the hosts beside their records.
void take_additional_addresses(session::SrvEvidence& evidence) {
    for (const auto& record : evidence.replies[*evidence.answer].message.additionals) {
        const auto* address = std::get_if<IpAddress>(&record.data);
        if (address == nullptr) continue;
        const std::string name = dns::to_string(record.name);
        for (SrvTarget& target : evidence.targets) {
            const bool is_new = dns::is_same_name(target.name, name) &&
                                target.addresses.size() < session::max_followed_count &&
                                std::ranges::find(target.addresses, *address) == target.addresses.end();
            if (is_new) target.addresses.push_back(*address);
        }
    }
}

void take_probes(const DnsSearch& search, session::SrvEvidence& evidence) {
    for (const DnsLookup& lookup : search.probes) {
        const auto name = dns::DomainName::parse(lookup.query);
        if (!name) continue;
        const auto kind = dns::read_service_name(*name).kind;
        evidence.probes.push_back({.kind = kind == dns::ServiceNameKind::impossible ? SrvProbeName::Kind::impossible
                                                                                    : SrvProbeName::Kind::near_miss,
                                   .name = lookup.query});
        if (lookup.answered) take_probe_reply(evidence, reply_of(lookup, search.observed_until));
    }
}

}  // namespace

session::SrvEvidence evidence_of(const DnsSearch& search) {
    session::SrvEvidence evidence;
    evidence.domain = search.domain;
    evidence.query = search.query;
    std::vector<Endpoint> servers;
    for (const DnsLookup& lookup : search.lookups) {
        // First is who was asked first, also if only a repetition was answered.
        if (std::ranges::find(servers, lookup.server) == servers.end()) servers.push_back(lookup.server);
        if (counts(lookup, search, search.lookups)) evidence.replies.push_back(reply_of(lookup, search.observed_until));
    }
    evidence.answer = deciding_reply(evidence, servers);
    if (!evidence.answer) return evidence;
    take_records(evidence);
    take_targets(search, evidence);
    take_additional_addresses(evidence);
    take_probes(search, evidence);
    return evidence;
}

}  // namespace diag::check

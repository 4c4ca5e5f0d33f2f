#include "libdiag/dissect/dns_watch.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/proto/dns/decode.h"
#include "libdiag/proto/dns/names.h"

namespace diag::dissect {
namespace {

constexpr std::string_view service_label = "_vlmcs";

std::string lower(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return text;
}

// The first label of the first question, without decoding the rest: most DNS traffic is none of ours.
bool asks_for_service(Bytes payload) {
    const std::size_t at = dns::header_size;
    if (payload.size() < at + 1 + service_label.size() || payload[at] != service_label.size()) return false;
    const Bytes label = payload.subspan(at + 1, service_label.size());
    return lower(std::string{label.begin(), label.end()}) == service_label;
}

std::string data_text(const dns::Record& record) {
    if (const auto* srv = std::get_if<dns::Srv>(&record.data)) {
        return fmt::format("{} {} {} {}", srv->priority, srv->weight, srv->port, dns::to_string(srv->target));
    }
    if (const auto* address = std::get_if<IpAddress>(&record.data)) return to_string(*address);
    if (const auto* name = std::get_if<dns::DomainName>(&record.data)) return dns::to_string(*name);
    return {};
}

DnsLookup::Answer answer_of(const dns::Record& record) {
    DnsLookup::Answer answer{
        .name = dns::to_string(record.name), .data = data_text(record), .type = record.type, .ttl = record.ttl};
    if (const auto* srv = std::get_if<dns::Srv>(&record.data)) {
        answer.is_srv = true;
        answer.priority = srv->priority;
        answer.weight = srv->weight;
        answer.port = srv->port;
        answer.target = dns::to_string(srv->target);
    }
    return answer;
}

}  // namespace

std::string dns_type_name(std::uint16_t type) { return dns::type_name(type); }
std::string dns_rcode_name(std::uint16_t rcode) { return dns::rcode_name(rcode); }

std::optional<DnsLookup> DnsWatch::on_datagram(const Endpoint& source, const Endpoint& destination, Bytes payload,
                                               Mark mark, std::uint8_t fraction_digits) {
    const bool ours = asks_for_service(payload);
    if (!ours && targets_.empty() && open_.empty()) return std::nullopt;
    const auto [message, error] = dns::decode_partial(payload);
    // Servers that refuse may leave the question out; then only the id tells what they refuse.
    if (message.is_response() && message.header.qdcount == 0)
        return on_answer(message, false, source, destination, mark);
    if (message.questions.empty()) return std::nullopt;
    if (!ours) {
        if (message.is_response() && targets_.contains(lower(dns::to_string(message.questions.front().name)))) {
            remember_addresses(message.answers);
        }
        return std::nullopt;
    }
    if (message.is_response()) return on_answer(message, error.has_value(), source, destination, mark);
    on_question(message, source, destination, mark, fraction_digits);
    return std::nullopt;
}

void DnsWatch::on_question(const dns::Message& message, const Endpoint& client, const Endpoint& server, Mark mark,
                           std::uint8_t fraction_digits) {
    const auto& question = message.questions.front();
    const std::string name = dns::to_string(question.name);
    for (Open& open : open_) {
        const DnsLookup& known = open.lookup;
        if (open.id == message.header.id && known.client == client && known.server == server && known.query == name &&
            known.type == question.type && !known.answered) {
            ++open.lookup.asked_count;
            return;
        }
    }
    if (open_.size() >= max_open) return;
    Open& open = open_.emplace_back();
    open.id = message.header.id;
    open.lookup.client = client;
    open.lookup.server = server;
    open.lookup.query = name;
    open.lookup.type = question.type;
    open.lookup.asked = mark;
    open.lookup.fraction_digits = fraction_digits;
}

// Removes the open questions of this client for the same: they were asked with another id, from another port or to another
// server, and the answer serves them as well. Returns how often they were asked.
unsigned DnsWatch::take_unanswered(const DnsLookup& answered) {
    const std::string name = lower(answered.query);
    unsigned count = 0;
    std::erase_if(open_, [&](const Open& open) {
        const DnsLookup& other = open.lookup;
        const bool repeated = !other.answered && other.client.ip == answered.client.ip && other.type == answered.type &&
                              lower(other.query) == name;
        if (repeated) count += other.asked_count;
        return repeated;
    });
    return count;
}

std::optional<DnsLookup> DnsWatch::on_answer(const dns::Message& message, bool cut, const Endpoint& server,
                                             const Endpoint& client, Mark mark) {
    const auto asked = std::find_if(open_.begin(), open_.end(), [&](const Open& o) {
        const bool same_type = message.questions.empty() || o.lookup.type == message.questions.front().type;
        return o.id == message.header.id && o.lookup.client == client && o.lookup.server == server && same_type &&
               !o.lookup.answered;
    });
    if (asked == open_.end()) return std::nullopt;
    Open open = std::move(*asked);
    open_.erase(asked);
    DnsLookup& lookup = open.lookup;
    lookup.answered = mark;
    lookup.rcode = message.rcode();
    lookup.cut = cut;
    lookup.truncated = (message.header.flags & dns::flag::tc) != 0;
    lookup.asked_count += take_unanswered(lookup);
    for (const auto& record : message.answers) lookup.answers.push_back(answer_of(record));
    if (!lookup.names_host()) {
        keep(std::move(open));
        return std::nullopt;
    }
    on_host_found(client.ip);
    for (const auto& answer : lookup.answers)
        if (answer.is_srv && targets_.size() < max_names) targets_.insert(lower(answer.target));
    remember_addresses(message.additionals);
    return std::move(open.lookup);
}

void DnsWatch::on_host_found(const IpAddress& client) {
    if (served_.size() < max_names) served_.insert(client);
}

void DnsWatch::keep(Open open) {
    const std::uint64_t packet = open.lookup.asked.packet;
    const auto later =
        std::find_if(open_.begin(), open_.end(), [packet](const Open& o) { return o.lookup.asked.packet > packet; });
    open_.insert(later, std::move(open));
}

void DnsWatch::remember_addresses(const std::vector<dns::Record>& records) {
    for (const auto& record : records) {
        const auto* address = std::get_if<IpAddress>(&record.data);
        if (address == nullptr || names_.size() >= max_names) continue;
        names_.emplace(*address, dns::to_string(record.name));
    }
}

std::deque<DnsLookup> DnsWatch::take_open() {
    std::deque<DnsLookup> lookups;
    for (Open& open : open_) {
        open.lookup.client_found_host = served_.contains(open.lookup.client.ip);
        lookups.push_back(std::move(open.lookup));
    }
    open_.clear();
    return lookups;
}

std::string DnsWatch::name_of(const IpAddress& address) const {
    const auto found = names_.find(address);
    return found == names_.end() ? std::string{} : found->second;
}

}  // namespace diag::dissect

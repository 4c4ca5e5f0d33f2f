#include "libdiag/session/primary_dialog.h"

#include <algorithm>

namespace diag::session {
namespace {

constexpr unsigned max_alias_hops = 8;

// What is left of a name without its first label; the root stays.
dns::DomainName parent_of(const dns::DomainName& name) {
    dns::DomainName parent;
    const auto labels = name.labels();
    for (std::size_t i = 1; i < labels.size(); ++i) parent.append(labels[i]);
    return parent;
}

bool is_at_or_below(dns::DomainName name, const dns::DomainName& zone) {
    while (name.wire_size() > zone.wire_size()) name = parent_of(name);
    return dns::is_same_name(name, zone);
}

// The SOA of a zone that `name` is in, from an answer to it or to its absence (RFC 2308 2).
const dns::Record* find_soa(const dns::Message& message, const dns::DomainName& name) {
    for (const auto* section : {&message.answers, &message.authorities})
        for (const dns::Record& record : *section)
            if (std::holds_alternative<dns::Soa>(record.data) && is_at_or_below(name, record.name)) return &record;
    return nullptr;
}

std::vector<IpAddress> addresses_of(const dns::Message& message, dns::DomainName name) {
    std::vector<IpAddress> addresses;
    for (unsigned hop = 0; hop < max_alias_hops; ++hop) {
        const dns::DomainName* alias = nullptr;
        for (const dns::Record& record : message.answers) {
            if (!dns::is_same_name(record.name, name)) continue;
            const auto* address = std::get_if<IpAddress>(&record.data);
            if (address != nullptr && addresses.size() < max_primary_address_count) addresses.push_back(*address);
            if (record.type == dns::type::cname) alias = std::get_if<dns::DomainName>(&record.data);
        }
        if (!addresses.empty() || alias == nullptr) break;
        name = *alias;
    }
    return addresses;
}

}  // namespace

std::string_view name_of(PublishStage stage) {
    switch (stage) {
        case PublishStage::zone: return "zone";
        case PublishStage::address: return "address";
        case PublishStage::update: return "update";
    }
    return "unknown";
}

PrimaryDialog::PrimaryDialog(PrimaryDialogSettings settings, const dns::DomainName& owner,
                             const dns::DomainName& domain, RandomBytes random)
    : settings_{std::move(settings)}, owner_{owner}, domain_{domain}, random_{std::move(random)} {
    if (settings_.resolvers.size() > max_resolver_count) settings_.resolvers.resize(max_resolver_count);
}

PrimaryDialog::Attempt PrimaryDialog::start(Now now) {
    if (settings_.resolvers.empty()) return on_search_end(PrimarySearchEnd::no_resolver, now);
    return ask(owner_, dns::type::soa, now);
}

PrimaryDialog::Attempt PrimaryDialog::on_datagram(const Endpoint& from, Bytes bytes, Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_datagram(from, bytes, now), now);
}

PrimaryDialog::Attempt PrimaryDialog::on_stream(Bytes so_far, Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_stream(so_far, now), now);
}

PrimaryDialog::Attempt PrimaryDialog::on_failure(Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_failure(now), now);
}

PrimaryDialog::Attempt PrimaryDialog::on_time(Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_time(now), now);
}

std::optional<DnsOutcome> PrimaryDialog::outcome() const {
    return exchange_ && exchange_->has_ended() ? std::optional{exchange_->outcome()} : std::nullopt;
}

PrimaryDialog::Attempt PrimaryDialog::ask(const dns::DomainName& name, std::uint16_t type, Now now) {
    asked_ = name;
    asked_type_ = type;
    dns::Message query;
    query.header.flags = dns::flag::rd;
    query.questions.push_back({.name = name, .type = type});
    exchange_.emplace(settings_.exchange, std::move(query), settings_.resolvers, std::nullopt, random_);
    return exchange_->start(now);
}

// The exchange goes on, or what it gave leads to the next.
PrimaryDialog::Attempt PrimaryDialog::follow(Attempt attempt, Now now) {
    if (attempt || !exchange_->has_ended()) return attempt;
    switch (stage_) {
        case PublishStage::zone: return on_zone_answer(now);
        case PublishStage::address: return on_address_answer(now);
        case PublishStage::update: break;
    }
    return on_primary_outcome(now);
}

bool PrimaryDialog::is_answered() const {
    const DnsOutcome& outcome = exchange_->outcome();
    return outcome.end == DnsExchangeEnd::answered &&
           (outcome.rcode == dns::rcode::no_error || outcome.rcode == dns::rcode::name_error);
}

PrimaryDialog::Attempt PrimaryDialog::on_zone_answer(Now now) {
    if (!is_answered()) return on_search_end(PrimarySearchEnd::failed, now);
    const dns::Record* soa = find_soa(exchange_->answer(), asked_);
    if (soa == nullptr) return ask_parent(now);
    if (!may_update(soa->name)) return on_search_end(PrimarySearchEnd::no_zone, now);
    zone_ = soa->name;
    primary_ = std::get<dns::Soa>(soa->data).mname;
    stage_ = PublishStage::address;
    if (primary_.is_root()) return on_search_end(PrimarySearchEnd::no_name, now);
    return ask(primary_, dns::type::a, now);
}

// An answer without an SOA (forwarders leave it out) says nothing about the names above. Bounded by the labels.
PrimaryDialog::Attempt PrimaryDialog::ask_parent(Now now) {
    const dns::DomainName parent = parent_of(asked_);
    if (!may_update(parent)) return on_search_end(PrimarySearchEnd::no_zone, now);
    return ask(parent, dns::type::soa, now);
}

// Whoever answers for the root or a top-level domain has only said that there is no zone of ours.
bool PrimaryDialog::may_update(const dns::DomainName& zone) const {
    const std::size_t label_count = zone.labels().size();
    return label_count >= 2 || (label_count == 1 && dns::is_same_name(zone, domain_));
}

PrimaryDialog::Attempt PrimaryDialog::on_address_answer(Now now) {
    if (is_answered())
        for (const IpAddress& address : addresses_of(exchange_->answer(), asked_))
            primaries_.push_back({.ip = address, .port = settings_.primary_port});
    const bool is_missing = is_answered() && exchange_->outcome().rcode == dns::rcode::name_error;
    if (asked_type_ == dns::type::a && !is_missing) return ask(asked_, dns::type::aaaa, now);
    return on_search_end(primaries_.empty() ? PrimarySearchEnd::no_address : PrimarySearchEnd::found, now);
}

PrimaryDialog::Attempt PrimaryDialog::send_to_primary(dns::Message message, const std::optional<dns::TsigKey>& key,
                                                      Now now) {
    stage_ = PublishStage::update;
    exchange_.emplace(settings_.exchange, std::move(message), primaries_, key, random_);
    return exchange_->start(now);
}

PrimaryDialog::Attempt PrimaryDialog::end() {
    ended_ = true;
    return std::nullopt;
}

}  // namespace diag::session

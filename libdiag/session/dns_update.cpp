#include "libdiag/session/dns_update.h"

#include <algorithm>

#include "libdiag/base/bytes.h"

namespace diag::session {
namespace {

// winerror.h, in facility Win32.
constexpr std::uint32_t error_timeout = 0x800705B4;
constexpr std::uint32_t response_codes_base = 0x80072328;  // DNS_ERROR_RESPONSE_CODES_BASE, 9000
constexpr std::uint32_t no_records = 0x8007251D;
constexpr std::uint32_t bad_packet = 0x8007251E;
constexpr std::uint32_t unsecure_packet = 0x80072521;
constexpr std::uint32_t no_dns_servers = 0x8007267C;

constexpr unsigned max_alias_hops = 8;

// The codes of RFC 1035, 2136 and 8945 that Windows has errors for.
bool has_error(std::uint16_t rcode) {
    return rcode <= dns::rcode::not_zone || (rcode >= dns::rcode::bad_sig && rcode <= dns::rcode::bad_time);
}

std::uint32_t code_of_rcode(std::uint16_t rcode) {
    if (rcode == dns::rcode::no_error) return 0;
    return has_error(rcode) ? response_codes_base + rcode : bad_packet;
}

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

std::uint32_t code_of(const DnsOutcome& outcome) {
    switch (outcome.end) {
        case DnsExchangeEnd::answered:
            // The TSIG says why the server does not take our signature (RFC 8945 5.2).
            return code_of_rcode(outcome.tsig_error != 0 ? outcome.tsig_error : outcome.rcode);
        case DnsExchangeEnd::bad_answer: return bad_packet;
        case DnsExchangeEnd::not_signed:
            return outcome.tsig_error != 0 ? code_of_rcode(outcome.tsig_error) : unsecure_packet;
        case DnsExchangeEnd::pending:
        case DnsExchangeEnd::no_answer: return error_timeout;
    }
    return error_timeout;
}

std::optional<dns::DomainName> service_owner(const dns::DomainName& domain) {
    dns::DomainName owner;
    bool fits = owner.append(bytes_of("_vlmcs")) && owner.append(bytes_of("_tcp"));
    for (const Bytes label : domain.labels()) fits = fits && owner.append(label);
    if (!fits) return std::nullopt;
    return owner;
}

DnsUpdate::DnsUpdate(DnsUpdateSettings settings, const PublishedService& service, RandomBytes random)
    : settings_{std::move(settings)},
      service_{service},
      random_{std::move(random)},
      owner_{service_owner(service_.domain).value_or(service_.domain)} {
    if (settings_.resolvers.size() > max_resolver_count) settings_.resolvers.resize(max_resolver_count);
}

DnsUpdate::Attempt DnsUpdate::start(Now now) {
    if (settings_.resolvers.empty()) return end(no_dns_servers);
    return ask(owner_, dns::type::soa, now);
}

DnsUpdate::Attempt DnsUpdate::on_datagram(const Endpoint& from, Bytes bytes, Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_datagram(from, bytes, now), now);
}

DnsUpdate::Attempt DnsUpdate::on_stream(Bytes so_far, Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_stream(so_far, now), now);
}

DnsUpdate::Attempt DnsUpdate::on_failure(Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_failure(now), now);
}

DnsUpdate::Attempt DnsUpdate::on_time(Now now) {
    if (ended_) return std::nullopt;
    return follow(exchange_->on_time(now), now);
}

DnsUpdate::Attempt DnsUpdate::ask(const dns::DomainName& name, std::uint16_t type, Now now) {
    asked_ = name;
    asked_type_ = type;
    dns::Message query;
    query.header.flags = dns::flag::rd;
    query.questions.push_back({.name = name, .type = type});
    exchange_.emplace(settings_.exchange, std::move(query), settings_.resolvers, std::nullopt, random_);
    return exchange_->start(now);
}

// The exchange goes on, or what it gave leads to the next.
DnsUpdate::Attempt DnsUpdate::follow(Attempt attempt, Now now) {
    if (attempt || !exchange_->has_ended()) return attempt;
    result_.outcome = exchange_->outcome();
    switch (result_.stage) {
        case PublishStage::zone: return on_zone_answer(now);
        case PublishStage::address: return on_address_answer(now);
        case PublishStage::update: break;
    }
    return end(code_of(*result_.outcome));
}

bool DnsUpdate::is_answered() const {
    const DnsOutcome& outcome = exchange_->outcome();
    return outcome.end == DnsExchangeEnd::answered &&
           (outcome.rcode == dns::rcode::no_error || outcome.rcode == dns::rcode::name_error);
}

DnsUpdate::Attempt DnsUpdate::on_zone_answer(Now now) {
    if (!is_answered()) return end(code_of(*result_.outcome));
    const dns::Record* soa = find_soa(exchange_->answer(), asked_);
    if (soa == nullptr) return ask_parent(now);
    if (!may_update(soa->name)) return end(code_of_rcode(dns::rcode::not_auth));
    result_.zone = soa->name;
    result_.primary = std::get<dns::Soa>(soa->data).mname;
    result_.stage = PublishStage::address;
    if (result_.primary.is_root()) return end(code_of_rcode(dns::rcode::name_error));
    return ask(result_.primary, dns::type::a, now);
}

// An answer without an SOA (forwarders leave it out) says nothing about the names above. Bounded by the labels.
DnsUpdate::Attempt DnsUpdate::ask_parent(Now now) {
    const dns::DomainName parent = parent_of(asked_);
    if (!may_update(parent)) return end(code_of_rcode(dns::rcode::not_auth));
    return ask(parent, dns::type::soa, now);
}

// Whoever answers for the root or a top-level domain has only said that there is no zone of ours.
bool DnsUpdate::may_update(const dns::DomainName& zone) const {
    const std::size_t label_count = zone.labels().size();
    return label_count >= 2 || (label_count == 1 && dns::is_same_name(zone, service_.domain));
}

DnsUpdate::Attempt DnsUpdate::on_address_answer(Now now) {
    if (is_answered())
        for (const IpAddress& address : addresses_of(exchange_->answer(), asked_))
            primaries_.push_back({.ip = address, .port = settings_.primary_port});
    const bool is_missing = is_answered() && exchange_->outcome().rcode == dns::rcode::name_error;
    if (asked_type_ == dns::type::a && !is_missing) return ask(asked_, dns::type::aaaa, now);
    if (!primaries_.empty()) return send_update(now);
    const std::uint32_t code = code_of(*result_.outcome);
    return end(code != 0 ? code : no_records);
}

DnsUpdate::Attempt DnsUpdate::send_update(Now now) {
    result_.stage = PublishStage::update;
    const dns::Update update{.zone = result_.zone,
                             .prerequisites = {},
                             .updates = {dns::add_service(owner_, service_.service, service_.ttl)},
                             .additionals = {}};
    exchange_.emplace(settings_.exchange, dns::to_message(update, 0), primaries_, settings_.key, random_);
    return exchange_->start(now);
}

DnsUpdate::Attempt DnsUpdate::end(std::uint32_t code) {
    result_.code = code;
    ended_ = true;
    return std::nullopt;
}

}  // namespace diag::session

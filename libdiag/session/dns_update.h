#pragma once

#include <string>

#include "libdiag/proto/dns/update.h"
#include "libdiag/session/dns_exchange.h"

namespace diag::session {

/// What a host registers in one DNS domain: _vlmcs._tcp.DOMAIN SRV priority weight port target.
struct PublishedService {
    dns::DomainName domain;
    dns::Srv service;
    std::uint32_t ttl = 3'600;  ///< seconds
};

/// "_vlmcs._tcp." before the domain; nullopt when that is too long.
std::optional<dns::DomainName> service_owner(const dns::DomainName& domain);

struct DnsUpdateSettings {
    std::vector<Endpoint> resolvers;  ///< who are asked for the zone; at most max_resolver_count of them
    DnsExchangeSettings exchange;
    std::optional<dns::TsigKey> key;  ///< signs the update
    std::uint16_t primary_port = 53;  ///< of the server that the zone's SOA names
};
inline constexpr std::size_t max_resolver_count = 3;         // as many as resolv.conf may have
inline constexpr std::size_t max_primary_address_count = 4;  // of each family

enum class PublishStage : std::uint8_t {
    zone,     ///< which zone is the name in, and which server has its original
    address,  ///< of that server
    update,
};
/// "zone", "address", "update": for JSON.
std::string_view name_of(PublishStage stage);

struct PublishResult {
    std::uint32_t code = 0;  ///< HRESULT, as event 12293 has it; 0: published
    PublishStage stage = PublishStage::zone;
    std::optional<DnsOutcome> outcome;  ///< of the last exchange; none when nobody could be asked
    dns::DomainName zone, primary;      ///< from the SOA, as far as it came; else the root
};

/// Registers one service as a KMS host does: asks for the SOA of the record's zone, then for the addresses of the primary
/// server that it names, and sends that one an update without prerequisites (RFC 2136), which adds to the record set.
///
/// Driven as DnsExchange. Bounded: each name of the path is asked for once, each server a few times.
class DnsUpdate {
public:
    /// `service.domain` has room for service_owner().
    DnsUpdate(DnsUpdateSettings settings, const PublishedService& service, RandomBytes random);

    std::optional<DnsAttempt> start(Now now);
    std::optional<DnsAttempt> on_datagram(const Endpoint& from, Bytes bytes, Now now);
    std::optional<DnsAttempt> on_stream(Bytes so_far, Now now);
    std::optional<DnsAttempt> on_failure(Now now);
    std::optional<DnsAttempt> on_time(Now now);

    TimePoint deadline() const { return exchange_->deadline(); }  ///< not before start(), nor when has_ended()
    bool has_ended() const { return ended_; }
    const PublishResult& result() const { return result_; }

private:
    using Attempt = std::optional<DnsAttempt>;

    Attempt ask(const dns::DomainName& name, std::uint16_t type, Now now);
    Attempt follow(Attempt attempt, Now now);
    Attempt on_zone_answer(Now now);
    Attempt ask_parent(Now now);
    Attempt on_address_answer(Now now);
    Attempt send_update(Now now);
    Attempt end(std::uint32_t code);
    bool may_update(const dns::DomainName& zone) const;
    bool is_answered() const;

    DnsUpdateSettings settings_;
    PublishedService service_;
    RandomBytes random_;
    dns::DomainName owner_;
    dns::DomainName asked_;
    std::uint16_t asked_type_ = 0;
    std::vector<Endpoint> primaries_;
    std::optional<DnsExchange> exchange_;
    PublishResult result_;
    bool ended_ = false;
};

/// The HRESULT of what became of an exchange: DNS_ERROR_RCODE_* is 9000 and the code, in facility Win32.
std::uint32_t code_of(const DnsOutcome& outcome);

}  // namespace diag::session

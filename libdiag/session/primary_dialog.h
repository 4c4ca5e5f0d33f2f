#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "libdiag/session/dns_exchange.h"

namespace diag::session {

struct PrimaryDialogSettings {
    std::vector<Endpoint> resolvers;  ///< who are asked for the zone; at most max_resolver_count of them
    DnsExchangeSettings exchange;
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

/// What came of the search for the primary server of a zone.
enum class PrimarySearchEnd : std::uint8_t {
    pending,
    found,
    no_resolver,  ///< nobody to ask
    failed,       ///< no usable answer: the outcome of the last exchange says why
    no_zone,      ///< no SOA below a top-level domain
    no_name,      ///< the SOA names no primary server
    no_address,   ///< of that server
};

/// Finds the primary server of the zone that a name is in, as whoever sends updates has to (RFC 2136 4.1): asks for the SOA,
/// then for the addresses of the server that it names. What is then said to that server is the business of those who derive
/// from it.
///
/// Driven as DnsExchange. Bounded: each name of the path is asked for once, each server a few times.
class PrimaryDialog {
public:
    /// `owner`: the name to be updated. `domain`: a single label may be a zone of ours only when it is this one.
    PrimaryDialog(PrimaryDialogSettings settings, const dns::DomainName& owner, const dns::DomainName& domain,
                  RandomBytes random);
    PrimaryDialog(const PrimaryDialog&) = delete;
    PrimaryDialog& operator=(const PrimaryDialog&) = delete;
    virtual ~PrimaryDialog() = default;

    std::optional<DnsAttempt> start(Now now);
    std::optional<DnsAttempt> on_datagram(const Endpoint& from, Bytes bytes, Now now);
    std::optional<DnsAttempt> on_stream(Bytes so_far, Now now);
    std::optional<DnsAttempt> on_failure(Now now);
    std::optional<DnsAttempt> on_time(Now now);

    TimePoint deadline() const { return exchange_->deadline(); }  ///< not before start(), nor when has_ended()
    bool has_ended() const { return ended_; }

protected:
    using Attempt = std::optional<DnsAttempt>;

    /// The search is over: send_to_primary() when it was found, else end().
    virtual Attempt on_search_end(PrimarySearchEnd how, Now now) = 0;
    /// What was sent to the primary has an outcome: send_to_primary() again, or end().
    virtual Attempt on_primary_outcome(Now now) = 0;

    /// To the first of its addresses that has something to say.
    Attempt send_to_primary(dns::Message message, const std::optional<dns::TsigKey>& key, Now now);
    Attempt end();

    PublishStage stage() const { return stage_; }
    /// Of the last exchange; none when nobody could be asked.
    std::optional<DnsOutcome> outcome() const;
    const dns::DomainName& owner() const { return owner_; }
    const dns::DomainName& zone() const { return zone_; }        ///< from the SOA, as far as it came; else the root
    const dns::DomainName& primary() const { return primary_; }  ///< likewise

private:
    Attempt ask(const dns::DomainName& name, std::uint16_t type, Now now);
    Attempt follow(Attempt attempt, Now now);
    Attempt on_zone_answer(Now now);
    Attempt ask_parent(Now now);
    Attempt on_address_answer(Now now);
    bool may_update(const dns::DomainName& zone) const;
    bool is_answered() const;

    PrimaryDialogSettings settings_;
    dns::DomainName owner_, domain_;
    RandomBytes random_;
    PublishStage stage_ = PublishStage::zone;
    dns::DomainName asked_;
    std::uint16_t asked_type_ = 0;
    dns::DomainName zone_, primary_;
    std::vector<Endpoint> primaries_;
    std::optional<DnsExchange> exchange_;
    bool ended_ = false;
};

}  // namespace diag::session

#pragma once

#include <string>

#include "libdiag/proto/dns/update.h"
#include "libdiag/session/primary_dialog.h"

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

struct PublishResult {
    std::uint32_t code = 0;  ///< HRESULT, as event 12293 has it; 0: published
    PublishStage stage = PublishStage::zone;
    std::optional<DnsOutcome> outcome;  ///< of the last exchange; none when nobody could be asked
    dns::DomainName zone, primary;      ///< from the SOA, as far as it came; else the root
};

/// Registers one service as a KMS host does: asks for the SOA of the record's zone, then for the addresses of the primary
/// server that it names, and sends that one an update without prerequisites (RFC 2136), which adds to the record set.
class DnsUpdate final : public PrimaryDialog {
public:
    /// `service.domain` has room for service_owner().
    DnsUpdate(DnsUpdateSettings settings, const PublishedService& service, RandomBytes random);

    const PublishResult& result() const { return result_; }

private:
    Attempt on_search_end(PrimarySearchEnd how, Now now) override;
    Attempt on_primary_outcome(Now now) override;
    Attempt finish(std::uint32_t code);

    std::optional<dns::TsigKey> key_;
    PublishedService service_;
    PublishResult result_;
};

/// The HRESULT of what became of an exchange: DNS_ERROR_RCODE_* is 9000 and the code, in facility Win32.
std::uint32_t code_of(const DnsOutcome& outcome);

}  // namespace diag::session

#pragma once

#include <vector>

#include "libdiag/session/dns_query.h"

namespace diag::session {

struct ZoneCheckSettings {
    Endpoint resolver;  ///< whom to ask for the zone and its name servers
    bool v4 = true;
    bool v6 = true;
    bool authoritative = true;  ///< ask each name server for the record and the serial
    bool update_path = false;   ///< see whether the primary, which takes updates, answers over UDP and TCP
    std::uint16_t port = 53;    ///< of name servers; another one in tests
};

/// At most so many name servers of a zone, and addresses of each, are asked.
inline constexpr std::size_t max_name_server_count = 16;
inline constexpr std::size_t max_server_address_count = 4;

/// One address of a name server of the zone.
struct NameServer {
    std::string name;
    Endpoint endpoint;
    std::optional<DnsReply> service, serial;  ///< to SRV and SOA, asked without recursion

    /// It does not serve the zone that is delegated to it: no answer, or one without authority.
    bool is_lame() const;
    std::optional<std::uint32_t> serial_number() const;
};

struct ZoneEvidence {
    std::string domain, query;
    std::string zone;                          ///< without a final dot; empty when it was not found
    std::string primary;                       ///< MNAME of its SOA: where updates go
    std::vector<DnsReply> replies;             ///< of the resolver
    std::vector<std::string> missing_servers;  ///< NS names without an address
    bool has_lost_primary = false;             ///< with update_path: the primary's name has no address
    std::vector<NameServer> servers;
    std::vector<DnsReply> update_path;  ///< of the primary: SOA over UDP and TCP, for each of its addresses
};

/// Which zone a domain is in, who serves it, and whether all of them say the same: a state machine as SrvCheck.
class ZoneCheck {
public:
    ZoneCheck(std::string domain, const ZoneCheckSettings& settings);

    std::vector<DnsQuery> start();
    std::vector<DnsQuery> on_reply(DnsReply reply);
    bool is_over() const { return open_count_ == 0; }
    ZoneEvidence& evidence() { return evidence_; }

private:
    struct Server {
        std::string name;
        std::vector<IpAddress> addresses;
        std::size_t open_count = 0;  ///< of its address queries
        bool is_listed = false;      ///< as an NS, which the primary need not be
    };

    DnsQuery ask_resolver(const std::string& name, std::uint16_t type) const;
    std::vector<DnsQuery> sent(std::vector<DnsQuery> queries);
    std::vector<DnsQuery> take(DnsReply reply);
    std::vector<DnsQuery> on_zone(const DnsReply& reply);
    std::vector<DnsQuery> on_servers(const DnsReply& reply);
    std::vector<DnsQuery> on_address(const DnsReply& reply);
    std::vector<DnsQuery> ask_zone(const Server& server);
    std::vector<DnsQuery> ask_update_path(const Server& server);
    Server* add_server(const std::string& name, std::vector<DnsQuery>& queries);

    ZoneCheckSettings settings_;
    ZoneEvidence evidence_;
    std::vector<Server> servers_;
    std::size_t open_count_ = 0;
};

}  // namespace diag::session

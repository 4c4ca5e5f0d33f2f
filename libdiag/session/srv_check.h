#pragma once

#include <vector>

#include "libdiag/session/srv_evidence.h"

namespace diag::session {

struct SrvCheckSettings {
    std::vector<Endpoint> servers;  ///< asked in this order until one answers; at least one
    bool every_server = false;      ///< ask all of them for the SRV record, to compare
    bool extras = true;             ///< near misses when there is no record, a name that cannot exist when there is one
    bool targets = true;            ///< ask for the addresses of the hosts, too
    bool v4 = true;
    bool v6 = true;
    bool recursion_desired = true;
    bool servers_given = false;                   ///< by the user; else those of this machine
    std::vector<std::string> other_domains = {};  ///< where a record may be instead; at most max_other_domain_count
};

/// At most so many parents of a domain are asked when it has no record, and so many other domains.
inline constexpr std::size_t max_parent_count = 4;
inline constexpr std::size_t max_other_domain_count = 8;

/// What a client would find of one domain: a state machine over queries and replies. Every query that it hands out is to be
/// answered with on_reply(), in any order.
///
///     SrvCheck check{"example.test", settings, random};
///     send(check.start());              // later: send(check.on_reply(std::move(reply))) until check.is_over()
class SrvCheck {
public:
    SrvCheck(std::string domain, const SrvCheckSettings& settings, const RandomBytes& random);

    std::vector<DnsQuery> start();
    std::vector<DnsQuery> on_reply(DnsReply reply);
    bool is_over() const { return open_count_ == 0; }
    SrvEvidence& evidence() { return evidence_; }

private:
    DnsQuery query_for(const std::string& name, std::uint16_t type, std::size_t server) const;
    std::vector<DnsQuery> sent(std::vector<DnsQuery> queries);
    std::vector<DnsQuery> on_srv(DnsReply reply);
    std::vector<DnsQuery> on_target(DnsReply reply);
    std::vector<DnsQuery> on_probe(const DnsReply& reply);
    std::vector<DnsQuery> ask_again(const DnsReply& reply) const;
    std::vector<DnsQuery> decide();
    std::vector<DnsQuery> follow();
    std::vector<DnsQuery> probe_names();
    std::vector<std::string> other_domains() const;
    std::size_t server_index(const DnsQuery& query) const;

    SrvCheckSettings settings_;
    SrvEvidence evidence_;
    std::string impossible_label_;
    std::size_t open_count_ = 0;
    std::size_t open_srv_count_ = 0;
    bool decided_ = false;
};

}  // namespace diag::session

#pragma once

#include <map>
#include <vector>

#include "libdiag/session/dns_query.h"
#include "libdiag/session/name_evidence.h"

namespace diag::session {

struct SrvCheckSettings {
    std::vector<Endpoint> servers;  ///< asked in this order until one answers; at least one
    bool every_server = false;      ///< ask all of them for the SRV record, to compare
    bool extras = true;             ///< near misses when there is no record, a name that cannot exist when there is one
    bool targets = true;            ///< ask for the addresses of the hosts, too
    bool v4 = true;
    bool v6 = true;
    bool recursion_desired = true;
};

/// At most so many records of a domain are followed to their addresses.
inline constexpr std::size_t max_followed_count = 64;

/// The addresses of one target of SRV records.
struct SrvTarget {
    std::string name;               ///< without a final dot
    std::vector<DnsReply> replies;  ///< A and AAAA, from each server that was tried
    std::vector<IpAddress> addresses;
    std::optional<std::string> alias_of;  ///< the target is a CNAME (against RFC 2782)
    bool missing = false;                 ///< NXDOMAIN
};

/// Names that people publish by mistake, and a name that nobody can have published.
struct SrvProbeName {
    enum class Kind : std::uint8_t { near_miss, impossible };
    Kind kind = Kind::near_miss;
    std::string name;
    bool found = false;
};

/// All that was asked and answered about one domain. Text in it is a peer's: escape it.
struct SrvEvidence {
    std::string domain;                 ///< without a final dot
    std::string query;                  ///< "_vlmcs._tcp.example.test"
    std::vector<DnsReply> replies;      ///< to the SRV query, in the order in which they came
    std::optional<std::size_t> answer;  ///< which of them decides: a whole one of the first server that has one
    std::vector<ServiceRecord> records;
    std::optional<std::string> alias;  ///< the SRV name itself is a CNAME for this
    std::vector<SrvTarget> targets;
    std::vector<SrvProbeName> probes;
    std::size_t unfollowed_count = 0;  ///< targets beyond max_followed_count

    const DnsReply* decisive() const {
        return answer ? &replies[*answer] : replies.empty() ? nullptr : &replies.back();
    }
};

/// The target of this name, in any case; nullptr when it was not followed.
const SrvTarget* find_target(const SrvEvidence& evidence, std::string_view name);

/// What a client would find of one domain: a state machine over queries and replies. Every query that it hands out is to be
/// answered with on_reply(), in any order.
///
///     SrvCheck check{"example.test", settings, random};
///     send(check.start());              // later: send(check.on_reply(std::move(reply))) until check.is_over()
class SrvCheck {
public:
    /// `settings` must outlive it.
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
    template <class Good> std::optional<std::size_t> find_reply(Good is_good) const;
    std::vector<DnsQuery> follow();
    std::vector<DnsQuery> probe_names();
    std::size_t server_index(const DnsQuery& query) const;

    SrvCheckSettings settings_;
    SrvEvidence evidence_;
    std::string impossible_label_;
    std::size_t open_count_ = 0;
    std::size_t open_srv_count_ = 0;
    bool decided_ = false;
};

}  // namespace diag::session

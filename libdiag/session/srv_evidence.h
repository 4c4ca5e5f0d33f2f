#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "libdiag/session/dns_query.h"
#include "libdiag/session/name_evidence.h"

// What was asked and answered about the KMS hosts of one domain, by ourselves (SrvCheck) or by a client in a capture, and what
// the answers say.

namespace diag::session {

/// At most so many records of a domain are followed to their addresses.
inline constexpr std::size_t max_followed_count = 64;

/// The addresses of one target of SRV records.
struct SrvTarget {
    std::string name;               ///< without a final dot
    std::vector<DnsReply> replies;  ///< A and AAAA, from each server that was tried; none: nobody asked
    std::vector<IpAddress> addresses;
    std::optional<std::string> alias_of;  ///< the target is a CNAME (against RFC 2782)
    bool missing = false;                 ///< NXDOMAIN
};

/// Names that people publish by mistake, a name that nobody can have published, and the right name in other domains.
struct SrvProbeName {
    enum class Kind : std::uint8_t { near_miss, impossible, other_domain };
    Kind kind = Kind::near_miss;
    std::string name;
    bool found = false;
    std::string target;  ///< "kms1.example.test:1688", of the first record that was found
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
    bool servers_given = false;        ///< the user named the servers
    std::size_t unfollowed_count = 0;  ///< targets beyond max_followed_count

    const DnsReply* decisive() const {
        return answer ? &replies[*answer] : replies.empty() ? nullptr : &replies.back();
    }
};

/// The target of this name, in any case; nullptr when it was not followed.
const SrvTarget* find_target(const SrvEvidence& evidence, std::string_view name);

/// The server failed, so that another one may know better.
bool is_failure(const DnsReply& reply);

/// Which reply decides: a whole one of the first of `servers` that has one, whoever was faster; without one a truncated answer
/// is better than none.
std::optional<std::size_t> deciding_reply(const SrvEvidence& evidence, std::span<const Endpoint> servers);

/// The records of the deciding reply, and the alias that leads to them.
void take_records(SrvEvidence& evidence);
/// The probe of this name was answered.
void take_probe_reply(SrvEvidence& evidence, const DnsReply& reply);
/// The addresses in an answer, and the alias that leads to them.
void take_target_reply(SrvTarget& target, DnsReply reply);

}  // namespace diag::session

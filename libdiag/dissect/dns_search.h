#pragma once

#include "libdiag/dissect/conversation.h"

namespace diag::dissect {

enum class DnsTransport : std::uint8_t { udp, tcp };
std::string_view name_of(DnsTransport transport);

/// Why a message that came while a question was open is no answer to it.
enum class StrayReason : std::uint8_t { other_id, other_question, other_server };

/// One question of a client to one DNS server, and the answer.
struct DnsLookup {
    Endpoint client, server;
    DnsTransport transport = DnsTransport::udp;
    std::uint64_t connection = 0;  ///< TCP: the first packet of its connection
    std::uint16_t id = 0;
    std::string query;
    std::uint16_t type = 0;
    Mark asked, answered;
    Mark asked_last;  ///< when it was asked again: the last time
    std::uint8_t fraction_digits = 6;
    std::optional<std::uint16_t> rcode;
    struct Answer {
        std::string name, data;  ///< data as text: "0 100 1688 kms.example.test." for SRV
        std::uint16_t type = 0;
        std::uint16_t record_class = 1;  ///< IN; of others the data stays unread
        std::uint32_t ttl = 0;
        bool is_srv = false;
        std::uint16_t priority = 0, weight = 0, port = 0;  ///< SRV only
        std::string target;
    };
    std::vector<Answer> answers;
    ByteVector message;            ///< the answer, as captured
    unsigned asked_count = 1;      ///< with the same id
    bool cut = false;              ///< the capture has only the beginning of the answer
    bool malformed = false;        ///< an answer that cannot be read, though the capture has all of it
    bool truncated = false;        ///< TC: the answer did not fit, the client asks again over TCP
    bool connection_only = false;  ///< TCP that never got as far as a question
    Mark refused;                  ///< an ICMP error or a reset said that nobody is there
    struct Stray {
        Mark mark;
        StrayReason reason{};
    };
    std::vector<Stray> strays;  ///< the first few

    enum class End : std::uint8_t { no_answer, answered, malformed, unreachable };
    End end() const;
    /// The packet that ended it; none when nobody answered.
    const Mark& ended() const { return answered ? answered : refused; }
    bool names_host() const {
        return rcode == 0 &&
               std::any_of(answers.begin(), answers.end(), [](const Answer& a) { return a.is_srv && a.target != "."; });
    }
};

std::string_view name_of(DnsLookup::End end);

/// A client's search for a KMS host in one domain: SRV query -> answer -> address query -> connection.
struct DnsSearch {
    IpAddress client;
    std::string query;  ///< "_vlmcs._tcp.example.test"
    std::string domain;
    std::uint16_t type = 0;
    std::vector<DnsLookup> lookups;  ///< of `query`, by their first packet; at least one
    std::vector<DnsLookup> probes;   ///< of nearly the same names in the domain: of somebody who looks for mistakes
    std::vector<DnsLookup> address_lookups;  ///< A and AAAA of the hosts that the answers name
    struct Connection {
        Endpoint host;
        std::string target;
        Mark syn;
    };
    std::vector<Connection> connections;  ///< that the client opened to these hosts, at their ports
    Timestamp observed_until;             ///< when the capture ended, or the search was reported
    bool client_found_host = false;       ///< an SRV record of this or another domain named one, or a KMS host answered
    bool client_was_served = false;       ///< a KMS host answered it
    std::string passed_over_for;  ///< the domain in which the client found a host next, where it found none here

    bool names_host() const {
        return std::any_of(lookups.begin(), lookups.end(), [](const DnsLookup& l) { return l.names_host(); });
    }
    /// The look-up that decided: a whole answer that is no failure, of the first server that was asked and gave one, else an
    /// answer, else the first question.
    const DnsLookup& decisive() const;
    /// How often the client asked, with other ids and other servers as well.
    unsigned asked_count() const;
};

/// Silence of this length is one: resolvers ask again after a second and then wait longer.
inline constexpr std::int64_t dns_patience_ns = 5'000'000'000;

/// Nobody answered, but the capture ends before an answer could be expected.
bool is_too_soon_to_tell(const DnsLookup& lookup, Timestamp observed_until);

}  // namespace diag::dissect

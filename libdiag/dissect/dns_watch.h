#pragma once

#include <map>
#include <set>
#include <string>

#include "libdiag/dissect/dns_searches.h"
#include "libdiag/proto/dns/message.h"

namespace diag::dissect {

/// A DNS message as it came.
struct DnsPacket {
    Endpoint source, destination;
    DnsTransport transport = DnsTransport::udp;
    Bytes message;
    bool cut = false;  ///< the capture has only its beginning
    Mark mark;
    std::uint8_t fraction_digits = 6;
    std::uint64_t connection = 0;  ///< TCP: the first packet of its connection
};

/// Follows clients that look for a KMS host (`_vlmcs._tcp.…`): their questions, the answers, the look-ups of the hosts' addresses
/// and the connections to them. Questions that do not ask for recursion are those of DNS servers among themselves, and of tools
/// that look at a zone: they are no search of a client. Bounded: DnsSearches has the limits; what exceeds `max_names` hosts gets
/// no name.
class DnsWatch {
public:
    static constexpr std::size_t max_names = 1024;

    /// False for what cannot be part of a search.
    bool on_message(const DnsPacket& packet);
    /// The client opens a TCP connection to a DNS server: with a truncated answer of it in hand, to ask again.
    void on_tcp_attempt(const Endpoint& client, const Endpoint& server, Mark mark, std::uint8_t fraction_digits);
    /// An ICMP error, or a reset, in answer to what the client sent.
    void on_refused(const Endpoint& client, const Endpoint& server, DnsTransport transport, Mark mark);
    /// The first SYN of a connection to anything. True when the client knows this host and port from its search, or from the one
    /// search that an address of the other family made for this host (DnsSearches::of_other_family).
    bool on_connect(const Endpoint& client, const Endpoint& host, Mark mark) {
        return !names_.empty() && names_.contains(host.ip) && on_named_connect(client, host, mark);
    }
    /// The client talked to a KMS host that answered: it knows one, whatever its look-ups said.
    void on_served(const IpAddress& client, Timestamp now) { searches_.on_found(client, now, true); }

    /// The searches, each once: at the first conversation with one of its hosts, when nothing more comes, or at the end.
    std::vector<DnsSearch> take_connected(const IpAddress& client, const Endpoint& host, Timestamp now);
    bool is_due(Timestamp now) const { return searches_.is_due(now); }
    std::vector<DnsSearch> take_due(Timestamp now) { return searches_.take_due(now); }
    std::vector<DnsSearch> take_all(Timestamp now) { return searches_.take_all(now); }

    bool has_path(const IpAddress& client, const Endpoint& host) const {
        return !paths_.empty() && paths_.contains({client, host});
    }
    /// How the client came to this host, as of its last connection to it.
    std::optional<DnsPath> path_of(const IpAddress& client, const Endpoint& host) const;
    /// The host name that an address record in the capture gave to this address; empty when there is none.
    std::string name_of(const IpAddress& address) const;

private:
    using Kind = DnsSearches::Kind;
    using Question = DnsSearches::Question;

    bool on_named_connect(const Endpoint& client, const Endpoint& host, Mark mark);
    bool may_be_ours(Bytes message) const;
    void on_question(const DnsPacket& packet, const dns::Message& message);
    void on_service_question(const DnsPacket& packet, const dns::Message& message, const std::string& domain);
    void on_answer(const DnsPacket& packet, const dns::Message& message, bool damaged);
    void take_answer(const Question& question, const DnsPacket& packet, const dns::Message& message, bool damaged);
    void take_hosts(const Question& question, const dns::Message& message);
    void take_addresses(DnsSearches::Ref search, const DnsLookup& lookup, const std::vector<dns::Record>& records);
    void note_stray(const DnsPacket& packet, const dns::Message& message);
    void remember_addresses(const std::vector<dns::Record>& records);

    DnsSearches searches_;
    std::set<std::string> targets_;        ///< of SRV answers, lower case
    std::set<std::string> target_labels_;  ///< their first labels
    std::map<IpAddress, std::string> names_;
    std::map<std::pair<IpAddress, Endpoint>, DnsPath> paths_;  ///< client, host
};

}  // namespace diag::dissect

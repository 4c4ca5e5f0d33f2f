#pragma once

#include <deque>
#include <list>
#include <map>
#include <set>
#include <vector>

#include "libdiag/dissect/dns_search.h"

namespace diag::dissect {

/// The searches that go on, with their open questions, in bounded memory: past the limits those that were idle the longest are
/// handed out as they stand.
class DnsSearches {
public:
    static constexpr std::size_t max_count = 1024;
    static constexpr std::size_t max_lookups = 64;  ///< of each kind in one search: targets, servers, repetitions
    static constexpr std::size_t max_memory = std::size_t{2} << 20;  ///< bytes of all searches, also of reported ones
    static constexpr std::size_t max_targets = 64, max_ports = 8,
                                 max_ways = 128;        ///< of one search; ports of one target
    static constexpr std::size_t max_connections = 16;  ///< of one search
    static constexpr std::size_t max_strays = 4;        ///< of one look-up
    static constexpr std::size_t max_looked_at = 64;    ///< searches of one client, for what may belong to any of them
    static constexpr std::int64_t idle_ns = 120'000'000'000;  ///< after that long nothing more belongs to it

    /// What of a search is asked for.
    enum class Kind : std::uint8_t { service, probe, address };
    struct Open {
        DnsSearch search;
        Timestamp began, last;
        bool reported = false;  ///< waits only for connections, whose way it knows
        /// A host that records name.
        struct Target {
            std::set<std::uint16_t> ports;
            DnsPath path;  ///< as far as its name
        };
        std::map<std::string, Target> targets;  ///< by name, lower case
        struct Way {
            Endpoint host;
            const Target* target = nullptr;  ///< one of `targets`, whose names are long
            Mark address_asked, address_answered;

            DnsPath path() const;
        };
        std::vector<Way> ways;        ///< addresses of the hosts, with their ports
        std::size_t memory_size = 0;  ///< of it all, about
        std::size_t kept_size = 0;    ///< the part of it that stays when the search was reported

        std::vector<DnsLookup>& lookups(Kind kind);
    };
    using Ref = std::list<Open>::iterator;
    /// A question without an answer.
    struct Question {
        Ref search;
        Kind kind{};
        std::size_t index = 0;
        DnsLookup& lookup() const { return search->lookups(kind)[index]; }
    };

    Ref begin(DnsSearch search, Timestamp now);
    /// The search to which a question for this name belongs.
    std::optional<Ref> find(const IpAddress& client, const std::string& query, std::uint16_t type);
    /// Something belongs to it.
    void touch(Ref search, Timestamp now);
    /// What the client asks for this name from now on is another search.
    void end(Ref search);
    /// The latest of this client.
    std::vector<Ref> of_client(const IpAddress& client);

    /// The latest that gave the address of this host to a client of the other family: a machine with both may ask over IPv4 and
    /// connect over IPv6. None where several clients know the host so, since the packets do not tell whose address it is.
    std::optional<Ref> of_other_family(const IpAddress& client, const Endpoint& host);

    void add_target(Ref search, const DnsLookup& lookup, const DnsLookup::Answer& answer);
    /// The address of a host that the search names, with one of its ports.
    void add_way(Ref search, const Open::Way& way);
    void add_connection(Ref search, DnsSearch::Connection connection);
    /// The latest search of the client that names this host (lower case), and has no such look-up so far if there is one.
    std::optional<Ref> find_target(const IpAddress& client, const std::string& target, std::uint16_t type);

    void add_question(Ref search, Kind kind, DnsLookup lookup);
    /// `like`: both ends, transport, id, name and type; without a name the first that has the rest.
    const Question* find_question(const DnsLookup& like) const;
    /// One that this client asked from this port; nullptr when it has none. The server, if it asked this one.
    const Question* any_question(const Endpoint& client, const Endpoint& server) const;
    /// Something that came while it was open.
    void add_stray(const Question& question, const DnsLookup::Stray& stray);
    /// It has its answer.
    void close_question(const Question& question);
    bool has_questions() const { return !questions_.empty(); }

    /// Bytes, about, of the searches that go on and of what is kept of those that were handed out.
    std::size_t memory_size() const { return memory_size_; }
    bool is_due(Timestamp now) const {
        return !searches_.empty() && (now.ns - searches_.front().last.ns > idle_ns || searches_.size() > max_count ||
                                      memory_size_ > max_memory);
    }
    /// Those that are idle for long, or past the limits.
    std::vector<DnsSearch> take_due(Timestamp now);
    /// Of the client, those in which it connected to this host; connections are recognised further on.
    std::vector<DnsSearch> take_connected(const IpAddress& client, const Endpoint& host, Timestamp now);
    /// All, in the order in which they began.
    std::vector<DnsSearch> take_all(Timestamp now);

    /// A record of this search names a host: searches of the client in other domains that it had begun before, and that found none,
    /// were passed over for it.
    void on_named_host(Ref search);
    /// The client found a host in DNS, or was answered by one.
    void on_found(const IpAddress& client, Timestamp now, bool served);

private:
    struct NameKey {
        IpAddress client;
        std::string query;
        std::uint16_t type = 0;
        friend auto operator<=>(const NameKey&, const NameKey&) = default;
    };
    struct QuestionKey {
        Endpoint client, server;
        DnsTransport transport{};
        std::uint16_t id = 0;  // some clients give all their questions the same
        std::uint16_t type = 0;
        std::string query;  // lower case
        friend auto operator<=>(const QuestionKey&, const QuestionKey&) = default;
    };
    struct Found {
        Timestamp host, answer;
    };
    static NameKey key_of(const Open& open) { return {open.search.client, open.search.query, open.search.type}; }
    static QuestionKey key_of(const DnsLookup& lookup);
    static std::size_t question_size(const DnsLookup& lookup);
    void charge(Open& open, std::size_t size);
    void discharge(Open& open, std::size_t size);
    void charge_kept(Open& open, std::size_t size);
    void tell_found(Open& open) const;
    DnsSearch take(Ref search, Timestamp now);
    void forget(Ref search);

    std::list<Open> searches_;  ///< by last activity
    std::map<NameKey, Ref> by_name_;
    std::multimap<IpAddress, Ref> by_client_;
    std::multimap<std::pair<IpAddress, std::string>, Ref> by_target_;
    std::map<QuestionKey, Question> questions_;
    std::map<IpAddress, Found> found_, found_before_;  ///< when one is full it takes the place of the other
    std::size_t memory_size_ = 0;
};

}  // namespace diag::dissect

#pragma once

#include <deque>
#include <map>
#include <set>
#include <string>

#include "libdiag/dissect/conversation.h"
#include "libdiag/proto/dns/message.h"

namespace diag::dissect {

/// Pairs the look-ups of the KMS service record (`_vlmcs._tcp.…`) with their answers, and remembers the addresses of the
/// hosts that they name. UDP only. Bounded: what exceeds `max_open` questions or `max_names` hosts is not watched.
class DnsWatch {
public:
    static constexpr std::size_t max_open = 256;
    static constexpr std::size_t max_names = 1024;

    /// A UDP datagram from or to port 53. Returns a look-up that found a host; the others wait for the end, for a client
    /// that asks for several suffixes is not in trouble when one of them answers.
    std::optional<DnsLookup> on_datagram(const Endpoint& source, const Endpoint& destination, Bytes payload, Mark mark,
                                         std::uint8_t fraction_digits);
    /// The client talked to a KMS host that answered: it knows one, whatever its look-ups said.
    void on_host_found(const IpAddress& client);
    /// Look-ups that were not answered or found nothing, in the order in which they were asked; forgets them.
    std::deque<DnsLookup> take_open();

    /// The host name that an address record in the capture gave to this address; empty when there is none.
    std::string name_of(const IpAddress& address) const;

private:
    struct Open {
        std::uint16_t id;
        DnsLookup lookup;
    };
    void on_question(const dns::Message& message, const Endpoint& client, const Endpoint& server, Mark mark,
                     std::uint8_t fraction_digits);
    std::optional<DnsLookup> on_answer(const dns::Message& message, bool cut, const Endpoint& server,
                                       const Endpoint& client, Mark mark);
    unsigned take_unanswered(const DnsLookup& answered);
    void keep(Open open);  ///< where its question stood in the order of questions
    void remember_addresses(const std::vector<dns::Record>& records);

    std::deque<Open> open_;
    std::set<IpAddress> served_;     ///< clients that found a host
    std::set<std::string> targets_;  ///< of SRV answers, lower case
    std::map<IpAddress, std::string> names_;
};

}  // namespace diag::dissect

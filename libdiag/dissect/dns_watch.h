#pragma once

#include <deque>
#include <map>
#include <string>

#include "libdiag/dissect/conversation.h"

namespace diag::dissect {

/// Pairs the look-ups of the KMS service record (`_vlmcs._tcp.…`) with their answers, and remembers which names the
/// answers gave to which addresses. UDP only. At most `max_open` questions wait for an answer.
class DnsWatch {
public:
    static constexpr std::size_t max_open = 256;
    static constexpr std::size_t max_names = 1024;

    /// A UDP datagram from or to port 53. Returns the look-up that it completes.
    std::optional<DnsLookup> on_datagram(const Endpoint& source, const Endpoint& destination, Bytes payload, Mark mark,
                                         std::uint8_t fraction_digits);
    /// Look-ups that were never answered, oldest first; forgets them.
    std::deque<DnsLookup> take_open();

    /// The host name that an address record in the capture gave to this address; empty when there is none.
    std::string name_of(const IpAddress& address) const;

private:
    struct Open {
        std::uint16_t id;
        DnsLookup lookup;
    };
    std::deque<Open> open_;
    std::map<IpAddress, std::string> names_;
};

}  // namespace diag::dissect

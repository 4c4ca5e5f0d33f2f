#include "libdiag/dissect/dns_search.h"

#include "libdiag/proto/dns/names.h"

namespace diag::dissect {

std::string_view name_of(DnsTransport transport) { return transport == DnsTransport::udp ? "udp" : "tcp"; }

std::string dns_type_name(std::uint16_t type) { return dns::type_name(type); }
std::string dns_class_name(std::uint16_t record_class) { return dns::class_name(record_class); }
std::string dns_rcode_name(std::uint16_t rcode) { return dns::rcode_name(rcode); }

bool is_too_soon_to_tell(const DnsLookup& lookup, Timestamp observed_until) {
    return !lookup.answered && !lookup.refused && observed_until.ns - lookup.asked.time.ns < dns_patience_ns;
}

const DnsLookup& DnsSearch::decisive() const {
    const auto is_whole = [](const DnsLookup& l) {
        return !l.truncated && (l.rcode == dns::rcode::no_error || l.rcode == dns::rcode::name_error);
    };
    const auto whole = std::find_if(lookups.begin(), lookups.end(), is_whole);
    if (whole != lookups.end()) return *whole;
    const auto any =
        std::find_if(lookups.begin(), lookups.end(), [](const DnsLookup& l) { return l.rcode.has_value(); });
    return any != lookups.end() ? *any : lookups.front();
}

unsigned DnsSearch::asked_count() const {
    unsigned count = 0;
    for (const DnsLookup& lookup : lookups) count += lookup.connection_only ? 0 : lookup.asked_count;
    return count;
}

}  // namespace diag::dissect

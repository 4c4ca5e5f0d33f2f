#include "libdiag/dissect/dns_search.h"

#include "libdiag/proto/dns/message.h"

namespace diag::dissect {

std::string_view name_of(DnsTransport transport) { return transport == DnsTransport::udp ? "udp" : "tcp"; }

std::string_view name_of(DnsLookup::End end) {
    switch (end) {
        case DnsLookup::End::answered: return "answered";
        case DnsLookup::End::malformed: return "malformed";
        case DnsLookup::End::unreachable: return "unreachable";
        default: return "no_answer";
    }
}

DnsLookup::End DnsLookup::end() const {
    if (malformed) return End::malformed;
    if (answered) return End::answered;
    return refused ? End::unreachable : End::no_answer;
}

bool is_too_soon_to_tell(const DnsLookup& lookup, Timestamp observed_until) {
    return lookup.end() == DnsLookup::End::no_answer && observed_until.ns - lookup.asked.time.ns < dns_patience_ns;
}

// As session::deciding_reply: by servers as they were first asked, whoever was faster.
const DnsLookup& DnsSearch::decisive() const {
    const auto find_lookup = [&](auto is_good) -> const DnsLookup* {
        for (const DnsLookup& first : lookups)
            for (const DnsLookup& lookup : lookups)
                if (lookup.server == first.server && is_good(lookup)) return &lookup;
        return nullptr;
    };
    const DnsLookup* whole = find_lookup([](const DnsLookup& l) {
        return !l.truncated && (l.rcode == dns::rcode::no_error || l.rcode == dns::rcode::name_error);
    });
    if (whole != nullptr) return *whole;
    const DnsLookup* any = find_lookup([](const DnsLookup& l) { return l.rcode.has_value(); });
    return any != nullptr ? *any : lookups.front();
}

unsigned DnsSearch::asked_count() const {
    unsigned count = 0;
    for (const DnsLookup& lookup : lookups) count += lookup.connection_only ? 0 : lookup.asked_count;
    return count;
}

}  // namespace diag::dissect

#include "libdiag/session/publish_event.h"

#include <fmt/format.h>

#include "libdiag/base/hex.h"
#include "libdiag/proto/dns/names.h"

namespace diag::session {
namespace {

std::string what_was_asked(const PublishEvent& event) {
    const PublishResult& result = event.result;
    switch (result.stage) {
        case PublishStage::zone: return fmt::format("the zone of {}", dns::to_string(event.service.domain));
        case PublishStage::address: return fmt::format("the address of {}", dns::to_string(result.primary));
        case PublishStage::update: return fmt::format("the update of zone {}", dns::to_string(result.zone));
    }
    return {};
}

std::string what_came(const PublishEvent& event) {
    const DnsOutcome& outcome = *event.result.outcome;
    const std::string asked = what_was_asked(event);
    const std::string server = to_string(outcome.server);
    switch (outcome.end) {
        case DnsExchangeEnd::answered: {
            std::string rcode = rcode_text(outcome);
            if (outcome.tsig_error != 0) rcode += ", " + tsig_error_text(outcome);
            return fmt::format("{} answers {} with {}", server, asked, rcode);
        }
        case DnsExchangeEnd::bad_answer: return fmt::format("what {} answers {} with cannot be read", server, asked);
        case DnsExchangeEnd::not_signed:
            return fmt::format("{} answers {} without a good signature of the key", server, asked);
        case DnsExchangeEnd::pending:
        case DnsExchangeEnd::no_answer: break;
    }
    return fmt::format("{} does not answer {}, over UDP or TCP", server, asked);
}

// What somebody can do who sees this code at this stage.
std::string_view advice_for(std::uint32_t code, PublishStage stage) {
    const bool at_primary = stage == PublishStage::update;
    switch (code) {
        case 0x8007232D:
            return at_primary ? "let the zone take updates of this host, or give it the key that the zone wants"
                              : "use a name server that serves this host";
        case 0x8007232A: return "see the server's log; a secondary or forwarder may not reach the primary";
        case 0x8007232B: return "check the name server in the zone's SOA record";
        case 0x8007251D: return "give the name server of the zone's SOA record an address";
        case 0x8007232C: return "the server has no dynamic update: make the record by hand";
        case 0x80072331:
            return at_primary ? "the SOA record names a server that is not the zone's primary"
                              : "no DNS zone has this domain: check its spelling and delegation";
        case 0x80072332: return "the server has other borders of the zone than its SOA record says";
        case 0x80072338: return "the secret is not the server's, or the record set belongs to somebody else";
        case 0x80072339: return "the server does not know this key for updates: check its name and algorithm";
        case 0x8007233A: return "set the clocks of this host and of the server";
        case 0x800705B4: return "check that the server runs, and that UDP and TCP port 53 reach it";
        case 0x80072521: return "the server does not sign: check that it knows the key";
        default: return "see the server's log";
    }
}

}  // namespace

std::string rcode_text(const DnsOutcome& outcome) {
    return outcome.end == DnsExchangeEnd::answered ? dns::rcode_name(outcome.rcode) : std::string{};
}

std::string tsig_error_text(const DnsOutcome& outcome) {
    if (outcome.tsig_error == 0) return {};
    // BADVERS, as names.h calls 16, is the same number outside of a TSIG (RFC 6891 9).
    return outcome.tsig_error == dns::rcode::bad_sig ? "BADSIG" : dns::rcode_name(outcome.tsig_error);
}

std::vector<std::string> event_fields(const PublishEvent& event) {
    std::string domain = dns::to_string(event.service.domain);
    if (event.result.code == 0) return {std::move(domain)};
    return {format_code(event.result.code), std::move(domain)};
}

std::string explain(const PublishEvent& event) {
    const PublishResult& result = event.result;
    if (!result.outcome) return "no name server is configured: see /etc/resolv.conf, or give --publish-server";
    if (result.code == 0)
        return fmt::format("{} took the update of zone {} over {}", to_string(result.outcome->server),
                           dns::to_string(result.zone), result.outcome->transport == DnsTransport::udp ? "UDP" : "TCP");
    const bool no_zone =
        result.stage == PublishStage::zone && result.outcome->end == DnsExchangeEnd::answered &&
        (result.outcome->rcode == dns::rcode::no_error || result.outcome->rcode == dns::rcode::name_error);
    const std::string what = no_zone ? fmt::format("{} knows no zone of {}", to_string(result.outcome->server),
                                                   dns::to_string(event.service.domain))
                                     : what_came(event);
    return fmt::format("{}; {}", what, advice_for(result.code, result.stage));
}

}  // namespace diag::session

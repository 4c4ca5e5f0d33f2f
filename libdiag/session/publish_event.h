#pragma once

#include <string>
#include <vector>

#include "libdiag/base/time.h"
#include "libdiag/session/dns_update.h"

namespace diag::session {

/// What a KMS host logs when it has registered itself in a DNS domain, or failed to: event 12294 or 12293.
struct PublishEvent {
    Timestamp logged_at;  ///< host time
    PublishedService service;
    PublishResult result;

    unsigned number() const { return result.code == 0 ? 12294 : 12293; }
};

/// The fields of the event in their order: of 12294 the domain, of 12293 the HRESULT "0x8007232D" and the domain.
std::vector<std::string> event_fields(const PublishEvent& event);

/// "REFUSED"; empty without an answer.
std::string rcode_text(const DnsOutcome& outcome);
/// "BADKEY": what one end says of the other's signature; empty when nothing.
std::string tsig_error_text(const DnsOutcome& outcome);

/// Where it ended and why, and what to do about a failure: one line of printable ASCII.
std::string explain(const PublishEvent& event);

}  // namespace diag::session

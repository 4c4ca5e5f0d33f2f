#pragma once

#include <span>
#include <string>

#include "libdiag/check/finding.h"
#include "libdiag/dissect/dns_search.h"
#include "libdiag/report/text.h"

namespace diag::decode {

/// One record of an answer: "kms.example.test:1688, priority 0, weight 0, TTL 3600 s", "A 192.0.2.10".
std::string answer_text(const dissect::DnsLookup::Answer& answer);

/// Appends the readable block of a search for a host: SRV query -> answer -> address query -> connection, and what is wrong.
void append_text(std::string& out, const dissect::DnsSearch& search, std::span<const check::Finding> findings,
                 std::string_view capture, const report::Style& style, bool verbose);

}  // namespace diag::decode

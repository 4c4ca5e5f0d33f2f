#pragma once

#include <string>

#include "libdiag/session/dns_query.h"

// Replies of DNS servers in words, for evidence.

namespace diag::check {

/// "no answer", "an answer that cannot be read (broken at byte 29: name)": of a reply that is none.
std::string failure_text(const session::DnsReply& reply);

/// "SRV _vlmcs._tcp.example.test from 192.0.2.53:53 over udp: NXDOMAIN, no record, after 0.3 ms", with the packets of a capture.
std::string reply_text(const session::DnsReply& reply);

/// "0 0 1688 kms1.example.test, ...": the SRV records of an answer, so that equal sets have equal texts; empty for none.
std::string record_set_text(const session::DnsReply& reply);

}  // namespace diag::check

#pragma once

#include <span>

#include "libdiag/redact/pseudonyms.h"

namespace diag::redact {

/// Copies a DNS message, as captured and without the length of TCP, to `out`, which is as long and all zeros.
///
/// Names and addresses become pseudonyms where they stand, so that pointers to names go on to lead there. Of records other than
/// A, AAAA, CNAME, NS, PTR, SRV and SOA only the size is left: TXT without text, others with a type of private use. EDNS options are
/// padding. Where the message is broken the new one is as well, and what follows is left out.
void rewrite_dns(Bytes message, std::span<std::uint8_t> out, const Pseudonyms& pseudonyms, bool is_cut = false);

}  // namespace diag::redact

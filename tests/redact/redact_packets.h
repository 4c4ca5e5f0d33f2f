#pragma once

#include <map>
#include <vector>

#include "libdiag/redact/capture_rewriter.h"
#include "tests/support/packet_builder.h"

namespace diag::test {

/// Packets that own their bytes.
struct RedactedPacket {
    PacketView view;  ///< of `bytes`
    ByteVector bytes;
};

/// Both passes, in memory, with the lab profile.
std::vector<RedactedPacket> redacted(const std::vector<PacketView>& packets, const redact::Pseudonyms& pseudonyms);

std::vector<PacketView> views_of(const std::vector<RedactedPacket>& packets);

/// Those of the tests.
const redact::Pseudonyms& test_pseudonyms();

/// Whether `bytes` stand anywhere in it.
bool contains(Bytes haystack, Bytes bytes);

}  // namespace diag::test

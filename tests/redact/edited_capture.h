#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "libdiag/dissect/tracker.h"
#include "libdiag/redact/conversation_edits.h"

namespace diag::test {

/// What a conversation says, a line each: outcome, findings, PDUs, exchanges with all fields and checks. With `as` its
/// names, machine ids, ePIDs and HwIds are given by their pseudonyms: so the facts of a redacted conversation are those
/// of the original with pseudonyms.
std::vector<std::string> facts_of(const dissect::Conversation& conversation, const redact::Pseudonyms* as);

/// A capture whose RPC has pseudonyms. Everything below RPC, and bytes that are no PDU, stay as they were.
struct EditedCapture {
    std::vector<std::string> facts;    ///< of all conversations, with pseudonyms
    std::vector<ByteVector> frames;    ///< the new packets
    std::vector<PacketView> packets;   ///< of `frames`
    std::vector<ByteVector> written;   ///< the bytes of all edits
    std::vector<ByteVector> replaced;  ///< what stood in their places
    std::set<std::string> names;       ///< the texts and ids that have pseudonyms
};
EditedCapture edit_capture(const std::vector<PacketView>& packets, const redact::Pseudonyms& pseudonyms,
                           const kms::KeyProfile& profile);

/// Facts of all conversations as they are.
std::vector<std::string> facts_of(const std::vector<PacketView>& packets, const kms::KeyProfile& profile);

/// Where the two first differ; empty for the same.
std::string first_difference(const std::vector<std::string>& have, const std::vector<std::string>& want);

/// Whether the text stands in the bytes in UTF-8 or UTF-16LE.
bool has_text(Bytes bytes, std::string_view text);
bool has_bytes(Bytes bytes, Bytes wanted);

}  // namespace diag::test

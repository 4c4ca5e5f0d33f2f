#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "libdiag/explain/entry.h"

namespace diag::explain {

/// All that a word can mean, the likeliest first; nothing for a word that the tables do not know. Case does not matter, and
/// neither do braces, quotation marks or a full stop around it. Understood are:
///
/// - codes: "0xC004F074", "C004F074", "-1073418124", "1722" (and the HRESULT 0x800706BA made of it, either way), symbols,
///   "bind_nak:0x0004", "bind_ack:2/1";
/// - events: "12290", "event 12290", "900 / 902 / 903", the key of a row;
/// - ids of findings, with or without "KMS-";
/// - GUIDs of products, applications, counted items, host keys, RPC interfaces; ePIDs; the last five characters of a setup key.
///
/// A number that is a code and an event gives both.
std::vector<Entry> look_up(std::string_view word);

/// Keys and symbols that differ from the word in few characters, nearest first; at most three.
std::vector<std::string> similar_words(std::string_view word);

}  // namespace diag::explain

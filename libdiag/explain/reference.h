#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "libdiag/explain/entry.h"

namespace diag::explain {

/// A word of a log that the tables know.
struct Reference {
    std::string_view text;  ///< a view of the line
    Entry entry;
};

/// Finds codes, event ids, findings, GUIDs, ePIDs and symbols in lines of text.
///
/// A word must say by its form what it is: 0x and eight digits, eight digits that begin like an HRESULT, a symbol, a GUID.
/// An event id is a number behind "Event ID", "EventID", "イベント ID" and their like, or behind the name of the provider.
/// Remembers words that it looked up, in bounded memory.
class ReferenceFinder {
public:
    static constexpr std::size_t max_per_line = 16;

    /// The references of a line in their order, each entry once.
    std::vector<Reference> find(std::string_view line);

private:
    const std::optional<Entry>& known(const std::string& word);

    std::unordered_map<std::string, std::optional<Entry>> looked_up_;
};

}  // namespace diag::explain

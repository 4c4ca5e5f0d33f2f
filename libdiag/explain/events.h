#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace diag::explain {

/// A row of libdiag/data/events.csv.
struct Event {
    std::string_view key;     ///< "12290", "12304-12310 (AD-based activation range)", "SCOM alert: ..."
    std::uint32_t first = 0;  ///< the ids that the row is about; 0 for an alert, which has none
    std::uint32_t last = 0;
    std::string_view log;
    std::string_view side;
    std::string_view meaning;
    std::string_view layout;  ///< the fields of the event
    std::string_view checks;  ///< a list for kms::list_items()
    std::string_view certainty;
    std::string_view sources;

    bool is_about(std::uint32_t id) const { return first != 0 && first <= id && id <= last; }
};

/// All rows, in the order of the table.
std::span<const Event> all_events();

/// The row of one event id; nullptr where only a range or nothing at all knows it.
const Event* find_event(std::uint32_t id);

/// A cell that says nothing ("?", "-", empty).
bool is_blank_cell(std::string_view cell);

}  // namespace diag::explain

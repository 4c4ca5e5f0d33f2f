#include "libdiag/explain/events.h"

#include <algorithm>
#include <charconv>
#include <vector>

#include "libdiag/data/table.h"

namespace diag::explain {
namespace {

// "12290", or "12304-12310 (AD-based activation range)".
void read_ids(Event& event) {
    const char* end = event.key.data() + event.key.size();
    const auto first = std::from_chars(event.key.data(), end, event.first);
    event.last = event.first;
    if (first.ec == std::errc{} && first.ptr != end && *first.ptr == '-')
        std::from_chars(first.ptr + 1, end, event.last);
}

std::vector<Event> load_events() {
    const data::Table& table = data::events_table;
    const auto column = [](std::string_view name) { return data::events_table.column(name); };
    std::vector<Event> events;
    events.reserve(table.row_count());
    for (std::size_t i = 0; i < table.row_count(); ++i) {
        const auto row = table.row(i);
        Event event{.key = row[column("id")],
                    .log = row[column("log")],
                    .side = row[column("side")],
                    .meaning = row[column("meaning")],
                    .layout = row[column("info_layout")],
                    .checks = row[column("what_a_tool_should_verify")],
                    .certainty = row[column("certainty")],
                    .sources = row[column("source_url")]};
        read_ids(event);
        events.push_back(event);
    }
    return events;
}

}  // namespace

std::span<const Event> all_events() {
    static const std::vector<Event> events = load_events();
    return events;
}

const Event* find_event(std::uint32_t id) {
    for (const Event& event : all_events())
        if (event.first == id && event.last == id) return &event;
    return nullptr;
}

bool is_blank_cell(std::string_view cell) { return cell.empty() || cell == "?" || cell == "-"; }

}  // namespace diag::explain

#include "libdiag/windows/event_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "libdiag/base/line_text.h"
#include "libdiag/windows/event_fields.h"
#include "libdiag/windows/printed_times.h"

namespace diag::windows {
namespace {

constexpr std::size_t max_column_count = 64;  // Export-Csv writes some 25; more are left out
constexpr std::size_t viewer_column_count = 5;

enum class Column : std::uint8_t { time, source, id, computer, channel, message, count };
constexpr std::size_t column_count = static_cast<std::size_t>(Column::count);
using Columns = std::array<std::size_t, column_count>;  // where each is in a row; max_column_count: nowhere

struct Heading {
    std::string_view text;
    Column column;
};
constexpr Heading headings[] = {
    {"Date and Time", Column::time},   {"日付と時刻", Column::time},    {"TimeCreated", Column::time},
    {"Source", Column::source},        {"ソース", Column::source},      {"ProviderName", Column::source},
    {"Event ID", Column::id},          {"イベント ID", Column::id},     {"Id", Column::id},
    {"EventID", Column::id},           {"Computer", Column::computer},  {"コンピューター", Column::computer},
    {"MachineName", Column::computer}, {"Log", Column::channel},        {"Log Name", Column::channel},
    {"LogName", Column::channel},      {"ログの名前", Column::channel}, {"Message", Column::message},
    {"Description", Column::message},
};

std::size_t& at(Columns& columns, Column column) { return columns[static_cast<std::size_t>(column)]; }

using Row = std::vector<std::string>;

std::string_view cell(const Row& row, Columns& columns, Column column) {
    const std::size_t index = at(columns, column);
    return index < row.size() ? trimmed(row[index]) : std::string_view{};
}

// Takes rows off the front of a text (RFC 4180, with any line end).
class RowReader {
public:
    RowReader(std::string_view text, char separator) : rest_{text}, separator_{separator} {}

    bool at_end() const { return rest_.empty(); }
    bool is_unclosed() const { return is_unclosed_; }

    Row take_row() {
        Row row;
        for (bool goes_on = true; goes_on;) {
            std::string value = take_cell();
            if (row.size() < max_column_count) row.push_back(std::move(value));
            goes_on = !rest_.empty() && rest_.front() == separator_;
            if (goes_on) rest_.remove_prefix(1);
        }
        if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
        if (!rest_.empty()) rest_.remove_prefix(1);
        return row;
    }

private:
    bool ends_cell(char c) const { return c == separator_ || c == '\r' || c == '\n'; }

    std::string take_cell() {
        if (rest_.starts_with('"')) return take_quoted();
        const auto end = std::ranges::find_if(rest_, [this](char c) { return ends_cell(c); });
        const auto size = static_cast<std::size_t>(end - rest_.begin());
        std::string value = limited(rest_.substr(0, size));
        rest_.remove_prefix(size);
        return value;
    }

    // A quote within is doubled. Behind the closing one nothing should stand; what does is left out.
    std::string take_quoted() {
        std::string value;
        rest_.remove_prefix(1);
        while (true) {
            const std::size_t quote = rest_.find('"');
            if (value.size() < limits::event_text_size) value += limited(rest_.substr(0, quote));
            if (quote == std::string_view::npos) {
                is_unclosed_ = true;
                rest_ = {};
                break;
            }
            rest_.remove_prefix(quote + 1);
            if (!rest_.starts_with('"')) break;
            if (value.size() < limits::event_text_size) value += '"';
            rest_.remove_prefix(1);
        }
        while (!rest_.empty() && !ends_cell(rest_.front())) rest_.remove_prefix(1);
        return value;
    }

    std::string_view rest_;
    char separator_;
    bool is_unclosed_ = false;
};

char separator_of(std::string_view line) {
    constexpr char all[] = {'\t', ',', ';'};
    return *std::ranges::max_element(all, {}, [line](char c) { return std::ranges::count(line, c); });
}

// Without a column for the provider the message tells it.
bool has_events(Columns& columns) {
    const auto has = [&](Column c) { return at(columns, c) != max_column_count; };
    return has(Column::time) && has(Column::id) && (has(Column::source) || has(Column::message));
}

// In a language that the table of headings does not have, the Event Viewer's are told by their number alone.
Columns columns_of(const Row& head) {
    Columns columns;
    columns.fill(max_column_count);
    for (std::size_t i = 0; i < head.size(); ++i) {
        for (const Heading& heading : headings) {
            std::size_t& index = at(columns, heading.column);
            if (index == max_column_count && equals_word(tidied(head[i]), heading.text)) index = i;
        }
    }
    if (has_events(columns) || head.size() == viewer_column_count) {
        if (!has_events(columns)) {
            at(columns, Column::time) = 1;
            at(columns, Column::source) = 2;
            at(columns, Column::id) = 3;
        }
        std::size_t& message = at(columns, Column::message);
        if (message == max_column_count && head.size() == viewer_column_count) message = viewer_column_count;
    }
    return columns;
}

class TableReader {
public:
    TableReader(Columns columns, EventSink& sink) : columns_{columns}, sink_{sink}, times_{sink} {}

    // False: there are more events than the limit.
    bool add(const Row& row) {
        const auto id = event_id_of(cell(row, columns_, Column::id));
        if (!id) {
            sink_.add_unreadable();
            return true;
        }
        const std::string_view message = cell(row, columns_, Column::message);
        Event event{.provider = std::string{cell(row, columns_, Column::source)},
                    .channel = std::string{cell(row, columns_, Column::channel)},
                    .computer = std::string{cell(row, columns_, Column::computer)},
                    .event_id = *id,
                    .fields = fields_of_message(*id, message)};
        if (event.provider.empty()) event.provider = provider_of_message(*id, message);
        return times_.add(std::move(event), cell(row, columns_, Column::time));
    }

    void finish() { times_.finish(); }

private:
    Columns columns_;
    EventSink& sink_;
    PrintedTimes times_;
};

// Export-Csv of Windows PowerShell writes the type of its objects first.
std::string_view without_type_line(std::string_view text) {
    if (!text.starts_with("#TYPE ")) return text;
    const std::size_t end = text.find('\n');
    return end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
}

}  // namespace

bool read_event_table(std::string_view text, EventSink& sink) {
    text = without_type_line(text);
    RowReader rows{text, separator_of(text.substr(0, text.find_first_of("\r\n")))};
    if (rows.at_end()) return false;
    const Row head = rows.take_row();
    Columns columns = columns_of(head);
    if (!has_events(columns)) return false;
    TableReader reader{columns, sink};
    bool goes_on = true;
    for (bool is_first = true; goes_on && !rows.at_end();) {
        const Row row = rows.take_row();
        if (row.size() == 1 && trimmed(row.front()).empty()) continue;
        if (std::exchange(is_first, false) && !event_id_of(cell(row, columns, Column::id))) return false;
        goes_on = reader.add(row);
    }
    reader.finish();
    if (rows.is_unclosed()) sink.set_problem("the file ends within a text in quotes");
    return true;
}

}  // namespace diag::windows

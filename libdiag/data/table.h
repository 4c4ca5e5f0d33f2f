#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace diag::data {

/// One CSV file of this folder as it stood when the library was built: text only, in the order of the file.
///
/// Everything lives in read-only memory for as long as the program runs. What a cell means (a GUID, a number, a list
/// separated by semicolons) is for the layer that uses the table to say.
///
///     for (std::size_t i = 0; i < products_table.row_count(); ++i) {
///         auto row = products_table.row(i);
///         use(row[0], row[1]);
///     }
struct Table {
    std::string_view name;  // of the file, without ".csv"
    std::span<const std::string_view> columns;
    std::span<const std::string_view> cells;  // row after row, columns.size() cells in each

    static constexpr std::size_t no_column = static_cast<std::size_t>(-1);

    constexpr std::size_t row_count() const { return columns.empty() ? 0 : cells.size() / columns.size(); }

    constexpr std::span<const std::string_view> row(std::size_t index) const {
        return cells.subspan(index * columns.size(), columns.size());
    }

    /// Where a column stands in each row, or no_column.
    constexpr std::size_t column(std::string_view wanted) const {
        for (std::size_t i = 0; i < columns.size(); ++i) {
            if (columns[i] == wanted) return i;
        }
        return no_column;
    }
};

extern const Table applications_table;
extern const Table errors_table;
extern const Table events_table;
extern const Table host_builds_table;
extern const Table host_keys_table;
extern const Table kms_items_table;
extern const Table products_table;

}  // namespace diag::data

#pragma once

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/base/uuid.h"
#include "libdiag/data/table.h"

namespace diag::kms {

/// A word of a table and the value that it stands for.
template <class Enum> struct Word {
    std::string_view text;
    Enum value;
};

/// Pieces between separators; none for an empty cell. Blanks around a piece are left out.
std::vector<std::string_view> split_list(std::string_view cell, char separator = ';');

/// Reads the cells of one row as typed values. What does not parse gives an empty value and a line in `errors`: the tables
/// are part of the program, so a test sees to it that there are none.
class RowReader {
public:
    RowReader(const data::Table& table, std::size_t row_index, std::vector<std::string>& errors)
        : table_{table}, cells_{table.row(row_index)}, row_index_{row_index}, errors_{errors} {}

    std::string_view text(std::string_view column);
    Uuid uuid(std::string_view column);
    std::vector<Uuid> uuids(std::string_view column);
    std::uint32_t number(std::string_view column);
    std::optional<std::uint32_t> optional_number(std::string_view column);
    std::vector<std::uint16_t> versions(std::string_view column);
    std::chrono::year_month_day date(std::string_view column);
    std::optional<std::chrono::year_month_day> optional_date(std::string_view column);
    std::vector<std::string_view> list(std::string_view column) { return split_list(text(column)); }

    /// "0-19999;30000-20029999"
    std::vector<std::pair<std::uint32_t, std::uint32_t>> blocks(std::string_view column);

    template <class Enum, std::size_t count> Enum word(std::string_view column, const Word<Enum> (&words)[count]) {
        const std::string_view cell = text(column);
        for (const auto& w : words)
            if (w.text == cell) return w.value;
        fail(column, cell);
        return {};
    }

    void fail(std::string_view column, std::string_view cell);

private:
    std::uint32_t to_number(std::string_view column, std::string_view digits);

    const data::Table& table_;
    std::span<const std::string_view> cells_;
    std::size_t row_index_;
    std::vector<std::string>& errors_;
};

}  // namespace diag::kms

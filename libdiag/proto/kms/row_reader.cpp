#include "libdiag/proto/kms/row_reader.h"

#include <fmt/format.h>

#include <charconv>

namespace diag::kms {

std::vector<std::string_view> split_list(std::string_view cell, char separator) {
    std::vector<std::string_view> pieces;
    while (!cell.empty()) {
        const std::size_t end = std::min(cell.find(separator), cell.size());
        std::string_view piece = cell.substr(0, end);
        cell.remove_prefix(std::min(end + 1, cell.size()));
        while (piece.starts_with(' ')) piece.remove_prefix(1);
        while (piece.ends_with(' ')) piece.remove_suffix(1);
        if (!piece.empty()) pieces.push_back(piece);
    }
    return pieces;
}

void RowReader::fail(std::string_view column, std::string_view cell) {
    errors_.push_back(fmt::format("{}.csv, row {}, {}: \"{}\"", table_.name, row_index_ + 1, column, cell));
}

std::string_view RowReader::text(std::string_view column) {
    const std::size_t index = table_.column(column);
    if (index < cells_.size()) return cells_[index];
    fail(column, "no such column");
    return {};
}

std::uint32_t RowReader::to_number(std::string_view column, std::string_view digits) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (error == std::errc{} && end == digits.data() + digits.size()) return value;
    fail(column, digits);
    return 0;
}

std::uint32_t RowReader::number(std::string_view column) { return to_number(column, text(column)); }

std::optional<std::uint32_t> RowReader::optional_number(std::string_view column) {
    if (text(column).empty()) return std::nullopt;
    return number(column);
}

std::vector<std::uint16_t> RowReader::versions(std::string_view column) {
    std::vector<std::uint16_t> majors;
    for (const auto piece : list(column)) {
        const std::uint32_t major = to_number(column, piece);
        if (major < 4 || major > 6) fail(column, piece);
        majors.push_back(static_cast<std::uint16_t>(major));
    }
    if (majors.empty()) fail(column, {});
    return majors;
}

Uuid RowReader::uuid(std::string_view column) {
    const auto value = Uuid::parse(text(column));
    if (!value) fail(column, text(column));
    return value.value_or(Uuid{});
}

std::vector<Uuid> RowReader::uuids(std::string_view column) {
    std::vector<Uuid> values;
    for (const auto piece : list(column)) {
        const auto value = Uuid::parse(piece);
        if (!value) fail(column, piece);
        values.push_back(value.value_or(Uuid{}));
    }
    return values;
}

std::chrono::year_month_day RowReader::date(std::string_view column) {
    using namespace std::chrono;
    const auto parts = split_list(text(column), '-');
    if (parts.size() == 3) {
        const year_month_day day{year{static_cast<int>(to_number(column, parts[0]))} /
                                 month{to_number(column, parts[1])} / std::chrono::day{to_number(column, parts[2])}};
        if (day.ok()) return day;
    }
    fail(column, text(column));
    return {};
}

std::optional<std::chrono::year_month_day> RowReader::optional_date(std::string_view column) {
    if (text(column).empty()) return std::nullopt;
    return date(column);
}

std::vector<std::pair<std::uint32_t, std::uint32_t>> RowReader::blocks(std::string_view column) {
    std::vector<std::pair<std::uint32_t, std::uint32_t>> values;
    for (const auto piece : list(column)) {
        const auto ends = split_list(piece, '-');
        if (ends.size() != 2) {
            fail(column, piece);
            continue;
        }
        const auto [first, last] = std::pair{to_number(column, ends[0]), to_number(column, ends[1])};
        if (first > last) fail(column, piece);
        values.emplace_back(first, last);
    }
    return values;
}

}  // namespace diag::kms

#include "libdiag/proto/kms/error_codes.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <span>

#include "libdiag/data/table.h"

namespace diag::kms {
namespace {

// The table has names of RPC results among its codes ("bind_nak:0x0004"): those have no number.
std::optional<std::uint32_t> parse_code(std::string_view text) {
    if (text.size() != 10 || !text.starts_with("0x")) return std::nullopt;
    const char* end = text.data() + text.size();
    std::uint32_t code = 0;
    const auto result = std::from_chars(text.data() + 2, end, code, 16);
    if (result.ec != std::errc{} || result.ptr != end) return std::nullopt;
    return code;
}

class Cells {
public:
    explicit Cells(std::span<const std::string_view> row) : row_{row} {}

    std::string_view operator[](std::size_t column) const {
        return column < row_.size() ? row_[column] : std::string_view{};
    }

private:
    std::span<const std::string_view> row_;
};

std::uint32_t parse_win32(std::string_view text) {
    std::uint32_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

struct Errors {
    std::vector<ErrorCode> rows;                            // in the order of the table
    std::vector<const ErrorCode*> by_code;                  // those whose key is a number
    std::map<std::string_view, const ErrorCode*> refusals;  // and those whose key is none
};

std::vector<ErrorCode> load_rows() {
    const data::Table& table = data::errors_table;
    const std::size_t key = table.column("code");
    const std::size_t win32 = table.column("decimal");
    const std::size_t symbol = table.column("symbol");
    const std::size_t meaning = table.column("plain_meaning");
    const std::size_t where = table.column("where");
    const std::size_t causes = table.column("likely_causes");
    const std::size_t checks = table.column("what_to_check");
    const std::size_t evidence = table.column("evidence_on_wire");
    const std::size_t sources = table.column("source_url");
    std::vector<ErrorCode> rows;
    rows.reserve(table.row_count());
    for (std::size_t i = 0; i < table.row_count(); ++i) {
        const Cells cells{table.row(i)};
        rows.push_back({.code = parse_code(cells[key]).value_or(0),
                        .symbol = cells[symbol] == "?" ? std::string_view{} : cells[symbol],
                        .meaning = cells[meaning],
                        .where = cells[where],
                        .causes = cells[causes],
                        .checks = cells[checks],
                        .win32 = parse_win32(cells[win32]),
                        .key = cells[key],
                        .evidence = cells[evidence],
                        .sources = cells[sources]});
    }
    return rows;
}

Errors load_errors() {
    Errors errors{.rows = load_rows(), .by_code = {}, .refusals = {}};
    errors.by_code.reserve(errors.rows.size());
    for (const ErrorCode& error : errors.rows) {
        if (error.has_code()) {
            errors.by_code.push_back(&error);
        } else {
            errors.refusals.emplace(error.key, &error);
        }
    }
    std::ranges::sort(errors.by_code, {}, &ErrorCode::code);
    return errors;
}

const Errors& errors() {
    static const Errors loaded = load_errors();
    return loaded;
}

}  // namespace

const ErrorCode* find_error(std::uint32_t code) {
    const auto& known = errors().by_code;
    const auto found = std::ranges::lower_bound(known, code, {}, &ErrorCode::code);
    return found != known.end() && (*found)->code == code ? *found : nullptr;
}

const ErrorCode* find_rpc_refusal(std::string_view key) {
    const auto& refusals = errors().refusals;
    const auto found = refusals.find(key);
    return found == refusals.end() ? nullptr : found->second;
}

std::span<const ErrorCode> all_errors() { return errors().rows; }

std::vector<std::string_view> list_items(std::string_view cell) {
    std::vector<std::string_view> items;
    while (!cell.empty()) {
        const std::size_t end = std::min(cell.find(';'), cell.size());
        const std::string_view item = cell.substr(0, end);
        const std::size_t first = item.find_first_not_of(' ');
        if (first != std::string_view::npos)
            items.push_back(item.substr(first, item.find_last_not_of(' ') - first + 1));
        cell.remove_prefix(std::min(end + 1, cell.size()));
    }
    return items;
}

}  // namespace diag::kms

#include "libdiag/proto/kms/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <variant>

#include "libdiag/data/table.h"

namespace diag::kms {
namespace {

bool parse_cell(std::string_view cell, std::string_view& out) {
    out = cell;
    return true;
}

bool parse_cell(std::string_view cell, unsigned& out) {
    const char* end = cell.data() + cell.size();
    const auto result = std::from_chars(cell.data(), end, out);
    return result.ec == std::errc{} && result.ptr == end;
}

bool parse_cell(std::string_view cell, bool& out) {
    out = cell == "yes";
    return out || cell == "no";
}

bool parse_cell(std::string_view cell, Uuid& out) {
    const auto uuid = Uuid::parse(cell);
    if (uuid) out = *uuid;
    return uuid.has_value();
}

bool parse_block(std::string_view text, KeyBlock& out) {
    const std::size_t dash = text.find('-');
    if (dash == std::string_view::npos) return false;
    return parse_cell(text.substr(0, dash), out.first) && parse_cell(text.substr(dash + 1), out.last) &&
           out.first <= out.last;
}

bool parse_cell(std::string_view cell, std::vector<KeyBlock>& out) {
    for (std::size_t at = 0; at <= cell.size();) {
        const std::size_t end = std::min(cell.find(';', at), cell.size());
        if (!parse_block(cell.substr(at, end - at), out.emplace_back())) return false;
        at = end + 1;
    }
    return true;
}

enum class Cell : std::uint8_t { needed, may_be_empty };

// Where the cell of a column goes.
template <class Row> struct Column {
    std::string_view name;
    std::variant<std::string_view Row::*, unsigned Row::*, bool Row::*, Uuid Row::*> member;
    Cell cell = Cell::needed;
};

// The same for the one table with number blocks.
template <> struct Column<HostKey> {
    std::string_view name;
    std::variant<std::string_view HostKey::*, unsigned HostKey::*, Uuid HostKey::*, std::vector<KeyBlock> HostKey::*>
        member;
    Cell cell = Cell::needed;
};

constexpr Column<Application> application_columns[] = {
    {"application_id", &Application::application_id},
    {"name", &Application::name},
    {"covers", &Application::covers},
    {"min_requests_client_edition", &Application::min_requests_client_edition},
    {"min_requests_server_edition", &Application::min_requests_server_edition},
    {"host_count_ceiling", &Application::host_count_ceiling},
    {"protocol_versions", &Application::protocol_versions},
};

constexpr Column<Product> product_columns[] = {
    {"activation_id", &Product::activation_id},
    {"application_id", &Product::application_id},
    {"kms_counted_id", &Product::kms_id},
    {"name", &Product::name},
    {"family", &Product::family},
    {"kind", &Product::kind},
    {"channel", &Product::channel},
    {"min_clients", &Product::min_clients},
    {"protocol_version", &Product::protocol_version},
    {"partial_key", &Product::partial_key, Cell::may_be_empty},
};

constexpr Column<KmsItem> kms_item_columns[] = {
    {"kms_counted_id", &KmsItem::kms_id},
    {"application_id", &KmsItem::application_id},
    {"name", &KmsItem::name},
    {"kind", &KmsItem::kind},
    {"channel", &KmsItem::channel},
    {"min_clients", &KmsItem::min_clients},
    {"protocol_versions", &KmsItem::protocol_versions},
    {"can_be_activated_by", &KmsItem::can_be_activated_by, Cell::may_be_empty},
};

constexpr Column<HostBuild> host_build_columns[] = {
    {"build", &HostBuild::build},
    {"nt_version", &HostBuild::nt_version},
    {"client_name", &HostBuild::client_name, Cell::may_be_empty},
    {"server_name", &HostBuild::server_name, Cell::may_be_empty},
    {"platform_id", &HostBuild::platform_id},
    {"client_release_date", &HostBuild::client_release_date, Cell::may_be_empty},
    {"server_release_date", &HostBuild::server_release_date, Cell::may_be_empty},
    {"can_be_kms_host", &HostBuild::can_be_kms_host},
    {"ndr64", &HostBuild::accepts_ndr64},
};

// A pre-release key of Windows Vista has neither group nor blocks, and what it activates is not known.
constexpr Column<HostKey> host_key_columns[] = {
    {"host_key_id", &HostKey::host_key_id},
    {"activation_id", &HostKey::activation_id},
    {"application_id", &HostKey::application_id},
    {"name", &HostKey::name},
    {"class", &HostKey::class_},
    {"group_id", &HostKey::group_id, Cell::may_be_empty},
    {"pid_blocks", &HostKey::blocks, Cell::may_be_empty},
    {"disputed_blocks", &HostKey::disputed, Cell::may_be_empty},
    {"epid_group", &HostKey::epid_group},
    {"activates", &HostKey::activates, Cell::may_be_empty},
    {"release_date", &HostKey::release_date},
    {"earliest_plausible_date", &HostKey::earliest_date},
    {"earliest_host_build", &HostKey::earliest_host_build, Cell::may_be_empty},
};

template <class Row> bool read_cell(const Column<Row>& column, std::string_view cell, Row& row) {
    if (cell.empty()) return column.cell == Cell::may_be_empty;
    return std::visit([&](auto member) { return parse_cell(cell, row.*member); }, column.member);
}

template <class Row> struct Loaded {
    std::vector<Row> rows;
    std::vector<std::string> problems;
};

template <class Row>
std::vector<std::size_t> positions(const data::Table& table, std::span<const Column<Row>> columns, Loaded<Row>& out) {
    std::vector<std::size_t> found;
    for (const auto& column : columns) {
        found.push_back(table.column(column.name));
        if (found.back() == data::Table::no_column) {
            out.problems.push_back(fmt::format("{}: no column {}", table.name, column.name));
        }
    }
    return found;
}

template <class Row> Loaded<Row> load(const data::Table& table, std::span<const Column<Row>> columns) {
    Loaded<Row> out;
    const auto at = positions(table, columns, out);
    if (!out.problems.empty()) return out;
    out.rows.reserve(table.row_count());
    for (std::size_t i = 0; i < table.row_count(); ++i) {
        const auto cells = table.row(i);
        const std::size_t problems_before = out.problems.size();
        Row row;
        for (std::size_t c = 0; c < columns.size(); ++c) {
            if (read_cell(columns[c], cells[at[c]], row)) continue;
            out.problems.push_back(fmt::format("{}: row {} ({}): {} is \"{}\"", table.name, i + 1, cells[0],
                                               columns[c].name, cells[at[c]]));
        }
        if (out.problems.size() == problems_before) out.rows.push_back(std::move(row));
    }
    return out;
}

template <class Row, class Key>
Loaded<Row> load_sorted(const data::Table& table, std::span<const Column<Row>> columns, Key Row::*key) {
    auto out = load(table, columns);
    std::sort(out.rows.begin(), out.rows.end(), [key](const Row& a, const Row& b) { return a.*key < b.*key; });
    return out;
}

template <class Row, class Key> const Row* find_row(const std::vector<Row>& rows, Key Row::*key, const Key& wanted) {
    const auto found = std::lower_bound(rows.begin(), rows.end(), wanted,
                                        [key](const Row& row, const Key& value) { return row.*key < value; });
    return found != rows.end() && (*found).*key == wanted ? &*found : nullptr;
}

const Loaded<Application>& applications() {
    static const auto loaded =
        load_sorted<Application>(data::applications_table, application_columns, &Application::application_id);
    return loaded;
}

const Loaded<Product>& products() {
    static const auto loaded = load_sorted<Product>(data::products_table, product_columns, &Product::activation_id);
    return loaded;
}

const Loaded<KmsItem>& kms_items() {
    static const auto loaded = load_sorted<KmsItem>(data::kms_items_table, kms_item_columns, &KmsItem::kms_id);
    return loaded;
}

const Loaded<HostBuild>& host_builds() {
    static const auto loaded = load_sorted<HostBuild>(data::host_builds_table, host_build_columns, &HostBuild::build);
    return loaded;
}

const Loaded<HostKey>& host_keys() {
    static const auto loaded = load<HostKey>(data::host_keys_table, host_key_columns);
    return loaded;
}

const HostKey* find_block(std::vector<KeyBlock> HostKey::*blocks, unsigned group_number, std::uint32_t key_number) {
    const auto contains = [key_number](const KeyBlock& block) { return block.contains(key_number); };
    for (const HostKey& key : host_keys().rows) {
        if (key.group_id != group_number) continue;
        if (std::any_of((key.*blocks).begin(), (key.*blocks).end(), contains)) return &key;
    }
    return nullptr;
}

}  // namespace

const Application* find_application(const Uuid& application_id) {
    return find_row(applications().rows, &Application::application_id, application_id);
}

const Product* find_product(const Uuid& activation_id) {
    return find_row(products().rows, &Product::activation_id, activation_id);
}

const KmsItem* find_kms_item(const Uuid& kms_id) { return find_row(kms_items().rows, &KmsItem::kms_id, kms_id); }

const HostBuild* find_host_build(unsigned build) { return find_row(host_builds().rows, &HostBuild::build, build); }

const HostKey* find_host_key(unsigned group_number, std::uint32_t key_number) {
    const HostKey* key = find_block(&HostKey::blocks, group_number, key_number);
    return key != nullptr ? key : find_block(&HostKey::disputed, group_number, key_number);
}

std::span<const Application> all_applications() { return applications().rows; }
std::span<const Product> all_products() { return products().rows; }
std::span<const KmsItem> all_kms_items() { return kms_items().rows; }
std::span<const HostBuild> all_host_builds() { return host_builds().rows; }
std::span<const HostKey> all_host_keys() { return host_keys().rows; }

std::vector<std::string> catalogue_problems() {
    std::vector<std::string> all;
    for (const auto* problems : {&applications().problems, &products().problems, &kms_items().problems,
                                 &host_builds().problems, &host_keys().problems}) {
        all.insert(all.end(), problems->begin(), problems->end());
    }
    return all;
}

}  // namespace diag::kms

#include "libdiag/state/state_file.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "libdiag/base/utf.h"
#include "libdiag/wire/reader.h"

namespace diag::state {
namespace {

// https://www.sqlite.org/fileformat.html 1.3
constexpr std::string_view magic{"SQLite format 3\0", 16};
constexpr std::size_t file_header_size = 100;
constexpr std::size_t user_version_offset = 60;
constexpr std::size_t application_id_offset = 68;

constexpr const char* tables =
    "CREATE TABLE application (application_id BLOB PRIMARY KEY, largest_required_count INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE client (application_id BLOB NOT NULL, client_machine_id BLOB NOT NULL, last_contact INTEGER NOT NULL,"
    " PRIMARY KEY (application_id, client_machine_id)) WITHOUT ROWID;";

enum class Kind : std::uint8_t { none, ours, foreign, other_version };

std::uint32_t number_at(Bytes header, std::size_t offset) {
    Reader r{header.subspan(offset), std::endian::big};
    return r.u32("header");
}

// By its first bytes, and without SQLite, which would write to a file to find out.
std::expected<Kind, std::string> look_at(const std::string& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found) return Kind::none;
    if (error) return std::unexpected(error.message());
    if (status.type() != std::filesystem::file_type::regular) return std::unexpected("it is no regular file");
    std::ifstream file{path, std::ios::binary};
    if (!file) return std::unexpected(std::strerror(errno));
    std::array<std::uint8_t, file_header_size> header{};
    file.read(reinterpret_cast<char*>(header.data()), header.size());
    if (file.gcount() == 0 && !file.bad()) return Kind::none;
    if (file.gcount() != file_header_size || std::memcmp(header.data(), magic.data(), magic.size()) != 0)
        return Kind::foreign;
    if (number_at(header, application_id_offset) != state_file_id) return Kind::foreign;
    return number_at(header, user_version_offset) == state_file_version ? Kind::ours : Kind::other_version;
}

SqliteResult create_tables(SqliteDatabase& database) {
    const std::string sql =
        fmt::format("PRAGMA application_id={}; PRAGMA user_version={}; {}", state_file_id, state_file_version, tables);
    return database.execute(sql.c_str());
}

// A new file gets its header and its tables in one transaction: killed before, it is still empty, or SQLite makes it so.
SqliteResult create_if_empty(SqliteDatabase& database) {
    const auto table_count = database.query_number("SELECT count(*) FROM sqlite_schema");
    if (!table_count) return std::unexpected(table_count.error());
    return table_count->value_or(0) == 0 ? create_tables(database) : SqliteResult{};
}

SqliteResult make_ready(SqliteDatabase& database) {
    auto done = database.execute("PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=NORMAL; BEGIN EXCLUSIVE");
    if (done) done = create_if_empty(database);
    if (done) done = database.execute("COMMIT; PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; COMMIT");
    return done;
}

SqliteResult check(SqliteDatabase& database) {
    auto verdict = database.prepare("PRAGMA quick_check(1)");
    if (!verdict) return std::unexpected(std::move(verdict.error()));
    const auto row = verdict->step();
    if (!row) return std::unexpected(row.error());
    const Bytes text = *row ? verdict->blob(0) : Bytes{};
    const std::string_view words{reinterpret_cast<const char*>(text.data()), text.size()};
    if (words == "ok") return {};
    return std::unexpected(fmt::format("damaged: {}", words));
}

}  // namespace

std::expected<SqliteDatabase, std::string> open_state_file(const std::string& path) {
    const std::string name = escape_for_terminal(path);
    const auto refuse = [&name](std::string_view why) {
        return std::unexpected(fmt::format("state file {}: {}", name, escape_for_terminal(why)));
    };
    const auto kind = look_at(path);
    if (!kind) return refuse(kind.error());
    if (*kind == Kind::foreign) return refuse("this is no state file of kms-refhost; it was left as it is");
    if (*kind == Kind::other_version) return refuse("another version of kms-refhost made it; it was left as it is");
    auto database = SqliteDatabase::open(path);
    if (!database) return refuse(database.error());
    if (auto ready = make_ready(*database); !ready) return refuse(ready.error());
    if (auto checked = check(*database); !checked) return refuse(checked.error());
    return database;
}

}  // namespace diag::state

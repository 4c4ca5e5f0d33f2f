#include "libdiag/state/sqlite_database.h"

#include <fmt/format.h>
#include <sqlite3.h>

namespace diag::state {
namespace {

// What somebody can do something about in words of ours, everything else as SQLite says it.
std::string explain(sqlite3* database) {
    constexpr int primary_code = 0xFF;
    const int code = sqlite3_extended_errcode(database);
    switch (code & primary_code) {
        case SQLITE_BUSY: return "another process uses it";
        case SQLITE_FULL: return "no space is left on the disk";
        case SQLITE_READONLY: return "it may not be written";
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return fmt::format("damaged: {}", sqlite3_errmsg(database));
        default: return fmt::format("{} (SQLite code {})", sqlite3_errmsg(database), code);
    }
}

std::unexpected<std::string> problem(sqlite3* database) { return std::unexpected(explain(database)); }

}  // namespace

void SqliteStatement::Finalize::operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
void SqliteDatabase::Close::operator()(sqlite3* database) const { sqlite3_close(database); }

void SqliteStatement::bind(int parameter, Bytes blob) {
    sqlite3_bind_blob(statement_.get(), parameter, blob.data(), static_cast<int>(blob.size()), SQLITE_STATIC);
}

void SqliteStatement::bind(int parameter, std::int64_t number) {
    sqlite3_bind_int64(statement_.get(), parameter, number);
}

SqliteResult SqliteStatement::run() {
    const auto row = step();
    sqlite3_reset(statement_.get());
    if (!row) return std::unexpected(row.error());
    return {};
}

std::expected<bool, std::string> SqliteStatement::step() {
    const int code = sqlite3_step(statement_.get());
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE) return false;
    return problem(sqlite3_db_handle(statement_.get()));
}

Bytes SqliteStatement::blob(int column) const {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    return {static_cast<const std::uint8_t*>(data),
            static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column))};
}

std::int64_t SqliteStatement::number(int column) const { return sqlite3_column_int64(statement_.get(), column); }

bool SqliteStatement::is_number(int column) const {
    return sqlite3_column_type(statement_.get(), column) == SQLITE_INTEGER;
}

std::expected<SqliteDatabase, std::string> SqliteDatabase::open(const std::string& path) {
    SqliteDatabase opened;
    sqlite3* database = nullptr;
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int code = sqlite3_open_v2(path.c_str(), &database, flags, nullptr);
    opened.database_.reset(database);  // also after a failure, says SQLite
    if (database == nullptr) return std::unexpected("out of memory");
    if (code != SQLITE_OK) return problem(database);
    // A file of somebody else's may hold more than tables.
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
    sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
    return opened;
}

SqliteResult SqliteDatabase::execute(const char* sql) {
    if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK) return problem(database_.get());
    return {};
}

std::expected<SqliteStatement, std::string> SqliteDatabase::prepare(std::string_view sql) {
    SqliteStatement prepared;
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v3(database_.get(), sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                           &statement, nullptr) != SQLITE_OK)
        return problem(database_.get());
    prepared.statement_.reset(statement);
    return prepared;
}

std::expected<std::optional<std::int64_t>, std::string> SqliteDatabase::query_number(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return std::unexpected(std::move(statement.error()));
    const auto row = statement->step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return std::nullopt;
    return statement->number(0);
}

}  // namespace diag::state

#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

struct sqlite3;
struct sqlite3_stmt;

namespace diag::state {

/// What SQLite said, in one line: "disk I/O error (code 778)".
using SqliteResult = std::expected<void, std::string>;

/// A prepared statement; parameters count from 1, columns from 0. Outlived by its database.
class SqliteStatement {
public:
    void bind(int parameter, Bytes blob);  ///< the bytes live until run() or step() is through
    void bind(int parameter, std::int64_t number);

    /// For statements without rows: runs it, and makes it ready for the next time.
    SqliteResult run();
    /// The next row: false when there is none.
    std::expected<bool, std::string> step();

    Bytes blob(int column) const;  ///< valid until the next call of step()
    std::int64_t number(int column) const;
    bool is_number(int column) const;

private:
    friend class SqliteDatabase;
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

/// A database file, for one connection alone.
class SqliteDatabase {
public:
    /// Opens the file, or makes it. Nothing is read or written yet.
    static std::expected<SqliteDatabase, std::string> open(const std::string& path);

    SqliteResult execute(const char* sql);
    std::expected<SqliteStatement, std::string> prepare(std::string_view sql);
    /// The first column of the first row of a query as a number; nullopt without a row.
    std::expected<std::optional<std::int64_t>, std::string> query_number(std::string_view sql);

private:
    struct Close {
        void operator()(sqlite3* database) const;
    };
    std::unique_ptr<sqlite3, Close> database_;
};

}  // namespace diag::state

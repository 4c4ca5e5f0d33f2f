#pragma once

#include "libdiag/state/sqlite_database.h"

namespace diag::state {

/// "KMSR" in the header of a state file (PRAGMA application_id; bytes 68 to 71).
inline constexpr std::uint32_t state_file_id = 0x4B4D5352;
inline constexpr std::int64_t state_file_version = 1;  ///< PRAGMA user_version

/// Opens a state file of the reference host, or makes one where there is none or an empty one, and keeps others out as
/// long as it is open. Refuses, unchanged, what is not such a file, is of another version or damaged, or is in use. The error
/// is one line for people, which names the file (escaped).
///
/// Write-ahead log, synchronous=NORMAL: what was committed survives the end of the process at any moment. Power failure can
/// take the last commits back; it damages nothing.
std::expected<SqliteDatabase, std::string> open_state_file(const std::string& path);

}  // namespace diag::state

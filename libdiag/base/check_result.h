#pragma once

#include <cstdint>
#include <string_view>

namespace diag {

/// What became of one check of a message. "Not checked" says why a report stays silent: something needed was not there.
enum class CheckResult : std::uint8_t { not_checked, passed, failed };

constexpr CheckResult check_result(bool passed) { return passed ? CheckResult::passed : CheckResult::failed; }

/// "not_checked", "passed", "failed": the words of the JSON output.
constexpr std::string_view name_of(CheckResult result) {
    switch (result) {
        case CheckResult::passed: return "passed";
        case CheckResult::failed: return "failed";
        default: return "not_checked";
    }
}

}  // namespace diag

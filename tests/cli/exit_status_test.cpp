#include "libdiag/cli/exit_status.h"

#include <catch2/catch.hpp>

namespace diag::cli {
namespace {

using check::Severity;

TEST_CASE("exit status: the table of the contract, for every severity and every --fail-on", "[cli]") {
    struct Row {
        std::optional<Severity> worst;
        int from_warning, from_critical, never;
    };
    const Row rows[] = {
        {std::nullopt, 0, 0, 0},
        {Severity::info, 0, 0, 0},
        {Severity::warning, 1, 0, 0},
        {Severity::critical, 2, 2, 0},
    };
    for (const Row& row : rows) {
        CAPTURE(static_cast<int>(row.worst.value_or(Severity::info)), row.worst.has_value());
        CHECK(exit_status(row.worst, Severity::warning) == row.from_warning);
        CHECK(exit_status(row.worst, Severity::critical) == row.from_critical);
        CHECK(exit_status(row.worst, std::nullopt) == row.never);
    }
}

TEST_CASE("exit status: information alone is never a failure, even if somebody fails on it", "[cli]") {
    CHECK(exit_status(Severity::info, Severity::info) == 0);
    CHECK(exit_status(Severity::warning, Severity::info) == 1);
}

TEST_CASE("exit status: the numbers are those of the monitoring plugins", "[cli]") {
    CHECK(status_ok == 0);
    CHECK(status_warning == 1);
    CHECK(status_critical == 2);
    CHECK(status_failed == 3);
}

}  // namespace
}  // namespace diag::cli

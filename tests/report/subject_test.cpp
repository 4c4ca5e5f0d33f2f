#include "libdiag/report/subject.h"

#include <catch2/catch.hpp>

#include "tests/report/sample_subjects.h"

namespace diag::report {
namespace {

using check::Severity;

TEST_CASE("subjects: the worst of all decides, and --fail-on which of them count", "[report]") {
    const Subject all[] = {healthy_subject(), warning_subject(), critical_subject()};
    const std::span<const Subject> subjects{all};
    CHECK(alarm_of(subjects, Severity::warning) == Severity::critical);
    CHECK(alarm_of(subjects.first(2), Severity::warning) == Severity::warning);
    CHECK(alarm_of(subjects.first(1), Severity::warning) == std::nullopt);
    CHECK(alarm_of(subjects.first(2), Severity::critical) == std::nullopt);
    CHECK(alarm_of(subjects, Severity::critical) == Severity::critical);
    CHECK(alarm_of(subjects, std::nullopt) == std::nullopt);
    CHECK(alarm_of(subjects.first(0), Severity::warning) == std::nullopt);
}

TEST_CASE("decimals: no exponent, no superfluous zeros, no negative zero", "[report]") {
    CHECK(format_decimal(0) == "0");
    CHECK(format_decimal(-0.0000001) == "0");
    CHECK(format_decimal(12) == "12");
    CHECK(format_decimal(100) == "100");
    CHECK(format_decimal(12.5) == "12.5");
    CHECK(format_decimal(-3.25) == "-3.25");
    CHECK(format_decimal(0.0000125) == "0.000013");
    CHECK(format_decimal(1e15) == "1000000000000000");
}

}  // namespace
}  // namespace diag::report

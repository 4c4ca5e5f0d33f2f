#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"

namespace diag::report {

/// A value that was measured. warn, crit: beyond which it is, or would be, a finding.
struct Metric {
    std::string label;  ///< "connect": what graphs go by, so it never changes its meaning
    double value = 0;   ///< not a number where it could not be measured
    std::string_view
        unit;  ///< a literal of the monitoring plugins: "s", "ms", "us", "%", "B", "c" (a counter), "" (a number)
    std::optional<double> warn = {};
    std::optional<double> crit = {};
};

/// What a run found out about one target: the value that all formats of results render. Its texts may come from a peer.
struct Subject {
    std::string name;                     ///< host:port, a domain
    std::string summary;                  ///< the verdict, one sentence
    std::vector<std::string> notes = {};  ///< what was done on the way to it, a line each
    std::vector<check::Finding> findings = {};
    std::vector<Metric> metrics = {};
    std::chrono::nanoseconds duration{0};
};

/// What of one, or of all, raises an alarm (check::alarm_of).
std::optional<check::Severity> alarm_of(const Subject& subject, std::optional<check::Severity> fail_on);
std::optional<check::Severity> alarm_of(std::span<const Subject> subjects, std::optional<check::Severity> fail_on);

/// "12.5": decimal without exponent, at most six digits behind the point. The value is a number, and finite.
std::string format_decimal(double value);

}  // namespace diag::report

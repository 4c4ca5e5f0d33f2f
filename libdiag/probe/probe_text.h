#pragma once

#include <string>

#include "libdiag/probe/target_report.h"
#include "libdiag/report/text.h"

namespace diag::probe {

/// A target for people: verdict, name, each address with its stages, findings. At most 80 columns.
void append_text(std::string& out, const TargetReport& report, const report::Style& style, bool verbose);

/// One line for an attempt of a series, as ping has it: "3: connect 0.31 ms, bind 0.52 ms".
void append_attempt(std::string& out, std::uint64_t round, const Attempt& attempt, const report::Style& style);

/// What all targets together came to.
struct ProbeSummary {
    std::size_t target_count = 0;
    std::size_t healthy_count = 0;  ///< nothing above info
    std::size_t warning_count = 0;  ///< a warning at worst
    std::size_t critical_count = 0;

    void add(const TargetReport& report);
};
void append_summary(std::string& out, const ProbeSummary& summary);

}  // namespace diag::probe

#pragma once

#include <string_view>

#include "libdiag/check/finding.h"
#include "libdiag/correlate/correlation.h"

namespace diag::check {

/// The evidence of a finding about several contacts: a line for each of the first few, with its packet where there is but one
/// capture, and how many more there were. end() comes last.
class ContactLines {
public:
    static constexpr std::size_t max_count = 8;  ///< lines

    ContactLines(Finding& finding, const correlate::Correlation& correlation)
        : finding_{finding}, correlation_{correlation} {}

    void saw(const correlate::Contact& contact, std::string_view what);
    void end();

private:
    Finding& finding_;
    const correlate::Correlation& correlation_;
    std::size_t count_ = 0;
};

}  // namespace diag::check

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "libdiag/check/consequences.h"
#include "libdiag/check/finding.h"

namespace diag::check {

/// Where evidence is from. The same fault may be seen in several kinds of it.
enum class Witness : std::uint8_t { capture, event_log, saved_output };

/// What all findings of a run come to, whatever evidence they are from: causes, and what follows from each.
///
///     Verdict verdict;
///     for (...) verdict.add(findings, file, Witness::capture);
///     for (const Conclusion& conclusion : verdict.conclusions()) ...
class Verdict {
public:
    /// Different findings (rule and target) that are told apart; a run has a handful. What comes later is only counted.
    static constexpr std::size_t max_count = 1024;

    /// A finding as it was first seen, and how often: the same rule about the same target is one, whoever the client was.
    struct Entry {
        Finding finding;
        std::string source;  ///< the file that it was first seen in
        Witness witness = Witness::capture;
        std::uint64_t count = 0;
    };
    struct Conclusion {
        Entry cause;
        std::vector<Entry> consequences;
    };

    void add(std::span<const Finding> findings, const std::string& source, Witness witness);
    /// Worst first. Trees of mere information are left out. What two kinds of evidence show alike is one finding with both: packets
    /// know a host by its address, a log by its name.
    std::vector<Conclusion> conclusions() const;
    std::uint64_t dropped_count() const { return dropped_count_; }

private:
    void add(const Finding& finding, const std::string& source, Witness witness);

    std::vector<Entry> entries_;
    std::map<std::pair<const Rule*, std::string>, std::size_t> by_target_;
    std::uint64_t dropped_count_ = 0;
};

}  // namespace diag::check

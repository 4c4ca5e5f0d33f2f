#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <span>
#include <string>
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
    /// Different findings of one rule that are told apart; a run has a handful. What comes later is only counted, so that a
    /// scan of many hosts leaves room for everything else.
    static constexpr std::size_t max_count = 32;
    static constexpr std::size_t max_titles = 4;  ///< of findings that count as one

    /// A finding as it was first seen, and how often: the same rule and codes about the same target are one, whoever the client
    /// was. Other titles stand in its evidence.
    struct Entry {
        Finding finding;
        std::string source;  ///< the file that it was first seen in
        Witness witness = Witness::capture;
        std::vector<std::string> titles;  ///< different ones, the first few
        std::uint64_t count = 0;
    };
    struct Conclusion {
        Entry cause;
        std::vector<Entry> consequences;
    };

    void add(std::span<const Finding> findings, const std::string& source, Witness witness);
    /// What is known of hosts that are well: no finding tells it, and it says which host a finding cannot be about.
    KnownHosts& hosts() { return hosts_; }
    /// Worst first. Trees of mere information are left out. What two kinds of evidence show alike is one finding with both: packets
    /// know a host by its address, a log by its name.
    std::vector<Conclusion> conclusions() const;
    std::uint64_t dropped_count() const { return dropped_count_; }

private:
    // What makes findings one. Those of one place differ, so they are numbered.
    struct Key {
        const Rule* rule;
        std::string target;
        std::uint32_t windows_code, inner_code;
        std::size_t number;
        friend auto operator<=>(const Key&, const Key&) = default;
    };
    void add(const Finding& finding, Key key, const std::string& source, Witness witness);

    KnownHosts hosts_;
    std::vector<Entry> entries_;
    std::map<Key, std::size_t> index_;
    std::map<const Rule*, std::size_t> count_of_rule_;
    std::uint64_t dropped_count_ = 0;
};

}  // namespace diag::check

#include "libdiag/check/verdict.h"

#include <algorithm>

namespace diag::check {
namespace {

// What two findings have in common; where they differ the finding is about all.
void keep_common(std::string& kept, const std::string& other) {
    if (kept != other) kept.clear();
}

void keep_common(Subject& kept, const Subject& other) {
    for (const auto part :
         {&Subject::client_address, &Subject::client_name, &Subject::machine_id, &Subject::host, &Subject::domain})
        keep_common(kept.*part, other.*part);
}

}  // namespace

void Verdict::add(std::span<const Finding> findings, const std::string& source) {
    for (const Finding& finding : findings)
        if (finding.rule->severity != Severity::info || is_cause(*finding.rule)) add(finding, source);
}

void Verdict::add(const Finding& finding, const std::string& source) {
    const auto [known, is_new] = by_target_.try_emplace(std::pair{finding.rule, finding.target}, entries_.size());
    if (!is_new) {
        Entry& entry = entries_[known->second];
        ++entry.count;
        return keep_common(entry.finding.about, finding.about);
    }
    if (entries_.size() >= max_count) {
        by_target_.erase(known);
        ++dropped_count_;
        return;
    }
    entries_.push_back({.finding = finding, .source = source, .count = 1});
}

std::vector<Verdict::Conclusion> Verdict::conclusions() const {
    std::vector<Finding> findings;
    for (const Entry& entry : entries_) findings.push_back(entry.finding);
    std::vector<Conclusion> out;
    for (const Cause& cause : causes_among(findings)) {
        Conclusion conclusion{.cause = entries_[cause.finding], .consequences = {}};
        for (const std::size_t i : cause.consequences) conclusion.consequences.push_back(entries_[i]);
        const auto is_told = [](const Entry& entry) { return entry.finding.rule->severity != Severity::info; };
        if (is_told(conclusion.cause) || std::ranges::any_of(conclusion.consequences, is_told))
            out.push_back(std::move(conclusion));
    }
    return out;
}

}  // namespace diag::check

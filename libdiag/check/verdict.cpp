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

bool is_same_fault(const Verdict::Entry& kept, const Verdict::Entry& entry) {
    return kept.witness != entry.witness && kept.finding.rule == entry.finding.rule &&
           !contradict(kept.finding.about, entry.finding.about);
}

// Each finding of another witness adds its evidence to the first one of the same fault.
std::vector<Verdict::Entry> with_witnesses_joined(const std::vector<Verdict::Entry>& entries) {
    std::vector<Verdict::Entry> out;
    for (const Verdict::Entry& entry : entries) {
        const auto same = std::ranges::find_if(out, [&](const auto& kept) { return is_same_fault(kept, entry); });
        if (same == out.end()) {
            out.push_back(entry);
            continue;
        }
        auto& evidence = same->finding.evidence;
        evidence.insert(evidence.end(), entry.finding.evidence.begin(), entry.finding.evidence.end());
        same->count += entry.count;
    }
    return out;
}

}  // namespace

void Verdict::add(std::span<const Finding> findings, const std::string& source, Witness witness) {
    for (const Finding& finding : findings)
        if (finding.rule->severity != Severity::info || is_cause(*finding.rule)) add(finding, source, witness);
}

void Verdict::add(const Finding& finding, const std::string& source, Witness witness) {
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
    entries_.push_back({.finding = finding, .source = source, .witness = witness, .count = 1});
}

std::vector<Verdict::Conclusion> Verdict::conclusions() const {
    const std::vector<Entry> entries = with_witnesses_joined(entries_);
    std::vector<Finding> findings;
    for (const Entry& entry : entries) findings.push_back(entry.finding);
    std::vector<Conclusion> out;
    for (const Cause& cause : causes_among(findings)) {
        Conclusion conclusion{.cause = entries[cause.finding], .consequences = {}};
        for (const std::size_t i : cause.consequences) conclusion.consequences.push_back(entries[i]);
        const auto is_told = [](const Entry& entry) { return entry.finding.rule->severity != Severity::info; };
        if (is_told(conclusion.cause) || std::ranges::any_of(conclusion.consequences, is_told))
            out.push_back(std::move(conclusion));
    }
    return out;
}

}  // namespace diag::check

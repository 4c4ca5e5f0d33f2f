#include "libdiag/check/verdict.h"

#include <algorithm>
#include <set>
#include <utility>

#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

// The same of another client, or about another product.
void note_title(Verdict::Entry& entry, const std::string& title) {
    if (entry.titles.size() == Verdict::max_titles || std::ranges::count(entry.titles, title) > 0) return;
    entry.titles.push_back(title);
    entry.finding.evidence.push_back(lang::say("likewise: {}", title));
}

bool is_same_fault(const Verdict::Entry& kept, const Verdict::Entry& entry) {
    return kept.witness != entry.witness && kept.finding.rule == entry.finding.rule &&
           (is_same_place(kept.finding.about, entry.finding.about) ||
            !contradict(kept.finding.about, entry.finding.about));
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
        add_known(same->finding.about, entry.finding.about);
        auto& evidence = same->finding.evidence;
        evidence.insert(evidence.end(), entry.finding.evidence.begin(), entry.finding.evidence.end());
        same->count += entry.count;
    }
    return out;
}

}  // namespace

void Verdict::add(std::span<const Finding> findings, const std::string& source, Witness witness) {
    std::set<Key> here;
    for (const Finding& finding : findings) {
        if (finding.rule->severity == Severity::info && !is_cause(*finding.rule)) continue;
        Key key{finding.rule, finding.target, finding.shown_windows_code(), finding.shown_inner_code(), 0};
        while (!here.insert(key).second) ++key.number;
        add(finding, std::move(key), source, witness);
    }
}

void Verdict::add(const Finding& finding, Key key, const std::string& source, Witness witness) {
    if (const auto known = index_.find(key); known != index_.end()) {
        Entry& entry = entries_[known->second];
        ++entry.count;
        note_title(entry, finding.title);
        return keep_common(entry.finding.about, finding.about);
    }
    std::size_t& count = count_of_rule_[finding.rule];
    if (count == max_count) {
        ++dropped_count_;
        return;
    }
    ++count;
    index_.emplace(std::move(key), entries_.size());
    entries_.push_back(
        {.finding = finding, .source = source, .witness = witness, .titles = {finding.title}, .count = 1});
}

std::vector<Verdict::Conclusion> Verdict::conclusions() const {
    const std::vector<Entry> entries = with_witnesses_joined(entries_);
    std::vector<Finding> findings;
    findings.reserve(entries.size());
    for (const Entry& entry : entries) findings.push_back(entry.finding);
    std::vector<Conclusion> out;
    for (const Cause& cause : causes_among(findings, hosts_)) {
        Conclusion conclusion{.cause = entries[cause.finding], .consequences = {}};
        for (const std::size_t i : cause.consequences) conclusion.consequences.push_back(entries[i]);
        const auto is_told = [](const Entry& entry) { return entry.finding.rule->severity != Severity::info; };
        if (is_told(conclusion.cause) || std::ranges::any_of(conclusion.consequences, is_told))
            out.push_back(std::move(conclusion));
    }
    return out;
}

}  // namespace diag::check

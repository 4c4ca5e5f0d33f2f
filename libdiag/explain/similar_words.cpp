#include <algorithm>
#include <array>

#include "libdiag/base/line_text.h"
#include "libdiag/check/rules.h"
#include "libdiag/explain/events.h"
#include "libdiag/explain/look_up.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::explain {
namespace {

constexpr std::size_t max_size = 64;
constexpr std::size_t most_words = 3;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Characters to insert, leave out, replace or swap with a neighbour, to make `b` of `a` (optimal string alignment).
std::size_t distance(std::string_view a, std::string_view b) {
    std::array<std::size_t, max_size + 1> before{}, row{}, next{};
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        next[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = row[j - 1] + (lower(a[i - 1]) == lower(b[j - 1]) ? 0 : 1);
            next[j] = std::min({row[j] + 1, next[j - 1] + 1, replaced});
            const bool swapped =
                i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) && lower(a[i - 2]) == lower(b[j - 1]);
            if (swapped) next[j] = std::min(next[j], before[j - 2] + 1);
        }
        before = row;
        row = next;
    }
    return row[b.size()];
}

struct Candidate {
    std::size_t distance;
    std::string_view word;
    auto operator<=>(const Candidate&) const = default;
};

class Search {
public:
    explicit Search(std::string_view word) : word_{word}, limit_{std::clamp<std::size_t>(word.size() / 4, 1, 4)} {}

    void consider(std::string_view known) {
        if (known.empty() || known.size() > max_size) return;
        const std::size_t sizes = std::max(known.size(), word_.size()) - std::min(known.size(), word_.size());
        if (sizes > limit_) return;
        const std::size_t far = distance(word_, known);
        if (far <= limit_) found_.push_back({far, known});
    }

    std::vector<std::string> nearest() {
        std::ranges::sort(found_);
        std::vector<std::string> words;
        for (const Candidate& candidate : found_) {
            const bool is_far = candidate.distance > found_.front().distance + 1;
            if (is_far || words.size() == most_words) break;
            words.emplace_back(candidate.word);
        }
        return words;
    }

private:
    std::string_view word_;
    std::size_t limit_;
    std::vector<Candidate> found_;
};

}  // namespace

std::vector<std::string> similar_words(std::string_view text) {
    const std::string_view word = trimmed(text);
    if (word.size() < 2 || word.size() > max_size) return {};
    constexpr std::string_view prefix = "KMS-";
    Search search{word};
    for (const check::Rule* rule : check::all_rules()) {
        search.consider(rule->id);
        if (!starts_with_word(word, prefix)) search.consider(rule->id.substr(prefix.size()));
    }
    for (const kms::ErrorCode& error : kms::all_errors()) {
        search.consider(error.key);
        if (error.has_code() && !starts_with_word(word, "0x")) search.consider(error.key.substr(2));
        search.consider(error.symbol.substr(0, error.symbol.find(' ')));
    }
    for (const Event& event : all_events()) search.consider(event.key);
    return search.nearest();
}

}  // namespace diag::explain

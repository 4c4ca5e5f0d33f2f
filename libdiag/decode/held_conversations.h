#pragma once

#include <array>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/decode/annotations.h"
#include "libdiag/dissect/conversation.h"

namespace diag::decode {

/// What is noted and printed of a conversation.
struct Told {
    std::vector<check::Finding> findings;
    std::string text;
    std::vector<Annotation> annotations;  ///< of the findings; few and short, so they do not count for max_size
};

/// One host that a client tried, of the hosts that one search in DNS gave it.
struct Attempt {
    std::string query;
    std::uint64_t question = 0;  ///< its packet, which no other search has
    Endpoint host;
    std::string target;
    Timestamp began;
};

/// Conversations that failed with one of several hosts. They are told when it is known whether another one served the client in
/// the same search: then it was passed over, and the search succeeded. Bounded in number, size and time of the capture; past
/// the limits a failure is told as one.
class HeldConversations {
public:
    static constexpr std::size_t max_count = 64;
    static constexpr std::size_t max_size = std::size_t{1} << 20;  ///< bytes of text
    static constexpr std::size_t max_served = 1024;                ///< searches known to have succeeded
    static constexpr std::int64_t patience_ns = 60'000'000'000;

    /// What became of the client after the failure.
    enum class Sequel : std::uint8_t { none, other_host, other_address };
    struct Held {
        Attempt attempt;
        Timestamp since;
        std::array<Told, 3> told;  ///< by Sequel
    };

    /// Nothing where the client knew no other host, or where more of the conversation is told elsewhere.
    static std::optional<Attempt> attempt_of(const dissect::Conversation& conversation);

    /// These return what can be told now, in the order of the attempts.
    std::vector<Told> hold(Held held);
    std::vector<Told> on_served(const Attempt& attempt);
    std::vector<Told> take_due(Timestamp now);
    std::vector<Told> take_all();
    bool is_empty() const { return held_.empty(); }

private:
    using Search = std::pair<std::string, std::uint64_t>;
    static Search search_of(const Attempt& a) { return {a.query, a.question}; }
    static Sequel sequel_of(const Attempt& failed, const Attempt& served);
    Told take(std::size_t index, Sequel sequel);

    std::deque<Held> held_;
    std::size_t size_ = 0;
    std::map<Search, Attempt> served_;  ///< the last that succeeded
};

}  // namespace diag::decode

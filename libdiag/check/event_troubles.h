#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/check/event_join.h"
#include "libdiag/check/event_verdict.h"

// From joined logs to what the rules of event_findings.h look at.

namespace diag::check {

/// What went wrong for one client, and was not made up for since.
struct ClientTrouble {
    const ClientHistory* client = nullptr;
    const RequestStep* step = nullptr;
    StepVerdict verdict;
    std::uint32_t summary_code = 0;  ///< of the 8198 behind the last host that was tried; 0: none
    std::string covering_host;       ///< the computer whose log covers that time and has no 12290 of it; empty: none
};

/// The same trouble of all clients that have it, at one host.
struct SharedTrouble {
    enum class Kind : std::uint8_t {
        failed,       ///< ClientTrouble::verdict says by which rule
        unanswered,   ///< no word of an answer in a log that goes on
        not_on_host,  ///< answered, and the log of the host knows nothing of the request
    } kind = Kind::failed;
    const JoinedEvents* events = nullptr;
    std::string host;    ///< that was asked; empty where nothing tells
    std::string target;  ///< the host, else the client
    std::vector<ClientTrouble> cases;

    const ClientTrouble& first() const { return cases.front(); }
    /// The code of `failed`: the host's, else the client's.
    std::uint32_t code() const { return first().verdict.code(); }
};

/// A client that failed for a product, and was served later.
struct Recovery {
    const ClientHistory* client = nullptr;
    const RequestStep* last_failed = nullptr;
    std::uint32_t last_code = 0;
    std::size_t failed_count = 0;
    windows::PlacedTime served;
};

/// What logs say that is no trouble of a client now.
struct LoggedState {
    static constexpr std::size_t max_recoveries = 12;

    const JoinedEvents* events = nullptr;
    std::vector<Recovery> recoveries;  ///< at most `max_recoveries`
    std::size_t recovery_count = 0;
    std::vector<EventRef> failed_publications;  ///< of each domain and host the newest, where it failed
};

struct EventTroubles {
    std::vector<SharedTrouble> troubles;  ///< in the order in which they first appear
    LoggedState state;
};

/// Of each client and product the state at the end. `events` must outlive the result.
EventTroubles troubles_of(const JoinedEvents& events);

}  // namespace diag::check

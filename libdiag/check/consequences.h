#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/known_hosts.h"

/// What follows from what: the table that makes one cause and its consequences of several findings.
namespace diag::check {

/// Which kinds of evidence can be behind a finding.
struct Consequence {
    /// What has to hold besides the rules.
    enum class Tie : std::uint8_t {
        none,
        same_code,     ///< Windows shows the same code for both
        no_record,     ///< the effect has a code for a record that does not exist
        usual_port,    ///< the effect is about port 1688, and the host may be the same
        same_machine,  ///< both are about the same client, for certain
        only_client,   ///< the same code, of a client without a trace of KMS, and no other client could be meant
    };
    std::span<const Rule* const> effects;
    std::span<const Rule* const> causes;
    Tie tie = Tie::none;
};

/// The table. A rule that is a cause in one row may be an effect in another; there is no circle.
std::span<const Consequence> all_consequences();

/// Whether something can follow from findings of this rule.
bool is_cause(const Rule& rule);

/// Whether `effect` can follow from `cause`: a row of the table says so, and they are not about different things.
bool can_follow(const Finding& effect, const Finding& cause);

/// The finding of `among` from which `effect` follows, the likeliest where several could be behind it: what has the same
/// target before others, then what is worse, then what a client meets first. nullopt where it is a cause itself.
std::optional<std::size_t> cause_of(const Finding& effect, std::span<const Finding> among,
                                    const KnownHosts& hosts = {});

/// A finding that follows from no other, and those that follow from it, directly or through others; indices into the findings.
struct Cause {
    std::size_t finding = 0;
    std::vector<std::size_t> consequences;  ///< in the order of the findings
};

/// The highest severity of a cause and what follows from it.
Severity worst_of(const Cause& cause, std::span<const Finding> findings);

/// Each finding once: as a cause, or below one. The causes with the worst that follows from them first, then in the order in
/// which a client meets them; otherwise as given.
std::vector<Cause> causes_among(std::span<const Finding> findings, const KnownHosts& hosts = {});

}  // namespace diag::check

#pragma once

#include "libdiag/discover/discovery.h"
#include "libdiag/probe/target_report.h"

namespace diag::probe {

/// The hosts that DNS names to a client, and what came of probing them.
struct Published {
    discover::Discovery discovery;
    std::vector<TargetReport> targets;   ///< in the order in which a client tries them
    bool stopped = false;                ///< before all were tried: what a client comes to is not known
    std::optional<std::size_t> reached;  ///< the first of them that works, once it is judged
};

/// Whom to probe: the host by its name.
Target target_of(const discover::Host& host);

/// Says of each target which record names it. A client goes on to the next host: where one works, those that fail stop nobody,
/// and are skipped (KMS-HOST-SKIPPED).
void judge(Published& published);

/// The finding that decides what a client comes to; nullptr when nothing is wrong.
const check::Finding* deciding(const Published& published);

/// The code that a client ends with; 0 when it gets to a host, or that is not known.
std::uint32_t windows_code_of(const Published& published);

/// "a client gets to kms2.example.test:1688, published in example.test; 1 host before it fails".
std::string verdict_text(const Published& published);

}  // namespace diag::probe

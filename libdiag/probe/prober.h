#pragma once

#include <atomic>
#include <functional>
#include <span>

#include "libdiag/net/dialogs.h"
#include "libdiag/probe/target_report.h"

namespace diag::probe {

struct ProbeSettings {
    std::chrono::milliseconds timeout{5'000};  ///< of each stage: look-up, connect, bind, request
    std::size_t concurrency = 64;
    unsigned rate = 100;  ///< new connections a second; 0: as fast as it goes
    bool v4 = true;
    bool v6 = true;
    std::uint64_t round_count = 1;              ///< attempts for each address; 0: until stopped
    std::chrono::milliseconds interval{1'000};  ///< from the beginning of one round to that of the next
    bool mapper = false;                        ///< also try the endpoint mapper on TCP 135
    bool sizes = false;                         ///< also try binds of growing size, to see what the way carries
    bool search = true;                         ///< names of targets may lack a DNS suffix; those from DNS never do
    std::vector<Endpoint> dns_servers = {};     ///< asked for names instead of those of this machine
    std::vector<kms::BaseRequest> requests;     ///< sent in each attempt; none: only bind, which leaves no trace
    kms::KeyProfile profile = kms::lab_profile();
    const std::atomic<bool>* stop = nullptr;  ///< when it becomes true the probe ends, and reports what was tried
};

/// What is told while the work goes on.
struct ProbeEvents {
    /// An attempt is over: `target` counts from 0, `round` from 1.
    std::function<void(std::size_t target, std::uint64_t round, const Attempt& attempt)> on_attempt = [](auto...) {};
    /// All of a target is known: called in the order in which the targets were given.
    std::function<void(TargetReport report)> on_target = [](auto) {};
    /// So many of all targets are done.
    std::function<void(std::size_t done, std::size_t all)> on_progress = [](auto...) {};
};

/// How a probe ended.
struct ProbeEnd {
    bool stopped = false;
    std::optional<std::string> problem;  ///< this machine could not do it (ports, descriptors): one line for people
};

/// Looks names up, then connects, binds and, when told, requests: every address of every target.
ProbeEnd probe(std::vector<Target> targets, const ProbeSettings& settings, const ProbeEvents& events);

}  // namespace diag::probe

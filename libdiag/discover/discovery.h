#pragma once

#include <atomic>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/session/client_domains.h"
#include "libdiag/session/srv_check.h"

namespace diag::discover {

/// Where a client would look for hosts.
struct DiscoverySettings {
    std::optional<std::string> domain;         ///< this domain only, as after slmgr /skms-domain; else this machine's
    std::vector<Endpoint> servers = {};        ///< asked in this order until one answers; none: those of this machine
    std::chrono::milliseconds timeout{5'000};  ///< of each question
    const std::atomic<bool>* stop = nullptr;
};

/// One domain that was asked for the service. Move-only, as its evidence is.
struct Lookup {
    session::Candidate candidate;
    session::SrvEvidence evidence;         ///< of the SRV record; addresses are not asked for
    std::vector<check::Finding> findings;  ///< what is in this client's way
};

/// A host that a client tries, and the record that names it. Text of a peer: escape it.
struct Host {
    session::ServiceRecord record;
    std::string domain;  ///< under which it is published
    Endpoint server;     ///< which said so
};

struct Discovery {
    std::optional<std::string> domain;  ///< the only one that was searched
    std::vector<Lookup> lookups;        ///< in the order in which a client asks
    std::vector<Host> hosts;            ///< in the order in which a client tries them, each once
    std::size_t left_out_count = 0;     ///< hosts beyond max_host_count
    bool stopped = false;
    std::optional<std::string> problem;  ///< nothing could be asked: one line for people
};

inline constexpr std::size_t max_host_count = 64;

/// Asks DNS for hosts as a client does: one domain after the other until one names hosts. Where no client is documented to look
/// (session::Candidate) is asked only when nothing else is left, and a host there is said, not taken.
Discovery discover(const DiscoverySettings& settings);

/// This machine as a client: the domain of its name, then its search list (resolv.conf, LOCALDOMAIN).
session::ClientDns own_client();

/// A whole answer names a host. (Of a truncated one nothing counts, RFC 2181 9.)
bool names_host(const session::SrvEvidence& evidence);

/// All findings of the search, in the order of check::rank_of().
std::vector<check::Finding> findings_of(const Discovery& discovery);

}  // namespace diag::discover

#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <span>

#include "libdiag/session/name_evidence.h"

namespace diag::net {

struct NameSettings {
    std::chrono::milliseconds timeout{5'000};  ///< of one look-up, all servers and repetitions included
    bool v4 = true;
    bool v6 = true;
    bool search = true;                  ///< also below the DNS suffixes of this machine; false: names are whole
    std::size_t concurrency = 256;       ///< look-ups at once
    std::vector<Endpoint> servers = {};  ///< to be asked instead of those of the system; the hosts file is read anyway
    const std::atomic<bool>* stop = nullptr;  ///< when it becomes true, what is open is given up
};

/// Look-ups with c-ares, as the system is configured (resolv.conf, nsswitch.conf, hosts): many at once, on one thread.
/// Blocks until all are done. An answer that came too late or never is NameEnd::no_answer, a look-up that was given up
/// NameEnd::pending.
class NameClient {
public:
    using OnName = std::function<void(std::size_t index, session::NameEvidence evidence)>;

    /// Throws std::runtime_error when c-ares does not start (no memory, an unreadable resolv.conf).
    explicit NameClient(const NameSettings& settings);
    ~NameClient();

    /// `done` is called once for each name, in the order in which they are answered. At most 64 addresses of a name are kept.
    void resolve(std::span<const std::string> names, const OnName& done);

    /// The DNS suffixes of this machine, in the order in which names are tried with them (resolv.conf: search, domain; else
    /// the domain of the host's name).
    std::vector<std::string> search_list() const;

private:
    class Channel;
    void resolve_with(Channel& channel, std::span<const std::string> names, const OnName& done);

    NameSettings settings_;
    std::unique_ptr<Channel> channel_;
};

}  // namespace diag::net

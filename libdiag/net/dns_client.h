#pragma once

#include <atomic>
#include <functional>
#include <memory>

#include "libdiag/session/dns_query.h"

namespace diag::net {

struct DnsClientSettings {
    std::chrono::milliseconds timeout{5'000};  ///< of one query, its repetition included
    const std::atomic<bool>* stop = nullptr;   ///< when it becomes true, run() returns; what is open then has no reply
};

/// Sends DNS queries to the servers that they name and hands over the answers as they came: no search list, no cache, no other
/// server when one fails, no TCP when an answer is truncated. All that is for whoever asks (session/srv_check.h). On c-ares,
/// which makes ids, repeats over UDP once, and drops what does not fit id, question and server.
class DnsClient {
public:
    using OnReply = std::function<void(std::uint64_t tag, session::DnsReply reply)>;

    /// Throws std::runtime_error when c-ares does not start.
    DnsClient(const DnsClientSettings& settings, OnReply on_reply);
    ~DnsClient();

    /// Sends it; the reply comes in run(), also that of a query that cannot be sent.
    void ask(std::uint64_t tag, session::DnsQuery query);
    std::size_t open_count() const;

    /// Until nothing is open and `more` says no. `more` is called before each wait: it may ask() and says whether it will again,
    /// at the latest after `pause`.
    struct More {
        bool later = false;
        std::chrono::milliseconds pause{200};
    };
    void run(const std::function<More()>& more);

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

/// The DNS servers of this machine (resolv.conf), in their order; a port other than 53 only where c-ares knows one.
std::vector<Endpoint> system_dns_servers();

}  // namespace diag::net

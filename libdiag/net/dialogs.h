#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <vector>

#include "libdiag/session/connect_evidence.h"
#include "libdiag/session/kms_client.h"

namespace diag::net {

/// One conversation to have: where to connect, how to bind, and which requests to send (none: bind only, which leaves no
/// trace on a host).
struct DialogOrder {
    Endpoint target;
    session::RpcClientSettings rpc;
    std::vector<kms::BaseRequest> requests;
    std::uint64_t tag = 0;  ///< the caller's, handed back
};

/// What came of it. Text in it is a peer's: escape it.
struct DialogReport {
    std::uint64_t tag = 0;
    session::ConnectEvidence connect;
    session::RpcEvidence rpc;
    std::vector<session::KmsExchange> exchanges;
};

struct DialogSettings {
    std::chrono::milliseconds connect_timeout{10'000};
    std::size_t concurrency = 64;             ///< conversations at once; lowered to what the process may have open
    unsigned rate = 0;                        ///< new connections a second; 0: as fast as it goes
    const std::atomic<bool>* stop = nullptr;  ///< when it becomes true (a signal handler may do it), as stop()
};

/// Has conversations with KMS hosts, many at once, on one thread.
///
/// run() asks `next` for orders until it gives none, never holds more than `concurrency` of them open, and hands each report
/// to `done` when its conversation is over, in the order in which they end. Returns when all are over, or soon after stop().
///
///     Dialogs dialogs{{.concurrency = 256}, kms::lab_profile()};
///     dialogs.run([&] { return take_order(); }, [&](DialogReport report) { judge(report); });
class Dialogs {
public:
    using Next = std::function<std::optional<DialogOrder>()>;
    using Done = std::function<void(DialogReport)>;

    Dialogs(DialogSettings settings, const kms::KeyProfile& profile);
    ~Dialogs();

    void run(Next next, Done done);
    /// No new conversations, and those under way end at once without a report. May be called from `next`, `done`, or a
    /// signal handler's thread.
    void stop();

private:
    class Loop;
    std::unique_ptr<Loop> loop_;
};

}  // namespace diag::net

#pragma once

#include <memory>
#include <vector>

#include "libdiag/dissect/flow.h"

namespace diag::dissect {

/// The live flows: reused, so that a new connection rarely allocates; counted, by number and by bytes, so that memory can be
/// bounded; and in the order of their last activity, so that those that were silent the longest can go first.
///
/// A Flow stays at its address while the pool lives. Flow::pool_index finds it again until it is released; whoever keeps an
/// index for longer compares Flow::serial.
class FlowPool {
public:
    /// A new flow, the most recently active.
    Flow& acquire(std::uint64_t serial, const Endpoint& client, const Endpoint& host);
    void release(Flow& flow);
    /// nullptr when no flow in use has this index.
    Flow* at(std::uint32_t index);

    /// The flow was active just now.
    void touch(const Flow& flow);
    /// Counts the bytes that the flow has by now in place of those that it had. Returns them.
    std::size_t charge(const Flow& flow);

    std::size_t count() const { return count_; }    ///< of the flows in use
    std::size_t memory() const { return memory_; }  ///< bytes that they were charged for
    /// The flow that was silent the longest; nullptr when there is no other than the most recently active.
    Flow* silent_longest();
    /// All flows in use, by serial.
    std::vector<Flow*> all();

private:
    static constexpr std::uint32_t none = UINT32_MAX;
    struct Pooled {
        Flow flow;
        bool used = false;
        std::size_t charged_size = 0;
        std::uint32_t newer = none, older = none;  ///< list by last activity; indexes
    };

    void link_newest(std::uint32_t index);
    void unlink(std::uint32_t index);

    std::vector<std::unique_ptr<Pooled>> pool_;
    std::vector<std::uint32_t> free_;
    std::uint32_t newest_ = none, oldest_ = none;
    std::size_t count_ = 0;
    std::size_t memory_ = 0;
};

}  // namespace diag::dissect

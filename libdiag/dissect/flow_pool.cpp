#include "libdiag/dissect/flow_pool.h"

#include <algorithm>

namespace diag::dissect {

Flow& FlowPool::acquire(std::uint64_t serial, const Endpoint& client, const Endpoint& host) {
    std::uint32_t index = 0;
    if (free_.empty()) {
        index = static_cast<std::uint32_t>(pool_.size());
        pool_.push_back(std::make_unique<Pooled>());
    } else {
        index = free_.back();
        free_.pop_back();
    }
    Pooled& pooled = *pool_[index];
    pooled.used = true;
    pooled.flow.reset(serial, client, host);
    pooled.flow.pool_index = index;
    ++count_;
    link_newest(index);
    return pooled.flow;
}

void FlowPool::release(Flow& flow) {
    const std::uint32_t index = flow.pool_index;
    unlink(index);
    Pooled& pooled = *pool_[index];
    memory_ -= pooled.charged_size;
    pooled.charged_size = 0;
    pooled.used = false;
    pooled.flow.reset(0, {}, {});
    free_.push_back(index);
    --count_;
}

Flow* FlowPool::at(std::uint32_t index) {
    if (index >= pool_.size() || !pool_[index]->used) return nullptr;
    return &pool_[index]->flow;
}

void FlowPool::touch(const Flow& flow) {
    if (newest_ == flow.pool_index) return;
    unlink(flow.pool_index);
    link_newest(flow.pool_index);
}

std::size_t FlowPool::charge(const Flow& flow) {
    Pooled& pooled = *pool_[flow.pool_index];
    const std::size_t size = flow.memory_size();
    memory_ = memory_ - pooled.charged_size + size;
    pooled.charged_size = size;
    return size;
}

Flow* FlowPool::silent_longest() {
    if (oldest_ == none || oldest_ == newest_) return nullptr;
    return &pool_[oldest_]->flow;
}

std::vector<Flow*> FlowPool::all() {
    std::vector<Flow*> flows;
    for (const auto& pooled : pool_)
        if (pooled->used) flows.push_back(&pooled->flow);
    std::sort(flows.begin(), flows.end(), [](const Flow* a, const Flow* b) { return a->serial < b->serial; });
    return flows;
}

void FlowPool::link_newest(std::uint32_t index) {
    Pooled& pooled = *pool_[index];
    pooled.older = newest_;
    pooled.newer = none;
    if (newest_ != none) pool_[newest_]->newer = index;
    newest_ = index;
    if (oldest_ == none) oldest_ = index;
}

void FlowPool::unlink(std::uint32_t index) {
    Pooled& pooled = *pool_[index];
    if (pooled.older != none) pool_[pooled.older]->newer = pooled.newer;
    if (pooled.newer != none) pool_[pooled.newer]->older = pooled.older;
    if (newest_ == index) newest_ = pooled.older;
    if (oldest_ == index) oldest_ = pooled.newer;
    pooled.older = none;
    pooled.newer = none;
}

}  // namespace diag::dissect

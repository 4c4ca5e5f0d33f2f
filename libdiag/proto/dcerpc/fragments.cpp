#include "libdiag/proto/dcerpc/fragments.h"

#include <algorithm>

namespace diag::dcerpc {

std::optional<JoinedStub> FragmentJoiner::add(const Pdu& pdu) {
    if (pdu.request() == nullptr && pdu.response() == nullptr) return std::nullopt;
    if (pdu.header.has(flag::whole)) {
        return JoinedStub{.call_id = pdu.header.call_id, .type = pdu.type(), .fragment_count = 1, .stub = pdu.stub()};
    }
    const std::size_t index = open_call(pdu);
    append(open_[index], pdu.stub());
    if (!pdu.header.has(flag::last_frag)) return std::nullopt;
    Call done = std::move(open_[index]);
    open_.erase(open_.begin() + static_cast<std::ptrdiff_t>(index));
    return give(std::move(done));
}

// The call that this fragment belongs to; begun anew by a first fragment, or by any other whose beginning was not seen.
std::size_t FragmentJoiner::open_call(const Pdu& pdu) {
    const bool is_first = pdu.header.has(flag::first_frag);
    const auto found = std::find_if(open_.begin(), open_.end(), [&](const Call& call) {
        return call.call_id == pdu.header.call_id && call.type == pdu.type();
    });
    if (found != open_.end() && !is_first) return static_cast<std::size_t>(found - open_.begin());

    const auto giving_way = found != open_.end()                 ? found
                            : open_.size() >= limits_.call_count ? open_.begin()
                                                                 : open_.end();
    if (giving_way != open_.end()) {
        if (abandoned_.size() >= limits_.call_count) abandoned_.erase(abandoned_.begin());
        abandoned_.push_back(std::move(*giving_way));
        open_.erase(giving_way);
    }
    Call& call = open_.emplace_back();
    call.call_id = pdu.header.call_id;
    call.type = pdu.type();
    call.missing_first = !is_first;
    return open_.size() - 1;
}

void FragmentJoiner::append(Call& call, Bytes stub) {
    const std::size_t room = limits_.stub_size - call.stub.size();
    if (call.over_limit || call.fragment_count >= limits_.fragment_count || stub.size() > room) {
        call.over_limit = true;
        return;
    }
    ++call.fragment_count;
    call.stub.insert(call.stub.end(), stub.begin(), stub.end());
}

JoinedStub FragmentJoiner::give(Call&& call) {
    given_ = std::move(call);
    return {.call_id = given_.call_id,
            .type = given_.type,
            .fragment_count = given_.fragment_count,
            .missing_first = given_.missing_first,
            .missing_last = false,
            .over_limit = given_.over_limit,
            .stub = given_.stub};
}

std::optional<JoinedStub> FragmentJoiner::take_unfinished(bool all) {
    auto& from = !abandoned_.empty() ? abandoned_ : open_;
    if (from.empty() || (abandoned_.empty() && !all)) return std::nullopt;
    Call call = std::move(from.front());
    from.erase(from.begin());
    JoinedStub joined = give(std::move(call));
    joined.missing_last = true;
    return joined;
}

}  // namespace diag::dcerpc

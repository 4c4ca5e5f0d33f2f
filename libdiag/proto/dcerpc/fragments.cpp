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

namespace {

constexpr std::size_t object_size = 16;
constexpr std::size_t call_header_size = header_size + 8;  // of a request and of a response alike

// `call` with the `size` bytes of its stub from `at` on.
Pdu cut_fragment(const Pdu& call, std::size_t at, std::size_t size) {
    Pdu pdu;
    pdu.header = call.header;
    const Bytes whole = call.stub();
    const auto fill = [&](auto body) {
        body.alloc_hint = static_cast<std::uint32_t>(whole.size() - at);
        body.stub = whole.subspan(at, size);
        pdu.body = body;
    };
    if (const Request* request = call.request()) {
        fill(*request);
    } else if (const Response* response = call.response()) {
        fill(*response);
    }
    const bool is_last = at + size == whole.size();
    const unsigned others = call.header.pfc_flags & ~unsigned{flag::whole};
    pdu.header.pfc_flags =
        static_cast<std::uint8_t>(others | (at == 0 ? flag::first_frag : 0U) | (is_last ? flag::last_frag : 0U));
    return pdu;
}

}  // namespace

std::vector<ByteVector> encode_fragments(const Pdu& call, std::size_t max_frag_size) {
    const bool has_object = call.request() != nullptr && call.request()->object;
    const std::size_t extra_size = has_object ? object_size : 0;
    const std::size_t room = std::max(max_frag_size, min_frag_size + extra_size) - call_header_size - extra_size;
    const std::size_t whole_size = call.stub().size();
    std::vector<ByteVector> fragments;
    for (std::size_t at = 0; at < whole_size || at == 0;) {
        const std::size_t left = whole_size - at;
        const std::size_t size = left <= room ? left : room / 8 * 8;
        fragments.push_back(encode_pdu(cut_fragment(call, at, size)));
        at += size;
        if (size == 0) break;  // a call without a stub is one PDU
    }
    return fragments;
}

}  // namespace diag::dcerpc

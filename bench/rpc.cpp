#include "bench/rpc.h"

#include <algorithm>
#include <string>

#include "libdiag/wire/writer.h"

namespace diag::bench::rpc {
namespace {

enum Type : std::uint8_t {
    type_request = 0,
    type_response = 2,
    type_bind = 11,
    type_bind_ack = 12,
    type_alter = 14,
    type_alter_resp = 15
};
constexpr std::uint8_t whole = 0x03;
constexpr std::uint8_t whole_multiplexed = 0x13;
constexpr std::uint16_t max_fragment_size = 5840;
constexpr std::uint32_t referent_id = 0x0002'0000;

Writer start(Type type, std::uint8_t flags, std::uint32_t call_id) {
    Writer w;
    w.u8(5);
    w.u8(0);
    w.u8(type);
    w.u8(flags);
    w.u32(0x10);  // little-endian, ASCII, IEEE
    w.u16(0);     // frag_length: finish()
    w.u16(0);     // auth_length
    w.u32(call_id);
    return w;
}

ByteVector finish(Writer& w) {
    w.patch_u16(8, static_cast<std::uint16_t>(w.size()));
    return w.take();
}

void put_association(Writer& w, std::uint32_t assoc_group) {
    w.u16(max_fragment_size);
    w.u16(max_fragment_size);
    w.u32(assoc_group);
}

ByteVector offer(Type type, std::uint32_t call_id, const Interface& interface, std::span<const Syntax> syntaxes) {
    Writer w = start(type, whole_multiplexed, call_id);
    put_association(w, 0);
    w.u32(static_cast<std::uint32_t>(syntaxes.size()));
    for (std::size_t id = 0; id < syntaxes.size(); ++id) {
        w.u16(static_cast<std::uint16_t>(id));
        w.u16(1);  // transfer syntaxes of this context
        w.uuid(interface.uuid);
        w.u16(interface.major);
        w.u16(interface.minor);
        w.uuid(syntaxes[id].uuid);
        w.u32(syntaxes[id].version);
    }
    return finish(w);
}

struct Result {
    std::uint16_t result, reason;
    Syntax syntax;
};

ByteVector answer(Type type, std::uint8_t flags, std::uint32_t call_id, std::uint32_t assoc_group,
                  const std::string& secondary_address, std::span<const Result> results) {
    Writer w = start(type, flags, call_id);
    put_association(w, assoc_group);
    w.u16(secondary_address.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(secondary_address.size() + 1));
    w.bytes(bytes_of(secondary_address));
    if (!secondary_address.empty()) w.u8(0);
    w.align(4);
    w.u32(static_cast<std::uint32_t>(results.size()));
    for (const auto& [result, reason, syntax] : results) {
        w.u16(result);
        w.u16(reason);
        w.uuid(syntax.uuid);
        w.u32(syntax.version);
    }
    return finish(w);
}

bool same(const Syntax& a, const Syntax& b) { return a.uuid == b.uuid; }

}  // namespace

ByteVector bind(std::uint32_t call_id, const Interface& interface, std::span<const Syntax> syntaxes) {
    return offer(type_bind, call_id, interface, syntaxes);
}

ByteVector alter_context(std::uint32_t call_id, const Interface& interface, std::span<const Syntax> syntaxes) {
    return offer(type_alter, call_id, interface, syntaxes);
}

ByteVector bind_ack(std::uint32_t call_id, std::uint32_t assoc_group, std::uint16_t port,
                    std::span<const Syntax> syntaxes) {
    const bool has_ndr64 = std::ranges::any_of(syntaxes, [](const Syntax& s) { return same(s, ndr64); });
    std::vector<Result> results;
    for (const Syntax& syntax : syntaxes) {
        if (same(syntax, btfn))
            results.push_back({3, 3, {}});
        else if (same(syntax, ndr32) && has_ndr64)
            results.push_back({2, 2, {}});
        else
            results.push_back({0, 0, syntax});
    }
    return answer(type_bind_ack, whole_multiplexed, call_id, assoc_group, std::to_string(port), results);
}

ByteVector alter_context_resp(std::uint32_t call_id, std::uint32_t assoc_group, const Syntax& accepted) {
    const Result results[] = {{0, 0, accepted}};
    return answer(type_alter_resp, whole, call_id, assoc_group, "", results);
}

ByteVector request(std::uint32_t call_id, std::uint16_t context_id, std::uint16_t opnum, Bytes stub) {
    Writer w = start(type_request, whole, call_id);
    w.u32(static_cast<std::uint32_t>(stub.size()));
    w.u16(context_id);
    w.u16(opnum);
    w.bytes(stub);
    return finish(w);
}

ByteVector response(std::uint32_t call_id, std::uint16_t context_id, Bytes stub) {
    Writer w = start(type_response, whole, call_id);
    w.u32(static_cast<std::uint32_t>(stub.size()));
    w.u16(context_id);
    w.u16(0);  // cancel count, reserved
    w.bytes(stub);
    return finish(w);
}

ByteVector request_stub(bool is_ndr64, Bytes message) {
    Writer w;
    const auto size = static_cast<std::uint32_t>(message.size());
    if (is_ndr64) {
        w.u64(size);
        w.u64(size);
    } else {
        w.u32(size);
        w.u32(size);
    }
    w.bytes(message);
    return w.take();
}

ByteVector response_stub(bool is_ndr64, Bytes message) {
    Writer w;
    const auto size = static_cast<std::uint32_t>(message.size());
    if (is_ndr64) {
        w.u64(size);
        w.u64(referent_id);
        w.u64(size);
    } else {
        w.u32(size);
        w.u32(referent_id);
        w.u32(size);
    }
    w.bytes(message);
    w.align(4);
    w.u32(0);  // return code
    return w.take();
}

}  // namespace diag::bench::rpc

#include "bench/kms_talk.h"

#include "bench/rpc.h"

namespace diag::bench {
namespace {

constexpr rpc::Interface kms = {rpc::kms_interface, 1, 0};
constexpr rpc::Syntax modern_offer[] = {rpc::ndr32, rpc::ndr64, rpc::btfn};
constexpr rpc::Syntax plain_offer[] = {rpc::ndr32, rpc::btfn};
constexpr std::uint32_t first_call_id = 2;  // of Windows: bind, alter_context and first request (protocol.md 2.2)

void negotiate(TcpTalk& tcp, Random& random, std::uint16_t port, bool offers_ndr64) {
    const std::uint32_t assoc_group = random.between(0x1000, 0xFFFFF);
    const std::span<const rpc::Syntax> offer{offers_ndr64 ? std::span<const rpc::Syntax>{modern_offer} : plain_offer};
    tcp.send(From::client, rpc::bind(first_call_id, kms, offer));
    tcp.send(From::server, rpc::bind_ack(first_call_id, assoc_group, port, offer));
    if (!offers_ndr64) return;
    tcp.send(From::client, rpc::alter_context(first_call_id, kms, {&rpc::ndr32, 1}));
    tcp.send(From::server, rpc::alter_context_resp(first_call_id, assoc_group, rpc::ndr32));
}

}  // namespace

Packets kms_talk(FrameBuilder& frames, Random& random, KmsMessages& messages, const KmsWorld::Meeting& meeting,
                 const KmsTalkOptions& options) {
    const auto& [machine, host, client] = meeting;
    // Acknowledgements ride on the answers, which come at once.
    TcpTalk tcp{frames, random, client, host.endpoint, {.timestamps = false, .ack_every = 0}};
    tcp.open();
    negotiate(tcp, random, host.endpoint.port, options.offers_ndr64);

    Timestamp now = options.first_request;
    for (std::uint32_t i = 0; i < options.exchange_count; ++i) {
        const auto [request, response] = messages.make(random, machine, host, now);
        const bool is_ndr64 = options.offers_ndr64 && i > 0;
        const std::uint16_t context_id = is_ndr64 ? 1 : 0;
        const std::uint32_t call_id = first_call_id + i;
        tcp.send(From::client, rpc::request(call_id, context_id, 0, rpc::request_stub(is_ndr64, request)));
        tcp.send(From::server, rpc::response(call_id, context_id, rpc::response_stub(is_ndr64, response)));
        now.ns += options.request_gap_ns;
    }
    if (random.percent(50)) tcp.acknowledge(From::client);
    tcp.close(From::client);
    return tcp.take();
}

}  // namespace diag::bench

#include "bench/load_messages.h"

#include <chrono>
#include <stdexcept>

#include "libdiag/proto/dcerpc/pdu.h"
#include "libdiag/proto/dcerpc/stub.h"
#include "libdiag/proto/kms/codec.h"
#include "libdiag/session/client_request.h"
#include "libdiag/session/rpc_client.h"

namespace bench {

using namespace diag;
using namespace diag::session;

namespace {

void fill(std::span<std::uint8_t> out) {
    static std::uint8_t next = 1;  // a load needs other salts, not secret ones
    for (std::uint8_t& byte : out) byte = next = static_cast<std::uint8_t>(next * 5 + 17);
}

Filetime present() {
    const auto wall = std::chrono::system_clock::now().time_since_epoch();
    return to_filetime(Timestamp{std::chrono::duration_cast<std::chrono::nanoseconds>(wall).count()});
}

RpcClientSettings rpc_settings() { return {.offer_ndr64 = false, .offer_btfn = false}; }

kms::BaseRequest request_of(std::size_t machine) {
    ClientSettings settings{.activation_id = *Uuid::parse("73111121-5638-40f6-bc11-f1d7b0d64300"),
                            .workstation_name = "load.example.test",
                            .client_machine_id = *Uuid::parse("0f0f0f0f-0000-4000-8000-000000000000")};
    settings.client_machine_id.wire[0] = static_cast<std::uint8_t>(machine & 0xFF);
    settings.client_machine_id.wire[1] = static_cast<std::uint8_t>(machine >> 8);
    auto request = make_request(settings);
    if (!request) throw std::runtime_error{request.error()};
    return *request;
}

}  // namespace

ByteVector make_bind() { return dcerpc::encode_pdu(session::make_bind(rpc_settings())); }

// A bare PDU instead of a talk with a host: context 0, which the bind above asks for.
std::vector<ByteVector> make_requests(std::size_t count) {
    std::vector<ByteVector> all;
    kms::Codec codec{kms::lab_profile()};
    for (std::size_t i = 0; i < count; ++i) {
        kms::BaseRequest base = request_of(i);
        base.client_time_filetime = present();
        kms::Block salt{};
        fill(salt);
        const auto message = codec.encode_request(base, salt);
        if (!message) throw std::runtime_error{"no request"};
        const ByteVector stub = dcerpc::encode_request_stub(*message, dcerpc::Syntax::ndr32);
        dcerpc::Pdu pdu = session::make_bind(rpc_settings());
        pdu.header.ptype = static_cast<std::uint8_t>(dcerpc::PduType::request);
        pdu.body = dcerpc::Request{.alloc_hint = static_cast<std::uint32_t>(stub.size()), .stub = stub};
        all.push_back(dcerpc::encode_pdu(pdu));
    }
    return all;
}

}  // namespace bench

#include "tests/support/dissect/conversation_script.h"

#include <algorithm>
#include <stdexcept>

#include "libdiag/proto/dcerpc/stub.h"

namespace diag::test {
namespace {

using dcerpc::PduType;
using dcerpc::Syntax;

// Windows 8 Enterprise, as libdiag/data/products.csv has it.
constexpr Uuid application_id = *Uuid::parse("55c92734-d682-4d71-983e-d6ec3f16059f");
constexpr Uuid activation_id = *Uuid::parse("458e1bec-837a-45f6-b9d5-925ed5d299de");
constexpr Uuid kms_id = *Uuid::parse("3c40b358-5948-45af-923b-53d21fcc7e79");
constexpr Uuid machine_id = *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
constexpr std::uint32_t needed_count = 25;
constexpr std::uint16_t no_syntax_supported = 2;
constexpr std::uint16_t all_features = 3;
constexpr std::size_t ptype_at = 2;

std::vector<Syntax> offered(const ConversationOptions& options) {
    std::vector<Syntax> out{Syntax::ndr32};
    if (options.offers_ndr64) out.push_back(Syntax::ndr64);
    if (options.offers_btfn) out.push_back(Syntax::btfn);
    return out;
}

dcerpc::SyntaxId id_of(Syntax syntax) {
    switch (syntax) {
        case Syntax::ndr64: return {.uuid = dcerpc::ndr64_syntax_id, .version = 1};
        case Syntax::btfn: return {.uuid = dcerpc::make_btfn_id(all_features), .version = 1};
        default: return {.uuid = dcerpc::ndr32_syntax_id, .version = 2};
    }
}

std::uint16_t context_of(const ConversationOptions& options) { return options.syntax == Syntax::ndr64 ? 1 : 0; }

kms::Block block_of(std::uint32_t seed) {
    kms::Block block;
    for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<std::uint8_t>(seed * 37 + i * 11 + 5);
    return block;
}

TcpScript::Options tcp_options(const ConversationOptions& options) {
    return {.client = options.client,
            .host = options.host,
            .client_isn = options.client_isn,
            .host_isn = options.host_isn,
            .start = options.start,
            .vlan_ids = options.vlan_ids};
}

template <class T> T value_of(Decoded<T> result) {
    if (!result) throw std::runtime_error{"the script cannot encode a message"};
    return std::move(*result);
}

}  // namespace

ConversationScript::ConversationScript(ConversationOptions options)
    : tcp{tcp_options(options)}, options_{std::move(options)} {}

dcerpc::Pdu ConversationScript::pdu(PduType type) const {
    dcerpc::Pdu out;
    out.header.ptype = static_cast<std::uint8_t>(type);
    out.header.drep = options_.order == std::endian::little ? dcerpc::little_endian_drep : dcerpc::big_endian_drep;
    out.header.call_id = call_id_;
    return out;
}

ByteVector ConversationScript::bind_pdu(const Uuid& interface) {
    dcerpc::Pdu out = pdu(PduType::bind);
    out.header.pfc_flags |= dcerpc::flag::conc_mpx;
    dcerpc::Bind bind{.max_xmit_frag = 5840, .max_recv_frag = 5840};
    std::uint16_t id = 0;
    for (const Syntax syntax : offered(options_)) {
        bind.contexts.push_back({.context_id = id++,
                                 .n_transfer_syn = 1,
                                 .interface = interface,
                                 .interface_version = {.major = 1, .minor = 0},
                                 .transfer_syntaxes = {id_of(syntax)}});
    }
    out.body = std::move(bind);
    return dcerpc::encode_pdu(out);
}

ByteVector ConversationScript::bind_ack_pdu() {
    dcerpc::Pdu out = pdu(PduType::bind_ack);
    out.header.pfc_flags |= dcerpc::flag::conc_mpx;
    dcerpc::BindAck ack{.max_xmit_frag = 5840, .max_recv_frag = 5840, .assoc_group = 0x1063BF3F};
    ack.secondary_address = std::to_string(options_.host.port);
    ack.secondary_terminated = true;
    for (const Syntax syntax : offered(options_)) {
        const auto id = id_of(syntax);
        if (syntax == Syntax::btfn) {
            ack.results.push_back({.result = dcerpc::negotiate_ack, .reason = all_features});
        } else if (syntax == options_.syntax) {
            ack.results.push_back({.result = dcerpc::acceptance, .transfer_syntax = id.uuid, .version = id.version});
        } else {
            ack.results.push_back({.result = dcerpc::provider_rejection, .reason = no_syntax_supported});
        }
    }
    out.body = std::move(ack);
    return dcerpc::encode_pdu(out);
}

// An alter_context and its answer have the layout of a bind and its answer (C706 12.6.4.1).
ByteVector ConversationScript::alter_context_pdu(const Uuid& interface) {
    ByteVector out = bind_pdu(interface);
    out[ptype_at] = static_cast<std::uint8_t>(PduType::alter_context);
    return out;
}

ByteVector ConversationScript::alter_context_resp_pdu() {
    ByteVector out = bind_ack_pdu();
    out[ptype_at] = static_cast<std::uint8_t>(PduType::alter_context_resp);
    return out;
}

ByteVector ConversationScript::rejecting_bind_ack_pdu(std::uint16_t reason) {
    dcerpc::Pdu out = pdu(PduType::bind_ack);
    dcerpc::BindAck ack{.max_xmit_frag = 5840, .max_recv_frag = 5840, .assoc_group = 0x1063BF3F};
    ack.secondary_address = std::to_string(options_.host.port);
    ack.secondary_terminated = true;
    ack.results.assign(offered(options_).size(), {.result = dcerpc::provider_rejection, .reason = reason});
    out.body = std::move(ack);
    return dcerpc::encode_pdu(out);
}

// C706 12.6.4.5, by hand: the host speaks version 5.0 and nothing else.
ByteVector ConversationScript::bind_nak_pdu(std::uint8_t reason) {
    return bytes({5,      0, 13, 3,     // version, bind_nak, first and last fragment
                  0x10,   0, 0,  0,     // little-endian
                  24,     0, 0,  0,     // fragment and auth length
                  1,      0, 0,  0,     // call id
                  reason, 0, 1,  5, 0,  // reason, one version
                  0,      0, 0});       // padding
}

kms::BaseRequest ConversationScript::base_request() const {
    Timestamp clock = options_.start;
    clock.ns += options_.clock_difference_s * 1'000'000'000;
    kms::BaseRequest base{.version = {.minor = 0, .major = options_.major},
                          .license_status = 2,
                          .binding_expiration_minutes = 43'200,
                          .application_id = application_id,
                          .activation_id = activation_id,
                          .kms_id = kms_id,
                          .client_machine_id = machine_id,
                          .required_client_count = needed_count,
                          .client_time_filetime = to_filetime(clock)};
    base.client_time_filetime.ticks += request_count_;  // so that each request is another one
    if (!base.set_workstation_text("desktop-7.example.test")) throw std::logic_error{"name too long"};
    return base;
}

ByteVector ConversationScript::request_pdus() {
    ++call_id_;
    ++request_count_;
    request_ = base_request();
    request_salt_ = block_of(request_count_);
    const ByteVector message = value_of(codec_.encode_request(request_, request_salt_));
    const ByteVector stub = dcerpc::encode_request_stub(message, options_.syntax, options_.order);
    dcerpc::Pdu out = pdu(PduType::request);
    out.body = dcerpc::Request{
        .alloc_hint = static_cast<std::uint32_t>(stub.size()), .context_id = context_of(options_), .stub = stub};
    return fragments(out);
}

ByteVector ConversationScript::response_pdus() {
    kms::BaseResponse base{.version = request_.version,
                           .client_machine_id = break_answer ? kms_id : request_.client_machine_id,
                           .client_time_filetime = request_.client_time_filetime,
                           .count = options_.count,
                           .activation_interval_minutes = options_.activation_interval_minutes,
                           .renewal_interval_minutes = options_.renewal_interval_minutes};
    if (!base.set_epid_text(options_.epid)) throw std::logic_error{"ePID too long"};
    const kms::ResponseSalts salts{.request_salt = request_salt_,
                                   .random = block_of(100 + request_count_),
                                   .salt = block_of(200 + request_count_),
                                   .hwid = {0x36, 0x4F, 0x46, 0x3A, 0x88, 0x63, 0xD3, 0x5F}};
    const ByteVector message = value_of(codec_.encode_response(base, salts));
    const ByteVector stub = dcerpc::encode_response_stub(message, 0, options_.syntax, options_.order);
    dcerpc::Pdu out = pdu(PduType::response);
    out.body = dcerpc::Response{
        .alloc_hint = static_cast<std::uint32_t>(stub.size()), .context_id = context_of(options_), .stub = stub};
    return fragments(out);
}

ByteVector ConversationScript::refusal_pdu(std::uint32_t hresult) {
    const ByteVector stub = dcerpc::encode_refusal_stub(hresult, options_.syntax, options_.order);
    dcerpc::Pdu out = pdu(PduType::response);
    out.body = dcerpc::Response{
        .alloc_hint = static_cast<std::uint32_t>(stub.size()), .context_id = context_of(options_), .stub = stub};
    return dcerpc::encode_pdu(out);
}

ByteVector ConversationScript::fault_pdu(std::uint32_t status) {
    dcerpc::Pdu out = pdu(PduType::fault);
    const ByteVector reserved(4);
    out.body = dcerpc::Fault{.alloc_hint = 32, .context_id = context_of(options_), .status = status, .rest = reserved};
    return dcerpc::encode_pdu(out);
}

// C706 12.4.1: the first fragment says so, the last says so, those between say neither; all carry the call id.
ByteVector ConversationScript::fragments(const dcerpc::Pdu& whole) const {
    if (options_.fragment_size == 0) return dcerpc::encode_pdu(whole);
    const Bytes stub = whole.stub();
    ByteVector out;
    for (std::size_t at = 0; at < stub.size(); at += options_.fragment_size) {
        dcerpc::Pdu part;
        part.header = whole.header;
        const Bytes bytes = head(stub.subspan(at), options_.fragment_size);
        const bool is_last = at + bytes.size() == stub.size();
        part.header.pfc_flags = static_cast<std::uint8_t>((at == 0 ? dcerpc::flag::first_frag : 0) |
                                                          (is_last ? dcerpc::flag::last_frag : 0));
        const auto rest = static_cast<std::uint32_t>(stub.size() - at);
        if (const auto* request = whole.request()) {
            dcerpc::Request body = *request;
            body.stub = bytes;
            body.alloc_hint = rest;
            part.body = body;
        } else {
            dcerpc::Response body = *whole.response();
            body.stub = bytes;
            body.alloc_hint = rest;
            part.body = body;
        }
        const ByteVector encoded = dcerpc::encode_pdu(part);
        out.insert(out.end(), encoded.begin(), encoded.end());
    }
    return out;
}

ConversationScript& ConversationScript::client(Bytes bytes) {
    tcp.send(Side::client, bytes, options_.segment_size).ack(Side::host);
    return *this;
}

ConversationScript& ConversationScript::host(Bytes bytes) {
    tcp.send(Side::host, bytes, options_.segment_size).ack(Side::client);
    return *this;
}

std::vector<TestPacket> conversation(const ConversationOptions& options, unsigned request_count) {
    ConversationScript script{options};
    script.tcp.handshake();
    script.bind().bind_ack();
    for (unsigned i = 0; i < request_count; ++i) script.request().response();
    script.tcp.fin(Side::client).fin(Side::host).ack(Side::client);
    return std::move(script.tcp.packets);
}

}  // namespace diag::test

#include "libdiag/dissect/exchange_reader.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/stub.h"

namespace diag::dissect {
namespace {

constexpr std::size_t max_open_calls = 256;  // one after the other is the rule; more than this are not told apart

// What a cut request still tells: its stub is longer than its message by 8 bytes in NDR32, by 16 in NDR64.
std::optional<dcerpc::Syntax> syntax_by_sizes(const dcerpc::Request& request, std::endian order) {
    if (request.stub.size() < 4) return std::nullopt;
    Reader r{request.stub, order};
    const std::uint32_t message_size = r.u32("length");
    if (request.alloc_hint == message_size + 8) return dcerpc::Syntax::ndr32;
    if (request.alloc_hint == message_size + 16) return dcerpc::Syntax::ndr64;
    return std::nullopt;
}

}  // namespace

void ExchangeReader::read(const std::vector<std::int64_t>& acknowledged, const std::vector<stream::Gap>& host_gaps) {
    using dcerpc::PduType;
    bytes_are_missing_ = out_.gap_size > 0;
    for (std::size_t i = 0; i < out_.pdus.size(); ++i) {
        PduRecord& pdu = out_.pdus[i];
        if (pdu.decoded.bind() != nullptr) {
            on_bind(pdu);
        } else if (pdu.decoded.bind_ack() != nullptr) {
            on_bind_ack(pdu);
        } else if (pdu.decoded.request() != nullptr && pdu.from == Side::client) {
            on_request(i);
        } else if (pdu.decoded.response() != nullptr && pdu.from == Side::host) {
            on_response(i);
        } else if (pdu.decoded.fault() != nullptr && pdu.from == Side::host) {
            on_fault(i);
        }
    }
    if (host_gaps.empty()) return;
    const std::int64_t end_of_gaps = host_gaps.back().offset + host_gaps.back().size;
    for (Exchange& exchange : out_.exchanges) {
        if (!exchange.response_pdu) exchange.answer_not_captured = end_of_gaps > acknowledged[exchange.request_pdu];
    }
}

void ExchangeReader::on_bind(PduRecord& pdu) {
    bind_seen_ = true;
    bind_was_cut_ = bind_was_cut_ || pdu.cut;
    contexts_.on_bind(*pdu.decoded.bind());
    open_bind_ = &pdu;
}

void ExchangeReader::on_bind_ack(PduRecord& pdu) {
    if (open_bind_ == nullptr) return;
    const auto& bind = *open_bind_->decoded.bind();
    if (!pdu.cut && !open_bind_->cut) {
        contexts_.on_bind_ack(bind, *pdu.decoded.bind_ack());
        // The bind's own answer counts; an alter_context behind it is only asked what it is for.
        if (out_.bind_checks == dcerpc::RpcChecks{})
            out_.bind_checks = dcerpc::check_bind(open_bind_->decoded, pdu.decoded);
    }
    open_bind_ = nullptr;
}

// The stub of a whole call; nullopt while fragments are missing. What a capture cut is taken as it stands.
std::optional<Bytes> ExchangeReader::whole_stub(const PduRecord& pdu) {
    if (pdu.cut || pdu.decoded.header.has(dcerpc::flag::whole)) return pdu.decoded.stub();
    auto joined = joiners_[static_cast<std::size_t>(pdu.from)].add(pdu.decoded);
    if (!joined) return std::nullopt;
    joined_.emplace_back(joined->stub.begin(), joined->stub.end());
    return joined_.back();
}

void ExchangeReader::on_request(std::size_t index) {
    PduRecord& pdu = out_.pdus[index];
    const auto& request = *pdu.decoded.request();
    pdu.syntax = contexts_.find(request.context_id);
    const auto& header = pdu.decoded.header;
    Exchange* exchange = nullptr;
    if (!header.has(dcerpc::flag::first_frag)) exchange = waiting_for(header.call_id);
    if (exchange == nullptr) {
        open_.push_back(out_.exchanges.size());
        if (open_.size() > max_open_calls) open_.erase(open_.begin());
        exchange = &out_.exchanges.emplace_back();
        exchange->call_id = header.call_id;
        exchange->context_id = request.context_id;
    }
    exchange->request_pdu = index;
    const auto stub = whole_stub(pdu);
    exchange->request_cut = !stub;
    if (stub) decode_request(*exchange, pdu, *stub);
}

void ExchangeReader::decode_request(Exchange& exchange, const PduRecord& pdu, Bytes stub) {
    const auto order = pdu.decoded.header.order();
    const auto guess = pdu.cut ? syntax_by_sizes(*pdu.decoded.request(), order)
                               : dcerpc::guess_request_syntax(stub, stub.size(), order);
    exchange.syntax = bind_seen_ && !bind_was_cut_ ? pdu.syntax : guess;
    // A context that was never bound still carries a readable stub.
    const auto syntax = exchange.syntax ? exchange.syntax : guess;
    if (!syntax || pdu.cut) return;
    const auto decoded = dcerpc::decode_request_stub(stub, *syntax, order);
    if (!decoded) return;
    exchange.request_message = decoded->message;
    exchange.request = codec_.decode_request(decoded->message);
}

Exchange* ExchangeReader::waiting_for(std::uint32_t call_id) {
    for (auto i = open_.rbegin(); i != open_.rend(); ++i)
        if (out_.exchanges[*i].call_id == call_id) return &out_.exchanges[*i];
    return nullptr;
}

// By call id; by order where it does not fit, as some hosts answer with a call id of their own (protocol.md 2.7). When
// bytes are missing the order proves nothing.
Exchange* ExchangeReader::answered(std::uint32_t call_id) {
    Exchange* by_call_id = waiting_for(call_id);
    if (by_call_id != nullptr || bytes_are_missing_ || open_.empty()) return by_call_id;
    return &out_.exchanges[open_.front()];
}

void ExchangeReader::close(Exchange& exchange, std::size_t answer_index) {
    exchange.response_pdu = answer_index;
    std::erase(open_, static_cast<std::size_t>(&exchange - out_.exchanges.data()));
}

void ExchangeReader::on_response(std::size_t index) {
    PduRecord& pdu = out_.pdus[index];
    const auto& response = *pdu.decoded.response();
    pdu.syntax = contexts_.find(response.context_id);
    Exchange* exchange = answered(pdu.decoded.header.call_id);
    const auto stub = whole_stub(pdu);
    if (exchange == nullptr) {
        if (stub && !pdu.cut) note_stray(pdu, *stub);
        return;
    }
    exchange->response_begun = !stub;
    if (!stub) return;
    close(*exchange, index);
    if (!pdu.cut) decode_response(*exchange, pdu, *stub);
}

void ExchangeReader::note_stray(const PduRecord& pdu, Bytes stub) {
    const auto order = pdu.decoded.header.order();
    const auto syntax = dcerpc::guess_response_syntax(stub, stub.size(), order);
    const auto decoded = syntax ? dcerpc::decode_response_stub(stub, *syntax, order) : std::unexpected(WireError{});
    if (!decoded || decoded->has_message() || decoded->return_code == 0) return;
    out_.stray_refusals.push_back({.hresult = decoded->return_code, .answer = pdu.last});
}

void ExchangeReader::decode_response(Exchange& exchange, const PduRecord& pdu, Bytes stub) {
    const auto order = pdu.decoded.header.order();
    const auto syntax = exchange.syntax ? exchange.syntax : dcerpc::guess_response_syntax(stub, stub.size(), order);
    const auto decoded = syntax ? dcerpc::decode_response_stub(stub, *syntax, order) : std::unexpected(WireError{});
    exchange.rpc_checks =
        dcerpc::check_call(out_.pdus[exchange.request_pdu].decoded, pdu.decoded, decoded ? &*decoded : nullptr);
    if (!decoded) return;
    exchange.hresult = decoded->return_code;
    if (!decoded->has_message()) return;
    exchange.response_message = decoded->message;
    exchange.response = codec_.decode_response(decoded->message, &exchange.request);
}

void ExchangeReader::on_fault(std::size_t index) {
    PduRecord& pdu = out_.pdus[index];
    const auto& fault = *pdu.decoded.fault();
    pdu.syntax = contexts_.find(fault.context_id);
    Exchange* exchange = answered(pdu.decoded.header.call_id);
    if (exchange == nullptr) return;
    close(*exchange, index);
    exchange->fault_status = fault.status;
    exchange->rpc_checks = dcerpc::check_call(out_.pdus[exchange->request_pdu].decoded, pdu.decoded, nullptr);
}

}  // namespace diag::dissect

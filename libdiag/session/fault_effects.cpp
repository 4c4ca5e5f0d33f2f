#include "libdiag/session/fault_effects.h"

#include <algorithm>
#include <functional>

#include "libdiag/session/server_pdus.h"

namespace diag::session {

using namespace dcerpc;

namespace {

// The header of the PDU that is being answered, as far as an answer needs it: its call id.
Header asked_header(const Outgoing& out) {
    Header header;
    if (out.pdus.empty()) return header;
    Reader r{out.pdus.front()};
    decode_header(r, header);
    return {.call_id = header.call_id};
}

std::uint16_t asked_context(const Outgoing& out) {
    if (out.pdus.empty()) return 0;
    const PartialPdu answer = decode_pdu_partial(out.pdus.front());
    if (const Response* response = answer.response()) return response->context_id;
    return answer.fault() != nullptr ? answer.fault()->context_id : std::uint16_t{0};
}

void replace(Outgoing& out, ByteVector bytes, Outgoing::End end = Outgoing::End::open) {
    out.pdus.clear();
    out.pdus.push_back(std::move(bytes));
    out.end = end;
}

// At `response` the answer still goes out; everywhere else the end stands in its place.
void end_with(Outgoing::End end, const Fault& fault, Outgoing& out) {
    if (fault.stage != Stage::response) out.pdus.clear();
    out.end = end;
}

void reset(const Fault& fault, Outgoing& out) { end_with(Outgoing::End::reset, fault, out); }
void close(const Fault& fault, Outgoing& out) { end_with(Outgoing::End::close, fault, out); }
void silence(const Fault& fault, Outgoing& out) { end_with(Outgoing::End::silence, fault, out); }
void delay(const Fault& fault, Outgoing& out) { out.delay += std::chrono::milliseconds{fault.argument}; }
void drip(const Fault& fault, Outgoing& out) { out.drip = std::chrono::milliseconds{fault.argument}; }

void half(const Fault&, Outgoing& out) {
    ByteVector all;
    for (const ByteVector& bytes : out.pdus) all.insert(all.end(), bytes.begin(), bytes.end());
    all.resize(all.size() / 2);
    replace(out, std::move(all), Outgoing::End::reset);
}

// Another fault may have put something else in the place of a PDU.
bool has_header(const ByteVector& bytes) { return bytes.size() >= header_size; }

void wrong_call_id(const Fault& fault, Outgoing& out) {
    constexpr std::size_t call_id_at = 12;
    for (ByteVector& bytes : out.pdus) {
        if (!has_header(bytes)) continue;
        Writer w;
        w.u32(fault.argument);
        std::copy(w.view().begin(), w.view().end(), bytes.begin() + call_id_at);
    }
}

void wrong_length(const Fault& fault, Outgoing& out) {
    constexpr std::size_t frag_length_at = 8;
    for (ByteVector& bytes : out.pdus) {
        if (!has_header(bytes)) continue;
        bytes[frag_length_at] = static_cast<std::uint8_t>(fault.argument & 0xFF);
        bytes[frag_length_at + 1] = static_cast<std::uint8_t>(fault.argument >> 8 & 0xFF);
    }
}

// Bytes without a pattern, the same on every run; the first of them begins no protocol that we know.
void garbage(const Fault& fault, Outgoing& out) {
    ByteVector bytes(fault.argument);
    std::uint32_t state = 0x4B4D53;
    for (std::uint8_t& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::uint8_t>(state >> 24);
    }
    if (!bytes.empty()) bytes.front() = 0xFF;
    replace(out, std::move(bytes), Outgoing::End::close);
}

void http(const Fault&, Outgoing& out) {
    const Bytes text = bytes_of(std::string_view{"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"});
    replace(out, {text.begin(), text.end()}, Outgoing::End::close);
}

// Alert, TLS 1.2, two bytes: fatal, unexpected_message (RFC 5246 §7.2).
void tls(const Fault&, Outgoing& out) {
    replace(out, {0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x0A}, Outgoing::End::close);
}

void shutdown(const Fault&, Outgoing& out) { replace(out, encode_pdu(make_answer(PduType::shutdown, {}))); }

void bind_nak(const Fault& fault, Outgoing& out) {
    replace(out, make_bind_nak(asked_header(out), static_cast<std::uint16_t>(fault.argument)), Outgoing::End::close);
}

void edit_results(Outgoing& out, const std::function<void(ContextResult&)>& edit) {
    for (ByteVector& bytes : out.pdus) {
        auto pdu = decode_pdu(bytes);
        if (!pdu || pdu->bind_ack() == nullptr) continue;
        BindAck ack = *pdu->bind_ack();
        for (ContextResult& result : ack.results) edit(result);
        pdu->body = ack;
        bytes = encode_pdu(*pdu);
    }
}

void bind_reject(const Fault& fault, Outgoing& out) {
    edit_results(out, [&](ContextResult& result) {
        result = {.result = provider_rejection, .reason = static_cast<std::uint16_t>(fault.argument)};
    });
}

void wrong_transfer_syntax(const Fault&, Outgoing& out) {
    static constexpr Uuid nobody = *Uuid::parse("4c41424c-4142-4c41-8241-424c41424c41");
    edit_results(out, [](ContextResult& result) {
        if (result.result == acceptance) result.transfer_syntax = nobody;
    });
}

void rpc_fault(const Fault& fault, Outgoing& out) {
    replace(out, make_fault(asked_header(out), asked_context(out), fault.argument, true));
}

struct Effect {
    FaultKind kind;
    void (*apply)(const Fault& fault, Outgoing& out);
};

// The faults of RPC and of what is below; those of messages are in message_effects.cpp.
constexpr Effect effects[] = {
    {FaultKind::reset, reset},
    {FaultKind::close, close},
    {FaultKind::silence, silence},
    {FaultKind::delay, delay},
    {FaultKind::drip, drip},
    {FaultKind::half, half},
    {FaultKind::wrong_call_id, wrong_call_id},
    {FaultKind::wrong_length, wrong_length},
    {FaultKind::garbage, garbage},
    {FaultKind::http, http},
    {FaultKind::tls, tls},
    {FaultKind::shutdown, shutdown},
    {FaultKind::bind_nak, bind_nak},
    {FaultKind::bind_reject, bind_reject},
    {FaultKind::wrong_transfer_syntax, wrong_transfer_syntax},
    {FaultKind::rpc_fault, rpc_fault},
};

}  // namespace

void apply_fault(const Fault& fault, const Reply* reply, kms::Codec& codec, Outgoing& out) {
    for (const Effect& effect : effects)
        if (effect.kind == fault.kind) return effect.apply(fault, out);
    if (reply != nullptr) apply_message_fault(fault, *reply, codec, out);
}

}  // namespace diag::session

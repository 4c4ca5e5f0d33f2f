#include "libdiag/redact/pdu_edits.h"

#include <algorithm>

namespace diag::redact {
namespace {

using dcerpc::PduType;

// Where fields that do not matter stand, and those of changing length: offsets in the PDU, all of fixed fields before
// them.
constexpr std::size_t body_at = dcerpc::header_size;
constexpr std::size_t call_fields_end = body_at + 8;     // of a request or response, and up to the status of a fault
constexpr std::size_t answer_reserved_at = body_at + 7;  // the last of these in answers
constexpr std::size_t fault_fields_end = call_fields_end + 4;
constexpr std::size_t bind_reserved_at = body_at + 9;
constexpr std::size_t ack_address_at = body_at + 10;
constexpr std::size_t list_reserved_size = 3;

class Editor {
public:
    Editor(Bytes raw, const Pseudonyms& pseudonyms) : raw_{raw}, pseudonyms_{pseudonyms}, out_(raw.size()) {}

    ByteVector edit() {
        keep(0, dcerpc::header_size);
        const auto& header = pdu_.header;
        if (raw_.size() < dcerpc::header_size || !dcerpc::looks_like_rpc(raw_)) return std::move(out_);
        const std::size_t trailer_size =
            header.auth_length == 0 ? 0 : dcerpc::auth_header_size + std::size_t{header.auth_length};
        const std::size_t trailer_at = header.frag_length - trailer_size;
        body_end_ = std::min(raw_.size(), trailer_at - (pdu_.auth ? pdu_.auth->auth_pad_length : 0));
        body();
        if (trailer_size != 0) keep(trailer_at, trailer_at + dcerpc::auth_header_size);
        return std::move(out_);
    }

private:
    void body() {
        switch (pdu_.header.type()) {
            case PduType::request: return call(call_fields_end);
            case PduType::response: return call(answer_reserved_at);
            case PduType::fault:
                keep(body_at, answer_reserved_at);
                return keep(call_fields_end, std::min(fault_fields_end, body_end_));
            case PduType::bind:
            case PduType::alter_context:
                keep(body_at, fields_end(pdu_.bind()->rest));
                return clear(bind_reserved_at, list_reserved_size);
            case PduType::bind_ack:
            case PduType::alter_context_resp: return bind_ack();
            case PduType::bind_nak: return keep(body_at, fields_end(pdu_.bind_nak()->rest));
            default: return;
        }
    }

    void call(std::size_t fields_end) {
        keep(body_at, std::min(fields_end, body_end_));
        const Bytes stub = pdu_.stub();
        if (!stub.empty()) std::ranges::fill(std::span{out_}.subspan(offset_of(stub), stub.size()), unread_stub_byte);
    }

    void bind_ack() {
        const dcerpc::BindAck& ack = *pdu_.bind_ack();
        keep(body_at, fields_end(ack.rest));
        if (body_end_ <= ack_address_at) return;
        const std::size_t size = std::min<std::size_t>(ack.secondary_address_size, body_end_ - ack_address_at);
        const Bytes address = raw_.subspan(ack_address_at, size);
        const bool has_nul = !address.empty() && address.back() == 0;
        const bool is_port = std::ranges::all_of(address.first(size - (has_nul ? 1 : 0)),
                                                 [](std::uint8_t b) { return b >= '0' && b <= '9'; });
        if (!is_port) {
            const std::string text = pseudonyms_.label({reinterpret_cast<const char*>(address.data()), address.size()});
            std::ranges::copy(bytes_of(text), out_.begin() + ack_address_at);
        }
        const std::size_t address_end = ack_address_at + size, results_at = (address_end + 3) / 4 * 4;
        clear(address_end, results_at - address_end);
        clear(results_at + 1, list_reserved_size);
    }

    // Behind the last field that was read. Those of a cut PDU are all there is: whoever reads it further reads fields.
    std::size_t fields_end(Bytes rest) const {
        if (!rest.empty()) return offset_of(rest);
        const bool is_cut = raw_.size() < pdu_.header.frag_length;
        return pdu_.error && !is_cut ? std::min(pdu_.error->offset, body_end_) : body_end_;
    }

    std::size_t offset_of(Bytes part) const { return static_cast<std::size_t>(part.data() - raw_.data()); }

    void keep(std::size_t begin, std::size_t end) {
        end = std::min(end, raw_.size());
        if (begin < end)
            std::copy(raw_.begin() + static_cast<std::ptrdiff_t>(begin),
                      raw_.begin() + static_cast<std::ptrdiff_t>(end),
                      out_.begin() + static_cast<std::ptrdiff_t>(begin));
    }

    void clear(std::size_t begin, std::size_t size) {
        const std::size_t end = std::min(begin + size, body_end_);
        for (std::size_t i = begin; i < end; ++i) out_[i] = 0;
    }

    Bytes raw_;
    const Pseudonyms& pseudonyms_;
    ByteVector out_;
    dcerpc::PartialPdu pdu_ = dcerpc::decode_pdu_partial(raw_);
    std::size_t body_end_ = 0;
};

}  // namespace

ByteVector edit_pdu(Bytes raw, const Pseudonyms& pseudonyms) { return Editor{raw, pseudonyms}.edit(); }

}  // namespace diag::redact

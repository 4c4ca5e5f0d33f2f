#include "libdiag/redact/conversation_edits.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "libdiag/proto/dcerpc/fragments.h"
#include "libdiag/redact/message_edits.h"
#include "libdiag/redact/pdu_edits.h"
#include "libdiag/redact/stub_edits.h"

namespace diag::redact {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::PduRecord;
using dissect::Side;

// Edits are kept by PDU until all calls were found, whose stubs may lie in several.
class ConversationEditor {
public:
    ConversationEditor(const Conversation& conversation, kms::Codec& codec, const Pseudonyms& pseudonyms)
        : c_{conversation}, codec_{codec}, pseudonyms_{pseudonyms}, bytes_(c_.pdus.size()) {
        for (const Exchange& exchange : c_.exchanges) {
            exchange_of_[exchange.request_pdu] = &exchange;
            if (exchange.response_pdu) exchange_of_[*exchange.response_pdu] = &exchange;
        }
    }

    ConversationEdits edit() {
        for (std::size_t i = 0; i < c_.pdus.size(); ++i) edit_one(i);
        ConversationEdits out;
        for (std::size_t i = 0; i < c_.pdus.size(); ++i) {
            auto& side = out.sides[static_cast<std::size_t>(c_.pdus[i].from)];
            side.push_back({.stream_offset = c_.pdus[i].stream_offset, .bytes = std::move(bytes_[i])});
        }
        return out;
    }

private:
    using CallKey = std::tuple<Side, dcerpc::PduType, std::uint32_t>;

    void edit_one(std::size_t index) {
        const PduRecord& pdu = c_.pdus[index];
        bytes_[index] = edit_pdu(pdu.raw, pseudonyms_);
        const Bytes stub = pdu.decoded.stub();
        if (pdu.cut) return put_stub(index, cut_stub(pdu, stub));
        if (stub.empty() && pdu.decoded.header.has(dcerpc::flag::whole)) return;
        // What may be a whole call by itself, as far as its stub tells, is taken as one until it turns out to be a
        // part.
        put_stub(index, whole_stub(index, stub));
        if (!pdu.decoded.header.has(dcerpc::flag::whole)) join(index);
    }

    // By the rules by which the messages were read (dissect/exchange_reader.cpp), so that each fragment gets its part
    // back.
    void join(std::size_t index) {
        const PduRecord& pdu = c_.pdus[index];
        const bool is_call =
            pdu.from == Side::client ? pdu.decoded.request() != nullptr : pdu.decoded.response() != nullptr;
        if (!is_call) return;
        auto& parts = open_[{pdu.from, pdu.decoded.type(), pdu.decoded.header.call_id}];
        if (pdu.decoded.header.has(dcerpc::flag::first_frag)) parts.clear();
        parts.push_back(index);
        const auto joined = joiners_[static_cast<std::size_t>(pdu.from)].add(pdu.decoded);
        if (!joined) return;
        const std::vector<std::size_t> fragments = std::move(parts);
        open_.erase({pdu.from, pdu.decoded.type(), pdu.decoded.header.call_id});
        ByteVector all;
        for (const std::size_t i : fragments) {
            const Bytes part = c_.pdus[i].decoded.stub();
            all.insert(all.end(), part.begin(), part.end());
        }
        // Of a call that is too long the joiner gives the front; of too many calls at once it gave up some.
        if (!std::ranges::equal(head(all, joined->stub.size()), joined->stub)) return;
        ByteVector edited = whole_stub(index, joined->stub);
        edited.resize(all.size(), unread_stub_byte);
        std::size_t at = 0;
        for (const std::size_t i : fragments) {
            const std::size_t size = c_.pdus[i].decoded.stub().size();
            put_stub(i, Bytes{edited}.subspan(at, size));
            at += size;
        }
    }

    ByteVector cut_stub(const PduRecord& pdu, Bytes stub) const {
        const auto& header = pdu.decoded.header;
        if (stub.empty()) return {};
        const std::size_t stub_at = static_cast<std::size_t>(stub.data() - pdu.raw.data());
        const std::size_t whole_size = header.frag_length - stub_at;
        if (const auto* request = pdu.decoded.request())
            return edit_cut_request_stub(stub, whole_size, request->alloc_hint, header.order());
        return edit_cut_response_stub(stub, whole_size, header.order());
    }

    // The stub of a call that ends with the PDU at `index`.
    ByteVector whole_stub(std::size_t index, Bytes stub) const {
        const PduRecord& pdu = c_.pdus[index];
        const auto found = exchange_of_.find(index);
        const Exchange* exchange = found == exchange_of_.end() ? nullptr : found->second;
        const auto syntax = exchange != nullptr ? exchange->syntax : std::nullopt;
        const auto order = pdu.decoded.header.order();
        if (pdu.decoded.request() != nullptr) {
            return edit_request_stub(stub, syntax, order, [this](Bytes message) {
                return edit_request(message, codec_.decode_request(message), codec_, pseudonyms_);
            });
        }
        return edit_response_stub(stub, syntax, order, [this, exchange](Bytes message) {
            const kms::Request* request = exchange != nullptr ? &exchange->request : nullptr;
            return edit_response(message, codec_.decode_response(message, request), codec_, pseudonyms_);
        });
    }

    void put_stub(std::size_t index, Bytes stub) {
        const PduRecord& pdu = c_.pdus[index];
        if (stub.empty()) return;
        std::ranges::copy(stub, bytes_[index].begin() + (pdu.decoded.stub().data() - pdu.raw.data()));
    }

    const Conversation& c_;
    kms::Codec& codec_;
    const Pseudonyms& pseudonyms_;
    std::vector<ByteVector> bytes_;
    std::map<std::size_t, const Exchange*> exchange_of_;
    std::map<CallKey, std::vector<std::size_t>> open_;
    std::array<dcerpc::FragmentJoiner, 2> joiners_;
};

}  // namespace

ConversationEdits edit_conversation(const Conversation& conversation, kms::Codec& codec, const Pseudonyms& pseudonyms) {
    return ConversationEditor{conversation, codec, pseudonyms}.edit();
}

}  // namespace diag::redact

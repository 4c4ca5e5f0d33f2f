// DCE/RPC: whole PDUs, cut PDUs, streams of PDUs with their fragments, stubs in both syntaxes.
//
// The input is searched for PDUs from its start on, so a capture file serves as a seed as well as a bare PDU does.

#include <cstdlib>

#include "libdiag/proto/dcerpc/fragments.h"
#include "libdiag/proto/dcerpc/recognize.h"
#include "libdiag/proto/dcerpc/rpc_checks.h"
#include "libdiag/proto/dcerpc/stub.h"

namespace {

using namespace diag;
using namespace diag::dcerpc;

void require(bool holds) {
    if (!holds) std::abort();
}

bool same(Bytes a, Bytes b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

void require_ranges(const Node& node) {
    std::size_t at = node.offset;
    for (const Node& child : node.children) {
        require(child.offset >= at && child.offset + child.size <= node.offset + node.size);
        at = child.offset + child.size;
        require_ranges(child);
    }
}

void read_stub(Bytes stub, Syntax syntax, std::endian order) {
    Node tree;
    if (const auto request = decode_request_stub(stub, syntax, order)) {
        require(request->message.size() == request->max_count);
        describe_request_stub(*request, syntax, 0, tree);
        if (request->lengths_agree() && request->surplus.empty() && request->alignment == FixedBytes<4>{}) {
            require(same(encode_request_stub(request->message, syntax, order), stub));
        }
    }
    if (const auto response = decode_response_stub(stub, syntax, order)) {
        require(response->has_message() || response->message.empty());
        describe_response_stub(*response, syntax, 0, tree);
    }
    const auto partial = decode_request_stub_partial(stub, syntax, order);
    require(partial.error || partial.message.size() + partial.surplus.size() <= stub.size());
    decode_response_stub_partial(stub, syntax, order);
}

void read_stubs(Bytes stub, std::endian order) {
    read_stub(stub, Syntax::ndr32, order);
    read_stub(stub, Syntax::ndr64, order);
    // A guess that is made can be decoded.
    if (const auto syntax = guess_request_syntax(stub, stub.size(), order))
        require(decode_request_stub(stub, *syntax, order).has_value());
    if (const auto syntax = guess_response_syntax(stub, stub.size(), order))
        require(decode_response_stub(stub, *syntax, order).has_value());
}

void read_whole(Bytes bytes, const Pdu& pdu) {
    const Bytes own = bytes.first(pdu.header.frag_length);
    require(same(encode_pdu(pdu), own));
    require_ranges(describe_pdu(pdu));
    if (const Bind* bind = pdu.bind(); bind != nullptr && looks_like_rpc(bytes)) {
        require((starts_kms_bind(bytes) == KmsBind::yes) == bind->offers(kms_interface_id));
    }
    read_stubs(pdu.stub(), pdu.header.order());
}

void read_stream(Bytes stream) {
    FragmentJoiner joiner;
    SyntaxMap syntaxes;
    Pdu last;
    for (std::size_t at = 0; at < stream.size();) {
        const Bytes rest = stream.subspan(at);
        const PeekedLength peeked = peek_length(rest);
        if (peeked.kind != PeekedLength::Kind::known) {
            ++at;
            continue;
        }
        const PartialPdu pdu = decode_pdu_partial(rest);
        require_ranges(describe_pdu(pdu));
        if (pdu.error) {
            require(pdu.error->offset <= rest.size());
            ++at;
            continue;
        }
        read_whole(rest, pdu);
        if (const auto joined = joiner.add(pdu)) read_stubs(joined->stub, pdu.header.order());
        if (pdu.bind() != nullptr) syntaxes.on_bind(*pdu.bind());
        if (last.bind() != nullptr && pdu.bind_ack() != nullptr) syntaxes.on_bind_ack(*last.bind(), *pdu.bind_ack());
        check_bind(last, pdu);
        const auto stub = decode_response_stub(pdu.stub(), Syntax::ndr32, pdu.header.order());
        check_call(last, pdu, stub ? &*stub : nullptr);
        last = pdu;
        at += peeked.size;
    }
    while (joiner.take_unfinished(true)) {}
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const Bytes bytes{data, size};
    starts_kms_bind(bytes);
    is_pdu_start(bytes);
    read_stubs(bytes, std::endian::little);
    read_stubs(bytes, std::endian::big);
    read_stream(bytes);
    return 0;
}

#include "libdiag/decode/conversation_tree.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/proto/dcerpc/stub.h"

namespace diag::decode {
namespace {

using dissect::Conversation;
using dissect::Exchange;
using dissect::PduRecord;
using dissect::Side;

Node* find(Node& node, std::string_view key) {
    for (Node& child : node.children) {
        if (child.key == key) return &child;
        if (Node* found = find(child, key)) return found;
    }
    return nullptr;
}

// What the stub of a request or response says, below the node that stands for it.
void describe_call(const Exchange& e, const PduRecord& pdu, Node& root) {
    Node* stub_node = find(root, "stub");
    const bool is_whole = pdu.decoded.header.has(dcerpc::flag::whole);
    if (stub_node == nullptr || !e.syntax || pdu.cut || !is_whole) return;
    const auto order = pdu.decoded.header.order();
    const std::size_t offset = stub_node->offset;
    if (pdu.from == Side::client) {
        const auto stub = dcerpc::decode_request_stub(pdu.decoded.stub(), *e.syntax, order);
        if (!stub) return;
        dcerpc::describe_request_stub(*stub, *e.syntax, offset, *stub_node);
        if (Node* message = find(*stub_node, "message")) kms::describe_request(e.request, message->offset, *message);
    } else {
        const auto stub = dcerpc::decode_response_stub(pdu.decoded.stub(), *e.syntax, order);
        if (!stub) return;
        dcerpc::describe_response_stub(*stub, *e.syntax, offset, *stub_node);
        Node* message = find(*stub_node, "message");
        if (message != nullptr && e.response) kms::describe_response(*e.response, message->offset, *message);
    }
}

void append_pdu(std::string& out, const Conversation& c, std::size_t index, const report::Style& style) {
    const PduRecord& pdu = c.pdus[index];
    Node root = dcerpc::describe_pdu(pdu.decoded);
    root.meaning = fmt::format(
        "{}packet {}, {} bytes{}", pdu.from == Side::client ? "client to host, " : "host to client, ", pdu.last.packet,
        pdu.raw.size(), pdu.cut ? fmt::format(" of {}, cut by the capture", pdu.decoded.header.frag_length) : "");
    const auto exchange = std::find_if(c.exchanges.begin(), c.exchanges.end(), [index](const Exchange& e) {
        return e.request_pdu == index || e.response_pdu == index;
    });
    if (exchange != c.exchanges.end()) describe_call(*exchange, pdu, root);
    report::append_tree(out, root, style, 1);
}

}  // namespace

void append_trees(std::string& out, const Conversation& c, const report::Style& style) {
    for (std::size_t i = 0; i < c.pdus.size(); ++i) append_pdu(out, c, i, style);
    out += '\n';
}

}  // namespace diag::decode

#include "libdiag/proto/dcerpc/pdu.h"

namespace diag::dcerpc {
namespace {

// Removes what lies behind `end`, the first offset that was not read, and shortens what reaches across it.
void cut_at(Node& node, std::size_t end) {
    std::erase_if(node.children, [end](const Node& child) {
        return child.offset >= end || (child.children.empty() && child.offset + child.size > end);
    });
    for (Node& child : node.children) cut_at(child, end);
    if (node.offset + node.size > end) node.size = end - node.offset;
}

std::string_view kind_text(WireError::Kind kind) {
    switch (kind) {
        case WireError::Kind::truncated: return "the bytes end here";
        case WireError::Kind::malformed: return "breaks a rule of the format";
        default: return "more than is decoded";
    }
}

}  // namespace

Node describe_pdu(const Pdu& pdu, std::size_t offset) {
    Node root{.key = "dcerpc",
              .label = "DCE/RPC",
              .offset = offset,
              .size = pdu.header.frag_length,
              .value = name_of(pdu.type()),
              .meaning = "call id " + std::to_string(pdu.header.call_id)};
    std::size_t at = describe_fields<Header>(header_fields, pdu.header, offset, root);
    root.children[2].meaning = name_of(pdu.type());
    at = pdu.body.visit([&](const auto& body) { return describe_body(body, at, root); });
    if (pdu.auth) describe_auth_trailer(*pdu.auth, at, root);
    return root;
}

Node describe_pdu(const PartialPdu& pdu, std::size_t offset) {
    Node root = describe_pdu(static_cast<const Pdu&>(pdu), offset);
    if (!pdu.error) return root;
    const std::size_t end = offset + pdu.error->offset;
    if (pdu.error->kind == WireError::Kind::truncated) {
        cut_at(root, end);
        root.size = pdu.error->offset;  // frag_length itself may be among what was not read
    }
    root.add({.key = "error",
              .label = "Not decoded",
              .offset = end,
              .size = 0,
              .value = std::string{pdu.error->field},
              .meaning = std::string{kind_text(pdu.error->kind)}});
    return root;
}

}  // namespace diag::dcerpc

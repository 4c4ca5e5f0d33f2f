#include "libdiag/base/hex.h"
#include "libdiag/proto/dcerpc/bind.h"
#include "libdiag/proto/dcerpc/bind_fields.h"
#include "libdiag/proto/dcerpc/call.h"

namespace diag::dcerpc {
namespace {

std::string interface_name(const Uuid& uuid) { return uuid == kms_interface_id ? "KMS" : ""; }

void name_last_uuid(Node& parent, std::size_t index_from_end, std::string meaning) {
    parent.children[parent.children.size() - index_from_end].meaning = std::move(meaning);
}

std::string syntax_meaning(const Uuid& uuid) {
    const Syntax syntax = syntax_of(uuid);
    if (syntax == Syntax::unknown) return {};
    std::string meaning{name_of(syntax)};
    if (syntax == Syntax::btfn) {
        meaning += " asking for " + detail::show_number(btfn_mask(uuid), 2, Show::flags, btfn_feature_names).meaning;
    }
    return meaning;
}

std::size_t describe_context(const ContextItem& item, std::size_t index, std::size_t offset, Node& parent) {
    Node& node = parent.add({.key = "context",
                             .label = "Context " + std::to_string(index),
                             .offset = offset,
                             .size = 0,
                             .value = "id " + std::to_string(item.context_id),
                             .meaning = {}});
    std::size_t at = describe_fields<ContextItem>(context_fields, item, offset, node);
    name_last_uuid(node, 2, interface_name(item.interface));
    for (const SyntaxId& id : item.transfer_syntaxes) {
        at = describe_fields<SyntaxId>(syntax_fields, id, at, node);
        name_last_uuid(node, 2, syntax_meaning(id.uuid));
        if (node.meaning.empty()) node.meaning = describe_syntax(id.uuid);
    }
    node.size = at - offset;
    return at;
}

std::size_t describe_result(const ContextResult& result, std::size_t index, std::size_t offset, Node& parent) {
    Node& node = parent.add({.key = "result",
                             .label = "Result " + std::to_string(index),
                             .offset = offset,
                             .size = 0,
                             .value = {},
                             .meaning = std::string{diag::name_of(result_names, result.result)}});
    const std::size_t at = describe_fields<ContextResult>(result_fields, result, offset, node);
    Node& reason = node.children[1];
    if (result.result == provider_rejection) reason.meaning = describe_reason(result.reason);
    if (result.result == negotiate_ack)
        reason.meaning = detail::show_number(result.reason, 2, Show::flags, btfn_feature_names).meaning;
    if (!result.transfer_syntax.is_nil()) node.children[2].meaning = syntax_meaning(result.transfer_syntax);
    node.size = at - offset;
    return at;
}

std::size_t describe_secondary_address(const BindAck& ack, std::size_t offset, Node& parent) {
    const std::size_t size = ack.secondary_address.size() + (ack.secondary_terminated ? 1 : 0);
    if (size > 0) {
        parent.add({.key = "secondary_address",
                    .label = "Secondary address",
                    .offset = offset,
                    .size = size,
                    .value = ack.secondary_address,
                    .meaning = {}});
    }
    offset += size;
    const Bytes padding = Bytes{ack.secondary_padding}.first((4 - offset % 4) % 4);
    if (!padding.empty()) {
        parent.add({.key = "secondary_padding",
                    .label = "Padding",
                    .offset = offset,
                    .size = padding.size(),
                    .value = to_hex(padding),
                    .meaning = "any bytes"});
    }
    return offset + padding.size();
}

}  // namespace

std::size_t describe_body(const Bind& bind, std::size_t offset, Node& parent) {
    offset = describe_fields<Bind>(bind_fields, bind, offset, parent);
    for (std::size_t i = 0; i < bind.contexts.size(); ++i)
        offset = describe_context(bind.contexts[i], i, offset, parent);
    return describe_rest(bind.rest, "Surplus bytes", offset, parent);
}

std::size_t describe_body(const BindAck& ack, std::size_t offset, Node& parent) {
    offset = describe_fields<BindAck>(bind_ack_fields, ack, offset, parent);
    offset = describe_secondary_address(ack, offset, parent);
    offset = describe_fields<BindAck>(result_list_fields, ack, offset, parent);
    for (std::size_t i = 0; i < ack.results.size(); ++i) offset = describe_result(ack.results[i], i, offset, parent);
    return describe_rest(ack.rest, "Surplus bytes", offset, parent);
}

std::size_t describe_body(const BindNak& nak, std::size_t offset, Node& parent) {
    offset = describe_fields<BindNak>(bind_nak_fields, nak, offset, parent);
    if (!nak.has_versions) return offset;
    parent.add({.key = "n_protocols",
                .label = "Number of versions",
                .offset = offset,
                .size = 1,
                .value = std::to_string(nak.n_protocols),
                .meaning = {}});
    ++offset;
    for (const ProtocolVersion& version : nak.versions) {
        parent.add({.key = "version",
                    .label = "Supported version",
                    .offset = offset,
                    .size = 2,
                    .value = std::to_string(version.major) + "." + std::to_string(version.minor),
                    .meaning = {}});
        offset += 2;
    }
    return describe_rest(nak.rest, "Pad bytes", offset, parent);
}

}  // namespace diag::dcerpc

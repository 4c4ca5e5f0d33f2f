#include "libdiag/session/bind_negotiation.h"

#include <algorithm>

namespace diag::session {
namespace {

using dcerpc::ContextItem;
using dcerpc::ContextResult;
using dcerpc::Syntax;
using dcerpc::SyntaxId;

constexpr std::uint16_t abstract_syntax_not_supported = 1;
constexpr std::uint16_t transfer_syntaxes_not_supported = 2;
constexpr std::uint16_t local_limit_exceeded = 3;

ContextResult refuse(std::uint16_t reason) { return {.result = dcerpc::provider_rejection, .reason = reason}; }

// A client's minor version may be lower than ours (C706 §12.6.3.1); ours is 0.
bool serves(const BindRules& rules, const ContextItem& item) {
    return item.interface == rules.interface && item.interface_version.major == rules.interface_version.major &&
           item.interface_version.minor <= rules.interface_version.minor;
}

const SyntaxId* find_syntax(const ContextItem& item, Syntax syntax, std::uint32_t version) {
    const auto found = std::find_if(item.transfer_syntaxes.begin(), item.transfer_syntaxes.end(),
                                    [&](const SyntaxId& id) { return id.syntax() == syntax && id.version == version; });
    return found == item.transfer_syntaxes.end() ? nullptr : &*found;
}

const SyntaxId* find_ndr32(const ContextItem& item) { return find_syntax(item, Syntax::ndr32, 2); }
const SyntaxId* find_ndr64(const ContextItem& item) { return find_syntax(item, Syntax::ndr64, 1); }

ContextResult accept(const SyntaxId& id) {
    return {.result = dcerpc::acceptance, .reason = 0, .transfer_syntax = id.uuid, .version = id.version};
}

ContextResult judge(const ContextItem& item, const BindRules& rules, bool ndr64_in_bind) {
    const SyntaxId* btfn = find_syntax(item, Syntax::btfn, 1);
    if (btfn != nullptr && rules.btfn_features != 0) {
        const unsigned granted = dcerpc::btfn_mask(btfn->uuid) & unsigned{rules.btfn_features};
        return {.result = dcerpc::negotiate_ack, .reason = static_cast<std::uint16_t>(granted)};
    }
    if (!serves(rules, item)) return refuse(abstract_syntax_not_supported);
    const SyntaxId* ndr64 = rules.ndr64 ? find_ndr64(item) : nullptr;
    if (ndr64 != nullptr) return accept(*ndr64);
    const SyntaxId* ndr32 = ndr64_in_bind ? nullptr : find_ndr32(item);
    return ndr32 != nullptr ? accept(*ndr32) : refuse(transfer_syntaxes_not_supported);
}

}  // namespace

std::vector<ContextResult> negotiate(const dcerpc::Bind& bind, const BindRules& rules, bool is_alter_context) {
    const std::size_t judged_count = std::min(bind.contexts.size(), rules.max_context_count);
    const auto end = bind.contexts.begin() + static_cast<std::ptrdiff_t>(judged_count);
    const bool ndr64_in_bind =
        !is_alter_context && rules.ndr64 && std::any_of(bind.contexts.begin(), end, [&](const ContextItem& item) {
            return serves(rules, item) && find_ndr64(item) != nullptr;
        });
    std::vector<ContextResult> results;
    for (std::size_t i = 0; i < bind.contexts.size(); ++i)
        results.push_back(i < judged_count ? judge(bind.contexts[i], rules, ndr64_in_bind)
                                           : refuse(local_limit_exceeded));
    return results;
}

}  // namespace diag::session

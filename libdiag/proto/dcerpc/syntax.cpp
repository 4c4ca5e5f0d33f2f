#include "libdiag/proto/dcerpc/syntax.h"

#include <algorithm>

#include "libdiag/proto/dcerpc/bind.h"

namespace diag::dcerpc {
namespace {

constexpr std::size_t btfn_prefix_size = 8;
constexpr std::size_t btfn_mask_at = 8;

}  // namespace

Syntax syntax_of(const Uuid& uuid) {
    if (uuid == ndr32_syntax_id) return Syntax::ndr32;
    if (uuid == ndr64_syntax_id) return Syntax::ndr64;
    const bool is_btfn =
        std::equal(uuid.wire.begin(), uuid.wire.begin() + btfn_prefix_size, btfn_syntax_id.wire.begin());
    return is_btfn ? Syntax::btfn : Syntax::unknown;
}

std::string_view name_of(Syntax syntax) {
    switch (syntax) {
        case Syntax::ndr32: return "NDR32";
        case Syntax::ndr64: return "NDR64";
        case Syntax::btfn: return "BTFN";
        default: return "unknown";
    }
}

std::string describe_syntax(const Uuid& uuid) {
    const Syntax syntax = syntax_of(uuid);
    return syntax == Syntax::unknown ? to_string(uuid) : std::string{name_of(syntax)};
}

std::uint16_t btfn_mask(const Uuid& uuid) {
    return static_cast<std::uint16_t>(uuid.wire[btfn_mask_at] | uuid.wire[btfn_mask_at + 1] << 8);
}

Uuid make_btfn_id(std::uint16_t mask) {
    Uuid uuid = btfn_syntax_id;
    uuid.wire[btfn_mask_at] = static_cast<std::uint8_t>(mask & 0xFF);
    uuid.wire[btfn_mask_at + 1] = static_cast<std::uint8_t>(mask >> 8);
    return uuid;
}

void SyntaxMap::on_bind(const Bind& bind) {
    for (const ContextItem& item : bind.contexts) {
        if (item.transfer_syntaxes.empty()) continue;
        const Syntax syntax = syntax_of(item.transfer_syntaxes.front().uuid);
        if (syntax != Syntax::btfn) set(item.context_id, syntax);
    }
}

void SyntaxMap::on_bind_ack(const Bind& bind, const BindAck& answer) {
    const std::size_t count = std::min(bind.contexts.size(), answer.results.size());
    for (std::size_t i = 0; i < count; ++i) {
        if (answer.results[i].result == acceptance) {
            set(bind.contexts[i].context_id, syntax_of(answer.results[i].transfer_syntax));
        } else {
            erase(bind.contexts[i].context_id);
        }
    }
}

void SyntaxMap::set(std::uint16_t context_id, Syntax syntax) {
    for (Entry& entry : entries_) {
        if (entry.context_id != context_id) continue;
        entry.syntax = syntax;
        return;
    }
    if (entries_.size() < max_count) entries_.push_back({context_id, syntax});
}

void SyntaxMap::erase(std::uint16_t context_id) {
    std::erase_if(entries_, [context_id](const Entry& entry) { return entry.context_id == context_id; });
}

std::optional<Syntax> SyntaxMap::find(std::uint16_t context_id) const {
    for (const Entry& entry : entries_)
        if (entry.context_id == context_id) return entry.syntax;
    return std::nullopt;
}

}  // namespace diag::dcerpc

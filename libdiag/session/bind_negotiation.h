#pragma once

#include "libdiag/proto/dcerpc/bind.h"

namespace diag::session {

/// What a server says to the contexts that a client offers (protocol.md 2.2, 2.3; C706 §12.6.3.1).
struct BindRules {
    Uuid interface = dcerpc::kms_interface_id;
    MajorMinor interface_version{.major = 1, .minor = 0};
    bool ndr64 = true;                ///< hosts from build 9200 on
    std::uint16_t btfn_features = 3;  ///< those that are granted when asked for; 0: a server that does not know BTFN
    std::size_t max_context_count = 16;
};

/// One result for each context, in their order.
///
/// A bind that offers NDR64 gets NDR32 refused in its favour (2/2); an alter_context may add NDR32 afterwards. A context with
/// several syntaxes gets NDR64 if that is spoken, else NDR32. Refusals: another interface or version 2/1, no known syntax
/// 2/2, one context too many 2/3.
std::vector<dcerpc::ContextResult> negotiate(const dcerpc::Bind& bind, const BindRules& rules, bool is_alter_context);

}  // namespace diag::session

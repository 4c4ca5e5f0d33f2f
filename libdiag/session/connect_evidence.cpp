#include "libdiag/session/connect_evidence.h"

#include <array>

namespace diag::session {

std::string_view name_of(ConnectEnd end) {
    static constexpr std::array<std::string_view, 9> names{
        "pending", "connected", "reset", "refused", "no_answer", "unreachable", "prohibited", "exhausted", "failed"};
    return names[static_cast<std::size_t>(end)];
}

}  // namespace diag::session

#include "libdiag/session/name_evidence.h"

#include <array>

namespace diag::session {

std::string_view name_of(NameEnd end) {
    static constexpr std::array<std::string_view, 9> names{
        "pending", "found", "not_found", "no_data", "server_failure", "refused", "no_answer", "no_server", "bad_name"};
    return names[static_cast<std::size_t>(end)];
}

}  // namespace diag::session

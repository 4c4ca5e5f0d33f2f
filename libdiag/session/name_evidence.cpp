#include "libdiag/session/name_evidence.h"

#include <array>

namespace diag::session {

std::string_view name_of(NameEnd end) {
    static constexpr std::array<std::string_view, 9> names{
        "pending", "found", "not_found", "no_data", "server_failure", "refused", "no_answer", "no_server", "bad_name"};
    return names[static_cast<std::size_t>(end)];
}

std::string_view describe(NameEnd end) {
    static constexpr std::array<std::string_view, 9> texts{
        "not asked yet", "found",     "does not exist (NXDOMAIN)",    "no such record", "SERVFAIL or nonsense",
        "REFUSED",       "no answer", "no DNS server can be reached", "is no DNS name"};
    return texts[static_cast<std::size_t>(end)];
}

}  // namespace diag::session

#include "libdiag/slmgr/dlv.h"

#include "libdiag/base/line_text.h"

namespace diag::slmgr {
namespace {

// Channels stand in the description untranslated on every display language.
constexpr std::string_view client_channel = "VOLUME_KMSCLIENT";
constexpr std::string_view host_channel = "VOLUME_KMS";

bool description_has(const Dlv& dlv, std::string_view word) {
    return dlv.description && contains_word(*dlv.description, word);
}

}  // namespace

bool has_client_channel(const Dlv& dlv) { return description_has(dlv, client_channel); }

bool has_host_channel(const Dlv& dlv) { return !has_client_channel(dlv) && description_has(dlv, host_channel); }

std::string_view name_of(SavedKind kind) {
    static constexpr std::string_view names[] = {"dlv", "dli", "ato", "xpr", "dstatus", "objects"};
    return names[static_cast<std::size_t>(kind)];
}

bool is_kms_host(const Dlv& dlv) { return has_host_channel(dlv) || dlv.host_enabled.is(true); }

}  // namespace diag::slmgr

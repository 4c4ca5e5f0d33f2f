#include "libdiag/probe/own_request.h"

#include "libdiag/base/utf.h"
#include "libdiag/net/host_name.h"
#include "libdiag/net/random_source.h"
#include "libdiag/state/client_machine_id.h"

namespace diag::probe {

std::expected<kms::BaseRequest, std::string> make_own_request(session::ClientSettings settings) {
    if (settings.workstation_name.empty()) settings.workstation_name = net::host_name();
    if (settings.client_machine_id.is_nil()) {
        const auto path = state::client_machine_id_path();
        if (!path) return std::unexpected(path.error());
        net::RandomSource random;
        const auto id = state::load_client_machine_id(*path, [&](auto out) { random.fill(out); });
        if (!id) return std::unexpected(id.error());
        settings.client_machine_id = *id;
    }
    auto request = session::make_request(settings);
    if (!request) return std::unexpected(escape_for_terminal(request.error()));
    return *request;
}

}  // namespace diag::probe

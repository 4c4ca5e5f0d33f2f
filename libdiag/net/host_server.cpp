#include "libdiag/net/host_server.h"

#include <algorithm>

#include "libdiag/net/descriptors.h"
#include "libdiag/net/server_loop.h"

namespace diag::net {

HostServer::HostServer(std::unique_ptr<ServerLoop> loop) : loop_{std::move(loop)} {}
HostServer::~HostServer() = default;

std::expected<std::unique_ptr<HostServer>, std::string> HostServer::create(ServerSettings settings,
                                                                           session::KmsHost& host,
                                                                           session::FaultPlan& plan, Settle settle) {
    settings.max_connection_count = std::min(settings.max_connection_count, max_open_connections());
    auto loop = std::make_unique<ServerLoop>(std::move(settings), host, plan, std::move(settle));
    if (auto listening = loop->listen(); !listening) return std::unexpected(std::move(listening.error()));
    return std::unique_ptr<HostServer>{new HostServer{std::move(loop)}};
}

const std::vector<Endpoint>& HostServer::endpoints() const { return loop_->endpoints(); }
const ServerSettings& HostServer::settings() const { return loop_->settings(); }
const ServerCounters& HostServer::counters() const { return loop_->counters; }
void HostServer::publish(PublishSettings settings, OnPublished on_published) {
    loop_->publish(std::move(settings), std::move(on_published));
}
void HostServer::stop_on_signals() { loop_->stop_on_signals(); }
std::expected<void, std::string> HostServer::run() { return loop_->run(); }
void HostServer::stop() { loop_->stop(); }

}  // namespace diag::net

#include "tools/kms-refhost/run.h"

#include "libdiag/cli/exit_status.h"
#include "libdiag/net/random_source.h"
#include "libdiag/state/sqlite_client_list.h"
#include "tools/kms-refhost/event_log.h"
#include "tools/kms-refhost/texts.h"

namespace diag::refhost {
namespace {

// One run of the host.
class Run {
public:
    Run(const Options& options, const Environment& environment)
        : options_{options}, environment_{environment}, plan_{options.faults} {}

    int all() {
        for (const auto step : {&Run::open_state, &Run::open_events, &Run::open_host, &Run::open_server})
            if (auto done = (this->*step)(); !done) return fail(done.error());
        if (!options_.quiet) environment_.say(start_text(options_, publish_, server_->endpoints(), host_->epids()));
        const auto served = server_->run();
        const auto written = finish_events();
        if (!options_.quiet) environment_.say(end_text(server_->counters(), events_.count(), options_.verbose));
        if (!served) return fail(served.error());
        if (!written) return fail(written.error());
        return cli::status_ok;
    }

private:
    using Result = std::expected<void, std::string>;

    int fail(const std::string& message) {
        environment_.error(message);
        return cli::status_failed;
    }

    Result open_state() {
        if (!options_.state_file) return {};
        auto opened = state::SqliteClientList::open(*options_.state_file);
        if (!opened) return std::unexpected(std::move(opened.error()));
        kept_clients_.emplace(std::move(*opened));
        return {};
    }

    Result open_events() {
        const EventLog::Format format{.json = options_.json, .colored = environment_.colored};
        if (options_.event_log_file) {
            auto opened = EventLog::open(*options_.event_log_file, {.json = options_.json});
            if (!opened) return std::unexpected(std::move(opened.error()));
            events_ = std::move(*opened);
        } else if (!options_.quiet) {
            events_ = EventLog::to_descriptor(environment_.output, format);
        }
        return {};
    }

    Result open_host() {
        session::ClientList& clients = kept_clients_ ? static_cast<session::ClientList&>(*kept_clients_) : clients_;
        auto made = session::KmsHost::create(
            options_.host, clients, [this](std::span<std::uint8_t> out) { random_.fill(out); },
            [this](const session::Event12290& event) { events_.add(event); });
        if (!made) return std::unexpected(std::move(made.error()));
        host_ = std::move(*made);
        return {};
    }

    Result open_server() {
        auto made = net::HostServer::create(options_.server, *host_, plan_, [this] { return settle(); });
        if (!made) return std::unexpected(std::move(made.error()));
        server_ = std::move(*made);
        server_->stop_on_signals();
        start_publishing();
        return {};
    }

    void start_publishing() {
        publish_ = options_.publish;
        publish_.clock_offset = options_.host.clock_offset;
        for (auto& service : publish_.services)
            if (service.service.port == 0) service.service.port = server_->endpoints().front().port;
        if (publish_.services.empty()) return;
        server_->publish(publish_, [this](const session::PublishEvent& event) { events_.add(event); });
    }

    // Before answers leave: what they say is kept, and the events are written.
    Result settle() {
        if (kept_clients_)
            if (auto kept = kept_clients_->commit(); !kept) return kept;
        return judge(events_.write());
    }

    Result judge(EventLog::Result written) {
        if (written) return {};
        if (written.error().end == EventLog::End::failed) return std::unexpected(std::move(written.error().message));
        // Whoever read the events is gone: the host ends quietly, but in order.
        events_.drop();
        server_->stop();
        return {};
    }

    Result finish_events() { return judge(events_.finish()); }

    const Options& options_;
    const Environment& environment_;
    net::RandomSource random_;
    session::FaultPlan plan_;
    session::MemoryClientList clients_;
    std::optional<state::SqliteClientList> kept_clients_;
    EventLog events_;
    std::unique_ptr<session::KmsHost> host_;
    std::unique_ptr<net::HostServer> server_;
    net::PublishSettings publish_;
};

}  // namespace

int run(const Options& options, const Environment& environment) { return Run{options, environment}.all(); }

}  // namespace diag::refhost

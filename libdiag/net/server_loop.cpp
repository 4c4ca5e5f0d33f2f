#include "libdiag/net/server_loop.h"

#include <algorithm>
#include <boost/asio/post.hpp>

#include "libdiag/net/clock.h"

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;

namespace {

// Handlers that run before answers leave: few enough that nobody waits long, many enough that settling is shared.
constexpr std::size_t max_handlers_before_sending = 256;

milliseconds tick_time(const ServerSettings& settings) {
    return std::clamp(std::min(settings.idle_time, settings.linger_time) / 4, milliseconds{5}, milliseconds{1000});
}

}  // namespace

ServerLoop::ServerLoop(ServerSettings settings, session::KmsHost& the_host, session::FaultPlan& the_plan,
                       HostServer::Settle settle)
    : ConnectionOwner{the_host, the_plan}, settings_{std::move(settings)}, settle_{std::move(settle)} {
    await_tick();
}

void ServerLoop::publish(PublishSettings settings, OnPublished on_published) {
    publisher_.emplace(context_, std::move(settings),
                       [this, told = std::move(on_published)](const session::PublishEvent& event) {
                           told(event);
                           settle();  // nobody's answer may follow soon
                       });
}

std::expected<void, std::string> ServerLoop::run() {
    if (publisher_) publisher_->start();
    while (!is_done() && !failure_) {
        // Connections that decided something while answers were sent are not to wait for an event.
        if (decided_.empty()) context_.run_one();
        for (std::size_t i = 0; i < max_handlers_before_sending && context_.poll_one() != 0; ++i) {}
        send_settled();
    }
    if (failure_) return std::unexpected(*failure_);
    return {};
}

bool ServerLoop::settle() {
    auto settled = settle_();
    if (settled) return true;
    failure_ = std::move(settled.error());
    end_all();
    return false;
}

void ServerLoop::send_settled() {
    if (decided_.empty() || !settle()) return;
    for (const auto& connection : std::exchange(decided_, {})) connection->perform();
}

void ServerLoop::on_decided(Connection& connection) { decided_.push_back(connection.shared_from_this()); }

void ServerLoop::on_answered(Connection& connection) { active_.touch(*connection.place, now().steady); }

void ServerLoop::on_half_closed(Connection& connection) {
    const IpAddress peer = connection.place->peer->first;
    active_.remove(*connection.place);
    connection.place = &closing_.add(connection.shared_from_this(), peer, now().steady);
    connection.is_closing = true;
}

bool ServerLoop::on_kept(std::size_t more, std::size_t in_all) {
    kept_size_ += more;
    if (in_all <= small_request_size || kept_size_ <= settings_.max_unanswered_size) return true;
    ++counters.crowded_out;
    return false;
}

void ServerLoop::on_closed(Connection& connection, std::size_t kept_size) {
    ++counters.closed;
    kept_size_ -= kept_size;
    (connection.is_closing ? closing_ : active_).remove(*connection.place);
}

void ServerLoop::await_tick() {
    tick_.expires_after(tick_time(settings_));
    tick_.async_wait([this](const error_code& error) {
        if (error) return;
        end_idle();
        if (settle()) await_tick();
    });
}

void ServerLoop::end_idle() {
    const session::TimePoint time = now().steady;
    while (const auto* place = closing_.oldest()) {
        if (place->touched + settings_.linger_time > time) break;
        const auto connection = place->connection;
        connection->end(Connection::End::close);
    }
    while (const auto* place = active_.oldest()) {
        if (place->touched + settings_.idle_time > time) break;
        const auto connection = place->connection;
        if (connection->is_waiting()) {
            active_.touch(*connection->place, time);
            continue;
        }
        ++counters.timed_out;
        connection->end(Connection::End::close);
    }
}

void ServerLoop::stop_on_signals() {
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    await_signal();
}

void ServerLoop::await_signal() {
    signals_.async_wait([this](const error_code& error, int) {
        if (error) return;
        if (stopping_) return end_all();
        begin_stop();
        await_signal();
    });
}

void ServerLoop::stop() {
    asio::post(context_, [this] { begin_stop(); });
}

void ServerLoop::begin_stop() {
    if (stopping_) return;
    stopping_ = true;
    if (publisher_) publisher_->stop();
    for (Listener& listener : listeners_) {
        accept_some(listener, settings_.max_connection_count);
        error_code ignored;
        listener.acceptor.close(ignored);
    }
    for (const auto& connection : active_.snapshot()) connection->wind_up();
    stop_deadline_.expires_after(settings_.stop_time);
    stop_deadline_.async_wait([this](const error_code& error) {
        if (!error) end_all();
    });
}

void ServerLoop::end_all() {
    decided_.clear();
    for (const auto* table : {&active_, &closing_})
        for (const auto& connection : table->snapshot()) connection->end(Connection::End::reset);
}

}  // namespace diag::net

#include "libdiag/net/connection.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <utility>

#include "libdiag/net/clock.h"

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;
using session::Action;

namespace {

bool would_block(const error_code& error) {
    return error == asio::error::would_block || error == asio::error::try_again;
}

}  // namespace

Connection::Connection(ConnectionOwner& owner, Socket socket, session::RpcServerSettings settings,
                       std::uint32_t assoc_group)
    : owner_{owner}, socket_{std::move(socket)}, session_{owner.host, owner.plan, std::move(settings), assoc_group} {}

void Connection::start() { decide(session_.on_accept()); }

void Connection::decide(session::Actions actions) {
    if (actions.empty()) return read();
    actions_ = std::move(actions);
    action_index_ = 0;
    owner_.on_decided(*this);
}

void Connection::perform() {
    if (busy_ || state_ != State::open) return;
    while (has_work()) {
        if (!do_action(actions_[action_index_])) return;
        ++action_index_;
        sent_size_ = 0;
    }
    actions_.clear();
    unanswered_size_ = 0;
    owner_.on_answered(*this);
    read();
}

// True when it is done and the next may follow; else somebody calls perform() again, or the connection has ended.
bool Connection::do_action(const Action& action) {
    switch (action.kind) {
        case Action::Kind::send: return send(action.bytes);
        case Action::Kind::wait: wait(action.wait); return false;
        case Action::Kind::close: half_close(); return false;
        case Action::Kind::reset: end(End::reset); return false;
    }
    return true;
}

bool Connection::send(Bytes bytes) {
    while (sent_size_ < bytes.size()) {
        error_code error;
        const Bytes rest = bytes.subspan(sent_size_);
        const std::size_t size = socket_.write_some(asio::buffer(rest.data(), rest.size()), error);
        sent_size_ += size;
        owner_.counters.sent_size += size;
        if (would_block(error)) {
            busy_ = true;
            socket_.async_wait(Socket::wait_write, [self = shared_from_this()](const error_code&) {
                self->busy_ = false;
                self->perform();
            });
            return false;
        }
        if (error) {
            end(End::close);
            return false;
        }
    }
    return true;
}

void Connection::wait(std::chrono::milliseconds time) {
    if (!timer_) timer_ = std::make_unique<asio::steady_timer>(socket_.get_executor());
    busy_ = waiting_ = true;
    timer_->expires_after(time);
    timer_->async_wait([self = shared_from_this()](const error_code&) {
        self->busy_ = self->waiting_ = false;
        if (self->state_ != State::open) return;
        ++self->action_index_;
        self->perform();
    });
}

void Connection::read() {
    if (state_ == State::open && owner_.is_stopping()) return read_what_arrived();
    busy_ = true;
    socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](const error_code& error, std::size_t size) {
        self->busy_ = false;
        self->on_read(error, size);
    });
}

void Connection::on_read(const error_code& error, std::size_t size) {
    if (state_ == State::closed) return;
    if (error == asio::error::operation_aborted) return read();  // wind_up()
    if (error) return end(End::close);
    take(size);
}

void Connection::take(std::size_t size) {
    owner_.counters.received_size += size;
    if (state_ == State::half_closed) return discard(size);
    if (!keep(size)) return end(End::reset);
    decide(session_.on_bytes(Bytes{in_}.first(size), now().clock));
}

bool Connection::keep(std::size_t size) {
    // The session keeps no more (rpc_server.h); what comes then it has refused, or it has been silenced.
    constexpr std::size_t max_session_size = std::size_t{128} << 10;
    unanswered_size_ = std::min(unanswered_size_ + size, max_session_size);
    if (unanswered_size_ <= kept_size_) return true;
    const std::size_t more = unanswered_size_ - std::exchange(kept_size_, unanswered_size_);
    return owner_.on_kept(more, kept_size_);
}

// Nobody listens any more. A peer that goes on and on has no claim on a gentle end.
void Connection::discard(std::size_t size) {
    constexpr std::size_t max_discarded_size = std::size_t{64} << 10;
    discarded_size_ += size;
    if (discarded_size_ > max_discarded_size) return end(End::close);
    read();
}

void Connection::wind_up() {
    if (state_ == State::open && busy_ && !has_work()) socket_.cancel();
}

void Connection::read_what_arrived() {
    error_code error;
    const std::size_t size = socket_.read_some(asio::buffer(in_), error);
    if (would_block(error)) return half_close();
    if (error) return end(End::close);
    take(size);
}

void Connection::half_close() {
    error_code error;
    socket_.shutdown(Socket::shutdown_send, error);
    if (error) return end(End::close);  // the peer has gone already
    state_ = State::half_closed;
    owner_.on_half_closed(*this);
    read();
}

void Connection::end(End how) {
    if (state_ == State::closed) return;
    state_ = State::closed;
    error_code ignored;
    if (how == End::reset) socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
    if (timer_) timer_->cancel();
    owner_.on_closed(*this, kept_size_);
}

}  // namespace diag::net

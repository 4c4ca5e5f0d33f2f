#include "libdiag/net/dialog.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>
#include <cerrno>

#include "libdiag/net/asio_endpoint.h"
#include "libdiag/net/clock.h"
#include "libdiag/net/connect_facts.h"

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;
using session::Action;
using session::ConnectEnd;

namespace {

// What Linux makes of RSTs, ICMP errors and rules of its own (tcp(7), icmp(7)).
ConnectEnd end_of(int error) {
    switch (error) {
        case ECONNREFUSED: return ConnectEnd::refused;
        case ECONNRESET: return ConnectEnd::reset;
        case ETIMEDOUT: return ConnectEnd::no_answer;
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EHOSTDOWN:
        case ENONET:
        case EPROTO:
        case EOPNOTSUPP:
        case ENOPROTOOPT:
        case EAFNOSUPPORT:  // a system without IPv6
        case EINVAL:        // a link-local address, without the name of a link
            return ConnectEnd::unreachable;
        case EPERM:
        case EACCES: return ConnectEnd::prohibited;
        case EADDRNOTAVAIL:
        case EMFILE:
        case ENFILE:
        case ENOBUFS:
        case ENOMEM: return ConnectEnd::exhausted;
        default: return ConnectEnd::failed;
    }
}

}  // namespace

Dialog::Dialog(asio::io_context& context, const DialogOrder& order, std::chrono::milliseconds connect_timeout,
               const kms::KeyProfile& profile, session::RandomBytes random, Done done)
    : socket_{context},
      timer_{context},
      connect_timeout_{connect_timeout},
      client_{order.rpc, profile, std::move(random)},
      connect_{.target = order.target},
      tag_{order.tag},
      done_{std::move(done)} {
    for (const auto& request : order.requests) client_.add_request(request);
}

void Dialog::start() {
    const session::Now start = now();
    connect_.began = start.steady;
    connect_.began_at = start.clock;
    const auto target = to_asio(connect_.target);
    error_code error;
    socket_.open(target.protocol(), error);
    if (error) {
        // Not from here: the caller has not seen start() return.
        asio::post(socket_.get_executor(), [self = shared_from_this(), error] { self->on_connected(error); });
        return;
    }
    keep_icmp_errors(socket_.native_handle(), connect_.target.ip.family, true);
    timer_.expires_at(connect_.began + connect_timeout_);
    timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (cancelled || self->connect_.end != ConnectEnd::pending || self->over_) return;
        self->on_connected(asio::error::timed_out);
    });
    socket_.async_connect(target, [self = shared_from_this()](const error_code& result) {
        if (self->connect_.end == ConnectEnd::pending && !self->over_) self->on_connected(result);
    });
}

void Dialog::on_connected(const error_code& error) {
    connect_.ended = now().steady;
    timer_.cancel();
    if (socket_.is_open()) read_facts(!error);
    if (error) {
        connect_.end = end_of(error.value());
        // The same error number for "no port is left" and for "no address to come from", as where IPv6 is switched off.
        if (error.value() == EADDRNOTAVAIL && !has_source_address(connect_.target))
            connect_.end = ConnectEnd::unreachable;
        connect_.system_error = error == asio::error::timed_out ? 0 : error.value();
        return finish();
    }
    connect_.end = ConnectEnd::connected;
    error_code ignored;
    socket_.set_option(asio::ip::tcp::no_delay{true}, ignored);
    perform(client_.on_connected(now()));
}

// What the system knows of the attempt, before the socket is closed.
void Dialog::read_facts(bool connected) {
    const int fd = socket_.native_handle();
    const auto family = connect_.target.ip.family;
    error_code no_address;
    const auto local = socket_.local_endpoint(no_address);
    if (!no_address) connect_.local = {from_asio(local.address()), local.port()};
    connect_.syn_count = read_syn_count(fd);
    if (connected) {
        keep_icmp_errors(fd, family, false);
        connect_.path = read_path(fd, family);
    } else {
        connect_.icmp = take_icmp_error(fd);
    }
}

void Dialog::perform(session::Actions actions) {
    for (Action& action : actions) actions_.push_back(std::move(action));
    go_on();
}

// Does what is to be done, then waits for what comes. A close waits for no writing: the peer may never read.
void Dialog::go_on() {
    while (!over_ && !actions_.empty()) {
        const auto kind = actions_.front().kind;
        if (writing_ && kind != Action::Kind::close && kind != Action::Kind::reset) return;
        const Action action = std::move(actions_.front());
        actions_.pop_front();
        if (action.kind == Action::Kind::close || action.kind == Action::Kind::reset) {
            close(action.kind == Action::Kind::reset);
            return finish();
        }
        if (action.kind == Action::Kind::send && !send(action.bytes)) return;
    }
    if (over_ || writing_) return;
    if (client_.has_ended()) return finish();
    read();
    await_deadline();
}

// False when the rest of it is sent later.
bool Dialog::send(Bytes bytes) {
    error_code error;
    socket_.non_blocking(true, error);
    const std::size_t size = socket_.write_some(asio::buffer(bytes.data(), bytes.size()), error);
    if (size == bytes.size()) return true;
    // What a closed connection does to us is told by the read; but whoever meets a reset first takes it, and the read then
    // sees an end in order.
    was_reset_ = was_reset_ || error == asio::error::connection_reset;
    if (error && error != asio::error::would_block && error != asio::error::try_again) return true;
    writing_ = true;
    const auto rest = std::make_shared<ByteVector>(bytes.begin() + static_cast<std::ptrdiff_t>(size), bytes.end());
    const auto buffer = asio::buffer(*rest);
    asio::async_write(socket_, buffer, [self = shared_from_this(), rest](const error_code& failed, std::size_t) {
        self->writing_ = false;
        self->was_reset_ = self->was_reset_ || failed == asio::error::connection_reset;
        self->go_on();
    });
    read();
    await_deadline();
    return false;
}

void Dialog::read() {
    if (reading_ || over_) return;
    reading_ = true;
    socket_.async_read_some(asio::buffer(in_), [self = shared_from_this()](const error_code& error, std::size_t size) {
        self->reading_ = false;
        if (!self->over_) self->on_read(error, size);
    });
}

void Dialog::on_read(const error_code& error, std::size_t size) {
    if (error) {
        const bool closed = error == asio::error::eof && !was_reset_;
        client_.on_end(closed ? session::ConnectionEnd::closed : session::ConnectionEnd::reset, now());
        return finish();
    }
    perform(client_.on_received(Bytes{in_}.first(size), now()));
}

void Dialog::await_deadline() {
    const auto deadline = client_.deadline();
    if (!deadline) return;
    timer_.expires_at(*deadline);
    timer_.async_wait([self = shared_from_this()](const error_code& cancelled) {
        if (cancelled || self->over_) return;
        self->perform(self->client_.on_time(now()));
    });
}

void Dialog::close(bool reset) {
    error_code ignored;
    if (reset) socket_.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket_.close(ignored);
}

void Dialog::finish() {
    if (over_) return;
    over_ = true;
    timer_.cancel();
    close(false);
    done_({.tag = tag_, .connect = connect_, .rpc = client_.rpc(), .exchanges = client_.exchanges()});
}

void Dialog::abandon() {
    over_ = true;
    timer_.cancel();
    close(true);
}

}  // namespace diag::net

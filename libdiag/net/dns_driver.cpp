#include "libdiag/net/dns_driver.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/write.hpp>

#include "libdiag/net/asio_endpoint.h"
#include "libdiag/net/clock.h"
#include "libdiag/proto/dns/decode.h"

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;
using session::DnsAttempt;
using session::DnsTransport;
using Tcp = asio::ip::tcp;
using Udp = asio::ip::udp;

/// One attempt's socket and bytes. Handlers share it, and ask it first whether anybody still waits for them: its driver may be
/// gone.
struct DnsDriver::Socket {
    explicit Socket(asio::io_context& context) : udp{context}, tcp{context} {}

    void close() {
        error_code ignored;
        udp.close(ignored);
        tcp.close(ignored);
        is_closed = true;
    }

    Udp::socket udp;
    Tcp::socket tcp;
    bool is_closed = false;
    Udp::endpoint sender;
    ByteVector out;  // over TCP
    ByteVector in = ByteVector(dns::max_message_size + 2);
    std::size_t in_size = 0;  // over TCP
};

namespace {

Udp::endpoint to_udp(const Endpoint& endpoint) {
    const Tcp::endpoint same = to_asio(endpoint);
    return {same.address(), same.port()};
}

}  // namespace

DnsDriver::DnsDriver(asio::io_context& context, session::PrimaryDialog& dialog, std::function<session::Now()> clock,
                     std::function<void()> on_end)
    : context_{context}, dialog_{dialog}, clock_{std::move(clock)}, on_end_{std::move(on_end)}, timer_{context} {}

DnsDriver::~DnsDriver() { stop(); }

void DnsDriver::start() { perform(dialog_.start(clock_())); }

void DnsDriver::stop() {
    timer_.cancel();
    if (socket_) socket_->close();
    socket_.reset();
}

// Each attempt takes the place of the one before it.
void DnsDriver::perform(Next next) {
    while (next) {
        stop();
        socket_ = std::make_shared<Socket>(context_);
        const bool is_under_way = next->transport == DnsTransport::udp ? send_datagram(*next) : connect(*next);
        next = is_under_way ? Next{} : dialog_.on_failure(clock_());
    }
    if (!dialog_.has_ended()) return await_deadline();
    stop();
    const auto on_end = std::move(on_end_);  // which may destroy this
    on_end();
}

void DnsDriver::await_deadline() {
    timer_.expires_at(dialog_.deadline());
    timer_.async_wait([this, socket = socket_](const error_code& cancelled) {
        if (!cancelled && !socket->is_closed) perform(dialog_.on_time(clock_()));
    });
}

bool DnsDriver::send_datagram(const DnsAttempt& attempt) {
    const auto server = to_udp(attempt.server);
    error_code error;
    socket_->udp.open(server.protocol(), error);
    // Connected, the system tells us of a closed port, and keeps what others send away.
    if (!error) socket_->udp.connect(server, error);
    if (!error) socket_->udp.non_blocking(true, error);
    if (!error) socket_->udp.send(asio::buffer(attempt.bytes), 0, error);
    if (error && error != asio::error::would_block) return false;
    receive_datagram();
    return true;
}

void DnsDriver::receive_datagram() {
    socket_->udp.async_receive_from(asio::buffer(socket_->in), socket_->sender,
                                    [this, socket = socket_](const error_code& error, std::size_t size) {
                                        if (!socket->is_closed) on_datagram(error, size);
                                    });
}

void DnsDriver::on_datagram(const error_code& error, std::size_t size) {
    if (error) return perform(dialog_.on_failure(clock_()));
    const Endpoint sender{from_asio(socket_->sender.address()), socket_->sender.port()};
    Next next = dialog_.on_datagram(sender, Bytes{socket_->in}.first(size), clock_());
    if (next || dialog_.has_ended()) return perform(std::move(next));
    receive_datagram();
}

bool DnsDriver::connect(DnsAttempt& attempt) {
    const auto server = to_asio(attempt.server);
    error_code error;
    socket_->tcp.open(server.protocol(), error);
    if (error) return false;
    socket_->out = std::move(attempt.bytes);
    socket_->tcp.async_connect(server, [this, socket = socket_](const error_code& failed) {
        if (socket->is_closed) return;
        if (failed) return perform(dialog_.on_failure(clock_()));
        send_stream();
    });
    return true;
}

void DnsDriver::send_stream() {
    asio::async_write(socket_->tcp, asio::buffer(socket_->out),
                      [this, socket = socket_](const error_code& failed, std::size_t) {
                          if (socket->is_closed) return;
                          if (failed) return perform(dialog_.on_failure(clock_()));
                          receive_stream();
                      });
}

void DnsDriver::receive_stream() {
    const auto room = std::span{socket_->in}.subspan(socket_->in_size);
    socket_->tcp.async_read_some(asio::buffer(room.data(), room.size()),
                                 [this, socket = socket_](const error_code& failed, std::size_t size) {
                                     if (!socket->is_closed) on_stream(failed, size);
                                 });
}

void DnsDriver::on_stream(const error_code& failed, std::size_t size) {
    if (failed) return perform(dialog_.on_failure(clock_()));
    socket_->in_size += size;
    Next next = dialog_.on_stream(Bytes{socket_->in}.first(socket_->in_size), clock_());
    if (next || dialog_.has_ended()) return perform(std::move(next));
    // The largest message and its length fit, so that there is room while it is not whole.
    receive_stream();
}

bool perform(session::PrimaryDialog& dialog, const std::atomic<bool>* stop) {
    constexpr std::chrono::milliseconds longest_pause{100};  // how long a request to stop may wait
    asio::io_context context;
    DnsDriver driver{context, dialog, now, [] {}};
    driver.start();
    while (!dialog.has_ended()) {
        if (stop != nullptr && stop->load(std::memory_order_relaxed)) return false;
        context.restart();
        context.run_one_for(longest_pause);
    }
    return true;
}

}  // namespace diag::net

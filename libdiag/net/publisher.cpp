#include "libdiag/net/publisher.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "libdiag/net/asio_endpoint.h"
#include "libdiag/net/clock.h"
#include "libdiag/net/name_servers.h"
#include "libdiag/proto/dns/decode.h"

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;
using session::DnsAttempt;
using session::DnsTransport;
using Tcp = asio::ip::tcp;
using Udp = asio::ip::udp;

namespace {

/// One attempt's socket and bytes. Handlers share it: one that comes late finds that it is no longer the current one.
struct Socket {
    explicit Socket(asio::io_context& context) : udp{context}, tcp{context} {}

    Udp::socket udp;
    Tcp::socket tcp;
    Udp::endpoint sender;
    ByteVector out;  // over TCP
    ByteVector in = ByteVector(dns::max_message_size + 2);
    std::size_t in_size = 0;  // over TCP
};

Udp::endpoint to_udp(const Endpoint& endpoint) {
    const Tcp::endpoint same = to_asio(endpoint);
    return {same.address(), same.port()};
}

}  // namespace

/// The registration of one service, over and over.
class Publisher::Publication {
public:
    Publication(asio::io_context& context, Publisher& owner, const session::PublishedService& service)
        : context_{context}, owner_{owner}, service_{service}, timer_{context} {}

    void begin() {
        const PublishSettings& settings = owner_.settings_;
        session::DnsUpdateSettings how{
            .resolvers = settings.servers, .exchange = settings.exchange, .key = settings.key};
        if (how.resolvers.empty()) how.resolvers = system_name_servers();
        update_.emplace(std::move(how), service_, [this](std::span<std::uint8_t> out) { owner_.random_.fill(out); });
        perform(update_->start(host_now()));
    }

    void stop() {
        stopped_ = true;
        timer_.cancel();
        close();
        update_.reset();
    }

private:
    using Next = std::optional<DnsAttempt>;

    session::Now host_now() const {
        session::Now time = now();
        time.clock.ns += std::chrono::nanoseconds{owner_.settings_.clock_offset}.count();
        return time;
    }

    // Each attempt takes the place of the one before it.
    void perform(Next next) {
        while (next) {
            close();
            socket_ = std::make_shared<Socket>(context_);
            const bool is_under_way = next->transport == DnsTransport::udp ? send_datagram(*next) : connect(*next);
            next = is_under_way ? Next{} : update_->on_failure(host_now());
        }
        if (update_->has_ended()) return finish();
        timer_.expires_at(update_->deadline());
        timer_.async_wait([this](const error_code& cancelled) {
            if (!cancelled && update_) perform(update_->on_time(host_now()));
        });
    }

    bool send_datagram(const DnsAttempt& attempt) {
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

    void receive_datagram() {
        const auto socket = socket_;
        socket->udp.async_receive_from(asio::buffer(socket->in), socket->sender,
                                       [this, socket](const error_code& error, std::size_t size) {
                                           if (socket == socket_) on_datagram(error, size);
                                       });
    }

    void on_datagram(const error_code& error, std::size_t size) {
        if (error) return perform(update_->on_failure(host_now()));
        const auto socket = socket_;
        const Endpoint sender{from_asio(socket->sender.address()), socket->sender.port()};
        Next next = update_->on_datagram(sender, Bytes{socket->in}.first(size), host_now());
        if (next || update_->has_ended()) return perform(std::move(next));
        receive_datagram();
    }

    bool connect(DnsAttempt& attempt) {
        const auto server = to_asio(attempt.server);
        error_code error;
        socket_->tcp.open(server.protocol(), error);
        if (error) return false;
        socket_->out = std::move(attempt.bytes);
        const auto socket = socket_;
        socket->tcp.async_connect(server, [this, socket](const error_code& failed) {
            if (socket != socket_) return;
            if (failed) return perform(update_->on_failure(host_now()));
            send_stream();
        });
        return true;
    }

    void send_stream() {
        const auto socket = socket_;
        asio::async_write(socket->tcp, asio::buffer(socket->out),
                          [this, socket](const error_code& failed, std::size_t) {
                              if (socket != socket_) return;
                              if (failed) return perform(update_->on_failure(host_now()));
                              receive_stream();
                          });
    }

    void receive_stream() {
        const auto socket = socket_;
        const auto room = std::span{socket->in}.subspan(socket->in_size);
        socket->tcp.async_read_some(asio::buffer(room.data(), room.size()),
                                    [this, socket](const error_code& failed, std::size_t size) {
                                        if (socket == socket_) on_stream(failed, size);
                                    });
    }

    void on_stream(const error_code& failed, std::size_t size) {
        if (failed) return perform(update_->on_failure(host_now()));
        const auto socket = socket_;
        socket->in_size += size;
        Next next = update_->on_stream(Bytes{socket->in}.first(socket->in_size), host_now());
        if (next || update_->has_ended()) return perform(std::move(next));
        // The largest message and its length fit, so that there is room while it is not whole.
        receive_stream();
    }

    // Handlers that wait on it hold it: they end only when it is closed.
    void close() {
        if (!socket_) return;
        error_code ignored;
        socket_->udp.close(ignored);
        socket_->tcp.close(ignored);
        socket_.reset();
    }

    void finish() {
        close();
        const session::PublishEvent event{
            .logged_at = host_now().clock, .service = service_, .result = update_->result()};
        update_.reset();
        timer_.expires_after(owner_.settings_.interval);
        timer_.async_wait([this](const error_code& cancelled) {
            if (!cancelled && !stopped_) begin();
        });
        owner_.on_published_(event);
    }

    asio::io_context& context_;
    Publisher& owner_;
    session::PublishedService service_;
    asio::steady_timer timer_;  // of the attempt, or until the next registration
    std::optional<session::DnsUpdate> update_;
    std::shared_ptr<Socket> socket_;
    bool stopped_ = false;
};

Publisher::Publisher(asio::io_context& context, PublishSettings settings, OnPublished on_published)
    : settings_{std::move(settings)}, on_published_{std::move(on_published)} {
    for (const auto& service : settings_.services)
        publications_.push_back(std::make_unique<Publication>(context, *this, service));
}

Publisher::~Publisher() = default;

void Publisher::start() {
    for (const auto& publication : publications_) publication->begin();
}

void Publisher::stop() {
    for (const auto& publication : publications_) publication->stop();
}

}  // namespace diag::net

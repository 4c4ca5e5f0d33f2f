#include "libdiag/net/publisher.h"

#include <boost/asio/steady_timer.hpp>

#include "libdiag/net/clock.h"
#include "libdiag/net/dns_driver.h"
#include "libdiag/net/name_servers.h"

namespace diag::net {

namespace asio = boost::asio;
using boost::system::error_code;

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
        driver_.reset();
        update_.emplace(std::move(how), service_, [this](std::span<std::uint8_t> out) { owner_.random_.fill(out); });
        driver_.emplace(
            context_, *update_, [this] { return host_now(); }, [this] { finish(); });
        driver_->start();
    }

    void stop() {
        stopped_ = true;
        timer_.cancel();
        driver_.reset();
        update_.reset();
    }

private:
    session::Now host_now() const {
        session::Now time = now();
        time.clock.ns += std::chrono::nanoseconds{owner_.settings_.clock_offset}.count();
        return time;
    }

    void finish() {
        const session::PublishEvent event{
            .logged_at = host_now().clock, .service = service_, .result = update_->result()};
        driver_.reset();
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
    asio::steady_timer timer_;  // until the next registration
    std::optional<session::DnsUpdate> update_;
    std::optional<DnsDriver> driver_;  // of the update: ends before it
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

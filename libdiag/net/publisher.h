#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>

#include "libdiag/net/publish_settings.h"
#include "libdiag/net/random_source.h"

namespace diag::net {

/// Registers services in DNS at start() and again after each interval, each on its own: drives session::DnsUpdate on the loop
/// of the server, which it never holds up. Memory is that of one answer for each service under way.
class Publisher {
public:
    Publisher(boost::asio::io_context& context, PublishSettings settings, OnPublished on_published);
    ~Publisher();

    void start();
    /// Nothing is sent or called back any more.
    void stop();

private:
    class Publication;

    PublishSettings settings_;
    OnPublished on_published_;
    RandomSource random_;
    std::vector<std::unique_ptr<Publication>> publications_;
};

}  // namespace diag::net

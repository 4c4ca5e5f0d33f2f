#pragma once

#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>

#include "libdiag/net/dialogs.h"

namespace diag::net {

/// One conversation: connects, drives a session::KmsClient, reports. Lives in shared pointers, for handlers of a socket that
/// was closed may still be under way.
class Dialog : public std::enable_shared_from_this<Dialog> {
public:
    using Done = std::function<void(DialogReport)>;

    /// `done` is called once, from a handler of `context`, unless abandon() came first.
    Dialog(boost::asio::io_context& context, const DialogOrder& order, std::chrono::milliseconds connect_timeout,
           const kms::KeyProfile& profile, session::RandomBytes random, Done done);

    void start();
    void abandon();

private:
    void on_connected(const boost::system::error_code& error);
    void read_facts(bool connected);
    void on_read(const boost::system::error_code& error, std::size_t size);
    void perform(session::Actions actions);
    bool send(Bytes bytes);
    void read();
    void await_deadline();
    void go_on();
    void finish();
    void close(bool reset);

    boost::asio::ip::tcp::socket socket_;
    boost::asio::steady_timer timer_;
    std::chrono::milliseconds connect_timeout_;
    session::KmsClient client_;
    session::ConnectEvidence connect_;
    std::uint64_t tag_;
    Done done_;
    std::deque<session::Action> actions_;
    bool reading_ = false;
    bool writing_ = false;
    bool was_reset_ = false;  // a write met it
    bool over_ = false;
    std::array<std::uint8_t, 4096> in_;
};

}  // namespace diag::net

#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "libdiag/session/primary_dialog.h"

namespace diag::net {

/// Performs what a session::PrimaryDialog asks for: one socket for each attempt, and its deadlines, on a loop that it never
/// holds up. Memory is that of one answer.
class DnsDriver {
public:
    /// `dialog` must outlive it, or stop(). `on_end` is called once when the dialog has ended, last of all: it may destroy the
    /// driver.
    DnsDriver(boost::asio::io_context& context, session::PrimaryDialog& dialog, std::function<session::Now()> clock,
              std::function<void()> on_end);
    ~DnsDriver();
    DnsDriver(const DnsDriver&) = delete;
    DnsDriver& operator=(const DnsDriver&) = delete;

    void start();
    /// Nothing is sent or called back any more.
    void stop();

private:
    struct Socket;
    using Next = std::optional<session::DnsAttempt>;

    void perform(Next next);
    void await_deadline();
    bool send_datagram(const session::DnsAttempt& attempt);
    void receive_datagram();
    void on_datagram(const boost::system::error_code& error, std::size_t size);
    bool connect(session::DnsAttempt& attempt);
    void send_stream();
    void receive_stream();
    void on_stream(const boost::system::error_code& failed, std::size_t size);

    boost::asio::io_context& context_;
    session::PrimaryDialog& dialog_;
    std::function<session::Now()> clock_;
    std::function<void()> on_end_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<Socket> socket_;
};

/// Holds the whole dialog, on this thread. False when `stop` became true before its end.
bool perform(session::PrimaryDialog& dialog, const std::atomic<bool>* stop);

}  // namespace diag::net

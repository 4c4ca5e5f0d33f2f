#include "libdiag/net/dialogs.h"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <unordered_map>

#include "libdiag/net/clock.h"
#include "libdiag/net/descriptors.h"
#include "libdiag/net/dialog.h"
#include "libdiag/net/random_source.h"

namespace diag::net {

namespace asio = boost::asio;

class Dialogs::Loop {
public:
    Loop(const DialogSettings& settings, const kms::KeyProfile& profile)
        : settings_{settings},
          profile_{profile},
          concurrency_{std::clamp<std::size_t>(settings.concurrency, 1, max_open_connections())} {}

    void run(Next next, Done done) {
        next_ = std::move(next);
        done_ = std::move(done);
        exhausted_ = stopping_ = false;
        due_ = now().steady;
        started_count_ = 0;
        context_.restart();
        start_some();
        if (settings_.stop != nullptr && !open_.empty()) watch_stop();
        context_.run();
    }

    void stop() {
        asio::post(context_, [this] { end_all(); });
    }

private:
    void end_all() {
        stopping_ = true;
        pace_.cancel();
        for (const auto& [id, dialog] : open_) dialog->abandon();
        open_.clear();
    }

    bool is_over() const { return open_.empty() && (exhausted_ || stopping_); }

    // A flag wakes nobody: look at it now and then.
    void watch_stop() {
        constexpr std::chrono::milliseconds interval{100};
        watch_.expires_after(interval);
        watch_.async_wait([this](const boost::system::error_code& cancelled) {
            if (cancelled || is_over()) return;
            if (settings_.stop->load(std::memory_order_relaxed)) return end_all();
            watch_stop();
        });
    }

    // As many as there is room for and the rate allows.
    void start_some() {
        while (!stopping_ && !exhausted_ && open_.size() < concurrency_) {
            if (settings_.rate != 0 && !is_due()) return;
            const auto order = next_();
            if (!order) {
                exhausted_ = true;
                return;
            }
            start(*order);
        }
    }

    void start(const DialogOrder& order) {
        const std::uint64_t id = started_count_++;
        const auto dialog = std::make_shared<Dialog>(
            context_, order, settings_.connect_timeout, profile_,
            [this](std::span<std::uint8_t> out) { random_.fill(out); },
            [this, id](DialogReport report) {
                open_.erase(id);
                done_(std::move(report));
                start_some();
                if (is_over()) watch_.cancel();
            });
        open_.emplace(id, dialog);
        dialog->start();
    }

    // Whether the next conversation may begin now; otherwise start_some() is called again when it may. What there was no room
    // for is not made up for later, except what a timer that fires late has left out: a rate is a limit.
    bool is_due() {
        constexpr std::chrono::milliseconds slack{100};
        const auto time = now().steady;
        if (time >= due_) {
            due_ = std::max(due_, time - slack) + std::chrono::nanoseconds{std::chrono::seconds{1}} / settings_.rate;
            return true;
        }
        pace_.expires_at(due_);
        pace_.async_wait([this](const boost::system::error_code& cancelled) {
            if (!cancelled) start_some();
        });
        return false;
    }

    DialogSettings settings_;
    kms::KeyProfile profile_;
    std::size_t concurrency_;
    asio::io_context context_{1};
    asio::steady_timer pace_{context_};
    asio::steady_timer watch_{context_};
    RandomSource random_;
    Next next_;
    Done done_;
    std::unordered_map<std::uint64_t, std::shared_ptr<Dialog>> open_;
    session::TimePoint due_;  // before it no conversation begins
    std::uint64_t started_count_ = 0;
    bool exhausted_ = false;
    bool stopping_ = false;
};

Dialogs::Dialogs(DialogSettings settings, const kms::KeyProfile& profile)
    : loop_{std::make_unique<Loop>(settings, profile)} {}

Dialogs::~Dialogs() = default;

void Dialogs::run(Next next, Done done) { loop_->run(std::move(next), std::move(done)); }

void Dialogs::stop() { loop_->stop(); }

}  // namespace diag::net

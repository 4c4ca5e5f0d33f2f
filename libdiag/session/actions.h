#pragma once

#include <chrono>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "libdiag/base/bytes.h"
#include "libdiag/base/time.h"

// What the machines of this folder exchange with their driver, which alone has sockets, clocks and random numbers.

namespace diag::session {

/// A point on the driver's steady clock: deadlines and durations.
using TimePoint = std::chrono::steady_clock::time_point;

/// The moment at which something happened, on both clocks of the driver.
struct Now {
    TimePoint steady;
    Timestamp clock;  ///< UTC: what goes into messages
};

/// Fills the span with fresh random bytes. Tests hand in bytes that they know.
using RandomBytes = std::function<void(std::span<std::uint8_t>)>;

/// One thing for the driver to do.
struct Action {
    enum class Kind : std::uint8_t {
        send,   ///< write `bytes`, at least one, in one piece
        wait,   ///< do nothing for `wait`, bytes that arrive meanwhile included
        close,  ///< end the connection in order (FIN) when all is written
        reset,  ///< end it with a RST
    };
    Kind kind = Kind::send;
    ByteVector bytes;
    std::chrono::milliseconds wait{0};

    static Action make_send(ByteVector data) { return {.kind = Kind::send, .bytes = std::move(data)}; }
    static Action make_wait(std::chrono::milliseconds time) { return {.kind = Kind::wait, .bytes = {}, .wait = time}; }
    static Action make_close() { return {.kind = Kind::close}; }
    static Action make_reset() { return {.kind = Kind::reset}; }
};

/// To be done one after the other. Behind close or reset nothing follows.
using Actions = std::vector<Action>;

}  // namespace diag::session

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string_view>

#include "libdiag/base/bytes.h"

namespace diag::eventlog {

struct SandboxLimits {
    std::chrono::seconds processor_time{60};
    std::chrono::seconds time{300};                  ///< in all; for a child that waits for something that never comes
    std::size_t memory_size = 1024UL * 1024 * 1024;  ///< bytes, with what it inherits; sanitizers need more, and get it
    std::size_t message_size = 2UL * 1024 * 1024;    ///< of one message; a longer one ends the child
};

/// How the child ended.
enum class SandboxEnd : std::uint8_t {
    completed,
    stopped,  ///< the receiver wanted no more
    failed,   ///< it crashed, ran into a limit, or could not be started
};

/// In the child: hands a message to the parent. False when the parent takes no more.
using SendMessage = std::function<bool(std::string_view message)>;
/// In the parent: takes a message. False ends the child.
using ReceiveMessage = std::function<bool(std::string_view message)>;

/// Runs `work` in a child process that can open no files and has the limits, and hands what it sends to `receive`, in order.
/// What the child does to its own memory is lost with it.
SandboxEnd run_in_sandbox(const SandboxLimits& limits, const std::function<void(const SendMessage&)>& work,
                          const ReceiveMessage& receive);

}  // namespace diag::eventlog

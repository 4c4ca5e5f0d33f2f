#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "libdiag/base/bytes.h"

// Faults that the reference host can be told to have: data, so that options, help and tests come from one table. What they
// do to the bytes is in fault_injector.h.

namespace diag::session {

/// Where in a connection a fault strikes.
enum class Stage : std::uint8_t {
    accept,    ///< the connection was accepted, nothing was said yet
    bind,      ///< instead of, or in, the answer to a bind or alter_context
    request,   ///< a request has come: instead of its answer
    response,  ///< in the answer to a request, or behind it
};
inline constexpr std::size_t stage_count = 4;

std::string_view name_of(Stage stage);

enum class FaultKind : std::uint8_t {
    reset,
    close,
    silence,
    delay,
    drip,
    fragments,
    half,
    wrong_call_id,
    wrong_length,
    garbage,
    http,
    tls,
    shutdown,
    bind_nak,
    bind_reject,
    wrong_transfer_syntax,
    rpc_fault,
    hresult,
    bad_mac,
    bad_hmac,
    bad_hash,
    bad_salt,
    echo_salt,
    bad_padding,
    wrong_version,
    inner_version,
    wrong_time,
    wrong_machine_id,
};

/// What stands behind the colon of NAME:ARGUMENT.
enum class FaultArgument : std::uint8_t {
    none,
    milliseconds,
    size,     ///< bytes
    number,   ///< decimal, or hexadecimal with 0x
    code,     ///< 32 bits, as number: a fault status or an HRESULT
    version,  ///< MAJOR.MINOR; kept as major << 16 | minor; major 0: that of the answer
};

/// One row of the table of all faults.
struct FaultInfo {
    FaultKind kind = FaultKind::reset;
    std::string_view name;  ///< "bind-nak"
    FaultArgument argument = FaultArgument::none;
    std::string_view argument_name;                 ///< "REASON"; empty for none
    std::optional<std::uint32_t> default_argument;  ///< without one the argument has to be given
    std::span<const Stage> stages;  ///< where it can strike; the first is the one where it does unless told
    std::string_view text;          ///< one line for --help
};

std::span<const FaultInfo> all_faults();
const FaultInfo& info_of(FaultKind kind);

/// "reset[@WHEN]", "delay:MS[@WHEN]", "wrong-version[:MAJOR.MINOR][@WHEN]".
std::string shape_of(const FaultInfo& info);

/// A fault, when it strikes included.
struct Fault {
    FaultKind kind = FaultKind::reset;
    std::uint32_t argument = 0;  ///< meaning by FaultInfo::argument
    Stage stage = Stage::accept;
    /// Only at the n-th, from 1: connection of the host for accept and bind, request of the host for request and response.
    std::optional<std::uint64_t> nth;

    friend bool operator==(const Fault&, const Fault&) = default;
};

/// Reads NAME[:ARGUMENT][@WHEN]. WHEN is a stage, a number, or both with a comma: "@bind", "@2", "@response,3". The error is
/// one line for people that says what would have been right.
std::expected<Fault, std::string> parse_fault(std::string_view text);

/// Back to what parse_fault() reads, everything spelled out: "delay:500@response,3".
std::string to_string(const Fault& fault);

}  // namespace diag::session

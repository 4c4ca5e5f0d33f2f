#include <algorithm>
#include <array>
#include <cassert>

#include "libdiag/session/fault.h"

namespace diag::session {
namespace {

using Argument = FaultArgument;
using Kind = FaultKind;

// The first of each list is the stage where the fault strikes unless told.
constexpr Stage anywhere_from_request[] = {Stage::request, Stage::response, Stage::bind, Stage::accept};
constexpr Stage any_answer[] = {Stage::response, Stage::bind};
constexpr Stage any_start[] = {Stage::response, Stage::bind, Stage::accept};
constexpr Stage instead_of_any[] = {Stage::bind, Stage::accept, Stage::request};
constexpr Stage instead_of_answer[] = {Stage::request, Stage::bind};
constexpr Stage in_bind[] = {Stage::bind};
constexpr Stage in_request[] = {Stage::request};
constexpr Stage in_response[] = {Stage::response};

constexpr std::uint32_t minor_1 = 1;  // with major 0: that of the answer

constexpr FaultInfo table[] = {
    {Kind::reset,
     "reset",
     Argument::none,
     "",
     {},
     anywhere_from_request,
     "reset the connection; at 'response' behind it"},
    {Kind::close,
     "close",
     Argument::none,
     "",
     {},
     anywhere_from_request,
     "close the connection; at 'response' behind it"},
    {Kind::silence,
     "silence",
     Argument::none,
     "",
     {},
     anywhere_from_request,
     "say nothing from then on, keep the connection open"},
    {Kind::delay, "delay", Argument::milliseconds, "MS", {}, any_start, "wait before the answer"},
    {Kind::drip, "drip", Argument::milliseconds, "MS", 0, any_answer, "send the answer one byte at a time, MS apart"},
    {Kind::fragments, "fragments", Argument::size, "SIZE", 8, in_response,
     "send RPC fragments of SIZE stub bytes (8, 16, ...)"},
    {Kind::half, "half", Argument::none, "", {}, any_answer, "send half of the answer, then reset"},
    {Kind::wrong_call_id, "wrong-call-id", Argument::number, "ID", 1, any_answer, "answer with this call id"},
    {Kind::wrong_length, "wrong-length", Argument::number, "LENGTH", 0xFFFF, any_answer,
     "state this fragment length in the header"},
    {Kind::garbage, "garbage", Argument::size, "SIZE", 64, instead_of_any, "send bytes of no protocol, then close"},
    {Kind::http, "http", Argument::none, "", {}, instead_of_any, "answer as a web server, then close"},
    {Kind::tls, "tls", Argument::none, "", {}, instead_of_any, "answer with a TLS alert, then close"},
    {Kind::shutdown, "shutdown", Argument::none, "", {}, instead_of_answer, "ask the client to close (RPC shutdown)"},
    {Kind::bind_nak,
     "bind-nak",
     Argument::number,
     "REASON",
     {},
     in_bind,
     "refuse: 1 congestion, 2 limit, 4 version, 8 auth"},
    {Kind::bind_reject, "bind-reject", Argument::number, "REASON", 1, in_bind,
     "refuse contexts: 1 interface, 2 syntax, 3 limit"},
    {Kind::wrong_transfer_syntax,
     "wrong-transfer-syntax",
     Argument::none,
     "",
     {},
     in_bind,
     "accept contexts with a syntax that was not offered"},
    {Kind::rpc_fault, "rpc-fault", Argument::code, "STATUS", {}, in_request, "answer with an RPC fault"},
    {Kind::hresult, "hresult", Argument::code, "CODE", {}, in_request, "refuse with this HRESULT"},
    {Kind::bad_mac, "bad-mac", Argument::none, "", {}, in_response, "spoil the MAC (version 4)"},
    {Kind::bad_hmac, "bad-hmac", Argument::none, "", {}, in_response, "spoil the HMAC (version 6)"},
    {Kind::bad_hash, "bad-hash", Argument::none, "", {}, in_response, "spoil the hash of the random salt (5, 6)"},
    {Kind::bad_salt,
     "bad-salt",
     Argument::none,
     "",
     {},
     in_response,
     "give back another salt than the request's (5, 6)"},
    {Kind::echo_salt, "echo-salt", Argument::none, "", {}, in_response, "use the request's salt again (version 6)"},
    {Kind::bad_padding, "bad-padding", Argument::none, "", {}, in_response, "spoil the padding (5, 6)"},
    {Kind::wrong_version, "wrong-version", Argument::version, "MAJOR.MINOR", minor_1, in_response,
     "state this version in the clear (default minor 1)"},
    {Kind::inner_version,
     "inner-version",
     Argument::none,
     "",
     {},
     in_response,
     "state minor version 1 in the encrypted part (5, 6)"},
    {Kind::wrong_time, "wrong-time", Argument::none, "", {}, in_response, "give back another client time"},
    {Kind::wrong_machine_id,
     "wrong-machine-id",
     Argument::none,
     "",
     {},
     in_response,
     "give back another client machine id"},
};

constexpr bool is_in_order() {
    for (std::size_t i = 0; i < std::size(table); ++i)
        if (static_cast<std::size_t>(table[i].kind) != i) return false;
    return true;
}
static_assert(is_in_order(), "info_of() looks rows up by their kind");

}  // namespace

std::string_view name_of(Stage stage) {
    static constexpr std::string_view names[stage_count] = {"accept", "bind", "request", "response"};
    return names[static_cast<std::size_t>(stage)];
}

std::span<const FaultInfo> all_faults() { return table; }

const FaultInfo& info_of(FaultKind kind) { return table[static_cast<std::size_t>(kind)]; }

std::string shape_of(const FaultInfo& info) {
    std::string shape{info.name};
    if (info.argument != FaultArgument::none) {
        const std::string argument = ":" + std::string{info.argument_name};
        shape += info.default_argument ? "[" + argument + "]" : argument;
    }
    return shape + "[@WHEN]";
}

}  // namespace diag::session

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace diag::kms {

/// What is known of a code that a host answers with or that a client logs (libdiag/data/errors.csv).
struct ErrorCode {
    std::uint32_t code = 0;
    std::string_view symbol;    ///< "SL_E_VL_NOT_ENOUGH_COUNT"; empty where no public name exists
    std::string_view meaning;   ///< one sentence in plain words
    std::string_view where;     ///< "client", "host", "rpc", "dns" or "transport"
    std::string_view causes;    ///< a list for list_items()
    std::string_view checks;    ///< a list for list_items()
    std::uint32_t win32 = 0;    ///< the Win32 code behind it or that a client makes of it; 0 where none is known
    std::string_view key;       ///< as the table has it: "0xC004F074", "bind_nak:0x0004"
    std::string_view evidence;  ///< what a capture shows: statements with marks of their certainty
    std::string_view sources;   ///< addresses, with " ; " between them

    /// Its key is a code; of an RPC refusal that has none, `code` is 0.
    bool has_code() const { return key.starts_with("0x"); }
};

/// nullptr for a code that the table does not have. The result lives as long as the program.
const ErrorCode* find_error(std::uint32_t code);

/// The row of an RPC refusal by its key in the table: "bind_nak:0x0004", "bind_ack:2/1" (result/reason).
const ErrorCode* find_rpc_refusal(std::string_view key);

/// Every row, in the order of the table.
std::span<const ErrorCode> all_errors();

/// The items of a cell that holds a list ("a;b; c"), without blanks around them; empty items are left out.
std::vector<std::string_view> list_items(std::string_view cell);

}  // namespace diag::kms

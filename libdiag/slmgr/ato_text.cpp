#include "libdiag/slmgr/ato_text.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/base/hex.h"
#include "libdiag/base/utf.h"
#include "libdiag/proto/kms/error_codes.h"

namespace diag::slmgr {
namespace {

// [src]: in the control flow of the script. [own]: our words for a sentence of the script that people read and no program
// needs to find. Codes and the order of the lines are the script's in either case.

// [src] The codes for which the script has a text; those of token activation are left out. Sorted.
constexpr std::uint32_t known_codes[] = {
    0x00000005, 0x80070005, 0x80070057, 0x800706BA, 0x8007232A, 0x8007232B, 0x8007251D, 0xC004B100, 0xC004C001,
    0xC004C003, 0xC004C008, 0xC004C017, 0xC004C020, 0xC004C021, 0xC004D307, 0xC004F009, 0xC004F00F, 0xC004F014,
    0xC004F025, 0xC004F02C, 0xC004F035, 0xC004F038, 0xC004F039, 0xC004F041, 0xC004F042, 0xC004F050, 0xC004F051,
    0xC004F064, 0xC004F065, 0xC004F066, 0xC004F06B, 0xC004F074, 0xC004F075,
};
static_assert(std::ranges::is_sorted(known_codes));

// [src] The script prints codes without the high bit in decimal.
std::string code_text(std::uint32_t code) { return (code >> 31) != 0 ? format_code(code) : std::to_string(code); }

// A bare 5 is the Win32 code; the table has it as an HRESULT, and under 5 what a fault of RPC means.
constexpr std::uint32_t access_denied = 5;
constexpr std::uint32_t access_denied_hresult = 0x80070005;

// The meaning is that of our error table [own]; a code that the table lacks gets the hint, too.
std::string error_text(std::uint32_t code) {
    const std::uint32_t row = code == access_denied ? access_denied_hresult : code;
    const kms::ErrorCode* error = script_knows(code) ? kms::find_error(row) : nullptr;
    if (error != nullptr) return std::string{error->meaning};
    return fmt::format("(on a Windows computer, slui.exe 0x2a {} shows the text)", code_text(code));  // [own]
}

std::string outcome_text(const AtoResult& result) {
    switch (result.end) {
        case AtoEnd::activated: return "Product activated successfully.\n";  // [src]
        case AtoEnd::activated_extended_grace:
            return "Product activated successfully.\nLicense Status: Extended grace period\n";  // [src]
        case AtoEnd::error: return fmt::format("Error: {} {}\n", code_text(result.code), error_text(result.code));
        case AtoEnd::non_genuine_grace:
            return "Error: Windows is in its non-genuine grace period.\n";  // [own] status 4
        case AtoEnd::non_genuine_notification:
            return "Error: Windows is in notification mode because it is not genuine.\n";  // [own] 5, 0xC004F200
        default: return "Error: Product activation failed.\n";                             // [src]
    }
}

}  // namespace

bool script_knows(std::uint32_t code) { return std::ranges::binary_search(known_codes, code); }

AtoText ato_text(const AtoResult& result) {
    if (result.end == AtoEnd::product_not_found) return {"Error: product not found.\n", 0};      // [src]
    return {fmt::format("Activating {} ({}) ...\n{}", escape_for_terminal(result.product_name),  // [src]
                        to_string(result.activation_id), outcome_text(result)),
            result.end == AtoEnd::error ? result.code : 0};
}

}  // namespace diag::slmgr

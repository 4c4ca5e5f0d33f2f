#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "libdiag/base/uuid.h"

namespace diag::slmgr {

/// How a run of slmgr /ato ended.
enum class AtoEnd : std::uint8_t {
    activated,
    activated_extended_grace,  ///< activated, and the licence status is extended grace
    error,                     ///< the call failed with a code
    failed,                    ///< the call returned, the product is not licensed; no code is shown
    non_genuine_grace,         ///< the same with licence status 4
    non_genuine_notification,  ///< the same with licence status 5 and reason 0xC004F200
    product_not_found,         ///< no product with a key: nothing was tried
};

struct AtoResult {
    AtoEnd end = AtoEnd::failed;
    std::string product_name;
    Uuid activation_id;
    std::uint32_t code = 0;  ///< of AtoEnd::error
};

struct AtoText {
    std::string text;                 ///< lines, each with its end
    std::uint32_t script_status = 0;  ///< with which the script ends: the code of a failed call, otherwise 0
};

/// What the script prints. The name is written with escape_for_terminal().
AtoText ato_text(const AtoResult& result);

/// Whether the script has a text of its own for a code; for any other it names slui.exe, which has more.
bool script_knows(std::uint32_t code);

}  // namespace diag::slmgr

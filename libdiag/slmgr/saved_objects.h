#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/slmgr/dlv.h"

namespace diag::slmgr {

/// What was in front of a text.
struct SavedObjects {
    std::vector<Dlv> products;  ///< of the objects that are known; none in anything else
    std::size_t used = 0;       ///< bytes that these were read from
};

/// Reads the JSON value with which `text` begins, and takes the objects of licensing from it: instances of
/// SoftwareLicensingProduct, SoftwareLicensingService and their classes for Office on Windows 7, and what the module OSLicense
/// returns, as ConvertTo-Json writes them: one, an array, below other members. What the service says belongs to the machine, and
/// so to each product. The error is the reason why it is no JSON.
std::expected<SavedObjects, std::string> read_objects(std::string_view text);

/// The same of the objects that Format-List prints, one behind the other; nothing is used where the first is none of licensing.
SavedObjects read_listed_objects(std::string_view text);

}  // namespace diag::slmgr

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::check {

/// What the machine is meant to be, where somebody knows it.
enum class DlvRole : std::uint8_t { any, client, host };

/// Everything that is worth saying about one product of a saved slmgr /dlv, most important first. A healthy client and a
/// healthy host give nothing above info. `target` names the subject: a file, a machine.
std::vector<Finding> check_dlv(const slmgr::Dlv& dlv, std::string_view target, DlvRole role = DlvRole::any);

/// The same for a whole saved output. Products without a key are left out, unless none has one: then that is the finding.
std::vector<Finding> check_saved_dlv(std::span<const slmgr::Dlv> products, std::string_view target,
                                     DlvRole role = DlvRole::any);

/// "license status: notification"
std::string status_text(slmgr::LicenseStatus status);

}  // namespace diag::check

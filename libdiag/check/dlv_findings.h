#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/saved_hosts.h"
#include "libdiag/slmgr/dlv.h"
#include "libdiag/slmgr/read_saved.h"

namespace diag::check {

/// What the machine is meant to be, where somebody knows it.
enum class DlvRole : std::uint8_t { any, client, host };

/// Everything that is worth saying about one product of a saved output, of slmgr /dlv or another program, most important first. A healthy client and a
/// healthy host give nothing above info. `target` names the subject: a file, a machine.
std::vector<Finding> check_dlv(const slmgr::Dlv& dlv, std::string_view target, DlvRole role = DlvRole::any);

/// The same for a whole saved output. Products without a key are left out, unless none has one: then that is the finding.
std::vector<Finding> check_saved_dlv(std::span<const slmgr::Dlv> products, std::string_view target,
                                     DlvRole role = DlvRole::any);

/// Everything about a saved output of any kind: its products, and its hosts compared with each other and, where it was asked,
/// with DNS. What two outputs of one file say of the same product is said once.
std::vector<Finding> check_saved(const slmgr::SavedOutput& saved, std::string_view target,
                                 const HostEvidence& dns = {});

/// "license status: notification"
std::string status_text(slmgr::LicenseStatus status);

}  // namespace diag::check

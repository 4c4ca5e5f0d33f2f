#pragma once

#include <expected>
#include <optional>
#include <string>

#include "libdiag/proto/kms/key_profile.h"

namespace diag::cli {

/// The key profile of --keys FILE; without a file the lab profile. The error names the file and is fit for a terminal. It
/// never holds a key or a piece of one.
std::expected<kms::KeyProfile, std::string> load_profile(const std::optional<std::string>& path);

}  // namespace diag::cli

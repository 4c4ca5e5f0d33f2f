#pragma once

#include <string>

namespace diag::tool {

/// What --version prints: our version and those of the libraries that matter in a bug report.
std::string version_text();

}  // namespace diag::tool

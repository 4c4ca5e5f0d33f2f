#pragma once

#include "tools/kms-refhost/options.h"

// The options with which the host registers itself in DNS.

namespace diag::refhost {

void add_publish_options(cli::po::options_description& options);

/// The error is one line that names the option; nothing of a key's secret is in it.
std::expected<void, std::string> read_publish(const cli::po::variables_map& map, Options& out);

}  // namespace diag::refhost

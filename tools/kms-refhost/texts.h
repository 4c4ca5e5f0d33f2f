#pragma once

#include <string>

#include "tools/kms-refhost/options.h"

namespace diag::refhost {

/// What --version prints: our version and those of the libraries that matter in a bug report.
std::string version_text();

/// What --fault list and --host-key list print: a line each.
std::string fault_list();
std::string host_key_list();

/// What is said at the start: what this is, where it listens, what it pretends to be, what it registers in DNS. `epids`: one
/// for each key.
std::string start_text(const Options& options, const net::PublishSettings& publish,
                       const std::vector<Endpoint>& endpoints, const std::vector<std::string>& epids);

/// One line for the end.
std::string end_text(const net::ServerCounters& counters, std::uint64_t request_count, bool verbose);

}  // namespace diag::refhost

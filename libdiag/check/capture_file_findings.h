#pragma once

#include <optional>
#include <string>
#include <vector>

#include "libdiag/check/row.h"
#include "libdiag/dissect/tracker.h"

namespace diag::check {

/// Damage of a capture file, as its reader reports it.
struct CaptureDamage {
    std::uint64_t offset = 0;
    std::string what;
    std::optional<std::uint64_t> packet_count = {};  ///< before it; without it those that were dissected
};

/// A capture as a whole, once it was read.
struct CaptureFileEvidence {
    const std::string& name;
    const dissect::TrackerStatistics& statistics;
    const std::vector<dissect::PortScan>& scans;
    const std::optional<CaptureDamage>& damage;
};

std::span<const Row<CaptureFileEvidence>> capture_file_rows();

}  // namespace diag::check

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "libdiag/check/finding.h"
#include "libdiag/check/saved_hosts.h"
#include "libdiag/report/subject.h"
#include "libdiag/report/text.h"
#include "libdiag/slmgr/dlv.h"

namespace diag::activate {

/// A saved output and what is to be said of it.
struct SavedReport {
    std::string source;  ///< name of the file; may hold anything
    std::vector<slmgr::Dlv> products;
    std::optional<check::HostEvidence> dns = {};  ///< where DNS was asked
    std::vector<check::Finding> findings;
};

/// The verdict in a sentence: the title of the deciding finding, or what is in order.
std::string verdict_text(const SavedReport& report);

void append_text(std::string& out, const SavedReport& report, const report::Style& style, bool verbose);
/// One NDJSON line, kind "saved_dlv" (docs/schema/kms-check.schema.json).
void append_json(std::string& out, const SavedReport& report);
report::Subject make_subject(const SavedReport& report);

}  // namespace diag::activate

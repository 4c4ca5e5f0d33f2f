#pragma once

#include <span>
#include <string>

#include "libdiag/check/finding.h"
#include "libdiag/report/text.h"
#include "libdiag/slmgr/read_saved.h"

// What kms-decode --saved prints of one file; `kms-check dlv --from` shows all that stands in it.

namespace diag::decode {

/// A saved output and what is to be said of it. Views.
struct SavedDocument {
    const std::string& source;  ///< name of the file; may hold anything
    const slmgr::SavedOutput& saved;
    std::span<const check::Finding> findings;
};

void append_text(std::string& out, const SavedDocument& document, const report::Style& style, bool verbose);
/// One line of NDJSON, kind `saved`.
void append_json(std::string& out, const SavedDocument& document);

}  // namespace diag::decode

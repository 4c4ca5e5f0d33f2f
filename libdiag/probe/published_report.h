#pragma once

#include <string>

#include "libdiag/probe/published.h"
#include "libdiag/report/subject.h"
#include "libdiag/report/text.h"

// The search that led to targets, as a report beside theirs.

namespace diag::probe {

/// For people: the domains that were asked, their answers, findings of the search.
void append_search(std::string& out, const Published& published, const report::Style& style, bool verbose);

/// The last line for people: "Verdict: a client gets to ...".
void append_verdict(std::string& out, const Published& published, const report::Style& style);

/// One NDJSON line, kind "discovery" (docs/schema/kms-probe.schema.json).
void append_json(std::string& out, const Published& published);

/// For monitoring: the verdict; "lookup" in milliseconds, "hosts" that DNS names. The findings of the hosts are on theirs.
report::Subject make_subject(const Published& published);

}  // namespace diag::probe

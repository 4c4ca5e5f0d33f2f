#pragma once

#include <optional>

#include "libdiag/check/row.h"
#include "libdiag/session/name_evidence.h"

namespace diag::check {

/// "the name does not exist (NXDOMAIN)", in the language that was chosen: of an end other than found.
std::string_view name_end_text(session::NameEnd end);

/// A host's name that led to no address, and why.
std::span<const Row<session::NameEvidence>> name_rows();

/// A host's name that led to no address; nullopt when it led to one.
std::optional<Finding> check_name(const session::NameEvidence& evidence);

}  // namespace diag::check

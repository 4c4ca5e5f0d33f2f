#pragma once

#include <string>

namespace diag::decode {

/// A line that says that what follows has pseudonyms, and for what.
void append_redaction_json(std::string& out);

}  // namespace diag::decode

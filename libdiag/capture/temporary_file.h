#pragma once

#include <expected>
#include <string>

#include "libdiag/capture/error.h"
#include "libdiag/capture/file_descriptor.h"

namespace diag::capture {

/// A file without a name, so that it is gone with the process however that ends.
struct TemporaryFile {
    FileDescriptor file;
    std::string folder;  ///< in which it lies, for messages
};

/// In `folder`; where that is empty in $TMPDIR, or else in /var/tmp, since /tmp may be memory.
std::expected<TemporaryFile, CaptureError> open_temporary(const std::string& folder = {});

}  // namespace diag::capture

#include "libdiag/capture/temporary_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace diag::capture {
namespace {

/// A file without a name in `folder`; where the file system cannot make one, a named file whose name is removed at
/// once.
int open_nameless(const std::string& folder) {
    const int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return fd;
    std::string name = folder + "/capture-spool-XXXXXX";
    const int named = ::mkostemp(name.data(), O_CLOEXEC);
    if (named >= 0) ::unlink(name.c_str());
    return named;
}

std::string default_folder() {
    const char* chosen = std::getenv("TMPDIR");
    return chosen && *chosen ? chosen : "/var/tmp";
}

}  // namespace

std::expected<TemporaryFile, CaptureError> open_temporary(const std::string& folder) {
    std::string where = folder.empty() ? default_folder() : folder;
    const int fd = open_nameless(where);
    if (fd < 0) {
        CaptureError error = system_error(where, errno);
        error.message = "no temporary file (set TMPDIR to a folder with space): " + error.message;
        return std::unexpected(std::move(error));
    }
    return TemporaryFile{.file = FileDescriptor{fd}, .folder = std::move(where)};
}

}  // namespace diag::capture

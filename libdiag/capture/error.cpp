#include "libdiag/capture/error.h"

#include <cerrno>
#include <cstring>

#include "libdiag/base/utf.h"

namespace diag::capture {

CaptureError system_error(std::string_view subject, int error_number) {
    using Kind = CaptureError::Kind;
    const std::string name = escape_for_terminal(subject);
    switch (error_number) {
        case ENOENT: return {Kind::not_found, name + ": no such file"};
        case ENOTDIR: return {Kind::not_found, name + ": no such file (a part of the path is no directory)"};
        case EACCES:
        case EPERM: return {Kind::no_permission, name + ": permission denied"};
        case EISDIR: return {Kind::is_directory, name + ": is a directory, give the capture files in it"};
        case ENOSPC: return {Kind::io, name + ": no space left on the device"};
        case EDQUOT: return {Kind::io, name + ": disk quota exceeded"};
        case EROFS: return {Kind::io, name + ": the file system is read-only"};
        case EPIPE: return {Kind::closed_pipe, name + ": the reader of the pipe is gone"};
        default: return {Kind::io, name + ": " + std::strerror(error_number)};
    }
}

std::string display_name(std::string_view path) {
    return path == "-" ? std::string{"standard input"} : escape_for_terminal(path);
}

}  // namespace diag::capture

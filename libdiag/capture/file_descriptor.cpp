#include "libdiag/capture/file_descriptor.h"

#include <unistd.h>

#include <cerrno>

namespace diag::capture {

FileDescriptor FileDescriptor::borrow(int fd) {
    FileDescriptor out;
    out.fd_ = fd;
    return out;
}

std::ptrdiff_t FileDescriptor::read_some(std::span<std::uint8_t> out) const {
    ssize_t size = 0;
    do {
        size = ::read(fd_, out.data(), out.size());
    } while (size < 0 && errno == EINTR);
    return size;
}

int FileDescriptor::write_all(Bytes bytes) const {
    while (!bytes.empty()) {
        const ssize_t size = ::write(fd_, bytes.data(), bytes.size());
        if (size < 0) {
            if (errno == EINTR) continue;
            return errno;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(size));
    }
    return 0;
}

int FileDescriptor::close() {
    const int fd = std::exchange(fd_, -1);
    if (fd < 0 || !std::exchange(owned_, false)) return 0;
    // After EINTR Linux has closed the descriptor all the same; trying again could hit somebody else's.
    return ::close(fd) < 0 && errno != EINTR ? errno : 0;
}

}  // namespace diag::capture

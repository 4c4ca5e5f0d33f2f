#pragma once

#include <span>
#include <utility>

#include "libdiag/base/bytes.h"

namespace diag::capture {

/// Owns an open file descriptor, or borrows one of the standard streams, which it leaves open.
class FileDescriptor {
public:
    FileDescriptor() = default;
    explicit FileDescriptor(int owned) : fd_{owned}, owned_{true} {}
    static FileDescriptor borrow(int fd);
    FileDescriptor(FileDescriptor&& other) noexcept
        : fd_{std::exchange(other.fd_, -1)}, owned_{std::exchange(other.owned_, false)} {}
    FileDescriptor& operator=(FileDescriptor&& other) noexcept {
        std::swap(fd_, other.fd_);
        std::swap(owned_, other.owned_);
        return *this;
    }
    ~FileDescriptor() { close(); }

    int get() const { return fd_; }
    bool is_open() const { return fd_ >= 0; }
    bool is_owned() const { return owned_; }

    /// At most out.size() bytes, continuing after signals. The number read; 0 at the end; -1 with errno set.
    std::ptrdiff_t read_some(std::span<std::uint8_t> out) const;

    /// All of `bytes`, continuing after signals and short writes. 0, or the error number.
    int write_all(Bytes bytes) const;

    /// 0, or the error number: a full disk may show only here (NFS). A borrowed descriptor stays open.
    int close();

private:
    int fd_ = -1;
    bool owned_ = false;
};

}  // namespace diag::capture

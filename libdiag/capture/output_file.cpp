#include "libdiag/capture/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

namespace diag::capture {
namespace {

constexpr int open_flags = O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY;
constexpr unsigned max_tries = 100;  // names that other processes took

// The texts of system_error() are about captures to read.
CaptureError create_error(const std::string& path, int error_number) {
    const std::string name = display_name(path);
    auto error = system_error(path, error_number);
    switch (error_number) {
        case EISDIR: return {error.kind, fmt::format("{}: is a directory: name a file in it", name)};
        case ENOENT:
        case ENOTDIR: {
            const auto folder = std::filesystem::path{path}.parent_path();
            std::error_code ignored;
            if (std::filesystem::is_directory(folder,
                                              ignored))  // a symbolic link into nowhere, a file system of its own
                return {error.kind, fmt::format("{}: cannot be made: name another place", name)};
            return {error.kind, fmt::format("{}: there is no directory {}: make it, or name another place", name,
                                            display_name(folder.string()))};
        }
        case EACCES:
        case EPERM: return {error.kind, fmt::format("{}: no permission to write there: name another place", name)};
        default: return error;
    }
}

/// What `path` is, with links followed.
enum class Target : std::uint8_t { missing, file, other };
Target target_of(const std::string& path) {
    struct stat known {};
    if (::stat(path.c_str(), &known) == 0) return S_ISREG(known.st_mode) ? Target::file : Target::other;
    // A link into nowhere: what it names is made as it is.
    return errno == ENOENT && ::lstat(path.c_str(), &known) != 0 ? Target::missing : Target::other;
}

/// The rights and, where that is allowed, the owner of the file that it replaces.
void take_over(int fd, const std::string& target) {
    struct stat known {};
    if (::stat(target.c_str(), &known) != 0) return;
    (void)!::fchown(fd, known.st_uid, known.st_gid);
    (void)::fchmod(fd, known.st_mode & 07777);
}

}  // namespace

OutputFile::OutputFile(OutputFile&& other) noexcept
    : file_{std::move(other.file_)},
      name_{std::move(other.name_)},
      target_{std::move(other.target_)},
      temporary_{std::exchange(other.temporary_, {})} {}

OutputFile::~OutputFile() { drop(); }

std::expected<OutputFile, CaptureError> OutputFile::create(const std::string& path) {
    if (path == "-") {
        if (::isatty(STDOUT_FILENO)) {
            return std::unexpected(CaptureError{
                CaptureError::Kind::io, "standard output is a terminal: name a file for the packets, or redirect it"});
        }
        return OutputFile{FileDescriptor::borrow(STDOUT_FILENO), "standard output"};
    }
    const Target target = target_of(path);
    if (target == Target::missing) return create_beside(path, path);
    // Not truncated yet: whoever finds that there is nothing to write has destroyed nothing.
    FileDescriptor file{::open(path.c_str(), open_flags, 0666)};
    if (!file.is_open()) return std::unexpected(create_error(path, errno));
    if (target == Target::file) {
        std::error_code failed;
        const auto real = std::filesystem::canonical(path, failed);
        if (auto beside = failed ? create_beside(path, path) : create_beside(path, real.string())) return beside;
    }
    return OutputFile{std::move(file), path};
}

std::expected<OutputFile, CaptureError> OutputFile::create_beside(const std::string& path, const std::string& target) {
    const auto folder = std::filesystem::path{target}.parent_path();
    for (unsigned i = 0; i < max_tries; ++i) {
        const std::string name = (folder / fmt::format(".capture-{}-{}.part", ::getpid(), i)).string();
        const int fd = ::open(name.c_str(), open_flags | O_EXCL, 0666);
        if (fd < 0 && errno == EEXIST) continue;
        if (fd < 0) return std::unexpected(create_error(path, errno));
        take_over(fd, target);
        OutputFile out{FileDescriptor{fd}, path};
        out.target_ = target;
        out.temporary_ = name;
        return out;
    }
    return std::unexpected(create_error(path, EEXIST));
}

std::expected<void, CaptureError> OutputFile::begin() {
    // Pipes and devices cannot be truncated and need not be; standard output may be appended to a file (>>).
    if (file_.is_owned() && temporary_.empty() && ::ftruncate(file_.get(), 0) != 0 && errno != EINVAL)
        return std::unexpected(system_error(name_, errno));
    return {};
}

std::expected<void, CaptureError> OutputFile::write_all(Bytes bytes) {
    if (const int error = file_.write_all(bytes); error != 0) return std::unexpected(system_error(name_, error));
    return {};
}

std::expected<void, CaptureError> OutputFile::commit() {
    // Not synced: whoever loses power loses a capture that can be written again.
    if (const int error = file_.close(); error != 0) return std::unexpected(system_error(name_, error));
    if (temporary_.empty()) return {};
    if (std::rename(temporary_.c_str(), target_.c_str()) != 0) return std::unexpected(create_error(name_, errno));
    temporary_.clear();
    return {};
}

void OutputFile::drop() {
    if (!temporary_.empty()) ::unlink(temporary_.c_str());
    temporary_.clear();
}

}  // namespace diag::capture

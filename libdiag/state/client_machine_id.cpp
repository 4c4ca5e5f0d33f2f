#include "libdiag/state/client_machine_id.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <optional>

#include "libdiag/base/utf.h"

namespace diag::state {
namespace {

constexpr std::size_t max_file_size = 256;
constexpr mode_t file_mode = 0600;

std::unexpected<std::string> problem(const std::string& path, std::string_view what) {
    return std::unexpected(fmt::format("client machine id {}: {}", escape_for_terminal(path), what));
}

class Descriptor {
public:
    explicit Descriptor(int fd) : fd_{fd} {}
    ~Descriptor() {
        if (fd_ >= 0) ::close(fd_);
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    int get() const { return fd_; }

private:
    int fd_;
};

std::expected<Uuid, std::string> read_id(const std::string& path, int fd) {
    char text[max_file_size];
    const ssize_t size = ::read(fd, text, sizeof text);
    if (size < 0) return problem(path, std::strerror(errno));
    std::string_view line{text, static_cast<std::size_t>(size)};
    line = line.substr(0, line.find_first_of("\r\n"));
    const auto id = Uuid::parse(line);
    if (id && !id->is_nil()) return *id;
    return problem(path, "does not hold an id; delete the file for a new one, or give --cmid");
}

Uuid make_id(const std::function<void(std::span<std::uint8_t>)>& random) {
    Uuid id;
    random(id.wire);
    // On the wire the third group is little-endian: its upper byte, with the version, comes second.
    id.wire[7] = static_cast<std::uint8_t>((id.wire[7] & 0x0F) | 0x40);
    id.wire[8] = static_cast<std::uint8_t>((id.wire[8] & 0x3F) | 0x80);
    return id;
}

// Whole or not at all, also when two of us begin at once: whoever links first has made it.
std::expected<void, std::string> write_id(const std::string& path, const Uuid& id) {
    const std::string draft = fmt::format("{}.{}", path, to_string(id));  // nobody else's
    const std::string text = to_string(id) + '\n';
    const Descriptor file{::open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, file_mode)};
    if (file.get() < 0) return problem(path, std::strerror(errno));
    const bool written =
        ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(file.get()) == 0;
    const int write_error = errno;
    const bool linked = written && (::link(draft.c_str(), path.c_str()) == 0 || errno == EEXIST);
    const int link_error = errno;
    ::unlink(draft.c_str());
    if (!written) return problem(path, fmt::format("cannot be written: {}", std::strerror(write_error)));
    if (!linked) return problem(path, fmt::format("cannot be written: {}", std::strerror(link_error)));
    return {};
}

}  // namespace

std::expected<std::string, std::string> client_machine_id_path() {
    const char* state = std::getenv("XDG_STATE_HOME");
    if (state != nullptr && state[0] == '/') return std::string{state} + "/kms-diagnostics/client-machine-id";
    const char* home = std::getenv("HOME");
    if (home != nullptr && home[0] == '/') return std::string{home} + "/.local/state/kms-diagnostics/client-machine-id";
    return std::unexpected(
        "neither XDG_STATE_HOME nor HOME names a folder to keep the client machine id in; give --cmid");
}

std::expected<Uuid, std::string> load_client_machine_id(const std::string& path,
                                                        const std::function<void(std::span<std::uint8_t>)>& random) {
    for (int attempt = 0; attempt < 2; ++attempt) {
        const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
        if (file.get() >= 0) return read_id(path, file.get());
        if (errno != ENOENT) return problem(path, std::strerror(errno));
        std::error_code error;
        std::filesystem::create_directories(std::filesystem::path{path}.parent_path(), error);
        if (error) return problem(path, fmt::format("its folder cannot be made: {}", error.message()));
        if (auto written = write_id(path, make_id(random)); !written) return std::unexpected(written.error());
    }
    return problem(path, "disappears as soon as it is made");
}

}  // namespace diag::state

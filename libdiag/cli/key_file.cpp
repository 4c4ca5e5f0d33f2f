#include "libdiag/cli/key_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "libdiag/base/utf.h"

namespace diag::cli {

std::expected<kms::KeyProfile, std::string> load_profile(const std::optional<std::string>& path) {
    if (!path) return kms::lab_profile();
    const std::string name = escape_for_terminal(*path);
    std::ifstream file{*path, std::ios::binary};
    if (!file) return std::unexpected(fmt::format("{}: cannot be opened: {}", name, std::strerror(errno)));
    std::string text(kms::max_key_profile_size + 1, '\0');  // a byte more, so that parsing sees what is too long
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad()) return std::unexpected(fmt::format("{}: cannot be read as a key profile", name));
    text.resize(static_cast<std::size_t>(file.gcount()));
    auto profile = kms::parse_key_profile(text, *path);
    if (!profile) return std::unexpected(fmt::format("{}: {}", name, profile.error()));
    return profile;
}

}  // namespace diag::cli

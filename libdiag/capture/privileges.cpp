#include "libdiag/capture/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

namespace diag::capture {
namespace {

struct User {
    uid_t uid;
    gid_t gid;
};

std::unexpected<std::string> failed(const std::string& what) {
    return std::unexpected("cannot drop privileges: " + what + ": " + std::strerror(errno));
}

std::optional<unsigned> id_from_environment(const char* variable) {
    const char* text = std::getenv(variable);
    if (!text) return std::nullopt;
    const std::string_view digits = text;
    unsigned id = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), id);
    if (error != std::errc{} || end != digits.data() + digits.size() || id == 0) return std::nullopt;  // 0: root again
    return id;
}

/// Whom a process with root's rights should become.
std::optional<User> target_user() {
    if (::getuid() != 0)
        return User{::getuid(), ::getgid()};  // setuid: the environment is the caller's, not to be trusted
    const auto uid = id_from_environment("SUDO_UID");
    const auto gid = id_from_environment("SUDO_GID");
    if (uid && gid) return User{*uid, *gid};
    errno = 0;
    if (const passwd* nobody = ::getpwnam("nobody"); nobody && nobody->pw_uid != 0)
        return User{nobody->pw_uid, nobody->pw_gid};
    return std::nullopt;
}

std::expected<void, std::string> become(const User& user) {
    // Groups first: afterwards the right to change them is gone.
    if (::setgroups(1, &user.gid) != 0) return failed("setgroups");
    if (::setresgid(user.gid, user.gid, user.gid) != 0) return failed("setresgid");
    if (::setresuid(user.uid, user.uid, user.uid) != 0) return failed("setresuid");
    if (::setresuid(static_cast<uid_t>(-1), 0, static_cast<uid_t>(-1)) == 0)
        return std::unexpected(std::string{"cannot drop privileges: root could be regained"});
    return {};
}

std::expected<void, std::string> drop_capabilities() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {};
    // Ambient capabilities go with the permitted ones. glibc has no wrappers for these two calls; libcap would be one
    // more library.
    if (::syscall(SYS_capset, &header, sets) != 0) return failed("capset");
    if (::syscall(SYS_capget, &header, sets) != 0) return failed("capget");
    for (const auto& set : sets) {
        if (set.permitted != 0 || set.effective != 0)
            return std::unexpected(std::string{"cannot drop privileges: capabilities are left"});
    }
    return {};
}

}  // namespace

std::expected<void, std::string> drop_privileges() {
    if (::geteuid() == 0) {
        const auto user = target_user();
        if (!user) {
            return std::unexpected(std::string{
                "cannot drop privileges: there is no user \"nobody\" to become; run the tool with sudo as a user"});
        }
        if (auto done = become(*user); !done) return done;
    }
    if (auto done = drop_capabilities(); !done) return done;
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return failed("PR_SET_NO_NEW_PRIVS");
    return {};
}

}  // namespace diag::capture

#pragma once

#include <expected>
#include <string>

namespace diag::capture {

/// Gives up what was needed to open a capture device, for good, before a byte from the network is parsed:
///  - root becomes the user who called sudo (SUDO_UID, SUDO_GID), or "nobody"; in a setuid program, its caller;
///  - every capability is dropped (a program may have them from setcap instead of being root);
///  - no program started later can gain any (PR_SET_NO_NEW_PRIVS).
/// The result is checked, not assumed; the error says in one line what could not be done. Call it with one thread only.
std::expected<void, std::string> drop_privileges();

}  // namespace diag::capture

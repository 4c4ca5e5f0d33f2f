#include "libdiag/net/host_name.h"

#include <unistd.h>

namespace diag::net {

std::string host_name() {
    char name[256] = {};
    return ::gethostname(name, sizeof name - 1) == 0 ? name : std::string{};
}

}  // namespace diag::net

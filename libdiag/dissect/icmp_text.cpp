#include "libdiag/dissect/conversation.h"
#include "libdiag/proto/ip/icmp.h"

namespace diag::dissect {

std::string_view icmp_text(IpAddress::Family family, std::uint8_t type, std::uint8_t code) {
    const std::string_view name = ip::icmp_code_name(family, type, code);
    return name.empty() ? ip::icmp_type_name(family, type) : name;
}

}  // namespace diag::dissect

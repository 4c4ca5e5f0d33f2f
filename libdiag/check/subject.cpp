#include "libdiag/check/subject.h"

#include <string_view>

namespace diag::check {
namespace {

bool differ(std::string_view a, std::string_view b) { return !a.empty() && !b.empty() && a != b; }
std::string_view first_label(std::string_view name) { return name.substr(0, name.find('.')); }

// The id stays when a lease or a rename changes the rest, and a name outlives an address.
bool are_other_clients(const Subject& a, const Subject& b) {
    if (!a.machine_id.empty() && !b.machine_id.empty()) return a.machine_id != b.machine_id;
    if (!a.client_name.empty() && !b.client_name.empty())
        return first_label(a.client_name) != first_label(b.client_name);
    return differ(a.client_address, b.client_address);
}

}  // namespace

bool contradict(const Subject& a, const Subject& b) {
    return are_other_clients(a, b) || differ(a.host, b.host) || differ(a.domain, b.domain);
}

}  // namespace diag::check

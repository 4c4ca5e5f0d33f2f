#include "libdiag/check/subject.h"

#include "libdiag/proto/dns/domain_name.h"

namespace diag::check {
namespace {

bool differ(std::string_view a, std::string_view b) { return !a.empty() && !b.empty() && a != b; }
bool are_equal(std::string_view a, std::string_view b) { return !a.empty() && a == b; }

bool is_other_machine(std::string_view a, std::string_view b) {
    return !a.empty() && !b.empty() && a != b && !is_same_host(a, b);
}

// The id stays when a lease or a rename changes the rest, and a name outlives an address.
bool are_other_clients(const Subject& a, const Subject& b) {
    if (!a.machine_id.empty() && !b.machine_id.empty()) return a.machine_id != b.machine_id;
    if (!a.client_name.empty() && !b.client_name.empty()) return is_other_machine(a.client_name, b.client_name);
    return differ(a.client_address, b.client_address);
}

bool are_other_hosts(const Subject& a, const Subject& b) {
    return differ(a.host, b.host) || is_other_machine(a.host_name, b.host_name);
}

bool is_below(std::string_view name, std::string_view domain) {
    return name.size() > domain.size() && name.ends_with(domain) && name[name.size() - domain.size() - 1] == '.';
}

// A client also asks for the domains above its own.
bool are_other_domains(std::string_view a, std::string_view b) {
    return differ(a, b) && !is_below(a, b) && !is_below(b, a);
}

constexpr std::string Subject::*parts[] = {&Subject::client_address, &Subject::client_name, &Subject::machine_id,
                                           &Subject::host,           &Subject::host_name,   &Subject::domain};

}  // namespace

std::string_view first_label(std::string_view name) { return name.substr(0, name.find('.')); }

bool is_same_host(std::string_view a, std::string_view b) {
    if (dns::is_same_name(a, b)) return true;
    const bool is_short = a.find('.') == a.npos || b.find('.') == b.npos;
    return is_short && dns::is_same_name(first_label(a), first_label(b));
}

bool contradict(const Subject& a, const Subject& b) {
    return are_other_clients(a, b) || are_other_hosts(a, b) || are_other_domains(a.domain, b.domain);
}

bool is_same_place(const Subject& a, const Subject& b) {
    if (are_other_hosts(a, b) || are_other_domains(a.domain, b.domain)) return false;
    return are_equal(a.host, b.host) || are_equal(a.host_name, b.host_name) || are_equal(a.domain, b.domain);
}

void keep_common(Subject& kept, const Subject& other) {
    for (const auto part : parts)
        if (kept.*part != other.*part) (kept.*part).clear();
}

void add_known(Subject& known, const Subject& other) {
    for (const auto part : parts)
        if ((known.*part).empty()) known.*part = other.*part;
}

}  // namespace diag::check

#include "libdiag/session/client_list.h"

#include <algorithm>

namespace diag::session {

bool MemoryClientList::contains(const Uuid& application_id, const Uuid& client_machine_id) const {
    const auto found = applications_.find(application_id);
    return found != applications_.end() && found->second.last_contacts.contains(client_machine_id);
}

std::size_t MemoryClientList::count(const Uuid& application_id) const {
    const auto found = applications_.find(application_id);
    return found == applications_.end() ? 0 : found->second.last_contacts.size();
}

void MemoryClientList::put(const Uuid& application_id, const Uuid& client_machine_id, Filetime last_contact) {
    applications_[application_id].last_contacts[client_machine_id] = last_contact;
}

void MemoryClientList::drop_before(const Uuid& application_id, Filetime time) {
    std::erase_if(applications_[application_id].last_contacts,
                  [time](const auto& entry) { return entry.second < time; });
}

void MemoryClientList::drop_oldest(const Uuid& application_id, std::size_t max_count) {
    auto& contacts = applications_[application_id].last_contacts;
    while (contacts.size() > max_count)
        contacts.erase(std::min_element(contacts.begin(), contacts.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; }));
}

std::uint32_t MemoryClientList::largest_required_count(const Uuid& application_id) const {
    const auto found = applications_.find(application_id);
    return found == applications_.end() ? 0 : found->second.largest_required_count;
}

void MemoryClientList::set_largest_required_count(const Uuid& application_id, std::uint32_t count) {
    applications_[application_id].largest_required_count = count;
}

}  // namespace diag::session

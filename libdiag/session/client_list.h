#pragma once

#include <map>
#include <vector>

#include "libdiag/base/time.h"
#include "libdiag/base/uuid.h"

namespace diag::session {

/// Where a host keeps which client machines it has seen: for each application a list of machine ids with the time of their
/// last contact, and the largest client count that was ever required. Storage only: the rules are in counting.h.
class ClientList {
public:
    virtual ~ClientList() = default;

    virtual bool contains(const Uuid& application_id, const Uuid& client_machine_id) const = 0;
    virtual std::size_t count(const Uuid& application_id) const = 0;
    /// Enters the machine, or gives it a new time.
    virtual void put(const Uuid& application_id, const Uuid& client_machine_id, Filetime last_contact) = 0;
    /// Drops machines whose last contact was before `time`.
    virtual void drop_before(const Uuid& application_id, Filetime time) = 0;
    /// Drops the machines with the oldest contacts until at most `max_count` are left.
    virtual void drop_oldest(const Uuid& application_id, std::size_t max_count) = 0;

    virtual std::uint32_t largest_required_count(const Uuid& application_id) const = 0;
    virtual void set_largest_required_count(const Uuid& application_id, std::uint32_t count) = 0;
};

/// Forgets everything with the process, as hosts are documented to do when their service restarts.
class MemoryClientList : public ClientList {
public:
    bool contains(const Uuid& application_id, const Uuid& client_machine_id) const override;
    std::size_t count(const Uuid& application_id) const override;
    void put(const Uuid& application_id, const Uuid& client_machine_id, Filetime last_contact) override;
    void drop_before(const Uuid& application_id, Filetime time) override;
    void drop_oldest(const Uuid& application_id, std::size_t max_count) override;
    std::uint32_t largest_required_count(const Uuid& application_id) const override;
    void set_largest_required_count(const Uuid& application_id, std::uint32_t count) override;

private:
    struct Application {
        std::map<Uuid, Filetime> last_contacts;
        std::uint32_t largest_required_count = 0;
    };
    std::map<Uuid, Application> applications_;
};

}  // namespace diag::session

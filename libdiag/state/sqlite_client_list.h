#pragma once

#include <map>
#include <set>

#include "libdiag/session/client_list.h"
#include "libdiag/state/sqlite_database.h"

namespace diag::state {

/// A client list in a state file (state_file.h), read whole when it is opened: at most a few hundred machines an application.
/// Changes are seen at once and kept from the next commit() on, which writes all changes since the last one, or none.
class SqliteClientList : public session::ClientList {
public:
    /// The error is one line for people, as of open_state_file().
    static std::expected<SqliteClientList, std::string> open(const std::string& path);

    /// Cheap when nothing has changed. After an error the file is as it was after the last commit that succeeded; what
    /// changed since then may be tried again, or is gone with the object. The error names the file.
    std::expected<void, std::string> commit();

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
        std::set<std::pair<Filetime, Uuid>> by_age;  // the same machines
        std::uint32_t largest_required_count = 0;
        std::set<Uuid> changed;  // machines that were entered, renewed or dropped since the last commit
        bool count_changed = false;
    };
    struct Statements {
        SqliteStatement put_client, drop_client, put_application, begin, commit, roll_back;
    };

    SqliteClientList(SqliteDatabase database, std::string name);
    SqliteResult prepare();
    SqliteResult load();
    SqliteResult load_applications();
    SqliteResult load_clients();
    SqliteResult write_changes();
    SqliteResult write_application(const Uuid& id, const Application& application);
    void drop(Application& application, const std::pair<Filetime, Uuid>& oldest);

    SqliteDatabase database_;  // outlives its statements
    Statements statements_;
    std::string name_;  // of the file, for people
    std::map<Uuid, Application> applications_;
    bool changed_ = false;
};

}  // namespace diag::state

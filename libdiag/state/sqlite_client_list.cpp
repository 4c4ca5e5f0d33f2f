#include "libdiag/state/sqlite_client_list.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "libdiag/base/utf.h"
#include "libdiag/state/state_file.h"

namespace diag::state {
namespace {

constexpr const char* not_ours = "damaged: a row that kms-refhost does not write";

std::optional<Uuid> uuid_of(Bytes blob) {
    Uuid uuid;
    if (blob.size() != uuid.wire.size()) return std::nullopt;
    std::copy(blob.begin(), blob.end(), uuid.wire.begin());
    return uuid;
}

}  // namespace

std::expected<SqliteClientList, std::string> SqliteClientList::open(const std::string& path) {
    auto database = open_state_file(path);
    if (!database) return std::unexpected(std::move(database.error()));
    SqliteClientList list{std::move(*database), fmt::format("state file {}", escape_for_terminal(path))};
    auto ready = list.load();
    if (ready) ready = list.prepare();
    if (!ready) return std::unexpected(fmt::format("{}: {}", list.name_, ready.error()));
    return list;
}

SqliteClientList::SqliteClientList(SqliteDatabase database, std::string name)
    : database_{std::move(database)}, name_{std::move(name)} {}

SqliteResult SqliteClientList::prepare() {
    const std::pair<SqliteStatement*, const char*> all[] = {
        {&statements_.put_client, "INSERT OR REPLACE INTO client VALUES (?1, ?2, ?3)"},
        {&statements_.drop_client, "DELETE FROM client WHERE application_id = ?1 AND client_machine_id = ?2"},
        {&statements_.put_application, "INSERT OR REPLACE INTO application VALUES (?1, ?2)"},
        {&statements_.begin, "BEGIN IMMEDIATE"},
        {&statements_.commit, "COMMIT"},
        {&statements_.roll_back, "ROLLBACK"},
    };
    for (const auto& [statement, sql] : all) {
        auto prepared = database_.prepare(sql);
        if (!prepared) return std::unexpected(std::move(prepared.error()));
        *statement = std::move(*prepared);
    }
    return {};
}

SqliteResult SqliteClientList::load() {
    if (auto done = load_applications(); !done) return done;
    return load_clients();
}

SqliteResult SqliteClientList::load_applications() {
    auto rows = database_.prepare("SELECT application_id, largest_required_count FROM application");
    if (!rows) return std::unexpected(std::move(rows.error()));
    for (;;) {
        const auto row = rows->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return {};
        const auto id = uuid_of(rows->blob(0));
        const std::int64_t count = rows->number(1);
        if (!id || !rows->is_number(1) || count < 0 || count > std::numeric_limits<std::uint32_t>::max())
            return std::unexpected(not_ours);
        applications_[*id].largest_required_count = static_cast<std::uint32_t>(count);
    }
}

SqliteResult SqliteClientList::load_clients() {
    auto rows = database_.prepare("SELECT application_id, client_machine_id, last_contact FROM client");
    if (!rows) return std::unexpected(std::move(rows.error()));
    for (;;) {
        const auto row = rows->step();
        if (!row) return std::unexpected(row.error());
        if (!*row) return {};
        const auto id = uuid_of(rows->blob(0));
        const auto machine = uuid_of(rows->blob(1));
        if (!id || !machine || !rows->is_number(2)) return std::unexpected(not_ours);
        const Filetime time{static_cast<std::uint64_t>(rows->number(2))};
        applications_[*id].last_contacts[*machine] = time;
        applications_[*id].by_age.emplace(time, *machine);
    }
}

std::expected<void, std::string> SqliteClientList::commit() {
    if (!changed_) return {};
    auto written = statements_.begin.run();
    if (written) written = write_changes();
    if (written) written = statements_.commit.run();
    if (!written) {
        static_cast<void>(statements_.roll_back.run());  // SQLite may have done so already
        return std::unexpected(fmt::format("{}: cannot be written: {}", name_, written.error()));
    }
    for (auto& [id, application] : applications_) {
        application.changed.clear();
        application.count_changed = false;
    }
    changed_ = false;
    return {};
}

SqliteResult SqliteClientList::write_changes() {
    for (const auto& [id, application] : applications_)
        if (auto done = write_application(id, application); !done) return done;
    return {};
}

SqliteResult SqliteClientList::write_application(const Uuid& id, const Application& application) {
    if (application.count_changed) {
        statements_.put_application.bind(1, id.wire);
        statements_.put_application.bind(2, std::int64_t{application.largest_required_count});
        if (auto done = statements_.put_application.run(); !done) return done;
    }
    for (const Uuid& machine : application.changed) {
        const auto found = application.last_contacts.find(machine);
        SqliteStatement& statement =
            found == application.last_contacts.end() ? statements_.drop_client : statements_.put_client;
        statement.bind(1, id.wire);
        statement.bind(2, machine.wire);
        if (found != application.last_contacts.end()) statement.bind(3, static_cast<std::int64_t>(found->second.ticks));
        if (auto done = statement.run(); !done) return done;
    }
    return {};
}

bool SqliteClientList::contains(const Uuid& application_id, const Uuid& client_machine_id) const {
    const auto found = applications_.find(application_id);
    return found != applications_.end() && found->second.last_contacts.contains(client_machine_id);
}

std::size_t SqliteClientList::count(const Uuid& application_id) const {
    const auto found = applications_.find(application_id);
    return found == applications_.end() ? 0 : found->second.last_contacts.size();
}

void SqliteClientList::put(const Uuid& application_id, const Uuid& client_machine_id, Filetime last_contact) {
    Application& application = applications_[application_id];
    const auto [entry, is_new] = application.last_contacts.try_emplace(client_machine_id, last_contact);
    if (!is_new) {
        application.by_age.erase({entry->second, client_machine_id});
        entry->second = last_contact;
    }
    application.by_age.emplace(last_contact, client_machine_id);
    application.changed.insert(client_machine_id);
    changed_ = true;
}

void SqliteClientList::drop(Application& application, const std::pair<Filetime, Uuid>& oldest) {
    const auto [time, machine] = oldest;  // a copy: what it refers to goes
    application.last_contacts.erase(machine);
    application.by_age.erase({time, machine});
    application.changed.insert(machine);
    changed_ = true;
}

void SqliteClientList::drop_before(const Uuid& application_id, Filetime time) {
    Application& application = applications_[application_id];
    while (!application.by_age.empty() && application.by_age.begin()->first < time)
        drop(application, *application.by_age.begin());
}

void SqliteClientList::drop_oldest(const Uuid& application_id, std::size_t max_count) {
    Application& application = applications_[application_id];
    while (application.by_age.size() > max_count) drop(application, *application.by_age.begin());
}

std::uint32_t SqliteClientList::largest_required_count(const Uuid& application_id) const {
    const auto found = applications_.find(application_id);
    return found == applications_.end() ? 0 : found->second.largest_required_count;
}

void SqliteClientList::set_largest_required_count(const Uuid& application_id, std::uint32_t count) {
    Application& application = applications_[application_id];
    application.largest_required_count = count;
    application.count_changed = true;
    changed_ = true;
}

}  // namespace diag::state

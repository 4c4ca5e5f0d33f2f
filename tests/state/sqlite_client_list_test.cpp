#include <catch2/catch.hpp>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <random>

#include "libdiag/session/counting.h"
#include "libdiag/state/sqlite_client_list.h"
#include "libdiag/state/state_file.h"
#include "tests/capture/temp_folder.h"

using namespace diag;
using namespace diag::state;
using diag::test::TempFolder;

namespace {

Uuid machine(unsigned number) {
    Uuid id;
    std::memcpy(id.wire.data(), &number, sizeof number);
    return id;
}

const Uuid windows = *Uuid::parse("55c92734-d682-4d71-983e-d6ec3f16059f");
const Uuid office = *Uuid::parse("0ff1ce15-a989-479d-af46-f275c6370663");
constexpr Filetime some_time{133'640'000'000'000'000};

SqliteClientList opened(const std::string& path) {
    auto list = SqliteClientList::open(path);
    if (!list) throw std::runtime_error{list.error()};
    return std::move(*list);
}

std::string refusal(const std::string& path) {
    const auto list = SqliteClientList::open(path);
    return list ? "opened" : list.error();
}

std::string bytes_of_file(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

void overwrite(const std::string& path, std::size_t offset, std::string_view bytes) {
    std::fstream file{path, std::ios::binary | std::ios::in | std::ios::out};
    file.seekp(static_cast<std::streamoff>(offset));
    file << bytes;
}

// A good state file with this many machines.
std::string state_file(const TempFolder& folder, unsigned machine_count) {
    const std::string path = folder.path("state.db");
    auto list = opened(path);
    for (unsigned i = 0; i < machine_count; ++i) list.put(windows, machine(i), some_time);
    REQUIRE(list.commit());
    return path;
}

}  // namespace

TEST_CASE("client list in SQLite: does what the one in memory does", "[state]") {
    const TempFolder folder;
    auto kept = opened(folder.path("state.db"));
    session::MemoryClientList plain;
    std::mt19937 random{7};
    for (int step = 0; step < 3000; ++step) {
        const Uuid& application = random() % 2 == 0 ? windows : office;
        const Uuid id = machine(static_cast<unsigned>(random() % 60));
        const Filetime time{some_time.ticks + random() % 100 * 1'000'000'000'000};
        const std::uint32_t required = random() % 3 == 0 ? 25 : 5;
        CHECK(session::count_client(kept, application, id, required, time) ==
              session::count_client(plain, application, id, required, time));
        CHECK(kept.contains(application, id) == plain.contains(application, id));
        CHECK(kept.largest_required_count(application) == plain.largest_required_count(application));
        if (step % 100 != 0) continue;
        REQUIRE(kept.commit());
        if (step % 500 != 0) continue;
        { const auto gone = std::move(kept); }
        kept = opened(folder.path("state.db"));
        for (const Uuid& list : {windows, office}) {
            CHECK(kept.count(list) == plain.count(list));
            for (unsigned i = 0; i < 60; ++i)
                CHECK(kept.contains(list, machine(i)) == plain.contains(list, machine(i)));
        }
    }
}

TEST_CASE("client list in SQLite: what was committed is there again, what was not is not", "[state]") {
    const TempFolder folder;
    {
        auto list = opened(folder.path("state.db"));
        list.put(windows, machine(1), some_time);
        list.set_largest_required_count(windows, 25);
        REQUIRE(list.commit());
        list.put(windows, machine(2), some_time);
    }
    auto list = opened(folder.path("state.db"));
    CHECK(list.contains(windows, machine(1)));
    CHECK_FALSE(list.contains(windows, machine(2)));
    CHECK(list.largest_required_count(windows) == 25);
    list.drop_before(windows, {some_time.ticks + 1});
    CHECK(list.count(windows) == 0);
}

TEST_CASE("client list in SQLite: a process killed at any moment loses no commit that it told of", "[state]") {
    const TempFolder folder;
    const std::string path = folder.path("state.db");
    unsigned told = 0;
    for (int round = 0; round < 8; ++round) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        if (child == 0) {
            auto list = SqliteClientList::open(path);
            for (unsigned i = told; list; ++i) {
                list->put(windows, machine(i), some_time);
                if (!list->commit() || ::write(ends[1], &i, sizeof i) < 0) break;
            }
            ::_exit(1);
        }
        ::close(ends[1]);
        unsigned last = 0;
        const unsigned stop_at = told + 20 + static_cast<unsigned>(round) * 37;
        while (::read(ends[0], &last, sizeof last) == sizeof last) {
            told = last + 1;
            if (told >= stop_at) ::kill(child, SIGKILL);
        }
        ::close(ends[0]);
        int status = 0;
        ::waitpid(child, &status, 0);
        REQUIRE(WIFSIGNALED(status));
        const auto list = opened(path);
        for (unsigned i = 0; i < told; ++i) REQUIRE(list.contains(windows, machine(i)));
        CHECK(list.count(windows) <= told + 1);
    }
}

TEST_CASE("client list in SQLite: killed while the file was made, it can be made again", "[state]") {
    const TempFolder folder;
    for (int round = 0; round < 30; ++round) {
        const std::string path = folder.path("state" + std::to_string(round));
        const pid_t child = ::fork();
        if (child == 0) {
            const auto list = SqliteClientList::open(path);
            ::_exit(0);
        }
        ::usleep(static_cast<useconds_t>(round) * 150);
        ::kill(child, SIGKILL);
        int status = 0;
        ::waitpid(child, &status, 0);
        CAPTURE(round);
        auto list = opened(path);
        list.put(windows, machine(1), some_time);
        CHECK(list.commit());
    }
}

TEST_CASE("state file: what is none is refused by name and left as it is", "[state]") {
    const TempFolder folder;
    const std::string path = folder.path("other");
    const auto [contents, why] = GENERATE(table<std::string, std::string>({
        {"Dear diary, today I have activated nothing.\n", "this is no state file of kms-refhost"},
        {std::string(4096, '\0'), "this is no state file of kms-refhost"},
        {"SQLite format 3", "this is no state file of kms-refhost"},
    }));
    std::ofstream{path, std::ios::binary} << contents;
    CHECK(refusal(path) == "state file " + path + ": " + why + "; it was left as it is");
    CHECK(bytes_of_file(path) == contents);
}

TEST_CASE("state file: databases of others and of other versions are refused and left as they are", "[state]") {
    const TempFolder folder;
    const std::string path = state_file(folder, 3);
    const bool foreign = GENERATE(true, false);
    overwrite(path, foreign ? 68 : 60, std::string("\0\0\0\7", 4));
    const std::string before = bytes_of_file(path);
    CHECK(refusal(path) ==
          "state file " + path + ": " +
              (foreign ? "this is no state file of kms-refhost" : "another version of kms-refhost made it") +
              "; it was left as it is");
    CHECK(bytes_of_file(path) == before);
}

TEST_CASE("state file: damage is refused in one line", "[state]") {
    const TempFolder folder;
    const std::string path = state_file(folder, 300);
    SECTION("a page overwritten") { overwrite(path, 4096 * 2, std::string(4096, '\x5A')); }
    SECTION("cut off") { std::filesystem::resize_file(path, 4096 * 2); }
    SECTION("the schema overwritten") { overwrite(path, 100, std::string(3000, '\x5A')); }
    const std::string error = refusal(path);
    CHECK(error.starts_with("state file " + path + ": damaged: "));
    CHECK(error.find('\n') == std::string::npos);
}

TEST_CASE("state file: rows that the host does not write are damage", "[state]") {
    const TempFolder folder;
    const std::string path = state_file(folder, 3);
    {
        auto database = SqliteDatabase::open(path).value();
        REQUIRE(database.execute("INSERT INTO client VALUES (x'00', x'01', 5)"));
    }
    CHECK(refusal(path) == "state file " + path + ": damaged: a row that kms-refhost does not write");
}

TEST_CASE("state file: one host at a time", "[state]") {
    const TempFolder folder;
    const std::string path = folder.path("state.db");
    const auto first = opened(path);
    CHECK(refusal(path) == "state file " + path + ": another process uses it");
}

TEST_CASE("state file: folders and files without permission are refused", "[state]") {
    const TempFolder folder;
    CHECK(refusal(folder.path()) == "state file " + folder.path() + ": it is no regular file");
    CHECK(refusal(folder.path("no/such/folder")).starts_with("state file " + folder.path("no/such/folder") + ": "));
}

TEST_CASE("client list in SQLite: a full disk is one line, and what was kept stays", "[state]") {
    const TempFolder folder;
    const std::string path = folder.path("state.db");
    unsigned committed = 0;
    std::string error;
    {
        auto list = opened(path);
        rlimit before{};
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit small{.rlim_cur = 64 << 10, .rlim_max = before.rlim_max};
        const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
        ::setrlimit(RLIMIT_FSIZE, &small);
        for (; committed < 5000 && error.empty(); ++committed) {
            list.put(windows, machine(committed), some_time);
            if (const auto done = list.commit(); !done) error = done.error();
        }
        ::setrlimit(RLIMIT_FSIZE, &before);
        std::signal(SIGXFSZ, old_handler);
        --committed;  // the one that failed
    }
    CHECK(error.starts_with("state file " + path + ": cannot be written: "));
    CHECK(error.find('\n') == std::string::npos);
    const auto list = opened(path);
    CHECK(list.count(windows) == committed);
    for (unsigned i = 0; i < committed; ++i) REQUIRE(list.contains(windows, machine(i)));
}

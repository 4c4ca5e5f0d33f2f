#include "libdiag/state/client_machine_id.h"

#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <optional>
#include <set>
#include <thread>

#include "libdiag/net/random_source.h"
#include "tests/capture/temp_folder.h"

using namespace diag;
using namespace diag::state;
using diag::test::TempFolder;

namespace {

std::expected<Uuid, std::string> load(const std::string& path) {
    net::RandomSource random;
    return load_client_machine_id(path, [&](std::span<std::uint8_t> out) { random.fill(out); });
}

std::string content_of(const std::string& path) {
    std::ifstream file{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{file}, {}};
}

std::size_t file_count(const std::string& folder) {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator{folder}, {}));
}

// Sets or removes a variable for as long as it lives.
class Variable {
public:
    Variable(const char* name, const char* value) : name_{name} {
        if (const char* before = std::getenv(name)) before_ = before;
        set(value);
    }
    ~Variable() { set(before_ ? before_->c_str() : nullptr); }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;

private:
    void set(const char* value) const { value == nullptr ? ::unsetenv(name_) : ::setenv(name_, value, 1); }
    const char* name_;
    std::optional<std::string> before_;
};

}  // namespace

TEST_CASE("client machine id: made once, with its folders, and kept", "[state]") {
    const TempFolder folder;
    const std::string path = folder.path("a/b/client-machine-id");
    const auto first = load(path);
    REQUIRE(first);
    CHECK(load(path) == *first);
    CHECK(content_of(path) == to_string(*first) + "\n");
    CHECK(file_count(folder.path("a/b")) == 1);
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("client machine id: it is a random one, version 4 of RFC 9562", "[state]") {
    const TempFolder folder;
    std::set<std::string> seen;
    for (int i = 0; i < 20; ++i) {
        const auto id = load(folder.path(std::to_string(i)));
        REQUIRE(id);
        const std::string text = to_string(*id);
        CHECK(text[14] == '4');
        CHECK(std::string{"89ab"}.find(text[19]) != std::string::npos);
        seen.insert(text);
    }
    CHECK(seen.size() == 20);
}

TEST_CASE("client machine id: what is no id is refused and left as it is", "[state]") {
    const TempFolder folder;
    const std::string text = GENERATE(as<std::string>{}, "", "\n", "hello\n", "00000000-0000-0000-0000-000000000000\n",
                                      "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d1", "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13 x\n",
                                      std::string(10'000, 'a'), std::string(3, '\0'));
    const std::string path = folder.file("id", bytes_of(text));
    const auto id = load(path);
    REQUIRE_FALSE(id);
    CHECK(id.error().find(path) != std::string::npos);
    CHECK(id.error().find('\n') == std::string::npos);
    CHECK(id.error().find("--cmid") != std::string::npos);
    CHECK(content_of(path) == text);
}

TEST_CASE("client machine id: one that somebody wrote is taken, whatever its line end and letters", "[state]") {
    const TempFolder folder;
    for (const std::string_view text :
         {"3F1C7A52-9D4E-4B6A-8C21-5E0F9A7B6D13", "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13\r\n"})
        CHECK(load(folder.file("id", bytes_of(text))) == *Uuid::parse("3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"));
}

TEST_CASE("client machine id: where nothing can be kept the error says so", "[state]") {
    const TempFolder folder;
    folder.file("file", {});
    for (const std::string& path : {folder.path("file/id"), folder.path(), std::string{"/proc/none/id"}}) {
        CAPTURE(path);
        const auto id = load(path);
        REQUIRE_FALSE(id);
        CHECK(id.error().find(path) != std::string::npos);
    }
}

TEST_CASE("client machine id: a pipe in its place is no reason to wait", "[state]") {
    const TempFolder folder;
    REQUIRE(::mkfifo(folder.path("id").c_str(), 0600) == 0);
    CHECK_FALSE(load(folder.path("id")));
}

TEST_CASE("client machine id: of several that begin at once all get the same", "[state]") {
    const TempFolder folder;
    constexpr std::size_t count = 8;
    for (int round = 0; round < 20; ++round) {
        const std::string path = folder.path(std::to_string(round) + "/id");
        std::vector<std::string> ids(count);
        std::vector<std::thread> threads;
        for (std::string& id : ids)
            threads.emplace_back([&path, &id] {
                const auto made = load(path);
                id = made ? to_string(*made) : made.error();
            });
        for (std::thread& thread : threads) thread.join();
        CHECK(std::set<std::string>(ids.begin(), ids.end()) == std::set<std::string>{ids.front()});
        CHECK(Uuid::parse(ids.front()));
        CHECK(file_count(folder.path(std::to_string(round))) == 1);
    }
}

TEST_CASE("client machine id: the folder is that of XDG, with HOME behind it", "[state]") {
    const Variable home{"HOME", "/people/somebody"};
    {
        const Variable state{"XDG_STATE_HOME", "/state"};
        CHECK(client_machine_id_path() == "/state/kms-diagnostics/client-machine-id");
    }
    // The specification: a relative path is invalid and to be ignored.
    for (const char* value : {static_cast<const char*>(nullptr), "", "relative"}) {
        const Variable state{"XDG_STATE_HOME", value};
        CHECK(client_machine_id_path() == "/people/somebody/.local/state/kms-diagnostics/client-machine-id");
        const Variable none{"HOME", value};
        CHECK_FALSE(client_machine_id_path());
    }
}

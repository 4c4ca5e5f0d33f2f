#include "libdiag/cli/key_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

namespace diag::cli {
namespace {

namespace fs = std::filesystem;

// A folder of its own, gone at the end.
class Folder {
public:
    Folder() : path_{fs::temp_directory_path() / ("key-file-test-" + std::to_string(::getpid()))} {
        fs::create_directory(path_);
    }
    ~Folder() { fs::remove_all(path_); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string file(const std::string& name, const std::string& text) const {
        std::ofstream{path_ / name} << text;
        return path_ / name;
    }
    std::string path() const { return path_; }

private:
    fs::path path_;
};

std::string error_of(const std::string& path) {
    const auto profile = load_profile(path);
    REQUIRE_FALSE(profile);
    return profile.error();
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("key file: without one it is the lab profile", "[cli][keys]") {
    const auto profile = load_profile(std::nullopt);
    REQUIRE(profile);
    CHECK(profile->name == kms::lab_profile().name);
    CHECK(profile->v6 == kms::lab_profile().v6);
}

TEST_CASE("key file: the lab's own file opens what the built-in profile opens", "[cli][keys]") {
    const auto profile = load_profile(DIAG_SOURCE_DIR "/tests/vectors/lab_keys.json");
    REQUIRE(profile);
    CHECK(profile->v4 == kms::lab_profile().v4);
    CHECK(profile->v5 == kms::lab_profile().v5);
    CHECK(profile->v6 == kms::lab_profile().v6);
}

TEST_CASE("key file: what is no profile is told with the file's name and without a key", "[cli][keys]") {
    const Folder folder;
    const std::string secret = "00112233445566778899aabbccdd";
    CHECK(contains(error_of(folder.path() + "/missing"), "missing: cannot be opened: No such file"));
    CHECK(contains(error_of(folder.path()), "cannot be read as a key profile"));
    const std::string error =
        error_of(folder.file("short.json", R"({"keys": [{"kms_major": 6, "key": ")" + secret + "\"}]}"));
    CHECK(contains(error, "short.json"));
    CHECK_FALSE(contains(error, secret.substr(0, 8)));
    CHECK_FALSE(load_profile(folder.file("long.json", std::string(kms::max_key_profile_size + 1, ' '))));
}

TEST_CASE("key file: a name with control characters stays harmless", "[cli][keys]") {
    const std::string error = error_of("no\n\x1b[31msuch");
    CHECK(contains(error, "no\\x0a\\x1b[31msuch"));
    CHECK_FALSE(contains(error, "\n"));
}

}  // namespace
}  // namespace diag::cli

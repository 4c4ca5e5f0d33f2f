#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "libdiag/capture/output_file.h"
#include "libdiag/capture/writer.h"
#include "tests/capture/temp_folder.h"

using namespace diag;
using namespace diag::test;
using capture::OutputFile;

namespace {

const ByteVector hello = {'h', 'e', 'l', 'l', 'o'};
const ByteVector old = {'o', 'l', 'd'};

std::string text_of(const std::string& path) {
    std::ifstream in{path, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::size_t file_count(const TempFolder& folder) {
    std::size_t count = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator{folder.path()}) ++count;
    return count;
}

OutputFile opened(const std::string& path) {
    auto file = OutputFile::create(path);
    REQUIRE(file);
    REQUIRE(file->begin());
    return std::move(*file);
}

}  // namespace

TEST_CASE("output file: nothing has the name before the end, and all of it then", "[capture][output]") {
    const TempFolder folder;
    const std::string path = folder.path("out");
    OutputFile file = opened(path);
    REQUIRE(file.write_all(hello));
    CHECK_FALSE(std::filesystem::exists(path));
    REQUIRE(file.commit());
    CHECK(text_of(path) == "hello");
    CHECK(file_count(folder) == 1);
}

TEST_CASE("output file: what is given up leaves the old file and nothing beside it", "[capture][output]") {
    const TempFolder folder;
    const std::string path = folder.file("out", old);
    {
        OutputFile file = opened(path);
        REQUIRE(file.write_all(hello));
        const OutputFile moved = std::move(file);
        CHECK(file_count(folder) == 2);
    }
    CHECK(text_of(path) == "old");
    CHECK(file_count(folder) == 1);
}

TEST_CASE("output file: it keeps the rights of the file that it replaces", "[capture][output]") {
    const TempFolder folder;
    const std::string path = folder.file("out", old);
    REQUIRE(::chmod(path.c_str(), 0640) == 0);
    OutputFile file = opened(path);
    REQUIRE(file.write_all(hello));
    REQUIRE(file.commit());
    struct stat known {};
    REQUIRE(::stat(path.c_str(), &known) == 0);
    CHECK((known.st_mode & 07777) == 0640);
    CHECK(text_of(path) == "hello");
}

TEST_CASE("output file: a new file has the rights that the umask leaves", "[capture][output]") {
    const TempFolder folder;
    const mode_t before = ::umask(027);
    OutputFile file = opened(folder.path("out"));
    ::umask(before);
    REQUIRE(file.commit());
    struct stat known {};
    REQUIRE(::stat(folder.path("out").c_str(), &known) == 0);
    CHECK((known.st_mode & 07777) == 0640);
}

TEST_CASE("output file: a link stays one and its target is replaced", "[capture][output]") {
    const TempFolder folder;
    const std::string target = folder.file("target", old), link = folder.path("link");
    std::filesystem::create_symlink("target", link);
    OutputFile file = opened(link);
    REQUIRE(file.write_all(hello));
    REQUIRE(file.commit());
    CHECK(std::filesystem::is_symlink(link));
    CHECK(text_of(target) == "hello");
}

TEST_CASE("output file: a link to a file that is not there yet makes it", "[capture][output]") {
    const TempFolder folder;
    std::filesystem::create_symlink("target", folder.path("link"));
    OutputFile file = opened(folder.path("link"));
    REQUIRE(file.write_all(hello));
    REQUIRE(file.commit());
    CHECK(text_of(folder.path("target")) == "hello");
}

TEST_CASE("output file: names that others have taken are passed over", "[capture][output]") {
    const TempFolder folder;
    OutputFile first = opened(folder.path("a")), second = opened(folder.path("b"));
    REQUIRE(first.write_all(hello));
    REQUIRE(second.write_all(old));
    REQUIRE(first.commit());
    REQUIRE(second.commit());
    CHECK(text_of(folder.path("a")) == "hello");
    CHECK(text_of(folder.path("b")) == "old");
}

TEST_CASE("output file: a name in the current folder needs no path", "[capture][output]") {
    const TempFolder folder;
    const auto before = std::filesystem::current_path();
    std::filesystem::current_path(folder.path());
    auto file = OutputFile::create("out");
    REQUIRE(file);
    REQUIRE(file->write_all(hello));
    REQUIRE(file->commit());
    std::filesystem::current_path(before);
    CHECK(text_of(folder.path("out")) == "hello");
}

TEST_CASE("output file: a device is written as it is", "[capture][output]") {
    OutputFile file = opened("/dev/null");
    REQUIRE(file.write_all(hello));
    REQUIRE(file.commit());
    CHECK(std::filesystem::is_character_file("/dev/null"));
}

TEST_CASE("writer: a name ends in .pcapng in whatever letters", "[capture][writer]") {
    for (const char* name : {"a.pcapng", "A.PCAPNG", "x/y.PcapNg", ".pcapng"}) CHECK(capture::is_pcapng_name(name));
    for (const char* name : {"a.pcap", "pcapng", "a.pcapng.gz", "a.pcapngx", ""})
        CHECK_FALSE(capture::is_pcapng_name(name));
}

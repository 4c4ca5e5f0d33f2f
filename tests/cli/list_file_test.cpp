#include "libdiag/cli/list_file.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

using namespace diag;

TEST_CASE("list file: a byte order mark is no part of the first entry", "[cli]") {
    const auto [content, text] = GENERATE(table<std::string, std::string>({
        {"\xEF\xBB\xBFkms1.test\r\nkms2.test\r\n", "kms1.test\r\nkms2.test\r\n"},
        {"\xEF\xBB\xBF", ""},
        {"\xEF\xBB", "\xEF\xBB"},
        {"kms1.test\n\xEF\xBB\xBFkms2.test", "kms1.test\n\xEF\xBB\xBFkms2.test"},  // only where it is the first
    }));
    const auto path = std::filesystem::temp_directory_path() / ("list-file-test-" + std::to_string(::getpid()));
    std::ofstream{path, std::ios::binary} << content;
    CHECK(cli::read_list_file("--targets", path.string()) == text);
    std::filesystem::remove(path);
}

#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace diag::test {

/// A file of tests/`folder`/samples.
inline std::string sample_of(const std::string& folder, const std::string& name) {
    const auto path = std::filesystem::path{DIAG_SOURCE_DIR} / "tests" / folder / "samples" / name;
    std::ifstream in{path, std::ios::binary};
    CAPTURE(name);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::string windows_sample(const std::string& name) { return sample_of("windows", name); }

}  // namespace diag::test

#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "libdiag/slmgr/read_dlv.h"

namespace diag::slmgr::test {

inline std::filesystem::path sample_folder() {
    return std::filesystem::path{DIAG_SOURCE_DIR} / "tests" / "slmgr" / "samples";
}

inline std::string sample(const std::string& name) {
    std::ifstream in{sample_folder() / (name + ".txt"), std::ios::binary};
    CAPTURE(name);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>{in}, {}};
}

inline std::vector<std::string> sample_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{sample_folder()}) {
        if (entry.path().extension() == ".txt") names.push_back(entry.path().stem().string());
    }
    return names;
}

inline std::vector<Dlv> read_all(const std::string& text) {
    auto products = read_dlv(bytes_of(text));
    REQUIRE(products);
    return *products;
}

/// The one product of a text.
inline Dlv read_one(const std::string& text) {
    auto products = read_all(text);
    REQUIRE(products.size() == 1);
    return products.front();
}

}  // namespace diag::slmgr::test

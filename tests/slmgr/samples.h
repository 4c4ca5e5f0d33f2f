#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "libdiag/slmgr/read_saved.h"

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

/// samples/kinds: NAME-en, NAME-de and NAME-ja are one machine.
inline std::string kind_sample(const std::string& name) { return sample("kinds/" + name); }

inline std::vector<std::string> kind_names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator{sample_folder() / "kinds"})
        names.push_back(entry.path().stem().string());
    return names;
}

/// Those that exist in all three, without the language.
inline std::vector<std::string> names_in_three_languages() {
    std::vector<std::string> names;
    for (const std::string& name : kind_names()) {
        if (name.ends_with("-en")) names.push_back(name.substr(0, name.size() - 3));
    }
    REQUIRE(names.size() > 20);
    return names;
}

inline std::vector<Dlv> read_all(const std::string& text) {
    auto saved = read_saved(bytes_of(text));
    REQUIRE(saved);
    return saved->products;
}

/// The one product of a text.
inline Dlv read_one(const std::string& text) {
    auto products = read_all(text);
    REQUIRE(products.size() == 1);
    return products.front();
}

}  // namespace diag::slmgr::test

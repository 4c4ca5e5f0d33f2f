// docs/findings/ids.csv is the memory of all ids: what each stood for when it was first used. scripts/update-docs (DIAG_UPDATE=1)
// adds ids that are new, and never changes a row: whoever means to change what an id says edits its row by hand, and an id
// that is given up stays there as retired.
#include <fmt/format.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

namespace fs = std::filesystem;

const fs::path file = fs::path{DIAG_SOURCE_DIR} / "docs" / "findings" / "ids.csv";
constexpr std::string_view header = "id,severity,stage,meaning";
constexpr std::string_view retired = "retired";

std::string quoted(std::string_view cell) {
    std::string out = "\"";
    for (const char c : cell) out += c == '"' ? std::string{"\"\""} : std::string{c};
    return out + '"';
}

// "critical,connect,"The host's address ..."": what stands behind the id.
std::string meaning_of(const Rule& rule) {
    return fmt::format("{},{},{}", name_of(rule.severity), name_of(rule.stage), quoted(rule.summary));
}

std::map<std::string, std::string> read_ids() {
    std::map<std::string, std::string> ids;
    std::ifstream in{file};
    std::string line;
    REQUIRE(std::getline(in, line));
    REQUIRE(line == header);
    while (std::getline(in, line)) {
        const auto comma = line.find(',');
        REQUIRE(comma != std::string::npos);
        CAPTURE(line);
        CHECK(ids.emplace(line.substr(0, comma), line.substr(comma + 1)).second);
    }
    return ids;
}

void add_new_ids() {
    const auto known = fs::exists(file) ? read_ids() : std::map<std::string, std::string>{};
    std::ofstream out{file, std::ios::app};
    if (known.empty()) out << header << '\n';
    for (const Rule* rule : all_rules()) {
        const std::string id{rule->id};
        if (!known.contains(id)) out << id << ',' << meaning_of(*rule) << '\n';
    }
}

TEST_CASE("finding ids: none changes its meaning, and none is used again", "[check][findings-docs]") {
    const char* update = std::getenv("DIAG_UPDATE");
    if (update != nullptr && std::string_view{update} == "1") add_new_ids();
    const auto ids = read_ids();
    for (const Rule* rule : all_rules()) {
        const auto known = ids.find(std::string{rule->id});
        CAPTURE(rule->id);
        INFO(
            "a new id: scripts/update-docs adds it; an id with another meaning: give it another id, or edit the row of "
            "docs/findings/ids.csv where it only says the same in better words");
        REQUIRE(known != ids.end());
        CHECK_FALSE(known->second.starts_with(retired));
        CHECK(known->second == meaning_of(*rule));
    }
}

TEST_CASE("finding ids: one that is gone is kept as retired", "[check][findings-docs]") {
    for (const auto& [id, meaning] : read_ids()) {
        CAPTURE(id);
        INFO("an id is never used again: write 'retired' in place of its severity");
        CHECK((find_rule(id) != nullptr || meaning.starts_with(retired)));
    }
}

}  // namespace
}  // namespace diag::check

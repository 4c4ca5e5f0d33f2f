// docs/findings/ is what the table of rules says, page by page. After a change to a rule, scripts/update-docs runs these
// cases with DIAG_UPDATE=1 in the environment: they then write the pages before they compare them.
#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "libdiag/base/hex.h"
#include "libdiag/check/rules.h"
#include "libdiag/check/seen_in.h"
#include "libdiag/data/table.h"

namespace diag::check {
namespace {

namespace fs = std::filesystem;

const fs::path folder = fs::path{DIAG_SOURCE_DIR} / "docs" / "findings";

constexpr std::string_view generated =
    "<!-- Generated from libdiag/check/rules_*.cpp by scripts/update-docs; change the rule, not this page. -->\n";

constexpr std::string_view marks =
    "Marks: [doc] documented by Microsoft, [inf] concluded from protocol rules or documented facts, [?] not "
    "verified.\n";

// "`0x800706BA` RPC_S_SERVER_UNAVAILABLE: RPC server unavailable: ..."; "none" for 0.
std::string code_cell(std::uint32_t code, std::string_view where) {
    if (code == 0) return "none";
    std::string cell = fmt::format("`{}`", format_code(code));
    const auto& table = data::errors_table;
    const auto symbol = table.column("symbol");
    const auto meaning = table.column("plain_meaning");
    for (std::size_t i = 0; i < table.row_count(); ++i) {
        const auto row = table.row(i);
        if (row[0] != format_code(code)) continue;
        if (row[symbol] != "?") cell += fmt::format(" {}", row[symbol]);
        cell += fmt::format(": {}", row[meaning]);
    }
    return fmt::format("{}.<br>Seen in {}", cell, where);
}

std::string numbered(std::span<const std::string_view> lines) {
    std::string text;
    for (std::size_t i = 0; i < lines.size(); ++i) text += fmt::format("{}. {}\n", i + 1, lines[i]);
    return text;
}

// The kinds of evidence that show it.
std::string seen_in(const Rule& rule) {
    std::vector<std::string_view> kinds;
    for (const EvidenceKind& kind : all_evidence_kinds()) {
        const auto rules = kind.rules();
        if (std::ranges::find(rules, &rule) != rules.end()) kinds.push_back(kind.name);
    }
    return kinds.empty() ? std::string{} : fmt::format("\nSeen in: {}.\n", fmt::join(kinds, "; "));
}

std::string render(const Rule& rule) {
    std::string page = fmt::format("{}\n# {}\n\n{}\n\n", generated, rule.id, rule.summary);
    page += fmt::format("| | |\n|---|---|\n| Severity | {} |\n| Stage | {} |\n", name_of(rule.severity),
                        name_of(rule.stage));
    page +=
        fmt::format("| Windows shows at the end | {} |\n",
                    code_cell(rule.windows_code, "the output of `slmgr /ato` and event 8198 (`hr=`) on the client."));
    page += fmt::format("| Inner code for this host | {} |\n",
                        code_cell(rule.inner_code, "event 12288, field 1, in the client's Application log."));
    if (!rule.code_note.empty()) page += fmt::format("\n{}\n\n{}", rule.code_note, marks);
    page += seen_in(rule);
    page += fmt::format("\n## Causes, most likely first\n\n{}", numbered(rule.causes));
    page += fmt::format("\n## Remedy: who does what\n\n{}", numbered(rule.remedy));
    if (!rule.to_be_sure.empty()) page += fmt::format("\n## To be sure\n\n{}\n", rule.to_be_sure);
    page += fmt::format("\n## What a capture shows\n\n{}\n", rule.capture_shows);
    if (!rule.events.empty()) {
        page += "\n## Events to look at\n\n";
        for (const auto event : rule.events) page += fmt::format("- {}\n", event);
    }
    return page;
}

std::string render_index() {
    std::string page = fmt::format("{}\n# Findings\n\n", generated);
    page +=
        "Everything that the tools can say about activation traffic, in the order in which a client meets it. An id "
        "never "
        "changes its meaning and is never reused.\n\n"
        "Severities: `critical` stops activation, `warning` needs somebody's eye, `info` is worth knowing. The stage "
        "says how "
        "far the client came; `capture` is about the evidence itself.\n\n"
        "| Finding | Severity | Stage | Meaning |\n|---|---|---|---|\n";
    for (const Rule* rule : all_rules()) {
        page += fmt::format("| [{0}]({0}.md) | {1} | {2} | {3} |\n", rule->id, name_of(rule->severity),
                            name_of(rule->stage), rule->summary);
    }
    return page;
}

bool updating() {
    const char* value = std::getenv("DIAG_UPDATE");
    return value != nullptr && std::string_view{value} == "1";
}

void compare(const fs::path& file, const std::string& wanted) {
    if (updating()) {
        fs::create_directories(folder);
        std::ofstream{file, std::ios::binary} << wanted;
    }
    std::ifstream in{file, std::ios::binary};
    CAPTURE(file.filename().string());
    REQUIRE(in);
    const std::string have{std::istreambuf_iterator<char>{in}, {}};
    const auto difference = std::mismatch(have.begin(), have.end(), wanted.begin(), wanted.end()).first;
    INFO("differs from the table at byte " << difference - have.begin() << "; scripts/update-docs rewrites it");
    CHECK((have == wanted));
}

TEST_CASE("findings: each rule has its page, and the page says what the rule says", "[check][findings-docs]") {
    for (const Rule* rule : all_rules()) compare(folder / fmt::format("{}.md", rule->id), render(*rule));
}

TEST_CASE("findings: the index lists each rule once, in the order of the table", "[check][findings-docs]") {
    compare(folder / "README.md", render_index());
}

TEST_CASE("findings: no page is left of a rule that is gone", "[check][findings-docs]") {
    std::set<std::string> wanted{"README.md", "ids.csv"};
    for (const Rule* rule : all_rules()) wanted.insert(fmt::format("{}.md", rule->id));
    for (const auto& entry : fs::directory_iterator{folder}) {
        const std::string name = entry.path().filename().string();
        if (updating() && !wanted.contains(name)) {
            fs::remove(entry.path());
            continue;
        }
        CAPTURE(name);
        CHECK(wanted.contains(name));
    }
}

}  // namespace
}  // namespace diag::check

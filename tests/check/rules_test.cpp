#include "libdiag/check/rules.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>

#include "libdiag/base/hex.h"
#include "libdiag/check/seen_in.h"
#include "libdiag/data/table.h"

namespace diag::check {
namespace {

std::set<std::string_view> known_codes() {
    std::set<std::string_view> codes;
    for (std::size_t i = 0; i < data::errors_table.row_count(); ++i) codes.insert(data::errors_table.row(i)[0]);
    return codes;
}

std::string header_text() {
    std::ifstream in{DIAG_SOURCE_DIR "/libdiag/check/rules.h"};
    REQUIRE(in);
    return {std::istreambuf_iterator<char>{in}, {}};
}

// Each text of a rule with the name of its place, for checks that hold for all of them.
std::vector<std::pair<std::string, std::string_view>> texts_of(const Rule& rule) {
    std::vector<std::pair<std::string, std::string_view>> texts = {{"summary", rule.summary},
                                                                   {"capture_shows", rule.capture_shows}};
    if (!rule.code_note.empty()) texts.emplace_back("code_note", rule.code_note);
    const auto add = [&](std::string name, std::span<const std::string_view> lines) {
        for (const auto line : lines) texts.emplace_back(name, line);
    };
    add("causes", rule.causes);
    add("remedy", rule.remedy);
    add("events", rule.events);
    return texts;
}

TEST_CASE("rules: ids are well formed, and none stands twice", "[check]") {
    const std::regex form{"KMS(-[A-Z]+)+"};
    std::set<std::string_view> seen;
    for (const Rule* rule : all_rules()) {
        REQUIRE(rule != nullptr);
        CAPTURE(rule->id);
        CHECK(std::regex_match(std::string{rule->id}, form));
        CHECK(seen.insert(rule->id).second);
    }
}

TEST_CASE("rules: each looks at some kind of evidence", "[check]") {
    std::set<const Rule*> looking;
    for (const EvidenceKind& kind : all_evidence_kinds())
        for (const Rule* rule : kind.rules()) looking.insert(rule);
    for (const Rule* rule : all_rules()) {
        CAPTURE(rule->id);
        CHECK(looking.contains(rule));
    }
    CHECK(looking.size() == all_rules().size());
}

TEST_CASE("rules: find_rule gives the rule of an id, and nothing for any other text", "[check]") {
    for (const Rule* rule : all_rules()) CHECK(find_rule(rule->id) == rule);
    CHECK(find_rule("KMS-CONNECT-REFUSED") == &rule::connect_refused);
    CHECK(find_rule("") == nullptr);
    CHECK(find_rule("KMS-CONNECT") == nullptr);
    CHECK(find_rule("kms-connect-refused") == nullptr);
}

TEST_CASE("rules: every rule that rules.h declares is in the table, under the id beside it", "[check]") {
    const std::string header = header_text();
    const std::regex declaration{R"(extern const Rule (\w+);\s*// (KMS-[A-Z-]+))"};
    std::vector<std::string> declared;
    for (std::sregex_iterator it{header.begin(), header.end(), declaration}, end; it != end; ++it)
        declared.push_back((*it)[2]);
    std::vector<std::string> have;
    for (const Rule* rule : all_rules()) have.emplace_back(rule->id);
    CHECK(have == declared);

    const std::regex any_declaration{"extern const Rule "};
    const auto count = std::distance(std::sregex_iterator{header.begin(), header.end(), any_declaration}, {});
    CHECK(static_cast<std::size_t>(count) == declared.size());
}

TEST_CASE("rules: each says what it means, why, and who does what", "[check]") {
    // A remedy opens with the one who acts, so that a ticket can be sent to the right team.
    const std::regex actor{
        "(Desktop support|Network team|DNS administrator|KMS host administrator|Security team|Whoever|"
        "Reader of the report|Nobody)\\b[^.]*(:|,).*"};
    for (const Rule* rule : all_rules()) {
        CAPTURE(rule->id);
        CHECK_FALSE(rule->causes.empty());
        CHECK_FALSE(rule->remedy.empty());
        for (const auto line : rule->remedy) {
            CAPTURE(line);
            CHECK(std::regex_match(std::string{line}, actor));
        }
        if (rule->stage != Stage::capture) {
            CHECK_FALSE(rule->code_note.empty());
            CHECK_FALSE(rule->events.empty());
        }
    }
}

TEST_CASE("rules: texts are whole sentences, joined without lost or doubled blanks", "[check]") {
    const std::regex lost_blank{R"([a-z]\.[A-Z][a-z]|[,;:][A-Za-z]{2}|  )"};
    for (const Rule* rule : all_rules()) {
        for (const auto& [place, text] : texts_of(*rule)) {
            CAPTURE(rule->id, place, text);
            REQUIRE_FALSE(text.empty());
            CHECK((text.ends_with('.') || text.ends_with("[?].")));
            CHECK_FALSE(text.starts_with(' '));
            CHECK_FALSE(std::regex_search(std::string{text}, lost_blank));
        }
    }
}

TEST_CASE("rules: every code is one that the error table explains", "[check]") {
    const auto known = known_codes();
    const auto explained = [&](std::uint32_t code) { return code == 0 || known.contains(format_code(code)); };
    for (const Rule* rule : all_rules()) {
        CAPTURE(rule->id);
        CHECK(explained(rule->windows_code));
        CHECK(explained(rule->inner_code));
    }
}

TEST_CASE("rules: codes that the texts name are in the error table, too", "[check]") {
    // Flags, fault statuses and RCODE lists look alike; only HRESULTs and wire statuses have rows.
    const std::regex code{"0x(8007|C004|C002|1C0)[0-9A-F]+"};
    const auto known = known_codes();
    const std::set<std::string> statuses_of_pdus = {
        "0x1C00001C"};  // protocol.md 2.7; Microsoft's mapping has no row for it
    for (const Rule* rule : all_rules()) {
        for (const auto& [place, view] : texts_of(*rule)) {
            const std::string text{view};
            for (std::sregex_iterator it{text.begin(), text.end(), code}, end; it != end; ++it) {
                const std::string name = it->str();
                CAPTURE(rule->id, place, name);
                CHECK((known.contains(name) || statuses_of_pdus.contains(name)));
            }
        }
    }
}

TEST_CASE("rules: what stops activation is critical and has a code; what only concerns the evidence is neither",
          "[check]") {
    for (const Rule* rule : all_rules()) {
        CAPTURE(rule->id);
        if (rule->stage == Stage::capture) {
            CHECK(rule->severity != Severity::critical);
            CHECK(rule->windows_code == 0);
            CHECK(rule->inner_code == 0);
        } else if (rule->severity == Severity::critical) {
            CHECK(rule->windows_code != 0);
        } else if (rule->severity == Severity::info) {
            CHECK(rule->windows_code == 0);
            CHECK(rule->inner_code == 0);
        }
        // Without a record no host was tried; with one the name of the host was, in vain.
        const bool is_search = rule->stage == Stage::dns && rule->id.starts_with("KMS-DNS-");
        if (is_search) CHECK(rule->inner_code == 0);
    }
}

TEST_CASE("rules: stages come in the order in which a client meets them", "[check]") {
    std::vector<Stage> order;
    for (const Rule* rule : all_rules()) {
        if (order.empty() || order.back() != rule->stage) order.push_back(rule->stage);
    }
    const auto first_of = [&](Stage stage) { return std::ranges::find(order, stage) - order.begin(); };
    CHECK(first_of(Stage::dns) < first_of(Stage::connect));
    CHECK(first_of(Stage::connect) < first_of(Stage::bind));
    CHECK(first_of(Stage::bind) < first_of(Stage::request));
    CHECK(first_of(Stage::request) < first_of(Stage::response));
    CHECK(order.back() == Stage::capture);
}

TEST_CASE("names: severities and stages have the words of the JSON contract", "[check]") {
    CHECK(name_of(Severity::info) == "info");
    CHECK(name_of(Severity::warning) == "warning");
    CHECK(name_of(Severity::critical) == "critical");
    const std::map<Stage, std::string_view> stages = {
        {Stage::dns, "dns"},         {Stage::connect, "connect"},   {Stage::bind, "bind"},
        {Stage::request, "request"}, {Stage::response, "response"}, {Stage::count, "count"},
        {Stage::clock, "clock"},     {Stage::host, "host"},         {Stage::capture, "capture"},
    };
    for (const auto& [stage, name] : stages) CHECK(name_of(stage) == name);
}

TEST_CASE("findings: the worst severity decides, whatever the order", "[check]") {
    CHECK_FALSE(worst({}));
    std::vector<Finding> findings(3);
    findings[0].rule = &rule::host_lab;         // info
    findings[1].rule = &rule::connect_refused;  // critical
    findings[2].rule = &rule::count_low;        // warning
    const auto by_id = [](const Finding& a, const Finding& b) { return a.rule->id < b.rule->id; };
    std::ranges::sort(findings, by_id);
    do {
        CHECK(worst(findings) == Severity::critical);
    } while (std::next_permutation(findings.begin(), findings.end(), by_id));
    std::erase_if(findings, [](const Finding& f) { return f.rule == &rule::connect_refused; });
    CHECK(worst(findings) == Severity::warning);
    std::erase_if(findings, [](const Finding& f) { return f.rule == &rule::count_low; });
    CHECK(worst(findings) == Severity::info);
}

TEST_CASE("findings: a code of their own overrides the rule's, also where it is 0", "[check]") {
    Finding finding{.rule = &rule::connect_refused};
    CHECK(finding.shown_windows_code() == 0xC004F074);
    CHECK(finding.shown_inner_code() == 0x800706BA);
    finding.windows_code = 0xC004F042;
    finding.inner_code = 0;
    CHECK(finding.shown_windows_code() == 0xC004F042);
    CHECK(finding.shown_inner_code() == 0);
}

}  // namespace
}  // namespace diag::check

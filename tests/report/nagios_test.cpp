#include "libdiag/report/nagios.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <sstream>

#include "tests/report/sample_subjects.h"

namespace diag::report {
namespace {

using check::Severity;

std::vector<std::string> lines_of(std::span<const Subject> subjects,
                                  std::optional<Severity> fail_on = Severity::warning) {
    std::string out;
    append_nagios(out, "KMS PROBE", subjects, fail_on);
    REQUIRE(out.ends_with('\n'));
    std::istringstream in{out};
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
}

std::vector<std::string> lines_of(const Subject& subject, std::optional<Severity> fail_on = Severity::warning) {
    return lines_of({&subject, 1}, fail_on);
}

std::string metric_line(Metric metric) {
    return lines_of(Subject{.name = "n", .summary = "s", .metrics = {std::move(metric)}}).front();
}

bool has_line(const std::vector<std::string>& lines, std::string_view line) {
    return std::ranges::find(lines, line) != lines.end();
}

TEST_CASE("nagios: a healthy subject is one line, verdict and performance data", "[report][nagios]") {
    CHECK(lines_of(healthy_subject()) ==
          std::vector<std::string>{
              "KMS PROBE OK - a KMS host listens and takes the bind | connect=1.25ms;100;500 bind=3ms"});
}

TEST_CASE("nagios: without metrics there is no bar", "[report][nagios]") {
    CHECK(lines_of(Subject{.name = "n", .summary = "fine"}).front() == "KMS PROBE OK - fine");
}

TEST_CASE("nagios: the status word follows the exit status", "[report][nagios]") {
    const auto word = [](const Subject& subject, std::optional<Severity> fail_on) {
        const std::string line = lines_of(subject, fail_on).front();
        return line.substr(10, line.find(" - ") - 10);
    };
    CHECK(word(critical_subject(), Severity::warning) == "CRITICAL");
    CHECK(word(critical_subject(), Severity::critical) == "CRITICAL");
    CHECK(word(critical_subject(), std::nullopt) == "OK");
    CHECK(word(warning_subject(), Severity::warning) == "WARNING");
    CHECK(word(warning_subject(), Severity::critical) == "OK");
}

TEST_CASE("nagios: findings follow with id, code, evidence and remedy", "[report][nagios]") {
    const auto lines = lines_of(critical_subject());
    CHECK(has_line(lines, "INFO KMS-HOST-LAB: this is the lab"));
    CHECK(has_line(lines, "WARNING KMS-COUNT-LOW: the count is 3"));
    CHECK(has_line(lines, "CRITICAL KMS-CONNECT-REFUSED: the host refuses"));
    CHECK(has_line(lines, "  - RST in packet 2"));
    // What Windows shows for a host that refuses (knowledge of the client, not of this format).
    CHECK(has_line(lines, "  the Windows client shows 0xC004F074 (its event 12288: 0x800706BA)"));
    const std::string remedy{check::rule::connect_refused.remedy.front()};
    CHECK(has_line(lines, "  remedy: " + remedy));
}

TEST_CASE("nagios: the first line names the cause, and what follows from it stands below it", "[report][nagios]") {
    const auto lines = lines_of(consequence_subject());
    // The word is that of the exit status: the consequence is worse than its cause.
    CHECK(lines.front() == "KMS PROBE CRITICAL - the count is 3 of 25");
    const std::vector<std::string> cause{"WARNING KMS-COUNT-LOW: the count is 3 of 25",
                                         "  the Windows client shows 0xC004F038", "  - count 3",
                                         "  effect: CRITICAL KMS-CLIENT-UNLICENSED: the client is not licensed"};
    REQUIRE(lines.size() > cause.size() + 1);
    CHECK(std::vector<std::string>(lines.begin() + 1, lines.begin() + 5) == cause);
    CHECK(lines[5].starts_with("  remedy: "));
    CHECK_FALSE(has_line(lines, "CRITICAL KMS-CLIENT-UNLICENSED: the client is not licensed"));
    CHECK_FALSE(has_line(lines, "  - License Status"));
    CHECK(has_line(lines, "INFO KMS-CLIENT-NO-CACHE: host caching is off"));
    const Subject two[] = {healthy_subject(), consequence_subject()};
    CHECK(lines_of(two).front().starts_with(
        "KMS PROBE CRITICAL - 2 checked, 1 critical: client.txt: the count is 3 of 25"));
}

TEST_CASE("nagios: where nothing follows from anything the verdict is the subject's own", "[report][nagios]") {
    Subject subject = consequence_subject();
    subject.findings.pop_back();
    const auto lines = lines_of(subject);
    CHECK(lines.front() == "KMS PROBE CRITICAL - the client is not licensed");
    CHECK(has_line(lines, "CRITICAL KMS-CLIENT-UNLICENSED: the client is not licensed"));
    CHECK(std::ranges::none_of(lines, [](const std::string& line) { return line.starts_with("  effect:"); }));
}

TEST_CASE("nagios: of several subjects the first line counts and names the worst, each has a line",
          "[report][nagios]") {
    const Subject all[] = {healthy_subject(), warning_subject(), critical_subject()};
    const auto lines = lines_of(all);
    CHECK(lines.front() ==
          "KMS PROBE CRITICAL - 3 checked, 1 critical, 1 warning: off.example.com:1688: the port is not listening | "
          "kms.example.com:1688::connect=1.25ms;100;500 kms.example.com:1688::bind=3ms");
    CHECK(has_line(lines, "[OK] kms.example.com:1688: a KMS host listens and takes the bind"));
    CHECK(has_line(lines, "[WARNING] low.example.com:1688: the host counts too few clients"));
    CHECK(has_line(lines, "[CRITICAL] off.example.com:1688: the port is not listening"));
    CHECK(lines_of(std::span{all}.first(2), Severity::critical)
              .front()
              .starts_with("KMS PROBE OK - 2 checked, no problem"));
}

TEST_CASE("nagios: labels are quoted where the guidelines want it", "[report][nagios]") {
    const auto label = [](std::string text) {
        const std::string line = metric_line({.label = std::move(text), .value = 1});
        return line.substr(line.find(" | ") + 3);
    };
    CHECK(label("plain") == "plain=1");
    CHECK(label("two words") == "'two words'=1");
    CHECK(label("it's") == "'it''s'=1");
    CHECK(label("a=b") == "a_b=1");
    CHECK(label("") == "''=1");
}

TEST_CASE("nagios: limits and units of performance data", "[report][nagios]") {
    const auto data = [](Metric metric) {
        metric.label = "x";
        const std::string line = metric_line(metric);
        return line.substr(line.find(" | x=") + 5);
    };
    CHECK(data({.value = 99.5, .unit = "%", .crit = 50}) == "99.5%;;50");
    CHECK(data({.value = 2, .unit = "s", .warn = 1}) == "2s;1");
    CHECK(data({.value = 7}) == "7");
    CHECK(data({.value = std::nan("")}) == "U");
    CHECK(data({.value = INFINITY, .unit = "s"}) == "U");
}

TEST_CASE("nagios: notes stand behind the line that is read at a glance, before the findings", "[report][nagios]") {
    Subject subject = warning_subject();
    subject.notes = {"tried a", "tried b"};
    const auto lines = lines_of(subject);
    REQUIRE(lines.size() > 3);
    CHECK(lines[0].find("tried") == std::string::npos);
    CHECK(lines[1] == "tried a");
    CHECK(lines[2] == "tried b");
    CHECK(lines[3].starts_with("WARNING KMS-COUNT-LOW"));
}

TEST_CASE("nagios: no text of a peer makes a bar, a line or a control character", "[report][nagios]") {
    const Subject one = hostile_subject();
    const Subject two[] = {hostile_subject(), healthy_subject()};
    for (const auto& lines : {lines_of(one), lines_of(two)}) {
        // The first line has the one bar that is ours; before it stands the verdict alone.
        CHECK(std::ranges::count(lines.front(), '|') == 1);
        for (std::size_t i = 1; i < lines.size(); ++i) {
            CAPTURE(lines[i]);
            CHECK(std::ranges::count(lines[i], '|') == 0);
            CHECK_FALSE(lines[i].starts_with("CRITICAL c"));
        }
        for (const std::string& line : lines)
            CHECK(std::ranges::none_of(line, [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
    }
    CHECK(lines_of(one).front().starts_with("KMS PROBE CRITICAL - a\\x7cb\\x0aCRITICAL c"));
}

TEST_CASE("nagios: what could not be done is UNKNOWN in one line", "[report][nagios]") {
    std::string out;
    append_nagios_unknown(out, "KMS PROBE", "no|such\nfile");
    CHECK(out == "KMS PROBE UNKNOWN - no\\x7csuch\\x0afile\n");
    CHECK(lines_of(std::span<const Subject>{}).front() == "KMS PROBE UNKNOWN - nothing was checked");
}

}  // namespace
}  // namespace diag::report

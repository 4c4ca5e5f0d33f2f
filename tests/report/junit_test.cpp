#include "libdiag/report/junit.h"

#include <unistd.h>

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

#include "libdiag/report/xml.h"
#include "tests/report/sample_subjects.h"

namespace diag::report {
namespace {

using check::Severity;
namespace json = boost::json;

// The document as expat sees it (Python's xml.etree): [tag, attributes, text, children]. Fails where it is no XML.
constexpr const char* parser = R"(python3 -c '
import json, sys, xml.etree.ElementTree as tree
def plain(e): return [e.tag, e.attrib, e.text or "", [plain(c) for c in e]]
print(json.dumps(plain(tree.parse(sys.argv[1]).getroot())))' )";

json::array parse_xml(const std::string& text) {
    const auto path = std::filesystem::temp_directory_path() / ("junit-test-" + std::to_string(::getpid()) + ".xml");
    std::ofstream{path, std::ios::binary} << text;
    std::FILE* pipe = ::popen((parser + path.string()).c_str(), "r");
    REQUIRE(pipe != nullptr);
    std::string output;
    char part[4096];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, pipe)) > 0;) output.append(part, n);
    const int status = ::pclose(pipe);
    std::filesystem::remove(path);
    INFO(text);
    REQUIRE(status == 0);
    return json::parse(output).as_array();
}

struct Element {
    explicit Element(const json::array& parts)
        : tag{parts[0].as_string()}, attributes{parts[1].as_object()}, text{parts[2].as_string()} {
        for (const json::value& child : parts[3].as_array()) children.emplace_back(child.as_array());
    }
    std::string attribute(const char* name) const { return std::string{attributes.at(name).as_string()}; }
    const Element* child(std::string_view name) const {
        for (const Element& element : children)
            if (element.tag == name) return &element;
        return nullptr;
    }
    std::string tag;
    json::object attributes;
    std::string text;
    std::vector<Element> children;
};

Element render(std::span<const Subject> subjects, std::optional<Severity> fail_on = Severity::warning) {
    std::string out;
    append_junit(out, "kms-probe", subjects, fail_on);
    return Element{parse_xml(out)};
}

const Element& suite_of(const Element& root) {
    REQUIRE(root.tag == "testsuites");
    REQUIRE(root.children.size() == 1);
    REQUIRE(root.children.front().tag == "testsuite");
    return root.children.front();
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_CASE("junit: one suite, one case a subject, counts and seconds that agree", "[report][junit]") {
    const Subject all[] = {healthy_subject(), warning_subject(), critical_subject()};
    const Element root = render(all);
    const Element& suite = suite_of(root);
    for (const Element* element : {&root, &suite}) {
        CHECK(element->attribute("name") == "kms-probe");
        CHECK(element->attribute("tests") == "3");
        CHECK(element->attribute("failures") == "2");
        CHECK(element->attribute("errors") == "0");
        CHECK(element->attribute("time") == "1.524");
    }
    REQUIRE(suite.children.size() == 3);
    CHECK(suite.children[0].tag == "testcase");
    CHECK(suite.children[0].attribute("name") == "kms.example.com:1688");
    CHECK(suite.children[0].attribute("classname") == "kms-probe");
    CHECK(suite.children[0].attribute("time") == "0.004");
    CHECK(suite.children[0].child("failure") == nullptr);
    CHECK(contains(suite.children[0].child("system-out")->text, "a KMS host listens and takes the bind"));
}

TEST_CASE("junit: a failure has the worst finding's id and title, and all that count in its text", "[report][junit]") {
    const Subject subject = critical_subject();
    const Element root = render({&subject, 1});
    const Element& test = suite_of(root).children.front();
    const Element* failure = test.child("failure");
    REQUIRE(failure != nullptr);
    CHECK(failure->attribute("type") == "KMS-CONNECT-REFUSED");
    CHECK(failure->attribute("message") == "the host refuses");
    CHECK(contains(failure->text, "warning KMS-COUNT-LOW: the count is 3"));
    CHECK(contains(failure->text, "critical KMS-CONNECT-REFUSED: the host refuses"));
    CHECK(contains(failure->text, "- RST in packet 2"));
    CHECK(contains(failure->text, "0xC004F074"));
    CHECK(contains(failure->text, std::string{"remedy: "} + std::string{check::rule::connect_refused.remedy.front()}));
    CHECK_FALSE(contains(failure->text, "KMS-HOST-LAB"));
    CHECK(contains(test.child("system-out")->text, "info KMS-HOST-LAB: this is the lab"));
}

TEST_CASE("junit: a consequence is no failure of its own, its cause names it", "[report][junit]") {
    const Subject subject = consequence_subject();
    for (const auto fail_on : {Severity::warning, Severity::critical}) {
        const Element root = render({&subject, 1}, fail_on);
        const Element& test = suite_of(root).children.front();
        const Element* failure = test.child("failure");
        REQUIRE(failure != nullptr);
        CHECK(failure->attribute("type") == "KMS-COUNT-LOW");
        CHECK(failure->attribute("message") == "the count is 3 of 25");
        CHECK(failure->text.starts_with("warning KMS-COUNT-LOW: the count is 3 of 25\n"));
        CHECK(contains(failure->text, "\neffect: critical KMS-CLIENT-UNLICENSED: the client is not licensed\n"));
        CHECK_FALSE(contains(failure->text, "- License Status"));
        CHECK_FALSE(contains(test.child("system-out")->text, "KMS-CLIENT-UNLICENSED"));
        CHECK(contains(test.child("system-out")->text, "info KMS-CLIENT-NO-CACHE"));
    }
    CHECK(suite_of(render({&subject, 1}, std::nullopt)).children.front().child("failure") == nullptr);
}

TEST_CASE("junit: --fail-on decides whether warnings are failures", "[report][junit]") {
    const Subject all[] = {warning_subject(), critical_subject()};
    const auto failures = [&](std::optional<Severity> fail_on) {
        return suite_of(render(all, fail_on)).attribute("failures");
    };
    CHECK(failures(Severity::warning) == "2");
    CHECK(failures(Severity::critical) == "1");
    CHECK(failures(std::nullopt) == "0");
    const Element root = render(all, Severity::critical);
    const Element& suite = suite_of(root);
    CHECK(suite.children[0].child("failure") == nullptr);
    CHECK(contains(suite.children[0].child("system-out")->text, "warning KMS-COUNT-LOW"));
    // A warning of a subject that fails is told, though it is not what fails it.
    CHECK_FALSE(contains(suite.children[1].child("failure")->text, "KMS-COUNT-LOW"));
    CHECK(contains(suite.children[1].child("system-out")->text, "warning KMS-COUNT-LOW"));
}

TEST_CASE("junit: metrics are properties with their unit in the name", "[report][junit]") {
    Subject subject = healthy_subject();
    subject.metrics.push_back({.label = "answered", .value = 99.5, .unit = "%"});
    subject.metrics.push_back({.label = "count", .value = std::nan("")});
    const Element root = render({&subject, 1});
    const Element* properties = suite_of(root).children.front().child("properties");
    REQUIRE(properties != nullptr);
    REQUIRE(properties->children.size() == 4);
    const std::pair<const char*, const char*> wanted[] = {
        {"connect_ms", "1.25"}, {"bind_ms", "3"}, {"answered_percent", "99.5"}, {"count", "unknown"}};
    for (std::size_t i = 0; i < std::size(wanted); ++i) {
        CHECK(properties->children[i].attribute("name") == wanted[i].first);
        CHECK(properties->children[i].attribute("value") == wanted[i].second);
    }
}

TEST_CASE("junit: nobody's text breaks the document, and what XML can carry arrives", "[report][junit]") {
    const Subject subject = hostile_subject();
    const Element root = render({&subject, 1});
    const Element& test = suite_of(root).children.front();
    const std::string seen =
        "a|b\nCRITICAL c\r\t\uFFFD[2J\uFFFD ]]> <&>\"'= \uFFFD\uFFFD\uFFFD \uFFFD \u202E \uFFFD ; \u5DE5";
    CHECK(test.attribute("name") == seen);
    CHECK(test.child("failure")->attribute("message") == seen);
    CHECK(contains(test.child("failure")->text, seen));
    CHECK(contains(test.child("system-out")->text, seen));
    CHECK(test.child("properties")->children.front().attribute("name") == seen);
}

TEST_CASE("junit: notes are in the output of the case, a line each", "[report][junit]") {
    Subject subject = healthy_subject();
    subject.notes = {"tried a", "tried b"};
    const Element root = render({&subject, 1});
    CHECK(contains(suite_of(root).children[0].child("system-out")->text, "\ntried a\ntried b\n"));
}

TEST_CASE("junit: without subjects it is a document with an empty suite", "[report][junit]") {
    const Element root = render({});
    CHECK(suite_of(root).attribute("tests") == "0");
    CHECK(suite_of(root).children.empty());
}

TEST_CASE("xml: every byte that XML cannot write is replaced, every other character is itself", "[report][junit]") {
    std::string document = "<all>";
    for (unsigned byte = 0; byte < 0x80; ++byte) {
        const std::string text = xml_text(std::string(1, static_cast<char>(byte)));
        document += "<a b=\"" + text + "\">" + text + "</a>";
    }
    const Element all{parse_xml(document + "</all>")};
    REQUIRE(all.children.size() == 0x80);
    for (unsigned byte = 0; byte < 0x80; ++byte) {
        const bool is_allowed = byte == 9 || byte == 10 || byte == 13 || (byte >= 0x20 && byte != 0x7F);
        CAPTURE(byte);
        CHECK(all.children[byte].text == (is_allowed ? std::string(1, static_cast<char>(byte)) : "\uFFFD"));
        CHECK(all.children[byte].attribute("b") == all.children[byte].text);
    }
}

}  // namespace
}  // namespace diag::report

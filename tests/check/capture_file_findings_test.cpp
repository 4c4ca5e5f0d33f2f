// What is said of a capture as a whole: each rule fires in one case, and a sound capture has none.
#include "libdiag/check/capture_file_findings.h"

#include <catch2/catch.hpp>

#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

struct File {
    std::string name = "a.pcap";
    dissect::TrackerStatistics statistics = {.packet_count = 5};
    std::vector<dissect::PortScan> scans = {};
    std::optional<CaptureDamage> damage = {};

    std::vector<Finding> findings() const {
        std::vector<Finding> out;
        look(capture_file_rows(),
             CaptureFileEvidence{.name = name, .statistics = statistics, .scans = scans, .damage = damage}, out);
        return out;
    }

    Finding only() const {
        const auto found = findings();
        REQUIRE(found.size() == 1);
        REQUIRE(found[0].evidence.size() == 1);
        return found[0];
    }
};

TEST_CASE("capture file: one that was read to its end has no finding", "[check]") { CHECK(File{}.findings().empty()); }

TEST_CASE("capture file: damage is told with its place and what was read before it", "[check]") {
    File file;
    file.damage = CaptureDamage{.offset = 1234, .what = "the file ends"};
    CHECK(file.only().rule == &rule::capture_damaged);
    CHECK(file.only().target == "a.pcap");
    CHECK(file.only().title == "a.pcap is damaged at byte 1234: everything before it was read");
    CHECK(file.only().evidence[0] == "byte offset 1234: the file ends; 5 packets read before it");
    file.statistics.packet_count = 1;
    CHECK(file.only().evidence[0] == "byte offset 1234: the file ends; 1 packet read before it");
}

TEST_CASE("capture file: each scan is a finding about the one who scans", "[check]") {
    File file;
    file.scans = {{.client = *IpAddress::parse("192.0.2.66"), .attempt_count = 40, .first_packet = 3},
                  {.client = *IpAddress::parse("192.0.2.67"), .attempt_count = 41, .first_packet = 9}};
    const auto findings = file.findings();
    REQUIRE(findings.size() == 2);
    for (const Finding& finding : findings) CHECK(finding.rule == &rule::capture_scan);
    CHECK(findings[1].target == "192.0.2.67");
    CHECK(findings[1].packets == std::vector<std::uint64_t>{9});
}

TEST_CASE("capture file: what a bound or a link type left out is counted", "[check]") {
    File file;
    file.statistics.early_report_count = 1;
    CHECK(file.only().rule == &rule::capture_limit);
    CHECK(file.only().title == "1 conversation of a.pcap reported before the end");
    file.statistics.early_report_count = 2;
    CHECK(file.only().title == "2 conversations of a.pcap reported before the end");

    File other;
    other.statistics.unsupported_link_count = 1;
    other.statistics.first_unsupported_link = 147;
    CHECK(other.only().rule == &rule::capture_link);
    CHECK(other.only().title == "1 packet of a.pcap cannot be read: the link type is not supported");
    CHECK(other.only().evidence[0] == "link type 147");
    other.statistics.unsupported_link_count = 7;
    CHECK(other.only().title == "7 packets of a.pcap cannot be read: the link type is not supported");
}

}  // namespace
}  // namespace diag::check

// What several conversations show together: each rule in a case that fires it, and in the healthy neighbours that look alike.
#include "libdiag/check/correlation_findings.h"
#include "libdiag/check/contact_text.h"

#include <catch2/catch.hpp>
#include <set>

#include "libdiag/check/outcome.h"
#include "libdiag/check/rules.h"
#include "tests/support/dissect/correlation_talk.h"
#include "tests/support/dissect/spoken.h"

namespace diag::check {
namespace {

using test::day;
using test::hour;
using test::ids_of;
using test::minute;
using test::second;
using test::Talk;
using Ids = std::vector<std::string>;
using Talks = std::vector<Talk>;

const Ids none;

// Behind place and time. Names of clients and outcomes and an ePID are nobody's language.
bool is_in_japanese(const Finding& finding, const std::string& line) {
    if (finding.rule == &rule::clients_nat || line.find(": ePID ") != std::string::npos) return true;
    if (parse_outcome(line.substr(line.rfind(' ') + 1))) return true;
    return test::has_japanese(line.substr(line.find("Z: ") + 1));
}

// The same in the other language.
void check_in_japanese(const Talks& talks, const Finding& english) {
    const test::InJapanese spoken;
    const auto findings = test::findings_of(test::correlated(talks));
    REQUIRE(findings.size() == 1);
    const Finding& finding = findings.front();
    CHECK(finding.rule == english.rule);
    CHECK(finding.packets == english.packets);
    CHECK(finding.evidence.size() == english.evidence.size());
    CAPTURE(finding.title);
    CHECK(test::has_japanese(finding.title));
    for (const std::string& line : finding.evidence) {
        CAPTURE(line);
        CHECK(is_in_japanese(finding, line));
    }
}

Finding only_finding(const Talks& talks) {
    auto findings = test::findings_of(test::correlated(talks));
    REQUIRE(findings.size() == 1);
    check_in_japanese(talks, findings.front());
    return findings.front();
}

TEST_CASE("correlation findings: each of their rules has a row, and each row is one of them", "[check][correlation]") {
    std::set<const Rule*> with_row;
    const auto add = [&](const auto& rows) {
        for (const auto& row : rows) CHECK(with_row.insert(row.rule).second);
    };
    add(client_record_rows());
    add(host_record_rows());
    add(name_record_rows());
    add(address_record_rows());
    std::set<const Rule*> expected{correlation_rules().begin(), correlation_rules().end()};
    expected.insert(&rule::path_middlebox);  // which one conversation may show as well
    CHECK(with_row == expected);
}

// ---- clones

TEST_CASE("cloned: two names that take turns under one id are clones", "[check][correlation]") {
    const Talks talks{{.name = "pc-1", .address = "192.0.2.1"},
                      {.after = hour, .name = "pc-2", .address = "192.0.2.2"},
                      {.after = 2 * day, .name = "pc-1", .address = "192.0.2.1"}};
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::client_cloned);
    CHECK(finding.title == "2 machines use the client machine id " + to_string(test::machine_id(1)));
    REQUIRE(finding.evidence.size() == 2);
    CHECK(finding.evidence[1].find("pc-2 from 192.0.2.2, 1 request") != std::string::npos);
}

TEST_CASE("cloned: two names from two addresses within seconds are clones, even if each asks once",
          "[check][correlation]") {
    Talks talks{{.name = "pc-1", .address = "192.0.2.1"},
                {.after = 5 * second, .name = "pc-2", .address = "192.0.2.2"}};
    CHECK(ids_of(talks) == Ids{"KMS-CLIENT-CLONED"});
    talks[1].name = "PC-1.example.test";  // wired and wireless
    CHECK(ids_of(talks) == none);
    talks[1] = {.after = 5 * second, .name = "pc-2", .address = "192.0.2.1"};
    CHECK(ids_of(talks) == none);
    talks[1] = {.after = 5 * minute, .name = "pc-2", .address = "192.0.2.2"};  // renamed, and a new lease
    CHECK(ids_of(talks) == none);
}

TEST_CASE("cloned: a machine that was renamed twice is none", "[check][correlation]") {
    CHECK(ids_of(Talks{
              {.name = "win-8a7b"}, {.after = 14 * day, .name = "pc-1"}, {.after = 28 * day, .name = "pc-2"}}) == none);
}

TEST_CASE("cloned: a machine that was renamed, joined a domain or moved is none", "[check][correlation]") {
    CHECK(ids_of(Talks{{.name = "minint-4711"}, {.after = day, .name = "pc-1"}, {.after = 8 * day, .name = "pc-1"}}) ==
          none);
    CHECK(ids_of(Talks{
              {.name = "PC-1"}, {.after = day, .name = "pc-1.example.test"}, {.after = 8 * day, .name = "PC-1"}}) ==
          none);
    CHECK(ids_of(Talks{{.address = "192.0.2.1"},
                       {.after = day, .address = "192.0.2.2"},
                       {.after = 8 * day, .address = "192.0.2.1"}}) == none);
}

// ---- another machine with the host's address

TEST_CASE("other machine: a reset that came another way than the SYN-ACKs of served connections",
          "[check][correlation]") {
    Talks talks{{.hop_limit = 126}, {.after = hour, .asked = false, .packet = 50, .hop_limit = 62}};
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::path_middlebox);
    CHECK(finding.target == "192.0.2.10:1688");
    CHECK(finding.packets == std::vector<std::uint64_t>{10, 50});
    REQUIRE(finding.evidence.size() == 2);
    CHECK(finding.evidence[0].find("SYN-ACK with TTL 126, window 0, options MSS 1460, TS") != std::string::npos);
    CHECK(finding.evidence[1].find("RST in place of a SYN-ACK, TTL 62") != std::string::npos);
    // Another route, or another place in a capture that was merged, changes the hops and not what a machine begins with.
    for (const std::uint8_t hop_limit : {std::uint8_t{0}, std::uint8_t{126}, std::uint8_t{119}, std::uint8_t{128}}) {
        talks[1].hop_limit = hop_limit;
        CHECK(ids_of(talks) == none);
    }
}

TEST_CASE("other machine: TTLs are compared for one client in one capture alone", "[check][correlation]") {
    CHECK(ids_of(Talks{{.hop_limit = 126},
                       {.after = hour,
                        .machine = 2,
                        .name = "pc-2",
                        .address = "198.51.100.7",
                        .asked = false,
                        .hop_limit = 62}}) == none);
    CHECK(ids_of(Talks{{.after = hour, .asked = false, .hop_limit = 62}}) == none);
    correlate::Correlation several{1};
    several.begin_capture("a.pcap");
    test::add(several, {.hop_limit = 126});
    several.begin_capture("b.pcap");
    test::add(several, {.after = hour, .asked = false, .hop_limit = 62});
    several.settle();
    CHECK(test::findings_of(several).empty());
}

TEST_CASE("other machine: two other TCP options in answer to the same offer, and no request is answered",
          "[check][correlation]") {
    const Talk served{.hop_limit = 126};
    const Talk plain{.hop_limit = 126, .timestamps = false};
    Talk failed{.after = hour, .answered = false, .hop_limit = 126, .segment_size = 1380, .timestamps = true};
    CHECK(ids_of(Talks{plain, failed}) == Ids{"KMS-PATH-MIDDLEBOX"});
    CHECK(ids_of(Talks{served, failed}) == none);  // one option
    failed.offers_timestamps = false;              // another offer
    CHECK(ids_of(Talks{plain, failed}) == none);
    // SYN cookies of a host under load leave options out.
    CHECK(ids_of(Talks{served,
                       {.after = hour, .answered = false, .hop_limit = 126, .segment_size = 0, .timestamps = false}}) ==
          none);
}

TEST_CASE("other machine: hosts behind one address that both serve are known", "[check][correlation]") {
    CHECK(ids_of(Talks{{.hop_limit = 126},
                       {.after = hour, .hop_limit = 62},
                       {.after = 2 * hour, .asked = false, .hop_limit = 62}}) == none);
}

// ---- one name, many ids; one address, many clients

TEST_CASE("name with many ids: three ids of one application, one after the other", "[check][correlation]") {
    const Talks talks{{.machine = 1}, {.after = day, .machine = 2}, {.after = 2 * day, .machine = 3}};
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::name_many_ids);
    CHECK(finding.target == "pc-1");
    CHECK(finding.evidence.size() == 3);
}

TEST_CASE("name with many ids: Windows and Office of one machine, and one re-imaging, are healthy",
          "[check][correlation]") {
    CHECK(ids_of(Talks{{.machine = 1},
                       {.after = hour, .machine = 2, .needed = 5, .application_id = test::talk_office},
                       {.after = 8 * day, .machine = 3}}) == none);
}

TEST_CASE("name with many ids: upper case and a domain make no other name", "[check][correlation]") {
    CHECK(ids_of(Talks{{.machine = 1, .name = "PC-7"},
                       {.after = day, .machine = 2, .name = "pc-7"},
                       {.after = 2 * day, .machine = 3, .name = "PC-7.example.test"}}) == Ids{"KMS-NAME-MANY-IDS"});
    CHECK(ids_of(Talks{{.machine = 1, .name = "PC-7", .address = "192.0.2.1"},
                       {.after = day, .machine = 2, .name = "pc-70", .address = "192.0.2.2"},
                       {.after = 2 * day, .machine = 3, .name = "pc", .address = "192.0.2.3"}}) == none);
}

TEST_CASE("name with many ids: a test program that sends many at once is not meant", "[check][correlation]") {
    CHECK(ids_of(Talks{{.machine = 1}, {.after = minute, .machine = 2}, {.after = 2 * minute, .machine = 3}}) == none);
}

TEST_CASE("address translation: three machines behind one address are told, two are not", "[check][correlation]") {
    Talks talks{{.machine = 1, .name = "pc-1"}, {.after = hour, .machine = 2, .name = "pc-2"}};
    CHECK(ids_of(talks) == none);
    talks.push_back({.after = 2 * hour, .machine = 3, .name = "pc-3"});
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::clients_nat);
    CHECK(finding.rule->severity == Severity::info);
    CHECK(finding.target == "192.0.2.77");
}

TEST_CASE("address translation: a name in two domains is two machines, one with and without its domain is one",
          "[check][correlation]") {
    Talks talks{{.machine = 1, .name = "ns1.one.example"},
                {.after = minute, .machine = 2, .name = "NS1.two.example"},
                {.after = 2 * minute, .machine = 3, .name = "ns1"}};
    CHECK(ids_of(talks) == none);
    talks.push_back({.after = 3 * minute, .machine = 4, .name = "pc.one.example"});
    CHECK(only_finding(talks).title == "3 machines ask from 192.0.2.77");
}

// ---- the count

// Machines that ask one after the other, each from its own address.
Talks machines(unsigned number, std::uint32_t count_of(unsigned)) {
    Talks talks;
    for (unsigned i = 1; i <= number; ++i) {
        talks.push_back({.after = i * hour,
                         .machine = i,
                         .name = "pc-" + std::to_string(i),
                         .address = "192.0.2." + std::to_string(i),
                         .count = count_of(i)});
    }
    return talks;
}

TEST_CASE("count: it stays at 3 while six machines are answered", "[check][correlation]") {
    const Talks talks = machines(6, [](unsigned i) { return std::min(i, 3U); });
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::count_stuck);
    CHECK(finding.title ==
          "192.0.2.10:1688 has answered 6 machines for Windows, but counts 3 of the 25 that are needed");
}

TEST_CASE("count: one that rises with the machines, or is enough, or fell with a restart is healthy",
          "[check][correlation]") {
    CHECK(ids_of(machines(8, [](unsigned i) { return i; })) == none);
    CHECK(ids_of(machines(8, [](unsigned i) { return 10 + i; })) == none);
    CHECK(ids_of(machines(60, [](unsigned) { return 50U; })) == none);
    CHECK(ids_of(machines(8, [](unsigned i) { return i <= 4 ? i : i - 4; })) == none);
}

TEST_CASE("count: a list of a site with servers only ends at 10 until a larger need comes", "[check][correlation]") {
    Talks talks = machines(15, [](unsigned i) { return i == 15 ? 11 : std::min(i, 10U); });
    for (Talk& talk : talks) talk.needed = talk.machine == 15 ? 25 : 5;
    CHECK(ids_of(talks) == none);
    for (Talk& talk : talks) talk.count = std::min(talk.count, 3U);  // fewer than that are missing in any case
    CHECK(ids_of(talks) == Ids{"KMS-COUNT-STUCK"});
    // Behind the first larger need there is room again.
    talks = machines(24, [](unsigned i) { return std::min(i, 10U); });
    for (Talk& talk : talks) talk.needed = talk.machine < 15 ? 5 : 25;
    CHECK(ids_of(talks) == Ids{"KMS-COUNT-STUCK"});
}

TEST_CASE("count: the same machine asking again adds nothing", "[check][correlation]") {
    Talks talks;
    for (int i = 0; i < 12; ++i) talks.push_back({.after = i * 7 * day, .count = 3});
    CHECK(ids_of(talks) == none);
}

// ---- hosts

TEST_CASE("host: one that refuses every client is told once more as a whole", "[check][correlation]") {
    Talks talks = machines(5, [](unsigned) { return 0U; });
    for (Talk& talk : talks) talk.hresult = 0xC004F042;
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::host_never_grants);
    CHECK(finding.evidence.front().find("192.0.2.10:1688: refused 0xC004F042, 5 times") != std::string::npos);
}

TEST_CASE("host: one grant, a low count, or one stubborn client are not that", "[check][correlation]") {
    Talks talks = machines(5, [](unsigned) { return 50U; });
    for (Talk& talk : talks) talk.hresult = talk.machine == 3 ? 0 : 0xC004F042;
    CHECK(ids_of(talks) == none);
    CHECK(ids_of(machines(5, [](unsigned i) { return i; })) == none);
    Talks stubborn;
    for (int i = 0; i < 6; ++i) stubborn.push_back({.after = i * 10 * minute, .hresult = 0xC004F042});
    CHECK(ids_of(stubborn) == none);
}

TEST_CASE("host: refusals of wrong clocks are no fault of the host", "[check][correlation]") {
    Talks talks = machines(5, [](unsigned) { return 0U; });
    for (Talk& talk : talks) {
        talk.hresult = 0xC004F06C;
        talk.clock_difference_s = std::int64_t{6} * 3600;
    }
    CHECK(ids_of(talks) == none);
    talks[0].hresult = 0xC004F042;
    CHECK(ids_of(talks) == none);
    for (std::size_t i = 1; i < 4; ++i) talks[i].hresult = 0xC004F042;
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::host_never_grants);
    CHECK(finding.rule->windows_code == 0);
    CHECK(finding.evidence.size() == 1);
}

TEST_CASE("identity: an ePID that comes back, and three of them, are changes", "[check][correlation]") {
    const std::string a = "06401-00206-471-111111-03-1033-9600.0000-3292025";
    const std::string b = "06401-00206-471-222222-03-1033-9600.0000-0102025";
    const std::string c = "03612-00206-471-333333-03-1033-17763.0000-0202025";
    const auto with = [](const std::vector<std::string>& epids) {
        Talks talks;
        for (const auto& epid : epids)
            talks.push_back({.after = static_cast<std::int64_t>(talks.size()) * 7 * day, .epid = epid});
        return talks;
    };
    CHECK(ids_of(with({a, b, a})) == Ids{"KMS-HOST-IDENTITY-CHANGES"});
    CHECK(ids_of(with({a, b, c})) == Ids{"KMS-HOST-IDENTITY-CHANGES"});
    CHECK(ids_of(with({a, a, b, b})) == none);  // a new host key
}

TEST_CASE("identity: product groups, endpoints and the reference host may differ", "[check][correlation]") {
    const std::vector<std::string> epids{"06401-00206-471-111111-03-1033-9600.0000-3292025",
                                         "06401-00206-471-222222-03-1033-9600.0000-0102025",
                                         "03612-00206-471-333333-03-1033-17763.0000-0202025"};
    Talks products;
    Talks hosts;
    Talks lab;
    for (unsigned i = 0; i < 9; ++i) {
        const std::string& epid = epids[i % 3];
        products.push_back({.after = i * 7 * day, .epid = epid, .product = i % 3});
        hosts.push_back({.after = i * 7 * day,
                         .host = test::endpoint("192.0.2." + std::to_string(10 + i % 3), 1688),
                         .epid = epid});
        lab.push_back({.after = i * 7 * day,
                       .epid = "03612-00206-471-11111" + std::to_string(i) + "-03-1033-17763.9999-0202025"});
    }
    CHECK(ids_of(products) == none);
    CHECK(ids_of(hosts) == none);
    CHECK(ids_of(lab) == none);
}

TEST_CASE("identity: a hardware id that comes back is a change, a new one is new hardware", "[check][correlation]") {
    const auto with = [](std::initializer_list<unsigned> hwids) {
        Talks talks;
        for (const unsigned hwid : hwids)
            talks.push_back({.after = static_cast<std::int64_t>(talks.size()) * 7 * day, .hwid = hwid});
        return talks;
    };
    CHECK(ids_of(with({1, 2, 1})) == Ids{"KMS-HOST-IDENTITY-CHANGES"});
    CHECK(ids_of(with({1, 1, 2, 2})) == none);
}

// ---- clocks

Talks clocks(std::initializer_list<std::int64_t> minutes) {
    Talks talks;
    for (const std::int64_t offset : minutes) {
        const auto number = static_cast<unsigned>(talks.size() + 1);
        talks.push_back({.after = number * hour,
                         .machine = number,
                         .name = "pc-" + std::to_string(number),
                         .address = "192.0.2." + std::to_string(number),
                         .clock_difference_s = offset * 60});
    }
    return talks;
}

TEST_CASE("clock: one client 200 minutes ahead of the others has 40 minutes of margin", "[check][correlation]") {
    const Finding finding = only_finding(clocks({0, 1, -1, 0, 200}));
    CHECK(finding.rule == &rule::clock_margin);
    CHECK(finding.title == "the clock of pc-5 is +200 minutes from those of the other clients: 40 minutes of margin");
}

TEST_CASE("clock: the others are the measure, not the clock of the capture", "[check][correlation]") {
    CHECK(ids_of(clocks({200, 201, 199, 200, 200})) == none);                   // the capture is wrong
    CHECK(ids_of(clocks({200, 201, 199, 200, 0})) == Ids{"KMS-CLOCK-MARGIN"});  // so this client is
    CHECK(ids_of(clocks({0, 1, 200})) == none);                                 // too few to say so
    CHECK(ids_of(clocks({0, 1, -1, 0, 120})) == none);                          // far from the limit
    CHECK(ids_of(clocks({0, 1, -1, 0, 300})) == none);                          // KMS-CLOCK-DIFFERS says that
    CHECK(ids_of(clocks({0, 50, 100, 150, 200, -200})) == none);                // no agreement
}

TEST_CASE("clock: each capture is measured by its own clients", "[check][correlation]") {
    const auto ids_in_files = [](const Talks& in_a, const Talks& in_b) {
        correlate::Correlation correlation{1};
        correlation.begin_capture("a.pcap");
        for (const Talk& talk : in_a) test::add(correlation, talk);
        correlation.begin_capture("b.pcap");
        for (const Talk& talk : in_b) test::add(correlation, talk);
        Ids ids;
        for (const Finding& finding : test::findings_of(correlation)) ids.emplace_back(finding.rule->id);
        return ids;
    };
    const Talk other{.machine = 9, .name = "pc-9", .address = "192.0.2.9", .clock_difference_s = 210 * 60};
    CHECK(ids_in_files(clocks({0, 1, -1, 0, 0}), {other}) == none);
    CHECK(ids_in_files({other}, clocks({0, 1, -1, 0, 200})) == Ids{"KMS-CLOCK-MARGIN"});
}

TEST_CASE("clock: a capture whose own clock was set back says nothing", "[check][correlation]") {
    Talks talks = clocks({0, 1, -1, 0, 0, 210});
    for (std::size_t i = 0; i < talks.size(); ++i) talks[i].packet = 10 * (i + 1);
    CHECK(ids_of(talks) == Ids{"KMS-CLOCK-MARGIN"});
    talks.back().after -= 210 * minute;
    CHECK(ids_of(talks) == none);
}

// ---- rhythm

Talks rounds(std::initializer_list<std::uint32_t> hresults, std::int64_t interval) {
    Talks talks;
    for (const std::uint32_t hresult : hresults)
        talks.push_back({.after = static_cast<std::int64_t>(talks.size()) * interval, .hresult = hresult});
    return talks;
}

TEST_CASE("retries: three rounds at the activation interval mean that the client is not activated",
          "[check][correlation]") {
    const Finding finding = only_finding(rounds({0xC004F042, 0xC004F042, 0xC004F042}, 2 * hour + 3 * minute));
    CHECK(finding.rule == &rule::client_retries);
    CHECK(finding.likely_cause == 0);
    CHECK(finding.evidence.size() == 3);
    const Finding granted = only_finding(rounds({0, 0, 0}, 2 * hour));
    CHECK(granted.rule == &rule::client_retries);
    CHECK(granted.rule->windows_code == 0);
    CHECK(granted.likely_cause == 1);
}

TEST_CASE("retries: renewals, one recovery and attempts of people are healthy", "[check][correlation]") {
    CHECK(ids_of(rounds({0, 0, 0, 0}, 7 * day)) == none);
    CHECK(ids_of(rounds({0xC004F042, 0xC004F042, 0}, 2 * hour)) == none);
    CHECK(ids_of(rounds({0xC004F042, 0xC004F042, 0, 0}, 2 * hour)) == none);
    CHECK(ids_of(rounds({0xC004F042, 0xC004F042, 0, 0xC004F042}, 2 * hour)) == none);
    CHECK(ids_of(rounds({0xC004F042, 0xC004F042, 0xC004F042}, minute)) == none);
    CHECK(ids_of(rounds({0xC004F042, 0xC004F042}, 2 * hour)) == none);
    CHECK(ids_of(rounds({0, 0, 0}, 50 * minute)) == none);
}

TEST_CASE("retries: connections without a request belong to the client that asks from there", "[check][correlation]") {
    Talks talks = rounds({0xC004F042, 0xC004F042, 0xC004F042}, 2 * hour);
    talks[0].asked = talks[1].asked = false;
    const Finding finding = only_finding(talks);
    CHECK(finding.target == to_string(test::machine_id(1)));
    CHECK(finding.evidence[0].find("192.0.2.10:1688: refused_by_rst") != std::string::npos);
}

TEST_CASE("retries: machines behind one address that no request makes known are not taken for one",
          "[check][correlation]") {
    Talks talks = rounds({0, 0, 0}, 2 * hour);
    for (Talk& talk : talks) talk.asked = false;
    CHECK(ids_of(talks) == none);
    talks.back().asked = true;
    talks.back().hresult = 0xC004F042;
    CHECK(only_finding(talks).target == to_string(test::machine_id(1)));
}

// ---- answers

TEST_CASE("older answer: an echo of an earlier request's time is told, one of its own is not", "[check][correlation]") {
    Talks talks{{}, {.after = 7 * day, .echo_of = 0}};
    const Finding finding = only_finding(talks);
    CHECK(finding.rule == &rule::response_older);
    talks[1].echo_of = -1;
    CHECK(ids_of(talks) == none);
    talks[1].echo_of = 3 * day;  // a wrong time, but of no request here: KMS-RESPONSE-CHECK tells
    CHECK(ids_of(talks) == none);
}

TEST_CASE("correlation findings: packets are numbered in one capture, and named in several", "[check][correlation]") {
    correlate::Correlation correlation{1};
    correlation.begin_capture("a.pcap");
    test::add(correlation, {.name = "pc-1", .packet = 4});
    correlation.for_each_contact([&](const correlate::Contact& c) { CHECK(place_of(c, correlation) == "packet 4"); });
    correlation.begin_capture("b.pcap");
    test::add(correlation, {.after = hour, .name = "pc-2", .packet = 4});
    test::add(correlation, {.after = 2 * hour, .name = "pc-1", .packet = 9});
    const auto findings = test::findings_of(correlation);
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().packets.empty());
    CHECK(findings.front().evidence[0].starts_with("packet 4 of a.pcap, "));
}

}  // namespace
}  // namespace diag::check

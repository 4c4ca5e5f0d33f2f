#include "libdiag/check/event_findings.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "libdiag/check/rules.h"
#include "tests/check/event_script.h"
#include "tests/support/dissect/spoken.h"

namespace diag::check {
namespace {

using test::EventScript;
using Findings = std::vector<Finding>;

// "pc17.corp.example (7f4c1b52-...), Windows 10 Enterprise": the first line of each client.
bool is_names_only(const std::string& line) {
    return line.find(": ") == std::string::npos && line.find(", ") != std::string::npos;
}

// The same in the other language. What publications are called is told elsewhere.
void check_in_japanese(const std::vector<windows::EventLog>& logs, const Findings& english) {
    const test::InJapanese spoken;
    const Findings findings = check_events(logs);
    REQUIRE(findings.size() == english.size());
    for (std::size_t i = 0; i < findings.size(); ++i) {
        CHECK(findings[i].rule == english[i].rule);
        REQUIRE(findings[i].evidence.size() == english[i].evidence.size());
        CAPTURE(findings[i].title);
        CHECK((findings[i].rule == &rule::event_publish_failed || test::has_japanese(findings[i].title)));
        for (std::size_t k = 0; k < findings[i].evidence.size(); ++k) {
            CAPTURE(findings[i].evidence[k]);
            CHECK((is_names_only(english[i].evidence[k]) || test::has_japanese(findings[i].evidence[k])));
        }
    }
}

template <class... Scripts> Findings check(const Scripts&... scripts) {
    const std::vector<windows::EventLog> logs{scripts.log()...};
    Findings findings = check_events(logs);
    check_in_japanese(logs, findings);
    return findings;
}

std::vector<std::string_view> ids(const Findings& findings) {
    std::vector<std::string_view> out;
    for (const Finding& f : findings) out.push_back(f.rule->id);
    return out;
}

using Ids = std::vector<std::string_view>;

const Finding& only(const Findings& findings) {
    REQUIRE(findings.size() == 1);
    return findings[0];
}

bool mentions(const Finding& finding, std::string_view text) {
    return std::ranges::any_of(finding.evidence,
                               [text](const std::string& line) { return line.find(text) != std::string::npos; });
}

EventScript client() { return EventScript{"pc17.corp.example"}; }
EventScript host() { return EventScript{"kms01.corp.example"}; }

TEST_CASE("event findings: a request that is answered with an activation has none", "[events]") {
    CHECK(check(client().sent(5, {}).answered(5, 50).other(60)).empty());
    CHECK(check(client().sent(5, {}).answered(5, 50).other(60),
                host().processed(1, {}).processed(5, {}).processed(30, {}))
              .empty());
    CHECK(check(host().processed(5, {}).published(1, "corp.example")).empty());
}

TEST_CASE("event findings: client and host tell of one fault with two codes, which is one finding", "[events]") {
    const auto findings = check(client().sent(5, {.code = "0xC004F042"}), host().processed(5, {.code = "0xC004F015"}));
    const Finding& finding = only(findings);
    CHECK(finding.rule == &rule::product_not_covered);
    CHECK(finding.target == "kms01.corp.example:1688");
    CHECK(finding.shown_windows_code() == 0xC004F042);
    CHECK(finding.shown_inner_code() == 0xC004F042);
    CHECK(mentions(finding, "event 12288 of pc17.corp.example, 2026-11-23T20:05:01Z: 0xC004F042"));
    CHECK(mentions(finding, "event 12290 of kms01.corp.example, 2026-11-23T20:05:01Z: 0xC004F015"));
}

TEST_CASE("event findings: neither a zone nor a host without a name parts what belongs together", "[events]") {
    const auto zone = GENERATE(-300, 60, 345, 540);
    CHECK(only(check(client().sent(5, {.code = "0xC004F042"}).shifted(zone),
                     host().processed(5, {.code = "0xC004F015"}).without_computer().shifted(540)))
              .rule == &rule::product_not_covered);
}

TEST_CASE("event findings: the same codes of different requests stay two", "[events]") {
    SECTION("another client") {
        const auto other = "11111111-90f5-4a6c-8c11-0a4f2f3e9d01";
        const auto findings =
            check(client().sent(5, {.code = "0xC004F042"}), host().processed(5, {.code = "0xC004F015", .id = other}));
        CHECK(ids(findings) == Ids{"KMS-PRODUCT-NOT-COVERED", "KMS-PRODUCT-NOT-COVERED"});
    }
    SECTION("another product") {
        const auto findings = check(client().sent(5, {.code = "0xC004F042"}),
                                    host().processed(5, {.code = "0xC004F015", .product = test::server_id}));
        CHECK(findings.size() == 2);
    }
    SECTION("another time") {
        const auto findings =
            check(client().sent(5, {.code = "0xC004F042"}), host().processed(8, {.code = "0xC004F015"}));
        REQUIRE(findings.size() == 2);
        CHECK(mentions(findings[0], "12288") != mentions(findings[0], "12290"));
    }
}

TEST_CASE("event findings: what the host logged explains a client that only sums up", "[events]") {
    const Finding finding =
        only(check(client().sent(5, {.code = "0xC004F074"}), host().processed(5, {.code = "0xC004F06C"})));
    CHECK(finding.rule == &rule::clock_skew);
    CHECK(finding.shown_windows_code() == 0xC004F074);
    CHECK(only(check(client().sent(5, {.code = "0xC004F074"}))).rule == &rule::event_attempt_failed);
}

TEST_CASE("event findings: codes prove as much as they say and no more", "[events]") {
    const auto rule_for = [](std::string_view code, std::string_view at = "kms01.corp.example:1688") {
        const Finding finding = only(check(client().sent(5, {.code = code, .host = at})));
        CHECK(fmt::format("0x{:08X}", finding.shown_inner_code()) == code);
        return finding.rule;
    };
    CHECK(rule_for("0x8007232B", "") == &rule::event_not_contacted);
    CHECK(rule_for("0x80072AF9") == &rule::event_not_contacted);
    CHECK(rule_for("0x800706BA") == &rule::event_host_unreachable);
    CHECK(rule_for("0xC0020017") == &rule::event_host_unreachable);
    CHECK(rule_for("0x800706BE") == &rule::event_call_failed);
    CHECK(rule_for("0xC004F042") == &rule::product_not_covered);
    CHECK(rule_for("0xC004D104") == &rule::client_list_full);
    CHECK(rule_for("0xC004F06C") == &rule::clock_skew);
    CHECK(rule_for("0x8007000D") == &rule::event_attempt_failed);  // local permissions, or the host's word
    CHECK(rule_for("0x80004005") == &rule::event_attempt_failed);
}

TEST_CASE("event findings: the host's own codes are refusals", "[events]") {
    const auto rule_for = [](std::string_view code) { return only(check(host().processed(5, {.code = code}))).rule; };
    CHECK(rule_for("0x8007000D") == &rule::request_invalid);
    CHECK(rule_for("0xC004F015") == &rule::product_not_covered);
    CHECK(rule_for("0xC004F06C") == &rule::clock_skew);
    CHECK(rule_for("0xC004F041") == &rule::host_refused);
}

TEST_CASE("event findings: an answer below the requirement is a low count, one above is none", "[events]") {
    const Finding finding = only(check(client().sent(5, {}).answered(5, 12, false)));
    CHECK(finding.rule == &rule::count_low);
    CHECK(finding.shown_windows_code() == 0xC004F038);
    CHECK(mentions(finding, "count 12"));
    CHECK(check(client().sent(5, {}).answered(5, 25)).empty());
}

TEST_CASE("event findings: what failed and was served since is information", "[events]") {
    const auto recovered =
        check(client().sent(5, {.code = "0x800706BA"}).failed(6, "0xC004F074").sent(30, {}).answered(30, 50));
    CHECK(ids(recovered) == Ids{"KMS-EVENT-RECOVERED"});
    CHECK(mentions(recovered[0], "2 attempts failed"));
    SECTION("the other way round it is not") {
        CHECK(ids(check(client().sent(5, {}).answered(5, 50).sent(90, {.code = "0x800706BA"}))) ==
              Ids{"KMS-EVENT-HOST-UNREACHABLE"});
    }
    SECTION("nor where another product was served") {
        CHECK(ids(check(
                  client().sent(5, {.code = "0x800706BA"}).sent(30, {.product = test::server_id}).answered(30, 50))) ==
              Ids{"KMS-EVENT-HOST-UNREACHABLE"});
    }
    SECTION("the host's log may be the one that knows") {
        CHECK(ids(check(client().sent(5, {.code = "0x800706BA"}), host().processed(30, {}))) ==
              Ids{"KMS-EVENT-RECOVERED"});
        CHECK(ids(check(host().processed(5, {.code = "0xC004F06C"}).processed(30, {}))) == Ids{"KMS-EVENT-RECOVERED"});
    }
}

std::string machine_id(int i) { return fmt::format("{:08x}-90f5-4a6c-8c11-0a4f2f3e9d01", i); }

TEST_CASE("event findings: an answer of the host does not make up for a low count, as it answers below it too",
          "[events]") {
    const auto low = [] { return client().sent(5, {}).answered(5, 12, false).failed(5, "0xC004F038"); };
    const auto at_host = [] { return host().processed(5, {}).processed(125, {}); };
    CHECK(ids(check(low(), at_host())) == Ids{"KMS-COUNT-LOW"});
    CHECK(ids(check(client().sent(5, {.code = "0xC004F038"}), at_host())) == Ids{"KMS-COUNT-LOW"});
    SECTION("it shows that a host is reached again") {
        CHECK(ids(check(low().sent(90, {.code = "0x800706BA"}), at_host())) ==
              Ids{"KMS-COUNT-LOW", "KMS-EVENT-RECOVERED"});
    }
    SECTION("a client that says it is licensed was activated") {
        CHECK(ids(check(low(), at_host().processed(200, {.status = 1}))) == Ids{"KMS-EVENT-RECOVERED"});
    }
    SECTION("so was one of enough clients in the host's log") {
        EventScript full = host();
        for (int i = 0; i < 24; ++i) full.processed(10, {.id = machine_id(i)}, "pc");
        CHECK(ids(check(low(), full.processed(125, {}))) == Ids{"KMS-EVENT-RECOVERED"});
    }
    SECTION("but not those that came after its last request, nor the same few again and again") {
        EventScript later = at_host(), same = host();
        for (int i = 0; i < 24; ++i) later.processed(130, {.id = machine_id(i)}, "pc");
        for (int i = 0; i < 30; ++i) same.processed(6 + i, {.id = machine_id(i % 3)}, "pc");
        CHECK(ids(check(low(), later)) == Ids{"KMS-COUNT-LOW"});
        CHECK(ids(check(low(), same.processed(125, {}))) == Ids{"KMS-COUNT-LOW"});
    }
}

TEST_CASE("event findings: several names with one machine id in the log of a host are clones", "[events]") {
    EventScript script = host();
    for (int i = 0; i < 30; ++i) script.processed(i, {}, fmt::format("vdi{:02}.corp.example", i));
    const auto findings = check(script);
    const Finding& finding = only(findings);
    CHECK(finding.rule == &rule::client_cloned);
    CHECK(finding.target == test::client_id);
    CHECK(finding.title.starts_with("30 machines "));
    CHECK(mentions(finding, "vdi00.corp.example: event 12290 of kms01.corp.example"));
    CHECK(mentions(finding, "and 18 more lines like these"));
    SECTION("and so are two of which one comes back after the other") {
        CHECK(ids(check(host().processed(5, {}, "vdi01").processed(6, {}, "vdi02").processed(125, {}, "vdi01"))) ==
              Ids{"KMS-CLIENT-CLONED"});
    }
    SECTION("what one of them lacks stands beside it") {
        const auto low = EventScript{"vdi29.corp.example"}.sent(29, {}).answered(29, 1, false);
        CHECK(ids(check(low, script)) == Ids{"KMS-COUNT-LOW", "KMS-CLIENT-CLONED"});
    }
}

TEST_CASE("event findings: a machine that was renamed is no clone", "[events]") {
    CHECK(check(host().processed(5, {}, "pc17.corp.example").processed(125, {}, "pc17-new.corp.example")).empty());
    SECTION("nor one that joined a domain, or whose name is cut off or written in capitals") {
        CHECK(check(host().processed(5, {}, "PC17").processed(50, {}, "pc17.corp.example").processed(125, {}, "pc17"))
                  .empty());
        CHECK(check(host()
                        .processed(5, {}, "a-rather-long-name.corp.example")
                        .processed(50, {}, "A-RATHER-LONG-N")
                        .processed(125, {}, "a-rather-long-name.corp.example"))
                  .empty());
    }
    SECTION("and is served under its new name for what failed under the old one") {
        windows::EventLog log = client().sent(5, {.code = "0x800706BA"}).log();
        const windows::EventLog later = EventScript{"pc17-new.corp.example"}.sent(125, {}).answered(125, 50).log();
        log.events.insert(log.events.end(), later.events.begin(), later.events.end());
        CHECK(ids(check_events(std::vector{log})) == Ids{"KMS-EVENT-RECOVERED"});
        CHECK(ids(check(client().sent(5, {.code = "0x800706BA"}),
                        host().processed(125, {}, "pc17-new.corp.example"))) == Ids{"KMS-EVENT-RECOVERED"});
    }
}

TEST_CASE("event findings: what serves one machine does not make up for another one with its machine id", "[events]") {
    const auto fails = [](const char* name) { return EventScript{name}.sent(5, {.code = "0x800706BA"}); };
    const auto works = [](const char* name) { return EventScript{name}.sent(10, {}).answered(10, 50); };
    CHECK(ids(check(fails("vdi01.corp.example"), works("vdi02.corp.example"))) == Ids{"KMS-EVENT-HOST-UNREACHABLE"});
    CHECK(ids(check(fails("VDI01"), works("VDI02"))) == Ids{"KMS-EVENT-HOST-UNREACHABLE"});
    CHECK(ids(check(fails("VDI01"), works("vdi01"))) == Ids{"KMS-EVENT-RECOVERED"});
    SECTION("a log without names is of the machine that a host knows from it") {
        CHECK(ids(check(fails("").sent(30, {}).answered(30, 50),
                        host().processed(1, {}, "vdi02").processed(2, {}, "vdi03").processed(30, {}, "vdi01"))) ==
              Ids{"KMS-CLIENT-CLONED", "KMS-EVENT-RECOVERED"});
    }
}

TEST_CASE("event findings: saved output of a later renewal makes a failure history", "[events]") {
    const auto ids_with = [](std::string_view machine, Timestamp since) {
        const std::vector logs{
            windows::kms_log(client().sent(0, {.code = "0x800706BA"}).failed(0, "0xC004F074").log(), "client")};
        JoinedEvents events = join_events(logs);
        events.renewals = {{*Uuid::parse(machine), *Uuid::parse(test::windows_id), since}};
        return ids(check_events(events));
    };
    CHECK(ids_with(test::client_id, test::clock_at(1)) == Ids{"KMS-EVENT-RECOVERED"});
    CHECK(ids_with(test::client_id, test::clock_at(-1)) == Ids{"KMS-EVENT-HOST-UNREACHABLE"});
    CHECK(ids_with("11111111-2222-3333-4444-555555555555", test::clock_at(1)) == Ids{"KMS-EVENT-HOST-UNREACHABLE"});
}

TEST_CASE("event findings: a new machine id does not make old faults of the machine new again", "[events]") {
    constexpr std::string_view rearmed = "22222222-90f5-4a6c-8c11-0a4f2f3e9d01";
    CHECK(ids(check(client().sent(5, {.code = "0x800706BA"}).sent(30, {.id = rearmed}).answered(30, 50))) ==
          Ids{"KMS-EVENT-RECOVERED"});
    CHECK(ids(check(client().sent(5, {.id = rearmed}).answered(5, 50).sent(30, {.code = "0x800706BA"}))) ==
          Ids{"KMS-EVENT-HOST-UNREACHABLE"});
}

TEST_CASE("event findings: machines with a bare name in common are not one machine", "[events]") {
    constexpr std::string_view other = "22222222-90f5-4a6c-8c11-0a4f2f3e9d01";
    CHECK(ids(check(
              host().processed(5, {.code = "0xC004F015"}, "WIN-IMAGE").processed(30, {.id = other}, "WIN-IMAGE"))) ==
          Ids{"KMS-PRODUCT-NOT-COVERED"});
}

TEST_CASE("event findings: 8198 without a product is history once the machine was served", "[events]") {
    const auto log = client().failed(1, "0x8007232B").sent(5, {}).answered(5, 50);
    windows::EventLog raw = log.log();
    raw.events[0].fields = {"hr=0x8007232B"};
    CHECK(ids(check_events(std::vector{raw})) == Ids{"KMS-EVENT-RECOVERED"});
    raw.events.push_back(raw.events[0]);
    raw.events.back().time = test::clock_at(90);
    CHECK(ids(check_events(std::vector{raw})) == Ids{"KMS-EVENT-NOT-CONTACTED", "KMS-EVENT-RECOVERED"});
}

TEST_CASE("event findings: Windows and Office with machine ids of their own keep their failures apart", "[events]") {
    constexpr std::string_view office = "33333333-90f5-4a6c-8c11-0a4f2f3e9d01";
    // 8198 is about windows_id, which was served afterwards.
    CHECK(ids(check(client()
                        .sent(1, {.code = "0x800706BA"})
                        .sent(2, {.id = office, .product = test::server_id})
                        .answered(2, 50)
                        .failed(3, "0xC004F074")
                        .sent(30, {})
                        .answered(30, 50))) == Ids{"KMS-EVENT-RECOVERED"});
}

TEST_CASE("event findings: one dead host of two, with the other serving, is history", "[events]") {
    CHECK(ids(check(client()
                        .sent(5, {.code = "0x800706BA", .host = "kms01.corp.example:1688"})
                        .sent(5, {.host = "kms02.corp.example:1688"})
                        .answered(5, 50))) == Ids{"KMS-EVENT-RECOVERED"});
}

TEST_CASE("event findings: each host of the last round is named, those of old rounds are not", "[events]") {
    const auto findings = check(client()
                                    .sent(0, {.code = "0x800706BA", .host = "old.corp.example:1688"})
                                    .sent(120, {.code = "0x800706BA", .host = "a.corp.example:1688"})
                                    .sent(121, {.code = "0x800706BE", .host = "b.corp.example:1688"}));
    REQUIRE(findings.size() == 2);
    CHECK(findings[0].target == "a.corp.example:1688");
    CHECK(findings[1].target == "b.corp.example:1688");
}

TEST_CASE("event findings: of one round what a client meets first comes first", "[events]") {
    CHECK(ids(check(client()
                        .sent(0, {.code = "0xC004F042", .host = "a.corp.example:1688"})
                        .sent(1, {.code = "0x800706BE", .host = "b.corp.example:1688"})
                        .sent(2, {.code = "0x800706BA", .host = "c.corp.example:1688"})
                        .failed(2, "0xC004F074"))) ==
          Ids{"KMS-EVENT-HOST-UNREACHABLE", "KMS-EVENT-CALL-FAILED", "KMS-PRODUCT-NOT-COVERED"});
    const auto same = check(client()
                                .sent(0, {.code = "0x800706BA", .host = "b.corp.example:1688"})
                                .sent(1, {.code = "0x800706BA", .host = "a.corp.example:1688"}));
    REQUIRE(same.size() == 2);
    CHECK(same[0].target == "b.corp.example:1688");
    CHECK(same[1].target == "a.corp.example:1688");
}

TEST_CASE("event findings: many clients with one fault at one host are one finding", "[events]") {
    EventScript script = host();
    for (int i = 0; i < 100; ++i) script.processed(5, {.code = "0xC004F015", .id = machine_id(i)}, "pc");
    const Finding finding = only(check(script));
    CHECK(finding.rule == &rule::product_not_covered);
    CHECK(finding.evidence.size() < 20);
    CHECK(mentions(finding, "more lines like these"));
}

TEST_CASE("event findings: 8198 gives the code that the client showed, and speaks alone where nothing else does",
          "[events]") {
    const Finding joined = only(check(client().sent(5, {.code = "0x800706BA"}).failed(6, "0x8007139F")));
    CHECK(joined.rule == &rule::event_host_unreachable);
    CHECK(joined.shown_inner_code() == 0x800706BA);
    CHECK(joined.shown_windows_code() == 0x8007139F);
    const Finding alone = only(check(client().failed(6, "0x8007232B")));
    CHECK(alone.rule == &rule::event_not_contacted);
    CHECK(alone.target == "pc17.corp.example");
    CHECK(alone.shown_windows_code() == 0x8007232B);
    CHECK(check(client().failed(6, "0xC004C003")).empty());  // of a MAK or an OEM key: not about KMS
}

TEST_CASE("event findings: a request without a word of an answer, in a log that has answers and goes on", "[events]") {
    const auto log = [] { return client().sent(0, {.product = test::server_id}).answered(0, 50).sent(5, {}); };
    const Finding finding = only(check(log().other(60)));
    CHECK(finding.rule == &rule::event_no_answer);
    SECTION("a log that ends there says nothing") { CHECK(check(log()).empty()); }
    SECTION("nor one without any 12289") { CHECK(check(client().sent(5, {}).other(60)).empty()); }
    SECTION("a refusal by the host is told instead") {
        CHECK(only(check(log().other(60), host().processed(5, {.code = "0xC004F015"}))).rule ==
              &rule::product_not_covered);
    }
}

TEST_CASE("event findings: an answer of which the host's log knows nothing, though it covers the time", "[events]") {
    constexpr std::string_view other = "11111111-90f5-4a6c-8c11-0a4f2f3e9d01";
    const auto served = client().sent(5, {}).answered(5, 50);
    const Finding finding =
        only(check(served, host().processed(1, {.id = other}, "pc18").processed(30, {.id = other}, "pc18")));
    CHECK(finding.rule == &rule::event_not_on_host);
    CHECK(finding.target == "kms01.corp.example:1688");
    SECTION("a log that begins later does not cover it") {
        CHECK(check(served, host().processed(6, {.id = other}, "pc18").processed(30, {.id = other}, "pc18")).empty());
    }
    SECTION("nor does that of another host") {
        CHECK(check(served, EventScript{"kms02.corp.example"}
                                .processed(1, {.id = other}, "pc18")
                                .processed(30, {.id = other}, "pc18"))
                  .empty());
    }
    SECTION("a client that did not get through is expected to be missing, which is evidence") {
        const Finding failed =
            only(check(client().sent(5, {.code = "0x800706BA"}),
                       host().processed(1, {.id = other}, "pc18").processed(30, {.id = other}, "pc18")));
        CHECK(failed.rule == &rule::event_host_unreachable);
        CHECK(mentions(failed, "has no 12290 of this request"));
    }
}

TEST_CASE("event findings: a failed publication is told until it is repaired", "[events]") {
    const auto failed = host().not_published(5, "branch.example", "0x80072338");
    const Finding finding = only(check(failed));
    CHECK(finding.rule == &rule::event_publish_failed);
    CHECK(finding.target == "branch.example");
    CHECK(mentions(finding, "0x80072338"));
    CHECK(check(EventScript{failed}.published(30, "Branch.Example")).empty());
    CHECK(only(check(EventScript{failed}.published(30, "corp.example"))).rule == &rule::event_publish_failed);
    CHECK(only(check(host().published(1, "branch.example").not_published(5, "branch.example", "0x80072338"))).rule ==
          &rule::event_publish_failed);
}

TEST_CASE("event findings: entries that are not understood are told, and nothing else of them", "[events]") {
    windows::EventLog log = client().sent(5, {}).answered(5, 50).log();
    log.events[0].fields.resize(3);
    const auto findings = check_events(std::vector{log});
    CHECK(ids(findings) == Ids{"KMS-EVENT-UNREADABLE"});
    CHECK(mentions(findings[0], "event 12288 with 3 fields"));
}

TEST_CASE("event findings: the cases here fire every rule about event logs", "[events]") {
    constexpr std::string_view other = "11111111-90f5-4a6c-8c11-0a4f2f3e9d01";
    std::set<const Rule*> fired;
    const auto add = [&fired](const Findings& findings) {
        for (const Finding& finding : findings) fired.insert(finding.rule);
    };
    for (const std::string_view code : {"0x8007232B", "0x800706BA", "0x800706BE", "0x80004005"})
        add(check(client().sent(5, {.code = code})));
    add(check(client().sent(0, {.product = test::server_id}).answered(0, 50).sent(5, {}).other(60)));
    add(check(client().sent(5, {}).answered(5, 50),
              host().processed(1, {.id = other}, "pc18").processed(30, {.id = other}, "pc18")));
    add(check(client().sent(5, {.code = "0x800706BA"}).sent(30, {}).answered(30, 50)));
    windows::EventLog cut = client().sent(5, {}).log();
    cut.events[0].fields.resize(3);
    add(check_events(std::vector{cut}));
    CHECK(fired == std::set<const Rule*>{event_rules().begin(), event_rules().end()});
}

TEST_CASE("event findings: the same log twice, or an overlapping export of it, adds nothing", "[events]") {
    const auto script = client().sent(5, {.code = "0xC004F042"}).failed(6, "0xC004F042");
    const auto once = check(script);
    const auto twice = check(script, script);
    REQUIRE(twice.size() == once.size());
    CHECK(twice[0].evidence == once[0].evidence);
}

}  // namespace
}  // namespace diag::check

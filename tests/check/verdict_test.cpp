#include "libdiag/check/verdict.h"

#include <catch2/catch.hpp>

#include <set>

#include "libdiag/check/consequences.h"
#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

Finding about(const Rule& rule, std::string target, Subject subject = {}) {
    return {.rule = &rule,
            .target = std::move(target),
            .title = "what was seen",
            .evidence = {},
            .packets = {},
            .about = std::move(subject)};
}

Subject client(std::string address) {
    Subject subject;
    subject.client_address = std::move(address);
    return subject;
}

std::vector<std::string_view> ids(std::span<const Verdict::Entry> entries) {
    std::vector<std::string_view> out;
    for (const auto& entry : entries) out.push_back(entry.finding.rule->id);
    return out;
}

using Ids = std::vector<std::string_view>;

TEST_CASE("consequences: no finding follows from itself, directly or through others", "[check][verdict]") {
    for (const Rule* start : all_rules()) {
        std::set<const Rule*> reached;
        std::vector<const Rule*> open{start};
        while (!open.empty()) {
            const Rule* effect = open.back();
            open.pop_back();
            for (const Consequence& row : all_consequences()) {
                if (std::ranges::find(row.effects, effect) == row.effects.end()) continue;
                for (const Rule* cause : row.causes)
                    if (reached.insert(cause).second) open.push_back(cause);
            }
        }
        CAPTURE(start->id);
        CHECK_FALSE(reached.contains(start));
    }
}

TEST_CASE("consequences: what the client shows hangs below what the wire shows", "[check][verdict]") {
    Verdict verdict;
    verdict.add(std::vector{about(rule::client_unlicensed, "client.txt")}, "client.txt", Witness::saved_output);
    verdict.add(std::vector{about(rule::connect_refused, "192.0.2.10:1688")}, "a.pcap", Witness::capture);
    const auto conclusions = verdict.conclusions();
    REQUIRE(conclusions.size() == 1);
    CHECK(conclusions[0].cause.finding.rule == &rule::connect_refused);
    CHECK(conclusions[0].cause.source == "a.pcap");
    CHECK(ids(conclusions[0].consequences) == Ids{"KMS-CLIENT-UNLICENSED"});
}

TEST_CASE("consequences: a chain has one cause, at its beginning", "[check][verdict]") {
    const std::vector findings{
        about(rule::client_notification, "client.txt"),
        about(rule::client_no_discovery, "client.txt"),
        about(rule::dns_no_record, "corp.test"),
        about(rule::event_publish_failed, "corp.test"),
    };
    const auto causes = causes_among(findings);
    REQUIRE(causes.size() == 1);
    CHECK(causes[0].finding == 3);
    CHECK(causes[0].consequences == std::vector<std::size_t>{0, 1, 2});
}

TEST_CASE("consequences: findings about different clients, hosts or domains have nothing to do with each other",
          "[check][verdict]") {
    Subject corp, branch;
    corp.domain = "corp.test";
    branch.domain = "branch.test";
    CHECK(can_follow(about(rule::dns_no_record, "corp.test", corp), about(rule::event_publish_failed, "x", corp)));
    CHECK_FALSE(
        can_follow(about(rule::dns_no_record, "corp.test", corp), about(rule::event_publish_failed, "x", branch)));
    const auto state = [](std::string address) {
        return about(rule::client_unlicensed, "c", client(std::move(address)));
    };
    const auto refused = about(rule::connect_refused, "h", client("192.0.2.7"));
    CHECK(can_follow(state("192.0.2.7"), refused));
    CHECK(can_follow(state(""), refused));
    CHECK_FALSE(can_follow(state("192.0.2.8"), refused));
}

TEST_CASE("consequences: a client machine id outweighs address and name, and a short name is that of the long one",
          "[check][verdict]") {
    Subject a = client("192.0.2.7"), b = client("192.0.2.8");
    CHECK(contradict(a, b));
    a.client_name = "pc1.corp.test";
    b.client_name = "pc1";
    CHECK_FALSE(contradict(a, b));
    b.client_name = "pc2";
    CHECK(contradict(a, b));
    a.machine_id = b.machine_id = "f5c4d1a8-6f5f-4d3b-9e61-0d5f4c9f6a10";
    CHECK_FALSE(contradict(a, b));
    b.machine_id = "f5c4d1a8-6f5f-4d3b-9e61-0d5f4c9f6a11";
    CHECK(contradict(a, b));
}

TEST_CASE("consequences: an error of slmgr belongs to what shows the same code", "[check][verdict]") {
    Finding error = about(rule::slmgr_error, "ato.txt");
    error.windows_code = 0xC004F074;
    CHECK(can_follow(error, about(rule::connect_refused, "h")));
    CHECK_FALSE(can_follow(error, about(rule::count_low, "h")));
    error.windows_code = 0xC004F038;
    CHECK(can_follow(error, about(rule::count_low, "h")));
    CHECK_FALSE(can_follow(error, about(rule::connect_refused, "h")));
}

TEST_CASE("consequences: what the same file says is likelier than what is worse elsewhere", "[check][verdict]") {
    const std::vector findings{about(rule::connect_refused, "192.0.2.10:1688"), about(rule::client_key, "client.txt")};
    CHECK(cause_of(about(rule::client_unlicensed, "client.txt"), findings) == 1);
    CHECK(cause_of(about(rule::client_unlicensed, "other.txt"), findings) == 0);
}

TEST_CASE("consequences: a key of another channel explains 0x8007007B in the log of the only client",
          "[check][verdict]") {
    const auto logged = [](std::string target, std::uint32_t code) {
        Finding event = about(rule::event_not_contacted, std::move(target));
        event.windows_code = event.inner_code = code;
        return event;
    };
    const Finding channel = about(rule::client_channel, "client.txt");
    const Finding no_name = logged("pc1", 0x8007007B);
    CHECK(cause_of(no_name, std::vector{no_name, channel}) == 1);
    CHECK_FALSE(cause_of(logged("pc1", 0x8007232B), std::vector{channel}));
    CHECK_FALSE(cause_of(no_name, std::vector{no_name, channel, logged("pc2", 0x8007007B)}));
    CHECK_FALSE(cause_of(no_name, std::vector{no_name, channel, about(rule::client_unlicensed, "other.txt")}));
    Finding of_kms_client = no_name;
    of_kms_client.about.machine_id = "f5c4d1a8-6f5f-4d3b-9e61-0d5f4c9f6a10";
    CHECK_FALSE(cause_of(of_kms_client, std::vector{channel}));
}

TEST_CASE("verdict: two faults are two causes, and the worse comes first", "[check][verdict]") {
    Verdict verdict;
    verdict.add(std::vector{about(rule::count_low, "192.0.2.10:1688")}, "a.pcap", Witness::capture);
    verdict.add(std::vector{about(rule::connect_refused, "192.0.2.11:1688")}, "a.pcap", Witness::capture);
    const auto conclusions = verdict.conclusions();
    REQUIRE(conclusions.size() == 2);
    CHECK(conclusions[0].cause.finding.rule == &rule::connect_refused);
    CHECK(conclusions[1].cause.finding.rule == &rule::count_low);
}

TEST_CASE("verdict: the same finding about the same target is counted, and is then about no single client",
          "[check][verdict]") {
    Verdict verdict;
    for (const char* address : {"192.0.2.7", "192.0.2.8", "192.0.2.7"})
        verdict.add(std::vector{about(rule::connect_refused, "192.0.2.10:1688", client(address))}, "a.pcap",
                    Witness::capture);
    const auto conclusions = verdict.conclusions();
    REQUIRE(conclusions.size() == 1);
    CHECK(conclusions[0].cause.count == 3);
    CHECK(conclusions[0].cause.finding.about.client_address.empty());
}

TEST_CASE("verdict: what packets and a log show alike is one fault with the evidence of both", "[check][verdict]") {
    Finding seen = about(rule::product_not_covered, "192.0.2.10:1688");
    Finding logged = about(rule::product_not_covered, "kms1.corp.test:1688");
    seen.evidence = {"packet 9"};
    logged.evidence = {"event 12290"};
    Verdict verdict;
    verdict.add(std::vector{seen}, "a.pcap", Witness::capture);
    verdict.add(std::vector{logged}, "host.evtx", Witness::event_log);
    REQUIRE(verdict.conclusions().size() == 1);
    CHECK(verdict.conclusions()[0].cause.finding.evidence == std::vector<std::string>{"packet 9", "event 12290"});
    verdict.add(std::vector{about(rule::product_not_covered, "192.0.2.11:1688")}, "a.pcap", Witness::capture);
    CHECK(verdict.conclusions().size() == 2);
}

TEST_CASE("verdict: information alone is none", "[check][verdict]") {
    Verdict verdict;
    verdict.add(std::vector{about(rule::host_port, "host.txt"), about(rule::host_lab, "192.0.2.10:1688")}, "host.txt",
                Witness::saved_output);
    CHECK(verdict.conclusions().empty());
}

TEST_CASE("consequences: a host that listens elsewhere explains that the usual port is refused, and no other",
          "[check][verdict]") {
    const Finding elsewhere = about(rule::host_port, "host.txt");
    CHECK(can_follow(about(rule::connect_refused, "192.0.2.10:1688"), elsewhere));
    CHECK_FALSE(can_follow(about(rule::connect_refused, "192.0.2.10:1690"), elsewhere));
}

TEST_CASE("verdict: a host that listens elsewhere does not explain what another host refuses", "[check][verdict]") {
    const auto listening = [](std::int64_t port) {
        slmgr::Dlv dlv;
        dlv.host_enabled = true;
        dlv.listening_port = port;
        return dlv;
    };
    const auto served = [](std::string_view address, std::uint16_t port) {
        return Endpoint{*IpAddress::parse(address), port};
    };
    Verdict verdict;
    verdict.add(std::vector{about(rule::host_port, "host.txt")}, "host.txt", Witness::saved_output);
    verdict.add(std::vector{about(rule::connect_refused, "192.0.2.20:1688")}, "a.pcap", Witness::capture);
    const auto cause = [](const Verdict& all) { return all.conclusions().front().cause.finding.rule; };
    verdict.hosts().add_saved(listening(1700), "host.txt");
    for (const auto& other : {served("192.0.2.10", 1701), served("2001:db8::10", 1700), served("192.0.2.10", 1688)})
        verdict.hosts().add_served(other);
    CHECK(cause(verdict) == &rule::host_port);

    Verdict with_other_port = verdict;
    with_other_port.hosts().add_saved(listening(1688), "host2.txt");
    CHECK(cause(with_other_port) == &rule::connect_refused);

    verdict.hosts().add_served(served("192.0.2.10", 1700));
    CHECK(cause(verdict) == &rule::connect_refused);
    verdict.hosts().add_served(served("192.0.2.20", 1700));
    CHECK(cause(verdict) == &rule::host_port);
}

TEST_CASE("verdict: past the limit of one rule its findings are counted, and those of others are kept",
          "[check][verdict]") {
    Verdict verdict;
    for (std::size_t i = 0; i < Verdict::max_count + 10; ++i)
        verdict.add(std::vector{about(rule::connect_refused, "host" + std::to_string(i))}, "a.pcap", Witness::capture);
    verdict.add(std::vector{about(rule::not_rpc, "host0")}, "a.pcap", Witness::capture);
    CHECK(verdict.conclusions().size() == Verdict::max_count + 1);
    CHECK(verdict.dropped_count() == 10);
}

TEST_CASE("verdict: other codes at the same host are another fault", "[check][verdict]") {
    Finding denied = about(rule::rpc_fault, "h"), out_of_range = denied;
    denied.inner_code = 0x80070005;
    out_of_range.inner_code = 0x800706D1;
    Verdict verdict;
    verdict.add(std::vector{denied}, "a.pcap", Witness::capture);
    verdict.add(std::vector{out_of_range}, "a.pcap", Witness::capture);
    CHECK(verdict.conclusions().size() == 2);
}

TEST_CASE("verdict: the same fault of another client is named in its evidence", "[check][verdict]") {
    Verdict verdict;
    for (const char* title : {"the clock of A is wrong", "the clock of B is wrong", "the clock of A is wrong"}) {
        Finding finding = about(rule::clock_skew, "h");
        finding.title = title;
        verdict.add(std::vector{finding}, "a.pcap", Witness::capture);
    }
    REQUIRE(verdict.conclusions().size() == 1);
    CHECK(verdict.conclusions()[0].cause.count == 3);
    CHECK(verdict.conclusions()[0].cause.finding.evidence ==
          std::vector<std::string>{"likewise: the clock of B is wrong"});
}

TEST_CASE("verdict: a host known by another name or address is another one, whoever the witness", "[check][verdict]") {
    Subject address, name, other;
    address.host = "192.0.2.10:1688";
    address.host_name = "kms1.corp.test";
    name.host_name = "kms1";
    other.host_name = "kms2.corp.test";
    Verdict verdict;
    verdict.add(std::vector{about(rule::product_not_covered, "192.0.2.10:1688", address)}, "a.pcap", Witness::capture);
    verdict.add(std::vector{about(rule::product_not_covered, "kms1:1688", name)}, "c.evtx", Witness::event_log);
    CHECK(verdict.conclusions().size() == 1);
    verdict.add(std::vector{about(rule::product_not_covered, "kms2:1688", other)}, "c.evtx", Witness::event_log);
    CHECK(verdict.conclusions().size() == 2);
}

TEST_CASE("consequences: the key of one client explains nothing of another", "[check][verdict]") {
    Finding key = about(rule::client_key, "a.txt"), state = about(rule::client_notification, "b.txt");
    CHECK_FALSE(can_follow(state, key));
    key.about.machine_id = state.about.machine_id = "f5c4d1a8-6f5f-4d3b-9e61-0d5f4c9f6a10";
    CHECK(can_follow(state, key));
    CHECK(can_follow(about(rule::client_notification, "a.txt"), key));
}

TEST_CASE("consequences: a client asks for the domains above its own, and for no others", "[check][verdict]") {
    Subject asked, mine;
    asked.domain = "corp.test";
    const auto at = [&](std::string domain) {
        mine.domain = std::move(domain);
        return contradict(asked, mine);
    };
    CHECK_FALSE(at("corp.test"));
    CHECK_FALSE(at("branch.corp.test"));
    CHECK_FALSE(at(""));
    CHECK(at("othercorp.test"));
    CHECK(at("branch.test"));
}

TEST_CASE("findings: the sentence that settles the cause names the target wherever it stands", "[check][verdict]") {
    const Finding finding = about(rule::rpc_fault, "TARGET:1688");
    const std::string sentence = to_be_sure(finding, "run kms-probe TARGET, then kms-check ato TARGET");
    CHECK(sentence == "run kms-probe TARGET:1688, then kms-check ato TARGET:1688");
}

}  // namespace
}  // namespace diag::check

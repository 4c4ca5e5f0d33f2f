#include "libdiag/session/client_domains.h"

#include <catch2/catch.hpp>

namespace diag::session {
namespace {

using Source = Candidate::Source;
using Candidates = std::vector<Candidate>;

TEST_CASE("candidate_domains: a lookup domain is the only one that is asked", "[client_domains]") {
    const ClientDns client{.lookup_domain = "kms.example",
                           .primary_suffix = "corp.example",
                           .search_list = {"lab.example"},
                           .connection_suffixes = {"office.example"}};
    CHECK(candidate_domains(client) == Candidates{{"kms.example", Source::lookup_domain, false}});
}

TEST_CASE("candidate_domains: the documented domains come in their order, assumptions behind them",
          "[client_domains]") {
    const ClientDns client{.primary_suffix = "emea.corp.example",
                           .dhcp_domain = "dhcp.example",
                           .search_list = {"lab.example", "other.example"},
                           .connection_suffixes = {"office.example"}};
    CHECK(candidate_domains(client) == Candidates{{"emea.corp.example", Source::primary_suffix, false},
                                                  {"lab.example", Source::search_list, false},
                                                  {"other.example", Source::search_list, false},
                                                  {"corp.example", Source::devolution, true},
                                                  {"office.example", Source::connection_suffix, true},
                                                  {"dhcp.example", Source::connection_suffix, true}});
}

TEST_CASE("candidate_domains: the domain of DHCP is documented for a workgroup machine", "[client_domains]") {
    const ClientDns client{.is_workgroup = true, .dhcp_domain = "dhcp.example", .search_list = {"lab.example"}};
    CHECK(candidate_domains(client) ==
          Candidates{{"dhcp.example", Source::dhcp_domain, false}, {"lab.example", Source::search_list, false}});
}

TEST_CASE("candidate_domains: a machine without any suffix asks nobody", "[client_domains]") {
    CHECK(candidate_domains({.is_workgroup = true}).empty());
    CHECK(candidate_domains({.lookup_domain = ""}).empty());
}

TEST_CASE("candidate_domains: a name stands once, under its best source, whatever its case", "[client_domains]") {
    const ClientDns client{.primary_suffix = "emea.corp.example",
                           .search_list = {"EMEA.Corp.Example.", "Corp.Example"},
                           .connection_suffixes = {"corp.EXAMPLE"}};
    CHECK(candidate_domains(client) == Candidates{{"emea.corp.example", Source::primary_suffix, false},
                                                  {"Corp.Example", Source::search_list, false}});
}

TEST_CASE("candidate_domains: parents end at two labels", "[client_domains]") {
    const auto found = candidate_domains({.primary_suffix = "a.b.c.example"});
    REQUIRE(found.size() == 3);
    CHECK(found[1].domain == "b.c.example");
    CHECK(found[2].domain == "c.example");
    CHECK(candidate_domains({.primary_suffix = "corp.example"}).size() == 1);
}

TEST_CASE("candidate_domains: what is no domain name, or too long to be asked, is left out", "[client_domains]") {
    std::string longest;  // 247 bytes on the wire: with the 12 of _vlmcs._tcp more than 255
    for (int i = 0; i < 4; ++i) longest += std::string(i == 3 ? 52 : 63, 'x') + ".";
    const ClientDns client{.primary_suffix = "a..b",
                           .search_list = {longest, std::string(64, 'y') + ".example", ".", "", "ok.example"}};
    CHECK(candidate_domains(client) == Candidates{{"ok.example", Source::search_list, false}});
    longest.erase(0, 4);
    CHECK(candidate_domains({.search_list = {longest}}).size() == 1);
}

TEST_CASE("candidate_domains: there are never more than the limit", "[client_domains]") {
    ClientDns client;
    for (int i = 0; i < 200; ++i) client.search_list.push_back("zone" + std::to_string(i) + ".example");
    CHECK(candidate_domains(client).size() == max_candidate_count);
}

TEST_CASE("resolv.conf: the last search or domain line counts, comments do not", "[client_domains]") {
    const auto client = from_resolv_conf(
        "# search no.example\n; search no.example\ndomain first.example\n"
        "search\tcorp.example  lab.example\r\nnameserver 192.0.2.53\nnameserver fe80::53%eth0\noptions ndots:2\n",
        "pc17.emea.corp.example");
    CHECK(client.primary_suffix == "emea.corp.example");
    CHECK(client.search_list == std::vector<std::string>{"corp.example", "lab.example"});
    CHECK(client.servers == std::vector<std::string>{"192.0.2.53", "fe80::53%eth0"});
    CHECK(from_resolv_conf("search a.example b.example\ndomain c.example d.example", "pc").search_list ==
          std::vector<std::string>{"c.example"});
}

TEST_CASE("resolv.conf: without a domain in the host name there is no primary suffix", "[client_domains]") {
    CHECK(from_resolv_conf("", "pc17").primary_suffix.empty());
    CHECK(candidate_domains(from_resolv_conf("", "pc17")).empty());
    CHECK(candidate_domains(from_resolv_conf("", "pc17.corp.example")).size() == 1);
}

TEST_CASE("resolv.conf: lists of any length are bounded", "[client_domains]") {
    std::string text = "search";
    for (int i = 0; i < 5000; ++i) text += " z" + std::to_string(i) + ".example";
    for (int i = 0; i < 5000; ++i) text += "\nnameserver 192.0.2." + std::to_string(i);
    const auto client = from_resolv_conf(text, "pc17");
    CHECK(client.search_list.size() == 64);
    CHECK(client.servers.size() == 16);
}

TEST_CASE("domain: what can be asked for is taken, without a final dot", "[client_domains]") {
    CHECK(parse_domain("corp.example") == "corp.example");
    CHECK(parse_domain("Corp.Example.") == "Corp.Example");
    CHECK(parse_domain("test") == "test");
    // RFC 1035 2.3.4: 255 bytes on the wire. Five labels of 48, one of 2, the root's 1, and 12 of the service.
    const std::string label(47, 'a');
    const std::string longest = label + "." + label + "." + label + "." + label + "." + label;
    CHECK(parse_domain(longest + ".a") == longest + ".a");
    CHECK_FALSE(parse_domain(longest + ".aa"));
}

TEST_CASE("domain: addresses, blanks, the root and what is no name are refused with the text", "[client_domains]") {
    for (const std::string_view text : {"", ".", "a..b", "192.0.2.1", "2001:db8::1", "not a domain", "a\tb", "a\x7f"}) {
        CAPTURE(text);
        const auto domain = parse_domain(text);
        REQUIRE_FALSE(domain);
        CHECK(domain.error().find("'" + std::string{text} + "' is no DNS domain") == 0);
    }
}

TEST_CASE("domain: what people paste in its place is refused with a hint", "[client_domains]") {
    const auto [text, hint] = GENERATE(table<std::string, std::string>({
        {"kms1.corp.example:1688", "give the name alone, no port and no URL"},
        {"http://corp.example/", "give the name alone, no port and no URL"},
        {"corp.example/24", "give the name alone, no port and no URL"},
        {"m\xC3\xBCnchen.example", "write other letters than ASCII in their xn-- form"},
        {"_VLMCS._tcp.Corp.example.", "is the name of the record: give its domain, Corp.example"},
        {"_vlmcs._tcp", "has no domain behind it"},
        {"_vlmcs._tcp.", "has no domain behind it"},
    }));
    CAPTURE(text);
    const auto domain = parse_domain(text);
    REQUIRE_FALSE(domain);
    CHECK(domain.error().find("'" + text + "' ") == 0);
    CHECK(domain.error().find(hint) != std::string::npos);
}

TEST_CASE("domain: a name is asked for as it is, the record's own too", "[client_domains]") {
    CHECK(parse_dns_name("_vlmcs._tcp.corp.example.") == "_vlmcs._tcp.corp.example");
    CHECK(parse_dns_name("xn--bcher-kva.example") == "xn--bcher-kva.example");
    CHECK_FALSE(parse_dns_name("corp.example:53"));
}

TEST_CASE("candidates: each source has a name of its own for scripts", "[client_domains]") {
    CHECK(name_of(Candidate::Source::lookup_domain) == "lookup_domain");
    CHECK(name_of(Candidate::Source::search_list) == "search_list");
    CHECK(name_of(Candidate::Source::connection_suffix) == "connection_suffix");
}

}  // namespace
}  // namespace diag::session

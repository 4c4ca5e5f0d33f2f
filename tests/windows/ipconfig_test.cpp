#include "libdiag/windows/ipconfig.h"

#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "tests/support/exact_buffer.h"
#include "tests/windows/samples.h"

namespace diag::windows {
namespace {

using diag::test::windows_sample;
using State = AdapterAddress::State;
using Strings = std::vector<std::string>;

Ipconfig read(const std::string& text) {
    const auto ipconfig = read_ipconfig(bytes_of(text));
    REQUIRE(ipconfig);
    return *ipconfig;
}

Strings texts(const std::vector<ScopedAddress>& addresses) {
    Strings out;
    for (const auto& address : addresses) out.push_back(to_string(address));
    return out;
}

Strings texts(const std::vector<AdapterAddress>& addresses, State state) {
    Strings out;
    for (const auto& address : addresses) {
        if (address.state == state) out.push_back(to_string(address.address));
    }
    return out;
}

TEST_CASE("ipconfig: each line of a domain member becomes its fact", "[ipconfig]") {
    const Ipconfig ipconfig = read(windows_sample("ipconfig-domain-member.txt"));
    CHECK(ipconfig.host_name == "PC17");
    CHECK(ipconfig.primary_suffix == "emea.corp.example");
    CHECK(ipconfig.search_list == Strings{"emea.corp.example", "corp.example", "lab.example"});
    CHECK(ipconfig.unknown_line_count == 0);
    REQUIRE(ipconfig.adapters.size() == 2);
    const Adapter& lan = ipconfig.adapters[0];
    CHECK(lan.heading == "Ethernet adapter Ethernet");
    CHECK(lan.description == "Example Gigabit Network Connection");
    CHECK(lan.dns_suffix == "office.example");
    CHECK(lan.search_list == Strings{"dhcp6.example"});
    CHECK_FALSE(lan.is_disconnected);
    CHECK(lan.dhcp_enabled == true);
    CHECK(lan.dhcpv6_iaid == "100663390");
    CHECK(lan.dhcpv6_client_duid == "00-01-00-01-2A-2A-2A-2A-00-00-5E-00-53-17");
    CHECK(texts(lan.addresses, State::preferred) == Strings{"2001:db8:17::1017", "fe80::1017%11", "192.0.2.17"});
    CHECK(texts(lan.addresses, State::other) == Strings{"2001:db8:17::a1b2"});
    CHECK(texts(lan.gateways) == Strings{"fe80::1%11", "192.0.2.1"});
    CHECK(texts(lan.dns_servers) == Strings{"2001:db8:17::53", "192.0.2.53", "198.51.100.53"});
    const Adapter& wireless = ipconfig.adapters[1];
    CHECK(wireless.is_disconnected);
    CHECK(wireless.dns_suffix == "home.example");
    CHECK(wireless.addresses.empty());
}

TEST_CASE("ipconfig: a workgroup machine of Windows 7 has no suffix of its own", "[ipconfig]") {
    const Ipconfig ipconfig = read(windows_sample("ipconfig-workgroup-windows-7.txt"));
    CHECK(ipconfig.host_name == "KIOSK-03");
    CHECK(ipconfig.primary_suffix.empty());
    CHECK(ipconfig.search_list.empty());
    CHECK(ipconfig.unknown_line_count == 0);
    REQUIRE(ipconfig.adapters.size() == 3);
    CHECK(texts(ipconfig.adapters[0].addresses, State::preferred) == Strings{"169.254.3.3"});
    CHECK(texts(ipconfig.adapters[0].dns_servers) ==
          Strings{"fec0:0:0:ffff::1%1", "fec0:0:0:ffff::2%1", "fec0:0:0:ffff::3%1"});
    CHECK(ipconfig.adapters[0].gateways.empty());
    CHECK(ipconfig.adapters[2].heading == "Tunnel adapter isatap.branch.example");
    CHECK(ipconfig.adapters[2].is_disconnected);
    CHECK(ipconfig.adapters[2].dhcp_enabled == false);
}

TEST_CASE("ipconfig: Japanese output says the same in each of its encodings", "[ipconfig]") {
    const auto name = GENERATE(as<std::string>{}, "ipconfig-japanese.txt", "ipconfig-japanese-utf16.txt",
                               "ipconfig-japanese-cp932.txt");
    CAPTURE(name);
    const Ipconfig ipconfig = read(windows_sample(name));
    CHECK(ipconfig.host_name == "PC-KEIRI-05");
    CHECK(ipconfig.primary_suffix == "corp.example");
    CHECK(ipconfig.search_list == Strings{"corp.example", "tokyo.example"});
    CHECK(ipconfig.unknown_line_count == 0);
    REQUIRE(ipconfig.adapters.size() == 2);
    const Adapter& lan = ipconfig.adapters[0];
    CHECK(lan.heading == "イーサネット アダプター イーサネット");
    CHECK(lan.description == "Example Gigabit Network Connection");
    CHECK(lan.dns_suffix == "tokyo.example");
    CHECK(lan.dhcp_enabled == true);
    CHECK(lan.dhcpv6_client_duid == "00-01-00-01-2A-2A-2A-2A-00-00-5E-00-53-05");
    CHECK(texts(lan.addresses, State::preferred) == Strings{"2001:db8:5::5", "fe80::5%10", "203.0.113.5"});
    CHECK(texts(lan.addresses, State::other) == Strings{"2001:db8:5::55"});
    CHECK(texts(lan.gateways) == Strings{"203.0.113.1"});
    CHECK(texts(lan.dns_servers) == Strings{"203.0.113.53", "2001:db8:5::53"});
    CHECK(ipconfig.adapters[1].is_disconnected);
}

TEST_CASE("ipconfig: a copy that lost its indentation reads the same", "[ipconfig]") {
    const std::string whole = windows_sample("ipconfig-domain-member.txt");
    std::string flat;
    for (std::size_t at = 0; at < whole.size();) {
        const std::size_t end = whole.find('\n', at);
        const std::string line = whole.substr(at, end - at);
        flat += line.substr(std::min(line.find_first_not_of(' '), line.size())) + "\n";
        at = end + 1;
    }
    CHECK(read(flat) == read(whole));
}

TEST_CASE("ipconfig: what stands around the output changes nothing", "[ipconfig]") {
    const std::string whole = windows_sample("ipconfig-domain-member.txt");
    CHECK(read("Microsoft Windows [Version 10.0.19045]\n\nC:\\Users\\u>ipconfig /all\n" + whole + "\nC:\\Users\\u>") ==
          read(whole));
}

TEST_CASE("ipconfig: labels that nobody knows are counted, and end a list", "[ipconfig]") {
    const Ipconfig ipconfig = read(
        "Host Name . . . . : pc\nDNS Suffix Search List. . . : a.example\n  b.example\nNew Thing . . . . : x\n  "
        "c.example\n");
    CHECK(ipconfig.search_list == Strings{"a.example", "b.example"});
    CHECK(ipconfig.unknown_line_count == 1);
}

TEST_CASE("ipconfig: values that are not of their form are left out", "[ipconfig]") {
    const Ipconfig ipconfig = read(
        "Host Name . . . . : pc\nDNS Suffix Search List. . . : a..example\n  two words\n"
        "Ethernet adapter X:\n  IPv4 Address. . . : 300.1.1.1(Preferred)\n  DNS Servers . . . : fe80::1%eth0\n"
        "  192.0.2.53\n  DHCP Enabled. . . : Perhaps\n");
    CHECK(ipconfig.search_list.empty());
    REQUIRE(ipconfig.adapters.size() == 1);
    CHECK(ipconfig.adapters[0].addresses.empty());
    CHECK(texts(ipconfig.adapters[0].dns_servers) == Strings{"192.0.2.53"});
    CHECK_FALSE(ipconfig.adapters[0].dhcp_enabled);
}

TEST_CASE("ipconfig: other files, and ipconfig without /all, are refused with what to do", "[ipconfig]") {
    for (const std::string_view text : {"", "Name: x\nDescription: y\n", "\xFF\xFE", "Host Name . . . : only\n"}) {
        const auto ipconfig = read_ipconfig(bytes_of(text));
        REQUIRE_FALSE(ipconfig);
        CHECK(ipconfig.error().find("ipconfig /all > FILE") != std::string::npos);
    }
    const auto brief =
        read_ipconfig(bytes_of("Windows IP Configuration\n\nEthernet adapter Ethernet:\n\n   Connection-specific DNS "
                               "Suffix  . : corp.example\n"
                               "   IPv4 Address. . . . . . . . . . . : 192.0.2.17\n"));
    REQUIRE_FALSE(brief);
    CHECK(brief.error().find("without /all") != std::string::npos);
}

TEST_CASE("ipconfig: each limit holds", "[ipconfig]") {
    const std::string head = "Host Name . . . : pc\nPrimary Dns Suffix . . . : corp.example\n";
    CHECK_FALSE(read_ipconfig(bytes_of(head + std::string(limits::ipconfig_size, ' '))));
    CHECK_FALSE(read_ipconfig(bytes_of(head + std::string(limits::ipconfig_line_count, '\n'))));
    std::string adapters = head;
    for (std::size_t i = 0; i < limits::adapter_count; ++i) adapters += "Ethernet adapter X:\n";
    CHECK(read(adapters).adapters.size() == limits::adapter_count);
    CHECK_FALSE(read_ipconfig(bytes_of(adapters + "Ethernet adapter X:\n")));
    std::string list = head + "DNS Suffix Search List. . . : a.example\n";
    for (int i = 0; i < 200; ++i) list += fmt::format("   z{}.example\n", i);
    CHECK(read(list).search_list.size() == limits::list_size);
    const Ipconfig wide = read(head + "Description . . . :" + std::string(limits::ipconfig_line_size, 'x') + "\n");
    CHECK(wide.unknown_line_count == 1);
}

TEST_CASE("ipconfig: every proper prefix is read or refused, none is read past", "[ipconfig]") {
    for (const auto* name :
         {"ipconfig-domain-member.txt", "ipconfig-japanese-cp932.txt", "ipconfig-japanese-utf16.txt"}) {
        const std::string whole = windows_sample(name);
        const Ipconfig all = read(whole);
        for (std::size_t n = 0; n < whole.size(); ++n) {
            const diag::test::ExactBuffer cut{bytes_of(whole), n};
            const auto ipconfig = read_ipconfig(cut);
            if (!ipconfig) continue;
            CAPTURE(name, n);
            CHECK(ipconfig->host_name.size() <= all.host_name.size());
            REQUIRE(ipconfig->adapters.size() <= all.adapters.size());
            REQUIRE(ipconfig->search_list.size() <= all.search_list.size());
        }
    }
}

TEST_CASE("client_dns: a domain member asks its suffix, the list, and by assumption the rest", "[ipconfig]") {
    const auto client = client_dns_of(read(windows_sample("ipconfig-domain-member.txt")));
    CHECK_FALSE(client.is_workgroup);
    CHECK(client.servers == Strings{"2001:db8:17::53", "192.0.2.53", "198.51.100.53"});
    Strings documented, assumed;
    for (const auto& candidate : session::candidate_domains(client))
        (candidate.is_assumption ? assumed : documented).push_back(candidate.domain);
    CHECK(documented == Strings{"emea.corp.example", "corp.example", "lab.example"});
    CHECK(assumed == Strings{"office.example", "dhcp6.example"});  // not that of the disconnected adapter
}

TEST_CASE("client_dns: of a workgroup machine the connection with a gateway gives the domain of DHCP", "[ipconfig]") {
    const auto client = client_dns_of(read(windows_sample("ipconfig-workgroup-windows-7.txt")));
    CHECK(client.is_workgroup);
    CHECK(client.dhcp_domain == "branch.example");
    const auto candidates = session::candidate_domains(client);
    REQUIRE(candidates.size() == 2);
    CHECK(candidates[0] == session::Candidate{"branch.example", session::Candidate::Source::dhcp_domain, false});
    CHECK(candidates[1].domain == "virtual.example");
    CHECK(candidates[1].is_assumption);
}

}  // namespace
}  // namespace diag::windows

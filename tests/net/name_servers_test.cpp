#include <catch2/catch.hpp>

#include "libdiag/net/name_servers.h"

using namespace diag;

namespace {

std::vector<std::string> servers(std::string_view text) {
    std::vector<std::string> out;
    for (const Endpoint& endpoint : net::parse_name_servers(text)) out.push_back(to_string(endpoint));
    return out;
}

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("name servers: the lines nameserver of resolv.conf in their order", "[net]") {
    CHECK(servers("# by hand\nsearch corp.test\nnameserver 192.0.2.53\n\tnameserver\t2001:db8::53 # second\r\noptions "
                  "timeout:1\nnameserver 192.0.2.54") == Texts{"192.0.2.53:53", "[2001:db8::53]:53", "192.0.2.54:53"});
}

TEST_CASE("name servers: none where there is none, and no line is more than it says", "[net]") {
    for (const char* text : {"", "\n\n", "# nameserver 192.0.2.53", ";nameserver 192.0.2.53", "nameserver",
                             "nameserver x", "nameservers 192.0.2.53", "nameserver fe80::1%eth0"}) {
        CAPTURE(text);
        CHECK(servers(text).empty());
    }
    std::string many;
    for (int i = 0; i < 100; ++i) many += "nameserver 192.0.2.1\n";
    CHECK(servers(many).size() == 16);
}

TEST_CASE("full name: of the machine itself, else of the hosts file, else with the first domain searched", "[net]") {
    const char* hosts = "127.0.0.1 localhost\n127.0.1.1 kms1.corp.test kms1 # this\n";
    CHECK(net::find_full_name("kms1.own.test", hosts, "search other.test") == "kms1.own.test");
    CHECK(net::find_full_name("kms1", hosts, "search other.test") == "kms1.corp.test");
    CHECK(net::find_full_name("kms2", hosts, "search other.test more.test") == "kms2.other.test");
    CHECK(net::find_full_name("kms2", hosts, "domain other.test\nsearch last.test") == "kms2.last.test");
    CHECK(net::find_full_name("kms1", "127.0.1.1 kms1\n", "search other.test") == "kms1.other.test");
    CHECK(net::find_full_name("kms2", hosts, "nameserver 192.0.2.53").empty());
    CHECK(net::find_full_name("", hosts, "search other.test").empty());
}

// Which names have to do with the search for a KMS host.
#include "libdiag/proto/dns/service_name.h"

#include <catch2/catch.hpp>

namespace diag::test {
namespace {

using dns::ServiceNameKind;

dns::ServiceName read(std::string_view text) { return dns::read_service_name(*dns::DomainName::parse(text)); }

TEST_CASE("service name: the labels in front decide, in any case", "[dns]") {
    CHECK(read("_vlmcs._tcp.corp.test").kind == ServiceNameKind::service);
    CHECK(read("_VLMCS._Tcp.Corp.test").domain == "corp.test");
    CHECK(read("_vlmcs._tcp").kind == ServiceNameKind::service);
    CHECK(read("_vlmcs._tcp").domain.empty());
    CHECK(read("_ldap._tcp.corp.test").kind == ServiceNameKind::other);
    CHECK(read("vlmcs.corp.test").kind == ServiceNameKind::other);
    CHECK(read("a._vlmcs._tcp.corp.test").kind == ServiceNameKind::other);
    CHECK(read(".").kind == ServiceNameKind::other);
}

TEST_CASE("service name: misspellings are near misses of the same domain", "[dns]") {
    for (const std::string_view prefix : {"_vlmcs._udp.", "_vmlcs._tcp.", "vlmcs._tcp.", "_vlmcs.tcp.", "_vlmcs."}) {
        const auto name = read(std::string{prefix} + "corp.test");
        CHECK(name.kind == ServiceNameKind::near_miss);
        CHECK(name.domain == "corp.test");
    }
}

TEST_CASE("service name: a name that nobody publishes is known by its beginning", "[dns]") {
    CHECK(read("_kms-check-0123456789abcdef._tcp.corp.test").kind == ServiceNameKind::impossible);
    CHECK(read("_kms-check-0123456789abcdef._tcp.corp.test").domain == "corp.test");
    CHECK(read("_kms-check-0123456789abcdef.corp.test").kind == ServiceNameKind::other);
}

TEST_CASE("service name: the quick look at the first label misses none", "[dns]") {
    for (const std::string_view text : {"_vlmcs._tcp.a", "_VLMCS._udp.a", "_vmlcs._tcp.a", "vlmcs._tcp.a",
                                        "_vlmcs.tcp.a", "_vlmcs.a", "_kms-check-00._tcp.a"})
        CHECK(dns::may_begin_service_name(dns::DomainName::parse(text)->labels().front()));
    for (const std::string_view text : {"www.a", "_vlmc.a", "_vlmcss.a"})
        CHECK_FALSE(dns::may_begin_service_name(dns::DomainName::parse(text)->labels().front()));
}

}  // namespace
}  // namespace diag::test

#include <catch2/catch.hpp>

#include "libdiag/base/hex.h"
#include "tools/kms-refhost/options.h"
#include "tools/kms-refhost/values.h"

namespace diag::refhost {
namespace {

using Arguments = std::vector<const char*>;
using namespace std::chrono_literals;

Options good(Arguments arguments) {
    arguments.insert(arguments.begin(), "kms-refhost");
    auto options = parse_options(static_cast<int>(arguments.size()), arguments.data());
    INFO((options ? std::string{} : options.error()));
    REQUIRE(options);
    return *options;
}

TEST_CASE("refhost options: without any it is the default host on the KMS port of loopback", "[tools][refhost]") {
    const Options o = good({});
    REQUIRE(o.server.listen.size() == 1);
    CHECK(to_string(o.server.listen[0]) == "127.0.0.1:1688");
    CHECK(o.host.keys.size() == session::HostSettings{}.keys.size());
    CHECK_FALSE(o.state_file);
    CHECK_FALSE(o.json);
    CHECK(o.faults.empty());
}

TEST_CASE("refhost options: each reaches its setting", "[tools][refhost]") {
    const Options o = good({"--listen",
                            "[::1]:1700",
                            "--listen",
                            "127.0.0.2",
                            "--state",
                            "s.db",
                            "--max-connections",
                            "10",
                            "--max-per-peer",
                            "5",
                            "--idle-timeout",
                            "7",
                            "--build",
                            "17763",
                            "--lcid",
                            "1031",
                            "--activation-date",
                            "2020-02-29",
                            "--host-key",
                            "ws2019:551000123",
                            "--activation-interval",
                            "15",
                            "--renewal-interval",
                            "43200",
                            "--hwid",
                            "0123456789abcDEF",
                            "--start-count",
                            "671",
                            "--clock-offset",
                            "-5h",
                            "--fault",
                            "bad-mac@2",
                            "--fault",
                            "delay:20",
                            "--json",
                            "--event-log",
                            "e.log",
                            "-q",
                            "-v",
                            "--color=never"});
    CHECK(to_string(o.server.listen.at(0)) == "[::1]:1700");
    CHECK(to_string(o.server.listen.at(1)) == "127.0.0.2:1688");
    CHECK(o.state_file == "s.db");
    CHECK(o.server.max_connection_count == 10);
    CHECK(o.server.max_peer_connection_count == 5);
    CHECK(o.server.idle_time == 7s);
    CHECK(o.host.build == 17763);
    CHECK(o.host.lcid == 1031);
    CHECK(o.host.activation_date == std::chrono::year{2020} / 2 / 29);
    REQUIRE(o.host.keys.size() == 1);
    CHECK(o.host.keys[0].host_key_id == "ws2019");
    CHECK(o.host.keys[0].key_number == 551'000'123);
    CHECK(o.host.activation_interval == 15min);
    CHECK(o.host.renewal_interval == 43'200min);
    CHECK(to_hex(o.host.hwid) == "0123456789abcdef");
    CHECK(o.host.start_count == 671);
    CHECK(o.host.clock_offset == -5h);
    REQUIRE(o.faults.size() == 2);
    CHECK(to_string(o.faults[1]) == "delay:20@response");
    CHECK(o.json);
    CHECK(o.event_log_file == "e.log");
    CHECK(o.quiet);
    CHECK(o.verbose);
    CHECK(o.color == cli::Color::never);
}

TEST_CASE("refhost options: times with and without unit", "[tools][refhost]") {
    const auto [text, wanted] = GENERATE(table<std::string, std::chrono::seconds>(
        {{"0", 0s}, {"90", 90s}, {"+90s", 90s}, {"-30m", -30min}, {"5h", 5h}, {"-31d", -31 * 24h}}));
    CAPTURE(text);
    CHECK(parse_offset(text) == wanted);
    for (const char* bad : {"", "h", "5w", "1.5h", "--5", "5 h", "8640000001", "9223372036854775808"}) {
        CAPTURE(bad);
        CHECK_FALSE(parse_offset(bad));
    }
}

TEST_CASE("refhost options: a product's key is the newest that a customer can have", "[tools][refhost]") {
    const auto first_key = [](const char* product) {
        const auto keys = keys_for_product(product);
        return keys ? keys->front().host_key_id : keys.error();
    };
    CHECK(first_key("windows") == "ws2025");
    CHECK(first_key("73111121-5638-40f6-bc11-f1d7b0d64300") == "ws2025");      // Windows 10 Enterprise
    CHECK(first_key("617d9eb1-ef36-4f82-86e0-a65ae07b96c6") == "office2019");  // a counted id
    CHECK(first_key("office") == "office2024");
    CHECK_FALSE(keys_for_product("Office"));
}

TEST_CASE("refhost options: no value takes the mark of the lab from an ePID", "[tools][refhost]") {
    for (const char* build : {"6001", "7601", "9600", "17763", "20348", "26100"}) {
        const Options o = good({"--build", build});
        for (const session::InstalledKey& key : o.host.keys)
            CHECK(session::make_epid(o.host, key).value().find("." + std::to_string(session::lab_revision) + "-") !=
                  std::string::npos);
    }
}

}  // namespace
}  // namespace diag::refhost

#include "tools/kms-decode/options.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "tools/kms-decode/progress.h"

namespace diag::tool {
namespace {

using Arguments = std::vector<const char*>;

std::expected<Options, std::string> parse(Arguments arguments) {
    arguments.insert(arguments.begin(), "kms-decode");
    return parse_options(static_cast<int>(arguments.size()), arguments.data());
}

Options good(Arguments arguments) {
    auto options = parse(std::move(arguments));
    INFO((options ? std::string{} : options.error()));
    REQUIRE(options);
    return *options;
}

TEST_CASE("options: a file alone asks for readable blocks and stops at warnings", "[tools][options]") {
    const Options o = good({"a.pcap"});
    CHECK(o.files == std::vector<std::string>{"a.pcap"});
    CHECK_FALSE(o.help);
    CHECK_FALSE(o.version);
    CHECK_FALSE(o.interface);
    CHECK_FALSE(o.filter);
    CHECK_FALSE(o.keys_file);
    CHECK_FALSE(o.write_file);
    CHECK_FALSE(o.packet_limit);
    CHECK_FALSE(o.time_limit);
    CHECK(o.color == cli::Color::automatic);
    CHECK(o.fail_on == check::Severity::warning);
    CHECK(o.settings.detail == decode::Detail::blocks);
    CHECK_FALSE(o.settings.statistics);
    CHECK_FALSE(o.settings.verbose);
    CHECK_FALSE(o.settings.quiet);
    CHECK(o.settings.selection.selects_all());
    CHECK(o.settings.kms_port == 1688);
}

TEST_CASE("options: each way to print is chosen by its option", "[tools][options]") {
    using decode::Detail;
    CHECK(good({"--json", "a"}).settings.detail == Detail::json);
    CHECK(good({"--format", "json", "a"}).settings.detail == Detail::json);
    CHECK(good({"--format=json", "--json", "a"}).settings.detail == Detail::json);
    CHECK(good({"--format", "text", "a"}).settings.detail == Detail::blocks);
    CHECK(good({"--summary", "a"}).settings.detail == Detail::summary);
    CHECK(good({"--tree", "a"}).settings.detail == Detail::tree);
    CHECK(good({"--format", "text", "--tree", "a"}).settings.detail == Detail::tree);
    CHECK(good({"--stats", "a"}).settings.statistics);
    for (const char* quiet : {"-q", "--quiet"}) CHECK(good({quiet, "a"}).settings.quiet);
    for (const char* verbose : {"-v", "--verbose"}) CHECK(good({verbose, "a"}).settings.verbose);
    CHECK(good({"--color", "always", "a"}).color == cli::Color::always);
    CHECK(good({"--color=never", "a"}).color == cli::Color::never);
    CHECK(good({"--color", "auto", "a"}).color == cli::Color::automatic);
}

TEST_CASE("options: --fail-on sets from which severity on the exit status is not 0", "[tools][options]") {
    CHECK(good({"--fail-on", "warning", "a"}).fail_on == check::Severity::warning);
    CHECK(good({"--fail-on", "critical", "a"}).fail_on == check::Severity::critical);
    CHECK(good({"--fail-on", "never", "a"}).fail_on == std::nullopt);
}

TEST_CASE("options: selections may be given several times", "[tools][options]") {
    const auto s =
        good({"--client", "192.0.2.77", "--client", ":5", "--host", "[2001:db8::10]:1688", "--cmid",
              "3F1C7A52-9d4e-4b6a-8c21-5e0f9a7b6d13", "--outcome", "complete", "--outcome", "not_rpc", "a", "b", "-"})
            .settings.selection;
    REQUIRE(s.clients.size() == 2);
    CHECK(to_string(*s.clients[0].ip) == "192.0.2.77");
    CHECK(s.clients[1].port == 5);
    REQUIRE(s.hosts.size() == 1);
    CHECK(s.hosts[0].port == 1688);
    REQUIRE(s.client_machine_ids.size() == 1);
    CHECK(to_string(s.client_machine_ids[0]) == "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
    CHECK(s.outcomes == std::vector{check::Outcome::complete, check::Outcome::not_rpc});
    CHECK_FALSE(s.selects_all());
}

TEST_CASE("options: input is files, standard input or an interface", "[tools][options]") {
    CHECK(good({"a", "-", "b c"}).files == std::vector<std::string>{"a", "-", "b c"});
    CHECK(good({"--", "-a"}).files == std::vector<std::string>{"-a"});
    CHECK(good({"--filter", "host 192.0.2.1", "a"}).filter == "host 192.0.2.1");
    const Options live =
        good({"-i", "eth0", "-f", "tcp port 1688", "--duration", "1.5", "--snaplen", "96", "--promiscuous", "--count",
              "10", "--port", "50123", "--keys", "my.json", "-w", "out.pcapng"});
    CHECK(live.interface == "eth0");
    CHECK(live.filter == "tcp port 1688");
    CHECK(live.time_limit == std::chrono::milliseconds{1500});
    CHECK(live.snapshot_size == 96);
    CHECK(live.promiscuous);
    CHECK(live.packet_limit == 10);
    CHECK(live.settings.kms_port == 50123);
    CHECK(live.keys_file == "my.json");
    CHECK(live.write_file == "out.pcapng");
}

TEST_CASE("options: --help, --version and --outcome list need no input", "[tools][options]") {
    for (const char* help : {"-h", "--help"}) CHECK(good({help}).help);
    CHECK(good({"--version"}).version);
    CHECK(good({"--outcome", "list"}).outcome_list);
    CHECK(good({"--json", "--tree", "--help"}).help);
}

TEST_CASE("options: what cannot be meant is refused in one line that names it", "[tools][options]") {
    struct Case {
        Arguments arguments;
        std::string named;
    };
    const Case cases[] = {
        {{}, "no input"},
        {{"-i", "eth0", "a.pcap"}, "not both"},
        {{"--unknown", "a"}, "--unknown"},
        {{"-x", "a"}, "-x"},
        {{"--jso", "a"}, "--jso"},
        {{"--json=1", "a"}, "--json"},
        {{"--json", "--json", "a"}, "--json"},
        {{"--format", "xml", "a"}, "'xml'"},
        {{"--format", "nagios", "a"}, "'nagios'"},
        {{"--json", "--format", "text", "a"}, "contradict"},
        {{"--summary", "--tree", "a"}, "contradict"},
        {{"--json", "--summary", "a"}, "--summary"},
        {{"--format", "json", "--tree", "a"}, "--tree"},
        {{"--color", "blue", "a"}, "'blue'"},
        {{"--fail-on", "info", "a"}, "'info'"},
        {{"--client", "nobody", "a"}, "'nobody'"},
        {{"--host", "192.0.2.10:99999", "a"}, "'192.0.2.10:99999'"},
        {{"--cmid", "55c92734", "a"}, "'55c92734'"},
        {{"--outcome", "done", "a"}, "'done'"},
        {{"--outcome", "list", "--outcome", "complete", "a"}, "'list'"},
        {{"--port", "0", "a"}, "--port"},
        {{"--port", "65536", "a"}, "--port"},
        {{"--port=-1", "a"}, "--port"},
        {{"--port", "16x", "a"}, "--port"},
        {{"--port", "1", "--port", "2", "a"}, "--port"},
        {{"--count", "0", "a"}, "--count"},
        {{"--count=-1", "a"}, "--count"},
        {{"--count", "1e3", "a"}, "--count"},
        {{"-i", "lo", "--snaplen", "63"}, "--snaplen"},
        {{"-i", "lo", "--snaplen", "262145"}, "--snaplen"},
        {{"-i", "lo", "--duration", "0"}, "--duration"},
        {{"-i", "lo", "--duration=-1"}, "--duration"},
        {{"-i", "lo", "--duration", "nan"}, "--duration"},
        {{"-i", "lo", "--duration", "inf"}, "--duration"},
        {{"-i", "lo", "--duration", "1e300"}, "--duration"},
        {{"-i", "lo", "--duration", "soon"}, "--duration"},
        {{"--duration", "5", "a"}, "--duration"},
        {{"--snaplen", "96", "a"}, "--snaplen"},
        {{"--promiscuous", "a"}, "--promiscuous"},
        {{"-w", "-", "a"}, "-w"},
        {{"a", "--keys"}, "--keys"},
        {{"a", "-w"}, "--write"},
        {{"--client", "a\nb\x1b[31m", "a"}, "a\\x0ab"},
    };
    for (const Case& c : cases) {
        std::string line;
        for (const char* argument : c.arguments) line += std::string{argument} + " ";
        INFO(line);
        const auto options = parse(c.arguments);
        REQUIRE_FALSE(options);
        CHECK_THAT(options.error(), Catch::Contains(c.named));
        CHECK(std::none_of(options.error().begin(), options.error().end(), [](char ch) { return ch < 0x20; }));
    }
}

TEST_CASE("options: the help names every option, fits a terminal and stays plain", "[tools][options]") {
    const std::string help = help_text();
    for (const char* name : {"--json",           "--format",
                             "--summary",        "--tree",
                             "--stats",          "-q [ --quiet ]",
                             "-v [ --verbose ]", "--color",
                             "--client",         "--host",
                             "--cmid",           "--outcome",
                             "-w [ --write ]",   "-i [ --interface ]",
                             "-f [ --filter ]",  "--count",
                             "--duration",       "--snaplen",
                             "--promiscuous",    "--port",
                             "--keys",           "--fail-on",
                             "-h [ --help ]",    "--version"}) {
        INFO(name);
        CHECK_THAT(help, Catch::Contains(name));
    }
    std::istringstream lines{help};
    for (std::string line; std::getline(lines, line);) {
        INFO(line);
        CHECK(line.size() <= 80);
    }
}

TEST_CASE("options: --outcome list has one line for each outcome", "[tools][options]") {
    std::istringstream lines{outcome_list()};
    std::set<std::string> names;
    for (std::string line; std::getline(lines, line);) {
        const std::string name = line.substr(0, line.find(' '));
        INFO(line);
        CHECK(check::parse_outcome(name));
        names.insert(name);
    }
    CHECK(names.size() == check::outcome_count);
}

TEST_CASE("progress: it says how much, how fast and how long", "[tools][progress]") {
    constexpr std::uint64_t mib = 1 << 20;
    CHECK(progress_text("a.pcap", 512 * mib, 1024 * mib, 800'000, 0.5) ==
          "a.pcap: 512.0 MiB of 1.0 GiB (50 %), 1.0 GiB/s, 0 s left, 800000 packets");
    CHECK(progress_text("standard input", 10 * mib, std::nullopt, 7, 2) ==
          "standard input: 10.0 MiB, 5.0 MiB/s, 7 packets");
}

}  // namespace
}  // namespace diag::tool

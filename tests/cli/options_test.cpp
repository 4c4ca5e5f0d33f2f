#include <catch2/catch.hpp>
#include <limits>
#include <sstream>

#include "libdiag/cli/common_options.h"
#include "libdiag/cli/numbers.h"

namespace diag::cli {
namespace {

using namespace std::chrono_literals;
using Arguments = std::vector<const char*>;

constexpr Format text_and_json[] = {Format::text, Format::json};
constexpr Format all[] = {Format::text, Format::json, Format::nagios, Format::junit};

po::options_description sample_options() {
    po::options_description options{"General", help_width, help_column};
    add_format(options, all);
    add_color(options);
    add_fail_on(options);
    add_loudness(options, "less", "more");
    add_help(options);
    options.add_options()("port", text_value("N"), "")("timeout", text_value("SECONDS"), "")("peer",
                                                                                             texts_value("NAME"), "");
    return options;
}

std::expected<po::variables_map, std::string> parse(Arguments arguments, const char* positional = nullptr) {
    arguments.insert(arguments.begin(), "tool");
    return parse_command_line(static_cast<int>(arguments.size()), arguments.data(), sample_options(), positional);
}

po::variables_map good(const Arguments& arguments) {
    auto map = parse(arguments);
    INFO((map ? std::string{} : map.error()));
    REQUIRE(map);
    return *map;
}

template <class T> std::string error_of(const std::expected<T, std::string>& value) {
    REQUIRE_FALSE(value);
    return value.error();
}

TEST_CASE("command line: long options are not guessed from their beginnings", "[cli]") {
    CHECK(parse({"--verbose"}));
    CHECK(error_of(parse({"--verb"})).find("--verb") != std::string::npos);
}

TEST_CASE("command line: a word that belongs to no option is an error unless it has a name", "[cli]") {
    CHECK_FALSE(parse({"example.com"}));
    const auto map = parse({"a", "-v", "b", "--", "-c"}, "target");
    REQUIRE(map);
    CHECK(texts_of(*map, "target") == Texts{"a", "b", "-c"});
    CHECK(loudness_of(*map).verbose);
}

TEST_CASE("command line: the name of the words is not shown by --help", "[cli]") {
    std::ostringstream help;
    help << sample_options();
    CHECK(help.str().find("target") == std::string::npos);
    CHECK(help.str().find("--json") != std::string::npos);
}

TEST_CASE("command line: no error has a control character, wherever it was typed", "[cli]") {
    const std::string evil = "x\x1b[31m\ny";
    const std::string option = "--" + evil, format = "--format=" + evil, port = "--port=" + evil,
                      time = "--timeout=" + evil;
    std::vector<std::string> errors{error_of(parse({option.c_str()}))};
    errors.push_back(error_of(format_of(good({format.c_str()}), all)));
    errors.push_back(error_of(number_of(good({port.c_str()}), "port", 1, 9)));
    errors.push_back(error_of(seconds_of(good({time.c_str()}), "timeout", 1ms, 9s)));
    errors.push_back(option_problem("peer", evil));
    for (const std::string& error : errors) {
        CAPTURE(error);
        CHECK(std::ranges::none_of(error, [](unsigned char c) { return c < 0x20 || c == 0x7F; }));
        CHECK(error.find("x\\x1b[31m\\x0ay") != std::string::npos);  // and it is escaped once, not twice
    }
}

TEST_CASE("command line: texts are there only when they were given", "[cli]") {
    const auto map = good({"--peer", "a", "--peer=b"});
    CHECK(texts_of(map, "peer") == Texts{"a", "b"});
    CHECK(texts_of(map, "nothing").empty());
    CHECK(text_of(map, "port") == std::nullopt);
    CHECK(text_of(good({"--port", ""}), "port") == "");
}

TEST_CASE("format: the first is the default, and a tool takes only those it has", "[cli]") {
    CHECK(format_of(good({}), text_and_json) == Format::text);
    CHECK(format_of(good({"--json"}), text_and_json) == Format::json);
    CHECK(format_of(good({"--format", "json", "--json"}), text_and_json) == Format::json);
    CHECK(format_of(good({"--format", "nagios"}), all) == Format::nagios);
    CHECK(format_of(good({"--format", "junit"}), all) == Format::junit);
    CHECK(error_of(format_of(good({"--format", "nagios"}), text_and_json)) == "--format: 'nagios' is not text or json");
    CHECK(error_of(format_of(good({"--format", "xml"}), all)) == "--format: 'xml' is not text, json, nagios or junit");
    CHECK_FALSE(format_of(good({"--format", ""}), all));
}

TEST_CASE("format: --json contradicts every other format", "[cli]") {
    for (const char* other : {"text", "nagios", "junit"})
        CHECK(error_of(format_of(good({"--json", "--format", other}), all)) ==
              std::string{"--json and --format "} + other + " contradict each other");
}

TEST_CASE("format: --help names the formats of the tool, and --json only where there is one", "[cli]") {
    const auto help_of = [](std::span<const Format> formats) {
        po::options_description options{"", help_width, help_column};
        add_format(options, formats);
        std::ostringstream out;
        out << options;
        return out.str();
    };
    CHECK(help_of(all).find("text (default), json, nagios or junit") != std::string::npos);
    constexpr Format no_json[] = {Format::text, Format::junit};
    CHECK(help_of(no_json).find("text (default) or junit") != std::string::npos);
    CHECK(help_of(no_json).find("--json") == std::string::npos);
}

TEST_CASE("color and fail-on: each word has its meaning, others are refused with the choice", "[cli]") {
    CHECK(color_of(good({})) == Color::automatic);
    CHECK(color_of(good({"--color", "auto"})) == Color::automatic);
    CHECK(color_of(good({"--color", "always"})) == Color::always);
    CHECK(color_of(good({"--color", "never"})) == Color::never);
    CHECK(error_of(color_of(good({"--color", "blue"}))) == "--color: 'blue' is not auto, always or never");
    CHECK(*fail_on_of(good({})) == check::Severity::warning);
    CHECK(*fail_on_of(good({"--fail-on", "warning"})) == check::Severity::warning);
    CHECK(*fail_on_of(good({"--fail-on", "critical"})) == check::Severity::critical);
    CHECK(*fail_on_of(good({"--fail-on", "never"})) == std::nullopt);
    CHECK(error_of(fail_on_of(good({"--fail-on", "info"}))) == "--fail-on: 'info' is not warning, critical or never");
}

TEST_CASE("loudness: -q and -v are independent", "[cli]") {
    CHECK_FALSE(loudness_of(good({})).quiet);
    CHECK_FALSE(loudness_of(good({})).verbose);
    const Loudness both = loudness_of(good({"-q", "-v"}));
    CHECK(both.quiet);
    CHECK(both.verbose);
}

TEST_CASE("numbers: from the lowest to the highest, decimal digits only", "[cli]") {
    const auto number = [](const char* text) { return number_of(good({"--port", text}), "port", 1, 65'535); };
    CHECK(*number("1") == 1U);
    CHECK(*number("65535") == 65'535U);
    CHECK(*number_of(good({}), "port", 1, 65'535) == std::nullopt);
    for (const char* text : {"0", "65536", "-1", "+1", "", " 1", "1 ", "0x10", "1e3", "1.0", "99999999999999999999"}) {
        CAPTURE(text);
        CHECK(error_of(number(text)) == std::string{"--port: '"} + text + "' is not a number from 1 to 65535");
    }
    constexpr std::uint64_t largest = std::numeric_limits<std::uint64_t>::max();
    CHECK(*parse_number("18446744073709551615", 1, largest) == largest);
    CHECK(error_of(parse_number("0", 1, largest)) == "'0' is not a number from 1 on");
}

TEST_CASE("seconds: positive decimals to the millisecond, within the range", "[cli]") {
    const auto seconds = [](const char* text) { return seconds_of(good({"--timeout", text}), "timeout", 1ms, 3600s); };
    CHECK(*seconds("5") == 5s);
    CHECK(*seconds("0.25") == 250ms);
    CHECK(*seconds("0.001") == 1ms);
    CHECK(*seconds("3600") == 3600s);
    CHECK(*seconds("3600.000") == 3600s);
    CHECK(*seconds_of(good({}), "timeout", 1ms, 3600s) == std::nullopt);
    for (const char* text :
         {"0", "0.0001", "-1", "3600.001", "nan", "inf", "1e2", "1e300", "", "5s", " 5", "0x1", "soon"}) {
        CAPTURE(text);
        CHECK(error_of(seconds(text)) ==
              std::string{"--timeout: '"} + text + "' is not a time in seconds from 0.001 to 3600");
    }
}

TEST_CASE("output: one struct has all that is asked for, and its defaults where nothing is", "[cli]") {
    OutputOptions output;
    REQUIRE(read_output(good({}), all, output));
    CHECK(output.format == Format::text);
    CHECK(output.color == Color::automatic);
    CHECK(output.fail_on == check::Severity::warning);
    CHECK_FALSE(output.loudness.quiet);
    REQUIRE(read_output(good({"--json", "--color", "never", "-q", "--fail-on", "never"}), all, output));
    CHECK(output.format == Format::json);
    CHECK(output.color == Color::never);
    CHECK(output.loudness.quiet);
    CHECK_FALSE(output.fail_on);
}

TEST_CASE("output: what is wrong with one option leaves the struct as it was", "[cli]") {
    const auto arguments = GENERATE(Arguments{"--format", "xml", "-q"}, Arguments{"--color", "blue", "-q"},
                                    Arguments{"--fail-on", "info", "-q"});
    OutputOptions output;
    CHECK(error_of(read_output(good(arguments), all, output)).find(arguments[0]) == 0);
    CHECK_FALSE(output.loudness.quiet);
}

TEST_CASE("numbers: what is not given leaves the value, what is wrong is an error", "[cli]") {
    std::uint16_t port = 7;
    std::chrono::milliseconds time = 3s;
    REQUIRE(read_number(good({}), "port", 1, 65'535, port));
    REQUIRE(read_seconds(good({}), "timeout", 1ms, 10s, time));
    CHECK(port == 7);
    CHECK(time == 3s);
    REQUIRE(read_number(good({"--port", "65535"}), "port", 1, 65'535, port));
    REQUIRE(read_seconds(good({"--timeout", "0.5"}), "timeout", 1ms, 10s, time));
    CHECK(port == 65'535);
    CHECK(time == 500ms);
    CHECK(error_of(read_number(good({"--port", "65536"}), "port", 1, 65'535, port)).starts_with("--port: "));
    CHECK(error_of(read_seconds(good({"--timeout", "11"}), "timeout", 1ms, 10s, time)).starts_with("--timeout: "));
    CHECK(port == 65'535);
}

TEST_CASE("texts: each is read in its order, and an error names the option", "[cli]") {
    const auto parse_peer = [](const std::string& text) -> std::expected<std::size_t, std::string> {
        if (text == "bad\x1b") return std::unexpected("'" + text + "' is bad");
        return text.size();
    };
    std::vector<std::size_t> sizes;
    REQUIRE(read_each(good({"--peer", "a", "--peer", "bcd"}), "peer", parse_peer, sizes));
    CHECK(sizes == std::vector<std::size_t>{1, 3});
    const std::string problem = error_of(read_each(good({"--peer", "bad\x1b"}), "peer", parse_peer, sizes));
    CHECK(problem.starts_with("--peer: 'bad"));
    CHECK(problem.find('\x1b') == std::string::npos);
}

TEST_CASE("families: without a wish both, and not both wishes", "[cli]") {
    const auto read = [](const Arguments& arguments, bool& v4, bool& v6) {
        po::options_description options;
        options.add_options()("ipv4,4", "")("ipv6,6", "");
        Arguments all_arguments = arguments;
        all_arguments.insert(all_arguments.begin(), "tool");
        const auto map =
            parse_command_line(static_cast<int>(all_arguments.size()), all_arguments.data(), options).value();
        return read_families(map, v4, v6);
    };
    bool v4 = false, v6 = false;
    REQUIRE(read({}, v4, v6));
    CHECK((v4 && v6));
    REQUIRE(read({"-4"}, v4, v6));
    CHECK((v4 && !v6));
    REQUIRE(read({"-6"}, v4, v6));
    CHECK((!v4 && v6));
    CHECK(error_of(read({"-4", "-6"}, v4, v6)).starts_with("-4 and -6 contradict"));
}

}  // namespace
}  // namespace diag::cli

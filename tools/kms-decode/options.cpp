#include "tools/kms-decode/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/program_options.hpp>
#include <charconv>
#include <sstream>

#include "libdiag/base/utf.h"

namespace diag::tool {
namespace {

namespace po = boost::program_options;
using Texts = std::vector<std::string>;

po::options_description visible_options() {
    po::options_description what{"What to print", 80, 46};
    auto add_what = what.add_options();
    add_what("json", "one JSON object a line (short for --format json)");
    add_what("format", po::value<std::string>()->value_name("NAME"), "text (default) or json");
    add_what("summary", "only the table over all captures");
    add_what("tree", "the field tree of each PDU, with byte ranges");
    add_what("stats", "packets, bytes and throughput as well");
    add_what("quiet,q", "only conversations with a warning or worse");
    add_what("verbose,v", "every cause and remedy of a finding, every check");
    add_what("color", po::value<std::string>()->value_name("WHEN"),
             "auto (default, honours NO_COLOR), always or never");

    po::options_description which{"Which conversations (repeatable; values of one option are alternatives)", 80, 46};
    auto add_which = which.add_options();
    add_which("client", po::value<Texts>()->value_name("ADDR[:PORT]")->composing(), "this client");
    add_which("host", po::value<Texts>()->value_name("ADDR[:PORT]")->composing(), "this KMS host");
    add_which("cmid", po::value<Texts>()->value_name("GUID")->composing(), "this client machine id");
    add_which("outcome", po::value<Texts>()->value_name("NAME")->composing(),
              "this outcome; --outcome list names them");
    add_which("write,w", po::value<std::string>()->value_name("FILE"), "write their packets to a new capture");

    po::options_description input{"Input", 80, 46};
    auto add_input = input.add_options();
    add_input("interface,i", po::value<std::string>()->value_name("NAME"), "capture live on this interface");
    add_input("filter,f", po::value<std::string>()->value_name("BPF"), "only packets that match, as tcpdump filters");
    add_input("count", po::value<std::string>()->value_name("N"), "stop after N packets");
    add_input("duration", po::value<double>()->value_name("SECONDS"), "live: stop after this time");
    add_input("snaplen", po::value<std::string>()->value_name("BYTES"), "live: bytes kept of each packet (262144)");
    add_input("promiscuous", "live: promiscuous mode");
    add_input("port", po::value<std::string>()->value_name("N"), "the KMS port where no bind was captured (1688)");
    add_input("keys", po::value<std::string>()->value_name("FILE"), "a key profile of your own, for protected bodies");

    po::options_description general{"General", 80, 46};
    auto add_general = general.add_options();
    add_general("fail-on", po::value<std::string>()->value_name("SEVERITY"),
                "exit 1 or 2 from: warning (default), critical, never");
    add_general("help,h", "this help");
    add_general("version", "version and library versions");

    po::options_description all;
    all.add(what).add(which).add(input).add(general);
    return all;
}

std::expected<void, std::string> read_format(const po::variables_map& map, Options& out) {
    const bool json = map.contains("json");
    std::string format = json ? "json" : "text";
    if (map.contains("format")) format = map["format"].as<std::string>();
    if (format != "text" && format != "json") return std::unexpected("--format: '" + format + "' is not text or json");
    if (json && format != "json") return std::unexpected("--json and --format text contradict each other");
    using decode::Detail;
    Detail& detail = out.settings.detail;
    if (format == "json") detail = Detail::json;
    if (map.contains("summary") && map.contains("tree"))
        return std::unexpected("--summary and --tree contradict each other");
    if (detail == Detail::json && (map.contains("summary") || map.contains("tree"))) {
        return std::unexpected("--json prints whole conversations: it goes with neither --summary nor --tree");
    }
    if (map.contains("summary")) detail = Detail::summary;
    if (map.contains("tree")) detail = Detail::tree;
    return {};
}

std::expected<void, std::string> read_color(const po::variables_map& map, Options& out) {
    if (!map.contains("color")) return {};
    const auto& when = map["color"].as<std::string>();
    if (when == "always") {
        out.color = Color::always;
    } else if (when == "never") {
        out.color = Color::never;
    } else if (when != "auto") {
        return std::unexpected("--color: '" + when + "' is not auto, always or never");
    }
    return {};
}

std::expected<void, std::string> read_fail_on(const po::variables_map& map, Options& out) {
    if (!map.contains("fail-on")) return {};
    const auto& severity = map["fail-on"].as<std::string>();
    if (severity == "critical") {
        out.fail_on = check::Severity::critical;
    } else if (severity == "never") {
        out.fail_on.reset();
    } else if (severity != "warning") {
        return std::unexpected("--fail-on: '" + severity + "' is not warning, critical or never");
    }
    return {};
}

std::expected<void, std::string> read_ends(const po::variables_map& map, const char* name,
                                           std::vector<decode::EndFilter>& out) {
    if (!map.contains(name)) return {};
    for (const auto& text : map[name].as<Texts>()) {
        const auto filter = decode::parse_end_filter(text);
        if (!filter)
            return std::unexpected(std::string{"--"} + name + ": '" + text +
                                   "' is not an address, ADDRESS:PORT or :PORT");
        out.push_back(*filter);
    }
    return {};
}

std::expected<void, std::string> read_selection(const po::variables_map& map, Options& out) {
    auto& selection = out.settings.selection;
    if (auto ok = read_ends(map, "client", selection.clients); !ok) return ok;
    if (auto ok = read_ends(map, "host", selection.hosts); !ok) return ok;
    if (map.contains("cmid")) {
        for (const auto& text : map["cmid"].as<Texts>()) {
            const auto id = Uuid::parse(text);
            if (!id)
                return std::unexpected("--cmid: '" + text +
                                       "' is not a GUID like 55c92734-d682-4d71-983e-d6ec3f16059f");
            selection.client_machine_ids.push_back(*id);
        }
    }
    if (map.contains("outcome")) {
        for (const auto& text : map["outcome"].as<Texts>()) {
            const auto outcome = check::parse_outcome(text);
            if (!outcome) return std::unexpected("--outcome: '" + text + "' is no outcome; --outcome list names them");
            selection.outcomes.push_back(*outcome);
        }
    }
    return {};
}

// A whole number; boost's own conversion would take -1 for 65535.
std::expected<std::optional<std::uint64_t>, std::string> number_of(const po::variables_map& map, const char* name,
                                                                   std::uint64_t low, std::uint64_t high) {
    if (!map.contains(name)) return std::nullopt;
    const auto& text = map[name].as<std::string>();
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc{} && end == text.data() + text.size() && value >= low && value <= high) return value;
    if (high == UINT64_MAX)
        return std::unexpected(fmt::format("--{}: '{}' is not a number from {} on", name, text, low));
    return std::unexpected(fmt::format("--{}: '{}' is not a number from {} to {}", name, text, low, high));
}

std::expected<void, std::string> read_input(const po::variables_map& map, Options& out) {
    if (map.contains("file")) out.files = map["file"].as<Texts>();
    if (map.contains("interface")) out.interface = map["interface"].as<std::string>();
    if (map.contains("filter")) out.filter = map["filter"].as<std::string>();
    if (map.contains("keys")) out.keys_file = map["keys"].as<std::string>();
    if (map.contains("write")) out.write_file = map["write"].as<std::string>();
    const auto count = number_of(map, "count", 1, UINT64_MAX);
    const auto snaplen = number_of(map, "snaplen", 64, 262'144);
    const auto port = number_of(map, "port", 1, 65'535);
    for (const auto* number : {&count, &snaplen, &port})
        if (!*number) return std::unexpected(number->error());
    out.packet_limit = *count;
    if (*snaplen) out.snapshot_size = static_cast<std::uint32_t>(**snaplen);
    if (*port) out.settings.kms_port = static_cast<std::uint16_t>(**port);
    if (map.contains("duration")) {
        out.time_limit = map["duration"].as<double>();
        constexpr double longest = 1e9;  // seconds: 31 years
        if (!(*out.time_limit > 0 && *out.time_limit <= longest)) {
            return std::unexpected("--duration: seconds, more than 0 and at most 1000000000");
        }
    }
    if (std::count(out.files.begin(), out.files.end(), "-") > 1)
        return std::unexpected("'-' is given more than once: standard input can be read only once");
    if (out.write_file == "") return std::unexpected("-w: give the name of a file");
    if (out.write_file == "-") return std::unexpected("-w -: standard output is for the results, give a file");
    if (out.interface && !out.files.empty()) return std::unexpected("give capture files or -i INTERFACE, not both");
    if (!out.interface && out.files.empty())
        return std::unexpected("no input: give a capture file, '-' or -i INTERFACE (--help explains)");
    for (const char* live : {"duration", "snaplen", "promiscuous"})
        if (!out.interface && map.contains(live))
            return std::unexpected(fmt::format("--{} goes with -i INTERFACE", live));
    return {};
}

std::expected<Options, std::string> parse(int argc, const char* const* argv) {
    po::options_description all = visible_options();
    all.add_options()("file", po::value<Texts>());
    po::positional_options_description positional;
    positional.add("file", -1);
    po::variables_map map;
    try {
        using Style = po::command_line_style::style_t;
        const int style = Style::unix_style & ~Style::allow_guessing;
        po::store(po::command_line_parser(argc, argv).options(all).positional(positional).style(style).run(), map);
        po::notify(map);
    } catch (const po::error& error) {
        return std::unexpected(error.what());
    }
    Options out;
    out.help = map.contains("help");
    out.version = map.contains("version");
    out.outcome_list = map.contains("outcome") && map["outcome"].as<Texts>() == Texts{"list"};
    if (out.help || out.version || out.outcome_list) return out;
    out.promiscuous = map.contains("promiscuous");
    out.settings.statistics = map.contains("stats");
    out.settings.quiet = map.contains("quiet");
    out.settings.verbose = map.contains("verbose");
    for (auto* read : {read_format, read_color, read_fail_on, read_selection, read_input}) {
        if (auto ok = read(map, out); !ok) return std::unexpected(ok.error());
    }
    return out;
}

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) {
    auto options = parse(argc, argv);
    // Errors quote what was typed, or what a script made of a file name: no control character goes to the terminal.
    if (!options) return std::unexpected(escape_for_terminal(options.error()));
    return options;
}

std::string outcome_list() {
    std::string list;
    for (std::size_t i = 0; i < check::outcome_count; ++i) {
        const auto outcome = static_cast<check::Outcome>(i);
        list += fmt::format("{:<32} {}\n", check::name_of(outcome), check::describe(outcome));
    }
    return list;
}

std::string help_text() {
    std::ostringstream text;
    text << "Usage: kms-decode [options] FILE...\n"
            "       kms-decode [options] -            (standard input)\n"
            "       kms-decode [options] -i INTERFACE\n\n"
            "Decodes KMS activation traffic from captures (pcap, pcapng, also .gz and .zst)\n"
            "and says what went wrong: who asked whom for which product, what the host\n"
            "answered, and where a conversation stopped.\n"
         << visible_options()
         << "\nExit status: 0 nothing wrong, 1 warnings, 2 critical findings, 3 could not work.\n\n"
            "Examples:\n"
            "  kms-decode client.pcapng               every conversation, then the summary\n"
            "  kms-decode --summary *.pcap.gz         the table over many captures\n"
            "  kms-decode --json in.pcap | jq .outcome\n"
            "  kms-decode --outcome refused_by_rst -w refused.pcap big.pcap\n"
            "  kms-decode -i eth0 -f 'host 192.0.2.10'\n\n"
            "The toolkit contains no genuine KMS keys: bodies of version 5 and 6 messages of\n"
            "genuine clients stay closed, everything else is shown (see --keys).\n";
    return text.str();
}

}  // namespace diag::tool

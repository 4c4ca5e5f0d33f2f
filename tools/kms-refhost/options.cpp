#include "tools/kms-refhost/options.h"

#include <fmt/format.h>

#include <boost/program_options/parsers.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <limits>
#include <sstream>

#include "libdiag/base/utf.h"
#include "libdiag/cli/numbers.h"
#include "libdiag/net/socket_address.h"
#include "tools/kms-refhost/publish_options.h"
#include "tools/kms-refhost/values.h"

namespace diag::refhost {
namespace {

namespace po = cli::po;
using cli::of_option;
using cli::Texts;
using cli::texts_of;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr std::uint16_t kms_port = 1688;

// What may also stand in a configuration file.
void add_settings(po::options_description& all) {
    po::options_description serve{"Where and for whom", cli::help_width, cli::help_column};
    auto add_serve = serve.add_options();
    add_serve("listen", cli::texts_value("ADDR:PORT"), "listen here (repeatable; default 127.0.0.1:1688)");
    add_serve("state", cli::text_value("FILE"), "keep the client list in this file; without it, in memory");
    add_serve("max-connections", cli::text_value("N"),
              "open connections in all; beyond, the longest idle is closed (16384)");
    add_serve("max-per-peer", cli::text_value("N"), "of one peer; beyond, its longest idle is closed (12000)");
    add_serve("idle-timeout", cli::text_value("SECONDS"), "close a connection without an answer for so long (30)");

    po::options_description host{"What the host is", cli::help_width, cli::help_column};
    auto add_host = host.add_options();
    add_host("build", cli::text_value("N"), "Windows build of the host, in its ePIDs (26100)");
    add_host("lcid", cli::text_value("N"), "locale in its ePIDs (1033)");
    add_host("activation-date", cli::text_value("YYYY-MM-DD"),
             "day of the host's activation, in its ePIDs (2025-01-15)");
    add_host("host-key", cli::texts_value("ID[:NUMBER]"),
             "host key and its number in the ePID (repeatable); 'list' lists all");
    add_host("product", cli::texts_value("NAME"),
             "windows, office or a product's id: takes a host key for it (repeatable)");
    add_host("activation-interval", cli::text_value("MINUTES"), "for clients that are not activated (120)");
    add_host("renewal-interval", cli::text_value("MINUTES"), "for clients that are (10080)");
    add_host("hwid", cli::text_value("HEX"), "hardware id, 16 digits (4B4D532D4C414200)");
    add_host("start-count", cli::text_value("N"), "made-up clients that each application begins with (0)");
    add_host("clock-offset", cli::text_value("TIME"), "run the host's clock ahead: 90, -5h, 31d (0)");

    po::options_description publish{"Registration in DNS (none without --publish)", cli::help_width, cli::help_column};
    add_publish_options(publish);

    po::options_description faults{"How it fails", cli::help_width, cli::help_column};
    faults.add_options()("fault", cli::texts_value("NAME[:ARG][@WHEN]"), "misbehave (repeatable); 'list' lists all");

    po::options_description events{"Events, one a request or registration", cli::help_width, cli::help_column};
    auto add_events = events.add_options();
    add_events("format", cli::text_value("NAME"), "text (default) or json");
    add_events("event-log", cli::text_value("FILE"), "append them to this file instead of standard output");

    all.add(serve).add(host).add(publish).add(faults).add(events);
}

po::options_description visible_options() {
    po::options_description general{"General", cli::help_width, cli::help_column};
    auto add = general.add_options();
    add("config", cli::text_value("FILE"), "options above from a file, 'name = value' a line; the command line wins");
    add("json", "same as --format json");
    cli::add_color(general);
    cli::add_loudness(general, "say nothing but errors; events only to --event-log", "at the end say what there was");
    cli::add_help(general);
    po::options_description all;
    add_settings(all);
    all.add(general);
    return all;
}

// Sets `out` from an option's text if it was given.
template <class T, class Parse> Result read(const po::variables_map& map, const char* name, T& out, Parse parse) {
    if (!map.contains(name)) return {};
    auto value = of_option(name, parse(map[name].as<std::string>()));
    if (!value) return Problem(std::move(value.error()));
    out = static_cast<T>(std::move(*value));
    return {};
}

auto number(std::uint64_t low, std::uint64_t high) {
    return [=](const std::string& text) { return cli::parse_number(text, low, high); };
}

// The first of these that failed.
Result first_problem(std::initializer_list<Result> results) {
    for (const Result& result : results)
        if (!result) return result;
    return {};
}

Result read_listen(const po::variables_map& map, Options& out) {
    for (const std::string& text : texts_of(map, "listen")) {
        auto endpoint = of_option("listen", net::parse_listen_address(text, kms_port));
        if (!endpoint) return Problem(std::move(endpoint.error()));
        out.server.listen.push_back(*endpoint);
    }
    if (out.server.listen.empty()) out.server.listen.push_back(*net::parse_listen_address(":1688", kms_port));
    return {};
}

Result read_limits(const po::variables_map& map, Options& out) {
    constexpr std::uint64_t most = 1'000'000;
    std::uint64_t idle_s = 0;
    auto result = first_problem({read(map, "max-connections", out.server.max_connection_count, number(1, most)),
                                 read(map, "max-per-peer", out.server.max_peer_connection_count, number(1, most)),
                                 read(map, "idle-timeout", idle_s, number(1, 7 * 24 * 3600))});
    if (idle_s != 0) out.server.idle_time = std::chrono::seconds{idle_s};
    return result;
}

Result read_keys(const po::variables_map& map, Options& out) {
    std::vector<session::InstalledKey> keys;
    for (const std::string& text : texts_of(map, "host-key")) {
        auto key = of_option("host-key", parse_host_key(text));
        if (!key) return Problem(std::move(key.error()));
        keys.push_back(std::move(*key));
    }
    for (const std::string& text : texts_of(map, "product")) {
        auto wanted = of_option("product", keys_for_product(text));
        if (!wanted) return Problem(std::move(wanted.error()));
        keys.insert(keys.end(), wanted->begin(), wanted->end());
    }
    if (!keys.empty()) out.host.keys = std::move(keys);
    return {};
}

Result read_intervals(const po::variables_map& map, Options& out) {
    const auto minutes = [](const std::string& text) -> std::expected<std::chrono::minutes, std::string> {
        const auto value = cli::parse_number(text, static_cast<std::uint64_t>(session::min_interval.count()),
                                             static_cast<std::uint64_t>(session::max_interval.count()));
        if (!value) return Problem(value.error() + " (minutes)");
        return std::chrono::minutes{*value};
    };
    return first_problem({read(map, "activation-interval", out.host.activation_interval, minutes),
                          read(map, "renewal-interval", out.host.renewal_interval, minutes)});
}

Result read_host(const po::variables_map& map, Options& out) {
    constexpr std::uint64_t u32 = std::numeric_limits<std::uint32_t>::max();
    if (auto done = first_problem({read(map, "build", out.host.build, number(0, u32)),
                                   read(map, "lcid", out.host.lcid, number(1, 0xFFFF)),
                                   read(map, "activation-date", out.host.activation_date, parse_date),
                                   read(map, "hwid", out.host.hwid, parse_hwid),
                                   read(map, "start-count", out.host.start_count, number(0, u32)),
                                   read(map, "clock-offset", out.host.clock_offset, parse_offset)});
        !done)
        return done;
    if (auto problem = session::find_problem(out.host)) return Problem(escape_for_terminal(*problem));
    return {};
}

Result read_faults(const po::variables_map& map, Options& out) {
    for (const std::string& text : texts_of(map, "fault")) {
        auto fault = of_option("fault", session::parse_fault(text));
        if (!fault) return Problem(fault.error() + " (--fault list)");
        out.faults.push_back(*fault);
    }
    return {};
}

Result read_output(const po::variables_map& map, Options& out) {
    constexpr cli::Format formats[] = {cli::Format::text, cli::Format::json};
    cli::OutputOptions output;
    if (auto done = cli::read_output(map, formats, output); !done) return done;
    out.json = output.format == cli::Format::json;
    out.color = output.color;
    out.quiet = output.loudness.quiet;
    out.verbose = output.loudness.verbose;
    out.state_file = cli::text_of(map, "state");
    out.event_log_file = cli::text_of(map, "event-log");
    for (const auto& [name, path] : {std::pair{"state", &out.state_file}, {"event-log", &out.event_log_file}})
        if (*path && (*path)->empty()) return Problem(fmt::format("--{}: needs the name of a file", name));
    if (out.state_file && out.state_file == out.event_log_file)
        return Problem("--state and --event-log name the same file");
    return {};
}

Result read_config(const std::string& path, po::variables_map& map) {
    std::ifstream file{path};
    if (!file) return Problem(fmt::format("--config: {}: {}", path, std::strerror(errno)));
    try {
        po::options_description settings;
        add_settings(settings);
        po::store(po::parse_config_file(file, settings), map);
    } catch (const po::error& error) {
        return Problem(fmt::format("{}: {}", path, error.what()));
    }
    if (file.bad()) return Problem(fmt::format("--config: {}: cannot be read", path));
    return {};
}

bool asks_for_list(const po::variables_map& map, const char* name) { return texts_of(map, name) == Texts{"list"}; }

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) {
    auto map = cli::parse_command_line(argc, argv, visible_options());
    if (!map) return Problem(map.error());
    Options out;
    out.help = map->contains("help");
    out.version = map->contains("version");
    out.fault_list = asks_for_list(*map, "fault");
    out.host_key_list = asks_for_list(*map, "host-key");
    if (out.help || out.version || out.fault_list || out.host_key_list) return out;
    if (const auto config = cli::text_of(*map, "config"))
        if (auto done = read_config(*config, *map); !done) return Problem(escape_for_terminal(done.error()));
    for (auto* part :
         {read_listen, read_limits, read_keys, read_intervals, read_host, read_publish, read_faults, read_output})
        if (auto done = part(*map, out); !done) return Problem(done.error());
    return out;
}

std::string help_text() {
    std::ostringstream text;
    text << "Usage: kms-refhost [options]\n\n"
            "The reference KMS host: a test double for KMS clients and for the tools of this\n"
            "toolkit. It cannot activate a genuine product: it has the lab key profile only,\n"
            "and nothing gives it another.\n\n"
         << visible_options()
         << "\nExit status: 0 ended in order (SIGTERM, SIGINT), 3 could not work.\n\n"
            "Examples:\n"
            "  kms-refhost --state clients.db --json\n"
            "  kms-refhost --listen [::1]:1688 --build 17763 --host-key ws2019\n"
            "  kms-refhost --fault delay:500@bind --fault bad-hmac@3\n"
            "  kms-refhost --listen 198.51.100.11 --publish lab.test --publish-key kms.key\n";
    return text.str();
}

}  // namespace diag::refhost

#include "tools/kms-probe/options.h"

#include <fmt/format.h>

#include <sstream>

#include "libdiag/base/utf.h"
#include "libdiag/cli/language.h"
#include "libdiag/cli/numbers.h"
#include "libdiag/cli/request_options.h"

namespace diag::probe_tool {
namespace {

namespace po = cli::po;
using namespace std::chrono_literals;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr cli::Format formats[] = {cli::Format::text, cli::Format::json, cli::Format::nagios, cli::Format::junit};
constexpr const char* positional = "host";

po::options_description visible_options() {
    po::options_description what{"What to try (the default is a bind, which no host counts)", cli::help_width,
                                 cli::help_column};
    auto add_what = what.add_options();
    add_what("request", "send a request as well; adds one client to the host's count for 30 days");
    add_what("epm", "also the endpoint mapper on TCP 135: is the machine there at all?");
    add_what("mtu", "also binds of growing size: are large packets lost on the way?");
    add_what("count,c", cli::text_value("N"), "attempts, one after the other (1); 0: until Ctrl-C");
    add_what("interval,i", cli::text_value("SECONDS"), "from one attempt to the next (1)");

    po::options_description where{"Where", cli::help_width, cli::help_column};
    auto add_where = where.add_options();
    add_where("targets", cli::text_value("FILE"), "more targets, one a line, # begins a comment; - is standard input");
    add_where("domain", cli::text_value("NAME"), "without targets: look for hosts in this DNS domain (this machine's)");
    add_where("server", cli::texts_value("ADDR[:PORT]"),
              "ask this DNS server (those of this machine); the next if it fails");
    add_where("port,p", cli::text_value("N"), "port of targets that name none (1688)");
    add_where("ipv4,4", "IPv4 addresses of names only");
    add_where("ipv6,6", "IPv6 addresses of names only");
    add_where("timeout", cli::text_value("SECONDS"), "of each stage: look-up, connect, bind, request (5)");
    add_where("concurrency", cli::text_value("N"), "conversations at once (64)");
    add_where("rate", cli::text_value("N"), "new connections a second (100); 0: as fast as it goes");

    po::options_description request{"What the client of --request says of itself", cli::help_width, cli::help_column};
    cli::add_request_options(request);
    request.add_options()("keys", cli::text_value("FILE"), "a key profile of your own (the lab profile)");

    po::options_description general{"General", cli::help_width, cli::help_column};
    cli::add_format(general, formats);
    cli::add_loudness(general, "only targets with a warning or worse", "every cause and remedy, more of each stage");
    cli::add_language(general);
    cli::add_color(general);
    cli::add_fail_on(general);
    general.add_options()("list-products", "the products that --product knows");
    cli::add_help(general);

    po::options_description all;
    all.add(what).add(where).add(request).add(general);
    return all;
}

Result read_settings(const po::variables_map& map, Options& out) {
    constexpr std::uint64_t most = 1'000'000;
    constexpr auto longest = 3'600'000ms;
    for (const Result& result : {cli::read_number(map, "port", 1, 65'535, out.port),
                                 cli::read_number(map, "count", 0, most * 1000, out.settings.round_count),
                                 cli::read_number(map, "concurrency", 1, most, out.settings.concurrency),
                                 cli::read_number(map, "rate", 0, most, out.settings.rate),
                                 cli::read_seconds(map, "timeout", 10ms, longest, out.settings.timeout),
                                 cli::read_seconds(map, "interval", 1ms, longest, out.settings.interval),
                                 cli::read_families(map, out.settings.v4, out.settings.v6),
                                 cli::read_each(map, "server", probe::parse_server, out.settings.dns_servers)})
        if (!result) return result;
    out.settings.mapper = map.contains("epm");
    out.settings.sizes = map.contains("mtu");
    return {};
}

// Where nobody names a target DNS does.
Result read_search(const po::variables_map& map, Options& out) {
    const auto domain = cli::text_of(map, "domain");
    const bool is_named = !out.targets.empty() || out.target_file;
    if (domain && is_named) return Problem("--domain is for searching hosts: leave out the targets, or --domain");
    if (is_named) return {};
    if (map.contains("port")) return Problem("--port is for targets that are named: of hosts in DNS the record has it");
    out.discovery.emplace();
    out.discovery->servers = out.settings.dns_servers;
    out.discovery->timeout = out.settings.timeout;
    if (!domain) return {};
    auto name = cli::of_option("domain", session::parse_domain(*domain));
    if (!name) return Problem(name.error());
    out.discovery->domain = std::move(*name);
    return {};
}

Result read_targets(const po::variables_map& map, Options& out) {
    for (const std::string& text : cli::texts_of(map, positional)) {
        auto targets = probe::parse_targets(text, out.port);
        if (!targets) return Problem(escape_for_terminal(targets.error()));
        for (probe::Target& target : *targets) out.targets.push_back(std::move(target));
        if (out.targets.size() > probe::max_target_count)
            return Problem(fmt::format("more than {} targets", probe::max_target_count));
    }
    out.target_file = cli::text_of(map, "targets");
    return read_search(map, out);
}

Result read_request(const po::variables_map& map, Options& out) {
    out.keys_file = cli::text_of(map, "keys");
    auto settings = cli::request_settings_of(map);
    if (!settings) return Problem(settings.error());
    if (map.contains("request")) {
        out.request = std::move(*settings);
        return {};
    }
    for (const char* name : {"product", "protocol", "license-status", "grace-minutes", "workstation", "vm", "cmid",
                             "previous-cmid", "keys"})
        if (map.contains(name)) return Problem(fmt::format("--{} goes with --request", name));
    return {};
}

Result read_output(const po::variables_map& map, Options& out) {
    if (auto done = cli::read_output(map, formats, out); !done) return done;
    const bool whole_document = out.format == cli::Format::nagios || out.format == cli::Format::junit;
    if (whole_document && out.settings.round_count == 0)
        return Problem(fmt::format("--count 0 never ends, and --format {} is printed at the end", name_of(out.format)));
    return {};
}

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) {
    const auto map = cli::parse_command_line(argc, argv, visible_options(), positional);
    if (!map) return Problem(map.error());
    Options out;
    out.help = map->contains("help");
    out.version = map->contains("version");
    out.product_list = map->contains("list-products");
    if (out.help || out.version || out.product_list) return out;
    for (auto* read : {read_settings, read_targets, read_request, read_output})
        if (auto done = read(*map, out); !done) return Problem(done.error());
    return out;
}

std::string help_text() {
    std::ostringstream text;
    text << "Usage: kms-probe [options] HOST[:PORT]|ADDRESS/BITS...\n"
            "       kms-probe [options] [--domain NAME]\n\n"
            "Can this machine reach a KMS host over RPC, and where does it stop? Looks the\n"
            "name up, connects, and binds to the KMS interface as a Windows client does; says\n"
            "what the client would show and who has to change what. Without a target it\n"
            "searches DNS as a client does, and tries every host that is published.\n"
         << visible_options()
         << "\nExit status: 0 nothing wrong, 1 warnings, 2 critical findings, 3 could not work.\n\n"
            "Examples:\n"
            "  kms-probe kms.example.com            name, TCP, RPC, KMS: where does it stop?\n"
            "  kms-probe --domain example.com       every host that this domain publishes\n"
            "  kms-probe --epm --mtu 192.0.2.10     is the machine there? are packets lost?\n"
            "  kms-probe -c 100 kms.example.com     loss and latency, as ping has them\n"
            "  kms-probe --json --targets hosts.txt | jq -r 'select(.finding) | .target'\n"
            "  kms-probe --format nagios kms.example.com\n";
    return text.str();
}

}  // namespace diag::probe_tool

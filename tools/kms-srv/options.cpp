#include "tools/kms-srv/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "libdiag/base/utf.h"
#include "libdiag/cli/language.h"
#include "libdiag/cli/numbers.h"
#include "libdiag/probe/targets.h"
#include "libdiag/proto/dns/domain_name.h"
#include "libdiag/srv/update_run.h"

namespace diag::srv_tool {
namespace {

namespace po = cli::po;
using namespace std::chrono_literals;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr cli::Format formats[] = {cli::Format::text, cli::Format::json, cli::Format::nagios, cli::Format::junit};
constexpr const char* positional = "word";
constexpr std::size_t max_domain_count = 1'000'000;

po::options_description visible_options() {
    po::options_description whom{"Whom to ask", cli::help_width, cli::help_column};
    auto add_whom = whom.add_options();
    add_whom("server", cli::texts_value("ADDR[:PORT]"),
             "ask this DNS server (those of this machine); several are compared");
    add_whom("norecurse", "ask without recursion, as among name servers");
    add_whom("ipv4,4", "look up IPv4 addresses of hosts only");
    add_whom("ipv6,6", "look up IPv6 addresses of hosts only");
    add_whom("timeout", cli::text_value("SECONDS"), "of one question, its repetition included (5)");
    add_whom("targets", cli::text_value("FILE"), "more domains, one a line, # begins a comment; - is standard input");
    add_whom("concurrency", cli::text_value("N"), "domains at once (64)");
    add_whom("rate", cli::text_value("N"), "questions a second (200); 0: as fast as it goes");

    po::options_description client{"The client whose view is wanted (this machine, without DOMAIN)", cli::help_width,
                                   cli::help_column};
    auto add_client = client.add_options();
    add_client("primary-suffix", cli::text_value("DOMAIN"), "its primary DNS suffix");
    add_client("suffix-list", cli::text_value("A,B,C"), "its DNS suffix search list");
    add_client("dhcp-domain", cli::text_value("DOMAIN"), "the domain that DHCP gives it");
    add_client("workgroup", "it is no member of a domain, so that the DHCP domain counts");
    add_client("skms-domain", cli::text_value("DOMAIN"), "slmgr /skms-domain was set: only this domain is asked");
    add_client("from-ipconfig", cli::text_value("FILE"), "all that from a saved ipconfig /all; - is standard input");
    add_client("explain", "say why each domain is asked, and what is an assumption");

    po::options_description what{"What to check", cli::help_width, cli::help_column};
    auto add_what = what.add_options();
    add_what("expect", cli::texts_value("HOST[:PORT]"),
             "an authorised host (repeatable): others are reported, missing ones too");
    add_what("policy", cli::text_value("FILE"), "authorised hosts, one a line");
    add_what("authoritative", "ask the name servers of the zone, each without recursion");
    add_what("update-check", "can updates get to the zone's primary? (run it on the KMS host; changes nothing)");
    add_what("update-test", cli::text_value("NAME"),
             "would an unsigned update below NAME be done? Sends the zone's primary updates that change nothing");
    add_what("events", cli::text_value("FILE"),
             "event log of a KMS host (EVTX, XML, CSV, text): set its publication beside DNS");
    add_what("reach", "probe each published host up to the RPC bind, which no host counts");
    add_what("watch", cli::text_value("SECONDS"), "repeat, and print a domain again only when something changed");
    add_what("simulate", cli::text_value("N"), "draw the first choice of N clients");
    add_what("fast", "only the record and its addresses: no misspelt names, other domains, wildcard");

    po::options_description general{"General", cli::help_width, cli::help_column};
    cli::add_format(general, formats);
    cli::add_loudness(general, "only domains with a warning or worse", "every question, cause and remedy");
    cli::add_language(general);
    cli::add_color(general);
    cli::add_fail_on(general);
    cli::add_help(general);

    po::options_description all;
    all.add(whom).add(client).add(what).add(general);
    return all;
}

std::expected<check::ExpectedHost, std::string> parse_expected(std::string_view text) {
    constexpr std::uint16_t any = 1;
    const auto targets = probe::parse_targets(text, any);
    if (!targets) return Problem(targets.error());
    if (targets->size() != 1 || targets->front().address)
        return Problem(fmt::format("'{}': a published host has a name", text));
    const bool has_port = text.find(':') != std::string_view::npos;
    check::ExpectedHost host{.name = targets->front().host, .port = {}};
    if (host.name.ends_with('.')) host.name.pop_back();
    if (has_port) host.port = targets->front().port;
    return host;
}

Result read_servers(const po::variables_map& map, Options& out) {
    auto& servers = out.settings.check.servers;
    if (auto done = cli::read_each(map, "server", probe::parse_server, servers); !done) return done;
    out.settings.check.every_server = servers.size() > 1;
    out.settings.check.servers_given = !servers.empty();
    return {};
}

Result read_settings(const po::variables_map& map, Options& out) {
    constexpr std::uint64_t most = 1'000'000;
    out.settings.rate = 200;
    for (const Result& result : {cli::read_number(map, "concurrency", 1, most, out.settings.concurrency),
                                 cli::read_number(map, "rate", 0, most, out.settings.rate),
                                 cli::read_number(map, "simulate", 1, most, out.settings.simulated_count),
                                 cli::read_seconds(map, "timeout", 10ms, 3'600'000ms, out.settings.timeout),
                                 cli::read_families(map, out.settings.check.v4, out.settings.check.v6)})
        if (!result) return result;
    out.settings.check.extras = !map.contains("fast");
    out.settings.check.recursion_desired = !map.contains("norecurse");
    out.settings.reach = map.contains("reach");
    out.settings.authoritative = map.contains("authoritative");
    out.settings.update_path = map.contains("update-check");
    return {};
}

Result read_domains(const po::variables_map& map, Options& out) {
    for (const std::string& text : cli::texts_of(map, positional)) {
        auto domain = session::parse_domain(text);
        if (!domain) return Problem(escape_for_terminal(domain.error()));
        out.domains.push_back(std::move(*domain));
    }
    out.target_file = cli::text_of(map, "targets");
    return {};
}

Result read_client(const po::variables_map& map, Options& out) {
    session::ClientDns client;
    bool given = false;
    const auto read = [&](const char* name, auto take) -> Result {
        const auto text = cli::text_of(map, name);
        if (!text) return {};
        given = true;
        const auto domain = cli::of_option(name, session::parse_domain(*text));
        if (!domain) return Problem(domain.error());
        take(*domain);
        return {};
    };
    for (const Result& result : {read("primary-suffix", [&](const std::string& d) { client.primary_suffix = d; }),
                                 read("dhcp-domain", [&](const std::string& d) { client.dhcp_domain = d; }),
                                 read("skms-domain", [&](const std::string& d) { client.lookup_domain = d; })})
        if (!result) return result;
    if (const auto list = cli::text_of(map, "suffix-list")) {
        given = true;
        for (std::size_t at = 0; at <= list->size();) {
            const std::size_t end = std::min(list->find(',', at), list->size());
            const auto domain = cli::of_option("suffix-list", session::parse_domain(list->substr(at, end - at)));
            if (!domain) return Problem(domain.error());
            client.search_list.push_back(*domain);
            at = end + 1;
        }
    }
    client.is_workgroup = map.contains("workgroup");
    out.explain = map.contains("explain");
    out.ipconfig_file = cli::text_of(map, "from-ipconfig");
    out.event_file = cli::text_of(map, "events");
    given = given || client.is_workgroup;
    if (given && out.ipconfig_file)
        return Problem("--from-ipconfig has the suffixes: leave out the other options about the client");
    if ((given || out.ipconfig_file) && (!out.domains.empty() || out.target_file))
        return Problem("the options about a client ask its domains: leave out DOMAIN and --targets");
    if (given) out.client = std::move(client);
    return {};
}

// Sent once and to order: not to whatever a client would ask, and not again and again.
Result read_update_test(const po::variables_map& map, Options& out) {
    const auto text = cli::text_of(map, "update-test");
    if (!text) return {};
    const auto given = cli::of_option("update-test", session::parse_dns_name(*text));
    if (!given) return Problem(given.error());
    const dns::DomainName name = *dns::DomainName::parse(*given);
    const auto no_randomness = [](std::span<std::uint8_t> bytes) { std::ranges::fill(bytes, std::uint8_t{0}); };
    if (!session::unused_name_below(name, no_randomness))
        return Problem(cli::option_problem("update-test", "the name is too long for a label in front of it"));
    if (out.client || out.ipconfig_file)
        return Problem("--update-test tests the zone of its NAME: leave out the options about a client");
    if (map.contains("watch")) return Problem("--update-test sends updates: not again and again, leave out --watch");
    out.settings.update_test = name;
    return {};
}

Result read_policy(const po::variables_map& map, Options& out) {
    if (auto done = cli::read_each(map, "expect", parse_expected, out.settings.expected); !done) return done;
    out.policy_file = cli::text_of(map, "policy");
    return {};
}

Result read_output(const po::variables_map& map, Options& out) {
    if (auto done = cli::read_output(map, formats, out); !done) return done;
    const auto watch = cli::seconds_of(map, "watch", 100ms, 86'400'000ms);
    if (!watch) return Problem(watch.error());
    out.watch = *watch;
    const bool whole_document = out.format == cli::Format::nagios || out.format == cli::Format::junit;
    if (out.watch && whole_document)
        return Problem(fmt::format("--watch never ends, and --format {} is printed at the end", name_of(out.format)));
    return {};
}

// Calls `take` for each line that is not empty without its comment.
template <class Take> Result for_each_line(std::string_view text, Take take) {
    for (std::size_t line = 1; !text.empty(); ++line) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        std::string_view entry = text.substr(0, std::min(text.find('#'), end));
        text.remove_prefix(std::min(end + 1, text.size()));
        const std::size_t first = entry.find_first_not_of(" \t\r");
        if (first == std::string_view::npos) continue;
        entry = entry.substr(first, entry.find_last_not_of(" \t\r") - first + 1);
        if (auto done = take(entry); !done) return Problem(fmt::format("line {}: {}", line, done.error()));
    }
    return {};
}

}  // namespace

std::expected<std::vector<std::string>, std::string> parse_domains(std::string_view text) {
    std::vector<std::string> domains;
    const auto done = for_each_line(text, [&](std::string_view entry) -> Result {
        auto domain = session::parse_domain(entry);
        if (!domain) return Problem(domain.error());
        if (domains.size() == max_domain_count) return Problem(fmt::format("more than {} domains", max_domain_count));
        domains.push_back(std::move(*domain));
        return {};
    });
    if (!done) return Problem(done.error());
    return domains;
}

std::expected<std::vector<check::ExpectedHost>, std::string> parse_policy(std::string_view text) {
    std::vector<check::ExpectedHost> hosts;
    const auto done = for_each_line(text, [&](std::string_view entry) -> Result {
        auto host = parse_expected(entry);
        if (!host) return Problem(host.error());
        hosts.push_back(std::move(*host));
        return {};
    });
    if (!done) return Problem(done.error());
    return hosts;
}

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) {
    const auto map = cli::parse_command_line(argc, argv, visible_options(), positional);
    if (!map) return Problem(map.error());
    Options out;
    out.help = map->contains("help");
    out.version = map->contains("version");
    if (out.help || out.version) return out;
    for (auto* read :
         {read_servers, read_settings, read_domains, read_client, read_update_test, read_policy, read_output})
        if (auto done = read(*map, out); !done) return Problem(done.error());
    return out;
}

std::string help_text() {
    std::ostringstream text;
    text << "Usage: kms-srv [options] [DOMAIN]...\n\n"
            "Is the KMS host published in DNS, would a client find it, and is what is\n"
            "published right? Asks for _vlmcs._tcp.DOMAIN and the addresses of each host.\n"
            "Without DOMAIN it asks for those of this machine: of its name, then resolv.conf.\n"
         << visible_options()
         << "\nExit status: 0 nothing wrong, 1 warnings, 2 critical findings, 3 could not work.\n\n"
            "Examples:\n"
            "  kms-srv example.com\n"
            "  kms-srv --server 192.0.2.53 --server 198.51.100.53 example.com\n"
            "      compares the two\n"
            "  kms-srv --from-ipconfig ipconfig.txt --server 192.0.2.53\n"
            "      as that client sees it\n"
            "  kms-srv --expect kms1.example.com:1688 --reach example.com\n"
            "  kms-srv --update-test _vlmcs._tcp.example.com\n"
            "  kms-srv --events KMS-host.evtx --authoritative example.com\n"
            "  kms-srv --fast --json --targets domains.txt | jq -r 'select(.finding)'\n";
    return text.str();
}

}  // namespace diag::srv_tool

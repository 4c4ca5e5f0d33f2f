#include "tools/kms-check/options.h"

#include <fmt/format.h>

#include <sstream>

#include "libdiag/base/utf.h"
#include "libdiag/cli/language.h"
#include "libdiag/cli/numbers.h"
#include "libdiag/cli/request_options.h"

namespace diag::check_tool {
namespace {

namespace po = cli::po;
using namespace std::chrono_literals;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr cli::Format formats[] = {cli::Format::text, cli::Format::json, cli::Format::nagios, cli::Format::junit};
constexpr const char* positional = "word";
constexpr std::uint16_t kms_port = 1688;

po::options_description visible_options() {
    po::options_description where{"Where", cli::help_width, cli::help_column};
    auto add_where = where.add_options();
    add_where("domain", cli::text_value("NAME"), "without HOST: look in this DNS domain (this machine's)");
    add_where("server", cli::texts_value("ADDR[:PORT]"),
              "ask this DNS server (those of this machine); the next if it fails");
    add_where("ipv4,4", "IPv4 addresses of names only");
    add_where("ipv6,6", "IPv6 addresses of names only");
    add_where("timeout", cli::text_value("SECONDS"), "of each stage: look-up, connect, bind, request (5)");
    add_where("from", cli::text_value("FILE"), "judge saved output of slmgr, ospp.vbs or PowerShell (- for stdin)");

    po::options_description request{"What the client says of itself", cli::help_width, cli::help_column};
    cli::add_request_options(request);
    request.add_options()("keys", cli::text_value("FILE"), "a key profile of your own (the lab profile)");

    po::options_description general{"General", cli::help_width, cli::help_column};
    cli::add_format(general, formats);
    cli::add_loudness(general, "no report, unless there is a warning or worse",
                      "every cause and remedy; with dlv also the exchange");
    cli::add_language(general);
    cli::add_color(general);
    cli::add_fail_on(general);
    general.add_options()("list-products",
                          "the products that --product knows: activation id, protocol versions, clients needed, name");
    cli::add_help(general);

    po::options_description all;
    all.add(where).add(request).add(general);
    return all;
}

Result read_words(const po::variables_map& map, Options& out) {
    const cli::Texts& words = cli::texts_of(map, positional);
    if (words.empty()) return Problem("which check? give ato or dlv (--help explains)");
    if (words[0] == "dlv") {
        out.command = Command::dlv;
    } else if (words[0] != "ato") {
        return Problem(fmt::format("{} is no check: give ato or dlv", cli::quoted(words[0])));
    }
    if (words.size() > 2)
        return Problem(fmt::format("{}: one host at a time; kms-probe takes many", cli::quoted(words[2])));
    if (words.size() < 2) return {};
    const auto targets = probe::parse_targets(words[1], kms_port);
    if (!targets) return Problem(escape_for_terminal(targets.error()));
    if (targets->size() != 1)
        return Problem(fmt::format("{}: one host at a time; kms-probe takes blocks", cli::quoted(words[1])));
    out.settings.host = targets->front();
    return {};
}

// A file is not asked: what shapes a request would be without effect. DNS is, for comparison, where a domain is given.
Result check_from(const po::variables_map& map, const Options& out) {
    if (!out.from) return {};
    if (out.settings.host) return Problem("--from judges a file: leave out HOST");
    for (const char* name : {"product", "protocol", "license-status", "grace-minutes", "workstation", "vm", "cmid",
                             "previous-cmid", "keys"}) {
        if (map.contains(name)) return Problem(fmt::format("--from judges a file: leave out --{}", name));
    }
    if (map.contains("domain")) return {};
    for (const char* name : {"server", "ipv4", "ipv6", "timeout"}) {
        if (map.contains(name))
            return Problem(
                fmt::format("--from judges a file: leave out --{}, or add --domain to compare with DNS", name));
    }
    return {};
}

Result read_domain(const po::variables_map& map, Options& out) {
    const auto text = cli::text_of(map, "domain");
    if (!text) return {};
    if (out.settings.host) return Problem("--domain is for searching a host: leave out HOST, or --domain");
    auto domain = cli::of_option("domain", session::parse_domain(*text));
    if (!domain) return Problem(domain.error());
    out.settings.discovery.domain = std::move(*domain);
    return {};
}

Result read_where(const po::variables_map& map, Options& out) {
    auto& discovery = out.settings.discovery;
    out.from = cli::text_of(map, "from");
    if (auto fits = check_from(map, out); !fits) return fits;
    for (const Result& result :
         {read_domain(map, out), cli::read_each(map, "server", probe::parse_server, discovery.servers),
          cli::read_seconds(map, "timeout", 10ms, 3'600'000ms, out.settings.timeout),
          cli::read_families(map, out.settings.v4, out.settings.v6)})
        if (!result) return result;
    discovery.timeout = out.settings.timeout;
    return {};
}

Result read_client(const po::variables_map& map, Options& out) {
    auto settings = cli::request_settings_of(map);
    if (!settings) return Problem(settings.error());
    out.client = std::move(*settings);
    out.keys_file = cli::text_of(map, "keys");
    return {};
}

Result read_output(const po::variables_map& map, Options& out) { return cli::read_output(map, formats, out); }

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) {
    const auto map = cli::parse_command_line(argc, argv, visible_options(), positional);
    if (!map) return Problem(map.error());
    Options out;
    out.help = map->contains("help");
    out.version = map->contains("version");
    out.product_list = map->contains("list-products");
    if (out.help || out.version || out.product_list) return out;
    for (auto* read : {read_words, read_where, read_client, read_output})
        if (auto done = read(*map, out); !done) return Problem(done.error());
    return out;
}

std::string help_text() {
    std::ostringstream text;
    text << "Usage: kms-check ato [options] [HOST[:PORT]]\n"
            "       kms-check dlv [options] [HOST[:PORT]]\n"
            "       kms-check ato|dlv --from FILE [--domain NAME [--server ADDR[:PORT]]]\n\n"
            "Does on the wire what slmgr /ato does on a Windows client, and prints each step,\n"
            "each check of the answer, and what slmgr /ato or /dlv would print. Without HOST\n"
            "it searches DNS as a client does. Each host is sent one request, until one\n"
            "answers, always with the same client machine id: a host counts it as one client\n"
            "for 30 days.\n\n"
            "With --from it reads what somebody saved instead: slmgr /dlv, /dli, /ato, /xpr,\n"
            "ospp.vbs /dstatus, or the objects of PowerShell as JSON, in any language. Only\n"
            "with --domain is anybody asked: DNS, for the hosts that it publishes now.\n"
         << visible_options()
         << "\nExit status: 0 nothing wrong, 1 warnings (also a count that is still too low),\n"
            "2 critical findings, 3 could not work.\n\n"
            "Examples:\n"
            "  kms-check ato kms.example.com\n"
            "  kms-check ato --domain example.com --product 'windows server 2022 standard'\n"
            "  kms-check dlv kms.example.com\n"
            "  kms-check dlv --from dlv.txt\n"
            "  kms-check dlv --from dlv.txt --domain example.com --server 192.0.2.53\n\n"
            "The toolkit contains no genuine KMS keys. A genuine host cannot read its request\n"
            "and says so: then name, network, RPC and the service are fine (see --keys).\n";
    return text.str();
}

}  // namespace diag::check_tool

#include "tools/kms-decode/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "libdiag/cli/language.h"
#include "libdiag/cli/numbers.h"

namespace diag::tool {
namespace {

namespace po = cli::po;
using cli::Texts;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr cli::Format formats[] = {cli::Format::text, cli::Format::json};

po::options_description visible_options() {
    po::options_description what{"What to print", cli::help_width, cli::help_column};
    cli::add_format(what, formats);
    auto add_what = what.add_options();
    add_what("summary", "only the table over all captures");
    add_what("tree", "the field tree of each PDU, with byte ranges");
    add_what("clients", "each client and host over all captures, at the end");
    add_what("stats", "packets, bytes and throughput as well");
    cli::add_loudness(what, "only conversations with a warning or worse",
                      "every cause and remedy of a finding, every check");
    cli::add_language(what);
    cli::add_color(what);

    po::options_description which{"Which conversations (repeatable; values of one option are alternatives)",
                                  cli::help_width, cli::help_column};
    auto add_which = which.add_options();
    add_which("client", cli::texts_value("ADDR[:PORT]"), "this client");
    add_which("host", cli::texts_value("ADDR[:PORT]"), "this KMS host");
    add_which("cmid", cli::texts_value("GUID"), "this client machine id");
    add_which("outcome", cli::texts_value("NAME"), "this outcome; --outcome list names them");
    add_which("write,w", cli::text_value("FILE"),
              "write their packets to a new capture; FILE.pcapng is annotated for Wireshark");

    po::options_description sharing{"To hand results to others", cli::help_width, cli::help_column};
    auto add_sharing = sharing.add_options();
    add_sharing("redact",
                "pseudonyms for names, addresses and ids, in reports and in what -w writes; all else is left out");
    add_sharing("redact-key", cli::text_value("FILE"),
                "any file; with the same one the pseudonyms are the same each time");

    po::options_description input{"Input", cli::help_width, cli::help_column};
    auto add_input = input.add_options();
    add_input("events", cli::texts_value("FILE"),
              "an exported event log of a client or a KMS host, to join with the captures (repeatable; event logs may "
              "also follow as words)");
    add_input("saved", cli::texts_value("FILE"),
              "saved output of slmgr, ospp.vbs or PowerShell of a client or a KMS host (repeatable)");
    add_input("interface,i", cli::text_value("NAME"), "capture live on this interface");
    add_input("filter,f", cli::text_value("BPF"), "only packets that match, as tcpdump filters");
    add_input("count", cli::text_value("N"), "stop after N packets");
    add_input("duration", cli::text_value("SECONDS"), "live: stop after this time");
    add_input("snaplen", cli::text_value("BYTES"), "live: bytes kept of each packet (262144)");
    add_input("promiscuous", "live: promiscuous mode");
    add_input("port", cli::text_value("N"), "the KMS port where no bind was captured (1688)");
    add_input("keys", cli::text_value("FILE"), "a key profile of your own, for protected bodies");

    po::options_description general{"General", cli::help_width, cli::help_column};
    cli::add_fail_on(general);
    cli::add_help(general);

    po::options_description all;
    all.add(what).add(which).add(sharing).add(input).add(general);
    return all;
}

Result read_output(const po::variables_map& map, Options& out) {
    cli::OutputOptions output;
    if (auto done = cli::read_output(map, formats, output); !done) return done;
    out.color = output.color;
    out.fail_on = output.fail_on;
    out.language = output.language;
    out.settings.quiet = output.loudness.quiet;
    out.settings.verbose = output.loudness.verbose;
    using decode::Detail;
    Detail& detail = out.settings.detail;
    if (output.format == cli::Format::json) detail = Detail::json;
    if (map.contains("summary") && map.contains("tree")) return Problem("--summary and --tree contradict each other");
    if (detail == Detail::json && (map.contains("summary") || map.contains("tree"))) {
        return Problem("--json prints whole conversations: it goes with neither --summary nor --tree");
    }
    out.settings.clients = map.contains("clients");
    if (map.contains("summary")) detail = Detail::summary;
    if (map.contains("tree")) detail = Detail::tree;
    return {};
}

Result read_ends(const po::variables_map& map, const char* name, std::vector<decode::EndFilter>& out) {
    for (const auto& text : cli::texts_of(map, name)) {
        const auto filter = decode::parse_end_filter(text);
        if (!filter)
            return Problem(fmt::format("--{}: {} is not an address, ADDRESS:PORT or :PORT", name, cli::quoted(text)));
        out.push_back(*filter);
    }
    return {};
}

Result read_selection(const po::variables_map& map, Options& out) {
    auto& selection = out.settings.selection;
    if (auto ok = read_ends(map, "client", selection.clients); !ok) return ok;
    if (auto ok = read_ends(map, "host", selection.hosts); !ok) return ok;
    for (const auto& text : cli::texts_of(map, "cmid")) {
        const auto id = Uuid::parse(text);
        if (!id)
            return Problem(
                fmt::format("--cmid: {} is not a GUID like 55c92734-d682-4d71-983e-d6ec3f16059f", cli::quoted(text)));
        selection.client_machine_ids.push_back(*id);
    }
    for (const auto& text : cli::texts_of(map, "outcome")) {
        const auto outcome = check::parse_outcome(text);
        if (!outcome)
            return Problem(fmt::format("--outcome: {} is no outcome; --outcome list names them", cli::quoted(text)));
        selection.outcomes.push_back(*outcome);
    }
    return {};
}

Result read_numbers(const po::variables_map& map, Options& out) {
    using namespace std::chrono_literals;
    constexpr auto longest = 1'000'000'000s;  // 31 years
    const auto count = cli::number_of(map, "count", 1, UINT64_MAX);
    const auto snaplen = cli::number_of(map, "snaplen", 64, 262'144);
    const auto port = cli::number_of(map, "port", 1, 65'535);
    for (const auto* number : {&count, &snaplen, &port})
        if (!*number) return Problem(number->error());
    const auto duration = cli::seconds_of(map, "duration", 1ms, longest);
    if (!duration) return Problem(duration.error());
    out.packet_limit = *count;
    if (*snaplen) out.snapshot_size = static_cast<std::uint32_t>(**snaplen);
    if (*port) out.settings.kms_port = static_cast<std::uint16_t>(**port);
    out.time_limit = *duration;
    return {};
}

Result read_redaction(const po::variables_map& map, Options& out) {
    out.redact = out.settings.redacted = map.contains("redact");
    out.redact_key_file = cli::text_of(map, "redact-key");
    if (out.redact_key_file && !out.redact) return Problem("--redact-key goes with --redact");
    if (out.redact_key_file == "") return Problem("--redact-key: give the name of a file");
    if (out.redact && map.contains("interface"))
        return Problem("--redact goes with files: capture with -i INTERFACE -w FILE first, then redact FILE");
    return {};
}

Result read_input(const po::variables_map& map, Options& out) {
    out.files = cli::texts_of(map, "file");
    out.event_files = cli::texts_of(map, "events");
    out.saved_files = cli::texts_of(map, "saved");
    out.interface = cli::text_of(map, "interface");
    out.filter = cli::text_of(map, "filter");
    out.keys_file = cli::text_of(map, "keys");
    out.write_file = cli::text_of(map, "write");
    if (std::ranges::count(out.files, "-") + std::ranges::count(out.event_files, "-") +
            std::ranges::count(out.saved_files, "-") + (out.redact_key_file == "-" ? 1 : 0) >
        1)
        return Problem("'-' is given more than once: standard input can be read only once");
    if (out.write_file == "") return Problem("-w: give the name of a file");
    if (out.write_file == "-") return Problem("-w -: standard output is for the results, give a file");
    if (std::ranges::count(out.event_files, "") > 0) return Problem("--events: give the name of a file");
    if (std::ranges::count(out.saved_files, "") > 0) return Problem("--saved: give the name of a file");
    // With --events the words may be event logs; which of them are no captures is known when they are opened.
    if (out.interface && !out.files.empty() && out.event_files.empty())
        return Problem("give capture files or -i INTERFACE, not both");
    if (!out.interface && out.files.empty() && out.event_files.empty() && out.saved_files.empty())
        return Problem("no input: give a capture file, '-', -i INTERFACE, --events or --saved FILE (--help explains)");
    for (const char* live : {"duration", "snaplen", "promiscuous"})
        if (!out.interface && map.contains(live)) return Problem(fmt::format("--{} goes with -i INTERFACE", live));
    return {};
}

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv) {
    const auto map = cli::parse_command_line(argc, argv, visible_options(), "file");
    if (!map) return Problem(map.error());
    Options out;
    out.help = map->contains("help");
    out.version = map->contains("version");
    out.outcome_list = cli::texts_of(*map, "outcome") == Texts{"list"};
    if (out.help || out.version || out.outcome_list) return out;
    out.promiscuous = map->contains("promiscuous");
    out.settings.statistics = map->contains("stats");
    for (auto* read : {read_output, read_selection, read_numbers, read_redaction, read_input})
        if (auto ok = read(*map, out); !ok) return Problem(ok.error());
    return out;
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
            "       kms-decode [options] -i INTERFACE\n"
            "       kms-decode [options] --events FILE... [FILE...]\n\n"
            "Decodes KMS activation traffic from captures (pcap, pcapng, also .gz and .zst)\n"
            "and says what went wrong: who asked whom for which product, what the host\n"
            "answered, and where a conversation stopped. Exported event logs (EVTX, XML, CSV,\n"
            "text) of clients and hosts are joined with them: one timeline for each client.\n"
            "With saved output of slmgr all of it ends in one verdict: causes, and what\n"
            "follows from each.\n"
         << visible_options()
         << "\nExit status: 0 nothing wrong, 1 warnings, 2 critical findings, 3 could not work.\n\n"
            "Examples:\n"
            "  kms-decode client.pcapng               every conversation, then the summary\n"
            "  kms-decode --summary *.pcap.gz         the table over many captures\n"
            "  kms-decode --json in.pcap | jq .outcome\n"
            "  kms-decode --outcome refused_by_rst -w refused.pcap big.pcap\n"
            "  kms-decode -w annotated.pcapng in.pcap   verdicts as comments in Wireshark\n"
            "  kms-decode --redact -w for-vendor.pcapng in.pcap   without names and addresses\n"
            "  kms-decode -i eth0 -f 'host 192.0.2.10'\n"
            "  kms-decode --events client.evtx host.xml client.pcapng\n"
            "  kms-decode --saved dlv.txt --events client.evtx client.pcapng\n\n"
            "The toolkit contains no genuine KMS keys: bodies of version 5 and 6 messages of\n"
            "genuine clients stay closed, everything else is shown (see --keys).\n";
    return text.str();
}

}  // namespace diag::tool

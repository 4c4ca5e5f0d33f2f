#include "tools/kms-explain/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "libdiag/base/line_text.h"
#include "libdiag/cli/language.h"
#include "libdiag/explain/number_word.h"

namespace diag::explain_tool {
namespace {

namespace po = cli::po;
using Problem = std::unexpected<std::string>;
using Result = std::expected<void, std::string>;

constexpr cli::Format formats[] = {cli::Format::text, cli::Format::json};
constexpr const char* positional = "word";
constexpr std::string_view standard_input = "-";

constexpr explain::Kind listed_kinds[] = {
    explain::Kind::finding,     explain::Kind::code,         explain::Kind::event,    explain::Kind::product,
    explain::Kind::application, explain::Kind::counted_item, explain::Kind::host_key, explain::Kind::rpc_interface};

// "codes"; what --list takes.
std::string plural_of(explain::Kind kind) { return fmt::format("{}s", explain::name_of(kind)); }

std::string kind_names() {
    std::vector<std::string> names;
    for (const explain::Kind kind : listed_kinds) names.push_back(plural_of(kind));
    return fmt::format("{}", fmt::join(names, ", "));
}

po::options_description visible_options() {
    po::options_description what{"What to do", cli::help_width, cli::help_column};
    auto add_what = what.add_options();
    add_what("list", fmt::format("list what is known, all of it or: {}", kind_names()).c_str());
    add_what("search", "list every entry in which all the words occur, in English or Japanese");

    po::options_description general{"General", cli::help_width, cli::help_column};
    cli::add_format(general, formats);
    cli::add_loudness(general, "one line an entry; of a log only the lines that have one",
                      "also what the findings mean that belong to a code");
    cli::add_language(general);
    cli::add_color(general);
    cli::add_help(general);

    po::options_description all;
    all.add(what).add(general);
    return all;
}

bool is_negative_number(std::string_view word) {
    const auto number = explain::parse_number(word);
    return number && number->form == explain::NumberWord::Form::negative;
}

// PowerShell prints codes as signed numbers, which look like options: a blank in front makes them words.
std::vector<std::string> hide_negative_numbers(int argc, const char* const* argv) {
    std::vector<std::string> words{argv, argv + argc};
    for (std::string& word : words)
        if (is_negative_number(word)) word.insert(0, 1, ' ');
    return words;
}

std::vector<std::string> show_negative_numbers(std::vector<std::string> words) {
    for (std::string& word : words)
        if (word.starts_with(' ') && is_negative_number(std::string_view{word}.substr(1))) word.erase(0, 1);
    return words;
}

std::expected<po::variables_map, std::string> read_command_line(int argc, const char* const* argv) {
    const auto words = hide_negative_numbers(argc, argv);
    std::vector<const char*> pointers;
    pointers.reserve(words.size());
    for (const std::string& word : words) pointers.push_back(word.c_str());
    return cli::parse_command_line(argc, pointers.data(), visible_options(), positional);
}

Result read_kinds(Options& out) {
    for (const std::string& word : out.words) {
        const auto is_it = [&](explain::Kind kind) {
            return word == plural_of(kind) || word == explain::name_of(kind);
        };
        const auto* const found = std::ranges::find_if(listed_kinds, is_it);
        if (found == std::ranges::end(listed_kinds))
            return Problem(fmt::format("--list: {} is none of {}", cli::quoted(word), kind_names()));
        out.kinds.push_back(*found);
    }
    if (out.kinds.empty()) out.kinds.assign(std::begin(listed_kinds), std::end(listed_kinds));
    return {};
}

Result read_action(const po::variables_map& map, bool has_log, Options& out) {
    out.words = show_negative_numbers(cli::texts_of(map, positional));
    const bool list = map.contains("list");
    if (list && map.contains("search")) return Problem("--list and --search contradict each other");
    if (list) {
        out.action = Action::list;
        return read_kinds(out);
    }
    if (map.contains("search")) {
        out.action = Action::search;
        const auto is_blank = [](std::string_view word) { return trimmed(word).empty(); };
        if (std::ranges::all_of(out.words, is_blank)) return Problem("--search: give the words to search for");
        return {};
    }
    const bool names_log = std::ranges::find(out.words, standard_input) != out.words.end();
    if (names_log && out.words.size() > 1) return Problem("- is a log on standard input: leave out the other words");
    if (names_log || (out.words.empty() && has_log)) {
        out.action = Action::annotate;
        return {};
    }
    if (out.words.empty())
        return Problem("give a CODE, EVENT, finding ID, GUID or EPID, or a log on standard input (see --help)");
    return {};
}

}  // namespace

std::expected<Options, std::string> parse_options(int argc, const char* const* argv, bool has_log) {
    const auto map = read_command_line(argc, argv);
    if (!map) return Problem(map.error());
    Options out;
    out.help = map->contains("help");
    out.version = map->contains("version");
    if (out.help || out.version) return out;
    if (const auto read = cli::read_output(*map, formats, out); !read) return Problem(read.error());
    if (const auto read = read_action(*map, has_log, out); !read) return Problem(read.error());
    return out;
}

std::string help_text() {
    std::ostringstream text;
    text << "usage: kms-explain [options] CODE|EVENT|ID|GUID|EPID...\n"
            "       kms-explain [options] - < LOG\n"
            "       kms-explain [options] --list [KIND...]\n"
            "       kms-explain [options] --search WORDS...\n\n"
            "Says what an error code, an event, a finding, a GUID or an ePID means, what\n"
            "causes it and what to check; offline. A log on standard input is copied, and\n"
            "each code in it explained below its line.\n"
         << visible_options()
         << "\nExit status: 0 explained, 3 a word is not known, nothing was found, or usage.\n\n"
            "Examples:\n"
            "  kms-explain 0xC004F074\n"
            "  kms-explain 1722 \"event 12290\" KMS-CONNECT-REFUSED\n"
            "  kms-explain 03612-00206-551-111111-03-1033-17763.0000-2822018\n"
            "  kms-explain < application-log.txt\n"
            "  kms-explain --lang ja --search clock\n"
            "  kms-explain --list codes\n";
    return text.str();
}

}  // namespace diag::explain_tool

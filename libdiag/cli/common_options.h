#pragma once

#include <cstdint>
#include <span>

#include "libdiag/check/finding.h"
#include "libdiag/cli/command_line.h"
#include "libdiag/lang/language.h"

// Options that every tool has (or many have): --format and --json, --lang, --color, --fail-on, -4, -6, -q, -v.

namespace diag::cli {

enum class Color : std::uint8_t { automatic, always, never };
enum class Format : std::uint8_t { text, json, nagios, junit };

/// "text", "json" ...: what --format calls it.
std::string_view name_of(Format format);

/// Adds --format and, where JSON is among the formats, --json. The first format is the default.
void add_format(po::options_description& options, std::span<const Format> formats);
void add_color(po::options_description& options);
void add_fail_on(po::options_description& options);
/// -q and -v with what they mean in this tool, which keeps the pointers.
void add_loudness(po::options_description& options, const char* quiet, const char* verbose);
/// -h and --version.
void add_help(po::options_description& options);

/// Which of the tool's formats is asked for; the first without either option. --json contradicts another --format.
std::expected<Format, std::string> format_of(const po::variables_map& map, std::span<const Format> formats);

std::expected<Color, std::string> color_of(const po::variables_map& map);

/// From which severity on the exit status is not 0: warning unless told, none for `never`.
std::expected<std::optional<check::Severity>, std::string> fail_on_of(const po::variables_map& map);

struct Loudness {
    bool quiet = false;
    bool verbose = false;  ///< not the opposite of quiet: "only what is wrong, but that in full" is a wish one can have
};
Loudness loudness_of(const po::variables_map& map);

/// All of them, for the options of a tool to be made of.
struct OutputOptions {
    Format format = Format::text;
    Color color = Color::automatic;
    Loudness loudness;
    std::optional<check::Severity> fail_on = check::Severity::warning;  ///< from which on the exit status is not 0
    lang::Language language = lang::Language::en;                       ///< of text for people
};
/// Reads them; those that a tool does not have keep their defaults.
std::expected<void, std::string> read_output(const po::variables_map& map, std::span<const Format> formats,
                                             OutputOptions& out);

/// -4 and -6 as which of both families is wanted: without either both.
std::expected<void, std::string> read_families(const po::variables_map& map, bool& v4, bool& v6);

}  // namespace diag::cli

#include "libdiag/cli/common_options.h"

#include <fmt/format.h>

#include <algorithm>

#include "libdiag/cli/language.h"

namespace diag::cli {
namespace {

template <class T> struct Choice {
    std::string_view name;
    T value;
};

constexpr Choice<Format> all_formats[] = {
    {"text", Format::text}, {"json", Format::json}, {"nagios", Format::nagios}, {"junit", Format::junit}};

constexpr Choice<Color> colors[] = {{"auto", Color::automatic}, {"always", Color::always}, {"never", Color::never}};

constexpr Choice<std::optional<check::Severity>> severities[] = {
    {"warning", check::Severity::warning}, {"critical", check::Severity::critical}, {"never", std::nullopt}};

// "text, json or nagios".
std::string listing(std::span<const std::string_view> names) {
    std::string text;
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
        text += names[i];
    }
    return text;
}

template <class T>
std::expected<T, std::string> choose(const char* name, std::string_view given, std::span<const Choice<T>> choices) {
    const auto found = std::ranges::find(choices, given, &Choice<T>::name);
    if (found != choices.end()) return found->value;
    std::vector<std::string_view> names;
    for (const auto& choice : choices) names.push_back(choice.name);
    return std::unexpected(fmt::format("--{}: {} is not {}", name, quoted(given), listing(names)));
}

template <class T, std::size_t size>
std::expected<T, std::string> choose_option(const po::variables_map& map, const char* name,
                                            const Choice<T> (&choices)[size]) {
    const auto given = text_of(map, name);
    if (!given) return choices[0].value;
    return choose<T>(name, *given, choices);
}

std::vector<Choice<Format>> choices_of(std::span<const Format> formats) {
    std::vector<Choice<Format>> choices;
    for (const Format format : formats) choices.push_back({name_of(format), format});
    return choices;
}

bool has_json(std::span<const Format> formats) { return std::ranges::find(formats, Format::json) != formats.end(); }

}  // namespace

std::string_view name_of(Format format) { return std::ranges::find(all_formats, format, &Choice<Format>::value)->name; }

void add_format(po::options_description& options, std::span<const Format> formats) {
    std::vector<std::string_view> names;
    for (const Format format : formats) names.push_back(name_of(format));
    std::string text = listing(names);
    text.insert(names.front().size(), " (default)");
    auto add = options.add_options();
    if (has_json(formats)) add("json", "one JSON object a line (short for --format json)");
    add("format", text_value("NAME"), text.c_str());
}

void add_color(po::options_description& options) {
    options.add_options()("color", text_value("WHEN"), "auto (default, honours NO_COLOR), always or never");
}

void add_fail_on(po::options_description& options) {
    options.add_options()("fail-on", text_value("SEVERITY"), "exit 1 or 2 from: warning (default), critical, never");
}

void add_loudness(po::options_description& options, const char* quiet, const char* verbose) {
    options.add_options()("quiet,q", quiet)("verbose,v", verbose);
}

void add_help(po::options_description& options) {
    options.add_options()("help,h", "this help")("version", "version and library versions");
}

std::expected<Format, std::string> format_of(const po::variables_map& map, std::span<const Format> formats) {
    const bool json = map.contains("json");
    const auto given = text_of(map, "format");
    if (!given) return json ? Format::json : formats.front();
    const auto choices = choices_of(formats);
    const auto format = choose<Format>("format", *given, choices);
    if (format && json && *format != Format::json)
        return std::unexpected(fmt::format("--json and --format {} contradict each other", *given));
    return format;
}

std::expected<Color, std::string> color_of(const po::variables_map& map) { return choose_option(map, "color", colors); }

std::expected<std::optional<check::Severity>, std::string> fail_on_of(const po::variables_map& map) {
    return choose_option(map, "fail-on", severities);
}

Loudness loudness_of(const po::variables_map& map) {
    return {.quiet = map.contains("quiet"), .verbose = map.contains("verbose")};
}

std::expected<void, std::string> read_output(const po::variables_map& map, std::span<const Format> formats,
                                             OutputOptions& out) {
    const auto format = format_of(map, formats);
    if (!format) return std::unexpected(format.error());
    const auto color = color_of(map);
    if (!color) return std::unexpected(color.error());
    const auto fail_on = fail_on_of(map);
    if (!fail_on) return std::unexpected(fail_on.error());
    const auto language = language_of(map);
    if (!language) return std::unexpected(language.error());
    // Scripts and monitoring must not depend on somebody's locale.
    const auto spoken = *format == Format::text ? *language : lang::Language::en;
    out = {.format = *format, .color = *color, .loudness = loudness_of(map), .fail_on = *fail_on, .language = spoken};
    return {};
}

std::expected<void, std::string> read_families(const po::variables_map& map, bool& v4, bool& v6) {
    const bool only_v4 = map.contains("ipv4");
    const bool only_v6 = map.contains("ipv6");
    if (only_v4 && only_v6) return std::unexpected("-4 and -6 contradict each other; without either both are used");
    v4 = !only_v6;
    v6 = !only_v4;
    return {};
}

}  // namespace diag::cli

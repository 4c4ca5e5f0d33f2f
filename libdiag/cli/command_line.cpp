#include "libdiag/cli/command_line.h"

#include <fmt/format.h>

#include <boost/program_options/parsers.hpp>

#include "libdiag/base/utf.h"

namespace diag::cli {

po::typed_value<std::string>* text_value(const char* name) { return po::value<std::string>()->value_name(name); }

po::typed_value<Texts>* texts_value(const char* name) { return po::value<Texts>()->value_name(name); }

std::expected<po::variables_map, std::string> parse_command_line(int argc, const char* const* argv,
                                                                 const po::options_description& options,
                                                                 const char* positional) {
    using Style = po::command_line_style::style_t;
    po::options_description all;
    all.add(options);
    // Without a list of positional arguments an extra word would be taken for nothing.
    po::positional_options_description words;
    if (positional != nullptr) {
        all.add_options()(positional, po::value<Texts>());
        words.add(positional, -1);
    }
    po::variables_map map;
    try {
        const int style = Style::unix_style & ~Style::allow_guessing;
        po::store(po::command_line_parser(argc, argv).options(all).positional(words).style(style).run(), map);
        po::notify(map);
    } catch (const po::error& error) {
        return std::unexpected(escape_for_terminal(error.what()));
    }
    return map;
}

std::optional<std::string> text_of(const po::variables_map& map, const char* name) {
    if (!map.contains(name)) return std::nullopt;
    return map[name].as<std::string>();
}

const Texts& texts_of(const po::variables_map& map, const char* name) {
    static const Texts none;
    return map.contains(name) ? map[name].as<Texts>() : none;
}

std::string quoted(std::string_view text) { return fmt::format("'{}'", escape_for_terminal(text)); }

std::string option_problem(const char* name, std::string_view problem) {
    return fmt::format("--{}: {}", name, escape_for_terminal(problem));
}

}  // namespace diag::cli

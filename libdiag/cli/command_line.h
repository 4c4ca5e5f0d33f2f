#pragma once

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <boost/program_options/variables_map.hpp>
#include <expected>
#include <optional>
#include <string>
#include <vector>

// The command line as boost::program_options has it. Every error of this layer is one line that names the option, fit for a
// terminal whatever was typed: print it as it is, and do not escape it again.

namespace diag::cli {

namespace po = boost::program_options;
using Texts = std::vector<std::string>;

/// The columns of --help.
inline constexpr unsigned help_width = 80;
inline constexpr unsigned help_column = 46;

/// An option with a text; `name` is what --help calls it. texts_value: repeatable.
po::typed_value<std::string>* text_value(const char* name);
po::typed_value<Texts>* texts_value(const char* name);

/// Reads argv against the options. Abbreviations of long options are refused: what is short for one option today could be
/// short for two tomorrow. `positional`: the name under which words that belong to no option are kept (a texts_value that
/// --help does not show); without one such words are errors.
std::expected<po::variables_map, std::string> parse_command_line(int argc, const char* const* argv,
                                                                 const po::options_description& options,
                                                                 const char* positional = nullptr);

/// What was given, if it was.
std::optional<std::string> text_of(const po::variables_map& map, const char* name);
const Texts& texts_of(const po::variables_map& map, const char* name);

/// What somebody typed, in quotation marks, fit for a terminal.
std::string quoted(std::string_view text);

/// "--NAME: PROBLEM", fit for a terminal: for a problem that quotes what was typed as it was.
std::string option_problem(const char* name, std::string_view problem);

/// Puts the option's name before what is wrong with its value.
template <class T> std::expected<T, std::string> of_option(const char* name, std::expected<T, std::string> value) {
    if (!value) return std::unexpected(option_problem(name, value.error()));
    return value;
}

/// Appends what each text of a repeatable option stands for.
template <class T, class Parse>
std::expected<void, std::string> read_each(const po::variables_map& map, const char* name, Parse parse,
                                           std::vector<T>& out) {
    for (const std::string& text : texts_of(map, name)) {
        auto value = of_option(name, std::expected<T, std::string>{parse(text)});
        if (!value) return std::unexpected(value.error());
        out.push_back(std::move(*value));
    }
    return {};
}

}  // namespace diag::cli

#pragma once

#include "libdiag/cli/command_line.h"
#include "libdiag/lang/language.h"

namespace diag::cli {

/// --lang, for tools with text for people.
void add_language(po::options_description& options);

/// What --lang asks for; without it what the environment asks for as gettext reads it: the first of LC_ALL, LC_MESSAGES and
/// LANG that is set names the locale, and where that is not C, LANGUAGE may name others before it. The locale need not be
/// installed.
std::expected<lang::Language, std::string> language_of(const po::variables_map& map);

}  // namespace diag::cli

#include "libdiag/cli/language.h"

#include <fmt/format.h>

#include <cstdlib>

namespace diag::cli {
namespace {

std::string_view variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : std::string_view{};
}

std::string_view locale_of_messages() {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"})
        if (const std::string_view value = variable(name); !value.empty()) return value;
    return {};
}

lang::Language language_of_environment() {
    const std::string_view locale = locale_of_messages();
    if (locale.empty() || locale == "C" || locale == "POSIX") return lang::Language::en;
    const std::string_view list = variable("LANGUAGE");
    return lang::language_of_locale(list.empty() ? locale : list.substr(0, list.find(':')));
}

}  // namespace

void add_language(po::options_description& options) {
    options.add_options()("lang", text_value("LANGUAGE"), "en or ja: findings and explanations (that of the locale)");
}

std::expected<lang::Language, std::string> language_of(const po::variables_map& map) {
    const auto given = text_of(map, "lang");
    if (!given) return language_of_environment();
    if (const auto language = lang::find_language(*given)) return *language;
    return std::unexpected(fmt::format("--lang: {} is not en or ja", quoted(*given)));
}

}  // namespace diag::cli

#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace diag::lang {

enum class Language : std::uint8_t { en, ja };

/// "en", "ja": what --lang calls it.
std::string_view name_of(Language language);

/// The language of that name.
std::optional<Language> find_language(std::string_view name);

/// What a locale's name asks for, as of LANG: "ja_JP.UTF-8", "ja", "Japanese_Japan.932". English for every other.
Language language_of_locale(std::string_view locale);

/// From now on tr() answers in this language; English before the first call. Once, at the start of a program.
void speak(Language language);
Language spoken();

/// `text` in the language that was chosen, or `text` itself where it has no translation. Translations live as long as the
/// program; what comes back lives at least as long as `text`.
std::string_view tr(std::string_view text);

/// The same in a certain language.
std::string_view in_language(Language language, std::string_view text);

}  // namespace diag::lang

#include "libdiag/lang/language.h"

#include <atomic>
#include <cstddef>

#include "libdiag/lang/catalogue.h"

namespace diag::lang {

// po/ja.po as msgfmt and cmake/EmbedFile.cmake left it.
extern const unsigned char ja_catalogue[];
extern const std::size_t ja_catalogue_size;

namespace {

// Only main() writes it; threads that read meanwhile see one of the two.
std::atomic<Language> chosen{Language::en};

const Catalogue& japanese() {
    // char may alias anything, so the bytes may be read as text.
    static const Catalogue catalogue{{reinterpret_cast<const char*>(ja_catalogue), ja_catalogue_size}};
    return catalogue;
}

}  // namespace

std::string_view name_of(Language language) { return language == Language::ja ? "ja" : "en"; }

std::optional<Language> find_language(std::string_view name) {
    for (const Language language : {Language::en, Language::ja}) {
        if (name == name_of(language)) return language;
    }
    return std::nullopt;
}

Language language_of_locale(std::string_view locale) {
    const std::string_view language = locale.substr(0, locale.find_first_of("_.@-"));
    return language == "ja" || language == "Japanese" || language == "japanese" ? Language::ja : Language::en;
}

void speak(Language language) { chosen = language; }

Language spoken() { return chosen; }

std::string_view tr(std::string_view text) { return in_language(chosen, text); }

std::string_view in_language(Language language, std::string_view text) {
    if (language == Language::en) return text;
    return japanese().find(text).value_or(text);
}

}  // namespace diag::lang

#include "libdiag/cli/language.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

namespace diag::cli {
namespace {

using lang::Language;

// The variables of the environment that choose a language, as they are here and nowhere else.
class Environment {
public:
    explicit Environment(const std::map<std::string, std::string>& values) {
        for (const char* name : names) {
            const char* value = std::getenv(name);
            before_[name] = value != nullptr ? std::optional<std::string>{value} : std::nullopt;
            const auto wanted = values.find(name);
            set(name, wanted == values.end() ? std::nullopt : std::optional{wanted->second});
        }
    }
    ~Environment() {
        for (const char* name : names) set(name, before_[name]);
    }
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

private:
    static constexpr const char* names[] = {"LC_ALL", "LC_MESSAGES", "LANG", "LANGUAGE"};

    static void set(const char* name, const std::optional<std::string>& value) {
        if (value) {
            setenv(name, value->c_str(), 1);
        } else {
            unsetenv(name);
        }
    }

    std::map<std::string, std::optional<std::string>> before_;
};

std::expected<Language, std::string> language(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "tool");
    po::options_description options;
    add_language(options);
    const auto map = parse_command_line(static_cast<int>(arguments.size()), arguments.data(), options);
    REQUIRE(map);
    return language_of(*map);
}

TEST_CASE("language: --lang decides, whatever the locale", "[cli]") {
    const Environment environment{{{"LC_ALL", "ja_JP.UTF-8"}}};
    CHECK(language({"--lang", "en"}) == Language::en);
    CHECK(language({"--lang", "ja"}) == Language::ja);
    const auto wrong = language({"--lang", "fr"});
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error() == "--lang: 'fr' is not en or ja");
}

TEST_CASE("language: without --lang the first variable that is set decides", "[cli]") {
    struct Case {
        std::map<std::string, std::string> values;
        Language language;
    };
    const Case cases[] = {
        {{}, Language::en},
        {{{"LANG", "ja_JP.UTF-8"}}, Language::ja},
        {{{"LC_MESSAGES", "en_US.UTF-8"}, {"LANG", "ja_JP.UTF-8"}}, Language::en},
        {{{"LC_ALL", "ja_JP"}, {"LC_MESSAGES", "en_US.UTF-8"}}, Language::ja},
        {{{"LC_ALL", ""}, {"LANG", "ja"}}, Language::ja},
        {{{"LANG", "C"}, {"LANGUAGE", "ja"}}, Language::en},
        {{{"LANGUAGE", "ja"}}, Language::en},
        {{{"LANG", "C.UTF-8"}, {"LANGUAGE", "ja:en"}}, Language::ja},
        {{{"LANG", "ja_JP.UTF-8"}, {"LANGUAGE", "en:ja"}}, Language::en},
    };
    for (const auto& [values, wanted] : cases) {
        const Environment environment{values};
        CAPTURE(values);
        CHECK(language({}) == wanted);
    }
}

}  // namespace
}  // namespace diag::cli

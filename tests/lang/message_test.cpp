#include "libdiag/lang/message.h"

#include <catch2/catch.hpp>

namespace diag::lang {
namespace {

struct Speaking {
    explicit Speaking(Language language) { speak(language); }
    ~Speaking() { speak(Language::en); }
};

TEST_CASE("say: in English the pattern with its values", "[lang]") {
    CHECK(say("a sentence nobody translated: {} and {:.1f}", "x", 2.25) == "a sentence nobody translated: x and 2.2");
}

TEST_CASE("say: in the language that was chosen, where there is a translation", "[lang]") {
    const Speaking japanese{Language::ja};
    const std::string text = say("the Windows client shows {}", "0xC004F074");
    CHECK(text != "the Windows client shows 0xC004F074");
    CHECK(text.find("0xC004F074") != std::string::npos);
    CHECK(say("a sentence nobody translated: {}", 1) == "a sentence nobody translated: 1");
}

}  // namespace
}  // namespace diag::lang

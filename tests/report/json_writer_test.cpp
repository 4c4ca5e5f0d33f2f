#include "libdiag/report/json_writer.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>

using namespace diag;
using report::JsonWriter;

TEST_CASE("json writer: nested values are separated by commas where they must be", "[report][json]") {
    std::string out;
    JsonWriter json{out};
    json.begin_object();
    json.member("a", 1);
    json.key("list").begin_array();
    json.value(true);
    json.value(nullptr);
    json.begin_object();
    json.end_object();
    json.end_array();
    json.plain_member("b", "x");
    json.member("none", std::optional<int>{});
    json.end_object();
    CHECK(out == R"({"a":1,"list":[true,null,{}],"b":"x","none":null})");
}

TEST_CASE("json writer: a long text of many members stays what was written, however often its memory grows",
          "[report][json]") {
    for (std::size_t start = 0; start < 40; ++start) {
        std::string out(start, ' ');
        JsonWriter json{out};
        json.begin_object();
        for (int i = 0; i < 500; ++i) json.plain_member("key", std::string(static_cast<std::size_t>(i % 50), 'v'));
        json.end_object();
        const auto parsed = boost::json::parse(out);
        CAPTURE(start);
        REQUIRE(parsed.as_object().at("key").as_string().size() == 499 % 50);
        REQUIRE(out.find('\0') == std::string::npos);
    }
}

TEST_CASE("json writer: text of a peer is valid JSON whatever its bytes are", "[report][json]") {
    for (unsigned first = 0; first < 256; ++first) {
        for (unsigned second = 0; second < 256; ++second) {
            const std::string text{'"', static_cast<char>(first), static_cast<char>(second), '\\'};
            std::string out;
            JsonWriter json{out};
            json.value(std::string_view{text});
            boost::system::error_code error;
            const auto parsed = boost::json::parse(out, error);
            CAPTURE(first, second, out);
            REQUIRE_FALSE(error);
            REQUIRE(parsed.is_string());
            REQUIRE(out.find('\n') == std::string::npos);
        }
    }
}

TEST_CASE("json writer: what some readers take for the end of a line is escaped, other text is not", "[report][json]") {
    const std::string_view text = "a\u0085b\u2028c\u2029d \u0084\u2027\u202a \u5de5\u00e9\U0001f600";
    std::string out;
    JsonWriter json{out};
    json.value(text);
    CHECK(out == "\"a\\u0085b\\u2028c\\u2029d \u0084\u2027\u202a \u5de5\u00e9\U0001f600\"");
    CHECK(boost::json::parse(out).as_string() == text);
}

TEST_CASE("json writer: milliseconds have at most three digits behind the point", "[report][json]") {
    const auto text = [](std::int64_t ns) {
        std::string out;
        JsonWriter json{out};
        json.milliseconds(ns);
        return out;
    };
    CHECK(text(0) == "0");
    CHECK(text(1'500'000) == "1.5");
    CHECK(text(17'000) == "0.017");
    CHECK(text(999) == "0");
    CHECK(text(-2'250'000) == "-2.25");
    CHECK(text(10'000'000'000) == "10000");
}

#include "libdiag/cli/request_options.h"

#include <catch2/catch.hpp>

#include <sstream>

namespace diag::cli {
namespace {

std::expected<session::ClientSettings, std::string> parse(std::vector<const char*> arguments) {
    po::options_description options;
    add_request_options(options);
    arguments.insert(arguments.begin(), "tool");
    const auto map = parse_command_line(static_cast<int>(arguments.size()), arguments.data(), options, nullptr);
    if (!map) return std::unexpected(map.error());
    return request_settings_of(*map);
}

session::ClientSettings good(const std::vector<const char*>& arguments) {
    auto settings = parse(arguments);
    INFO((settings ? std::string{} : settings.error()));
    REQUIRE(settings);
    return *settings;
}

TEST_CASE("request options: without any it is a client of the default product in initial grace", "[cli]") {
    const auto settings = good({});
    CHECK(to_string(settings.activation_id) == "73111121-5638-40f6-bc11-f1d7b0d64300");
    CHECK(settings.license_status == 2);
    CHECK(settings.client_machine_id.is_nil());
    CHECK(settings.workstation_name.empty());
    CHECK_FALSE(settings.virtual_machine);
    CHECK_FALSE(settings.version);
    CHECK(settings.binding_expiration_minutes == 43'200);  // 30 days
}

TEST_CASE("request options: each has its place", "[cli]") {
    const auto settings =
        good({"--product", "Windows Vista Business", "--protocol", "5", "--license-status", "5", "--grace-minutes",
              "4294967295", "--workstation", "pc1", "--vm", "--cmid", "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13",
              "--previous-cmid", "4f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"});
    CHECK(to_string(settings.activation_id) == "4f3d1606-3fea-4c01-be3c-8d671c401e3b");
    CHECK(settings.version == MinorMajor{.minor = 0, .major = 5});
    CHECK(settings.license_status == 5);
    CHECK(settings.binding_expiration_minutes == 0xFFFF'FFFF);
    CHECK(settings.workstation_name == "pc1");
    CHECK(settings.virtual_machine);
    CHECK(to_string(settings.client_machine_id) == "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
    CHECK(to_string(settings.previous_client_machine_id) == "4f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13");
}

TEST_CASE("request options: a license status has a number and a name", "[cli]") {
    // [MS-SLDLI]: SL_LICENSING_STATUS as slmgr counts it.
    const auto [text, status] = GENERATE(table<const char*, std::uint32_t>({{"0", 0U},
                                                                            {"unlicensed", 0U},
                                                                            {"licensed", 1U},
                                                                            {"initial-grace", 2U},
                                                                            {"initial grace", 2U},
                                                                            {"notification", 5U},
                                                                            {"6", 6U}}));
    CAPTURE(text);
    CHECK(good({"--license-status", text}).license_status == status);
}

TEST_CASE("request options: what is wrong is one line that begins with the option", "[cli]") {
    const auto [name, value] = GENERATE(table<std::string, std::string>({
        {"--product", "nothing"},
        {"--product", "windows"},
        {"--product", "\x1b[31m"},
        {"--protocol", "3"},
        {"--protocol", "7"},
        {"--protocol", "6.0"},
        {"--license-status", "7"},
        {"--license-status", "grace"},
        {"--license-status", ""},
        {"--grace-minutes", "4294967296"},
        {"--grace-minutes", "-1"},
        {"--cmid", "x"},
        {"--cmid", "00000000-0000-0000-0000-000000000000"},
        {"--previous-cmid", "3f1c7a52"},
    }));
    CAPTURE(name, value);
    const auto settings = parse({name.c_str(), value.c_str()});
    REQUIRE_FALSE(settings);
    CHECK(settings.error().starts_with(name + ": "));
    CHECK(settings.error().find_first_of("\n\x1b") == std::string::npos);
}

TEST_CASE("request options: each product of the list can be chosen by the id on its line", "[cli]") {
    std::istringstream lines{product_list()};
    std::string line;
    std::size_t count = 0;
    while (std::getline(lines, line)) {
        CAPTURE(line);
        const std::string id = line.substr(0, 36);
        CHECK(to_string(good({"--product", id.c_str()}).activation_id) == id);
        ++count;
    }
    CHECK(count > 100);
}

}  // namespace
}  // namespace diag::cli

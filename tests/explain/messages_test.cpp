// po/kms-diag.pot is what the tables say. After a change to a text, scripts/update-docs runs the case of the template with
// DIAG_UPDATE=1 in the environment, and merges the new template into po/ja.po.
#include "libdiag/explain/messages.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "libdiag/check/rules.h"
#include "libdiag/data/table.h"
#include "libdiag/explain/entries.h"
#include "libdiag/proto/dcerpc/names.h"
#include "libdiag/proto/ip/icmp.h"

namespace diag::explain {
namespace {

namespace fs = std::filesystem;

std::set<std::string_view> texts() {
    std::set<std::string_view> found;
    for (const Message& message : all_messages()) found.insert(message.text);
    return found;
}

TEST_CASE("messages: each text stands once, has no line end, and says where it is from", "[explain]") {
    std::set<std::string_view> seen;
    for (const Message& message : all_messages()) {
        CAPTURE(message.text, message.where);
        CHECK(seen.insert(message.text).second);
        CHECK(message.text.find('\n') == std::string_view::npos);
        CHECK_FALSE(message.where.empty());
    }
}

TEST_CASE("messages: no text of a rule is left out", "[explain]") {
    const auto known = texts();
    for (const check::Rule* rule : check::all_rules()) {
        CAPTURE(rule->id);
        CHECK(known.contains(rule->summary));
        for (const auto& list : {rule->causes, rule->remedy, rule->events})
            for (const auto text : list) CHECK(known.contains(text));
        CHECK((rule->to_be_sure.empty() || known.contains(rule->to_be_sure)));
        CHECK((rule->code_note.empty() || known.contains(rule->code_note)));
        CHECK((rule->capture_shows.empty() || known.contains(rule->capture_shows)));
    }
}

TEST_CASE("messages: no meaning of a code or an event is left out", "[explain]") {
    const auto known = texts();
    const auto check_column = [&](const data::Table& table, std::string_view name) {
        const auto at = table.column(name);
        REQUIRE(at != data::Table::no_column);
        for (std::size_t i = 0; i < table.row_count(); ++i) {
            CAPTURE(table.row(i)[0]);
            CHECK(known.contains(table.row(i)[at]));
        }
    };
    check_column(data::errors_table, "plain_meaning");
    check_column(data::events_table, "meaning");
}

TEST_CASE("messages: no reason of RPC or ICMP that findings quote is left out", "[explain]") {
    const auto known = texts();
    for (const std::span<const Name> names :
         {std::span<const Name>{dcerpc::provider_reason_names}, std::span<const Name>{dcerpc::reject_reason_names},
          std::span<const Name>{dcerpc::fault_status_names}})
        for (const Name& name : names) CHECK(known.contains(name.name));
    // RFC 792; RFC 4443 3.1.
    CHECK(known.contains(ip::icmp_code_name(IpAddress::Family::v4, 3, 13)));
    CHECK(known.contains(ip::icmp_code_name(IpAddress::Family::v6, 1, 4)));
    CHECK(known.contains(ip::icmp_type_name(IpAddress::Family::v6, 3)));
}

TEST_CASE("messages: the template is what the tables say", "[explain][catalogue]") {
    const fs::path file = fs::path{DIAG_SOURCE_DIR} / "po" / "kms-diag.pot";
    const std::string wanted = message_template();
    const char* update = std::getenv("DIAG_UPDATE");
    if (update != nullptr && std::string_view{update} == "1") std::ofstream{file, std::ios::binary} << wanted;
    std::ifstream in{file, std::ios::binary};
    REQUIRE(in);
    const std::string have{std::istreambuf_iterator<char>{in}, {}};
    INFO("scripts/update-docs writes it anew");
    CHECK((have == wanted));
}

}  // namespace
}  // namespace diag::explain

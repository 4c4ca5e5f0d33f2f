#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

#include "libdiag/session/fault.h"

using namespace diag;
using namespace diag::session;

TEST_CASE("fault: name, argument and time of striking are read", "[session][fault]") {
    struct Case {
        std::string text;
        Fault expected;
        std::string whole;
    };
    const auto c = GENERATE(values<Case>({
        {"reset", {FaultKind::reset, 0, Stage::request, {}}, "reset@request"},
        {"reset@accept", {FaultKind::reset, 0, Stage::accept, {}}, "reset@accept"},
        {"reset@2", {FaultKind::reset, 0, Stage::request, 2}, "reset@request,2"},
        {"close@bind,3", {FaultKind::close, 0, Stage::bind, 3}, "close@bind,3"},
        {"delay:1500", {FaultKind::delay, 1500, Stage::response, {}}, "delay:1500@response"},
        {"delay:10@accept", {FaultKind::delay, 10, Stage::accept, {}}, "delay:10@accept"},
        {"bind-nak:4", {FaultKind::bind_nak, 4, Stage::bind, {}}, "bind-nak:4@bind"},
        {"bind-nak:0x8@1", {FaultKind::bind_nak, 8, Stage::bind, 1}, "bind-nak:8@bind,1"},
        {"rpc-fault:0x1C010003",
         {FaultKind::rpc_fault, 0x1C010003, Stage::request, {}},
         "rpc-fault:0x1C010003@request"},
        {"hresult:0xC004F06C@7", {FaultKind::hresult, 0xC004F06C, Stage::request, 7}, "hresult:0xC004F06C@request,7"},
        {"hresult:3221549164", {FaultKind::hresult, 0xC004F06C, Stage::request, {}}, "hresult:0xC004F06C@request"},
        {"fragments", {FaultKind::fragments, 8, Stage::response, {}}, "fragments:8@response"},
        {"wrong-version:6.1", {FaultKind::wrong_version, 0x60001, Stage::response, {}}, "wrong-version:6.1@response"},
        {"wrong-version", {FaultKind::wrong_version, 1, Stage::response, {}}, "wrong-version:0.1@response"},
    }));
    CAPTURE(c.text);
    const auto fault = parse_fault(c.text);
    REQUIRE(fault);
    CHECK(*fault == c.expected);
    CHECK(to_string(*fault) == c.whole);
    CHECK(parse_fault(c.whole) == c.expected);
}

TEST_CASE("fault: what is wrong with one is said", "[session][fault]") {
    const auto [text, problem] = GENERATE(table<std::string, std::string>({
        {"", "there is no fault ''"},
        {"explode", "there is no fault 'explode'"},
        {"RESET", "there is no fault 'RESET'"},
        {"reset:1", "reset takes no argument"},
        {"delay", "delay needs an argument: delay:MS[@WHEN]"},
        {"delay:soon", "'soon' is no MS for delay: delay:MS[@WHEN]"},
        {"delay:-1", "'-1' is no MS for delay: delay:MS[@WHEN]"},
        {"delay:", "'' is no MS for delay: delay:MS[@WHEN]"},
        {"delay:86400001", "'86400001' is no MS for delay: delay:MS[@WHEN]"},
        {"bind-nak:65536", "'65536' is no REASON for bind-nak: bind-nak:REASON[@WHEN]"},
        {"hresult:0x1C0040000", "'0x1C0040000' is no CODE for hresult: hresult:CODE[@WHEN]"},
        {"wrong-version:6", "'6' is no MAJOR.MINOR for wrong-version: wrong-version[:MAJOR.MINOR][@WHEN]"},
        {"bind-nak:4@request", "bind-nak cannot strike at request, only at: bind"},
        {"reset@", "'' is neither a stage (request, response, bind, accept) nor a number from 1"},
        {"reset@0", "'0' is neither a stage (request, response, bind, accept) nor a number from 1"},
        {"reset@later", "'later' is neither a stage (request, response, bind, accept) nor a number from 1"},
        {"reset@2,bind", "'2,bind': the stage comes before the number"},
        {"reset@bind,bind", "'bind,bind' has two stages"},
    }));
    const auto fault = parse_fault(text);
    CAPTURE(text);
    REQUIRE_FALSE(fault);
    CHECK(fault.error() == problem);
}

TEST_CASE("fault: every row of the table can be named, has a text and somewhere to strike", "[session][fault]") {
    std::set<std::string_view> names;
    for (const FaultInfo& info : all_faults()) {
        CAPTURE(info.name);
        CHECK(names.insert(info.name).second);
        CHECK_FALSE(info.text.empty());
        CHECK(info.text.size() < 100);
        REQUIRE_FALSE(info.stages.empty());
        CHECK(&info_of(info.kind) == &info);
        CHECK(info.argument_name.empty() == (info.argument == FaultArgument::none));
        const std::string argument = info.argument == FaultArgument::none      ? ""
                                     : info.argument == FaultArgument::version ? ":6.0"
                                                                               : ":8";
        for (const Stage stage : info.stages) {
            const auto fault = parse_fault(std::string{info.name} + argument + "@" + std::string{name_of(stage)});
            REQUIRE(fault);
            CHECK(fault->kind == info.kind);
            CHECK(fault->stage == stage);
        }
    }
    CHECK(shape_of(info_of(FaultKind::reset)) == "reset[@WHEN]");
    CHECK(shape_of(info_of(FaultKind::drip)) == "drip[:MS][@WHEN]");
}

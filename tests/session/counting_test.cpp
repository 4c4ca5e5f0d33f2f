#include "libdiag/session/counting.h"

#include <catch2/catch.hpp>

#include "tests/session/lab.h"

using namespace diag;
using namespace diag::session;
using namespace diag::test;
using namespace std::chrono_literals;

namespace {

std::uint32_t count_of(Lab& lab, const kms::BaseRequest& request) {
    const KmsExchange exchange = lab.ask(request);
    REQUIRE(exchange.answer.response);
    return exchange.answer.response->base->count;
}

KmsVerdict verdict_of(Lab& lab, const kms::BaseRequest& request) { return lab.ask(request).answer.verdict; }

}  // namespace

TEST_CASE("count: the 25th Windows client is activated by its own request, those before at their next",
          "[session][count]") {
    Lab lab;
    for (unsigned machine = 1; machine <= 24; ++machine) {
        const KmsExchange exchange = lab.ask(windows_request(machine));
        CHECK(exchange.answer.response->base->count == machine);
        CHECK(exchange.answer.verdict == KmsVerdict::not_enough_count);
    }
    CHECK(verdict_of(lab, windows_request(25)) == KmsVerdict::activated);
    CHECK(verdict_of(lab, windows_request(1)) == KmsVerdict::activated);
}

TEST_CASE("count: five are enough for servers and for Office", "[session][count]") {
    const bool office = GENERATE(false, true);
    const auto request = [office](unsigned machine) {
        return office ? office_request(machine) : server_request(machine);
    };
    Lab lab;
    for (unsigned machine = 1; machine <= 4; ++machine)
        CHECK(verdict_of(lab, request(machine)) == KmsVerdict::not_enough_count);
    CHECK(verdict_of(lab, request(5)) == KmsVerdict::activated);
}

TEST_CASE("count: a machine counts once, however often it asks", "[session][count]") {
    Lab lab;
    for (int i = 0; i < 3; ++i) CHECK(count_of(lab, windows_request(1)) == 1);
}

TEST_CASE("count: clients and servers feed one count, Office another", "[session][count]") {
    Lab lab;
    CHECK(count_of(lab, windows_request(1)) == 1);
    CHECK(count_of(lab, server_request(2)) == 2);
    CHECK(count_of(lab, office_request(1)) == 1);
    CHECK(count_of(lab, server_request(1)) == 2);  // the machine of the first request
}

TEST_CASE("count: a machine is forgotten after 30 days without contact", "[session][count]") {
    Lab lab;
    lab.ask(windows_request(1));
    lab.pass(24h * 10);
    lab.ask(windows_request(2));
    lab.pass(24h * 20);
    CHECK(count_of(lab, windows_request(3)) == 3);  // the first was here 30 days ago to the tick
    lab.pass(100ns);
    CHECK(count_of(lab, windows_request(3)) == 2);
    lab.pass(24h * 10 - 200ns);
    CHECK(count_of(lab, windows_request(2)) == 2);
    lab.pass(24h * 30);
    CHECK(count_of(lab, windows_request(2)) == 1);
}

TEST_CASE("count: the list holds twice the largest count required, and the oldest contact gives way",
          "[session][count]") {
    Lab lab;
    for (unsigned machine = 1; machine <= 12; ++machine) {
        CHECK(count_of(lab, server_request(machine)) == std::min(machine, 10U));
        lab.pass(1s);
    }
    CHECK(lab.clients.contains(server_request().application_id, server_request(3).client_machine_id));
    CHECK_FALSE(lab.clients.contains(server_request().application_id, server_request(2).client_machine_id));
    // The first desktop client makes room for 50, and the room stays.
    for (unsigned machine = 101; machine <= 145; ++machine) {
        CHECK(count_of(lab, windows_request(machine)) == std::min(machine - 90, 50U));
        lab.pass(1s);
    }
    CHECK(count_of(lab, server_request(200)) == 50);
}

TEST_CASE("count: a list of 671 machines refuses new ones and knows the old ones", "[session][count]") {
    Lab lab;
    kms::BaseRequest request = windows_request(1);
    request.required_client_count = 376;  // makes room for 752
    for (unsigned machine = 1; machine <= 671; ++machine) {
        request.client_machine_id = windows_request(machine).client_machine_id;
        REQUIRE(count_of(lab, request) == machine);
    }
    request.client_machine_id = windows_request(672).client_machine_id;
    const KmsExchange refused = lab.ask(request);
    CHECK(refused.answer.verdict == KmsVerdict::refused);
    CHECK(refused.answer.return_code == 0xC004D104);
    request.client_machine_id = windows_request(7).client_machine_id;
    CHECK(count_of(lab, request) == 671);
}

TEST_CASE("count: a start count stands in for machines that are not there", "[session][count]") {
    Lab lab{{.start_count = 24}};
    const KmsExchange first = lab.ask(windows_request(1));
    CHECK(first.answer.response->base->count == 25);
    CHECK(first.answer.verdict == KmsVerdict::activated);
    CHECK(verdict_of(lab, office_request(1)) == KmsVerdict::activated);
    lab.pass(24h * 31);
    CHECK(count_of(lab, windows_request(1)) == 1);
}

TEST_CASE("count: a start count of any size fits", "[session][count]") {
    MemoryClientList list;
    const Uuid application = windows_request().application_id;
    count_in_advance(list, application, 671, lab_time);
    CHECK(list.count(application) == 671);
    CHECK(count_client(list, application, Uuid{{1}}, 25, lab_time) == std::nullopt);
}

TEST_CASE("count: a refused request does not count", "[session][count]") {
    Lab lab{{.keys = {{"office2019"}}}};
    CHECK(verdict_of(lab, windows_request(1)) == KmsVerdict::refused);
    CHECK(lab.clients.count(windows_request().application_id) == 0);
}

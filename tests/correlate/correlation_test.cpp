#include "libdiag/correlate/correlation.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <sstream>

#include "libdiag/correlate/client_view.h"
#include "libdiag/correlate/host_view.h"
#include "tests/support/dissect/correlation_talk.h"

namespace diag::correlate {
namespace {

using test::day;
using test::hour;
using test::minute;
using test::Talk;
using Talks = std::vector<Talk>;

std::vector<ClientHistory> clients_of(const Correlation& correlation) {
    std::vector<ClientHistory> all;
    correlation.for_each_client([&](const ClientHistory& history) { all.push_back(history); });
    return all;
}

std::vector<std::pair<HostHistory, HostView>> hosts_of(const Correlation& correlation) {
    std::vector<std::pair<HostHistory, HostView>> all;
    correlation.for_each_host(
        [&](const HostHistory& history) { all.emplace_back(history, view_of(history, correlation)); });
    return all;
}

// All that is told, but for the captures' order: as text.
std::string digest_of(const Correlation& correlation) {
    std::ostringstream out;
    for (const auto& client : clients_of(correlation)) {
        out << to_string(client.key) << ' ' << client.contact_count << ' ' << client.first.ns;
        for (const Contact* c : client.contacts)
            out << ' ' << c->time.ns << ':' << name_of(c->result) << ':' << correlation.text(c->workstation_name);
        out << '\n';
    }
    for (const auto& [host, view] : hosts_of(correlation)) {
        out << to_string(host.host) << ' ' << host.contact_count << ' ' << host.answered_count << ' '
            << host.success_count << ' ' << view.client_count;
        for (const auto& counting : view.countings) {
            out << ' ' << counting.client_count << '/' << counting.needed << name_of(counting.forecast.kind);
            for (const auto& point : counting.points) out << ' ' << point.count;
        }
        out << '\n';
    }
    for (const auto& finding : test::findings_of(correlation)) out << finding.rule->id << ' ' << finding.title << '\n';
    return out.str();
}

Talks mixed_talks() {
    Talks talks;
    std::mt19937 random{7};
    for (unsigned i = 0; i < 400; ++i) {
        const auto machine = static_cast<unsigned>(1 + random() % 20);
        talks.push_back(
            {.after = static_cast<std::int64_t>(i) * 11 * minute,
             .machine = machine,
             .name = machine % 5 == 0 ? "clone-" + std::to_string(random() % 3) : "pc-" + std::to_string(machine),
             .address = "192.0.2." + std::to_string(1 + machine / 2),
             .host = test::endpoint(random() % 2 == 0 ? "192.0.2.10" : "192.0.2.11", 1688),
             .count = 5 + i / 40,
             .hresult = random() % 7 == 0 ? 0xC004F042 : 0U,
             .answered = random() % 9 != 0,
             .asked = random() % 11 != 0,
             .packet = i + 1});
    }
    return talks;
}

TEST_CASE("correlation: what it knows does not depend on the order of the captures", "[correlate]") {
    const Talks talks = mixed_talks();
    const auto of_files = [&](const std::vector<std::size_t>& order) {
        Correlation correlation{1};
        for (const std::size_t file : order) {
            correlation.begin_capture("file " + std::to_string(file));
            for (std::size_t i = file; i < talks.size(); i += order.size()) test::add(correlation, talks[i]);
        }
        correlation.settle();
        return digest_of(correlation);
    };
    const std::string digest = of_files({0, 1, 2, 3});
    CHECK(digest.find("KMS-CLIENT-CLONED") != std::string::npos);
    CHECK(of_files({3, 2, 1, 0}) == digest);
    CHECK(of_files({2, 0, 3, 1}) == digest);
}

TEST_CASE("correlation: a request that was captured in two places is one", "[correlate]") {
    Correlation correlation{1};
    correlation.begin_capture("client.pcap");
    test::add(correlation, {.answered = false});
    test::add(correlation, {.after = hour, .machine = 0, .asked = false});
    correlation.begin_capture("host.pcap");
    test::add(correlation, {.address = "198.51.100.1"});  // behind address translation
    test::add(correlation, {.after = hour + 1'000'000, .machine = 0, .asked = false});
    CHECK(correlation.copy_count() == 2);
    CHECK(correlation.contact_count() == 2);
    const auto hosts = hosts_of(correlation);
    REQUIRE(hosts.size() == 1);
    CHECK(hosts.front().first.contact_count == 2);
    CHECK(hosts.front().first.answered_count == 1);
    const auto clients = clients_of(correlation);
    REQUIRE(clients.size() >= 1);
    CHECK(clients.front().contacts.front()->result == Result::granted);  // the capture that has the answer
    CHECK(clients.front().contacts.front()->copies == 1);
}

TEST_CASE("correlation: the same request twice in one capture stays two", "[correlate]") {
    const Correlation correlation = test::correlated(Talks{{}, {.packet = 20}});
    CHECK(correlation.copy_count() == 0);
    CHECK(clients_of(correlation).front().contacts.size() == 2);
}

TEST_CASE("correlation: an address with several clients keeps its own attempts", "[correlate]") {
    const Talks talks{
        {.machine = 1}, {.after = hour, .machine = 2, .name = "pc-2"}, {.after = 2 * hour, .asked = false}};
    const auto clients = clients_of(test::correlated(talks));
    REQUIRE(clients.size() == 3);
    CHECK_FALSE(clients.back().key.is_machine_id());
    const auto one = clients_of(test::correlated(Talks{talks[0], talks[2]}));
    REQUIRE(one.size() == 1);
    CHECK(one.front().contacts.size() == 2);
    CHECK(one.front().contact_count == 2);
}

// ---- limits

TEST_CASE("limits: of a client the latest contacts stay, in whatever order they come", "[correlate]") {
    Talks talks;
    for (int i = 0; i < 100; ++i) talks.push_back({.after = (i * 37 % 100) * hour});
    const Correlation correlation = test::correlated(talks, {.max_of_client = 8});
    const auto clients = clients_of(correlation);
    REQUIRE(clients.size() == 1);
    CHECK(clients.front().contact_count == 100);
    CHECK(clients.front().first == test::talk_start);
    REQUIRE(clients.front().contacts.size() == 8);
    CHECK(clients.front().contacts.front()->time.ns == test::talk_start.ns + 92 * hour);
    CHECK(clients.front().contacts.back()->time.ns == test::talk_start.ns + 99 * hour);
}

TEST_CASE("limits: contacts that are longest ago make room, and are counted", "[correlate]") {
    Talks talks;
    for (unsigned i = 0; i < 1000; ++i) {
        talks.push_back({.after = i * minute, .machine = i + 1, .name = "pc-" + std::to_string(i)});
    }
    std::shuffle(talks.begin(), talks.end(), std::mt19937{3});
    const Correlation correlation = test::correlated(talks, {.max_contacts = 64});
    CHECK(correlation.contact_count() == 1000);
    CHECK(correlation.client_count() <= 64);
    CHECK(correlation.forgotten_count() + correlation.client_count() == 1000);
    std::size_t seen = 0;
    for (const auto& client : clients_of(correlation)) {
        seen += client.contacts.size();
        const Contact& c = *client.contacts.front();
        CHECK(correlation.client_of(c) == client.key);
        // Machine n is called pc-(n-1): texts and owners moved together.
        const auto number = client.key.machine_id().wire[12] + 256U * client.key.machine_id().wire[13];
        CHECK(correlation.text(c.workstation_name) == "pc-" + std::to_string(number - 1));
    }
    CHECK(seen == correlation.client_count());
}

TEST_CASE("limits: no room for texts costs the oldest contacts, not memory", "[correlate]") {
    Talks talks;
    for (unsigned i = 0; i < 5000; ++i)
        talks.push_back({.after = i * minute, .machine = i + 1, .name = std::string(50, 'x') + std::to_string(i)});
    const Correlation correlation = test::correlated(talks, {.max_text_size = std::size_t{128} << 10});
    CHECK(correlation.forgotten_count() > 0);
    CHECK(correlation.client_count() > 500);
    CHECK(correlation.memory_size() < std::size_t{5} << 20);
    CHECK(correlation.text(clients_of(correlation).back().contacts.back()->workstation_name).ends_with("4999"));
}

TEST_CASE("limits: addresses and hosts past the limit are left out", "[correlate]") {
    Talks talks;
    for (unsigned i = 0; i < 50; ++i) {
        talks.push_back({.machine = 0,
                         .address = "10.0.0." + std::to_string(i),
                         .host = test::endpoint("198.51.100." + std::to_string(i), 1688),
                         .asked = false});
    }
    const Correlation correlation = test::correlated(talks, {.max_addresses = 20, .max_hosts = 10});
    CHECK(clients_of(correlation).size() == 20);
    CHECK(correlation.left_out_count() == 30);
    CHECK(hosts_of(correlation).size() == 10);
}

// ---- views

Forecast forecast_of(std::initializer_list<std::pair<std::int64_t, std::uint32_t>> counts) {
    Talks talks;
    for (const auto& [after, count] : counts) {
        const auto number = static_cast<unsigned>(talks.size() + 1);
        talks.push_back({.after = after, .machine = number, .name = "pc-" + std::to_string(number), .count = count});
    }
    const Correlation correlation = test::correlated(talks);
    return hosts_of(correlation).front().second.countings.front().forecast;
}

TEST_CASE("forecast: linear from two counts apart, and nothing where it cannot be told", "[correlate]") {
    using Kind = Forecast::Kind;
    const Forecast forecast = forecast_of({{0, 5}, {day, 10}, {2 * day, 15}});
    CHECK(forecast.kind == Kind::at);
    CHECK(forecast.rise_a_day == Approx(5));
    CHECK(forecast.time.ns == test::talk_start.ns + 4 * day);  // ten more of the 25
    CHECK(forecast_of({{0, 5}}).kind == Kind::unknown);
    CHECK(forecast_of({{0, 5}, {minute, 6}}).kind == Kind::unknown);
    CHECK(forecast_of({{0, 5}, {day, 5}}).kind == Kind::no_rise);
    CHECK(forecast_of({{0, 5}, {10 * day, 6}}).kind == Kind::never);
    CHECK(forecast_of({{0, 24}, {day, 25}}).kind == Kind::not_needed);
}

TEST_CASE("forecast: what was counted before a restart does not count", "[correlate]") {
    const Forecast forecast = forecast_of({{0, 20}, {day, 2}, {2 * day, 6}});
    CHECK(forecast.kind == Forecast::Kind::at);
    CHECK(forecast.rise_a_day == Approx(4));
}

TEST_CASE("count over time: changes are kept, repetitions are not, and there is a limit", "[correlate]") {
    Talks talks;
    for (unsigned i = 0; i < 500; ++i) talks.push_back({.after = i * minute, .machine = i + 1, .count = i / 2});
    const Correlation correlation = test::correlated(talks);
    const auto counting = hosts_of(correlation).front().second.countings.front();
    CHECK(counting.points.size() == Counting::max_points);
    CHECK(counting.dropped_points > 0);
    CHECK(counting.points.front().count == 0);
    CHECK(counting.points.back().count == 249);
    CHECK(counting.client_count == 500);
}

TEST_CASE("clock of a host: what it accepts and refuses bounds it", "[correlate]") {
    const auto minutes = [](std::int64_t m) { return m * 60; };
    // Accepts +200 and -30 minutes, so it is within -40 and +210 minutes; refuses +300: below +60.
    const Talks talks{{.machine = 1, .clock_difference_s = minutes(200)},
                      {.machine = 2, .clock_difference_s = minutes(-30)},
                      {.machine = 3, .hresult = 0xC004F06C, .clock_difference_s = minutes(300)}};
    const Correlation correlation = test::correlated(talks);
    const ClockBounds bounds = hosts_of(correlation).front().second.clock;
    CHECK(bounds.least_s == minutes(-40));
    CHECK(bounds.most_s == minutes(60));
    CHECK(bounds.says_more_than_one_answer());
}

TEST_CASE("rhythm: two hours are retries, seven days are renewals, for each application by itself", "[correlate]") {
    Talks talks;
    for (int i = 0; i < 4; ++i) {
        talks.push_back({.after = i * 7 * day});
        talks.push_back({.after = i * 2 * hour, .needed = 5, .application_id = test::talk_office});
    }
    const Correlation correlation = test::correlated(talks);
    const auto client = clients_of(correlation).front();
    const ClientView view = view_of(client, correlation);
    REQUIRE(view.series.size() == 2);
    for (const Series& series : view.series)
        CHECK(series.rhythm == (series.application_id == test::talk_office ? Rhythm::retrying : Rhythm::renewing));
}

TEST_CASE("machine names: case and domain make no other machine", "[correlate]") {
    CHECK(machine_name("PC-7.example.test") == "pc-7");
    CHECK(machine_name("pc-7") == "pc-7");
    CHECK(machine_name("") == "");
}

TEST_CASE("text pool: each text once, and no more than its size", "[correlate]") {
    TextPool pool{1, std::size_t{64} << 10};
    const auto a = pool.add("pc-1");
    REQUIRE(a);
    CHECK(pool.add("pc-1") == a);
    CHECK(pool.text(*a) == "pc-1");
    CHECK(pool.add("") == no_text);
    CHECK(pool.text(no_text).empty());
    std::optional<TextId> last = a;
    for (int i = 0; last && i < 10'000; ++i) last = pool.add("name number " + std::to_string(i));
    CHECK_FALSE(last);
    CHECK(pool.add("pc-1") == a);
    CHECK(pool.text(*pool.add("name number 77")) == "name number 77");
    TextPool fresh{1, std::size_t{64} << 10};
    const auto longest = fresh.add(std::string(5000, 'x'));
    REQUIRE(longest);
    CHECK(fresh.text(*longest).size() == TextPool::max_text_size);
}

}  // namespace
}  // namespace diag::correlate

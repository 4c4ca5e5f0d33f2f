#include "tests/support/dissect/correlation_talk.h"

#include <algorithm>
#include <stdexcept>

#include "libdiag/check/correlation_findings.h"

namespace diag::test {
namespace {

Uuid numbered(std::uint8_t first, unsigned number) {
    Uuid id;
    id.wire[0] = first;
    for (std::size_t i = 0; i < 4; ++i) id.wire[12 + i] = static_cast<std::uint8_t>(number >> (8 * i));
    return id;
}

Filetime client_time(const Talk& talk, std::int64_t after) {
    return to_filetime({talk_start.ns + after + talk.clock_difference_s * 1'000'000'000});
}

kms::Request request_of(const Talk& talk) {
    kms::Request request;
    if (talk.machine == 0) return request;
    kms::BaseRequest base{.application_id = talk.application_id,
                          .kms_id = numbered(2, talk.product),
                          .client_machine_id = machine_id(talk.machine),
                          .required_client_count = talk.needed,
                          .client_time_filetime = client_time(talk, talk.after)};
    if (!base.set_workstation_text(talk.name)) throw std::logic_error{"name too long"};
    request.base = base;
    return request;
}

kms::Response response_of(const Talk& talk) {
    kms::Response response;
    if (talk.machine == 0) return response;
    kms::BaseResponse base{.client_machine_id = machine_id(talk.machine),
                           .client_time_filetime = client_time(talk, talk.echo_of < 0 ? talk.after : talk.echo_of),
                           .count = talk.count,
                           .activation_interval_minutes = 120,
                           .renewal_interval_minutes = 10'080};
    if (!base.set_epid_text(talk.epid)) throw std::logic_error{"ePID too long"};
    response.base = base;
    if (talk.hwid != 0) {
        response.version = {.minor = 0, .major = 6};
        response.proofs.emplace();
        response.proofs->hwid[0] = static_cast<std::uint8_t>(talk.hwid);
    }
    return response;
}

}  // namespace

Uuid machine_id(unsigned number) { return numbered(1, number); }

void add(correlate::Correlation& correlation, const Talk& talk, bool selected) {
    dissect::Conversation c;
    c.client = endpoint(talk.address, 50'000);
    c.host = talk.host;
    const dissect::Mark asked{.packet = talk.packet, .time = {talk_start.ns + talk.after}};
    c.first = asked;
    auto& [client, host] = c.tcp.headers;
    client.has_timestamps = talk.offers_timestamps;
    if (!talk.asked) {
        host.rst_hop_limit = talk.hop_limit;
        correlation.add(c, {.outcome = "refused_by_rst"}, selected);
        return;
    }
    c.tcp.established = true;
    host.opening_hop_limit = talk.hop_limit;
    host.maximum_segment_size = talk.segment_size;
    host.has_timestamps = talk.timestamps;
    c.pdus.push_back({.first = asked, .last = asked});
    dissect::Exchange exchange;
    exchange.request = request_of(talk);
    if (talk.answered) {
        exchange.response_pdu = 1;
        exchange.hresult = talk.hresult;
        const dissect::Mark answer{.packet = talk.packet + 1, .time = {asked.time.ns + 1'000'000}};
        c.pdus.push_back({.from = dissect::Side::host, .first = answer, .last = answer});
        if (talk.hresult == 0) exchange.response = response_of(talk);
    }
    c.exchanges.push_back(exchange);
    correlation.add(c, {.outcome = talk.answered ? "complete" : "request_unanswered"}, selected);
}

correlate::Correlation correlated(std::span<const Talk> talks, const correlate::Limits& limits) {
    correlate::Correlation correlation{1, limits};
    correlation.begin_capture("a.pcap");
    for (const Talk& talk : talks) add(correlation, talk);
    correlation.settle();
    return correlation;
}

std::vector<check::Finding> findings_of(const correlate::Correlation& correlation) {
    std::vector<check::Finding> all;
    const auto take = [&all](std::vector<check::Finding> findings) {
        for (auto& finding : findings) all.push_back(std::move(finding));
    };
    const auto usual = check::usual_clocks(correlation);
    correlation.for_each_client([&](const auto& history) {
        take(check::check_client(history, view_of(history, correlation), correlation, usual));
    });
    correlation.for_each_host(
        [&](const auto& history) { take(check::check_host(history, view_of(history, correlation), correlation)); });
    take(check::check_names(correlation));
    take(check::check_addresses(correlation));
    return all;
}

std::vector<std::string> ids_of(std::span<const Talk> talks) {
    std::vector<std::string> ids;
    for (const auto& finding : findings_of(correlated(talks))) ids.emplace_back(finding.rule->id);
    std::sort(ids.begin(), ids.end());
    return ids;
}

}  // namespace diag::test

// The records of a domain, where one of them names a host.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "libdiag/check/rules.h"
#include "libdiag/check/srv_rows.h"
#include "libdiag/lang/message.h"
#include "libdiag/proto/dns/service_name.h"
#include "libdiag/session/service_order.h"

namespace diag::check {
namespace {

using lang::say;
using session::ServiceRecord;
using Findings = std::vector<Finding>;
using Records = std::vector<const ServiceRecord*>;

constexpr std::uint16_t kms_port = 1688;
constexpr std::uint32_t longest_ttl = 7 * 24 * 3600;

std::vector<std::string> texts_of(const Records& records) {
    std::vector<std::string> texts;
    texts.reserve(records.size());
    for (const auto* record : records) texts.push_back(record_text(*record));
    return texts;
}

Records records_with(const DomainEvidence& d, bool (*fits)(const ServiceRecord&)) {
    Records records;
    for (const ServiceRecord& record : d.srv.records)
        if (fits(record)) records.push_back(&record);
    return records;
}

// By the name of the host, in lower case.
std::map<std::string, Records> records_by_target(const DomainEvidence& d) {
    std::map<std::string, Records> by_target;
    for (const ServiceRecord& record : d.srv.records) by_target[dns::lower_case(record.target)].push_back(&record);
    return by_target;
}

bool has_no_port(const ServiceRecord& record) { return record.port == 0; }
bool names_address(const ServiceRecord& record) { return record.port != 0 && is_literal(record.target); }
bool has_other_port(const ServiceRecord& record) { return record.port != 0 && record.port != kms_port; }

template <const Rule& which> void port_zero(const DomainEvidence& d, Findings& out) {
    const Records records = records_with(d, has_no_port);
    if (records.empty()) return;
    add(out, which, d, say("{} publishes {} with port 0", d.srv.domain, records.front()->target), texts_of(records));
}

template <const Rule& which> void literal(const DomainEvidence& d, Findings& out) {
    const Records records = records_with(d, names_address);
    if (records.empty()) return;
    add(out, which, d, say("{} publishes the address {} in place of a name", d.srv.domain, records.front()->target),
        texts_of(records));
}

// A client passes over what it cannot use while there is another host.
template <void (*judge)(const DomainEvidence&, Findings&)>
void unless_another_works(const DomainEvidence& d, Findings& out) {
    if (!d.names_usable_host) judge(d, out);
}

void dead(const DomainEvidence& d, Findings& out) {
    if (!d.names_usable_host) return;
    port_zero<rule::srv_target_dead>(d, out);
    literal<rule::srv_target_dead>(d, out);
}

void other_port(const DomainEvidence& d, Findings& out) {
    const Records records = records_with(d, has_other_port);
    if (records.empty()) return;
    const ServiceRecord& first = *records.front();
    add(out, rule::srv_port, d, say("{} publishes {} with port {}", d.srv.domain, first.target, first.port),
        texts_of(records));
}

void duplicate(const DomainEvidence& d, Findings& out) {
    for (const auto& [target, records] : records_by_target(d)) {
        if (records.size() < 2 || out.size() >= max_finding_count) continue;
        add(out, rule::srv_duplicate, d, say("{} publishes {} {} times", d.srv.domain, target, records.size()),
            texts_of(records));
    }
}

void ttl(const DomainEvidence& d, Findings& out) {
    const auto bad =
        std::ranges::find_if(d.srv.records, [](const auto& r) { return r.ttl == 0 || r.ttl > longest_ttl; });
    if (bad == d.srv.records.end()) return;
    add(out, rule::srv_ttl, d, say("the record of {} has a time to live of {} s", d.srv.domain, bad->ttl),
        record_text(*bad));
}

// A host that fewer than one in a hundred clients try first.
void unused(const DomainEvidence& d, Findings& out) {
    constexpr double rarely = 0.01;
    if (records_by_target(d).size() < 2) return;
    const auto chances = session::first_choice_chances(d.srv.records);
    std::vector<std::string> texts;
    for (std::size_t i = 0; i < d.srv.records.size(); ++i)
        if (names_host(d.srv.records[i]) && chances[i] < rarely)
            texts.push_back(
                say("{}: {:.1f} % of clients try it first", record_text(d.srv.records[i]), chances[i] * 100));
    if (!texts.empty())
        add(out, rule::srv_unused, d, say("{} publishes a host that hardly any client tries", d.srv.domain),
            std::move(texts));
}

constexpr Row<DomainEvidence> rows[] = {
    {&rule::srv_port_zero, unless_another_works<port_zero<rule::srv_port_zero>>},
    {&rule::srv_target_literal, unless_another_works<literal<rule::srv_target_literal>>},
    {&rule::srv_target_dead, dead},
    {&rule::srv_port, other_port},
    {&rule::srv_duplicate, duplicate},
    {&rule::srv_ttl, ttl},
    {&rule::srv_unused, unused},
};

}  // namespace

std::span<const Row<DomainEvidence>> srv_record_rows() { return rows; }

}  // namespace diag::check

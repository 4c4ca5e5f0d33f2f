// What a saved slmgr /dlv says of a KMS host.
#include <fmt/format.h>

#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/rules.h"

namespace diag::check {
namespace {

using slmgr::Dlv;
using slmgr::Fact;

constexpr std::int64_t usual_port = 1688;
constexpr unsigned min_clients = 25;  // documented, for Windows clients
constexpr unsigned min_servers = 5;   // for Windows Server and Office

// Single failures are everyday; a tenth of the requests is a group of clients that never gets anywhere.
constexpr std::int64_t few_failures = 10;
constexpr std::int64_t failed_share = 10;

// Each client asks unlicensed a few times in its life and licensed once a week. Clients that lost their activation must
// outnumber the renewals; new ones twice over, because a roll-out begins with them.
constexpr std::int64_t few_lost = 10;
constexpr std::int64_t few_new = 50;

std::int64_t number(const Fact<std::int64_t>& fact) { return fact && *fact > 0 ? *fact : 0; }

std::int64_t lost_requests(const Dlv& dlv) { return number(dlv.notification_requests) + number(dlv.expired_requests); }

bool has_troubled_clients(const Dlv& dlv) {
    if (!dlv.licensed_requests) return false;
    const std::int64_t licensed = number(dlv.licensed_requests);
    const std::int64_t lost = lost_requests(dlv);
    const std::int64_t fresh = number(dlv.unlicensed_requests);
    return (lost >= few_lost && lost > licensed) || (fresh >= few_new && fresh > 2 * licensed);
}

bool has_no_requests(const Dlv& dlv) {
    return dlv.current_count.is(-1) || (dlv.total_requests && *dlv.total_requests <= 0);
}

void check_host_key(DlvSubject& s) {
    if (s.role != DlvRole::host || slmgr::is_kms_host(s.dlv) || !s.dlv.description) return;
    s.add(rule::host_client_key, fmt::format("{} is meant to be a KMS host and has no KMS host key", s.name))
        .evidence.push_back(fmt::format("description: {}", *s.dlv.description));
}

void check_activation(DlvSubject& s) {
    if (!slmgr::has_host_channel(s.dlv) || !s.is_not_licensed()) return;
    s.add(rule::host_not_activated, fmt::format("the KMS host key of {} is not activated", s.name))
        .evidence.push_back(status_text(*s.dlv.license_status));
}

void check_requests(DlvSubject& s) {
    const Dlv& dlv = s.dlv;
    if (has_no_requests(dlv)) {
        Finding& finding = s.add(rule::host_no_requests, fmt::format("no client has ever asked {}", s.name));
        if (dlv.current_count) finding.evidence.push_back(fmt::format("current count: {}", *dlv.current_count));
        if (dlv.total_requests) finding.evidence.push_back(fmt::format("total requests: {}", *dlv.total_requests));
        return;
    }
    const std::int64_t total = number(dlv.total_requests);
    const std::int64_t failed = number(dlv.failed_requests);
    if (total > 0 && failed >= few_failures && failed >= total / failed_share) {
        s.add(rule::host_failed_requests, fmt::format("{} of {} requests failed at {}", failed, total, s.name))
            .evidence.push_back(fmt::format("failed requests received: {} of {}", failed, total));
    }
    if (has_troubled_clients(dlv)) {
        Finding& finding = s.add(rule::host_troubled_clients,
                                 fmt::format("most requests at {} are of clients that are not activated", s.name));
        finding.evidence.push_back(fmt::format("requests of unlicensed clients: {}", number(dlv.unlicensed_requests)));
        finding.evidence.push_back(
            fmt::format("requests of clients in notification or expired: {}", lost_requests(dlv)));
        finding.evidence.push_back(fmt::format("requests of licensed clients: {}", number(dlv.licensed_requests)));
    }
}

struct Thresholds {
    unsigned servers = min_servers;
    unsigned clients = min_clients;
};

Thresholds thresholds_of(const Dlv& dlv) {
    const kms::Application* application = dlv.application_id ? kms::find_application(*dlv.application_id) : nullptr;
    if (application == nullptr) return {};
    return {application->min_requests_server_edition, application->min_requests_client_edition};
}

void check_count(DlvSubject& s) {
    if (!s.dlv.current_count || has_no_requests(s.dlv)) return;
    const std::int64_t count = *s.dlv.current_count;
    const Thresholds needed = thresholds_of(s.dlv);
    if (count < 0 || count >= needed.clients) return;
    // Between the two a host for servers is in order, unless its clients say otherwise.
    const bool is_low = count < needed.servers || has_troubled_clients(s.dlv);
    Finding& finding = s.add(is_low ? rule::count_low : rule::host_count_servers,
                             fmt::format("{} has counted {} machines", s.name, count));
    finding.evidence.push_back(fmt::format("current count: {}", count));
    finding.evidence.push_back(
        needed.servers == needed.clients
            ? fmt::format("its clients need {}", needed.clients)
            : fmt::format("Windows clients need {}, Windows Server {}", needed.clients, needed.servers));
}

void check_settings(DlvSubject& s) {
    if (s.dlv.dns_publishing.is(false)) {
        s.add(rule::host_not_published, fmt::format("{} does not publish itself in DNS", s.name))
            .evidence.push_back("DNS publishing disabled");
    }
    if (s.dlv.listening_port && *s.dlv.listening_port != usual_port) {
        s.add(rule::host_port, fmt::format("{} listens on port {}", s.name, *s.dlv.listening_port))
            .evidence.push_back(fmt::format("listening on port: {}", *s.dlv.listening_port));
    }
    if (s.dlv.priority.is(slmgr::Priority::low)) {
        s.add(rule::host_low_priority, fmt::format("{} runs with low priority", s.name))
            .evidence.push_back("KMS priority: Low");
    }
}

}  // namespace

void check_dlv_host(DlvSubject& subject) {
    check_host_key(subject);
    if (!slmgr::is_kms_host(subject.dlv) || (subject.role == DlvRole::client && !subject.dlv.host_enabled.is(true)))
        return;
    check_activation(subject);
    check_requests(subject);
    check_count(subject);
    check_settings(subject);
}

}  // namespace diag::check

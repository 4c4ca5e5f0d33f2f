// What a saved slmgr /dlv says of a KMS host.
#include "libdiag/check/dlv_subject.h"
#include "libdiag/check/rules.h"
#include "libdiag/lang/message.h"

namespace diag::check {
namespace {

using lang::say;
using lang::tr;
using slmgr::Dlv;
using slmgr::Fact;
using Findings = std::vector<Finding>;

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

void no_host_key(const DlvSubject& s, Findings& out) {
    if (s.role != DlvRole::host || s.is_host || !s.dlv.description) return;
    s.add(out, rule::host_client_key, say("{} is meant to be a KMS host and has no KMS host key", s.name))
        .evidence.push_back(description_text(s.dlv));
}

void not_activated(const DlvSubject& s, Findings& out) {
    if (!s.is_host || !s.has_host_key || !s.is_not_licensed()) return;
    s.add(out, rule::host_not_activated, say("the KMS host key of {} is not activated", s.name))
        .evidence.push_back(status_text(*s.dlv.license_status));
}

void no_requests(const DlvSubject& s, Findings& out) {
    const Dlv& dlv = s.dlv;
    if (!s.is_host || !has_no_requests(dlv)) return;
    Finding& finding = s.add(out, rule::host_no_requests, say("no client has ever asked {}", s.name));
    if (dlv.current_count) finding.evidence.push_back(say("current count: {}", *dlv.current_count));
    if (dlv.total_requests) finding.evidence.push_back(say("total requests: {}", *dlv.total_requests));
}

void failed_requests(const DlvSubject& s, Findings& out) {
    if (!s.is_host || has_no_requests(s.dlv)) return;
    const std::int64_t total = number(s.dlv.total_requests);
    const std::int64_t failed = number(s.dlv.failed_requests);
    if (total == 0 || failed < few_failures || failed < total / failed_share) return;
    s.add(out, rule::host_failed_requests, say("{} of {} requests failed at {}", failed, total, s.name))
        .evidence.push_back(say("failed requests received: {} of {}", failed, total));
}

void troubled_clients(const DlvSubject& s, Findings& out) {
    if (!s.is_host || has_no_requests(s.dlv) || !has_troubled_clients(s.dlv)) return;
    Finding& finding = s.add(out, rule::host_troubled_clients,
                             say("most requests at {} are of clients that are not activated", s.name));
    finding.evidence.push_back(say("requests of unlicensed clients: {}", number(s.dlv.unlicensed_requests)));
    finding.evidence.push_back(say("requests of clients in notification or expired: {}", lost_requests(s.dlv)));
    finding.evidence.push_back(say("requests of licensed clients: {}", number(s.dlv.licensed_requests)));
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

// Between the two thresholds a host for servers is in order, unless its clients say otherwise.
template <const Rule& which> void count(const DlvSubject& s, Findings& out) {
    if (!s.is_host || !s.dlv.current_count || has_no_requests(s.dlv)) return;
    const std::int64_t count = *s.dlv.current_count;
    const Thresholds needed = thresholds_of(s.dlv);
    if (count < 0 || count >= needed.clients) return;
    const bool is_low = count < needed.servers || has_troubled_clients(s.dlv);
    if (is_low != (&which == &rule::count_low)) return;
    Finding& finding = s.add(out, which, say("{} has counted {} machines", s.name, count));
    finding.evidence.push_back(say("current count: {}", count));
    finding.evidence.push_back(needed.servers == needed.clients
                                   ? say("its clients need {}", needed.clients)
                                   : say("Windows clients need {}, Windows Server {}", needed.clients, needed.servers));
}

void not_published(const DlvSubject& s, Findings& out) {
    if (!s.is_host || !s.dlv.dns_publishing.is(false)) return;
    s.add(out, rule::host_not_published, say("{} does not publish itself in DNS", s.name))
        .evidence.emplace_back(tr("DNS publishing disabled"));
}

void other_port(const DlvSubject& s, Findings& out) {
    if (!s.is_host || !s.dlv.listening_port || *s.dlv.listening_port == usual_port) return;
    s.add(out, rule::host_port, say("{} listens on port {}", s.name, *s.dlv.listening_port))
        .evidence.push_back(say("listening on port: {}", *s.dlv.listening_port));
}

void low_priority(const DlvSubject& s, Findings& out) {
    if (!s.is_host || !s.dlv.priority.is(slmgr::Priority::low)) return;
    s.add(out, rule::host_low_priority, say("{} runs with low priority", s.name))
        .evidence.emplace_back(tr("KMS priority: Low"));
}

constexpr Row<DlvSubject> rows[] = {
    {&rule::host_client_key, no_host_key},
    {&rule::host_not_activated, not_activated},
    {&rule::host_no_requests, no_requests},
    {&rule::host_failed_requests, failed_requests},
    {&rule::host_troubled_clients, troubled_clients},
    {&rule::count_low, count<rule::count_low>},
    {&rule::host_count_servers, count<rule::host_count_servers>},
    {&rule::host_not_published, not_published},
    {&rule::host_port, other_port},
    {&rule::host_low_priority, low_priority},
};

}  // namespace

std::span<const Row<DlvSubject>> dlv_host_rows() { return rows; }

}  // namespace diag::check

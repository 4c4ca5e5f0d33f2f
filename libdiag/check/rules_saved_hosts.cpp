// The rules about the hosts that saved output of a client names, compared with each other and with DNS.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text client_hosts_differ_causes[] = {
    "One product was set to a host (slmgr /skms, or ospp.vbs /sethst for Office), the others find theirs in DNS.",
    "Several hosts are published, and each product found another one.",
};
constexpr Text client_hosts_differ_remedy[] = {
    "Nobody, if this is intended, for example where Office has a KMS host of its own.",
    "Desktop support: slmgr /ckms, for Office ospp.vbs /remhst, returns a product to the host that DNS names.",
};
constexpr Text client_hosts_differ_events[] = {event::client_attempt};

constexpr Text client_host_unpublished_causes[] = {
    "The name was set for a KMS host that was retired or renamed since.",
    "The host is in service but not published: it belongs to another domain, or somebody removed its record.",
    "The name is misspelt.",
};
constexpr Text client_host_unpublished_remedy[] = {
    "Desktop support: slmgr /ckms returns the client to DNS; then run slmgr /ato.",
    "KMS host administrator: if the name is right, try the host with kms-probe, and publish it where other clients "
    "are to find it.",
};
constexpr Text client_host_unpublished_events[] = {event::client_attempt, event::client_result};

constexpr Text client_cache_stale_causes[] = {
    "The KMS host was replaced, and the client keeps the old one as long as that answers.",
    "The record of this host was removed or has expired, although the host is in service.",
    "The client found it in another DNS domain.",
};
constexpr Text client_cache_stale_remedy[] = {
    "Desktop support: run slmgr /ckhc, slmgr /ato and slmgr /skhc, so that the client searches DNS again and keeps "
    "what it finds.",
    "DNS administrator: if the host is in service, find out why its SRV record is gone.",
    "KMS host administrator: do not switch the old host off before its clients have moved.",
};
constexpr Text client_cache_stale_events[] = {event::client_attempt, event::host_published};

constexpr Text client_host_port_causes[] = {
    "The port was set by hand behind the name (slmgr /skms) and is wrong, or was changed on the host afterwards.",
    "The port of the host, and with it the SRV record, has changed since the client found it.",
    "The SRV record was made by hand with the wrong port.",
};
constexpr Text client_host_port_remedy[] = {
    "KMS host administrator: see on which port the host listens (slmgr /dlv there), and correct the record or the "
    "clients.",
    "Desktop support: slmgr /ckms returns the client to the published port.",
};
constexpr Text client_host_port_events[] = {event::client_attempt};

constexpr Text client_host_address_causes[] = {
    "The host has got another address since the last activation.",
    "The DNS server that was asked gives other answers than the one of the client.",
    "Something else than the host answered: a forwarded port, or a host that nobody in the company runs.",
};
constexpr Text client_host_address_remedy[] = {
    "KMS host administrator: find out which machine has the address in the evidence; the extended PID tells the host "
    "key that answered.",
    "Desktop support: run slmgr /ato, then compare the address in slmgr /dlv again.",
};
constexpr Text client_host_address_events[] = {event::client_attempt};

constexpr Text from_saved_output =
    "Not seen in a capture: read from saved output of the client, and compared with DNS.";

}  // namespace

constinit const Rule client_hosts_differ{
    .id = "KMS-CLIENT-HOSTS-DIFFER",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The products of this client, or its settings and its cache, name different KMS hosts.",
    .causes = client_hosts_differ_causes,
    .remedy = client_hosts_differ_remedy,
    .code_note = "No code belongs to it.",
    .capture_shows =
        "Not seen in a capture: read from saved output of the client. Its products connect to different hosts.",
    .events = client_hosts_differ_events,
};

constinit const Rule client_host_unpublished{
    .id = "KMS-CLIENT-HOST-UNPUBLISHED",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary = "The client is set to a KMS host that is not among those which DNS publishes.",
    .causes = client_host_unpublished_causes,
    .remedy = client_host_unpublished_remedy,
    .code_note = "[inf] What slmgr /ato shows once the host no longer answers; while it does, nothing is shown.",
    .capture_shows = from_saved_output,
    .events = client_host_unpublished_events,
};

constinit const Rule client_cache_stale{
    .id = "KMS-CLIENT-CACHE-STALE",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary = "The client keeps a KMS host that it once found in DNS, and DNS no longer publishes it.",
    .causes = client_cache_stale_causes,
    .remedy = client_cache_stale_remedy,
    .code_note =
        "[inf] What slmgr /ato shows if neither the old host nor a new one answers; a client searches DNS again once "
        "the "
        "one it keeps fails.",
    .capture_shows = from_saved_output,
    .events = client_cache_stale_events,
};

constinit const Rule client_host_port{
    .id = "KMS-CLIENT-HOST-PORT",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary = "The client uses another port of the KMS host than DNS publishes.",
    .causes = client_host_port_causes,
    .remedy = client_host_port_remedy,
    .code_note = "[inf] What slmgr /ato shows if nothing listens on the port of the client.",
    .capture_shows = from_saved_output,
    .events = client_host_port_events,
};

constinit const Rule client_host_address{
    .id = "KMS-CLIENT-HOST-ADDRESS",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The address that answered the client is none of those that the name of its KMS host has.",
    .causes = client_host_address_causes,
    .remedy = client_host_address_remedy,
    .code_note = "No code belongs to it: the activation succeeded.",
    .capture_shows = from_saved_output,
    .events = client_host_address_events,
};

}  // namespace diag::check::rule

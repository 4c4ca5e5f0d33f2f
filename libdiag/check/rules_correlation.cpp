// The rules about what only several conversations show together: one client over time, one host with many clients.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text cloned_causes[] = {
    "Machines were made from one image that was not generalised (sysprep /generalize), or with SkipRearm = 1: they "
    "share "
    "the client machine id, and the host counts all of them as one.",
    "A test program sends one id under several names.",
};
constexpr Text cloned_remedy[] = {
    "Desktop support: on each machine of the evidence run slmgr /rearm and restart it, if its image was generalised; "
    "otherwise rebuild the image with sysprep /generalize.",
    "KMS host administrator: watch the count afterwards (slmgr /dlv); each machine adds one at its next request.",
};
constexpr Text count_events[] = {
    "Host, Key Management Service log, event 12290: field 3 is the name of the client and field 4 its machine id; "
    "compare "
    "the pairs.",
};

constexpr Text many_ids_causes[] = {
    "The machine gets a new client machine id again and again: slmgr /rearm in a script, or an image that is reset to "
    "its "
    "first start (non-persistent virtual desktops).",
    "Several machines have the same name.",
    "A test program sends a new id each time, and fills the host's list with machines that do not exist.",
};
constexpr Text many_ids_remedy[] = {
    "Desktop support: look for slmgr /rearm in start-up scripts and deployment tasks, and prepare pooled desktops so "
    "that "
    "the id is made once, in the image that they return to.",
    "KMS host administrator: do not trust the count before this is settled: each id counts for 30 days, whether a "
    "machine "
    "stands behind it or not.",
};

constexpr Text nat_causes[] = {
    "A device translates addresses: the clients are behind a router, a VPN gateway or a proxy.",
    "One computer runs several virtual machines, which share its address.",
    "A test program plays several clients.",
};
constexpr Text nat_remedy[] = {
    "Nobody, as long as the clients are activated: KMS does not look at addresses.",
    "Network team: if connections from this address fail, look at the limits of the translating device, and of the "
    "host's "
    "firewall, for connections from one address.",
};

constexpr Text stuck_causes[] = {
    "Several hosts answer under this address (load balancer, round robin behind one address), each with a count of its "
    "own.",
    "The program on the port is no Windows KMS host, and its count is a number that somebody chose.",
    "The host lost its list between the requests (restart of sppsvc, restored snapshot).",
};
constexpr Text stuck_remedy[] = {
    "KMS host administrator: compare the current count (slmgr /dlv on the host) with the machine ids in its events "
    "12290; "
    "they must agree.",
    "Network team: take the KMS port out of load balancing; clients choose among several hosts by themselves, by DNS.",
};

constexpr Text never_grants_causes[] = {
    "The host's key does not cover what these clients ask for; the codes in the evidence say so.",
    "The host is not activated itself, or its clock is wrong for all of them.",
    "The machine is no KMS host, though its port answers.",
};
constexpr Text never_grants_remedy[] = {
    "KMS host administrator: read the code in the evidence (kms-explain), then slmgr /dlv on the host: key, licence "
    "status, "
    "time.",
    "DNS administrator: withdraw the SRV record of the host until it serves clients; each of them asks it in vain.",
};

constexpr Text identity_causes[] = {
    "An emulator makes up a new ePID for each request or start; a genuine host gets its ePID once, when its key is "
    "activated.",
    "Several hosts answer under one address (load balancer): each has a count of its own, so clients see it jump.",
};
constexpr Text identity_remedy[] = {
    "KMS host administrator: find out which machines answer under this address and who runs them; a host that nobody "
    "can "
    "account for is a security and licensing matter.",
    "Network team: if a load balancer distributes the connections, give each host an address of its own and publish "
    "them "
    "as SRV records.",
};

constexpr Text margin_causes[] = {
    "The client's clock is wrong: no time source, a wrong time zone corrected by hand, a virtual machine that was "
    "suspended.",
};
constexpr Text margin_remedy[] = {
    "Desktop support: correct the clock (w32tm /resync), and find out why the client has no time source; the time zone "
    "does "
    "not matter, UTC is compared.",
};
constexpr Text margin_events[] = {
    event::host_request,
    "Client, System log, source Microsoft-Windows-Time-Service: whether the clock is synchronised, and with whom.",
};

constexpr Text retries_causes[] = {
    "The attempts fail: the evidence tells each, and the finding of its conversation says why.",
    "The host grants the request, but the client does not accept it, or loses its activation again: the count was too "
    "low, "
    "a check of the answer failed, the licence store is damaged.",
    "A script or a monitoring test asks at that interval.",
};
constexpr Text retries_remedy[] = {
    "Desktop support: slmgr /dlv on the client shows its licence status and the code of the last attempt; act on that, "
    "or "
    "on the findings of its conversations.",
};
constexpr Text retries_events[] = {
    event::client_attempt,
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 12289: field 1 is the client's verdict on "
    "the "
    "answer, field 3 says whether it was activated.",
};

constexpr Text older_causes[] = {
    "Something in the path, or an emulator, gave an answer that was made for an earlier request.",
    "The client's connection got mixed up with another one on the way.",
};
constexpr Text older_remedy[] = {
    "Network team: capture on the host and compare; exempt client network -> KMS host, TCP 1688 from any device that "
    "answers "
    "by itself.",
    "KMS host administrator: make sure that the program on the port is sppsvc of Windows (netstat -ano).",
};
constexpr Text older_events[] = {
    event::client_attempt,
    event::host_request,
};

}  // namespace

constinit const Rule client_cloned{
    .id = "KMS-CLIENT-CLONED",
    .severity = Severity::warning,
    .stage = Stage::count,
    .windows_code = code::count_too_low,
    .inner_code = 0,
    .summary = "Several machines share one client machine id, so the host counts them as one.",
    .causes = cloned_causes,
    .remedy = cloned_remedy,
    .code_note =
        "Documented symptom: the count stays low although machines ask, and they show 0xC004F038. Where enough other "
        "machines ask, the clones are activated and show nothing.",
    .capture_shows =
        "Requests with the same client machine id and different workstation names: a name comes back after another "
        "one, or two names ask from two addresses within half a minute. A machine that was renamed is not meant.",
    .events = count_events,
};

constinit const Rule name_many_ids{
    .id = "KMS-NAME-MANY-IDS",
    .severity = Severity::warning,
    .stage = Stage::count,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "One workstation name appears with three or more client machine ids, one after the other.",
    .causes = many_ids_causes,
    .remedy = many_ids_remedy,
    .code_note =
        "No code: such clients are activated. The host's list may run full: 0xC004D104 (KMS-CLIENT-LIST-FULL).",
    .capture_shows =
        "Requests for the same application with one workstation name and three or more client machine ids, whose first "
        "requests are at least ten minutes apart. Windows and Office of one machine may have different ids.",
    .events = count_events,
};

constinit const Rule clients_nat{
    .id = "KMS-CLIENTS-NAT",
    .severity = Severity::info,
    .stage = Stage::count,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "Three or more machines ask from one address.",
    .causes = nat_causes,
    .remedy = nat_remedy,
    .code_note = "No code: the address of a client plays no role in KMS.",
    .capture_shows = "Requests with different client machine ids and workstation names from one address.",
    .events = count_events,
};

constinit const Rule count_stuck{
    .id = "KMS-COUNT-STUCK",
    .severity = Severity::warning,
    .stage = Stage::count,
    .windows_code = code::count_too_low,
    .inner_code = 0,
    .summary = "More machines got an answer from the host than its count says, and the count is too low.",
    .causes = stuck_causes,
    .remedy = stuck_remedy,
    .code_note =
        "Documented: a client whose product needs more than the count shows 0xC004F038. A host adds a machine before "
        "it "
        "answers, so its count is never below the number of ids that it answered in the last 30 days.",
    .capture_shows =
        "Answers with return code 0 to more distinct client machine ids than the count of the last one, within 30 days "
        "and without a fall of the count between them. Not more are expected than twice the largest number that any of "
        "the requests so far needed: a host keeps no more.",
    .events = count_events,
};

constinit const Rule host_never_grants{
    .id = "KMS-HOST-NEVER-GRANTS",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The host answers, but it never granted a request, to whichever client.",
    .causes = never_grants_causes,
    .remedy = never_grants_remedy,
    .code_note = "The codes of the refusals stand in the findings of the conversations.",
    .capture_shows =
        "Four or more answers to two or more clients, each of them a refusal, a fault, or an answer that the client "
        "rejects. Refusals of the clients' clocks do not count: KMS-CLOCK-SKEW.",
    .events = older_events,
};

constinit const Rule host_identity_changes{
    .id = "KMS-HOST-IDENTITY-CHANGES",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "One address answers with changing ePIDs or hardware ids for the same products.",
    .causes = identity_causes,
    .remedy = identity_remedy,
    .code_note = "No code: clients accept any ePID.",
    .capture_shows =
        "Answers of one address and port for the same counted id with three or more ePIDs or hardware ids, or with one "
        "that "
        "comes back after another. A host that got a new key changes once, and has another ePID for each product "
        "group.",
    .events = count_events,
};

constinit const Rule clock_margin{
    .id = "KMS-CLOCK-MARGIN",
    .severity = Severity::warning,
    .stage = Stage::clock,
    .windows_code = code::invalid_timestamp,
    .inner_code = 0,
    .summary =
        "The client's clock is more than three hours from those of the other clients: hosts refuse it beyond four.",
    .causes = margin_causes,
    .remedy = margin_remedy,
    .code_note = "The code is what the client shows when the margin is used up; until then it is served.",
    .capture_shows =
        "Client times in the requests that differ from the capture's clock by three to four hours more than those of "
        "most other clients in the same capture.",
    .events = margin_events,
};

constinit const Rule client_retries{
    .id = "KMS-CLIENT-RETRIES",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client asks at the interval of clients that are not activated.",
    .causes = retries_causes,
    .remedy = retries_remedy,
    .code_note =
        "The code of the last attempt is that of its conversation; 0xC004F074 stands for those that got no answer.",
    .capture_shows =
        "Three or more rounds of attempts, each an activation interval (2 hours, or what the host said) after the one "
        "before, of a client whose machine id is known. An activated client asks every 7 days.",
    .events = retries_events,
};

constinit const Rule response_older{
    .id = "KMS-RESPONSE-OLDER",
    .severity = Severity::warning,
    .stage = Stage::response,
    .windows_code = code::host_unavailable,
    .inner_code = code::invalid_data,
    .summary = "The answer belongs to an earlier request of the client.",
    .causes = older_causes,
    .remedy = older_remedy,
    .code_note = "[?] As for KMS-RESPONSE-CHECK, which names the checks that fail.",
    .capture_shows = "A response that echoes the client time of an earlier request in the captures.",
    .events = older_events,
};

}  // namespace diag::check::rule

// The rules about what the host decides: refusals by HRESULT, the clock, the count, and who the host is.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text request_invalid_causes[] = {
    "Client and host do not speak the same dialect: the request has a protocol version that the host does not know "
    "(only 4.0, 5.0 and 6.0 exist).",
    "The request was made under other keys than the host's, so the host reads nonsense: a test client, or a test host.",
    "The request was cut or altered on the way, or comes from a program that builds wrong messages.",
};
constexpr Text request_invalid_remedy[] = {
    "Desktop support: find out which program on the client sent the request; Windows and Office do not send such "
    "requests by themselves. A test client belongs to a test host with the same key profile.",
    "KMS host administrator: check that the host runs a supported Windows Server with current updates.",
    "Network team: compare the request on both ends; they must be equal byte by byte.",
};
constexpr Text refusal_events[] = {
    event::client_attempt,
    event::host_request,
};

constexpr Text not_covered_causes[] = {
    "The host key is older than the product: a newer Windows or Office needs a newer host key.",
    "The host has a key for another product group (Windows but not Office, or the reverse; a client key does not "
    "cover servers).",
    "The host lacks the update that teaches it the newer product.",
    "The client is pointed at the wrong host, for example by an old slmgr /skms.",
};
constexpr Text not_covered_remedy[] = {
    "KMS host administrator: compare product and KMS id in the evidence with the host keys installed (slmgr /dlv all "
    "on the host); install and activate the host key that covers the product.",
    "KMS host administrator: install the current cumulative update on the host before a host key for a newer product.",
    "Desktop support: slmgr /dlv on the client shows where it points ('Registered KMS machine name' means set by "
    "hand); slmgr /ckms returns it to DNS.",
};
constexpr Text not_covered_events[] = {
    event::client_attempt,
    "Host, Key Management Service log, event 12290 of this client: field 1 may be 0xC004F015 where the client sees "
    "0xC004F042; field 9 is the activation id of the product.",
};

constexpr Text list_full_causes[] = {
    "The host's list of client machine ids for this application is full (671 entries), typically after somebody sent "
    "a request with a very large required count.",
    "Machines get new client machine ids all the time (re-imaging, slmgr /rearm, test tools with random ids).",
    "The host is an emulator that imitates this limit.",
};
constexpr Text list_full_remedy[] = {
    "KMS host administrator: restart sppsvc on the host and watch the count (slmgr /dlv): Microsoft's planning guide "
    "says "
    "that the collection of client ids starts afresh then, older texts say that it stays for 30 days.",
    "KMS host administrator: look in the events 12290 for requests with an unusual field 2 (required count above 25) "
    "and for many machine ids (field 4) under one name (field 3); stop the program that sends them.",
    "KMS host administrator: if the limit returns, set up another host, let it reach its count, and retire this one.",
};

constexpr Text host_refused_causes[] = {
    "The code in the evidence names the cause; its meaning stands beside it.",
    "0xC004F041: the host has a KMS host key that was never activated, or lost its activation after a hardware change.",
    "0xC004F039: the machine is not (any more) acting as a KMS host.",
    "0x80070005: the host's policy does not serve this client's address.",
};
constexpr Text host_refused_remedy[] = {
    "KMS host administrator: look up the code in the evidence and the event 12290 of this client on the host.",
    "KMS host administrator: run slmgr /dlv on the host: License Status must be Licensed and Key Management Service "
    "enabled; if not, activate the host key (slmgr /ato on the host, or by phone).",
    "Desktop support: meanwhile another KMS host can be set on one client with slmgr /skms HOST:1688.",
};

constexpr Text clock_skew_causes[] = {
    "The Windows Time service on the client is stopped or does not synchronise (w32tm /query /status).",
    "The client is a virtual machine restored from a snapshot, or takes a wrong time from its hypervisor.",
    "Date or time zone was set by hand so that local time looks right while UTC is wrong.",
    "It is the host's clock that is wrong; then all clients fail.",
};
constexpr Text clock_skew_remedy[] = {
    "Desktop support: on the client run w32tm /resync and w32tm /query /status /verbose; a domain member should take "
    "its time from the domain (Type NT5DS). Then repeat slmgr /ato.",
    "Desktop support: check time zone and UTC (w32tm /tz); for a virtual machine correct the time of the hypervisor, "
    "too.",
    "KMS host administrator: if several clients fail this way, correct the clock of the host.",
    "Network team: allow UDP 123 from the client to its time source.",
};
constexpr Text clock_events[] = {
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 12288: field 1 is 0xC004F06C, field 5 the "
    "client's time in UTC.",
    "Host, Key Management Service log, event 12290: field 1 is 0xC004F06C; field 5 minus the event's own time is the "
    "difference.",
    "Client, System log, source Time-Service: whether and from where it synchronises.",
};

constexpr Text clock_differs_causes[] = {
    "The machine that made the capture has a wrong clock, or the capture file was edited or merged.",
    "The client's clock is wrong, and this host does not check it (a genuine host does).",
    "The request was replayed or made by a test program.",
};
constexpr Text clock_differs_remedy[] = {
    "Network team: compare the clock of the capturing machine with a time server; if it is wrong, nothing else is.",
    "Desktop support: if the capture's clock is right, compare the client's UTC time with it (w32tm /query /status) "
    "and "
    "let it synchronise (w32tm /resync).",
    "KMS host administrator: if client and capture differ by more than 4 hours and the host still granted, find out "
    "what the host is: a genuine KMS host refuses such a request with 0xC004F06C.",
};
constexpr Text clock_differs_events[] = {
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 12288: field 5 is the client's time in UTC.",
    event::host_request,
};

constexpr Text count_causes[] = {
    "Too few distinct machines have asked this host in the last 30 days: a new host, a small site, a test network.",
    "The clients are spread over several hosts, each of which counts by itself.",
    "Cloned machines share one client machine id, because the image was not generalised (sysprep /generalize) or "
    "SkipRearm was set.",
    "The host was reinstalled or restarted its collection of client ids.",
};
constexpr Text count_remedy[] = {
    "KMS host administrator: run slmgr /dlv on the host and read the current count; Windows clients need 25, Windows "
    "Server and Office 5. Let more machines activate against this host: each counts at its first request.",
    "KMS host administrator: count distinct machine ids (field 4) in the events 12290 of 30 days; one id with several "
    "names (field 3) is a cloned image.",
    "Desktop support: on clones of a generalised image run slmgr /rearm and restart; otherwise rebuild the image with "
    "sysprep /generalize.",
    "DNS administrator: remove SRV records of surplus KMS hosts, so that the clients gather on one or two.",
};
constexpr Text count_events[] = {
    "Client, Application log, source Microsoft-Windows-Security-SPP, event 12289: field 5 is the count, field 3 is 0 "
    "(not activated), field 2 has flag 0x04000000; the needed count is field 10 of the 12288 before it.",
    event::host_request,
};

constexpr Text lab_causes[] = {
    "A test with the reference host of this toolkit (kms-refhost).",
};
constexpr Text lab_remedy[] = {
    "Nobody, if this is a test network.",
    "KMS host administrator: in a production network find out who runs the reference host, and remove any SRV record "
    "that names it: it cannot activate a genuine client, so clients only lose time with it.",
};
constexpr Text lab_events[] = {
    event::client_attempt,
};

}  // namespace

constinit const Rule request_invalid{
    .id = "KMS-REQUEST-INVALID",
    .severity = Severity::critical,
    .stage = Stage::response,
    .windows_code = code::host_unavailable,
    .inner_code = code::invalid_data,
    .summary = "The host could not make sense of the request and answered 0x8007000D (invalid data).",
    .causes = request_invalid_causes,
    .remedy = request_invalid_remedy,
    .code_note =
        "[inf] The host's code becomes the result of this attempt (12288); 0xC004F074 is the summary when no other "
        "host helps.",
    .capture_shows = "A response without data whose return code is 0x8007000D.",
    .events = refusal_events,
};

constinit const Rule product_not_covered{
    .id = "KMS-PRODUCT-NOT-COVERED",
    .severity = Severity::critical,
    .stage = Stage::response,
    .windows_code = code::id_mismatch,
    .inner_code = code::id_mismatch,
    .summary = "The host cannot activate this product: its host key does not cover it, or it does not know it.",
    .causes = not_covered_causes,
    .remedy = not_covered_remedy,
    .to_be_sure =
        "run slmgr /dlv all on the host behind TARGET: the products with a KMS host key (VOLUME_KMS) and their build "
        "say what it can activate.",
    .code_note =
        "Documented: the client shows 0xC004F042 while the host may log 0xC004F015 for the same request. [inf] for "
        "event 12288; where several hosts were tried, 0xC004F074 may be shown instead.",
    .capture_shows =
        "TCP, bind and request are fine; the response carries no data and the return code 0xC004F042 or 0xC004F015.",
    .events = not_covered_events,
};

constinit const Rule client_list_full{
    .id = "KMS-CLIENT-LIST-FULL",
    .severity = Severity::critical,
    .stage = Stage::count,
    .windows_code = code::host_unavailable,
    .inner_code = code::client_list_full,
    .summary = "The host refuses new clients because its list of client machine ids is full (0xC004D104).",
    .causes = list_full_causes,
    .remedy = list_full_remedy,
    .code_note =
        "[?] Known from one public implementation that imitates a defect it claims of genuine hosts; Microsoft "
        "documents neither the limit nor the code. [inf] for what the client shows.",
    .capture_shows = "A response without data whose return code is 0xC004D104.",
    .events = refusal_events,
};

constinit const Rule host_refused{
    .id = "KMS-HOST-REFUSED",
    .severity = Severity::critical,
    .stage = Stage::response,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary = "The host answered the request with an error of its own; the HRESULT says which.",
    .causes = host_refused_causes,
    .remedy = host_refused_remedy,
    .code_note =
        "The inner code is the HRESULT of the response [inf]. 0xC004F041 and 0xC004F039 have rows in Microsoft's "
        "tables, but no source shows a host sending them [?].",
    .capture_shows = "A response without data whose return code is neither 0 nor one that has a finding of its own.",
    .events = refusal_events,
};

constinit const Rule clock_skew{
    .id = "KMS-CLOCK-SKEW",
    .severity = Severity::critical,
    .stage = Stage::clock,
    .windows_code = code::host_unavailable,
    .inner_code = code::invalid_timestamp,
    .summary =
        "The host refused the request because client and host clocks differ by more than 4 hours in UTC (0xC004F06C).",
    .causes = clock_skew_causes,
    .remedy = clock_skew_remedy,
    .to_be_sure =
        "run w32tm /stripchart /computer:SOURCE /samples:3 on client and host with the same time source: the one "
        "with the larger offset is wrong.",
    .code_note =
        "Documented: 0xC004F06C stands in event 12288 on the client and in 12290 on the host. The client shows it as "
        "such, or sums it up as 0xC004F074.",
    .capture_shows =
        "TCP, bind and request are fine; the response carries no data and the return code 0xC004F06C. Where the "
        "request can be read, its client time is hours away from the time of the packet.",
    .events = clock_events,
};

constinit const Rule clock_differs{
    .id = "KMS-CLOCK-DIFFERS",
    .severity = Severity::info,
    .stage = Stage::clock,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "The client's time in the request and the time of the capture differ by more than 4 hours, the most that a "
        "host accepts.",
    .causes = clock_differs_causes,
    .remedy = clock_differs_remedy,
    .code_note = "Nothing was refused for it, so no code belongs to it; a host that checks answers 0xC004F06C.",
    .capture_shows =
        "A request that can be read and whose client time is more than 4 hours before or after the time stamp of its "
        "packet.",
    .events = clock_differs_events,
};

constinit const Rule count_low{
    .id = "KMS-COUNT-LOW",
    .severity = Severity::warning,
    .stage = Stage::count,
    .windows_code = code::count_too_low,
    .inner_code = 0,
    .summary = "The host answered well, but it has counted fewer machines than the product needs; the network is fine.",
    .causes = count_causes,
    .remedy = count_remedy,
    .to_be_sure =
        "run slmgr /dlv on the host behind TARGET: its current count and the total of requests say whether too few "
        "clients ask, or clones of one machine id do.",
    .code_note =
        "Documented: the client decides this by itself and says 0xC004F038; event 12289 has the count. [inf] The call "
        "succeeded, so event 12288 carries no error for this host.",
    .capture_shows = "A response with return code 0 whose count is below the required client count of its request.",
    .events = count_events,
};

constinit const Rule host_lab{
    .id = "KMS-HOST-LAB",
    .severity = Severity::info,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The host is the reference host of this toolkit, a test double that knows only the lab keys.",
    .causes = lab_causes,
    .remedy = lab_remedy,
    .code_note =
        "No code belongs to it. A genuine client that meets this host gets the error for a request that cannot be "
        "read, 0x8007000D.",
    .capture_shows =
        "An ePID whose host build ends in '.9999', the lab marker that no option of the reference host removes.",
    .events = lab_events,
};

}  // namespace diag::check::rule

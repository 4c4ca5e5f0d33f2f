// The rules about saved output of slmgr /dlv: what it says of a client.
#include "libdiag/check/rules.h"
#include "libdiag/check/rules_common.h"

namespace diag::check::rule {
namespace {

using Text = std::string_view;

constexpr Text slmgr_error_causes[] = {
    "The code in the evidence names the cause; its meaning stands beside it.",
    "0xC004F074 only sums up that no KMS host helped: the code of each host is in the client's events 12288.",
};
constexpr Text slmgr_error_remedy[] = {
    "Desktop support: look up the code in the evidence, then read the events 12288 of the same minute for the code of "
    "each host that was tried.",
    "KMS host administrator: look for an event 12290 of this client at that time; without one the request never "
    "arrived.",
};
constexpr Text slmgr_error_events[] = {event::client_attempt, event::client_result};

constexpr Text client_no_key_causes[] = {
    "The product key was removed (slmgr /upk), or the image was made without one.",
    "Only one product was asked for, and it is not the one in use.",
};
constexpr Text client_no_key_remedy[] = {
    "Desktop support: install the public KMS client setup key of the edition (slmgr /ipk, keys are in Microsoft's "
    "list), then run slmgr /ato.",
    "Desktop support: for Office run slmgr /dlv all, or ask for the product by its activation id.",
};
constexpr Text client_no_key_events[] = {event::client_result};

constexpr Text client_channel_causes[] = {
    "A retail, OEM or MAK key is installed where a KMS client setup key belongs, often since an upgrade or a retail "
    "image.",
    "The machine is meant to be activated in another way, and that has failed.",
};
constexpr Text client_channel_remedy[] = {
    "Desktop support: install the public KMS client setup key of the edition (slmgr /ipk), then run slmgr /ato; the "
    "description in slmgr /dlv must contain VOLUME_KMSCLIENT.",
    "Desktop support: if the key is meant to stay, activate online or by phone; KMS, DNS and the network play no part "
    "in it.",
};
constexpr Text client_channel_events[] = {event::client_result};

constexpr Text client_other_channel_causes[] = {
    "The machine was activated with a retail, OEM or MAK key, or by its hypervisor.",
};
constexpr Text client_other_channel_remedy[] = {
    "Nobody, if this is intended: such a machine neither asks a KMS host nor counts there.",
    "Desktop support: to use KMS, install the public KMS client setup key of the edition (slmgr /ipk), then run slmgr "
    "/ato.",
};
constexpr Text client_other_channel_events[] = {event::client_result};

constexpr Text client_key_causes[] = {
    "A key other than the setup key was installed, for example one from a private list or a pre-release.",
    "The activation id belongs to another edition than the name says: the edition was switched by hand.",
    "Microsoft has published a setup key that this toolkit does not know.",
};
constexpr Text client_key_remedy[] = {
    "Desktop support: compare the key with Microsoft's list of KMS client setup keys; where it is not there, install "
    "the one of the edition (slmgr /ipk) and run slmgr /ato.",
    "Security team: find out where the key came from if nobody knows it.",
};
constexpr Text client_key_events[] = {event::client_result};

constexpr Text client_host_key_causes[] = {
    "The company's host key was typed on an ordinary machine, by hand or in an image, instead of the setup key for "
    "clients.",
};
constexpr Text client_host_key_remedy[] = {
    "Desktop support: install the public KMS client setup key of the edition (slmgr /ipk) and run slmgr /ato; correct "
    "the image.",
    "DNS administrator: delete the SRV record _vlmcs._tcp that this machine may have published.",
};
constexpr Text client_host_key_events[] = {event::host_published, event::host_service};

constexpr Text client_unlicensed_causes[] = {
    "It has never reached a KMS host: no SRV record, no connection, or an answer with an error.",
    "The count of the host is still too low for this product.",
    "Nobody has tried yet: a new machine, or one that was off.",
};
constexpr Text client_unlicensed_remedy[] = {
    "Desktop support: run slmgr /ato and note the code, then read the events 12288 and 12289 of that minute.",
    "Network team: capture the attempt at the client and decode it, if no event names the cause.",
};
constexpr Text client_unlicensed_events[] = {event::client_attempt, event::client_result};

constexpr Text client_notification_causes[] = {
    "No KMS host has activated it for the whole grace period, or for 180 days after the last activation.",
    "The reason in the evidence names another cause than time that ran out.",
};
constexpr Text client_notification_remedy[] = {
    "Desktop support: run slmgr /ato and note the code, then read the events 12288 and 12289 of that minute; earlier "
    "attempts tell since when it fails.",
    "Network team: capture the attempt at the client and decode it, if no event names the cause.",
};
constexpr Text client_notification_events[] = {event::client_attempt, event::client_result};

constexpr Text client_non_genuine_causes[] = {
    "Files of the licensing service were changed or damaged.",
    "On Windows 7 with volume licences, the update KB971033.",
};
constexpr Text client_non_genuine_remedy[] = {
    "Desktop support: run slmgr /rilc and sfc /scannow, restart, and run slmgr /ato; on Windows 7 remove KB971033 "
    "first.",
    "Security team: look for activation tools on the machine if the files are changed again.",
};
constexpr Text client_non_genuine_events[] = {event::client_result};

constexpr Text client_grace_causes[] = {
    "A new installation: it tries every two hours.",
    "No KMS host could activate it so far.",
};
constexpr Text client_grace_remedy[] = {
    "Desktop support: run slmgr /ato and see whether it succeeds; a code says what is missing.",
};
constexpr Text client_grace_events[] = {event::client_attempt, event::client_result};

constexpr Text client_grace_ends_causes[] = {
    "No KMS host has renewed the activation for 180 days.",
    "The hardware changed so much that the licence does not fit any more.",
    "A new installation has not reached a KMS host, or the host's count is too low.",
};
constexpr Text client_grace_ends_remedy[] = {
    "Desktop support: run slmgr /ato and note the code, then read the events 12288 and 12289 of that minute.",
    "Network team: check that the client finds and reaches a KMS host: SRV record, TCP 1688, RPC bind.",
};
constexpr Text client_grace_ends_events[] = {event::client_attempt, event::client_result};

constexpr Text client_renewal_overdue_causes[] = {
    "The client no longer reaches its KMS host: the host was retired, its record is gone, or a firewall is in the way.",
    "The client was off or outside the company's network for weeks.",
    "The service sppsvc of the client does not run, or its tasks are disabled.",
};
constexpr Text client_renewal_overdue_remedy[] = {
    "Desktop support: run slmgr /ato on the client and note the code; success sets the expiration back to 180 days.",
    "Desktop support: if it worked before, compare the KMS machine in slmgr /dlv with the present KMS hosts; slmgr "
    "/ckms clears a name set by hand.",
    "Network team: check TCP 1688 from the client's network to the KMS host.",
};
constexpr Text client_renewal_overdue_events[] = {event::client_attempt, event::client_result};

constexpr Text client_expiration_long_causes[] = {
    "The licence was not made by a KMS host but by a tool that forges one.",
    "The clock of the client was set back after the activation.",
};
constexpr Text client_expiration_long_remedy[] = {
    "Security team: find out how this machine was activated; no KMS host gives more than 180 days.",
    "Desktop support: check the clock (w32tm /query /status), then run slmgr /rearm, restart, and activate again.",
};
constexpr Text client_expiration_long_events[] = {event::client_result};

constexpr Text client_type_causes[] = {
    "slmgr /act-type or a policy limits it to Active Directory (1) or tokens (3).",
};
constexpr Text client_type_remedy[] = {
    "Desktop support: run slmgr /act-type 0 (all) or 2 (KMS only), check the policy that set it, then run slmgr /ato.",
    "Desktop support: if Active Directory is meant to activate it, check that the machine is a member of a domain of "
    "that forest and that an activation object for its edition exists (slmgr /ao-list).",
};
constexpr Text client_type_events[] = {event::client_result};

constexpr Text client_ad_causes[] = {
    "Activation by Active Directory is tried first and has succeeded.",
};
constexpr Text client_ad_remedy[] = {
    "Nobody, if this is intended: such clients do not count at a KMS host.",
    "Desktop support: to test KMS use a machine that is in no domain, or slmgr /act-type 2; this one proves nothing "
    "about KMS.",
};
constexpr Text client_ad_events[] = {event::client_result};

constexpr Text client_no_discovery_causes[] = {
    "The SRV record is gone, or the client now searches another DNS domain.",
    "The client is outside the company's network, for example without its VPN.",
    "The KMS name was cleared (slmgr /ckms) and the client has not asked since.",
};
constexpr Text client_no_discovery_remedy[] = {
    "Desktop support: run slmgr /ato; if it fails, compare the primary suffix and the search list (ipconfig /all) with "
    "the domain of the SRV record.",
    "DNS administrator: ask each server that clients use for SRV _vlmcs._tcp.DOMAIN. (with the trailing dot).",
    "KMS host administrator: check that the host publishes (slmgr /dlv, events 12293 and 12294).",
};
constexpr Text client_no_discovery_events[] = {event::client_result, event::host_published};

constexpr Text client_fixed_host_causes[] = {
    "slmgr /skms was run, or an image or policy sets the name.",
};
constexpr Text client_fixed_host_remedy[] = {
    "Desktop support: check that the name and port are still right; slmgr /ckms returns the client to DNS.",
    "KMS host administrator: keep a list of clients that are set by hand, for the day on which the host moves.",
};
constexpr Text client_fixed_host_events[] = {event::client_attempt};

constexpr Text client_no_cache_causes[] = {
    "slmgr /ckhc was run, often so that priority and weight of the SRV records count.",
};
constexpr Text client_no_cache_remedy[] = {
    "Nobody, if this is intended.",
    "Desktop support: slmgr /skhc switches the cache on again; a client with a cache still renews while DNS is down.",
};
constexpr Text client_no_cache_events[] = {event::client_attempt};

}  // namespace

constinit const Rule slmgr_error{
    .id = "KMS-SLMGR-ERROR",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary = "The saved output holds an error of slmgr; its code says what went wrong.",
    .causes = slmgr_error_causes,
    .remedy = slmgr_error_remedy,
    .to_be_sure =
        "repeat slmgr /ato while a capture runs, and read that with kms-decode: it shows the step at which the "
        "attempt ends.",
    .code_note = "The code is the one that the script printed; the table of codes has its meaning.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. The conversation of that attempt, if it was "
        "captured, has a finding of its own.",
    .events = slmgr_error_events,
};

constinit const Rule client_no_key{
    .id = "KMS-CLIENT-NO-KEY",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::no_product_key,
    .inner_code = 0,
    .summary = "No product key is installed, so this machine asks no KMS host.",
    .causes = client_no_key_causes,
    .remedy = client_no_key_remedy,
    .code_note =
        "Documented: the script prints that no product was found; 0xC004F014 is the code for a missing product key.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. A client without a key sends no KMS traffic.",
    .events = client_no_key_events,
};

constinit const Rule client_channel{
    .id = "KMS-CLIENT-CHANNEL",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::invalid_name,
    .inner_code = 0,
    .summary = "The product is not licensed, and its key belongs to a channel that never asks a KMS host.",
    .causes = client_channel_causes,
    .remedy = client_channel_remedy,
    .code_note =
        "Documented: a key of the retail channel makes slmgr /ato end in 0x8007007B although DNS is in order; other "
        "codes of online activation are possible [inf].",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Such a client sends no KMS traffic.",
    .events = client_channel_events,
};

constinit const Rule client_other_channel{
    .id = "KMS-CLIENT-OTHER-CHANNEL",
    .severity = Severity::info,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The product is licensed by a key of another channel, so no KMS host is involved.",
    .causes = client_other_channel_causes,
    .remedy = client_other_channel_remedy,
    .code_note = "No code belongs to it.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Such a client sends no KMS traffic.",
    .events = client_other_channel_events,
};

constinit const Rule client_key{
    .id = "KMS-CLIENT-KEY",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary =
        "The last five characters of the product key are not those of the public KMS client setup key of this product.",
    .causes = client_key_causes,
    .remedy = client_key_remedy,
    .code_note = "No code belongs to it: a KMS host never sees the key of a client.",
    .capture_shows = "Not seen in a capture: read from the saved output of slmgr /dlv. The key does not travel.",
    .events = client_key_events,
};

constinit const Rule client_host_key{
    .id = "KMS-CLIENT-HOST-KEY",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = code::key_used_up,
    .inner_code = 0,
    .summary = "A KMS host key is installed on a machine that is meant to be a client: it makes itself a KMS host.",
    .causes = client_host_key_causes,
    .remedy = client_host_key_remedy,
    .code_note = "[inf] A host key that is activated too often, which such images lead to, is refused with 0xC004C008.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Clients that find this machine in DNS "
        "connect to it and get a count that is too low.",
    .events = client_host_key_events,
};

constinit const Rule client_unlicensed{
    .id = "KMS-CLIENT-UNLICENSED",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::not_bound,
    .inner_code = 0,
    .summary = "The KMS client is not activated.",
    .causes = client_unlicensed_causes,
    .remedy = client_unlicensed_remedy,
    .to_be_sure = "run slmgr /ato while a capture runs, and read that with kms-decode: it shows why the attempt fails.",
    .code_note =
        "[?] 0xC004F056 is the code for a machine without volume activation; what slmgr /ato shows depends on why the "
        "attempt fails.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Its attempts carry license status 0.",
    .events = client_unlicensed_events,
};

constinit const Rule client_notification{
    .id = "KMS-CLIENT-NOTIFICATION",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::grace_expired,
    .inner_code = 0,
    .summary = "The KMS client is in notification mode: its time has run out without an activation.",
    .causes = client_notification_causes,
    .remedy = client_notification_remedy,
    .to_be_sure = "run slmgr /ato while a capture runs, and read that with kms-decode: it shows why the attempt fails.",
    .code_note =
        "Documented: slmgr /dlv prints the reason, usually 0xC004F009; the reason of this machine is the code of the "
        "finding.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Its attempts carry license status 5 and 0 "
        "minutes to expiration.",
    .events = client_notification_events,
};

constinit const Rule client_non_genuine{
    .id = "KMS-CLIENT-NON-GENUINE",
    .severity = Severity::critical,
    .stage = Stage::request,
    .windows_code = code::not_genuine,
    .inner_code = 0,
    .summary = "Windows judges this installation not genuine, which no KMS host can repair.",
    .causes = client_non_genuine_causes,
    .remedy = client_non_genuine_remedy,
    .code_note = "Documented: 0xC004F200 as reason of notification; license status 4 is the grace period before it.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Its attempts carry license status 4 or 5.",
    .events = client_non_genuine_events,
};

constinit const Rule client_grace{
    .id = "KMS-CLIENT-GRACE",
    .severity = Severity::info,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The KMS client is not activated yet and runs in its initial grace period.",
    .causes = client_grace_causes,
    .remedy = client_grace_remedy,
    .code_note = "No code belongs to it as long as nobody tries.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Its attempts carry license status 2.",
    .events = client_grace_events,
};

constinit const Rule client_grace_ends{
    .id = "KMS-CLIENT-GRACE-ENDS",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = code::grace_expired,
    .inner_code = 0,
    .summary = "The client's activation was lost, or its grace period is nearly over; notification mode follows.",
    .causes = client_grace_ends_causes,
    .remedy = client_grace_ends_remedy,
    .code_note = "Documented: 0xC004F009 is the reason that notification mode will have.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Its attempts carry license status 2, 3 or 6.",
    .events = client_grace_ends_events,
};

constinit const Rule client_renewal_overdue{
    .id = "KMS-CLIENT-RENEWAL-OVERDUE",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = code::host_unavailable,
    .inner_code = 0,
    .summary =
        "The client is licensed, but it has not renewed its activation for much longer than its renewal interval.",
    .causes = client_renewal_overdue_causes,
    .remedy = client_renewal_overdue_remedy,
    .to_be_sure =
        "run kms-check ato from this machine, or slmgr /ato while a capture runs: what fails now is what has kept "
        "it from renewing.",
    .code_note =
        "[inf] What slmgr /ato will show if no host can be reached; until the 180 days are over, nothing is shown.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. A healthy client renews every 7 days, and so "
        "resets its 180 days.",
    .events = client_renewal_overdue_events,
};

constinit const Rule client_expiration_long{
    .id = "KMS-CLIENT-EXPIRATION-LONG",
    .severity = Severity::warning,
    .stage = Stage::host,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client is licensed for longer than the 180 days that an activation by KMS lasts.",
    .causes = client_expiration_long_causes,
    .remedy = client_expiration_long_remedy,
    .code_note = "No code belongs to it. Documented: an activation is valid for 180 days, and this is not adjustable.",
    .capture_shows = "Not seen in a capture: read from the saved output of slmgr /dlv. Nothing of it travels.",
    .events = client_expiration_long_events,
};

constinit const Rule client_type{
    .id = "KMS-CLIENT-TYPE",
    .severity = Severity::warning,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client is set to an activation type that never asks a KMS host, and it is not licensed.",
    .causes = client_type_causes,
    .remedy = client_type_remedy,
    .code_note = "No code belongs to it; without an activation object the client may show 0xC004F081 [inf].",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Such a client sends no KMS traffic.",
    .events = client_type_events,
};

constinit const Rule client_ad{
    .id = "KMS-CLIENT-AD",
    .severity = Severity::info,
    .stage = Stage::request,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client was activated by an activation object of Active Directory, so it asks no KMS host.",
    .causes = client_ad_causes,
    .remedy = client_ad_remedy,
    .code_note = "No code belongs to it.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. Such a client sends no KMS traffic.",
    .events = client_ad_events,
};

constinit const Rule client_no_discovery{
    .id = "KMS-CLIENT-NO-DISCOVERY",
    .severity = Severity::warning,
    .stage = Stage::dns,
    .windows_code = code::dns_no_name,
    .inner_code = 0,
    .summary =
        "The client is licensed, but its last search for a KMS host in DNS did not succeed, so its next renewal may "
        "fail.",
    .causes = client_no_discovery_causes,
    .remedy = client_no_discovery_remedy,
    .to_be_sure =
        "run kms-srv on this machine without arguments: it asks for the domains that a client there would ask "
        "for.",
    .code_note = "[inf] What slmgr /ato shows if the record is missing; other codes of DNS are possible.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. A look-up of _vlmcs._tcp without an answer "
        "that names a host.",
    .events = client_no_discovery_events,
};

constinit const Rule client_fixed_host{
    .id = "KMS-CLIENT-FIXED-HOST",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client uses a KMS host that was set by hand or by policy, so it does not search DNS.",
    .causes = client_fixed_host_causes,
    .remedy = client_fixed_host_remedy,
    .code_note = "No code belongs to it.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. The client connects without asking for the "
        "SRV record.",
    .events = client_fixed_host_events,
};

constinit const Rule client_no_cache{
    .id = "KMS-CLIENT-NO-CACHE",
    .severity = Severity::info,
    .stage = Stage::dns,
    .windows_code = 0,
    .inner_code = 0,
    .summary = "The client does not keep the KMS host that it found, so each renewal depends on DNS.",
    .causes = client_no_cache_causes,
    .remedy = client_no_cache_remedy,
    .code_note = "No code belongs to it.",
    .capture_shows =
        "Not seen in a capture: read from the saved output of slmgr /dlv. A look-up of _vlmcs._tcp before each "
        "attempt.",
    .events = client_no_cache_events,
};

}  // namespace diag::check::rule

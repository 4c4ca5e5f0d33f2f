"""Cases in which the easy answer is wrong: the same host, the same code, another domain, an older log, other encodings."""
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, Dns, srv
from scenario import SUMMARY, Capture, Scenario, attempt, cause
from scenario_captures import first_response
from scenario_dns import START, TIME
from scenario_double import A_MACHINE, B_MACHINE

A_HOST = "192.0.2.10:1688"
OTHER_CLIENT = {"192.0.2.77": "192.0.2.78"}
OTHER_BOTH = OTHER_CLIENT | {"192.0.2.10": "192.0.2.11"}
DAY, MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)
A_PC, B_PC = logs.Client("pc17.corp.example", A_MACHINE), logs.Client("pc18.corp.example", B_MACHINE)
HOST = "kms01.corp.example"


def row(name, what, causes, files, source, **more):
    told = " and ".join(part["id"] for part in causes) or "Nothing"
    return Scenario(name, (what + ".", f"{', '.join(files)}.", f"{told}: {source}."), causes, files, **more)


def same_host():
    """Two clients whose faults have nothing in common but the host."""
    skew, unknown, low = Capture("hresult-time-skew"), Capture("hresult-unknown-kms-id"), Capture("c2c-v6-charging-office2016")
    short = Capture("hresult-bad-version-7")
    late, new = skew.client("late-pc.corp.example", None), unknown.client("unk.corp.example", None)
    host = [late.processed(skew.start(), "0xC004F06C", skew.clock()), new.processed(unknown.start(), "0xC004F015")]
    yield row("double-same-host-product-and-clock", "One client's clock is wrong, and the host does not cover the product of another",
              [cause("KMS-PRODUCT-NOT-COVERED", A_HOST), cause("KMS-CLOCK-SKEW", A_HOST)],
              {"both.pcap": skew.packets() + packets.moved(unknown.packets(), OTHER_CLIENT),
               "events-a.xml": logs.xml(attempt(skew, late, "0xC004F06C", SUMMARY), late.name),
               "events-b.xml": logs.xml(attempt(unknown, new, "0xC004F042", "0xC004F042"), new.name),
               "events-host.csv": logs.csv(host, "en", 1)},
              "hresult of both captures; errors.csv 0xC004F042, 0xC004F06C", windows="0xC004F042")
    yield row("double-same-host-count-and-version", "The host has counted one machine; another program speaks version 7.0 to it",
              [cause("KMS-REQUEST-INVALID", A_HOST), cause("KMS-COUNT-LOW", A_HOST)],
              {"both.pcap": first_response(low) + packets.moved(short.packets(), OTHER_CLIENT)},
              "response count 1 and hresult 0x8007000D of the captures", windows=SUMMARY, inner="0x8007000D")


def other_domain():
    """What was not published elsewhere explains nothing here."""
    search = Dns(START).search("corp.example", NXDOMAIN).packets
    branch = [logs.unpublished(TIME - 60 * MINUTE, "branch.example", "0x8007232D")]
    yield row("double-other-domain", "Clients find no record in one domain; the host may not publish in another",
              [cause("KMS-DNS-NO-RECORD"), cause("KMS-EVENT-PUBLISH-FAILED")],
              {"client.pcap": search, "events-host.xml": logs.xml(branch, HOST)},
              "RCODE 3 in corp.example; events.csv 12293 field 2 is branch.example", windows="0x8007232B")
    good = [logs.published(TIME - 60 * MINUTE, "branch.example")]
    yield row("hard-published-elsewhere", "The host publishes itself in another domain than the client's",
              [cause("KMS-DNS-NO-RECORD")], {"client.pcap": search, "events-host.xml": logs.xml(good, HOST)},
              "RCODE 3 in corp.example; events.csv 12294 is of branch.example", windows="0x8007232B")
    both = Dns(START, client="192.0.2.78").search("branch.example", NXDOMAIN).packets + Capture("dns-srv-then-v6").packets()
    yield row("hard-one-of-two-domains", "A client of one domain is served; in the domain of another there is no record",
              [cause("KMS-DNS-NO-RECORD")], {"both.pcap": both}, "RCODE 3 for one; expected.json of dns-srv-then-v6 for the other",
              windows="0x8007232B")


def the_host_is_it():
    refused = [A_PC.sent(TIME, "0xC004F041"), A_PC.failed(TIME, SUMMARY)]
    yield row("hard-host-key-never-activated", "The host key was never activated, and the host says so to its clients",
              [cause("KMS-HOST-NOT-ACTIVATED")],
              {"events-client.xml": logs.xml(refused, A_PC.name), "saved-host.txt": saved.sample("host-not-activated.txt"),
               "events-host.xml": logs.xml([A_PC.processed(TIME, "0xC004F041")], HOST)},
              "errors.csv 0xC004F041: a host key that was never activated", never=("KMS-HOST-REFUSED",), below=("KMS-HOST-REFUSED",))
    yield row("hard-host-says-not-activated", "The host says that its key is not activated", [cause("KMS-HOST-REFUSED")],
              {"events-host.xml": logs.xml([A_PC.processed(TIME, "0xC004F041")], HOST)}, "errors.csv 0xC004F041")
    late = logs.Client("late.corp.example", B_MACHINE)
    yield row("hard-skew-in-host-log", "A client's clock is five hours behind; only the host's log is there",
              [cause("KMS-CLOCK-SKEW")],
              {"events-host.xml": logs.xml([late.processed(TIME, "0xC004F06C", TIME - 300 * MINUTE), A_PC.processed(TIME + MINUTE)],
                                           HOST)}, "errors.csv 0xC004F06C", windows=SUMMARY, inner="0xC004F06C")
    refused = Capture("refused-rst")
    yield row("hard-healthy-host-refuses-one", "A firewall resets the connection; the host itself is well",
              [cause("KMS-CONNECT-REFUSED", A_HOST)],
              {"client.pcap": refused.path, "saved-host.txt": saved.sample("host-healthy.txt")},
              "outcome of the capture; slmgr.md 4: 50 machines, port 1688", windows=SUMMARY)


def products():
    unknown = Capture("hresult-unknown-kms-id")
    client = unknown.client("unk.corp.example", None)
    office = saved.sample("kinds/dstatus-licensed-en.txt")
    yield row("hard-office-licensed-windows-not", "Office is licensed, and the host does not cover Windows of the same client",
              [cause("KMS-PRODUCT-NOT-COVERED")],
              {"client.pcap": unknown.path, "saved-dlv.txt": saved.dlv("notification", "en", machine=client.machine),
               "saved-office.txt": office}, "hresult of the capture", windows="0xC004F042")
    fixed = saved.changed(saved.dlv("fixed-host", machine=A_MACHINE), ("216000 minute(s) (150", "72000 minute(s) (50"))
    yield row("hard-old-host-set-by-hand", "The client is set to a host whose name is gone, and has not renewed for 130 days",
              [cause("KMS-EVENT-NOT-CONTACTED")],
              {"events-client.xml": logs.xml([A_PC.sent(TIME, "0x80072AF9", "kms-old.corp.example:1689"), A_PC.failed(TIME, SUMMARY)],
                                             A_PC.name), "saved-dlv.txt": fixed},
              "errors.csv 0x80072AF9; slmgr.md 3 line 20: Registered KMS machine name", never=("KMS-CLIENT-RENEWAL-OVERDUE",),
              below=("KMS-CLIENT-RENEWAL-OVERDUE",))
    yield row("double-retail-key-and-refused", "One client's host is switched off; another has a retail key",
              [cause("KMS-CONNECT-REFUSED", A_HOST), cause("KMS-CLIENT-CHANNEL")],
              {"a.pcap": Capture("refused-rst").path, "saved-b.txt": saved.sample("client-retail.txt")},
              "outcome of the capture; slmgr.md 3 line 3: such a client never asks a KMS host", windows=SUMMARY)
    retail = {"saved-dlv.txt": saved.sample("client-retail.txt"), "events-client.xml": logs.xml([A_PC.failed(TIME, "0x8007007B")], A_PC.name)}
    yield row("hard-retail-key-shows-no-name", "The machine has a retail key, and its log has the code of a name that is unusable",
              [cause("KMS-CLIENT-CHANNEL")], retail, "dns.md, sources: 0x8007007B caused by a retail channel key, DNS was fine",
              windows="0x8007007B", never=("KMS-EVENT-NOT-CONTACTED",), below=("KMS-EVENT-NOT-CONTACTED",))
    yield row("hard-retail-key-of-one-of-two", "Two clients have no suffix to ask for a host in; a third has a retail key",
              [cause("KMS-EVENT-NOT-CONTACTED"), cause("KMS-EVENT-NOT-CONTACTED"), cause("KMS-CLIENT-CHANNEL")],
              retail | {"events-b.xml": logs.xml([B_PC.failed(TIME, "0x8007007B")], B_PC.name)},
              "dns.md: with no suffix a client reports 0x8007007B; the key is that of one machine")


def times():
    win10 = Capture("c2c-v6-ndr32-win10")
    desk = win10.client("desk-77.corp.example", None)
    old = [desk.sent(win10.clock() - DAY, "0x800706BA"), desk.failed(win10.clock() - DAY, SUMMARY)]
    yield row("healthy-older-log", "The log is of yesterday, when the host was down; the capture of today shows success", [],
              {"client.pcap": win10.path, "events-client.xml": logs.xml(old, desk.name)},
              "hresult 0 of the same machine id, a day later")
    low = [A_PC.sent(TIME - DAY), A_PC.answered(TIME - DAY, 24, "0xC004F038", 0, "0x04000000"), A_PC.failed(TIME - DAY, "0xC004F038")]
    yield row("healthy-count-reached", "The count was 24 yesterday and is 25 today", [],
              {"events-client.xml": logs.xml([*low, A_PC.sent(TIME), A_PC.answered(TIME, 25)], A_PC.name)}, "events.csv 12289")
    answered = [A_PC.processed(TIME - DAY), A_PC.processed(TIME)]
    yield row("hard-count-low-and-answered-since", "The count was 24 yesterday; today the host answered again, as it does below the threshold",
              [cause("KMS-COUNT-LOW")],
              {"events-client.xml": logs.xml(low, A_PC.name), "events-host.xml": logs.xml(answered, HOST)},
              "errors.csv 0xC004F038: the host answers, the client decides; events.csv 12290")
    licensed = A_PC._replace(status=1).processed(TIME + 7 * DAY)
    yield row("healthy-count-low-and-licensed-since", "The count was 24 a week ago; today the client says that it is licensed", [],
              {"events-client.xml": logs.xml(low, A_PC.name), "events-host.xml": logs.xml([*answered, licensed], HOST)},
              "events.csv 12290 field 7: license status 1")
    refused = Capture("refused-rst")
    well = [A_PC.sent(refused.clock() - DAY), A_PC.answered(refused.clock() - DAY)]
    yield row("hard-well-yesterday", "The client was activated yesterday; today the host is switched off",
              [cause("KMS-CONNECT-REFUSED", A_HOST)],
              {"client.pcap": refused.path, "events-client.csv": logs.csv(
                  well + attempt(refused, A_PC, "0x800706BA", SUMMARY), "en", -5),
               "saved-dlv.txt": saved.dlv("licensed", machine=A_MACHINE)}, "outcome of the capture", windows=SUMMARY)
    two = win10.packets() + packets.moved(Capture("c2c-v5-ndr32-win8").packets(), OTHER_BOTH)
    yield row("healthy-two-hosts", "Two clients, each served by a host of its own", [], {"both.pcap": two}, "hresult 0 of both captures")
    yield row("healthy-host-log-of-trouble", "The host serves clients in notification mode", [],
              {"events-host.xml": logs.xml([A_PC._replace(status=5, minutes=0).processed(TIME),
                                            B_PC._replace(status=5, minutes=0).processed(TIME + MINUTE)], HOST)},
              "events.csv 12290: HRESULT 0")


def shared_ids():
    """One machine id under several names: events.csv 12290, a cloned image."""
    clones = [A_PC._replace(name=f"vdi{i:02}.corp.example") for i in range(30)]
    host = {"events-host.xml": logs.xml([clone.processed(TIME + i * MINUTE) for i, clone in enumerate(clones)], HOST)}
    last = TIME + 29 * MINUTE
    low = [clones[-1].sent(last), clones[-1].answered(last, 1, "0xC004F038", 0, "0x04000000"), clones[-1].failed(last, "0xC004F038")]
    yield row("hard-clones-in-host-log", "30 desktops of one image have one machine id", [cause("KMS-CLIENT-CLONED", A_MACHINE)], host,
              "events.csv 12290 fields 3 and 4: one machine id with several names")
    yield row("hard-clones-and-low-count", "30 desktops of one image have one machine id, so the host counts one of 25",
              [cause("KMS-CLIENT-CLONED", A_MACHINE)], host | {"events-client.xml": logs.xml(low, clones[-1].name)},
              "events.csv 12290 fields 3 and 4; 12289 field 5: count 1", below=("KMS-COUNT-LOW",))
    renamed = A_PC._replace(name="pc17-new.corp.example")
    yield row("healthy-renamed-machine", "A machine was renamed, and does not come back under its old name", [],
              {"events-host.xml": logs.xml([A_PC.processed(TIME - 7 * DAY), renamed.processed(TIME)], HOST)}, "events.csv 12290 field 3")
    yield row("hard-clone-is-served", "One of two machines with one machine id cannot reach its host; the other is served by another",
              [cause("KMS-EVENT-HOST-UNREACHABLE", f"{HOST}:1688")],
              {"events-a.xml": logs.xml([clones[0].sent(TIME, "0x800706BA"), clones[0].failed(TIME, SUMMARY)], clones[0].name),
               "events-b.xml": logs.xml([clones[1].sent(TIME + MINUTE, host="kms02.corp.example:1688"),
                                         clones[1].answered(TIME + MINUTE)], clones[1].name)},
              "errors.csv 0x800706BA; the Computer of the two logs", windows=SUMMARY, inner="0x800706BA")


def encodings():
    yield row("healthy-dlv-cp932", "A licensed client, redirected in a Japanese console", [],
              {"saved-dlv.txt": saved.dlv("licensed", "ja").encode("cp932")}, "slmgr.md 3: Licensed")
    yield row("healthy-host-wrapped", "A host, copied from a console of 80 columns", [],
              {"saved-host.txt": saved.sample("host-healthy-wrapped.txt")}, "slmgr.md 4")
    yield row("hard-notification-utf16", "The grace period is over; PowerShell redirected it", [cause("KMS-CLIENT-NOTIFICATION")],
              {"saved-dlv.txt": saved.dlv("notification", "ja").encode("utf-16")}, "errors.csv 0xC004F009", windows="0xC004F009")
    for page in ("cp1252", "cp850"):
        yield row(f"hard-lost-{page}", "The activation ran out; a German console wrote it", [cause("KMS-CLIENT-GRACE-ENDS")],
                  {"saved-dlv.txt": saved.dlv("lost", "de").encode(page)}, "slmgr.md 3: additional grace period")
    unreachable = logs.csv([A_PC.sent(TIME, "0x800706BA"), A_PC.failed(TIME, SUMMARY)], "ja", 9).lstrip("\ufeff")
    yield row("hard-csv-cp932", "The client cannot reach its host; the log is in the encoding of a Japanese console",
              [cause("KMS-EVENT-HOST-UNREACHABLE")], {"events-client.csv": unreachable.encode("cp932")}, "errors.csv 0x800706BA",
              windows=SUMMARY)
    failed = [A_PC.sent(TIME, "0x800706BE"), A_PC.failed(TIME, SUMMARY)]
    yield row("hard-xml-utf16", "The call fails; PowerShell redirected the log", [cause("KMS-EVENT-CALL-FAILED")],
              {"events-client.xml": logs.xml(failed, A_PC.name).encode("utf-16")}, "errors.csv 0x800706BE", windows=SUMMARY)


def scenarios():
    for rows in (same_host, other_domain, the_host_is_it, products, times, shared_ids, encodings):
        yield from rows()

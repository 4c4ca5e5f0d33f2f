"""Whose fault is whose: evidence of other clients and other hosts must not hang below a cause that they cannot have, and evidence
of the same one must."""
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, Dns, srv
from scenario import SUMMARY, Capture, Scenario, attempt, cause
from scenario_dns import START, TIME
from scenario_double import A_MACHINE, A_NAME, B_MACHINE, B_NAME

A_HOST = "192.0.2.10:1688"
A_PC, B_PC = logs.Client(A_NAME, A_MACHINE), logs.Client(B_NAME, B_MACHINE)
WEEK = datetime.timedelta(days=7)
ON_TIME, OVERDUE = "253440 minute(s) (176", "100800 minute(s) (70"


def row(name, what, causes, files, source, **more):
    told = " and ".join(part["id"] for part in causes) or "Nothing"
    return Scenario(name, (what + ".", f"{', '.join(files)}.", f"{told}: {source}."), causes, files, **more)


def unreachable(client, host, time=TIME):
    return logs.xml([client.sent(time, "0x800706BA", f"{host}.corp.example:1688"), client.failed(time, SUMMARY)], client.name)


def overdue(machine, host="kms01", address="192.0.2.10"):
    text = saved.dlv("licensed", machine=machine, host=f"{host}.corp.example", address=address)
    return saved.changed(text, (ON_TIME, OVERDUE))


def search_and_refused():
    dns = Dns(START).search("corp.example", answers=[srv("kms01.corp.example")])
    dns.ask("kms01.corp.example", A, answers=[packets.address("192.0.2.10")])
    return dns.packets + packets.refused(dns.time, "192.0.2.77", "192.0.2.10")


def hosts():
    yield row("double-host-named-otherwise", "kms01 is switched off for one client; another could not reach kms02 a week later",
              [cause("KMS-CONNECT-REFUSED", A_HOST), cause("KMS-EVENT-HOST-UNREACHABLE")],
              {"client.pcap": search_and_refused(), "events-b.xml": unreachable(B_PC, "kms02", TIME + WEEK)},
              "the DNS answer in the capture says that 192.0.2.10 is kms01; events.csv 12288 field 3 names kms02", windows=SUMMARY)
    yield row("double-logs-two-hosts", "Two clients cannot reach a host each",
              [cause("KMS-EVENT-HOST-UNREACHABLE", "kms01.corp.example:1688"),
               cause("KMS-EVENT-HOST-UNREACHABLE", "kms02.corp.example:1688")],
              {"events-a.xml": unreachable(A_PC, "kms01"), "events-b.xml": unreachable(B_PC, "kms02")}, "events.csv 12288 field 3",
              windows=SUMMARY)
    yield row("hard-logs-one-host", "Two clients cannot reach the same host",
              [cause("KMS-EVENT-HOST-UNREACHABLE", "kms01.corp.example:1688")],
              {"events-a.xml": unreachable(A_PC, "kms01"), "events-b.xml": unreachable(B_PC, "kms01")}, "events.csv 12288 field 3",
              windows=SUMMARY)
    yield row("double-overdue-elsewhere", "One host is switched off; a client of another host has not renewed for 110 days",
              [cause("KMS-CONNECT-REFUSED", A_HOST), cause("KMS-CLIENT-RENEWAL-OVERDUE")],
              {"client.pcap": search_and_refused(), "events-a.xml": unreachable(A_PC, "kms01"),
               "saved-b.txt": overdue(B_MACHINE, "kms02", "192.0.2.11")},
              "slmgr.md 3 lines 18, 20, 21: another machine id, another host", windows=SUMMARY)
    yield row("hard-overdue-of-the-same", "The host is switched off, and the client has not renewed for 110 days",
              [cause("KMS-CONNECT-REFUSED", A_HOST)],
              {"client.pcap": search_and_refused(), "events-a.xml": unreachable(A_PC, "kms01"), "saved-a.txt": overdue(A_MACHINE)},
              "slmgr.md 3 lines 18, 20, 21: the machine id of the log, and its host", windows=SUMMARY,
              below=("KMS-CLIENT-RENEWAL-OVERDUE",))


def clients():
    skew = Capture("hresult-time-skew")
    late = skew.client("late-pc.corp.example", None)
    yield row("double-skew-and-unreachable", "One client's clock is wrong; another cannot reach another host",
              [cause("KMS-EVENT-HOST-UNREACHABLE", "kms02.corp.example:1688"), cause("KMS-CLOCK-SKEW", A_HOST)],
              {"a.pcap": skew.path, "events-a.xml": logs.xml(attempt(skew, late, "0xC004F06C", SUMMARY), late.name),
               "events-b.xml": unreachable(B_PC, "kms02")}, "hresult of the capture; errors.csv 0x800706BA", windows=SUMMARY,
              inner="0x800706BA")
    yield row("double-skew-and-no-discovery", "One client's clock is wrong; another found no host in DNS at its last try",
              [cause("KMS-CLOCK-SKEW", A_HOST), cause("KMS-CLIENT-NO-DISCOVERY")],
              {"a.pcap": skew.path, "saved-b.txt": saved.dlv("no-discovery", "ja", machine=B_MACHINE)},
              "hresult of the capture; slmgr.md 3 line 20, another machine id", windows=SUMMARY, inner="0xC004F06C")
    dns = Dns(START).search("corp.example", NXDOMAIN).packets
    yield row("hard-no-discovery-of-the-same", "Nobody publishes the host; the log has the code, and /dlv the state of the same client",
              [cause("KMS-DNS-NO-RECORD")],
              {"client.pcap": dns, "events-a.csv": logs.csv([A_PC.sent(TIME, "0x8007232B", ":0"), A_PC.failed(TIME, "0x8007232B")],
                                                            "de", 1),
               "saved-a.txt": saved.dlv("no-discovery", "de", machine=A_MACHINE)}, "RCODE 3, errors.csv 0x8007232B",
              windows="0x8007232B", below=("KMS-CLIENT-NO-DISCOVERY",))


def saved_files():
    for language in ("ja", "de"):
        yield row(f"hard-several-outputs-{language}", "The client reached no host; /dlv, /ato and /xpr of it in one file",
                  [cause("KMS-SLMGR-ERROR")], {"saved-all.txt": saved.sample(f"kinds/several-{language}.txt")},
                  "slmgr.md 2 and 3: 0xC004F074; the notification mode follows from it", windows=SUMMARY,
                  below=("KMS-CLIENT-NOTIFICATION",))
        yield row(f"healthy-ad-activated-{language}", "A client that Active Directory activated", [],
                  {"saved-dlv.txt": saved.sample(f"kinds/dlv-ad-{language}.txt")}, "slmgr.md 3: the block of AD activation")
    yield row("healthy-all-products", "Windows and Office are licensed; a retail edition is not in use", [],
              {"saved-dlv.txt": saved.sample("all-products.txt")}, "slmgr.md 3 line 9")
    yield row("hard-one-of-all-products", "Windows is licensed, the grace period of Office is over",
              [cause("KMS-CLIENT-NOTIFICATION")], {"saved-dlv.txt": saved.sample("kinds/dlv-all-de.txt")},
              "errors.csv 0xC004F009", windows="0xC004F009")


def scenarios():
    for rows in (hosts, clients, saved_files):
        yield from rows()

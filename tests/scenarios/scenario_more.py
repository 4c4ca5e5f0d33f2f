"""More of DNS and logs: several suffixes, domains and addresses; forms that old and other systems write."""
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, SERVFAIL, Dns, srv
from scenario import SUMMARY, Capture, Scenario, attempt, cause
from scenario_double import A_MACHINE, A_NAME, OTHER, logs_of
from scenario_dns import START, TIME

AAAA = 28
HOST = "kms01.corp.example"
PC = logs.Client(A_NAME, A_MACHINE)
MINUTE = datetime.timedelta(minutes=1)
SLC = "Microsoft-Windows-Security-Licensing-SLC"  # events.csv: the source on Vista and Server 2008


def row(name, what, causes, files, source, **more):
    told = " and ".join(part["id"] for part in causes) or "Nothing"
    return Scenario(name, (what + ".", f"{', '.join(files)}.", f"{told}: {source}."), causes, files, **more)


def suffixes():
    both = Dns(START).search("berlin.corp.example", NXDOMAIN).search("corp.example", NXDOMAIN)
    xml = {"events-client.xml": logs.xml([PC.sent(TIME, "0x8007232B", ":0"), PC.failed(TIME, "0x8007232B")], PC.name)}
    yield row("dns-no-suffix-has-it", "Neither suffix of the client has the record", [cause("KMS-DNS-NO-RECORD"), cause("KMS-DNS-NO-RECORD")],
              {"dns.pcap": both.packets} | xml, "RCODE 3 for each, errors.csv 0x8007232B: each suffix is a place where the record may be published", windows="0x8007232B")
    two = Dns(START).search("corp.example", NXDOMAIN).packets + Dns(START + 5_000_000, client="192.0.2.78").search(
        "corp.example", NXDOMAIN).packets
    yield row("dns-two-clients-no-record", "Two clients of one domain find no record", [cause("KMS-DNS-NO-RECORD")],
              {"dns.pcap": two} | xml, "RCODE 3, errors.csv 0x8007232B", windows="0x8007232B")
    served = Capture("c2c-v6-ndr32-win10")
    walk = Dns(served.packets()[0][0] - 2_000_000).search("old.example", SERVFAIL).search("corp.example", answers=[srv(HOST)])
    walk.ask(HOST, A, answers=[packets.address("192.0.2.10")])
    yield row("dns-first-suffix-fails", "DNS fails for the first suffix of the client, the second one has the record",
              [cause("KMS-DNS-SUFFIX-FAILED", "old.example")], {"client.pcap": walk.packets + served.packets()},
              "RCODE 2 for the first suffix, a record for the second, hresult 0 of the capture")
    dot = Dns(START).search("corp.example", answers=[srv("")])
    yield row("dns-target-is-the-root", "The record says that there is no such service here", [cause("KMS-DNS-NO-RECORD")],
              {"dns.pcap": dot.packets} | xml, "RFC 2782, target '.'; errors.csv 0x8007232B [inf]", windows="0x8007232B")
    failed = [logs.unpublished(TIME - MINUTE, domain, "0x8007232D") for domain in ("branch.example", "corp.example")]
    yield row("double-two-domains-unpublished", "The host may publish in neither domain, and a client of one finds no record",
              [cause("KMS-EVENT-PUBLISH-FAILED", "corp.example"), cause("KMS-EVENT-PUBLISH-FAILED", "branch.example")],
              {"dns.pcap": Dns(START).search("corp.example", NXDOMAIN).packets, "events-host.xml": logs.xml(failed, HOST)},
              "events.csv 12293 field 2", exit_status=2, below=("KMS-DNS-NO-RECORD",))


def addresses():
    six = Capture("c2c-ipv6-v6")
    found = Dns(six.packets()[0][0] - 1_000_000).search("corp.example", answers=[srv(HOST)]).ask(HOST, A)
    found.ask(HOST, AAAA, answers=[bytes.fromhex("20010db8000000000000000000000010")])
    yield row("healthy-dns-ipv6-only", "The host has an IPv6 address only, and the client uses it", [],
              {"client.pcap": found.packets + six.packets()}, "hresult 0 in captures/c2c-ipv6-v6.expected.json")
    odd = Capture("c2c-v6-port-50123")
    found = Dns(odd.packets()[0][0] - 1_000_000).search("corp.example", answers=[srv(HOST, 50123)])
    found.ask(HOST, A, answers=[packets.address("192.0.2.10")])
    yield row("healthy-dns-other-port", "The record has another port than 1688, where the host listens", [],
              {"client.pcap": found.packets + odd.packets()}, "hresult 0 in captures/c2c-v6-port-50123.expected.json")


def forms():
    old = [event._replace(provider=SLC) for event in (PC.sent(TIME, "0x800706BA"),)]
    yield row("events-vista", "A client of Windows Vista cannot reach its host", [cause("KMS-EVENT-HOST-UNREACHABLE")],
              {"events-client.xml": logs.xml(old, PC.name)}, "events.csv 12288: source on Vista and Server 2008; errors.csv 0x800706BA",
              windows=SUMMARY)
    data = PC.sent(TIME, "0x800706BA").data[0].replace(", ", ",").rpartition(",")[0] + ","
    yield row("events-empty-field", "A client cannot reach its host; its event has no blanks and no tenth field",
              [cause("KMS-EVENT-HOST-UNREACHABLE")], {"events-client.xml": logs.xml([logs.Event(TIME, 12288, (data,))], PC.name)},
              "events.csv 12288: blanks are optional, field 10 can be empty", windows=SUMMARY)
    other = PC._replace(product="4de7cb65-cdf1-4de9-8ae8-e3cce27b9f2c")
    yield row("healthy-other-activation", "A retail product fails online; the KMS client beside it is well", [],
              {"events-client.xml": logs.xml([PC.sent(TIME), PC.answered(TIME), other.failed(TIME + MINUTE, "0xC004C003")], PC.name)},
              "errors.csv 0xC004C003 is of Microsoft's activation server, not of a KMS host")
    walk = [PC.sent(TIME, "0x800706BA", "kms-old.corp.example:1688"), PC.sent(TIME, "0x0"), PC.answered(TIME)]
    yield row("healthy-second-host-in-log", "The first host of the list was tried in vain, the second served", [],
              {"events-client.csv": logs.csv(walk, "de", 1)}, "events.csv 12288: one event for each host; the last state counts")
    old = TIME - datetime.timedelta(days=30)
    yield row("healthy-renewed-since", "The client could not reach its host a month ago; it is licensed, and was renewed four days ago", [],
              {"events-client.xml": logs.xml([PC.sent(old, "0x800706BA"), PC.failed(old, SUMMARY)], PC.name),
               "saved-dlv.txt": saved.dlv("licensed", "en", machine=A_MACHINE)},
              "slmgr.md 3: 253440 of 259200 minutes are left at the trusted time, 24 November")
    late = TIME - datetime.timedelta(days=1)
    yield row("hard-licensed-and-fails-since", "The client was renewed four days ago, and could not reach its host yesterday",
              [cause("KMS-EVENT-HOST-UNREACHABLE")],
              {"events-client.xml": logs.xml([PC.sent(late, "0x800706BA"), PC.failed(late, SUMMARY)], PC.name),
               "saved-dlv.txt": saved.dlv("licensed", "en", machine=A_MACHINE)},
              "slmgr.md 3: 253440 of 259200 minutes are left at the trusted time, 24 November; errors.csv 0x800706BA", windows=SUMMARY)
    served = Capture("c2c-v6-ndr32-win10")
    yield row("hard-ato-of-somebody-else", "A capture in which all is well, and slmgr /ato of another client that failed",
              [cause("KMS-SLMGR-ERROR")], {"client.pcap": served.path, "saved-ato.txt": saved.ato(SUMMARY, "ja")},
              "hresult 0 of the capture; errors.csv 0xC004F074", windows=SUMMARY)


def more_doubles():
    refused, silent = Capture("refused-rst"), Capture("silent-after-bind")
    yield row("double-refused-and-silent-bind", "One host is switched off; another takes connections and never answers",
              [cause("KMS-CONNECT-REFUSED", "192.0.2.10:1688"), cause("KMS-BIND-NO-ANSWER", "192.0.2.11:1688")],
              {"both.pcap": refused.packets() + packets.moved(silent.packets(), OTHER),
               "events-a.xml": logs_of(refused, A_NAME, A_MACHINE, "0x800706BA", SUMMARY, "kms01"),
               "saved-ato.txt": saved.ato(SUMMARY, "de")}, "outcomes of both captures", windows=SUMMARY, below=("KMS-SLMGR-ERROR",))
    icmp, six = Capture("rejected-icmp-port"), Capture("refused-rst-ipv6")
    yield row("double-ipv4-and-ipv6", "A firewall rejects IPv4, and over IPv6 nothing listens",
              [cause("KMS-CONNECT-REJECTED-ICMP", "192.0.2.10:1688"), cause("KMS-CONNECT-REFUSED", "[2001:db8::10]:1688")],
              {"a.pcap": icmp.path, "b.pcap": six.path}, "outcomes of both captures, alike in weight and as given")
    skew = Capture("hresult-time-skew")
    yield row("double-skew-and-no-key", "One client's clock is wrong; another has no key",
              [cause("KMS-CLIENT-NO-KEY"), cause("KMS-CLOCK-SKEW", "192.0.2.10:1688")],
              {"a.pcap": skew.path, "events-a.xml": logs.xml(attempt(skew, skew.client("late-pc.corp.example", None), "0xC004F06C",
                                                                     SUMMARY), "late-pc.corp.example"),
               "saved-b.txt": saved.sample("no-key.txt")}, "errors.csv 0xC004F06C, 0xC004F014", windows="0xC004F014")


def scenarios():
    for rows in (suffixes, addresses, forms, more_doubles):
        yield from rows()

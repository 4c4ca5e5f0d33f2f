"""Faults of the search in DNS: packets made by hand, with what the client logged or showed.

Which RCODE becomes which code is errors.csv and tests/lab/dns_verdicts.py; what a target without address comes to as well.
"""
import calendar
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, REFUSED, SERVFAIL, Dns, srv
from scenario import SUMMARY, Capture, Scenario, cause

DOMAIN = "corp.example"
TIME = datetime.datetime(2026, 11, 23, 20, 15, 4)
START = calendar.timegm(TIME.timetuple()) * 1_000_000
CLIENT = logs.Client("pc17.corp.example", "0c9d4f2e-6b1a-4f8e-9a77-3d5e2f1b6c08")


def tried(code, host="kms01.corp.example:1688", shown=None):
    time = TIME + datetime.timedelta(seconds=12)
    return [CLIENT.sent(time, code, host), CLIENT.failed(time, shown or code)]


def search(name, broken, finding, dns, code, source, files, target=None):
    lines = (broken + ".", f"A capture of DNS at the client, {', '.join(files)}.", f"{finding}, {code}: {source}.")
    return Scenario(name, lines, [cause(finding, target)], {"dns.pcap": dns.packets} | files, code)


def no_host():
    xml = lambda code: {"events-client.xml": logs.xml(tried(code, ":0"), "pc17.corp.example")}
    yield search("dns-no-name", "Nobody published the KMS host in the client's domain", "KMS-DNS-NO-RECORD",
                 Dns(START).search(DOMAIN, NXDOMAIN), "0x8007232B", "RCODE 3, errors.csv 0x8007232B",
                 xml("0x8007232B") | {"saved-ato-en.txt": saved.ato("0x8007232B")})
    yield search("dns-no-data", "The name exists and has no SRV record", "KMS-DNS-NO-RECORD", Dns(START).search(DOMAIN),
                 "0x8007251D", "NOERROR and empty, errors.csv 0x8007251D",
                 xml("0x8007251D") | {"saved-dlv-de.txt": saved.dlv("notification", "de")})
    yield search("dns-no-name-licensed", "The record is gone; the client is licensed still", "KMS-DNS-NO-RECORD",
                 Dns(START).search(DOMAIN, NXDOMAIN), "0x8007232B", "RCODE 3, errors.csv 0x8007232B; slmgr.md 3, line 20",
                 {"saved-dlv-ja.txt": saved.dlv("no-discovery", "ja", machine=CLIENT.machine)})
    yield search("dns-server-failure", "The DNS server fails", "KMS-DNS-SERVER-FAILURE", Dns(START).search(DOMAIN, SERVFAIL),
                 "0x8007232A", "RCODE 2, errors.csv 0x8007232A",
                 xml("0x8007232A") | {"saved-ato-ja.txt": saved.ato("0x8007232A", "ja")})
    yield search("dns-refused", "The DNS server refuses this client", "KMS-DNS-REFUSED", Dns(START).search(DOMAIN, REFUSED),
                 "0x8007232D", "RCODE 5, errors.csv 0x8007232D",
                 {"events-client.csv": logs.csv(tried("0x8007232D", ":0"), "de", 1)})
    yield search("dns-silent", "The DNS server does not answer", "KMS-DNS-NO-ANSWER",
                 Dns(START).search(DOMAIN, None, again=3).other_traffic(150), "0x8007232A", "no answer, errors.csv 0x8007232A",
                 xml("0x8007232A") | {"saved-dlv-en.txt": saved.dlv("lost", "en", machine=CLIENT.machine)})


def no_target():
    def row(name, broken, finding, dns, source, files):
        return search(name, broken, finding, dns, SUMMARY, f"inside it 0x800706BA, {source}", files)

    xml = lambda host: {"events-client.xml": logs.xml(tried("0x800706BA", host, SUMMARY), "pc17.corp.example")}
    gone = Dns(START).search(DOMAIN, answers=[srv("kms-gone.corp.example")]).ask("kms-gone.corp.example", A, NXDOMAIN)
    gone.ask("kms-gone.corp.example", 28, NXDOMAIN)
    yield row("dns-target-without-address", "The record names a host that has no address", "KMS-SRV-TARGET-NO-ADDRESS", gone,
              "target without A and AAAA", xml("kms-gone.corp.example:1688") | {"saved-ato-de.txt": saved.ato(SUMMARY, "de")})
    literal = Dns(START).search(DOMAIN, answers=[srv("192.0.2.10")]).ask("192.0.2.10", A, NXDOMAIN)
    yield row("dns-target-literal", "The record has an address in place of a name", "KMS-SRV-TARGET-LITERAL", literal,
              "an address as a name has no address", xml("192.0.2.10:1688"))
    zero = Dns(START).search(DOMAIN, answers=[srv("kms01.corp.example", 0)])
    zero.ask("kms01.corp.example", A, answers=[packets.address("192.0.2.10")])
    yield row("dns-port-zero", "The record has port 0", "KMS-SRV-PORT-ZERO", zero, "no connection to port 0 [inf]",
              xml("kms01.corp.example:0") | {"saved-dlv-ja.txt": saved.dlv("unlicensed", "ja")})


def found(hosts):
    dns = Dns(START).search(DOMAIN, answers=[srv(f"{name}.corp.example") for name in hosts])
    for name, ip in hosts.items():
        dns.ask(f"{name}.corp.example", A, answers=[packets.address(ip)])
    return dns


def dead_host():
    """Found in DNS, and then refused, dropped, or skipped for another."""
    one = found({"kms01": "192.0.2.10"})
    files = {"client.pcap": one.packets + packets.refused(one.time, "192.0.2.77", "192.0.2.10"),
             "events-client.xml": logs.xml(tried("0x800706BA", shown=SUMMARY), "pc17.corp.example"),
             "saved-dlv-en.txt": saved.dlv("notification", "en", machine=CLIENT.machine)}
    lines = ("DNS names a host where nothing listens.", "A capture with search and connection, the client's log, and slmgr /dlv.",
             "KMS-CONNECT-REFUSED and not the search, which worked: RST, errors.csv 0x800706BA.")
    yield Scenario("dns-then-refused", lines, [cause("KMS-CONNECT-REFUSED", "192.0.2.10:1688")], files, SUMMARY, "0x800706BA")
    two = found({"kms01": "192.0.2.10"})
    files = {"client.pcap": two.packets + packets.unanswered(two.time, "192.0.2.77", "192.0.2.10") +
                            Dns(START + 60_000_000).other_traffic(0).packets,
             "events-client.csv": logs.csv(tried("0x800706BA", shown=SUMMARY), "ja", 9)}
    lines = ("DNS names a host that a firewall hides.", "A capture with search and connection, and the client's log.",
             "KMS-CONNECT-NO-ANSWER: SYN three times without an answer, errors.csv 0x800706BA.")
    yield Scenario("dns-then-silence", lines, [cause("KMS-CONNECT-NO-ANSWER", "192.0.2.10:1688")], files, SUMMARY, "0x800706BA")
    yield skipped()


def skipped():
    capture = Capture("c2c-v6-ndr32-win10")
    client = capture.client("desk-77.corp.example.test", None)
    begin = capture.packets()[0][0] - 2_000_000
    dns = Dns(begin).search(DOMAIN, answers=[srv("kms-old.corp.example", priority=0), srv("kms01.corp.example", priority=10)])
    dns.ask("kms-old.corp.example", A, answers=[packets.address("192.0.2.9")])
    dns.packets += packets.refused(dns.time, "192.0.2.77", "192.0.2.9")
    dns.time += 500_000
    dns.ask("kms01.corp.example", A, answers=[packets.address("192.0.2.10")])
    time = capture.clock()
    events = [client.sent(time, "0x800706BA", "kms-old.corp.example:1688"), client.sent(time), client.answered(time)]
    files = {"client.pcap": dns.packets + capture.packets(), "events-client.xml": logs.xml(events, client.name),
             "saved-dlv-en.txt": saved.dlv("licensed", "en", machine=client.machine)}
    lines = ("Of two published hosts the first is switched off; the second serves.", "A capture, the client's log, and slmgr /dlv.",
             "KMS-HOST-SKIPPED and no error: RST of the first, count 50 of the second in captures/c2c-v6-ndr32-win10.expected.json.")
    return Scenario("dns-first-host-dead", lines, [cause("KMS-HOST-SKIPPED")], files, never=("KMS-CONNECT-REFUSED",))


def scenarios():
    yield from no_host()
    yield from no_target()
    yield from dead_host()

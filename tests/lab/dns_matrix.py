"""The DNS fault matrix as data: what is published, which server is asked how, and what kms-srv has to say. dns_matrix_test.py
runs it.

The codes are not those that the tool was seen to print. Each verdict names its source: a row of libdiag/data/errors.csv, or of
the table of publication mistakes that the row follows from (an address that is not found is 1722, a server reached that does
not answer is 9002). Marks as in matrix.py: [doc] Microsoft says so, [inf] follows from rules, [?] not verified.

Zones with faults stand on Knot DNS, which checks less than BIND does; BIND is the resolver with recursion, and the primary of
the zones that are in order.
"""
from typing import NamedTuple

from dns_servers import zone

SUMMARY, UNAVAILABLE = "0xC004F074", "0x800706BA"


class Verdict(NamedTuple):
    """The finding that decides, the code that the client shows, and that of event 12288 for the host."""
    id: str
    windows: str | None
    inner: str | None
    source: str


def search(finding, code, source):
    """No host came of the search: one code, and none of a host."""
    return Verdict(finding, code, None, source)


def unreachable(finding, source):
    """Every host was tried in vain: 1722 inside the summary."""
    return Verdict(finding, SUMMARY, UNAVAILABLE, source)


def working(finding, source="another host or server works, so no error is shown"):
    return Verdict(finding, None, None, source)


NO_NAME = search("KMS-DNS-NO-RECORD", "0x8007232B", "RCODE 3: errors.csv 0x8007232B")
NO_DATA = search("KMS-DNS-NO-RECORD", "0x8007251D", "NOERROR, empty: errors.csv 0x8007251D")
NOT_USABLE = search("KMS-DNS-NO-RECORD", "0x8007232B",
                    "RFC 2782: target '.' says that there is no service; errors.csv 0x8007232B [inf]")
FAILURE = search("KMS-DNS-SERVER-FAILURE", "0x8007232A", "RCODE 2: errors.csv 0x8007232A")
NONSENSE = search("KMS-DNS-SERVER-FAILURE", "0x8007232A", "no usable answer from DNS: errors.csv 0x8007232A")
REFUSED = search("KMS-DNS-REFUSED", "0x8007232D", "RCODE 5: errors.csv 0x8007232D")
SILENT = search("KMS-DNS-NO-ANSWER", "0x8007232A", "no answer at all: errors.csv 0x8007232A")
NO_SERVER = search("KMS-DNS-NO-ANSWER", "0x8007267C", "no DNS server: errors.csv 0x8007267C")
TCP_BLOCKED = search("KMS-DNS-TCP-BLOCKED", "0x8007232A", "no usable answer from DNS: errors.csv 0x8007232A")
NEAR_MISS = search("KMS-SRV-NEAR-MISS", "0x8007232B", "misspelt name, shown as no record: errors.csv 0x8007232B")
NO_ADDRESS = unreachable("KMS-SRV-TARGET-NO-ADDRESS", "target without A and AAAA: 1722; errors.csv 0x800706BA")
LITERAL = unreachable("KMS-SRV-TARGET-LITERAL", "an address as a name has no address: 1722; errors.csv 0x800706BA")
PORT_ZERO = unreachable("KMS-SRV-PORT-ZERO", "no connection to port 0: 1722; errors.csv 0x800706BA [inf]")
CONNECT_REFUSED = unreachable("KMS-CONNECT-REFUSED", "wrong port or retired host, RST: 1722; errors.csv 0x800706BA")
CONNECT_ICMP = unreachable("KMS-CONNECT-REJECTED-ICMP",
                           "A exists but connect fails, ICMP host unreachable: 1722; errors.csv 0x800706BA")
DEAD = working("KMS-SRV-TARGET-DEAD")
ALIAS = working("KMS-SRV-TARGET-ALIAS", "usually works on Windows [?]")
DUPLICATE = working("KMS-SRV-DUPLICATE")
TTL = working("KMS-SRV-TTL", "no code by itself")
WILDCARD = working("KMS-SRV-WILDCARD", "pseudo success")
UNAUTHORISED = working("KMS-SRV-UNAUTHORISED")
NOT_PUBLISHED = working("KMS-SRV-NOT-PUBLISHED")
DIFFER = working("KMS-DNS-SERVERS-DIFFER", "intermittent")
SKIPPED = working("KMS-DNS-SERVER-SKIPPED")
LAME = working("KMS-DNS-LAME")
SERIALS = working("KMS-DNS-SERIALS")
NO_UPDATES = working("KMS-DNS-UPDATE-UNREACHABLE", "for clients the path does not matter")
EVENT_FAILED = working("KMS-EVENT-PUBLISH-FAILED", "the code is that of the event, on the host")
EVENT_NOT_IN_DNS = working("KMS-EVENT-NOT-IN-DNS")
HEALTHY = None  # no finding above info


class Case(NamedTuple):
    """`at`: the servers to ask, by the names of dns_matrix_test.py; without them those of resolv.conf, which has none. `options`:
    of kms-srv; those about a client's domains stand alone, with an empty `domain`. `also`: all findings beside the one that
    decides, whatever their severity."""
    name: str
    want: Verdict | None
    records: tuple = ()
    at: tuple = ("knot",)
    options: tuple = ()
    also: tuple = ()
    domain: str | None = None  # else NAME.test
    ttl: int = 60
    primary: str = "dns.lab.test."
    server: str | None = None  # of the zone, else the primary
    events: str = ""

    def asked(self):
        return f"{self.name}.test" if self.domain is None else self.domain


OUTSIDE, PORT, UNUSED, NAME_ALIAS = "KMS-SRV-TARGET-OUTSIDE", "KMS-SRV-PORT", "KMS-SRV-UNUSED", "KMS-SRV-NAME-ALIAS"
KMS1, KMS2 = "_vlmcs._tcp SRV 0 0 1688 kms1", "_vlmcs._tcp SRV 0 0 1688 kms2"
A1, A2 = "kms1 A 198.51.100.11", "kms2 A 198.51.100.12"
AAAA1, AAAA2 = "kms1 AAAA 2001:db8:2::11", "kms2 AAAA 2001:db8:2::12"
ONE = (KMS1, A1, AAAA1)
TWO = (*ONE, KMS2, A2, AAAA2)
REACH = ("--reach",)
ZONE = ("--authoritative",)
EVENT = """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>
<Provider Name="Microsoft-Windows-Security-SPP"/><EventID>{id}</EventID><TimeCreated SystemTime="2026-11-23T20:09:17Z"/>
<EventRecordID>7</EventRecordID><Channel>Application</Channel><Computer>{host}</Computer></System>
<EventData>{data}</EventData></Event>"""


def published(host, domain):
    return EVENT.format(id=12294, host=host, data=f"<Data>{domain}</Data>")


def publish_failed(host, code, domain):
    return EVENT.format(id=12293, host=host, data=f"<Data>{code}</Data><Data>{domain}</Data>")


def rows(name, count, target="kms1"):
    return tuple(f"_vlmcs._tcp SRV 0 0 1688 {name}-with-a-long-name-number-{i}" for i in range(count)) + tuple(
        f"{name}-with-a-long-name-number-{i} A 198.51.100.11" for i in range(count))


FAULTS = (
    # No record
    Case("nothing", NO_NAME, ("www A 192.0.2.80",)),
    Case("no-zone", NO_NAME, domain="missing.nothing.test"),
    Case("empty", NO_DATA, ("_vlmcs._tcp TXT here",)),
    Case("empty-node", NO_DATA, ("below._vlmcs._tcp TXT here",)),
    Case("only-dot", NOT_USABLE, ("_vlmcs._tcp SRV 0 0 0 .",)),
    Case("typed-udp", NEAR_MISS, ("_vlmcs._udp SRV 0 0 1688 kms1", A1)),
    Case("typed-vmlcs", NEAR_MISS, ("_vmlcs._tcp SRV 0 0 1688 kms1", A1)),
    Case("typed-plain", NEAR_MISS, ("vlmcs._tcp SRV 0 0 1688 kms1", A1)),
    Case("typed-half", NEAR_MISS, ("_vlmcs.tcp SRV 0 0 1688 kms1", A1)),
    Case("typed-short", NEAR_MISS, ("_vlmcs SRV 0 0 1688 kms1", A1)),
    Case("fast-typed", NO_NAME, ("_vmlcs._tcp SRV 0 0 1688 kms1", A1), options=("--fast",)),
    Case("alias-to-nothing", NO_NAME, ("_vlmcs._tcp CNAME nobody",)),
    # The server
    Case("servfail", FAILURE, at=("stub",)),
    Case("refused-by-stub", REFUSED, at=("stub",), domain="refused.test"),
    Case("not-served", REFUSED, at=("second",), domain="nowhere.test"),
    Case("notimp", search("KMS-DNS-SERVER-FAILURE", "0x8007232A", "RCODE 4: errors.csv 0x8007232A [inf]"), at=("stub",)),
    Case("forwarder-dead", FAILURE, at=("bind",), domain="dead.test", options=("--timeout", "5")),
    Case("dead-behind-dnsmasq", FAILURE, at=("dnsmasq",), domain="dead.test", options=("--timeout", "5")),
    Case("nobody", SILENT, ONE, at=("nobody",)),
    Case("silent", SILENT, ONE, at=("silent",)),
    Case("closed-port", SILENT, ONE, at=("closed",)),
    Case("no-server", NO_SERVER, at=(), domain="single.test"),
    Case("udp-silent", SILENT, ONE, at=("udp-silent",)),
    Case("wrong-id", SILENT, ONE, at=("wrong-id",)),
    Case("wrong-question", SILENT, ONE, at=("wrong-question",)),
    Case("other-port", SILENT, ONE, at=("other-port",)),
    Case("late", SILENT, ONE, at=("late:2",)),
    Case("name-loop", NONSENSE, ONE, at=("name-loop",)),
    Case("cut-tcp", TCP_BLOCKED, ONE, at=("cut-tcp",)),
    Case("truncated", TCP_BLOCKED, rows("truncated", 40), at=("knot-udp",)),
    Case("first-silent", SKIPPED, ONE, at=("nobody", "knot")),
    Case("first-refuses", SKIPPED, ONE, at=("second", "knot")),
    # The targets
    Case("gone", NO_ADDRESS, (KMS1,)),
    Case("gone-other-type", NO_ADDRESS, (KMS1, "kms1 TXT here")),
    Case("doubled", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 kms1.doubled.test", A1)),
    Case("family-4-only", NO_ADDRESS, (KMS1, A1), options=("-6",)),
    Case("family-6-only", NO_ADDRESS, (KMS1, AAAA1), options=("-4",)),
    Case("target-itself", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 _vlmcs._tcp",)),
    Case("one-gone", DEAD, (*ONE, KMS2)),
    Case("alias", ALIAS, ("_vlmcs._tcp SRV 0 0 1688 old", "old CNAME kms1", A1)),
    Case("alias-chain", ALIAS, ("_vlmcs._tcp SRV 0 0 1688 a", "a CNAME b", "b CNAME c", "c CNAME kms1", A1)),
    Case("alias-loop", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 a", "a CNAME b", "b CNAME a"), also=("KMS-SRV-TARGET-ALIAS",)),
    Case("alias-of-nobody", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 a", "a CNAME b"), also=("KMS-SRV-TARGET-ALIAS",)),
    Case("literal", LITERAL, ("_vlmcs._tcp SRV 0 0 1688 198.51.100.11.",), also=(OUTSIDE,)),
    Case("literal-beside", LITERAL, (*ONE, "_vlmcs._tcp SRV 0 0 1688 198.51.100.12."), also=(OUTSIDE,)),
    Case("port-zero", PORT_ZERO, ("_vlmcs._tcp SRV 0 0 0 kms1", A1)),
    # The records
    Case("twice", DUPLICATE, (*ONE, "_vlmcs._tcp SRV 0 0 1689 KMS1"), also=(PORT,)),
    Case("twice-by-weight", DUPLICATE, (*ONE, "_vlmcs._tcp SRV 0 5 1688 kms1")),
    Case("ttl-zero", TTL, ONE, ttl=0),
    Case("ttl-absurd", TTL, ONE, ttl=31536000),
    Case("wildcard", WILDCARD, ("*._tcp SRV 0 0 1688 kms1", A1)),
    Case("rogue", UNAUTHORISED, TWO, options=("--expect", "kms1.rogue.test")),
    Case("rogue-port", UNAUTHORISED, ONE, options=("--expect", "kms1.rogue-port.test:1689"), also=("KMS-SRV-NOT-PUBLISHED",)),
    Case("unpublished", NOT_PUBLISHED, ONE, options=("--expect", "kms1.unpublished.test", "--expect", "kms2.unpublished.test:1688")),
    # Servers side by side
    Case("views", DIFFER, ONE, at=("knot", "second")),
    Case("view-without", DIFFER, ONE, at=("knot", "second")),
    Case("view-without-first", NO_NAME, ONE, at=("second", "knot"), also=("KMS-DNS-SERVERS-DIFFER",)),
    Case("view-failing", SKIPPED, ONE, at=("knot", "stub"), options=()),
    # The zone's own servers
    Case("lame", LAME, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=ZONE),
    Case("lame-nameless", LAME, (*ONE, "@ NS gone.lab.test."), at=("bind",), options=ZONE),
    Case("lame-silent", LAME, (*ONE, "@ NS nobody.lab.test."), at=("bind",), options=ZONE),
    Case("lagging", SERIALS, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=ZONE),
    Case("differing", DIFFER, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=ZONE),
    Case("primary-silent", NO_UPDATES, ONE, at=("bind",), options=("--update-check", *ZONE), primary="nobody.lab.test.",
         server="dns.lab.test."),
    Case("primary-no-tcp", NO_UPDATES, ONE, at=("bind",), options=("--update-check",), primary="tcp-refused.lab.test."),
    Case("primary-nameless", NO_UPDATES, ONE, at=("bind",), options=("--update-check",), primary="gone.lab.test."),
    # The host's events beside DNS
    Case("event-failed", EVENT_FAILED, ONE, events=publish_failed("kms2.event-failed.test", "0x80072338", "event-failed.test")),
    Case("event-gone", EVENT_NOT_IN_DNS, ONE, events=published("kms2.event-gone.test", "event-gone.test")),
    # The way
    Case("reach-closed", CONNECT_REFUSED, ("_vlmcs._tcp SRV 0 0 1690 kms1", A1), options=REACH, also=(PORT,)),
    Case("reach-nobody", CONNECT_ICMP, (KMS1, "kms1 A 198.51.100.99"), options=REACH),
    Case("reach-one-closed", working("KMS-HOST-SKIPPED"), TWO, options=REACH),
    Case("reach-address-dead", working("KMS-ADDRESS-DEAD", "the other address answers, so no error is shown"),
         (KMS1, A1, "kms1 AAAA 2001:db8:2::99"), options=REACH),
    # The client's domains
    Case("search-in-vain", NO_NAME, options=("--suffix-list", "nothing.test,missing.nothing.test"), domain=""),
    Case("skms-domain-in-vain", NO_NAME, options=("--skms-domain", "nothing.test", "--suffix-list", "single.test"), domain=""),
)

HEALTHY_CASES = (
    Case("single", HEALTHY, ONE),
    Case("weighted", HEALTHY, ("_vlmcs._tcp SRV 0 70 1688 kms1", A1, "_vlmcs._tcp SRV 0 30 1688 kms2", A2)),
    Case("backup", HEALTHY, ("_vlmcs._tcp SRV 0 0 1688 kms1", A1, "_vlmcs._tcp SRV 10 0 1688 kms2", A2), also=(UNUSED,)),
    Case("only-v6", HEALTHY, (KMS1, AAAA1)),
    Case("only-v4", HEALTHY, (KMS1, A1)),
    Case("other-port-published", HEALTHY, ("_vlmcs._tcp SRV 0 0 1699 kms1", A1), also=(PORT,)),
    Case("elsewhere", HEALTHY, ("_vlmcs._tcp SRV 0 0 1688 kms1.lab.test.",), also=(OUTSIDE,)),
    Case("service-alias", HEALTHY, ("_vlmcs._tcp CNAME real", "real SRV 0 0 1688 kms1", A1), also=(NAME_ALIAS,)),
    Case("many", HEALTHY, rows("many", 40), also=()),
    Case("signed", HEALTHY, ONE),
    Case("bound", HEALTHY, ONE, at=("bind",)),
    Case("behind-dnsmasq", HEALTHY, at=("dnsmasq",), domain="bound.test"),
    Case("behind-two", HEALTHY, at=("dnsmasq",), domain="far.test"),
    Case("delegated", HEALTHY, at=("bind",), domain="child.bound.test"),
    Case("no-edns", HEALTHY, ONE, at=("formerr-edns",)),
    Case("strays", HEALTHY, ONE, at=("stray",)),
    Case("huge", HEALTHY, ONE, at=("huge",)),
    Case("no-tcp-needed", HEALTHY, ONE, at=("tcp-refused",)),
    Case("same-everywhere", HEALTHY, ONE, at=("knot", "second")),
    Case("over-v6", HEALTHY, at=("bind6",), domain="bound.test"),
    Case("copied", HEALTHY, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=(*ZONE, "--update-check")),
    Case("primary-hidden", HEALTHY, (*ONE,), at=("bind",), options=ZONE, primary="nobody.lab.test.",
         server="dns.lab.test."),
    Case("expected", HEALTHY, TWO, options=("--expect", "KMS1.expected.test", "--expect", "kms2.expected.test:1688")),
    Case("reached", HEALTHY, ONE, options=REACH),
    Case("event-fine", HEALTHY, ONE, events=published("KMS1.event-fine.test", "event-fine.test")),
    Case("search-list", HEALTHY, options=("--suffix-list", "nothing.test,empty.test,single.test"), domain=""),
    Case("primary-first", HEALTHY, options=("--primary-suffix", "single.test", "--suffix-list", "nothing.test"), domain=""),
    Case("workgroup", HEALTHY, options=("--workgroup", "--dhcp-domain", "single.test"), domain=""),
)

CASES = FAULTS + HEALTHY_CASES

# What stands on the stub, which answers with any RCODE.
STUB = [{"name": f"_vlmcs._tcp.{name}.test", "rcode": rcode}
        for name, rcode in (("servfail", "SERVFAIL"), ("refused", "REFUSED"), ("notimp", "NOTIMP"), ("view-failing", "SERVFAIL"))]

ON_BIND = {"bind", "dnsmasq", "bind6"}
COPIED = ("copied.test", "lagging.test")


def knot_zones():
    """Behind the servers that misbehave stands Knot, too."""
    return [zone(case.asked(), case.records, ttl=case.ttl, signed=case.name == "signed")
            for case in CASES if case.records and not ON_BIND & set(case.at)]


def bind_zones():
    parent = ("child NS ns2.lab.test.",)
    return [zone(case.asked(), case.records + (parent if case.name == "bound" else ()), ttl=case.ttl, primary=case.primary,
                 server=case.server, update="open") for case in CASES if case.records and ON_BIND & set(case.at)]


def second_zones():
    """What another server says of the same zones, and zones of its own."""
    return [zone("views.test", [KMS2, A2]), zone("view-without.test", ["www A 192.0.2.80"]),
            zone("view-without-first.test", ["www A 192.0.2.80"]), zone("same-everywhere.test", ONE),
            zone("differing.test", [KMS2, A2, "@ NS ns2.lab.test."]), zone("far.test", ONE),
            zone("child.bound.test", ONE, primary="ns2.lab.test.")]

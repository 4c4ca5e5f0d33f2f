"""The DNS fault matrix as data: what is published, which server is asked how, and what the tools have to say. dns_matrix_test.py
runs it, and dns_verdicts.py has the verdicts and where their codes come from.

Each case is asked for by kms-srv, and by a client that activates. The packets of both are captured and decoded. What kms-srv
finds out with more questions than a client has, or from more than answers, packets cannot tell: then `why` says so.

Zones with faults stand on Knot DNS, which checks less than BIND does; BIND is the resolver with recursion, and the primary of
the zones that are in order.
"""
from typing import Any, NamedTuple

from dns_servers import zone
from dns_verdicts import (ADDRESS_DEAD, ALIAS, CONNECT_ICMP, CONNECT_REFUSED, DEAD, DIFFER, DUPLICATE, EVENT_FAILED, EVENT_NOT_IN_DNS,
                          FAILURE, HEALTHY, HOST_SKIPPED, LAME, LITERAL, NEAR_MISS, NO_ADDRESS, NO_DATA, NO_NAME, NO_SERVER,
                          NO_SUFFIX, NO_UPDATES, NONSENSE, NOT_IMPLEMENTED, NOT_PUBLISHED, NOT_USABLE, OPEN, OTHER_DOMAIN, PORT_ZERO, PRIVATE, REFUSED, SAME,
                          SERIALS, SILENT, SKIPPED, TCP_BLOCKED, TTL, UNAUTHORISED, UNSEEN, WILDCARD)


class Case(NamedTuple):
    """`at`: the servers to ask, by the names of dns_matrix_test.py; without them those of resolv.conf, which has none. `options`:
    of kms-srv; those about a client's domains stand alone, with an empty `domain`. `also`: all findings beside the one that
    decides, whatever their severity. `client`: whose codes the client shows in the end (kms-check ato), unless it is `want`;
    `decoded`: what kms-decode says of the client's packets, unless it is `client`; `traced`: what it says of those of kms-srv,
    unless it is `want`."""
    name: str
    text: str
    want: Any
    records: tuple = ()
    at: tuple = ("knot",)
    options: tuple = ()
    also: tuple = ()
    domain: str | None = None  # else NAME.test
    ttl: int = 60
    primary: str = "dns.lab.test."
    server: str | None = None  # of the zone, else the primary
    event: tuple = ()  # of the host: id, computer and strings
    evtx: bool = False  # the event log is EVTX, else XML
    ipconfig: str = ""  # a file of tests/windows/samples
    search: tuple = ()  # the domains of the client that it describes
    update: str = "none"  # of the zone on Knot; that on BIND is open
    client: Any = SAME
    decoded: Any = SAME
    traced: Any = SAME
    why: str = ""

    def asked(self):
        return f"{self.name}.test" if self.domain is None else self.domain

    def option(self, name):
        return self.options[self.options.index(name) + 1] if name in self.options else ""

    def suffixes(self):
        """The domains of the client that the options describe, in the order in which it goes through them."""
        lists = [self.asked()] if self.asked() else [self.option("--skms-domain")]
        if not lists[0]:
            lists = [*self.search] or [self.option("--primary-suffix"), *self.option("--suffix-list").split(","), self.option("--dhcp-domain")]
        return [suffix for suffix in lists if suffix]

    def shown(self):
        return self.want if self.client == SAME else self.client

    def captured(self):
        """What is said of the packets of the client, and of those of kms-srv."""
        return self.shown() if self.decoded == SAME else self.decoded, self.want if self.traced == SAME else self.traced


def unnoticed(why, *cases, traced=SAME):
    """Cases of which a client notices nothing, and its packets show nothing."""
    return tuple(case._replace(client=HEALTHY, traced=traced, why=why) for case in cases)


OUTSIDE, PORT, UNUSED, NAME_ALIAS = "KMS-SRV-TARGET-OUTSIDE", "KMS-SRV-PORT", "KMS-SRV-UNUSED", "KMS-SRV-NAME-ALIAS"
KMS1, KMS2 = "_vlmcs._tcp SRV 0 0 1688 kms1", "_vlmcs._tcp SRV 0 0 1688 kms2"
A1, A2 = "kms1 A 198.51.100.11", "kms2 A 198.51.100.12"
AAAA1, AAAA2 = "kms1 AAAA 2001:db8:2::11", "kms2 AAAA 2001:db8:2::12"
ONE = (KMS1, A1, AAAA1)
TWO = (*ONE, KMS2, A2, AAAA2)
REACH = ("--reach",)
ZONE = ("--authoritative",)

# kms1 and kms2 listen on these ports of their addresses, and not on that one. On more addresses of kms1 one family alone listens.
OPEN_PORTS, CLOSED = (1688, 1689, 1699), 1690
ONLY_4 = ("kms1 A 198.51.100.21", "kms1 AAAA 2001:db8:2::21")
ONLY_6 = ("kms1 A 198.51.100.22", "kms1 AAAA 2001:db8:2::22")


def published(host, domain):
    return 12294, host, domain


def publish_failed(host, code, domain):
    return 12293, host, code, domain


def rows(name, count):
    return tuple(f"_vlmcs._tcp SRV 0 0 1688 {name}-with-a-long-name-number-{i}" for i in range(count)) + tuple(
        f"{name}-with-a-long-name-number-{i} A 198.51.100.11" for i in range(count))


RIGHT_NAME = "a client asks for the right name only"
NO_RECORD = (
    Case("nothing", "the zone has no such name", NO_NAME, ("www A 192.0.2.80",)),
    Case("no-zone", "there is no such zone", NO_NAME, domain="missing.nothing.test"),
    Case("empty", "the name has a record of another type", NO_DATA, ("_vlmcs._tcp TXT here",)),
    Case("empty-node", "there is only a name below it", NO_DATA, ("below._vlmcs._tcp TXT here",)),
    Case("only-dot", "the record says that there is no service", NOT_USABLE, ("_vlmcs._tcp SRV 0 0 0 .",)),
    *(case._replace(client=NO_NAME, why=RIGHT_NAME) for case in (
        Case("typed-udp", "published as _vlmcs._udp", NEAR_MISS, ("_vlmcs._udp SRV 0 0 1688 kms1", A1)),
        Case("typed-vmlcs", "published as _vmlcs._tcp", NEAR_MISS, ("_vmlcs._tcp SRV 0 0 1688 kms1", A1)),
        Case("typed-plain", "published as vlmcs._tcp", NEAR_MISS, ("vlmcs._tcp SRV 0 0 1688 kms1", A1)),
        Case("typed-half", "published as _vlmcs.tcp", NEAR_MISS, ("_vlmcs.tcp SRV 0 0 1688 kms1", A1)),
        Case("typed-short", "published as _vlmcs", NEAR_MISS, ("_vlmcs SRV 0 0 1688 kms1", A1)),
        Case("typed-blank", "published with a blank behind _vlmcs", NEAR_MISS, (r"_vlmcs\032._tcp SRV 0 0 1688 kms1", A1)),
        Case("typed-blank-tcp", "published with a blank behind _tcp", NEAR_MISS, (r"_vlmcs._tcp\032 SRV 0 0 1688 kms1", A1)))),
    Case("typed-no-dot", "published with the domain twice", NEAR_MISS, ("_vlmcs._tcp.typed-no-dot.test SRV 0 0 1688 kms1", A1),
         client=NO_NAME, traced=HEALTHY, why=RIGHT_NAME + "; to kms-decode the misspelt one is right in another domain"),
    *(case._replace(client=NO_NAME, traced=HEALTHY, why="a client asks for its own domain, and who finds a host in another is served")
      for case in (
          Case("below-host", "published in the parent domain", OTHER_DOMAIN, domain="emea.single.test"),
          Case("beside-host", "published in the domain of the authorised host", OTHER_DOMAIN, ("www A 192.0.2.80",),
               options=("--expect", "kms1.single.test")),
          Case("beside-event", "published in the domain of the host that failed here", OTHER_DOMAIN, ("www A 192.0.2.80",),
               event=publish_failed("kms1.single.test", "0x8007232D", "beside-event.test"), also=("KMS-EVENT-PUBLISH-FAILED",)))),
    Case("single-label", "the domain has one label, and the root does not know it", NO_NAME, at=("root",), domain="workgroup",
         also=("KMS-SRV-SINGLE-LABEL",)),
    Case("fast-typed", "published as _vmlcs._tcp, and asked with --fast", NO_NAME, ("_vmlcs._tcp SRV 0 0 1688 kms1", A1),
         options=("--fast",)),
    Case("alias-to-nothing", "the name is an alias of a name that does not exist", NO_NAME, ("_vlmcs._tcp CNAME nobody",)),
)

SERVERS = (
    Case("servfail", "the server fails", FAILURE, at=("stub",)),
    Case("refused-by-stub", "the server refuses", REFUSED, at=("stub",), domain="refused.test"),
    Case("not-served", "BIND does not serve the zone and does not recurse", REFUSED, at=("second",), domain="nowhere.test"),
    Case("notimp", "the server does not implement the question", NOT_IMPLEMENTED, at=("stub",)),
    Case("forwarder-dead", "BIND forwards to a server that is gone", FAILURE, at=("bind",), domain="dead.test",
         options=("--timeout", "5")),
    Case("dead-behind-dnsmasq", "dnsmasq asks that BIND", FAILURE, at=("dnsmasq",), domain="dead.test", options=("--timeout", "5")),
    Case("nobody", "nobody has the address of the server", SILENT, ONE, at=("nobody",)),
    Case("silent", "the server is silent", SILENT, ONE, at=("silent",)),
    Case("closed-port", "nothing listens on port 53", SILENT, ONE, at=("closed",)),
    Case("no-server", "no server is configured", NO_SERVER, at=(), domain="single.test", decoded=UNSEEN,
         traced=UNSEEN, why="nothing leaves the machine"),
    Case("udp-silent", "UDP 53 is dropped on the way, TCP is not", SILENT, ONE, at=("udp-silent",)),
    Case("wrong-id", "answers have another transaction id", SILENT, ONE, at=("wrong-id",)),
    Case("wrong-question", "answers are to another question", SILENT, ONE, at=("wrong-question",)),
    Case("other-port", "answers come from another port", SILENT, ONE, at=("other-port",)),
    Case("late", "answers come after kms-srv was told to give up", SILENT, ONE, at=("late:2",), client=HEALTHY, traced=HEALTHY,
         why="the client has the patience of 5 s, kms-srv here of 0.6 s; the answers are in the capture of both"),
    Case("name-loop", "a name in the answer leads to itself", NONSENSE, ONE, at=("name-loop",)),
    Case("cut-tcp", "truncated over UDP, and half an answer over TCP", TCP_BLOCKED, ONE, at=("cut-tcp",)),
    Case("truncated", "a long answer, and a firewall drops TCP 53", TCP_BLOCKED, rows("truncated", 40), at=("knot-udp",)),
    Case("first-silent", "the first server is silent, the second answers", SKIPPED, ONE, at=("nobody", "knot")),
    Case("first-refuses", "the first server refuses, the second answers", SKIPPED, ONE, at=("second", "knot")),
)

TARGETS = (
    Case("gone", "the host has no address", NO_ADDRESS, (KMS1,)),
    Case("gone-other-type", "the host has a record of another type only", NO_ADDRESS, (KMS1, "kms1 TXT here")),
    Case("doubled", "the final dot is missing in the zone file", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 kms1.doubled.test", A1)),
    *(case._replace(decoded=HEALTHY, traced=HEALTHY, why="addresses of one family only are asked for, and there may be others")
      for case in (
          Case("family-4-only", "IPv6 is wanted, the host has IPv4", NO_ADDRESS, (KMS1, A1), options=("-6",)),
          Case("family-6-only", "IPv4 is wanted, the host has IPv6", NO_ADDRESS, (KMS1, AAAA1), options=("-4",)))),
    Case("target-itself", "the record names itself", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 _vlmcs._tcp",)),
    Case("one-gone", "the first host of two has no address", DEAD, (KMS2, "_vlmcs._tcp SRV 10 0 1688 kms1", A1, AAAA1), also=(UNUSED,)),
    Case("alias", "the host is an alias", ALIAS, ("_vlmcs._tcp SRV 0 0 1688 old", "old CNAME kms1", A1)),
    Case("alias-chain", "the host is an alias of aliases", ALIAS,
         ("_vlmcs._tcp SRV 0 0 1688 a", "a CNAME b", "b CNAME c", "c CNAME kms1", A1)),
    Case("alias-loop", "aliases lead in a circle", NO_ADDRESS, ("_vlmcs._tcp SRV 0 0 1688 a", "a CNAME b", "b CNAME a"),
         also=("KMS-SRV-TARGET-ALIAS",)),
    Case("alias-of-nobody", "the host is an alias of a name that does not exist", NO_ADDRESS,
         ("_vlmcs._tcp SRV 0 0 1688 a", "a CNAME b"), also=("KMS-SRV-TARGET-ALIAS",)),
    Case("literal", "the host is given by its address", LITERAL, ("_vlmcs._tcp SRV 0 0 1688 198.51.100.11.",), also=(OUTSIDE,)),
    Case("literal-beside", "one host of two is given by its address", DEAD,
         (*ONE, "_vlmcs._tcp SRV 0 0 1688 198.51.100.12."), also=(OUTSIDE,)),
    Case("port-zero", "the port is 0", PORT_ZERO, ("_vlmcs._tcp SRV 0 0 0 kms1", A1)),
    Case("port-zero-beside", "one host of two has port 0", DEAD, (*TWO, "_vlmcs._tcp SRV 0 0 0 kms3", "kms3 A 198.51.100.13")),
    Case("private", "a server on a public address gives a private one", PRIVATE, (KMS1, "kms1 A 10.20.30.40"), client=CONNECT_ICMP,
         why="where the client is, no way leads to the private address"),
    Case("private-v6", "the same with IPv6, and IPv4 is fine", PRIVATE, (KMS1, A1, "kms1 AAAA fd00::11")),
    Case("target-blank", "a blank behind the name of the host", NO_ADDRESS, (r"_vlmcs._tcp SRV 0 0 1688 kms1\032", A1), decoded=HEALTHY,
         why="c-ares, by which kms-check looks up addresses, asks for another name: without the backslash of the escape"),
)

RECORDS = (
    Case("twice", "one host twice, with two ports and two spellings", DUPLICATE, (*ONE, "_vlmcs._tcp SRV 0 0 1689 KMS1"), also=(PORT,)),
    Case("twice-by-weight", "one host twice, with two weights", DUPLICATE, (*ONE, "_vlmcs._tcp SRV 0 5 1688 kms1")),
    Case("ttl-zero", "nothing may be cached", TTL, ONE, ttl=0),
    Case("ttl-absurd", "caches may keep it for a year", TTL, ONE, ttl=31536000),
    *unnoticed("a client asks for one name only, and cannot know what is said to others",
           Case("wildcard", "the zone answers for any name", WILDCARD, ("*._tcp SRV 0 0 1688 kms1", A1))),
    *unnoticed("who is authorised stands in no packet",
           Case("rogue", "a host that is not authorised", UNAUTHORISED, TWO, options=("--expect", "kms1.rogue.test")),
           Case("rogue-port", "a port that is not authorised", UNAUTHORISED, ONE, options=("--expect", "kms1.rogue-port.test:1689"),
                also=("KMS-SRV-NOT-PUBLISHED",)),
           Case("unpublished", "an authorised host is not published", NOT_PUBLISHED, ONE,
                options=("--expect", "kms1.unpublished.test", "--expect", "kms2.unpublished.test:1688")),
           traced=HEALTHY),
)

SIDE_BY_SIDE = (
    *unnoticed("a client asks its first server only",
           Case("views", "two servers name different hosts", DIFFER, ONE, at=("knot", "second")),
           Case("view-without", "the second server has no record", DIFFER, ONE, at=("knot", "second")),
           Case("view-failing", "the second server fails", SKIPPED, ONE, at=("knot", "stub"))),
    Case("view-without-first", "the first server has no record", NO_NAME, ONE, at=("second", "knot"), also=("KMS-DNS-SERVERS-DIFFER",)),
)

NAME_SERVERS = unnoticed(
    "a client asks its resolver, and what kms-srv asks name servers without recursion is no search of a client",
    Case("lame", "a name server does not serve the zone", LAME, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=ZONE),
    Case("lame-nameless", "a name server has no address", LAME, (*ONE, "@ NS gone.lab.test."), at=("bind",), options=ZONE),
    Case("lame-silent", "a name server is gone", LAME, (*ONE, "@ NS nobody.lab.test."), at=("bind",), options=ZONE),
    Case("lagging", "a secondary lags", SERIALS, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=ZONE),
    Case("differing", "a name server names another host", DIFFER, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=ZONE),
    Case("primary-silent", "the primary is gone", NO_UPDATES, ONE, at=("bind",), options=("--update-check", *ZONE),
         primary="nobody.lab.test.", server="dns.lab.test."),
    Case("primary-no-tcp", "the primary does not listen on TCP", NO_UPDATES, ONE, at=("bind",), options=("--update-check",),
         primary="tcp-refused.lab.test."),
    Case("primary-nameless", "the primary has no address", NO_UPDATES, ONE, at=("bind",), options=("--update-check",),
         primary="gone.lab.test."),
    traced=HEALTHY,
)

UPDATES = unnoticed(
    "an update is no search of a client, and kms-decode does not judge it",
    Case("open-to-all", "everybody may write the zone, on BIND", OPEN, ONE, at=("bind",), options=("--update-test", "open-to-all.test")),
    Case("open-to-all-on-knot", "everybody may write the zone, on Knot DNS", OPEN, ONE,
         options=("--update-test", "_vlmcs._tcp.open-to-all-on-knot.test"), primary="knot.lab.test.", update="open"),
    traced=HEALTHY,
)

EVENTS = unnoticed(
    "the event log of the host is in no packet",
    Case("event-failed", "the host says that it may not write", EVENT_FAILED, ONE,
         event=publish_failed("kms2.event-failed.test", "0x80072338", "event-failed.test")),
    Case("event-gone", "the host says that it is published, and is not", EVENT_NOT_IN_DNS, ONE,
         event=published("kms2.event-gone.test", "event-gone.test")),
    Case("evtx-failed", "the same as EVTX: it may not write", EVENT_FAILED, ONE, evtx=True,
         event=publish_failed("kms2.evtx-failed.test", "0x80072338", "evtx-failed.test")),
    Case("evtx-gone", "the same as EVTX: it is published, and is not", EVENT_NOT_IN_DNS, ONE, evtx=True,
         event=published("kms2.evtx-gone.test", "evtx-gone.test")),
    traced=HEALTHY,
)

LAST_FAILED = "kms-srv tries the address that works first, and a failure behind it is one"
FIRST_CLOSED = (f"_vlmcs._tcp SRV 0 0 {CLOSED} kms2", A2, "_vlmcs._tcp SRV 10 0 1688 kms1", A1)
WAYS = (
    Case("reach-closed", "nothing listens on the published port", CONNECT_REFUSED, (f"_vlmcs._tcp SRV 0 0 {CLOSED} kms1", A1),
         options=REACH, also=(PORT,)),
    Case("reach-nobody", "nobody has the address of the host", CONNECT_ICMP, (KMS1, "kms1 A 198.51.100.99"), options=REACH),
    Case("reach-one-closed", "nothing listens on the port of the first host", HOST_SKIPPED, FIRST_CLOSED, options=REACH,
         also=(PORT, UNUSED)),
    Case("reach-address-dead", "nobody has the IPv6 address of the host", ADDRESS_DEAD, (KMS1, A1, "kms1 AAAA 2001:db8:2::99"),
         options=REACH, traced=CONNECT_ICMP, why=LAST_FAILED),
    Case("reach-v4-listens", "both families are published, the host listens on IPv4", ADDRESS_DEAD, (KMS1, *ONLY_4), options=REACH,
         traced=CONNECT_REFUSED, why=LAST_FAILED),
    Case("reach-v6-listens", "both families are published, the host listens on IPv6", ADDRESS_DEAD, (KMS1, *ONLY_6), options=REACH,
         decoded=HEALTHY, why="the client takes IPv6 first and does not meet the closed port"),
    Case("reach-v6-published", "IPv6 is published, the host listens on IPv4", CONNECT_REFUSED, (KMS1, ONLY_4[1]), options=REACH),
    Case("reach-v4-published", "IPv4 is published, the host listens on IPv6", CONNECT_REFUSED, (KMS1, ONLY_6[0]), options=REACH),
    Case("reach-closed-v6", "nothing listens on the published port, and the host has IPv6", CONNECT_REFUSED,
         (f"_vlmcs._tcp SRV 0 0 {CLOSED} kms1", AAAA1), options=REACH, also=(PORT,)),
)

DOMAINS = (
    Case("no-suffix", "the client has no domain at all", NO_SUFFIX, options=("--workgroup",), domain="", decoded=UNSEEN, traced=UNSEEN,
         why="nothing leaves the machine"),
    Case("search-in-vain", "no domain of the search list has it", NO_NAME, options=("--suffix-list", "nothing.test,missing.nothing.test"),
         domain=""),
    Case("skms-domain-in-vain", "slmgr /skms-domain points to a domain without it", NO_NAME,
         options=("--skms-domain", "nothing.test", "--suffix-list", "single.test"), domain=""),
)

SOUND = (
    Case("single", "one host", HEALTHY, ONE),
    Case("weighted", "two hosts with weights", HEALTHY, ("_vlmcs._tcp SRV 0 70 1688 kms1", A1, "_vlmcs._tcp SRV 0 30 1688 kms2", A2)),
    Case("backup", "two hosts, of which one is the reserve", HEALTHY,
         ("_vlmcs._tcp SRV 0 0 1688 kms1", A1, "_vlmcs._tcp SRV 10 0 1688 kms2", A2), also=(UNUSED,)),
    Case("zero-weight", "two hosts, of which one has the weight 0", HEALTHY,
         ("_vlmcs._tcp SRV 0 200 1688 kms1", A1, "_vlmcs._tcp SRV 0 0 1688 kms2", A2), also=(UNUSED,)),
    Case("single-label-served", "the domain has one label, and the server has it", HEALTHY, ONE, domain="single-label-served"),
    Case("only-v6", "IPv6 only", HEALTHY, (KMS1, AAAA1)),
    Case("only-v4", "IPv4 only", HEALTHY, (KMS1, A1)),
    Case("other-port-published", "another port, on which the host listens", HEALTHY, ("_vlmcs._tcp SRV 0 0 1699 kms1", A1), also=(PORT,)),
    Case("elsewhere", "the host is of another domain", HEALTHY, ("_vlmcs._tcp SRV 0 0 1688 kms1.lab.test.",), also=(OUTSIDE,)),
    Case("service-alias", "the name of the service is an alias", HEALTHY, ("_vlmcs._tcp CNAME real", "real SRV 0 0 1688 kms1", A1),
         also=(NAME_ALIAS,)),
    Case("other-alias", "an alias at a name that nobody asks for", HEALTHY, (*ONE, "www CNAME portal", "portal A 192.0.2.80")),
    Case("many", "40 hosts, so that the answer comes over TCP", HEALTHY, rows("many", 40)),
    Case("signed", "the zone is signed (DNSSEC)", HEALTHY, ONE),
    Case("bound", "on BIND", HEALTHY, ONE, at=("bind",)),
    Case("behind-dnsmasq", "dnsmasq asks BIND", HEALTHY, at=("dnsmasq",), domain="bound.test"),
    Case("behind-two", "dnsmasq asks BIND, which forwards to another BIND", HEALTHY, at=("dnsmasq",), domain="far.test"),
    Case("delegated", "a delegated child zone", HEALTHY, at=("bind",), domain="child.bound.test"),
    Case("no-edns", "a server that knows no EDNS", HEALTHY, ONE, at=("formerr-edns",)),
    Case("strays", "a hundred strays before the answer", HEALTHY, ONE, at=("stray",)),
    Case("huge", "an answer of 65535 bytes over TCP", HEALTHY, ONE, at=("huge",)),
    Case("no-tcp-needed", "TCP 53 is closed, and not needed", HEALTHY, ONE, at=("tcp-refused",)),
    Case("same-everywhere", "two servers say the same", HEALTHY, ONE, at=("knot", "second")),
    Case("over-v6", "the server is asked over IPv6", HEALTHY, at=("bind6",), domain="bound.test"),
    Case("copied", "a secondary has the zone", HEALTHY, (*ONE, "@ NS ns2.lab.test."), at=("bind",), options=(*ZONE, "--update-check")),
    Case("primary-hidden", "the primary is hidden", HEALTHY, ONE, at=("bind",), options=ZONE, primary="nobody.lab.test.",
         server="dns.lab.test."),
    Case("expected", "the authorised hosts are published", HEALTHY, TWO,
         options=("--expect", "KMS1.expected.test", "--expect", "kms2.expected.test:1688")),
    Case("reached", "the host is reached", HEALTHY, ONE, options=REACH),
    Case("event-fine", "the host says that it is published, and is", HEALTHY, ONE, event=published("KMS1.event-fine.test", "event-fine.test")),
    Case("evtx-fine", "the same as EVTX", HEALTHY, ONE, evtx=True, event=published("KMS1.evtx-fine.test", "evtx-fine.test")),
    Case("closed-to-others", "nobody may write the zone", HEALTHY, ONE, options=("--update-test", "closed-to-others.test"),
         primary="knot.lab.test."),
    Case("closed-on-second", "nobody may write the child zone", HEALTHY, at=("second",), domain="child.bound.test",
         options=("--update-test", "child.bound.test")),
    Case("dhcp-only-in-a-workgroup", "the domain of DHCP has it, and the primary suffix of a workgroup does not count", HEALTHY,
         options=("--workgroup", "--primary-suffix", "nothing.test", "--dhcp-domain", "single.test"), domain=""),
    *(Case(f"ipconfig-{name}", f"the client of a saved ipconfig /all: {name}", HEALTHY, ipconfig=f"ipconfig-{name}.txt", domain="",
           search=search)
      for name, search in (("domain-member", ("emea.corp.example", "corp.example", "lab.example")),
                           ("workgroup-windows-7", ("branch.example",)), ("japanese", ("corp.example", "tokyo.example")),
                           ("japanese-utf16", ("corp.example", "tokyo.example")), ("japanese-cp932", ("corp.example", "tokyo.example")))),
    Case("search-list", "the last of three domains of the search list has it", HEALTHY,
         options=("--suffix-list", "nothing.test,empty.test,single.test"), domain=""),
    Case("primary-first", "the primary suffix has it", HEALTHY, options=("--primary-suffix", "single.test", "--suffix-list", "nothing.test"),
         domain=""),
    Case("workgroup", "the domain of DHCP has it, for a workgroup", HEALTHY, options=("--workgroup", "--dhcp-domain", "single.test"),
         domain=""),
)

GROUPS = {
    "No record": NO_RECORD,
    "The DNS server": SERVERS,
    "The target": TARGETS,
    "The records": RECORDS,
    "Servers side by side": SIDE_BY_SIDE,
    "The name servers of the zone": NAME_SERVERS,
    "Who may write": UPDATES,
    "The events of the host": EVENTS,
    "The way to the host": WAYS,
    "The domains of the client": DOMAINS,
    "Nothing is wrong": SOUND,
}
CASES = tuple(case for cases in GROUPS.values() for case in cases)
HEALTHY_CASES = SOUND
FAULTS = tuple(case for case in CASES if case not in SOUND)

# What stands on the stub, which answers with any RCODE.
STUB = [{"name": f"_vlmcs._tcp.{name}.test", "rcode": rcode}
        for name, rcode in (("servfail", "SERVFAIL"), ("refused", "REFUSED"), ("notimp", "NOTIMP"), ("view-failing", "SERVFAIL"))]

ON_BIND = {"bind", "dnsmasq", "bind6"}
COPIED = ("copied.test", "lagging.test")


# Of the files of ipconfig: the domain that is searched first has nothing, a later one the record.
IPCONFIG_ZONES = (zone("corp.example", ["www A 192.0.2.80"]),
                  *(zone(name, ONE) for name in ("lab.example", "tokyo.example", "branch.example")))


def root_zones():
    """A root zone without anything, as a resolver without a way to the internet may have it."""
    return [zone("", [], server="dns.lab.test.")]


def knot_zones():
    """Behind the servers that misbehave stands Knot, too."""
    return [*IPCONFIG_ZONES] + [
        zone(case.asked(), case.records, ttl=case.ttl, signed=case.name == "signed", primary=case.primary, update=case.update)
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

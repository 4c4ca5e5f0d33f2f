"""The verdicts of the DNS fault matrix (dns_matrix.py): the finding that decides, and the codes that go with it.

The codes are not those that a tool was seen to print. Each verdict names its source: a row of libdiag/data/errors.csv, or of the
table of publication mistakes that the row follows from (an address that is not found is 1722, a server reached that does not
answer is 9002). Marks as in matrix.py: [doc] Microsoft says so, [inf] follows from rules, [?] not verified.
"""
from typing import NamedTuple

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
NOT_IMPLEMENTED = search("KMS-DNS-SERVER-FAILURE", "0x8007232A", "RCODE 4: errors.csv 0x8007232A [inf]")
NONSENSE = search("KMS-DNS-SERVER-FAILURE", "0x8007232A", "no usable answer from DNS: errors.csv 0x8007232A")
REFUSED = search("KMS-DNS-REFUSED", "0x8007232D", "RCODE 5: errors.csv 0x8007232D")
SILENT = search("KMS-DNS-NO-ANSWER", "0x8007232A", "no answer at all: errors.csv 0x8007232A")
NO_SERVER = search("KMS-DNS-NO-ANSWER", "0x8007267C", "no DNS server: errors.csv 0x8007267C")
TCP_BLOCKED = search("KMS-DNS-TCP-BLOCKED", "0x8007232A", "no usable answer from DNS: errors.csv 0x8007232A")
NEAR_MISS = search("KMS-SRV-NEAR-MISS", "0x8007232B", "misspelt name, shown as no record: errors.csv 0x8007232B")
OTHER_DOMAIN = search("KMS-SRV-OTHER-DOMAIN", "0x8007232B", "record in the host's zone only, shown as no record: errors.csv 0x8007232B")
NO_SUFFIX = search("KMS-CLIENT-NO-SUFFIX", "0x8007007B", "no suffix at all: errors.csv 0x8007007B [com]")
NO_ADDRESS = unreachable("KMS-SRV-TARGET-NO-ADDRESS", "target without A and AAAA: 1722; errors.csv 0x800706BA")
LITERAL = unreachable("KMS-SRV-TARGET-LITERAL", "an address as a name has no address: 1722; errors.csv 0x800706BA")
PORT_ZERO = unreachable("KMS-SRV-PORT-ZERO", "no connection to port 0: 1722; errors.csv 0x800706BA [inf]")
CONNECT_REFUSED = unreachable("KMS-CONNECT-REFUSED", "wrong port or retired host, RST: 1722; errors.csv 0x800706BA")
CONNECT_ICMP = unreachable("KMS-CONNECT-REJECTED-ICMP",
                           "A exists but connect fails, ICMP unreachable: 1722; errors.csv 0x800706BA")
DEAD = working("KMS-SRV-TARGET-DEAD")
HOST_SKIPPED = working("KMS-HOST-SKIPPED")
ADDRESS_DEAD = working("KMS-ADDRESS-DEAD", "the other address answers, so no error is shown")
PRIVATE = working("KMS-SRV-PRIVATE-ADDRESS", "no code by itself: whether the address is reached depends on where the client is")
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
OPEN = working("KMS-DNS-UPDATE-OPEN", "for clients all works")
EVENT_FAILED = working("KMS-EVENT-PUBLISH-FAILED", "the code is that of the event, on the host")
EVENT_NOT_IN_DNS = working("KMS-EVENT-NOT-IN-DNS")
HEALTHY = None  # no finding above info
UNSEEN = "unseen"  # no packet
SAME = "same"  # as the column before

"""The fault matrix as data: what is broken, and what each tool has to say about it. matrix_test.py runs it.

The codes are not those that the tools were seen to print. Each verdict names where they come from: a row of
docs/protocols/dcerpc.md, a row of libdiag/data/errors.csv (`errors.csv CODE`, and `CODE -> CODE` where a status of the wire
becomes a code of Windows), or the rules of the count and of clocks (docs/protocols/kms.md). matrix_test.py looks the rows of
errors.csv up. Marks there: [doc] Microsoft says so, [inf] follows from rules, [?] not verified.
"""
import pathlib
import tempfile
from typing import Any, Callable, NamedTuple

import faults
import services

SUMMARY = "0xC004F074"  # errors.csv: every host that was tried ended in an error; the reason is the inner code


class Verdict(NamedTuple):
    """The finding that decides. Two codes: what the client shows at the end, what event 12288 carries for this host."""
    id: str
    stage: str
    windows: str | None
    inner: str | None
    source: str


def failure(finding, stage, inner, source, windows=SUMMARY):
    return Verdict(finding, stage, windows, inner, source)


# Reaching the host. All of them are 1722: the lower layer could not connect.
REFUSED = failure("KMS-CONNECT-REFUSED", "connect", "0x800706BA", "SYN, then RST: 1722; errors.csv 0x800706BA")
NO_ANSWER = failure("KMS-CONNECT-NO-ANSWER", "connect", "0x800706BA", "SYN repeated, no answer: 1722; errors.csv 0x800706BA")
REJECTED = failure("KMS-CONNECT-REJECTED-ICMP", "connect", "0x800706BA", "ICMP unreachable, prohibited: 1722; errors.csv 0x800706BA")
NO_ROUTE = failure("KMS-CONNECT-NO-ROUTE", "connect", "0x800706BA", "no SYN at all: 1722; errors.csv 0x800706BA")
NAME_NOT_FOUND = failure("KMS-NAME-NOT-FOUND", "dns", "0x800706BA", "address NXDOMAIN or empty: 1722; errors.csv 0x800706BA")
NAME_NO_ANSWER = failure("KMS-NAME-NO-ANSWER", "dns", "0x800706BA", "no name resolution: 1722; errors.csv 0x800706BA")
DNS_NO_NAME = failure("KMS-DNS-NO-RECORD", "dns", None, "RCODE 3: errors.csv 0x8007232B", "0x8007232B")
DNS_NO_RECORD = failure("KMS-DNS-NO-RECORD", "dns", None, "NOERROR, empty: errors.csv 0x8007251D", "0x8007251D")
DNS_FAILURE = failure("KMS-DNS-SERVER-FAILURE", "dns", None, "RCODE 2: errors.csv 0x8007232A", "0x8007232A")
DNS_REFUSED = failure("KMS-DNS-REFUSED", "dns", None, "RCODE 5: errors.csv 0x8007232D", "0x8007232D")
DNS_NO_ANSWER = failure("KMS-DNS-NO-ANSWER", "dns", None, "no answer at all: errors.csv 0x8007232A", "0x8007232A")
DNS_NO_SERVER = failure("KMS-DNS-NO-ANSWER", "dns", None, "no DNS server: errors.csv 0x8007267C", "0x8007267C")
HOST_SKIPPED = Verdict("KMS-HOST-SKIPPED", "connect", None, None, "the next host answers, so no error is shown")
ADDRESS_DEAD = Verdict("KMS-ADDRESS-DEAD", "connect", None, None, "the other address answers, so no error is shown")
PATH_MTU = Verdict("KMS-PATH-MTU", "connect", None, None, "KMS messages themselves pass, so no error is shown")
CONNECT_CLOSED = failure("KMS-CONNECT-CLOSED", "connect", "0x800706BF", "RST or FIN between handshake and request: errors.csv 0x800706BF")

# The bind. 1727: the server was reached and did not execute; 1728: the peer does not keep to the protocol.
BIND_NO_ANSWER = failure("KMS-BIND-NO-ANSWER", "bind", "0x800706BF", "handshake, then silence: 1727 [?]; errors.csv 0x800706BF")
BIND_RESET = failure("KMS-BIND-RESET", "bind", "0x800706BF", "RST instead of an answer: errors.csv 0x800706BF")
BIND_CLOSED = failure("KMS-BIND-CLOSED", "bind", "0x800706BF", "FIN instead of an answer: errors.csv 0x800706BF")
NOT_RPC = failure("KMS-NOT-RPC", "bind", "0x800706C0", "the answer is not RPC: 1728; errors.csv 0x800706C0")
NO_INTERFACE = failure("KMS-BIND-NO-INTERFACE", "bind", "0x800706B5", "errors.csv bind_ack:2/1 -> 0x800706B5")
NO_SYNTAX = failure("KMS-BIND-NO-SYNTAX", "bind", "0x800706C2", "errors.csv bind_ack:2/2 -> 0x800706C2")
REJECTED_0 = failure("KMS-BIND-NO-SYNTAX", "bind", "0x800706BF", "errors.csv bind_ack:2/0 -> 0x800706BF")
REJECTED_3 = failure("KMS-BIND-NO-SYNTAX", "bind", "0x800706BF", "neither reason 1 nor 2: 1727; errors.csv 0x800706BF")

# The request. 1726: the server was reached, and execution may have started.
REQUEST_NO_ANSWER = failure("KMS-REQUEST-NO-ANSWER", "request", "0x800706BE", "no response: 1726 [?]; errors.csv 0x800706BE")
REQUEST_RESET = failure("KMS-REQUEST-RESET", "request", "0x800706BE", "RST before the response: errors.csv 0x800706BE")
REQUEST_CLOSED = failure("KMS-REQUEST-CLOSED", "request", "0x800706BE", "FIN before the response: errors.csv 0x800706BE")
RESPONSE_CUT = failure("KMS-RESPONSE-CUT", "response", "0x800706BE", "the connection ends before the response: errors.csv 0x800706BE")
RESPONSE_CHECK = failure("KMS-RESPONSE-CHECK", "response", "0x8007000D", "data that the client does not accept [?]: errors.csv 0x8007000D")
BAD_STUB = failure("KMS-RESPONSE-CHECK", "response", "0x800706F7", "what cannot be unmarshalled is 1783; errors.csv 0x800706F7")

# A capture that ends before the silence is as long as one believes it (5 s behind a bind) says just that.
CAPTURE_ENDS = Verdict("KMS-CAPTURE-ENDS", "capture", None, None, "nothing is known of what would have come")

# The answer of KMS.
REQUEST_INVALID = failure("KMS-REQUEST-INVALID", "response", "0x8007000D", "HRESULT of the response: errors.csv 0x8007000D")
LAB_KEYS = Verdict("KMS-LAB-KEYS-REFUSED", "host", None, None, "what any host but ours must say to a request under the lab keys")
NOT_COVERED = failure("KMS-PRODUCT-NOT-COVERED", "response", "0xC004F042", "the client sees it: errors.csv 0xC004F042", "0xC004F042")
LIST_FULL = failure("KMS-CLIENT-LIST-FULL", "count", "0xC004D104", "HRESULT of the response; no public row [?]")
CLOCK_SKEW = failure("KMS-CLOCK-SKEW", "clock", "0xC004F06C", "more than 4 hours: errors.csv 0xC004F06C")
COUNT_LOW = Verdict("KMS-COUNT-LOW", "count", "0xC004F038", None, "success with a count below the required one: errors.csv 0xC004F038")

HEALTHY = None        # no finding above info
UNSEEN = "unseen"     # no packet, so no conversation in a capture


class Case(NamedTuple):
    """What is broken, and what has to be said of it.

    `bind` is for who only binds (kms-probe), `request` for who sends a request (kms-probe --request, kms-check ato): a
    Verdict, HEALTHY, or several verdicts of which one has to be said where a race decides which of them is true.
    """
    name: str
    bind: Any = HEALTHY
    request: Any = HEALTHY
    host: tuple = ()                                # arguments of kms-refhost
    client: tuple = ()                              # arguments of who sends a request
    network: Callable[[Any], Any] | None = None     # makes the fault in a lab, before the tools run
    target: str = "kms1.lab.test"
    domain: str = ""                                # instead of a target: kms-check alone asks DNS for the hosts of this domain
    family: int | None = 4                          # of the addresses; None: both, as the name has them
    serves: bool = True                             # whether kms-refhost runs at all
    timeout: float = 1.0                            # of each stage, for all tools
    probe: tuple = ()                               # more arguments of kms-probe
    captured: dict = {}                             # where kms-decode must say something else: by "bind", "request", "dns"
    note: str = ""                                  # why: the capture differs, or several verdicts can be true
    evidence: str = ""                              # a pattern that the evidence of kms-probe's finding has


def on(fault, stage, want, **more):
    """A case of one --fault of the host, which strikes at this stage: who only binds meets it before the request alone."""
    bind = want if stage in ("accept", "bind") else HEALTHY
    return Case(f"the host has the fault {fault}", bind, want, host=("--fault", fault), **more)


def host_arguments(case):
    """A host that has counted enough clients, unless the case says how many."""
    return case.host if "--start-count" in case.host else ("--start-count", "50", *case.host)


RACE = "whether the bind is sent before the end of the connection arrives is a race"

AT_ACCEPT = (
    on("reset@accept", "accept", (BIND_RESET, CONNECT_CLOSED), note=RACE),
    on("close@accept", "accept", (BIND_CLOSED, CONNECT_CLOSED, BIND_RESET), note=RACE),
    on("silence@accept", "accept", BIND_NO_ANSWER),
    on("garbage@accept", "accept", NOT_RPC),
    on("http@accept", "accept", NOT_RPC),
    on("tls@accept", "accept", NOT_RPC),
    on("delay:200@accept", "accept", HEALTHY),
)

AT_BIND = (
    on("reset@bind", "bind", BIND_RESET),
    on("close@bind", "bind", BIND_CLOSED),
    on("silence@bind", "bind", BIND_NO_ANSWER),
    on("half@bind", "bind", BIND_RESET),
    on("wrong-length@bind", "bind", BIND_NO_ANSWER, note="the header promises 65535 bytes that never come"),
    on("wrong-length:0@bind", "bind", NOT_RPC),
    on("wrong-length:20@bind", "bind", NOT_RPC),
    on("wrong-length:60@bind", "bind", NOT_RPC),
    on("garbage@bind", "bind", NOT_RPC),
    on("http@bind", "bind", NOT_RPC),
    on("tls@bind", "bind", NOT_RPC),
    on("shutdown@bind", "bind", BIND_NO_ANSWER, note="an RPC shutdown is no answer; the client closes"),
    on("wrong-call-id@bind", "bind", HEALTHY, note="known of Wine; a client goes on"),
    on("delay:200@bind", "bind", HEALTHY),
    on("drip:1@bind", "bind", HEALTHY),
    on("bind-reject:0", "bind", REJECTED_0),
    on("bind-reject:1", "bind", NO_INTERFACE),
    on("bind-reject:2", "bind", NO_SYNTAX),
    on("bind-reject:3", "bind", REJECTED_3),
    on("wrong-transfer-syntax", "bind", NO_SYNTAX, note="accepted is a syntax that nobody offered: none can be used"),
)


def nak(reason, inner, source):
    return on(f"bind-nak:{reason}", "bind", failure("KMS-BIND-NAK", "bind", inner, source))


NAKS = (
    nak(0, "0x800706BF", "errors.csv bind_nak:0x0000 -> 0x800706BF"),
    nak(1, "0x800706BB", "errors.csv bind_nak:0x0001 -> 0x800706BB"),
    nak(2, "0x800706BB", "errors.csv bind_nak:0x0002 -> 0x800706BB"),
    nak(4, "0x800706C0", "errors.csv bind_nak:0x0004 -> 0x800706C0"),
    nak(8, "0x800706D3", "errors.csv bind_nak:0x0008 -> 0x800706D3"),
    nak(9, "0x80070005", "errors.csv bind_nak:0x0009 -> 0x80070005"),
    nak(3, "0x800706BF", "all other reasons are 1727; errors.csv 0x800706BF"),
)

AT_REQUEST = (
    on("reset@request", "request", REQUEST_RESET),
    on("close@request", "request", REQUEST_CLOSED),
    on("silence@request", "request", REQUEST_NO_ANSWER),
    on("garbage@request", "request", NOT_RPC),
    on("http@request", "request", NOT_RPC),
    on("tls@request", "request", NOT_RPC),
    on("shutdown@request", "request", REQUEST_NO_ANSWER, note="an RPC shutdown is no answer; the client closes"),
)

AT_RESPONSE = (
    on("reset@response", "response", HEALTHY, note="the answer came before it"),
    on("close@response", "response", HEALTHY, note="the answer came before it"),
    on("silence@response", "response", HEALTHY, note="the answer came before it"),
    on("delay:200", "response", HEALTHY),
    on("drip:1", "response", HEALTHY),
    on("fragments:8", "response", HEALTHY),
    on("half", "response", RESPONSE_CUT),
    on("wrong-call-id", "response", HEALTHY, note="known of Wine; a client goes on"),
    on("wrong-length", "response", REQUEST_NO_ANSWER, note="the header promises 65535 bytes that never come"),
    on("wrong-length:0", "response", NOT_RPC),
    on("wrong-length:24", "response", BAD_STUB),
    on("wrong-length:40", "response", BAD_STUB),
)


def rpc_fault(status, inner, source=None):
    source = source or (f"errors.csv {status} -> {inner}" if inner else f"errors.csv {status}")
    return on(f"rpc-fault:{status}", "request", failure("KMS-RPC-FAULT", "response", inner, source))


RPC_FAULTS = (
    rpc_fault("0x00000005", "0x80070005"),
    rpc_fault("0x000006F7", "0x800706F7"),
    rpc_fault("0x1C010001", "0x8007071C"),
    rpc_fault("0x1C010002", "0x800706D1"),
    rpc_fault("0x1C010003", "0x800706B5"),
    rpc_fault("0x1C010006", None, "passed through as it is, and no HRESULT is known for it; errors.csv 0x1C010006"),
    rpc_fault("0x1C010009", "0x800706BE"),
    rpc_fault("0x1C01000B", "0x800706C0"),
    rpc_fault("0x1C010013", "0x8007046A"),
    rpc_fault("0x1C010014", "0x800706BB"),
    rpc_fault("0x1C010017", "0x800706C4", "Win32 1732; errors.csv 0x1C010017"),
    rpc_fault("0x1C000001", "0x800706E7", "Win32 1767; errors.csv 0x1C000001"),
    rpc_fault("0x1C000002", "0x800706E8", "Win32 1768; errors.csv 0x1C000002"),
    rpc_fault("0x1C000006", "0x800706C5", "Win32 1733; errors.csv 0x1C000006"),
    rpc_fault("0x1C000007", "0x800706C6", "Win32 1734; errors.csv 0x1C000007"),
    rpc_fault("0x1C000008", "0x800706C0"),
    rpc_fault("0x1C000009", "0x800706BE"),
    rpc_fault("0x1C00000A", "0x800706BF"),
    rpc_fault("0x1C00000B", "0x800706BE"),
    rpc_fault("0x1C00000C", "0x800706BF"),
    rpc_fault("0x1C00000D", "0x8007071A"),
    rpc_fault("0x1C00000E", "0x800706E8", "Win32 1768; errors.csv 0x1C00000E"),
    rpc_fault("0x1C000012", "0x800706BE"),
    rpc_fault("0x1C00001A", None, "no row of the mapping is known [?]; errors.csv 0x1C00001A"),
    rpc_fault("0x1C00001B", "0x8007046A"),
    rpc_fault("0x1C00001C", None, "no source has a code for it"),
)


def refusal(code, want, **more):
    return on(f"hresult:{code}", "request", want, **more)


def other_refusal(code, source):
    return refusal(code, failure("KMS-HOST-REFUSED", "response", code, source))


LAB_KEYS_NOTE = "under the lab keys any other host must answer so; a capture does not know whose keys they are"

HRESULTS = (
    refusal("0x8007000D", LAB_KEYS, captured={"request": REQUEST_INVALID}, note=LAB_KEYS_NOTE),
    refusal("0x8007000D", REQUEST_INVALID, client=("--keys", "tests/vectors/lab_keys.json"))._replace(
        name="the host has the fault hresult:0x8007000D, and the client a key profile of its own"),
    refusal("0x00000000", RESPONSE_CHECK, note="success, and no message"),
    refusal("0xC004F042", NOT_COVERED),
    refusal("0xC004F06C", CLOCK_SKEW),
    refusal("0xC004D104", LIST_FULL),
    other_refusal("0x80070005", "HRESULT of the response: errors.csv 0x80070005"),
    other_refusal("0xC004F041", "HRESULT of the response: errors.csv 0xC004F041"),
    other_refusal("0xC004F039", "HRESULT of the response: errors.csv 0xC004F039"),
    other_refusal("0xC004F06B", "HRESULT of the response: errors.csv 0xC004F06B"),
)


def spoiled(fault, *versions, want=RESPONSE_CHECK, note=""):
    return tuple(on(fault, "response", want, client=("--protocol", f"{version}"), note=note)._replace(
        name=f"the host has the fault {fault} in version {version}") for version in versions)


# docs/protocols/kms.md: which checks decide, for each version.
MESSAGES = (
    *spoiled("bad-mac", 4),
    *spoiled("bad-hmac", 6),
    *spoiled("bad-hash", 5, 6),
    *spoiled("bad-salt", 5, 6),
    *spoiled("echo-salt", 6, want=HEALTHY, note="a sign of an emulator; a client does not reject it"),
    *spoiled("bad-padding", 5, 6),
    *spoiled("inner-version", 5, 6),
    *spoiled("wrong-version", 4, 5, 6),
    *spoiled("wrong-time", 4, 5, 6),
    *spoiled("wrong-machine-id", 4, 5, 6),
)


def network(name, want, make, **more):
    """A case that who only binds and who sends a request see alike, unless told otherwise."""
    return Case(name, want, more.pop("request", want), network=make, **more)


SYN_PATIENCE_S = 1.3  # Linux sends a SYN again after 1 s, and a capture that ends before that proves nothing

# Linux sends the FIN of a client that gave up only behind the bind, which nobody acknowledges.
SHORT_SILENCE = {"bind": CAPTURE_ENDS, "request": CAPTURE_ENDS}
SHORT_SILENCE_NOTE = "the capture shows one second of silence and no FIN, and that proves nothing"

FIREWALLS = (
    network("nothing listens on the port", REFUSED, None, serves=False),
    network("a firewall answers the SYN with a reset", REFUSED, faults.rejected_with_reset),
    network("a firewall drops what goes to the port", NO_ANSWER, faults.dropped, timeout=SYN_PATIENCE_S),
    network("a firewall drops what comes from the port", NO_ANSWER, faults.answers_dropped, timeout=SYN_PATIENCE_S),
    network("a firewall drops data in both directions", BIND_NO_ANSWER, faults.payload_dropped, captured=SHORT_SILENCE,
            note=SHORT_SILENCE_NOTE),
    network("a firewall drops data on the way there", BIND_NO_ANSWER,
            lambda lab: faults.payload_dropped(lab, ways=(faults.to_host,)), captured=SHORT_SILENCE, note=SHORT_SILENCE_NOTE),
    network("a firewall drops data on the way back", BIND_NO_ANSWER,
            lambda lab: faults.payload_dropped(lab, ways=(faults.to_client,))),
    network("a firewall drops the port, and the endpoint mapper answers", NO_ANSWER,
            lambda lab: (faults.dropped(lab), services.endpoint_mapper(lab)), timeout=SYN_PATIENCE_S, probe=("--epm",),
            evidence="TCP 135 of .*: the endpoint mapper answers"),
    network("a firewall drops the port, and no endpoint mapper listens", NO_ANSWER, faults.dropped, timeout=SYN_PATIENCE_S,
            probe=("--epm",), evidence="TCP 135 of .*: not listening"),
    network("a firewall drops the port and the endpoint mapper", NO_ANSWER,
            lambda lab: (faults.dropped(lab), faults.dropped(lab, port=135)), timeout=SYN_PATIENCE_S, probe=("--epm",),
            evidence="TCP 135 of .*: filtered"),
    *(network(f"a router rejects by ICMP{'' if reject.family == 4 else 'v6'}: {reject.name}", REJECTED,
              lambda lab, reject=reject: faults.rejected(lab, reject), family=reject.family) for reject in faults.REJECTS),
)


PATHS = (
    network("the host is down", REJECTED, faults.host_down, note="the router says so by ICMP: host unreachable"),
    network("this machine has no route", NO_ROUTE, faults.no_route, captured={"bind": UNSEEN, "request": UNSEEN},
            note="nothing leaves the machine"),
    network("long packets are lost without an ICMP error", PATH_MTU, lambda lab: faults.large_packets_dropped(lab, 600),
            request=HEALTHY, probe=("--mtu",), captured={"bind": CAPTURE_ENDS},
            note="the long binds of --mtu are conversations of their own, which a capture of one second cannot judge"),
    network("the first address of the name is dead, the second alive", ADDRESS_DEAD, None, target="first-dead-v4.lab.test",
            family=None, captured={"bind": REJECTED, "request": REJECTED},
            note="a capture has one conversation for each address and does not know that they have one name"),
    network("the name has addresses of both families, and both work", HEALTHY, None, target="dual.lab.test", family=None),
    network("the host has IPv6 only", HEALTHY, None, target="v6-only.lab.test", family=6),
)


def stub(*rows):
    return lambda lab: services.dns(lab, list(rows))


NO_CONVERSATION = {"bind": UNSEEN, "request": UNSEEN}
NO_CONNECTION_NOTE = "without an address there is no connection"

NAMES = (
    network("the name of the host does not exist", NAME_NOT_FOUND, stub(), target="gone.example.test", family=None,
            captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
    network("the name of the host has no address", NAME_NOT_FOUND,
            stub({"name": "empty.example.test", "type": "TXT", "data": "x"}), target="empty.example.test", family=None,
            captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
    network("the DNS server fails", NAME_NO_ANSWER, stub({"name": "broken.example.test", "rcode": "SERVFAIL"}),
            target="broken.example.test", family=None, captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
    network("the DNS server refuses", NAME_NO_ANSWER, stub({"name": "closed.example.test", "rcode": "REFUSED"}),
            target="closed.example.test", family=None, captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
    network("the DNS server is silent", NAME_NO_ANSWER, faults.resolver_silent, target="kms.example.test", family=None,
            captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
    network("no DNS server is configured", NAME_NO_ANSWER, lambda lab: lab.set_names(resolver=[]), target="kms.example.test",
            family=None, captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
    network("nothing listens at the address of the DNS server", NAME_NO_ANSWER, None, target="kms.example.test", family=None,
            captured=NO_CONVERSATION, note=NO_CONNECTION_NOTE),
)

def srv(host, priority):
    return {"name": "_vlmcs._tcp.example.test", "type": "SRV", "data": [priority, 0, 1688, host]}


def discovery(name, want, make, **more):
    """A case of who is given no host and asks DNS for the service record."""
    return Case(name, HEALTHY, want, network=make, domain="example.test", family=None, **more)


ONE_SECOND_NOTE = "the capture shows one second without an answer, and a slow server may need longer"

DISCOVERY = (
    discovery("DNS has the record of a sound host", HEALTHY, stub(srv("kms1.lab.test", 0))),
    discovery("DNS has no name for the service", DNS_NO_NAME, stub()),
    discovery("DNS has the name of the service, without a record", DNS_NO_RECORD,
              stub({"name": "_vlmcs._tcp.example.test", "type": "TXT", "data": "x"})),
    discovery("the DNS server fails when asked for the service", DNS_FAILURE,
              stub({"name": "_vlmcs._tcp.example.test", "rcode": "SERVFAIL"})),
    discovery("the DNS server refuses when asked for the service", DNS_REFUSED,
              stub({"name": "_vlmcs._tcp.example.test", "rcode": "REFUSED"})),
    discovery("the DNS server is silent when asked for the service", DNS_NO_ANSWER, faults.resolver_silent,
              captured={"dns": CAPTURE_ENDS}, note=ONE_SECOND_NOTE),
    discovery("no DNS server is configured to be asked for the service", DNS_NO_SERVER, lambda lab: lab.set_names(resolver=[]),
              captured={"dns": UNSEEN}, note="nothing leaves the machine"),
    discovery("DNS has two hosts, and nothing listens on the first", HOST_SKIPPED,
              stub(srv("kms2.lab.test", 0), srv("kms1.lab.test", 10)), captured={"request": REFUSED, "dns": HEALTHY},
              note="a capture has one conversation for each host and does not know that they serve one client's attempt"),
)


def tls(lab):
    with tempfile.TemporaryDirectory() as folder:
        services.tls(lab, pathlib.Path(folder))


OTHER_SERVERS = (
    network("a TLS server owns the port", (BIND_CLOSED, BIND_RESET, NOT_RPC), tls, serves=False,
            note="OpenSSL breaks off what is no TLS, with or without an alert before it"),
    network("a web server owns the port", NOT_RPC, services.http, serves=False),
    network("an SSH server owns the port", NOT_RPC, services.banner, serves=False),
    network("a server that never speaks owns the port", BIND_NO_ANSWER, services.silent, serves=False),
    network("an endpoint mapper owns the port", NO_INTERFACE, lambda lab: services.endpoint_mapper(lab, port=1688), serves=False),
)

SERVER_2022 = "Windows Server 2022 Standard"


def request_only(name, want, host=(), client=(), **more):
    return Case(name, HEALTHY, want, host=tuple(host), client=tuple(client), **more)


# docs/protocols/kms.md: a host refuses times more than 4 hours from its own; the count has to be what the product needs: 25 for
# Windows clients, 5 for servers.
RULES = (
    request_only("the clock of the host is 3 h 59 min ahead", HEALTHY, ["--clock-offset", "14340"]),
    request_only("the clock of the host is 3 h 59 min behind", HEALTHY, ["--clock-offset", "-14340"]),
    request_only("the clock of the host is 4 h 1 min ahead", CLOCK_SKEW, ["--clock-offset", "14460"]),
    request_only("the clock of the host is 4 h 1 min behind", CLOCK_SKEW, ["--clock-offset", "-14460"]),
    request_only("the host's key does not cover the product", NOT_COVERED, ["--build", "17763", "--host-key", "ws2019"],
                 ["--product", SERVER_2022]),
    request_only("the host has counted nobody", COUNT_LOW, ["--start-count", "0"]),
    request_only("the host has counted 23 clients, and the product needs 25", COUNT_LOW, ["--start-count", "23"]),
    request_only("the host has counted 24 clients, and this is the 25th", HEALTHY, ["--start-count", "24"]),
    request_only("the host has counted 3 clients, and a server needs 5", COUNT_LOW, ["--start-count", "3"],
                 ["--product", SERVER_2022]),
    request_only("the host has counted 4 clients, and this server is the 5th", HEALTHY, ["--start-count", "4"],
                 ["--product", SERVER_2022]),
)

SOUND = (
    request_only("the host has no fault", HEALTHY),
    request_only("the host has no fault, and IPv6 is used", HEALTHY, family=6),
    *(request_only(f"the host has no fault, and the client speaks version {version}", HEALTHY, client=["--protocol", f"{version}"])
      for version in (4, 5, 6)),
    request_only("the host is as old as Windows Server 2008 R2 and knows no NDR64", HEALTHY, ["--build", "7601"]),
    request_only("the host has counted very many clients", HEALTHY, ["--start-count", "600"]),
    request_only("the host listens on another port", HEALTHY, ["--listen", "198.51.100.11:50123"], target="kms1.lab.test:50123"),
)

GROUPS = {
    "The connection": FIREWALLS + PATHS + AT_ACCEPT,
    "Names of hosts": NAMES,
    "The service record": DISCOVERY,
    "The bind": AT_BIND + NAKS + OTHER_SERVERS,
    "The request": AT_REQUEST + AT_RESPONSE,
    "Faults of RPC": RPC_FAULTS,
    "Refusals of KMS": HRESULTS,
    "Answers that a client rejects": MESSAGES,
    "Clocks, products and counts": RULES,
    "Nothing is wrong": SOUND,
}
CASES = tuple(case for cases in GROUPS.values() for case in cases)

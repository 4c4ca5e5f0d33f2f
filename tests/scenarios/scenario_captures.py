"""One fault that packets show, with what the client logged and what somebody saved of it.

The fault of each capture is its ground truth in captures/NAME.expected.json (outcome, hresult, host_reason); the codes are rows
of libdiag/data/errors.csv, as tests/lab/matrix.py names them.
"""
import logs
import saved
from scenario import SUMMARY, Capture, Scenario, attempt, cause

MACHINE = "b2a7c9d4-5e61-4f0a-9c3b-{:012x}"
LANGUAGES = ("en", "ja", "de")
RESPONSE = b"\x05\x00\x02"  # RPC 5.0, type 2

# Capture, finding, code shown, inner code, what is broken, row of errors.csv.
FAULTS = (
    ("refused-rst", "KMS-CONNECT-REFUSED", "0x800706BA", "Nothing listens on the KMS port of the host", "0x800706BA"),
    ("refused-rst-ipv6", "KMS-CONNECT-REFUSED", "0x800706BA", "Nothing listens on the KMS port over IPv6", "0x800706BA"),
    ("rejected-icmp-port", "KMS-CONNECT-REJECTED-ICMP", "0x800706BA", "A firewall rejects TCP 1688 with an ICMP error", "0x800706BA"),
    ("silent-drop", "KMS-CONNECT-NO-ANSWER", "0x800706BA", "A firewall drops TCP 1688 without a word", "0x800706BA"),
    ("silent-after-bind", "KMS-BIND-NO-ANSWER", "0x800706BF", "The host accepts the connection and never answers the bind", "0x800706BF [?]"),
    ("not-rpc-http", "KMS-NOT-RPC", "0x800706C0", "A web server has the KMS port", "0x800706C0"),
    ("rpc-but-no-kms-interface", "KMS-BIND-NO-INTERFACE", "0x800706B5", "An RPC server that is no KMS has the port", "bind_ack:2/1"),
    ("bind-nak-protocol-version", "KMS-BIND-NAK", "0x800706C0", "The host refuses the bind with a bind_nak, reason 4", "bind_nak:0x0004"),
    ("closed-rst-after-bind", "KMS-BIND-RESET", "0x800706BF", "The host resets the connection at the bind", "0x800706BF"),
    ("closed-fin-after-bind", "KMS-BIND-CLOSED", "0x800706BF", "The host closes the connection at the bind", "0x800706BF"),
    ("closed-fin-after-request", "KMS-REQUEST-CLOSED", "0x800706BE", "The host closes the connection instead of answering the request", "0x800706BE"),
    ("closed-p-host-bad-version-7", "KMS-REQUEST-CLOSED", "0x800706BE", "The host fails at protocol version 7.0 and closes", "0x800706BE"),
    ("closed-p-host-wrong-key", "KMS-REQUEST-CLOSED", "0x800706BE", "The host fails while it decrypts the request and closes", "0x800706BE"),
    ("closed-response-truncated", "KMS-RESPONSE-CUT", "0x800706BE", "The host closes in the middle of its response", "0x800706BE"),
    ("fault-access-denied", "KMS-RPC-FAULT", "0x80070005", "The host answers with an RPC fault: access denied", "fault status 0x00000005"),
    ("fault-unbound-context", "KMS-RPC-FAULT", "0x800706B5", "The request is on a context that was never bound", "fault status 0x1C010003"),
    ("hresult-app-id-mismatch-v4", "KMS-PRODUCT-NOT-COVERED", "0xC004F042", "Application and KMS id of the request do not fit", "0xC004F042"),
    ("hresult-retail-kms-id-v5", "KMS-PRODUCT-NOT-COVERED", "0xC004F042", "The host refuses a retail product", "0xC004F042"),
    ("hresult-unknown-kms-id", "KMS-PRODUCT-NOT-COVERED", "0xC004F042", "The host key does not cover the product", "0xC004F042"),
    ("hresult-bad-version-4-1", "KMS-REQUEST-INVALID", "0x8007000D", "The client speaks protocol version 4.1, which does not exist", "0x8007000D"),
    ("hresult-bad-version-7", "KMS-REQUEST-INVALID", "0x8007000D", "The client speaks protocol version 7.0, which does not exist", "0x8007000D"),
    ("hresult-count-too-large", "KMS-REQUEST-INVALID", "0x8007000D", "The client asks for a count of 1001", "0x8007000D"),
    ("hresult-short-message", "KMS-REQUEST-INVALID", "0x8007000D", "The request was cut to 200 bytes", "0x8007000D"),
    ("wrong-key-v6-client", "KMS-REQUEST-INVALID", "0x8007000D", "Client and host have different keys", "0x8007000D"),
    ("hresult-client-list-full", "KMS-CLIENT-LIST-FULL", "0xC004D104", "The client list of the host is full", "no row: HRESULT of the response"),
    ("hresult-time-skew", "KMS-CLOCK-SKEW", "0xC004F06C", "The client's clock is five hours behind", "0xC004F06C"),
)


def log_of(events, number):
    """The forms in turn: the client's log as XML, as CSV of a viewer in three languages, and as text."""
    form = number % 4
    if form == 0:
        return {"events-client.xml": logs.xml(events, "pc17.corp.example")}
    if form == 3:
        return {"events-client.txt": logs.text(events, "pc17.corp.example")}
    language, hours = (("en", -5), ("ja", 9))[form - 1]
    return {"events-client.csv": logs.csv(events, language, hours)}


def saved_of(shown, number, machine):
    """In turn what /ato said, /dlv of a client that lost its activation, and of one in notification mode."""
    language = LANGUAGES[number % 3]
    kind = number // 3 % 3
    if kind == 0:
        return {f"saved-ato-{language}.txt": saved.ato(shown, language)}
    state = ("lost", "notification")[kind - 1]
    return {f"saved-dlv-{language}.txt": saved.dlv(state, language, machine=machine)}


def below(number):
    """The finding of what saved_of gives."""
    return ("KMS-SLMGR-ERROR", "KMS-CLIENT-GRACE-ENDS", "KMS-CLIENT-NOTIFICATION")[number // 3 % 3]


def fault(number, row):
    name, finding, inner, broken, source = row
    capture = Capture(name)
    shown = inner if inner == "0xC004F042" else SUMMARY
    client = capture.client("pc17.corp.example", MACHINE.format(number))
    files = {"client.pcap": capture.path} | log_of(attempt(capture, client, inner, shown), number)
    files |= saved_of(shown, number, client.machine)
    lines = (f"{broken}.", f"A capture at the client, its Application log, and what slmgr said: {', '.join(files)}.",
             f"{finding}, shown as {shown}, in event 12288 as {inner}: outcome and codes in captures/{name}.expected.json, "
             f"errors.csv {source}.")
    return Scenario(f"capture-{name}", lines, [cause(finding, capture.target())], files, shown, inner, below=(below(number),))


def idle():
    """Two captures of clients that stop: no code of the host, and no log."""
    for name, finding, broken in (
            ("closed-idle-timeout", "KMS-BIND-IDLE", "The client binds and never asks, so the host closes"),
            ("closed-client-half-bind", "KMS-CLIENT-CUT", "The client closes in the middle of its bind")):
        capture = Capture(name)
        lines = (f"{broken}.", "A capture.", f"{finding}: outcome in captures/{name}.expected.json.")
        yield Scenario(f"capture-{name}", lines, [cause(finding, capture.target())], {"client.pcap": capture.path})


def with_host_log():
    """What the host refused is in its log as well: 0xC004F015 there is 0xC004F042 at the client."""
    for name, finding, code, logged in (
            ("hresult-unknown-kms-id", "KMS-PRODUCT-NOT-COVERED", "0xC004F042", "0xC004F015"),
            ("hresult-time-skew", "KMS-CLOCK-SKEW", "0xC004F06C", "0xC004F06C")):
        capture = Capture(name)
        client = capture.client("pc17.corp.example", None)
        shown = code if code == "0xC004F042" else SUMMARY
        files = {"client.pcap": capture.path,
                 "events-client.xml": logs.xml(attempt(capture, client, code, shown), "pc17.corp.example"),
                 "events-host.csv": logs.csv([client.processed(capture.start(), logged, capture.clock())], "en", 1),
                 "saved-ato-de.txt": saved.ato(shown, "de")}
        lines = (f"{'The host key does not cover the product' if logged != code else 'The clock of the client is five hours behind'}.",
                 "A capture, the logs of client and host, and slmgr /ato.",
                 f"{finding} once, shown as {shown}: hresult in captures/{name}.expected.json; "
                 f"events.csv 12290: {logged} of the host is {code} of the client.")
        yield Scenario(f"all-sides-{name}", lines, [cause(finding)], files, shown, code)


def first_response(capture):
    """The packets up to the first response: that of a host that has just begun to count."""
    out = []
    for packet in capture.packets():
        out.append(packet)
        payload = packet[1][34 + (packet[1][46] >> 4) * 4:]
        if payload[:3] == RESPONSE:
            return out
    raise ValueError("no response")


def office_2016(text):
    """The product of c2c-v6-charging-office2016, with the end of its setup key (products.csv)."""
    return saved.changed(text, ("fbdb3e18-a8ef-4fb3-9183-dffd60bd0984", "d450596f-894d-49e0-966a-fd39ed4c4c64"),
                         ("Office21ProPlus2021VL_KMS_Client_AE", "Office16ProPlusVL_KMS_Client"), ("Office 21", "Office 16"),
                         ("6F7TH", "WFG99"))


def count_low():
    capture = Capture("c2c-v6-charging-office2016")
    client = capture.client("off1.corp.example", None)
    time = capture.clock()
    events = [client.sent(time), client.answered(time, 1, "0xC004F038", 0, "0x04000000"), client.failed(time, "0xC004F038")]
    files = {"client.pcap": first_response(capture), "events-client.xml": logs.xml(events, "off1.corp.example"),
             "saved-act.txt": office_2016(saved.sample("kinds/act-error.txt"))}
    lines = ("The host has just begun to count: one machine, and Office needs five.",
             "The start of a capture, the client's log, and ospp.vbs /act.",
             "KMS-COUNT-LOW, 0xC004F038: response count 1 in captures/c2c-v6-charging-office2016.expected.json; errors.csv 0xC004F038.")
    yield Scenario("capture-count-low", lines, [cause("KMS-COUNT-LOW", capture.target())], files, "0xC004F038", exit_status=2)


def scenarios():
    yield from (fault(number, row) for number, row in enumerate(FAULTS))
    yield from idle()
    yield from with_host_log()
    yield from count_low()

"""Long logs, many clients, captures in pieces, and what only looks like trouble."""
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, TCP, Dns, srv
from scenario import SUMMARY, Capture, Scenario, attempt, cause
from scenario_dns import START, TIME
from scenario_double import A_MACHINE, A_NAME, B_MACHINE, B_NAME

A_HOST = "192.0.2.10:1688"
HOST = "kms01.corp.example"
A_PC, B_PC = logs.Client(A_NAME, A_MACHINE), logs.Client(B_NAME, B_MACHINE)
C_PC = logs.Client("pc19.corp.example", "58b2d1f7-40ac-4c19-8de3-b7a6095c21fe")
HOUR, DAY = datetime.timedelta(hours=1), datetime.timedelta(days=1)


def row(name, what, causes, files, source, **more):
    told = " and ".join(part["id"] for part in causes) or "Nothing"
    return Scenario(name, (what + ".", f"{', '.join(files)}.", f"{told}: {source}."), causes, files, **more)


def failures(times, code="0x800706BA"):
    return [event for time in times for event in (A_PC.sent(time, code), A_PC.failed(time, SUMMARY))]


def long_logs():
    weeks = [event for week in range(20, 0, -1) for event in (A_PC.sent(TIME - 7 * week * DAY), A_PC.answered(TIME - 7 * week * DAY))]
    yield row("hard-twenty-good-weeks", "The client renewed for twenty weeks, and cannot reach the host since today",
              [cause("KMS-EVENT-HOST-UNREACHABLE")],
              {"events-client.xml": logs.xml(weeks + failures([TIME, TIME + 2 * HOUR, TIME + 4 * HOUR]), A_PC.name),
               "saved-dlv.txt": saved.dlv("licensed", machine=A_MACHINE)}, "errors.csv 0x800706BA; the last state counts",
              windows=SUMMARY)
    night = failures([TIME - hours * HOUR for hours in range(24, 0, -2)])
    yield row("healthy-after-a-night", "The host was down for a night; the client tried every two hours, and was served at last", [],
              {"events-client.txt": logs.text(night + [A_PC.sent(TIME), A_PC.answered(TIME)], A_PC.name, 9)},
              "events.csv 12288, 12289: the last state counts")


def many_clients():
    refused = [pc.processed(TIME + number * HOUR, "0xC004F015") for number, pc in enumerate((A_PC, B_PC, C_PC))]
    yield row("hard-three-clients-one-product", "The host key does not cover the product of three clients",
              [cause("KMS-PRODUCT-NOT-COVERED")], {"events-host.xml": logs.xml(refused, HOST)},
              "events.csv 12290: one host, one product, one fault", windows="0xC004F042")
    mixed = [A_PC.processed(TIME, "0xC004F015"), B_PC.processed(TIME + HOUR, "0xC004F06C", TIME - 4 * HOUR), C_PC.processed(TIME + HOUR)]
    yield row("double-in-one-host-log", "The host does not know the product of one client; the clock of another is wrong",
              [cause("KMS-PRODUCT-NOT-COVERED"), cause("KMS-CLOCK-SKEW")], {"events-host.csv": logs.csv(mixed, "ja", 9)},
              "events.csv 12290; errors.csv 0xC004F015, 0xC004F06C", windows="0xC004F042")


def published():
    yield row("hard-published-and-not-found", "The host says that it is published, and the client's DNS server has no record",
              [cause("KMS-DNS-NO-RECORD")],
              {"client.pcap": Dns(START).search("corp.example", NXDOMAIN).packets,
               "events-host.xml": logs.xml([logs.published(TIME - HOUR, "corp.example")], HOST)},
              "RCODE 3 after event 12294: errors.csv 0x8007232B", windows="0x8007232B", never=("KMS-EVENT-PUBLISH-FAILED",))


def pieces():
    refused, unknown = Capture("refused-rst"), Capture("hresult-unknown-kms-id")
    log = logs.xml(attempt(refused, A_PC, "0x800706BA", SUMMARY), A_PC.name)
    yield row("hard-captured-on-both-sides", "The host is switched off; client and network team captured the same connection",
              [cause("KMS-CONNECT-REFUSED", A_HOST)], {"a.pcap": refused.path, "b.pcap": refused.path, "events-client.xml": log},
              "outcome of the capture", windows=SUMMARY)
    parts = unknown.packets()
    yield row("hard-capture-in-two-files", "The host does not cover the product; the capture was cut into two files",
              [cause("KMS-PRODUCT-NOT-COVERED", A_HOST)], {"a.pcap": parts[:6], "b.pcap": parts[6:]},
              "hresult of captures/hresult-unknown-kms-id.expected.json", windows="0xC004F042")


def port_check():
    """A connection that is opened and closed at once, as monitoring does."""
    steps = (("c", 1000, 0, 0x02), ("h", 5000, 1001, 0x12), ("c", 1001, 5001, 0x10), ("c", 1001, 5001, 0x11), ("h", 5001, 1002, 0x11),
             ("c", 1002, 5002, 0x10))
    out = []
    for number, (end, sequence, acknowledged, flags) in enumerate(steps):
        ends, ports = (("192.0.2.99", "192.0.2.10"), (40000, 1688)) if end == "c" else (("192.0.2.10", "192.0.2.99"), (1688, 40000))
        out.append((START + number * 200, packets.frame_of(*ends, TCP, packets.segment(ports, sequence, acknowledged, flags))))
    return out


def only_looks_like():
    win10 = Capture("c2c-v6-ndr32-win10")
    yield row("healthy-port-check", "Monitoring opens the port and closes it; a client is served", [],
              {"host.pcap": win10.packets() + port_check()}, "hresult 0; a connection without a request asks for nothing")
    begin = win10.packets()[0][0] - 4_000_000
    twice = Dns(begin).search("corp.example", answers=[srv(HOST)], again=1)
    twice.ask(HOST, 28).ask(HOST, A, answers=[packets.address("192.0.2.10")])
    yield row("healthy-dns-asked-twice", "A question to DNS was lost and repeated; the host has no IPv6 address", [],
              {"client.pcap": twice.packets + win10.packets()}, "hresult 0 in captures/c2c-v6-ndr32-win10.expected.json")


def scenarios():
    for rows in (long_logs, many_clients, published, pieces, only_looks_like):
        yield from rows()

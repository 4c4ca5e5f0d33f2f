"""Two faults that have nothing to do with each other. The first is the worse one, or the earlier on a client's way."""
import datetime

import logs
import packets
import saved
from packets import NXDOMAIN, Dns
from scenario import SUMMARY, Capture, Scenario, attempt, cause
from scenario_captures import first_response
from scenario_dns import START, TIME

OTHER = {"192.0.2.77": "192.0.2.78", "192.0.2.10": "192.0.2.11"}
A_NAME, B_NAME = "pc17.corp.example", "pc18.corp.example"
A_HOST, B_HOST = "192.0.2.10:1688", "192.0.2.11:1688"
A_MACHINE, B_MACHINE = "7a31c5e8-0d92-4b6f-8e14-c2f5079ab3d6", "e85b2f40-17c3-4d9a-b6e0-3f9c81d5a724"


def both(first, second):
    """Two captures as one, the second with another client and another host."""
    return first + packets.moved(second, OTHER)


def logs_of(capture, name, machine, inner, shown, host):
    client = capture.client(name, machine)
    return logs.xml(attempt(capture, client, inner, shown, f"{host}.corp.example:1688"), name)


def row(name, broken, causes, files, source, **more):
    named = " and ".join(part["id"] for part in causes)
    return Scenario(name, (broken + ".", f"Evidence of both: {', '.join(files)}.", f"{named}, neither below the other: {source}."),
                    causes, files, **more)


def of_captures():
    refused, silent, low = Capture("refused-rst"), Capture("silent-drop"), Capture("c2c-v6-charging-office2016")
    skew, unknown, http = Capture("hresult-time-skew"), Capture("hresult-unknown-kms-id"), Capture("not-rpc-http")
    fault, cut = Capture("fault-access-denied"), Capture("closed-response-truncated")
    yield row("double-refused-and-count-low", "One host is switched off; another has counted one machine",
              [cause("KMS-CONNECT-REFUSED", A_HOST), cause("KMS-COUNT-LOW", B_HOST)],
              {"both.pcap": both(refused.packets(), first_response(low)),
               "events-a.xml": logs_of(refused, A_NAME, A_MACHINE, "0x800706BA", SUMMARY, "kms01")},
              "expected.json of both captures; errors.csv 0x800706BA, 0xC004F038", windows=SUMMARY)
    yield row("double-refused-and-dropped", "One host is switched off; a firewall hides another",
              [cause("KMS-CONNECT-REFUSED", B_HOST), cause("KMS-CONNECT-NO-ANSWER", A_HOST)],
              {"both.pcap": both(silent.packets(), refused.packets()),
               "events-a.xml": logs_of(silent, A_NAME, A_MACHINE, "0x800706BA", SUMMARY, "kms01"),
               "events-b.xml": logs_of(refused, B_NAME, B_MACHINE, "0x800706BA", SUMMARY, "kms02")},
              "outcomes of both captures; errors.csv 0x800706BA")
    yield row("double-skew-and-refused", "One client's clock is wrong; another client's host is switched off",
              [cause("KMS-CONNECT-REFUSED", B_HOST), cause("KMS-CLOCK-SKEW", A_HOST)],
              {"both.pcap": both(skew.packets(), refused.packets()),
               "events-a.xml": logs_of(skew, A_NAME, A_MACHINE, "0xC004F06C", SUMMARY, "kms01")},
              "hresult and outcome of the captures; errors.csv 0x800706BA, 0xC004F06C")
    yield row("double-product-and-http", "One host does not cover the product; a web server has the port of another",
              [cause("KMS-NOT-RPC", B_HOST), cause("KMS-PRODUCT-NOT-COVERED", A_HOST)],
              {"both.pcap": both(unknown.packets(), http.packets()),
               "events-a.xml": logs_of(unknown, A_NAME, A_MACHINE, "0xC004F042", "0xC004F042", "kms01"),
               "events-b.xml": logs_of(http, B_NAME, B_MACHINE, "0x800706C0", SUMMARY, "kms02")},
              "hresult and outcome of the captures; errors.csv 0x800706C0, 0xC004F042")
    yield row("double-fault-and-cut", "One host closes in the middle of its answer; another denies access",
              [cause("KMS-RESPONSE-CUT", B_HOST), cause("KMS-RPC-FAULT", A_HOST)],
              {"both.pcap": both(fault.packets(), cut.packets())}, "outcomes of both captures, the earlier first")


def with_dns():
    search = Dns(START, client="192.0.2.78").search("branch.example", NXDOMAIN).packets
    skew, unknown = Capture("hresult-time-skew"), Capture("hresult-unknown-kms-id")
    b = logs.Client("pc18.branch.example", B_MACHINE)
    client = {"events-b.xml": logs.xml([b.sent(TIME, "0x8007232B", ":0"), b.failed(TIME, "0x8007232B")], b.name)}
    yield row("double-skew-and-unpublished", "One client's clock is wrong; nobody published a host in the domain of another",
              [cause("KMS-DNS-NO-RECORD"), cause("KMS-CLOCK-SKEW", A_HOST)],
              {"both.pcap": skew.packets() + search,
               "events-a.xml": logs_of(skew, A_NAME, A_MACHINE, "0xC004F06C", SUMMARY, "kms01")} | client,
              "RCODE 3, errors.csv 0x8007232B; hresult 0xC004F06C", windows="0x8007232B")
    host = [logs.unpublished(TIME - datetime.timedelta(hours=1), "branch.example", "0x8007232D")]
    yield row("double-product-and-publishing", "The host does not cover a product, and may not publish in the branch",
              [cause("KMS-EVENT-PUBLISH-FAILED"), cause("KMS-PRODUCT-NOT-COVERED", A_HOST)],
              {"both.pcap": unknown.packets() + search, "events-host.xml": logs.xml(host, "kms01.corp.example")} | client,
              "events.csv 12293; hresult 0xC004F042")


def with_saved():
    refused, low = Capture("refused-rst"), Capture("c2c-v6-charging-office2016")
    wrong = saved.changed(saved.dlv("licensed", machine=B_MACHINE), ("2YT43", "9QX4Z"))
    yield row("double-refused-and-wrong-key", "A host is switched off; a licensed client elsewhere has a key that is not its setup key",
              [cause("KMS-CONNECT-REFUSED", A_HOST), cause("KMS-CLIENT-KEY")],
              {"a.pcap": refused.path, "events-a.xml": logs_of(refused, A_NAME, A_MACHINE, "0x800706BA", SUMMARY, "kms01"),
               "saved-b.txt": wrong}, "outcome of the capture; products.csv for the key", windows=SUMMARY)
    yield row("double-count-low-and-no-key", "The host has counted one machine; another client has no key",
              [cause("KMS-CLIENT-NO-KEY"), cause("KMS-COUNT-LOW", "192.0.2.10:1688")],
              {"a.pcap": first_response(low), "saved-b.txt": saved.sample("no-key.txt")},
              "response count 1 in expected.json; errors.csv 0xC004F014", windows="0xC004F014")
    endless = saved.changed(saved.dlv("licensed", "ja", machine=B_MACHINE), ("253440 分 (176", "5760000 分 (4000"))
    yield row("double-dropped-and-long-licence", "A firewall hides the host; a client elsewhere claims 4000 days",
              [cause("KMS-CONNECT-NO-ANSWER", A_HOST), cause("KMS-CLIENT-EXPIRATION-LONG")],
              {"a.pcap": Capture("silent-drop").path, "saved-b.txt": endless}, "outcome of the capture; 180 days of KMS")


def of_logs():
    a, b = logs.Client(A_NAME, A_MACHINE), logs.Client(B_NAME, B_MACHINE)
    yield row("double-logs-dns-and-unreachable", "One client finds no record; another cannot reach its host",
              [cause("KMS-EVENT-NOT-CONTACTED"), cause("KMS-EVENT-HOST-UNREACHABLE")],
              {"events-a.xml": logs.xml([a.sent(TIME, "0x8007232B", ":0"), a.failed(TIME, "0x8007232B")], A_NAME),
               "events-b.xml": logs.xml([b.sent(TIME, "0x800706BA", "kms02.corp.example:1688"), b.failed(TIME, SUMMARY)], B_NAME)},
              "events.csv 12288; errors.csv 0x8007232B, 0x800706BA", windows="0x8007232B")
    yield row("double-logs-product-and-publishing", "The host does not know a product, and may not publish itself",
              [cause("KMS-PRODUCT-NOT-COVERED"), cause("KMS-EVENT-PUBLISH-FAILED")],
              {"events-host.xml": logs.xml([logs.unpublished(TIME, "branch.example", "0x80072338"), a.processed(TIME, "0xC004F015"),
                                            b.processed(TIME)], "kms01.corp.example")},
              "events.csv 12290 and 12293; errors.csv 0x80072338, 0xC004F015", windows="0xC004F042")
    yield row("double-saved-host-and-client", "The host key is not activated; a client elsewhere has a retail key",
              [cause("KMS-CLIENT-CHANNEL"), cause("KMS-HOST-NOT-ACTIVATED")],
              {"saved-client.txt": saved.sample("client-retail.txt"), "saved-host.txt": saved.sample("host-not-activated.txt")},
              "slmgr.md 3 line 3 and 4")


def scenarios():
    for rows in (of_captures, with_dns, with_saved, of_logs):
        yield from rows()

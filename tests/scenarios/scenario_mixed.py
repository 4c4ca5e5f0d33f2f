"""One fault among evidence that also shows something else: other clients that are well, the other side, an older fault."""
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, Dns, srv
from scenario import SUMMARY, Capture, Scenario, attempt, cause
from scenario_captures import first_response
from scenario_dns import DOMAIN, START, TIME
from scenario_double import B_MACHINE, B_NAME, OTHER

DAY, MINUTE = datetime.timedelta(days=1), datetime.timedelta(minutes=1)
A_HOST = "192.0.2.10:1688"
PC = logs.Client("pc17.corp.example", "9f04c6b1-3d7a-4e52-8a1b-66d0e3c94f75")
HOST = "kms01.corp.example"


def row(name, broken, finding, files, source, target=None, **more):
    return Scenario(name, (broken + ".", f"{', '.join(files)}.", f"{finding}: {source}."), [cause(finding, target)], files, **more)


def other_side():
    """What the host's administrator saved hangs below the cause, or is the cause."""
    refused, silent, unknown = Capture("refused-rst"), Capture("silent-drop"), Capture("hresult-unknown-kms-id")
    healthy = saved.sample("host-healthy.txt")
    client = {"events-client.xml": logs.xml(attempt(refused, PC, "0x800706BA", SUMMARY), PC.name)}
    yield row("mixed-host-on-other-port", "The host listens on port 1700, and clients ask at 1688", "KMS-HOST-PORT",
              {"client.pcap": refused.path, "saved-host.txt": saved.changed(healthy, ("Port: 1688", "Port: 1700"))} | client,
              "slmgr.md 4: Listening on Port; RST of the capture follows from it", exit_status=2, never=("KMS-CONNECT-REFUSED",), below=("KMS-CONNECT-REFUSED",))
    served = Capture("c2c-v6-port-50123")
    elsewhere = saved.changed(healthy, ("Port: 1688", "Port: 50123"))
    yield row("mixed-other-host-on-other-port", "A host on port 50123 serves its client; another one is switched off",
              "KMS-CONNECT-REFUSED",
              {"a.pcap": served.path, "b.pcap": packets.moved(refused.packets(), OTHER), "saved-host.txt": elsewhere},
              "outcomes of both captures: port 50123 is that of another address", windows=SUMMARY)
    yield row("mixed-two-hosts-one-on-other-port", "A firewall resets connections to a host on port 1688; another listens elsewhere",
              "KMS-CONNECT-REFUSED", {"client.pcap": refused.path, "saved-1.txt": healthy, "saved-2.txt": elsewhere},
              "slmgr.md 4: one host listens where the client asked", A_HOST, windows=SUMMARY)
    yield row("mixed-host-never-asked", "A firewall hides the host, so it was never asked", "KMS-CONNECT-NO-ANSWER",
              {"client.pcap": silent.path, "saved-host.txt": saved.sample("host-unused.txt"),
               "events-client.xml": logs.xml(attempt(silent, PC, "0x800706BA", SUMMARY), PC.name)},
              "outcome of the capture; slmgr.md 4: no request yet", A_HOST, windows=SUMMARY, never=("KMS-HOST-NO-REQUESTS",), below=("KMS-HOST-NO-REQUESTS",))
    yield row("mixed-host-refuses-many", "The host key does not cover a product that many have", "KMS-PRODUCT-NOT-COVERED",
              {"client.pcap": unknown.path, "saved-host.txt": saved.changed(
                  healthy, ("Failed requests received: 12", "Failed requests received: 2061")),
               "saved-ato-en.txt": saved.ato("0xC004F042")},
              "hresult of the capture; slmgr.md 4: Failed requests", A_HOST, windows="0xC004F042",
              never=("KMS-HOST-FAILED-REQUESTS",), below=("KMS-HOST-FAILED-REQUESTS",))
    yield row("mixed-host-counts-low", "The host has counted three machines", "KMS-COUNT-LOW",
              {"client.pcap": first_response(Capture("c2c-v6-charging-office2016")),
               "saved-host.txt": saved.sample("host-count-low.txt"), "saved-ato-de.txt": saved.ato("0xC004F038", "de")},
              "response count 1; slmgr.md 4: Current count", windows="0xC004F038", exit_status=2,
              never=("KMS-HOST-TROUBLED-CLIENTS",), below=("KMS-HOST-TROUBLED-CLIENTS",))


def other_clients():
    refused, win10, skew = Capture("refused-rst"), Capture("c2c-v6-ndr32-win10"), Capture("hresult-time-skew")
    desk = win10.client("desk-77.corp.example", None)
    well = [desk.sent(win10.clock()), desk.answered(win10.clock())]
    yield row("mixed-one-refused-one-served", "The host of one client is switched off; another client is served elsewhere",
              "KMS-CONNECT-REFUSED",
              {"both.pcap": refused.packets() + packets.moved(win10.packets(), OTHER),
               "events-a.xml": logs.xml(attempt(refused, PC, "0x800706BA", SUMMARY), PC.name),
               "events-b.xml": logs.xml(well, desk.name), "saved-b.txt": saved.dlv("licensed", machine=desk.machine)},
              "outcomes of both captures", A_HOST, windows=SUMMARY)
    late = skew.client("late-pc.corp.example", None)
    collected = sorted([*attempt(skew, late, "0xC004F06C", SUMMARY), *well], key=lambda event: event.time)
    text = "".join(logs.xml([event], late.name if late.machine in event.data[0] or event.id == 8198 else desk.name)
                   for event in collected)
    yield row("mixed-collected-log", "One client's clock is wrong, in a log that was collected from two", "KMS-CLOCK-SKEW",
              {"both.pcap": skew.packets() + win10.packets(), "events-collected.xml": text},
              "hresult of the capture; errors.csv 0xC004F06C", A_HOST, windows=SUMMARY, inner="0xC004F06C")
    two = refused.packets() + packets.moved(refused.packets(), {"192.0.2.77": "192.0.2.78"}, 30)
    other = logs.Client(B_NAME, B_MACHINE)
    later = refused.clock() + datetime.timedelta(seconds=30)
    yield row("mixed-two-clients-one-fault", "The host is switched off, for two clients", "KMS-CONNECT-REFUSED",
              {"both.pcap": two, "events-a.xml": logs.xml(attempt(refused, PC, "0x800706BA", SUMMARY), PC.name),
               "events-b.xml": logs.xml([other.sent(later, "0x800706BA"), other.failed(later, SUMMARY)], other.name)},
              "RST for both, errors.csv 0x800706BA", A_HOST, windows=SUMMARY)
    yield row("mixed-windows-served-office-refused", "Windows is activated; the host does not cover Office of the same client",
              "KMS-PRODUCT-NOT-COVERED",
              {"events-client.xml": logs.xml([PC.sent(TIME), PC.answered(TIME),
                                              *failed_office(TIME + MINUTE)], PC.name),
               "saved-dlv.txt": saved.dlv("licensed", machine=PC.machine)}, "errors.csv 0xC004F042", windows="0xC004F042")


def failed_office(time):
    office = logs.Client(PC.name, PC.machine, "fbdb3e18-a8ef-4fb3-9183-dffd60bd0984", needed=5)
    return [office.sent(time, "0xC004F042"), office.failed(time, "0xC004F042")]


def older_fault():
    unknown = Capture("hresult-unknown-kms-id")
    client = unknown.client(PC.name, None)
    old = [client.sent(unknown.clock() - DAY, "0x8007232B", ":0"), client.failed(unknown.clock() - DAY, "0x8007232B")]
    yield row("mixed-older-fault", "DNS failed on Sunday; now the host does not cover the product", "KMS-PRODUCT-NOT-COVERED",
              {"client.pcap": unknown.path, "saved-dlv.txt": saved.dlv("notification", "ja"),
               "events-client.csv": logs.csv(old + attempt(unknown, client, "0xC004F042", "0xC004F042"), "ja", 9)},
              "hresult of the capture; events.csv: the last state of a client counts", A_HOST, windows="0xC004F042",
              never=("KMS-EVENT-NOT-CONTACTED",))


def one_client_two_hosts():
    """The client tries what DNS names, and both fail."""
    unknown = Capture("hresult-unknown-kms-id")
    begin = unknown.packets()[0][0] - 2_000_000
    dns = Dns(begin).search(DOMAIN, answers=[srv("kms-old.corp.example", priority=0), srv(HOST, priority=10)])
    dns.ask("kms-old.corp.example", A, answers=[packets.address("192.0.2.9")])
    dns.packets += packets.refused(dns.time, "192.0.2.77", "192.0.2.9")
    dns.time += 500_000
    dns.ask(HOST, A, answers=[packets.address("192.0.2.10")])
    client = unknown.client(PC.name, None)
    events = [client.sent(unknown.clock(), "0x800706BA", "kms-old.corp.example:1688"),
              *attempt(unknown, client, "0xC004F042", "0xC004F042")]
    causes = [cause("KMS-CONNECT-REFUSED", "192.0.2.9:1688"), cause("KMS-PRODUCT-NOT-COVERED", A_HOST)]
    files = {"client.pcap": dns.packets + unknown.packets(), "events-client.xml": logs.xml(events, PC.name)}
    yield Scenario("double-two-hosts-of-one-client",
                   ("Of two published hosts one is switched off, and the other does not cover the product.",
                    "A capture with the search, and the client's log.",
                    "Both, in the order of the client's way: RST; hresult of captures/hresult-unknown-kms-id.expected.json."),
                   causes, files)


def more_dns():
    wrong = Dns(START).search(DOMAIN, answers=[srv(HOST, 1689)]).ask(HOST, A, answers=[packets.address("192.0.2.10")])
    yield row("mixed-record-with-wrong-port", "The record was made by hand, with port 1689", "KMS-CONNECT-REFUSED",
              {"client.pcap": wrong.packets + packets.refused(wrong.time, "192.0.2.77", "192.0.2.10", 1689),
               "events-client.xml": logs.xml([PC.sent(TIME, "0x800706BA", f"{HOST}:1689"), PC.failed(TIME, SUMMARY)], PC.name)},
              "RST at the port of the record, errors.csv 0x800706BA", "192.0.2.10:1689", windows=SUMMARY)
    big = Dns(START).truncated(DOMAIN)
    files = {"client.pcap": big.packets + packets.unanswered(big.time, "192.0.2.77", "192.0.2.53", 53) +
                            Dns(START + 60_000_000).other_traffic(0).packets,
             "events-client.xml": logs.xml([PC.sent(TIME, "0x8007232A", ":0"), PC.failed(TIME, "0x8007232A")], PC.name)}
    yield row("mixed-dns-over-tcp-blocked", "The answer does not fit into UDP, and a firewall drops DNS over TCP",
              "KMS-DNS-TCP-BLOCKED", files, "TC, then SYN without an answer; errors.csv 0x8007232A", windows="0x8007232A")
    yield from found_later()


def found_later():
    """The client is served in the end."""
    win10 = Capture("c2c-v6-ndr32-win10")
    begin = win10.packets()[0][0] - 20_000_000
    gone = Dns(begin).search(DOMAIN, answers=[srv("kms-gone.corp.example"), srv(HOST)])
    gone.ask("kms-gone.corp.example", A, NXDOMAIN).ask("kms-gone.corp.example", 28, NXDOMAIN)
    gone.ask(HOST, A, answers=[packets.address("192.0.2.10")])
    desk = win10.client("desk-77.corp.example", None)
    log = {"events-client.xml": logs.xml([desk.sent(win10.clock()), desk.answered(win10.clock())], desk.name)}
    yield row("mixed-one-target-gone", "One of two records names a host that has no address; the other serves",
              "KMS-SRV-TARGET-DEAD", {"client.pcap": gone.packets + win10.packets()} | log, "NXDOMAIN of one target")
    first = Dns(begin, server="192.0.2.52").search(DOMAIN, None, again=2)
    second = Dns(first.time + 1_000_000).search(DOMAIN, answers=[srv(HOST)]).ask(HOST, A, answers=[packets.address("192.0.2.10")])
    yield row("mixed-first-dns-server-silent", "The first DNS server of the list is switched off; the second answers",
              "KMS-DNS-SERVER-SKIPPED", {"client.pcap": first.packets + second.packets + win10.packets()} | log,
              "no answer of one server, records of the other")
    addresses = [packets.address("192.0.2.9"), packets.address("192.0.2.10")]
    dead = Dns(begin).search(DOMAIN, answers=[srv(HOST)]).ask(HOST, A, answers=addresses)
    yield row("mixed-first-address-dead", "The host has two addresses, and one of them is not reached", "KMS-ADDRESS-DEAD",
              {"client.pcap": dead.packets + packets.unanswered(dead.time, "192.0.2.77", "192.0.2.9") + win10.packets()} | log,
              "SYN without an answer, then served at the other address")


def scenarios():
    for rows in (other_side, other_clients, older_fault, one_client_two_hosts, more_dns):
        yield from rows()

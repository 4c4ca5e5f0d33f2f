"""Nothing is wrong, or nothing any more: no warning may come of it."""
import datetime

import logs
import packets
import saved
from packets import A, NXDOMAIN, Dns, srv
from scenario import Capture, Scenario
from scenario_dns import TIME

DAY = datetime.timedelta(days=1)
PC = logs.Client("pc17.corp.example", "6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01")
HOST = "kms01.corp.example"


def row(name, what, source, files, **more):
    return Scenario(f"healthy-{name}", (what + ".", f"{', '.join(files)}.", f"Nothing: {source}."), [], files, **more)


def served(number, name, what):
    """A capture with the logs of both sides: every request of it was answered, with a count that suffices."""
    capture = Capture(name)
    client_events, host_events, machine = [], [], None
    for index, exchange in enumerate(capture.exchanges):
        client = capture.client(capture.request(index)["workstation_name"], None, index)
        machine = machine or client
        time = capture.clock(index) + datetime.timedelta(seconds=index)
        count, answer = exchange["response"]["count"], exchange["response"]
        intervals = answer["activation_interval_minutes"], answer["renewal_interval_minutes"]
        host_events.append(client.processed(time, "0x0", capture.clock(index)))
        if client.machine == machine.machine:
            client_events += [client.sent(time, clock=capture.clock(index)), client.answered(time, count, intervals=intervals)]
    form = (lambda: {"events-client.xml": logs.xml(client_events, machine.name)},
            lambda: {"events-client.csv": logs.csv(client_events, "ja", 9)},
            lambda: {"events-client.txt": logs.text(client_events, machine.name)})[number % 3]()
    files = {f"client{capture.path.suffix}": capture.path} | form | {"events-host.csv": logs.csv(host_events, ("en", "de")[number % 2], 1)}
    return row(name, what, f"hresult 0 and count in captures/{name}.expected.json", files)


CAPTURES = (
    ("c2c-v4-ndr32-win7", "Windows 7 renews with version 4"),
    ("c2c-v5-ndr32-win8", "Windows 8 renews with version 5"),
    ("c2c-v6-ndr32-win10", "Windows 10 renews with version 6"),
    ("c2c-v5-office2013", "Office 2013 renews"),
    ("c2c-v6-field-variety", "A virtual machine in notification mode is activated"),
    ("c2c-ipv6-v6", "A client renews over IPv6"),
    ("c2c-v6-host-refuses-ndr64", "The host refuses one transfer syntax and takes another"),
    ("c2c-v6-port-50123", "The host is on another port than usual"),
    ("container-pcapng-v6", "A server renews, in a pcapng file"),
    ("foreign-keys-both-v6", "A client renews under keys that nobody here has"),
    ("c2c-v6-host-disconnects", "The host closes after each answer"),
    ("lost-segment-v5", "One segment of an answer is missing in the capture"),
    ("midstream-no-bind-v6", "The capture begins behind the bind"),
    ("snaplen-96-v6", "Every packet of the capture is cut to 96 bytes"),
    ("tcp-reordered-duplicate-v6", "Segments come out of order, and one twice"),
)


def of_packets():
    retried = Capture("c2c-v6-ndr64-btfn-srv2019")
    yield row("fault-retried", "The host answers one call with a fault and the next one well", "hresult 0 of the calls behind it",
              {"client.pcap": packets.with_fault(retried.packets(), 0x1C010014)})
    win10 = Capture("c2c-v6-ndr32-win10")
    begin = win10.packets()[0][0] - 1_000_000
    found = Dns(begin).search("berlin.corp.example", NXDOMAIN).search("corp.example", answers=[srv(HOST)])
    found.ask(HOST, A, answers=[packets.address("192.0.2.10")])
    desk = win10.client("desk-77.berlin.corp.example", None)
    yield row("second-suffix", "The first suffix of the client has no record, the second has it", "hresult 0; each suffix is asked",
              {"client.pcap": found.packets + win10.packets(), "saved-dlv.txt": saved.dlv("licensed", machine=desk.machine),
               "events-client.xml": logs.xml([desk.sent(win10.clock()), desk.answered(win10.clock())], desk.name)})


def with_saved():
    found = Capture("dns-srv-then-v6")
    client = found.client("via-dns.corp.example.test", None)
    time = found.clock()
    events = [client.sent(time, host="kms1.corp.example.test:1688"), client.answered(time)]
    dlv = saved.dlv("licensed", machine=client.machine, host="kms1.corp.example.test")
    yield row("dns-and-all-sides", "A client finds its host in DNS and is activated", "expected.json of the capture",
              {"client.pcap": found.path, "events-client.xml": logs.xml(events, client.name), "saved-dlv.txt": dlv,
               "events-host.csv": logs.csv([client.processed(time)], "ja", 9)})
    win10 = Capture("c2c-v6-ndr32-win10")
    desk = win10.client("desk-77.corp.example.test", None)
    yield row("capture-and-dlv-de", "A client was activated and is licensed", "hresult 0; slmgr.md 3",
              {"client.pcap": win10.path, "saved-dlv-de.txt": saved.dlv("licensed", "de", machine=desk.machine)})
    for language in ("en", "ja", "de"):
        yield row(f"dlv-{language}", "A licensed client", "slmgr.md 3: Licensed, 176 of 180 days left",
                  {f"saved-dlv-{language}.txt": saved.dlv("licensed", language)})
    yield row("ato-and-xpr-ja", "An activation that succeeded", "slmgr.md 2",
              {"saved-ato-ja.txt": saved.sample("kinds/ato-success-ja.txt"), "saved-xpr-ja.txt": saved.sample("kinds/xpr-licensed-ja.txt")})
    yield row("ospp-licensed", "Office is licensed and was just activated", "0x4004F040 is no error: errors.csv",
              {"saved-dstatus.txt": saved.sample("kinds/dstatus-licensed-en.txt"), "saved-act.txt": saved.sample("kinds/act-success.txt")})
    yield row("powershell-objects", "A licensed client, as PowerShell writes it; another edition is not in use",
              "LicenseStatus 1; slmgr.md 6", {"saved-objects.json": saved.sample("kinds/objects-licensed.txt")})
    yield row("ad-activated", "A client that Active Directory activated", "slmgr.md 3: the block of AD activation",
              {"saved-dlv.txt": saved.sample("client-ad.txt")})
    yield row("fixed-host", "A licensed client whose host is set by hand", "slmgr.md 3 line 20: a setting, not a fault",
              {"saved-dlv.txt": saved.changed(saved.dlv("fixed-host"), ("216000 minute(s) (150", "253440 minute(s) (176"))})
    yield row("initial-grace", "A new client in its initial grace period", "slmgr.md 3: 28 days are left",
              {"saved-dlv-ja.txt": saved.dlv("grace", "ja")})
    yield row("host", "A host with 50 machines, and a client of it", "slmgr.md 4; 12 failed of 4123 requests",
              {"saved-host.txt": saved.sample("host-healthy.txt"), "saved-client.txt": saved.dlv("licensed")})


def of_logs():
    yield row("failed-then-served", "DNS failed on Sunday; on Monday the client was activated", "events.csv 12288, 12289: the last state",
              {"events-client.xml": logs.xml([PC.sent(TIME - DAY, "0x8007232B", ":0"), PC.failed(TIME - DAY, "0x8007232B"),
                                              PC.sent(TIME), PC.answered(TIME)], PC.name)})
    yield row("failed-then-served-all", "The host was down on Sunday; the client has been licensed since", "the last state counts",
              {"events-client.csv": logs.csv([PC.sent(TIME - DAY, "0x800706BA"), PC.failed(TIME - DAY, "0xC004F074"),
                                              PC.sent(TIME), PC.answered(TIME)], "de", 1),
               "events-host.xml": logs.xml([PC.processed(TIME)], HOST), "saved-dlv-de.txt": saved.dlv("licensed", "de")})
    yield row("published-again", "Publishing failed once and works since", "events.csv 12294: the newest counts",
              {"events-host.xml": logs.xml([logs.unpublished(TIME - DAY, "corp.example", "0x8007232A"),
                                            logs.published(TIME, "corp.example")], HOST)})
    yield row("other-provider", "12294 of another provider is no publication", "events.csv: filter by provider",
              {"events-host.csv": logs.csv([logs.Event(TIME, 12294, ("S-1-5-21-1",), logs.SAM), PC.processed(TIME)], "en", -5)})
    yield row("local-time", "A log in local time, nine hours ahead of the host's", "client times in events are in UTC",
              {"events-client.csv": logs.csv([PC.sent(TIME), PC.answered(TIME)], "ja", 9),
               "events-host.csv": logs.csv([PC.processed(TIME)], "en", 0), "saved-dlv-ja.txt": saved.dlv("licensed", "ja")})


def scenarios():
    yield from (served(number, *capture) for number, capture in enumerate(CAPTURES))
    yield from of_packets()
    yield from with_saved()
    yield from of_logs()

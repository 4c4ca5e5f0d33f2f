"""Faults that event logs tell, alone or with saved output. Their layout and meaning: libdiag/data/events.csv."""
import datetime

import logs
import saved
from packets import NXDOMAIN, Dns
from scenario import SUMMARY, Capture, Scenario, cause
from scenario_dns import START, TIME

PC = logs.Client("pc17.corp.example", "41f7b0d2-6c9e-4a35-8b1d-90e2c4a7f316")
HOST = "kms01.corp.example"
MINUTE, DAY = datetime.timedelta(minutes=1), datetime.timedelta(days=1)
# What else a log holds: nothing of KMS, under a number of KMS.
OTHER = logs.Event(TIME - DAY, 12294, ("S-1-5-21-1",), logs.SAM)


def attempt(code, shown, host=f"{HOST}:1688", client=PC):
    return [client.sent(TIME, code, host), client.failed(TIME, shown)]


def row(name, broken, finding, shown, source, files, **more):
    lines = (broken + ".", f"Without a capture: {', '.join(files)}.", f"{finding}, {shown or 'no code'}: {source}.")
    return Scenario(name, lines, [cause(finding)], files, shown, **more)


def of_client():
    yield row("events-host-unreachable", "The client cannot connect to the host that it knows", "KMS-EVENT-HOST-UNREACHABLE", SUMMARY,
              "events.csv 12288 field 1, errors.csv 0x800706BA",
              {"events-client.xml": logs.xml([OTHER, *attempt("0x800706BA", SUMMARY)], PC.name),
               "saved-ato-ja.txt": saved.ato(SUMMARY, "ja")}, inner="0x800706BA")
    yield row("events-host-unreachable-ntstatus", "The client cannot connect; its log has the NTSTATUS form of 1722",
              "KMS-EVENT-HOST-UNREACHABLE", SUMMARY, "events.csv 8198, errors.csv 0xC0020017",
              {"events-client.csv": logs.csv(attempt("0xC0020017", SUMMARY), "de", 1),
               "saved-dlv-de.txt": saved.dlv("lost", "de")}, inner="0xC0020017")
    yield row("events-no-suffix", "The client has no name to ask for", "KMS-EVENT-NOT-CONTACTED", "0x8007007B",
              "errors.csv 0x8007007B", {"events-client.txt": logs.text(attempt("0x8007007B", "0x8007007B", ":0"), PC.name),
                                        "saved-ato-en.txt": saved.ato("0x8007007B")})
    yield row("events-no-name", "The client finds no record in DNS", "KMS-EVENT-NOT-CONTACTED", "0x8007232B",
              "errors.csv 0x8007232B", {"events-client.csv": logs.csv(attempt("0x8007232B", "0x8007232B", ":0"), "ja", 9),
                                        "saved-dlv-ja.txt": saved.dlv("notification", "ja")})
    yield row("events-dns-failure", "The client's DNS server fails", "KMS-EVENT-NOT-CONTACTED", "0x8007232A",
              "errors.csv 0x8007232A", {"events-client.xml": logs.xml(attempt("0x8007232A", "0x8007232A", ":0"), PC.name),
                                        "saved-dlv-en.txt": saved.dlv("no-discovery", "en", machine=PC.machine)})
    yield row("events-call-failed", "The host takes the connection and the call fails", "KMS-EVENT-CALL-FAILED", SUMMARY,
              "errors.csv 0x800706BE", {"events-client.xml": logs.xml(attempt("0x800706BE", SUMMARY), PC.name),
                                        "saved-ato-de.txt": saved.ato(SUMMARY, "de")}, inner="0x800706BE")
    yield row("events-only-8198", "The activation failed, and the log has nothing but its end", "KMS-EVENT-ATTEMPT-FAILED", SUMMARY,
              "events.csv 8198; errors.csv 0xC004F074 is a summary, not a root cause",
              {"events-client.csv": logs.csv([PC.failed(TIME, SUMMARY)], "en", -5),
               "saved-dlv-en.txt": saved.dlv("unlicensed")})
    yield row("events-count-low", "The host has counted 12 machines of 25", "KMS-COUNT-LOW", "0xC004F038",
              "events.csv 12289 fields 3 and 5, errors.csv 0xC004F038",
              {"events-client.xml": logs.xml([PC.sent(TIME), PC.answered(TIME, 12, "0xC004F038", 0, "0x04000000"),
                                              PC.failed(TIME, "0xC004F038")], PC.name),
               "saved-ato-en.txt": saved.ato("0xC004F038")}, exit_status=2)
    walk = [PC.sent(TIME, "0x800706BA"), PC.sent(TIME + MINUTE, "0xC004F042", "kms02.corp.example:1688"),
            PC.failed(TIME + MINUTE, "0xC004F042")]
    yield Scenario("double-two-hosts-by-log",
                   ("Of two hosts one cannot be reached, and the other does not cover the product.", "The client's log alone.",
                    "Both, in the order of the client's way: events.csv 12288, one event for each host tried."),
                   [cause("KMS-EVENT-HOST-UNREACHABLE", f"{HOST}:1688"),
                    cause("KMS-PRODUCT-NOT-COVERED", "kms02.corp.example:1688")],
                   {"events-client.xml": logs.xml(walk, PC.name)})
    silent = [PC.sent(TIME - 3 * DAY), PC.answered(TIME - 3 * DAY), PC.sent(TIME), logs.published(TIME + DAY, "lab.example")]
    yield row("events-no-answer", "A request was sent and no answer came", "KMS-EVENT-NO-ANSWER", None,
              "events.csv 12288: no 12289 for the same attempt is no usable answer",
              {"events-client.xml": logs.xml(silent, PC.name)})


def of_both():
    skewed = logs.Client("late.corp.example", "5d0e7a18-2b44-4c6f-a9d3-7f81b6c2e450")
    clock = TIME - 5 * 60 * MINUTE
    yield row("events-product-not-covered", "The host key is older than the product", "KMS-PRODUCT-NOT-COVERED", "0xC004F042",
              "events.csv 12290: 0xC004F015 of the host is 0xC004F042 of the client",
              {"events-client.xml": logs.xml(attempt("0xC004F042", "0xC004F042"), PC.name),
               "events-host.csv": logs.csv([PC.processed(TIME, "0xC004F015")], "ja", 9),
               "saved-ato-ja.txt": saved.ato("0xC004F042", "ja")})
    yield row("events-clock-skew", "The client's clock is five hours behind", "KMS-CLOCK-SKEW", SUMMARY,
              "errors.csv 0xC004F06C; events.csv 12290: field 5 minus event time is the skew",
              {"events-client.xml": logs.xml([skewed.sent(clock, "0xC004F06C"), skewed.failed(clock, SUMMARY)], skewed.name),
               "events-host.xml": logs.xml([skewed.processed(TIME, "0xC004F06C", clock)], f"{HOST}")}, inner="0xC004F06C")
    yield row("events-host-list-full", "The client list of the host is full", "KMS-CLIENT-LIST-FULL", SUMMARY,
              "no row: code of captures/hresult-client-list-full.expected.json",
              {"events-client.xml": logs.xml(attempt("0xC004D104", SUMMARY), PC.name),
               "events-host.xml": logs.xml([PC.processed(TIME, "0xC004D104")], HOST)}, inner="0xC004D104")


def of_host():
    yield row("events-host-refuses-one", "The host does not know what one of two clients asks for", "KMS-PRODUCT-NOT-COVERED",
              "0xC004F042", "events.csv 12290: 0xC004F015 there is 0xC004F042 at the client",
              {"events-host.csv": logs.csv([PC.processed(TIME, "0xC004F015"), logs.Client(
                  "pc18.corp.example", "d4c1f6a0-93be-4e27-8c55-1a0b9e7d2f68").processed(TIME + MINUTE)], "de", 1)})
    yield row("events-publish-failed", "The host may not change the record of another host", "KMS-EVENT-PUBLISH-FAILED",
              None, "events.csv 12293, errors.csv 0x80072338",
              {"events-host.xml": logs.xml([OTHER, logs.unpublished(TIME, "corp.example", "0x80072338")], HOST)})
    yield row("events-publish-failed-again", "Publishing worked, and fails since yesterday", "KMS-EVENT-PUBLISH-FAILED",
              None, "events.csv 12293 and 12294, errors.csv 0x8007232D",
              {"events-host.csv": logs.csv([logs.published(TIME - 3 * DAY, "corp.example"),
                                            logs.unpublished(TIME - DAY, "corp.example", "0x8007232D"),
                                            logs.unpublished(TIME, "corp.example", "0x8007232D")], "ja", 9)})


def unpublished_host():
    """One cause at the host, and all that clients see of it below."""
    refused = logs.unpublished(TIME - 60 * MINUTE, "corp.example", "0x8007232D")
    dns = {"client.pcap": Dns(START).search("corp.example", NXDOMAIN).packets}
    host = {"events-host.xml": logs.xml([refused], HOST)}
    client = {"events-client.xml": logs.xml(attempt("0x8007232B", "0x8007232B", ":0"), PC.name)}
    yield row("unpublished-by-log-and-capture", "The zone takes no update of the host, so clients find no record",
              "KMS-EVENT-PUBLISH-FAILED", None, "events.csv 12293: what the host could not publish, DNS does not have",
              dns | host | client, exit_status=2, never=("KMS-DNS-NO-RECORD",), below=("KMS-DNS-NO-RECORD",))
    yield row("unpublished-by-logs", "The zone takes no update of the host; the log of a client has the code of it",
              "KMS-EVENT-PUBLISH-FAILED", None, "events.csv 12293; errors.csv 0x8007232B", host | client, exit_status=2,
              below=("KMS-EVENT-NOT-CONTACTED",))
    yield row("unpublished-by-setting", "The host does not publish itself, so clients find no record", "KMS-HOST-NOT-PUBLISHED",
              None, "slmgr.md 4: DisableDnsPublishing; errors.csv 0x8007232B",
              dns | client | {"saved-host.txt": publishing_disabled()}, exit_status=2, never=("KMS-DNS-NO-RECORD",),
              below=("KMS-DNS-NO-RECORD",))
    yield row("unpublished-by-setting-and-client", "The host does not publish itself, and a licensed client finds none any more",
              "KMS-HOST-NOT-PUBLISHED", None, "slmgr.md 3 line 20 and 4: DNS publishing disabled",
              {"saved-client.txt": saved.dlv("no-discovery", "en", machine=PC.machine), "saved-host.txt": publishing_disabled()})


def publishing_disabled():
    return saved.changed(saved.sample("host-healthy.txt"), ("DNS publishing enabled", "DNS publishing disabled"))


def by_powershell():
    events = [OTHER, *attempt("0x800706BA", SUMMARY)]
    files = {"format-list": ("Get-WinEvent and Format-List", {"events-client.txt": logs.listed(events)}),
             "format-list-80": ("the same in 80 columns", {"events-client.txt": logs.listed(events, 80)}),
             "get-eventlog-list": ("Get-EventLog and Format-List", {"events-client.txt": logs.old_listed(events)}),
             "csv-selected": ("Export-Csv without the provider", {"events-client.csv": logs.selected(events)})}
    for name, (form, file) in files.items():
        yield row(f"events-unreachable-{name}", f"The client cannot connect to its host; the log is that of {form}",
                  "KMS-EVENT-HOST-UNREACHABLE", SUMMARY, "events.csv 12288 field 1, errors.csv 0x800706BA", file, inner="0x800706BA")


def by_labels():
    events = [OTHER, *attempt("0x800706BA", SUMMARY)]
    texts = {f"text-{language}-{page}": (f"wevtutil in code page {page}", logs.text(events, PC.name, hours, language).encode(page))
             for language, page, hours in (("de", "cp850", 1), ("de", "utf-8", 1), ("ja", "cp932", 9), ("ja", "utf-8", 9))}
    for language, hours in (("en", -5), ("de", 1)):
        for with_xml in (True, False):
            name = f"copied-{language}{'' if with_xml else '-without-xml'}"
            texts[name] = "details that were copied as text", logs.copied(events, PC.name, language, hours, with_xml)
    for name, (form, contents) in texts.items():
        yield row(f"events-unreachable-{name}", f"The client cannot connect to its host; the log is that of {form}",
                  "KMS-EVENT-HOST-UNREACHABLE", SUMMARY, "events.csv 12288 field 1, errors.csv 0x800706BA",
                  {"events-client.txt": contents}, inner="0x800706BA")


def evtx():
    capture = Capture("hresult-unknown-kms-id")
    yield row("evtx-product-not-covered", "The host key does not cover the product", "KMS-PRODUCT-NOT-COVERED", "0xC004F042",
              "hresult in captures/hresult-unknown-kms-id.expected.json; tests/eventlog/samples is the log of that client",
              {"client.pcap": capture.path, "saved-ato-en.txt": saved.ato("0xC004F042"),
               "events-client.evtx": saved.SAMPLES.parent.parent / "eventlog" / "samples" / "client-refused.evtx"})


def scenarios():
    for rows in (of_client, of_both, of_host, unpublished_host, by_powershell, by_labels, evtx):
        yield from rows()

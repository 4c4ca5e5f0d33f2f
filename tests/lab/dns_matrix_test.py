"""The DNS fault matrix: each row of dns_matrix.py is made in the lab. kms-srv says the finding that decides, its codes and all other
findings of the row; a client that activates shows the codes; and kms-decode finds the same cause in the client's packets.

    dns_matrix_test.py                        all cases
    dns_matrix_test.py Matrix -k alias        some
    dns_matrix_test.py --list                 what there is, as docs/dns-fault-matrix.md shows it

The servers are BIND, Knot DNS, dnsmasq, the stub and the misbehaving one, started once for all cases; each case has a client with
an address of its own (clients.py), and all are at work at the same time. `dig` and `delv` say the same of the records. Needs
kms-srv, kms-check, kms-decode and kms-refhost in $DIAG_BIN_DIR, the servers' packages, and a system on which scripts/lab works
(or DIAG_NO_LAB=1, to skip).
"""
import csv
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

import dns_matrix
import dns_page
import dns_servers
import lab
from clients import Clients
from dns_matrix import CASES, HEALTHY_CASES, ONLY_4, ONLY_6, OPEN_PORTS
from dns_servers import anchors, delv, dig, program, zone
from dns_verdicts import HEALTHY, SAME, SUMMARY, UNSEEN

sys.path.append(str(lab.ROOT / "tests/eventlog"))
import make_evtx  # noqa: E402

TOOLS = ("kms-srv", "kms-check")  # each has a client of its own in each case
TIMEOUT_S = "0.6"
CMID = "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"
SEVERITIES = ("info", "warning", "critical")
MISBEHAVING_FROM = 80  # 198.51.100.80 and so on; the first is tcp-refused.lab.test
STATUS = {None: 0, "info": 0, "warning": 1, "critical": 2}
EVENT_TIME = "2026-11-23T20:09:17"
EVENT = """<Event xmlns="http://schemas.microsoft.com/win/2004/08/events/event"><System>
<Provider Name="Microsoft-Windows-Security-SPP"/><EventID>{id}</EventID><TimeCreated SystemTime="{time}Z"/>
<EventRecordID>7</EventRecordID><Channel>Application</Channel><Computer>{host}</Computer></System>
<EventData>{data}</EventData></Event>"""


def event_log(case):
    """The bytes of the file that has the event of the host."""
    number, host, *strings = case.event
    if case.evtx:
        return make_evtx.evtx([[make_evtx.event(number, EVENT_TIME + ".0", *strings, computer=host)]])
    data = "".join(f"<Data>{text}</Data>" for text in strings)
    return f"<Events>{EVENT.format(id=number, time=EVENT_TIME, host=host, data=data)}</Events>".encode()


def said(documents):
    """The finding that decides and its codes: the first of the gravest, as for users."""
    findings = [finding for document in documents for finding in document.get("findings", ()) if finding["severity"] != "info"]
    if not findings:
        return None, None, None
    worst = max(findings, key=lambda finding: SEVERITIES.index(finding["severity"]))  # the first of them
    return worst["id"], worst["windows_code"], worst["inner_code"]


def wanted(verdict):
    return (None, None, None) if verdict is HEALTHY else verdict[:3]


class Network:
    """The servers of all cases, and their addresses by the names that the cases use; the clients."""

    def __init__(self, network):
        self.lab = network
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dns-matrix-test-"))
        self.at = {"bind": network.address("dns"), "bind6": network.address("dns", 6), "nobody": network.address("nobody"),
                   "stub": network.address("kms2"), "closed": network.address("kms1")}
        for last, name in enumerate(("second", "knot", "dnsmasq", "root"), 60):
            self.at[name] = dns_servers.address(network, last)
        self.at["knot-udp"] = self.at["knot"]  # for clients whose TCP is filtered
        asked = {at for case in CASES for at in case.at}
        self.misbehaving = ["tcp-refused", *sorted(asked - self.at.keys() - {"tcp-refused"})]
        self.start_servers()
        self.start_misbehaving()
        self.start_hosts()
        self.clients = Clients(network, self.folder, [(case.name, tool) for case in CASES for tool in TOOLS])
        network.nft(*(f"ip saddr {self.clients.address((case.name, tool))} ip daddr {self.at['knot']} tcp dport 53 drop"
                      for case in CASES if "knot-udp" in case.at for tool in TOOLS))

    def start_servers(self):
        dns_servers.knot(self.lab, self.folder, dns_matrix.knot_zones() + [self.lab_zone()], at=self.at["knot"])
        dns_servers.bind(self.lab, self.folder, dns_matrix.bind_zones() + [self.lab_zone()],
                         forwards={"far.test": self.at["second"], "dead.test": self.at["closed"]})
        dns_servers.bind(self.lab, self.folder, dns_matrix.second_zones(), at=self.at["second"], secondary=dns_matrix.COPIED,
                         secondary_of=self.at["bind"])
        dns_servers.dnsmasq(self.lab, self.at["bind"], at=self.at["dnsmasq"])
        dns_servers.knot(self.lab, self.folder, dns_matrix.root_zones(), at=self.at["root"])
        self.lab.python("kms2", "dns_stub.py", 53, json.dumps(dns_matrix.STUB))
        lines = f"server {self.at['bind']}\nzone lagging.test\nupdate add new.lagging.test 60 TXT later\nsend\n"
        self.lab.check("kms1", [program("nsupdate")], stdin=lines.encode())

    def lab_zone(self):
        more = ("ns2 A " + self.at["second"], "knot A " + self.at["knot"], "nobody A " + self.at["nobody"],
                f"tcp-refused A {self.at['bind'].rsplit('.', 1)[0]}.{MISBEHAVING_FROM}")
        return zone("lab.test", dns_servers.lab_zone(self.lab).records + more)

    def start_misbehaving(self):
        for last, name in enumerate(self.misbehaving, MISBEHAVING_FROM):
            self.at[name] = dns_servers.address(self.lab, last)
            dns_servers.misbehaving(self.lab, name, self.at["knot"], at=self.at[name])

    def start_hosts(self):
        """KMS hosts that have counted enough clients."""
        for host in ("kms1", "kms2"):
            addresses = [self.lab.address(host), f"[{self.lab.address(host, 6)}]"]
            self.start_host(host, [f"{address}:{port}" for address in addresses for port in OPEN_PORTS])
        for record in (*ONLY_4, *ONLY_6):
            address = record.split()[-1]
            self.lab.ip("kms1", f"addr add {address}/{64 if ':' in address else 24} dev net0 nodad")
        self.start_host("kms1", [f"{ONLY_4[0].split()[-1]}:1688", f"[{ONLY_6[1].split()[-1]}]:1688"])

    def start_host(self, host, listens):
        self.lab.refhost(host, "--start-count", 50, *(argument for listen in listens for argument in ("--listen", listen)))

    def ask(self, case):
        """Starts kms-srv for the case."""
        events = []
        if case.event:
            events = ["--events", self.folder / f"{case.name}.events"]
            events[1].write_bytes(event_log(case))
        ipconfig = ["--from-ipconfig", lab.ROOT / "tests/windows/samples" / case.ipconfig] if case.ipconfig else []
        servers = [argument for at in case.at for argument in ("--server", f"[{self.at[at]}]" if ":" in self.at[at] else self.at[at])]
        timeout = [] if "--timeout" in case.options else ["--timeout", TIMEOUT_S]
        return self.clients.popen((case.name, "kms-srv"), ["kms-srv", "--json", *timeout, *servers, *events, *ipconfig, *case.options,
                                                           *filter(None, [case.asked()])])

    def activate(self, case):
        """Starts a client that has the domains and servers of the case and looks for its host as Windows does."""
        suffixes = case.suffixes()
        where = ["--domain", *suffixes] if len(suffixes) == 1 else []
        family = [option for option in case.options if option in ("-4", "-6")]
        return self.clients.popen((case.name, "kms-check"), ["kms-check", "ato", "--json", "--cmid", CMID, *family, *where],
                                  servers=[self.at[at] for at in case.at], search=suffixes)


@unittest.skipIf(os.environ.get("DIAG_NO_LAB"), "DIAG_NO_LAB is set")
class Matrix(unittest.TestCase):
    """One test for each case: dns_matrix.py makes the rows, `add_cases` the methods."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = lab.shared()
        cls.lab.reset()
        cls.network = Network(cls.lab)
        cls.addClassCleanup(shutil.rmtree, cls.network.folder, ignore_errors=True)
        cls.addClassCleanup(cls.network.clients.close)
        cls.addClassCleanup(cls.lab.reset)
        path = cls.network.folder / "all.pcap"
        with cls.network.clients.capture(path):
            # All cases at once: silence takes its time.
            cls.asked = cls.run_all(cls.network.ask)
            cls.activated = cls.run_all(cls.network.activate)
            cls.network.clients.send_something()
        cls.captures = cls.network.clients.split(path)

    @classmethod
    def run_all(cls, start):
        """What came of the process of each case, by its name."""
        started = {case.name: start(case) for case in CASES}
        return {name: cls.lab.finish(process) for name, process in started.items()}

    def documents(self, case):
        """What kms-srv said."""
        run = self.asked[case.name]
        self.assertEqual(run.stderr, "")
        return [json.loads(line) for line in run.stdout.splitlines()]

    def check(self, case):
        with self.subTest(tool="kms-srv"):
            self.check_asked(case)
        with self.subTest(tool="kms-check"):
            self.check_activated(case)
        for tool, want in zip(("kms-check", "kms-srv"), case.captured()):
            with self.subTest(tool="kms-decode", packets=tool):
                self.check_captured(self.captures[case.name, tool], want)

    def check_asked(self, case):
        documents = self.documents(case)
        self.assertTrue(documents)
        ids = {finding["id"] for document in documents for finding in document["findings"]}
        self.assertEqual(ids, {*case.also, *([case.want.id] if case.want else [])}, json.dumps(documents, indent=1)[:6000])
        severities = [finding["severity"] for document in documents for finding in document["findings"]]
        worst = max(severities, key=SEVERITIES.index, default=None)
        self.assertEqual(self.asked[case.name].returncode, STATUS[worst])
        for document in documents:
            self.assertEqual((document["finding"], document["windows_code"], document["inner_code"]), wanted(case.want))

    def check_activated(self, case):
        """The codes alone: kms-check names what it met, not what is published."""
        if not case.suffixes():
            self.assertEqual(self.activated[case.name].returncode, 3)
            self.assertIn(f"no DNS suffix to search for KMS hosts (a client shows {case.want.windows} then)", self.activated[case.name].stderr)
            return
        documents = [json.loads(line) for line in self.activated[case.name].stdout.splitlines()]
        self.assertTrue(documents, self.activated[case.name].stderr)
        self.assertEqual(said(documents)[1:], wanted(case.shown())[1:], json.dumps(documents, indent=1)[:6000])

    def check_captured(self, path, want):
        decoded = self.lab.run("client", ["kms-decode", "--json", path])
        self.assertEqual(decoded.stderr, "")
        documents = [json.loads(line) for line in decoded.stdout.splitlines()]
        documents = [document for document in documents if document["kind"] in ("dns", "conversation")]
        if want == UNSEEN:
            self.assertEqual(documents, [])
            return
        self.assertTrue(documents, "nothing in the capture")
        self.assertEqual(said(documents), wanted(want), json.dumps(documents, indent=1)[:6000])

    def healthy(self):
        """Each healthy case of one domain, with the document of kms-srv and the address of a server that behaves."""
        for case in HEALTHY_CASES:
            if case.asked():
                at = self.network.at["knot" if case.at[0] in self.network.misbehaving else case.at[0]]
                document, = self.documents(case)
                yield case, document, at

    def check_records(self, document, look_up):
        seen = sorted(f"{r['priority']} {r['weight']} {r['port']} {r['target']}." for r in document["records"])
        self.assertEqual(seen, look_up(document["query"], "SRV"))
        for target in document["targets"]:
            self.assertEqual(sorted(target["addresses"]), sorted(look_up(target["name"], "A") + look_up(target["name"], "AAAA")))

    def test_healthy_records_are_those_that_dig_sees(self):
        for case, document, at in self.healthy():
            def look_up(name, kind):
                return sorted(line for line in dig(self.lab, at, name, kind) if kind != "SRV" or line.count(" ") == 3)
            with self.subTest(case.name):
                self.check_records(document, look_up)

    def test_healthy_records_are_those_that_delv_sees_and_validates_where_they_are_signed(self):
        trusted = anchors(self.lab, self.network.at["knot"], "signed.test")
        for case, document, at in self.healthy():
            signed = case.name == "signed"

            def look_up(name, kind):
                status, records = delv(self.lab, at, name, kind, *(trusted if signed else ("-i",)))
                self.assertEqual("fully validated" in status, signed, status)
                return records
            with self.subTest(case.name):
                self.check_records(document, look_up)


def add_cases():
    for case in CASES:
        def method(self, case=case):
            self.check(case)
        method.__doc__ = case.text
        setattr(Matrix, f"test_{case.name.replace('-', '_')}", method)


class Table(unittest.TestCase):
    """The table itself."""

    def test_there_are_45_faults_and_ten_healthy_cases_with_names_of_their_own(self):
        self.assertGreaterEqual(len(dns_matrix.FAULTS), 45)
        self.assertGreaterEqual(len(HEALTHY_CASES), 10)
        self.assertEqual(len({case.name for case in CASES}), len(CASES))
        self.assertEqual(len({case.text for case in CASES}), len(CASES))

    def test_codes_are_rows_of_the_error_table_that_the_source_names(self):
        with open(lab.ROOT / "libdiag/data/errors.csv", encoding="utf-8", newline="") as file:
            known = {row["code"] for row in csv.DictReader(file)}
        for verdict in verdicts():
            with self.subTest(verdict):
                named = re.findall(r"errors\.csv (0x[0-9A-F]{8})", verdict.source)
                for code in filter(None, (verdict.windows, verdict.inner)):
                    self.assertIn(code, known)
                    self.assertIn(code, [*named, SUMMARY])

    def test_each_finding_has_a_page(self):
        for finding in {*(verdict.id for verdict in verdicts()), *(id_ for case in CASES for id_ in case.also)}:
            self.assertTrue((lab.ROOT / "docs/findings" / f"{finding}.md").is_file(), finding)

    def test_what_the_packets_cannot_tell_has_a_reason_and_nothing_else_has(self):
        for case in CASES:
            with self.subTest(case.name):
                self.assertEqual(bool(case.why), case.captured() != (case.want, case.want))
                self.assertTrue(case.why or (case.client, case.decoded, case.traced) == (SAME, SAME, SAME))

    def test_the_page_is_what_the_table_says(self):
        self.assertEqual(dns_page.PAGE.read_text(encoding="utf-8"), dns_page.page(), "scripts/update-docs writes it anew")


def verdicts():
    all_ = {verdict for case in CASES for verdict in (case.want, case.client, case.decoded, case.traced)}
    return all_ - {HEALTHY, SAME, UNSEEN}


add_cases()

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        sys.stdout.write(dns_page.page())
    elif sys.argv[1:] == ["--update"]:
        dns_page.PAGE.write_text(dns_page.page(), encoding="utf-8")
    else:
        unittest.main()

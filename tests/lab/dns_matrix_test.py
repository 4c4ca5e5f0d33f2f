"""The DNS fault matrix: each row of dns_matrix.py is asked for with kms-srv in the lab, and the finding that decides, its codes
and all others are those of the row.

    dns_matrix_test.py                        all cases
    dns_matrix_test.py Matrix -k alias        some

The servers are BIND, Knot DNS, dnsmasq, the stub and the misbehaving one, started once for all cases; `dig` says the same of the
records. Needs kms-srv and kms-refhost in $DIAG_BIN_DIR, the servers' packages, and a system on which scripts/lab works (or
DIAG_NO_LAB=1, to skip).
"""
import csv
import json
import os
import pathlib
import re
import shutil
import tempfile
import unittest

import dns_matrix
import dns_servers
import lab
from dns_matrix import CASES, HEALTHY, HEALTHY_CASES
from dns_servers import dig, program, zone

TIMEOUT_S = "0.6"
SEVERITIES = ("info", "warning", "critical")
MISBEHAVING_FROM = 80  # 198.51.100.80 and so on; the first is tcp-refused.lab.test
STATUS = {None: 0, "info": 0, "warning": 1, "critical": 2}


class Network:
    """The servers of all cases, and their addresses by the names that the cases use."""

    def __init__(self, network):
        self.lab = network
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dns-matrix-test-"))
        self.at = {"bind": network.address("dns"), "bind6": f"[{network.address('dns', 6)}]", "nobody": network.address("nobody"),
                   "stub": network.address("kms2"), "closed": network.address("kms1")}
        for last, name in enumerate(("second", "knot", "dnsmasq"), 60):
            self.at[name] = dns_servers.address(network, last)
        self.at["knot-udp"] = self.at["knot"]  # whose TCP is filtered meanwhile
        asked = {at for case in CASES for at in case.at}
        self.misbehaving = ["tcp-refused", *sorted(asked - self.at.keys() - {"tcp-refused"})]
        self.start_servers()
        self.start_misbehaving()
        network.refhost("kms1")

    def start_servers(self):
        dns_servers.knot(self.lab, self.folder, dns_matrix.knot_zones() + [self.lab_zone()], at=self.at["knot"])
        dns_servers.bind(self.lab, self.folder, dns_matrix.bind_zones() + [self.lab_zone()],
                         forwards={"far.test": self.at["second"], "dead.test": self.at["closed"]})
        dns_servers.bind(self.lab, self.folder, dns_matrix.second_zones(), at=self.at["second"], secondary=dns_matrix.COPIED,
                         secondary_of=self.at["bind"])
        dns_servers.dnsmasq(self.lab, self.at["bind"], at=self.at["dnsmasq"])
        self.lab.python("kms2", "dns_stub.py", 53, json.dumps(dns_matrix.STUB))
        lines = f"server {self.at['bind']}\nzone lagging.test\nupdate add new.lagging.test 60 TXT later\nsend\n"
        self.lab.check("kms1", [program("nsupdate")], stdin=lines.encode())

    def lab_zone(self):
        more = ("ns2 A " + self.at["second"], "nobody A " + self.at["nobody"],
                f"tcp-refused A {self.at['bind'].rsplit('.', 1)[0]}.{MISBEHAVING_FROM}")
        return zone("lab.test", dns_servers.lab_zone(self.lab).records + more)

    def start_misbehaving(self):
        for last, name in enumerate(self.misbehaving, MISBEHAVING_FROM):
            self.at[name] = dns_servers.address(self.lab, last)
            dns_servers.misbehaving(self.lab, name, self.at["knot"], at=self.at[name])

    def ask(self, case):
        """Starts kms-srv for the case."""
        folder = self.folder / case.name
        folder.mkdir()
        events = []
        if case.events:
            (folder / "events.xml").write_text(f"<Events>{case.events}</Events>", encoding="utf-8")
            events = ["--events", folder / "events.xml"]
        servers = [argument for at in case.at for argument in ("--server", self.at[at])]
        timeout = [] if "--timeout" in case.options else ["--timeout", TIMEOUT_S]
        return self.lab.popen("client", ["kms-srv", "--json", *timeout,
                                         *servers, *events, *case.options, *filter(None, [case.asked()])])


@unittest.skipIf(os.environ.get("DIAG_NO_LAB"), "DIAG_NO_LAB is set")
class Matrix(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.lab = lab.shared()
        cls.lab.reset()
        cls.network = Network(cls.lab)
        cls.addClassCleanup(shutil.rmtree, cls.network.folder, ignore_errors=True)
        cls.addClassCleanup(cls.lab.reset)
        cls.lab.set_names(resolver=[])
        cls.lab.nft(f"ip daddr {cls.network.at['knot']} tcp dport 53 drop")
        cls.runs = {case.name: cls.network.ask(case) for case in CASES if "knot-udp" in case.at}
        for run in cls.runs.values():
            run.wait()
        cls.lab.nft_flush()
        # All at once: silence takes its time.
        cls.runs |= {case.name: cls.network.ask(case) for case in CASES if "knot-udp" not in case.at}

    def documents(self, case):
        run = self.runs[case.name]
        run.wait()
        self.assertEqual(run.errors, "")
        return [json.loads(line) for line in run.output.splitlines()]

    def check(self, case):
        documents = self.documents(case)
        self.assertTrue(documents)
        ids = {finding["id"] for document in documents for finding in document["findings"]}
        self.assertEqual(ids, {*case.also, *([case.want.id] if case.want else [])}, json.dumps(documents, indent=1)[:6000])
        severities = [finding["severity"] for document in documents for finding in document["findings"]]
        worst = max(severities, key=SEVERITIES.index, default=None)
        self.assertEqual(self.runs[case.name].returncode, STATUS[worst])
        for document in documents:
            said = document["finding"], document["windows_code"], document["inner_code"]
            self.assertEqual(said, case.want[:3] if case.want else (None, None, None))

    def test_healthy_records_are_those_that_dig_sees(self):
        for case in HEALTHY_CASES:
            if not case.asked() or case.at[0] not in self.network.at:
                continue
            at = self.network.at["knot" if case.at[0] in self.network.misbehaving else case.at[0]].strip("[]")
            document, = self.documents(case)
            with self.subTest(case.name):
                seen = sorted(f"{r['priority']} {r['weight']} {r['port']} {r['target']}." for r in document["records"])
                lines = dig(self.lab, at, document["query"], "SRV")
                self.assertEqual(seen, sorted(line for line in lines if line.count(" ") == 3))
                for target in document["targets"]:
                    addresses = [line for kind in ("A", "AAAA") for line in dig(self.lab, at, target["name"], kind)]
                    self.assertEqual(sorted(target["addresses"]), sorted(addresses))


def add_cases():
    for case in CASES:
        setattr(Matrix, f"test_{case.name.replace('-', '_')}", lambda self, case=case: self.check(case))


class Table(unittest.TestCase):
    def test_there_are_forty_faults_and_ten_healthy_cases_with_names_of_their_own(self):
        self.assertGreaterEqual(len(dns_matrix.FAULTS), 40)
        self.assertGreaterEqual(len(HEALTHY_CASES), 10)
        self.assertEqual(len({case.name for case in CASES}), len(CASES))

    def test_codes_are_rows_of_the_error_table_that_the_source_names(self):
        with open(lab.ROOT / "libdiag/data/errors.csv", encoding="utf-8", newline="") as file:
            known = {row["code"] for row in csv.DictReader(file)}
        for case in CASES:
            if case.want is HEALTHY:
                continue
            with self.subTest(case.name):
                named = re.findall(r"errors\.csv (0x[0-9A-F]{8})", case.want.source)
                for code in filter(None, (case.want.windows, case.want.inner)):
                    self.assertIn(code, known)
                    self.assertIn(code, [*named, dns_matrix.SUMMARY])

    def test_each_finding_has_a_page(self):
        for case in CASES:
            for finding in [*case.also, *([case.want.id] if case.want else [])]:
                self.assertTrue((lab.ROOT / "docs/findings" / f"{finding}.md").is_file(), finding)


add_cases()

if __name__ == "__main__":
    unittest.main()

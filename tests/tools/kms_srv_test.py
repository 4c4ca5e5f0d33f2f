"""The program kms-srv as a user meets it: against a DNS server on loopback (tests/lab/dns_stub.py).

Needs the built programs: $DIAG_BIN_DIR/kms-srv and kms-refhost. Loopback and ports of the system's choice only;
tests/lab/dns_matrix_test.py has what it says of each fault.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

from ports import closed_port

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR", ""))
TOOL, HOST = str(BIN / "kms-srv"), str(BIN / "kms-refhost")
LIMIT_S = 60
SAMPLES = ROOT / "tests/windows/samples"


def srv(domain, *data):
    return {"name": f"_vlmcs._tcp.{domain}", "type": "SRV", "data": list(data)}


def address(name, data="127.0.0.1"):
    return {"name": name, "type": "A", "data": data}


ROWS = [srv("order.test", 20, 0, 1688, "kms2.good.test"), srv("order.test", 0, 0, 0, "kms0.good.test"),
        srv("order.test", 10, 0, 1688, "kms1.good.test"), srv("void.test", 0, 0, 1688, "gone.void.test"),
        srv("good.test", 0, 0, 1688, "kms1.good.test"), address("kms1.good.test"),
        srv("warned.test", 0, 0, 1688, "kms1.warned.test"), srv("warned.test", 0, 0, 1688, "gone.warned.test"), address("kms1.warned.test"),
        srv("weighted.test", 0, 30, 1688, "kms1.weighted.test"), srv("weighted.test", 0, 9, 1688, "kms2.weighted.test"),
        address("kms1.weighted.test"), address("kms2.weighted.test"),
        srv("alias.test", 0, 0, 1688, "a.alias.test"), {"name": "a.alias.test", "type": "CNAME", "data": "b.alias.test"},
        address("b.alias.test"), srv("strange.test", 0, 0, 1688, "\x1b[31mred.strange.test"),
        srv("l" * 60 + "." + "o" * 60 + ".test", 0, 0, 0, "g" * 60 + "." + "o" * 60 + ".test"),
        {"name": "_vlmcs._tcp.silent.test", "rcode": "SILENT"}, {"name": "_vlmcs._tcp.closed.test", "rcode": "REFUSED"}]


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.dns = subprocess.Popen([sys.executable, "-B", ROOT / "tests/lab/dns_stub.py", "0", json.dumps(ROWS + cls.more_rows())],
                                   stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end, cls.dns)
        cls.server = f"127.0.0.1:{re.search(r'[0-9]+', cls.dns.stdout.readline())[0]}"

    @classmethod
    def more_rows(cls):
        return []

    @staticmethod
    def end(process):
        process.kill()
        process.communicate(timeout=LIMIT_S)

    def run_tool(self, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([TOOL, *map(str, arguments)], stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False, **options)

    def ask(self, *arguments, status, **options):
        done = self.run_tool("--server", self.server, *arguments, **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertEqual(done.stderr, "")
        return done.stdout

    def documents(self, *arguments, status, **options):
        return [json.loads(line) for line in self.ask("--json", *arguments, status=status, **options).splitlines()]


class Options(Case):
    def test_what_is_wrong_is_one_line_that_names_it_and_status_3(self):
        for arguments, said in ((["a..test"], "a..test"), (["x" * 64 + ".test"], "no DNS domain"),
                                ([".".join(["x" * 60] * 5)], "no DNS domain"),
                                (["--server", "dns.example"], "--server"), (["--server", "192.0.2.0/24"], "--server"),
                                (["--server", "192.0.2.1:0"], "--server"), (["--timeout", "0"], "--timeout"),
                                (["--concurrency", "0"], "--concurrency"), (["--rate", "-1"], "--rate"),
                                (["--simulate", "x"], "--simulate"),
                                (["-4", "-6"], "-4 and -6"), (["--format", "xml"], "--format"), (["--color", "blue"], "--color"),
                                (["--fail-on", "info"], "--fail-on"), (["--nonsense"], "nonsense"),
                                (["--expect", "192.0.2.1"], "--expect"), (["--expect", "kms1.test:99999"], "--expect"),
                                (["--suffix-list", "a.test,,b.test"], "--suffix-list"),
                                (["--primary-suffix", "a..b"], "--primary-suffix"),
                                (["--from-ipconfig", "x", "--workgroup"], "--from-ipconfig"),
                                (["--workgroup", "a.test"], "leave out DOMAIN"),
                                (["--targets", "/nonexistent"], "/nonexistent"),
                                (["--policy", "/nonexistent", "a.test"], "/nonexistent"),
                                (["--events", "/nonexistent"], "/nonexistent"),
                                (["--from-ipconfig", "/dev/null"], "--from-ipconfig"),
                                (["--events", "/dev/null"], "--events"), (["_vlmcs._tcp.a.test"], "give its domain, a.test"),
                                (["kms1.a.test:1688"], "no port"), (["http://a.test/"], "no URL"), (["b\u00fccher.test"], "xn--"),
                                (["--update-test", "a..test"], "--update-test"),
                                (["--update-test", "a.test", "--watch", "1"], "--watch"),
                                (["a\x1b[31m..test"], "no DNS domain")):
            with self.subTest(arguments):
                done = self.run_tool("--server", self.server, *arguments)
                self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertTrue(done.stderr.startswith("kms-srv: "))
                self.assertIn(said, done.stderr)
                self.assertNotIn("\x1b", done.stderr)

    def test_a_wrong_line_of_a_list_is_named(self):
        for option, word in (("--targets", "a..test"), ("--policy", "kms1.test:x")):
            done = self.run_tool("--server", self.server, option, "-", *(["good.test"] if option == "--policy" else []),
                                 input=f"# a list\nfine.test\n{word}\n")
            self.assertEqual(done.returncode, 3, done.stdout)
            self.assertIn("line 3", done.stderr)

    def test_a_backslash_in_a_list_is_doubled_once(self):
        for option in ("--targets", "--policy"):
            done = self.run_tool("--server", self.server, option, "-", *(["good.test"] if option == "--policy" else []), input="a\\b..test\n")
            self.assertIn("'a\\\\b..test'", done.stderr)

    def test_help_and_version_need_nothing_else(self):
        for option in ("--help", "-h", "--version"):
            done = self.run_tool(option)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            self.assertIn("kms-srv", done.stdout)

    def test_every_option_is_in_the_manual(self):
        manual = re.sub(r"\\-", "-", (ROOT / "docs/man/kms-srv.1").read_text(encoding="utf-8")).replace("Fl Fl ", "--").replace("Fl ", "-")
        for option in set(re.findall(r"--[a-z][a-z0-9-]+", self.run_tool("--help").stdout)):
            self.assertIn(option, manual)


class Text(Case):
    def test_questions_hosts_addresses_and_findings_are_shown(self):
        text = self.ask("good.test", status=0)
        for line in ("good.test publishes the KMS host kms1.good.test", "SRV _vlmcs._tcp.good.test.: NOERROR", self.server,
                     "kms1.good.test:1688", "TTL 60 s", "tried first by 100.0 % of clients", "127.0.0.1"):
            self.assertIn(line, text)

    def test_no_line_is_wider_than_80_columns(self):
        for arguments, status in ((["--help"], 0), (["-v", "good.test", "warned.test", "alias.test"], 1),
                                  (["-v", "missing.test"], 2),
                                  (["-v", ROWS[-2]["name"].removeprefix("_vlmcs._tcp.")], 2),
                                  (["--explain", "--suffix-list", "missing.test,good.test", "--workgroup"], 0)):
            for line in self.ask(*arguments, status=status).splitlines():
                if len(line.split()) > 1:  # a name may be longer than a line
                    self.assertLessEqual(len(line), 80, line)

    def test_what_a_server_says_cannot_reach_the_terminal(self):
        text = self.ask("-v", "strange.test", status=2)
        self.assertEqual([c for c in text if ord(c) < 32 and c != "\n"], [])
        # RFC 1035 5.1: \DDD in decimal, once; the finding has the same form as the list of hosts.
        self.assertIn(r"\027[31mred.strange.test", text)
        self.assertNotIn("\\\\", text)

    def test_a_client_without_a_domain_is_a_finding(self):
        text = self.ask("--workgroup", status=2)
        self.assertIn("this client has no DNS suffix, so it asks for nothing", text)
        self.assertIn("0x8007007B", text)
        document, = self.documents("--from-ipconfig", "-", input="\nWindows IP Configuration\n\n   Host Name . . . . . . . . . . . . : PC1\n"
                                   "   Primary Dns Suffix  . . . . . . . : \n", status=2)
        self.assertEqual((document["finding"], document["windows_code"]), ("KMS-CLIENT-NO-SUFFIX", "0x8007007B"))
        self.assertEqual((document["replies"], document["domain"], document["query"]), ([], "(no domain)", None))
        self.assertIn('name="(no domain)"', self.ask("--workgroup", "--format", "junit", status=2))

    def test_what_is_found_until_it_is_stopped_is_shown(self):
        for domains, said, verdict in (("good.test,silent.test", "good.test publishes the KMS host kms1.good.test", True),
                                       ("missing.test,silent.test", "DNS has no record _vlmcs._tcp.missing.test", False)):
            tool = subprocess.Popen([TOOL, "--server", self.server, "--timeout", "60", "--explain", "--suffix-list", domains],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.addCleanup(self.end, tool)
            time.sleep(1)
            tool.send_signal(signal.SIGINT)
            text, errors = tool.communicate(timeout=LIMIT_S)
            self.assertEqual((errors, tool.returncode), ("kms-srv: stopped after 1 of 2 domains\n", 3))
            self.assertIn("1. ", text)
            self.assertIn(said, text)
            self.assertEqual("Verdict: " in text, verdict)
            self.assertNotIn("silent.test", text)

    def test_quiet_leaves_out_what_is_well(self):
        self.assertEqual(self.ask("-q", "good.test", status=0), "")
        text = self.ask("-q", "good.test", "missing.test", status=2)
        self.assertIn("missing.test", text)
        self.assertNotIn("good.test", text)

    def test_a_client_view_has_one_verdict(self):
        text = self.ask("--explain", "--suffix-list", "missing.test,good.test", status=0)
        self.assertIn("1. missing.test: the DNS suffix search list", text)
        self.assertIn("Verdict: a client finds kms1.good.test:1688 under good.test", text)
        self.assertIn("a client finds no host", self.ask("--suffix-list", "missing.test", status=2))

    def test_a_suffix_for_which_dns_fails_is_a_warning_before_one_that_has_the_record(self):
        failed, good = self.documents("--suffix-list", "closed.test,good.test", status=1)[:2]
        self.assertEqual((failed["finding"], failed["windows_code"]), ("KMS-DNS-SUFFIX-FAILED", None))
        self.assertTrue(failed["findings"][0]["evidence"][0].startswith("KMS-DNS-REFUSED: "), failed)
        self.assertEqual(good["finding"], None)
        self.assertEqual(self.documents("--suffix-list", "closed.test,missing.test", status=2)[0]["finding"], "KMS-DNS-REFUSED")


class Status(Case):
    def test_it_is_that_of_the_worst_finding_and_of_fail_on(self):
        for arguments, status in ((["good.test"], 0), (["warned.test"], 1), (["missing.test"], 2),
                                  (["warned.test", "missing.test", "good.test"], 2),
                                  (["--fail-on", "critical", "warned.test"], 0), (["--fail-on", "never", "missing.test"], 0)):
            with self.subTest(arguments):
                self.ask(*arguments, status=status)

    def test_a_closed_pipe_ends_it_quietly(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        with os.fdopen(write_end, "wb") as closed:
            done = self.run_tool("--server", self.server, "good.test", stdout=closed)
        self.assertEqual(done.stderr, "")
        self.assertNotEqual(done.returncode, -13)

    def test_a_full_disk_is_one_line(self):
        with open("/dev/full", "wb") as full:
            done = self.run_tool("--server", self.server, "good.test", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


class Formats(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        schema = json.loads((ROOT / "docs/schema/kms-srv.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())

    def assert_valid(self, documents):
        for document in documents:
            self.assertEqual([error.message for error in self.validator.iter_errors(document)], [])

    def test_json_has_one_valid_line_for_each_domain_in_their_order(self):
        domains = ["good.test", "warned.test", "missing.test", "alias.test", "strange.test", "weighted.test"]
        documents = self.documents("--simulate", 7, *domains, status=2)
        self.assertEqual([document["domain"] for document in documents], domains)
        self.assert_valid(documents)
        self.assert_valid(self.documents("--authoritative", "--update-check", "--timeout", 1, "silent.test", status=2))

    def test_watch_prints_a_domain_again_only_when_it_changed(self):
        def stub(port, host):
            rows = [srv("moving.test", 0, 0, 1688, host), address(host)]
            process = subprocess.Popen([sys.executable, "-B", ROOT / "tests/lab/dns_stub.py", str(port), json.dumps(rows)],
                                       stdout=subprocess.PIPE, text=True)
            self.addCleanup(self.end, process)
            return process, re.search(r"[0-9]+", process.stdout.readline())[0]

        first, port = stub(0, "kms1.moving.test")
        tool = subprocess.Popen([TOOL, "--json", "--fast", "--timeout", "1", "--server", f"127.0.0.1:{port}", "--watch", "0.1",
                                 "moving.test"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, tool)
        self.assertEqual(json.loads(tool.stdout.readline())["records"][0]["target"], "kms1.moving.test")
        time.sleep(0.5)  # some rounds in which nothing changes
        self.end(first)
        stub(port, "kms2.moving.test")
        later = []
        while not later or later[-1]["records"] == []:  # it may have met the pause between the two servers
            later.append(json.loads(tool.stdout.readline()))
        self.assertEqual(later[-1]["records"][0]["target"], "kms2.moving.test")
        self.assertLessEqual(len(later), 3)
        tool.send_signal(signal.SIGINT)
        rest, errors = tool.communicate(timeout=LIMIT_S)
        self.assertEqual((rest, errors, tool.returncode), ("", "", 0))

    def test_the_schema_refuses_what_is_wrong_in_one_place(self):
        document, = self.documents("missing.test", status=2)
        for key, value in (("schema_version", 2), ("kind", "probe"), ("finding", "NO-RECORD"), ("windows_code", "8007232B"), ("stage", None),
                           ("records", [{}]), ("replies", [{"server": "x"}]), ("more", 1)):
            self.assertFalse(self.validator.is_valid(document | {key: value}), key)

    def test_chances_are_those_of_rfc_2782(self):
        document, = self.documents("--simulate", 4000, "weighted.test", status=0)
        # A mark from 0 to 39: the one of weight 30 has 30 of them, the other 9, and 0 belongs to whoever stands first.
        chances = {r["target"]: r["first_choice_ppm"] for r in document["records"]}
        self.assertAlmostEqual(chances["kms1.weighted.test"], 30.5 / 40 * 1e6, delta=1)
        self.assertAlmostEqual(chances["kms2.weighted.test"], 9.5 / 40 * 1e6, delta=1)
        self.assertEqual([r["first_choice_vista_ppm"] for r in document["records"]], [500000, 500000])
        self.assertEqual(sum(r["drawn"] for r in document["records"]), 4000)
        self.assertAlmostEqual(document["records"][0]["drawn"], 4000 * document["records"][0]["first_choice_ppm"] / 1e6, delta=200)

    def test_nagios_and_junit_have_the_verdict(self):
        self.assertTrue(self.ask("--format", "nagios", "good.test", status=0).startswith("KMS SRV OK"))
        self.assertTrue(self.ask("--format", "nagios", "warned.test", status=1).startswith("KMS SRV WARNING"))
        self.assertTrue(self.ask("--format", "nagios", "missing.test", status=2).startswith("KMS SRV CRITICAL"))
        suite = ElementTree.fromstring(self.ask("--format", "junit", "good.test", "missing.test", status=2))
        self.assertEqual((len(list(suite.iter("testcase"))), len(list(suite.iter("failure")))), (2, 1))


class Inputs(Case):
    def test_targets_come_from_a_list(self):
        documents = self.documents("--targets", "-", input="# two\ngood.test.\n\n warned.test # a comment\n", status=1)
        self.assertEqual([document["domain"] for document in documents], ["good.test", "warned.test"])

    def test_a_policy_is_a_list_of_hosts(self):
        document, = self.documents("--policy", "-", "good.test", input="kms1.good.test:1688\nkms9.good.test\n", status=1)
        self.assertEqual([finding["id"] for finding in document["findings"]], ["KMS-SRV-NOT-PUBLISHED"])

    def test_events_of_a_host_name_the_domains(self):
        documents = self.documents("--events", SAMPLES / "events-viewer.csv", status=2)
        self.assertEqual({document["domain"] for document in documents}, {"branch.example", "corp.example"})
        failed = next(document for document in documents if document["domain"] == "branch.example")
        self.assertIn("KMS-EVENT-PUBLISH-FAILED", [finding["id"] for finding in failed["findings"]])

    def test_the_domain_of_dhcp_counts_in_a_workgroup_only(self):
        documents = self.documents("--workgroup", "--primary-suffix", "missing.test", "--dhcp-domain", "good.test", status=0)
        self.assertEqual([document["domain"] for document in documents], ["missing.test", "good.test"])
        text = self.ask("--explain", "--workgroup", "--dhcp-domain", "good.test", status=0)
        self.assertIn("1. good.test: the domain given by DHCP\n", text)
        text = self.ask("--explain", "--primary-suffix", "missing.test", "--dhcp-domain", "good.test", status=2)
        self.assertIn("2. good.test: the DNS suffix of a connection (an assumption: not documented)", text)
        self.assertIn("Verdict: a client finds no host where it is documented to look", text)

    def test_an_update_test_without_a_zone_sends_nothing_and_says_so(self):
        document, = self.documents("--update-test", "_vlmcs._tcp.good.test", status=0)
        self.assertEqual((document["domain"], document["update_test"]["policy"], document["update_test"]["messages"]),
                         ("good.test", "not_sent", []))
        documents = self.documents("good.test", "warned.test", "--update-test", "host.warned.test", status=1)
        self.assertEqual([document["update_test"] is None for document in documents], [True, False])
        documents = self.documents("good.test", "--update-test", "warned.test", status=1)
        self.assertEqual([document["domain"] for document in documents], ["good.test", "warned.test"])

    def test_an_update_test_that_proves_nothing_is_said_in_each_format(self):
        for form in ("text", "json", "nagios", "junit"):
            with self.subTest(form):
                said = self.ask("--format", form, "--fast", "--update-test", "_vlmcs._tcp.good.test", status=0)
                self.assertIn("who may update it is not known", said.splitlines()[0] if form == "nagios" else " ".join(said.split()))
                if form in ("nagios", "junit"):
                    self.assertIn("update test of _vlmcs._tcp.good.test, not_sent: not tried: ", said)

    def test_a_client_finds_the_host_that_it_tries_first_and_whether_it_works(self):
        text = self.ask("--primary-suffix", "good.test", status=0)
        self.assertNotIn("does not work", text)
        text = " ".join(self.ask("--primary-suffix", "order.test", status=1).split())
        self.assertIn("Verdict: a client finds kms1.good.test:1688 under order.test (the primary DNS suffix)", text)
        self.assertNotIn("does not work", text)
        text = " ".join(self.ask("--primary-suffix", "void.test", status=2).split())
        self.assertIn("Verdict: a client finds gone.void.test:1688 under void.test (the primary DNS suffix), and it does not work", text)

    def test_silence_ends_with_the_timeout(self):
        document, = self.documents("--timeout", "0.3", "silent.test", status=2)
        self.assertEqual(document["finding"], "KMS-DNS-NO-ANSWER")
        self.assertLess(document["replies"][0]["query_ms"], 3000)


class FilesOfWindows(Case):
    """Saved output of Windows: the same client or host in each of the forms in which it may come."""

    @classmethod
    def more_rows(cls):
        hosts = ("lab.example", "tokyo.example", "branch.example")
        return [row for domain in hosts for row in (srv(domain, 0, 0, 1688, f"kms1.{domain}"), address(f"kms1.{domain}"))]

    def view(self, *arguments, **options):
        """The domains in their order with their reasons, and the verdict."""
        text = self.ask("--explain", *arguments, status=0, **options)
        reasons = re.findall(r"^\d+\. (\S+): ((?:.|\n    )*)$", text, re.M)
        return [(domain, " ".join(reason.split())) for domain, reason in reasons], text.rsplit("Verdict: ", 1)[1].replace("\n    ", " ").strip()

    def test_a_domain_member_goes_through_its_search_list(self):
        member = SAMPLES / "ipconfig-domain-member.txt"
        expected = [("emea.corp.example", "the primary DNS suffix"), ("corp.example", "the DNS suffix search list"),
                    ("lab.example", "the DNS suffix search list"),
                    ("office.example", "the DNS suffix of a connection (an assumption: not documented)"),
                    ("dhcp6.example", "the DNS suffix of a connection (an assumption: not documented)")]
        verdict = "a client finds kms1.lab.example:1688 under lab.example (the DNS suffix search list)"
        self.assertEqual(self.view("--from-ipconfig", member), (expected, verdict))
        text = member.read_text(encoding="utf-8")
        self.assertEqual(self.view("--from-ipconfig", "-", input=text), (expected, verdict))
        with tempfile.NamedTemporaryFile() as file:
            for encoding, line_end in (("utf-16", "\r\n"), ("utf-8-sig", "\r\n"), ("cp437", "\r\r\n")):
                pathlib.Path(file.name).write_bytes(text.replace("\n", line_end).encode(encoding))
                self.assertEqual(self.view("--from-ipconfig", file.name), (expected, verdict), encoding)

    def test_a_workgroup_machine_uses_the_domain_of_dhcp(self):
        domains, verdict = self.view("--from-ipconfig", SAMPLES / "ipconfig-workgroup-windows-7.txt")
        self.assertEqual(domains[0], ("branch.example", "the domain given by DHCP"))
        self.assertEqual(verdict, "a client finds kms1.branch.example:1688 under branch.example (the domain given by DHCP)")

    def test_a_japanese_client_is_the_same_in_utf8_utf16_and_cp932(self):
        for name in ("japanese", "japanese-utf16", "japanese-cp932"):
            domains, verdict = self.view("--from-ipconfig", SAMPLES / f"ipconfig-{name}.txt")
            self.assertEqual(domains, [("corp.example", "the primary DNS suffix"), ("tokyo.example", "the DNS suffix search list")], name)
            self.assertEqual(verdict, "a client finds kms1.tokyo.example:1688 under tokyo.example (the DNS suffix search list)")

    def test_an_evtx_log_is_set_beside_what_dns_says(self):
        # make_evtx.py: kms01 published itself in corp.example, and twice not in branch.example, the last time with 0x80072338.
        samples = ROOT / "tests/eventlog/samples"
        documents = self.documents("--events", samples / "publication.evtx", status=2)
        found = {document["domain"]: {finding["id"]: finding["evidence"] for finding in document["findings"]} for document in documents}
        self.assertEqual(set(found), {"corp.example", "branch.example"})
        self.assertEqual(set(found["corp.example"]), {"KMS-DNS-NO-RECORD", "KMS-EVENT-NOT-IN-DNS"})
        self.assertEqual(set(found["branch.example"]), {"KMS-EVENT-PUBLISH-FAILED"})
        event, names = found["branch.example"]["KMS-EVENT-PUBLISH-FAILED"]
        self.assertRegex(event, r"^event 12293 of kms01\.corp\.example, 2026-11-23T05:10:05Z: branch\.example, 0x80072338")
        self.assertEqual(names, "DNS does not name the host")
        # Of the other log only one domain is asked for.
        document, = self.documents("--events", samples / "two-chunks.evtx", "branch.example", status=1)
        self.assertEqual([finding["id"] for finding in document["findings"]], ["KMS-EVENT-PUBLISH-FAILED"])

    def test_a_host_that_is_published_in_its_own_domain_only_is_pointed_to(self):
        document, = self.documents("--expect", "kms1.tokyo.example", "osaka.example", status=2)
        self.assertEqual((document["finding"], document["windows_code"]), ("KMS-SRV-OTHER-DOMAIN", "0x8007232B"))
        self.assertIn("osaka.example has no KMS record, and tokyo.example has one", document["verdict"])


class Reach(Case):
    @classmethod
    def more_rows(cls):
        cls.host = subprocess.Popen([HOST, "--listen", "127.0.0.1:0"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end, cls.host)
        port = next(int(found[1]) for line in cls.host.stderr if (found := re.match(r"listening on 127\.0\.0\.1:(\d+)$", line)))
        return [srv("up.test", 0, 0, port, "kms1.up.test"), address("kms1.up.test"),
                srv("down.test", 0, 0, closed_port(), "kms1.down.test"), address("kms1.down.test")]

    def test_a_host_is_probed_at_its_published_port(self):
        up, down = self.documents("--reach", "up.test", "down.test", status=2)
        self.assertEqual((up["finding"], len(up["reach"])), (None, 1))
        self.assertEqual((down["finding"], down["windows_code"], down["inner_code"]), ("KMS-CONNECT-REFUSED", "0xC004F074", "0x800706BA"))


if __name__ == "__main__":
    unittest.main()

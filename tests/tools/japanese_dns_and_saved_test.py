"""What DNS and saved output show is said in Japanese with --lang ja, and in English to programs whatever the language.

Needs the built programs in $DIAG_BIN_DIR. Each line of a finding has to have Japanese in it, but for those that are values alone; an
English sentence with a translation is no match, because what is expected is read off the text alone.
"""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR") or ROOT / "build/release/bin")
LIMIT_S = 60

sys.path.insert(0, str(ROOT / "tests/tools"))
import findings_text  # noqa: E402

# The record sets of DNS servers: "192.0.2.53:53: 0 0 1688 kms1.example.test". Where a verdict found something: "in FILE".
VALUES_ALONE = re.compile(r"[\d.:]+: (?:\d+ \d+ \d+ \S+(?:, )?)+|(?:\d+ times, first )?in \S+")
# How long something took is another time in each run.
TIMES = re.compile(r'(?<=after )[\d.]+(?= ms)|(?<=_ms":)[\d.]+|(?<=_s":)[\d.]+')


def srv(domain, *data, **more):
    return {"name": f"_vlmcs._tcp.{domain}", "type": "SRV", "data": list(data), **more}


def address(name, data="127.0.0.1"):
    return {"name": name, "type": "A", "data": data}


def alias(name, target):
    return {"name": name, "type": "CNAME", "data": target}


ROWS = [
    srv("good.test", 0, 0, 1688, "kms1.good.test"), address("kms1.good.test"),
    srv("port-zero.test", 0, 0, 0, "kms1.good.test"), srv("literal.test", 0, 0, 1688, "192.0.2.7"),
    srv("some-dead.test", 0, 0, 0, "kms0.good.test"), srv("some-dead.test", 0, 0, 1688, "kms1.good.test"),
    srv("some-dead.test", 0, 0, 1688, "gone.some-dead.test"),
    srv("twice.test", 0, 0, 1688, "kms1.good.test", ttl=0), srv("twice.test", 0, 0, 1690, "kms1.good.test", ttl=0),
    srv("unused.test", 0, 1000, 1688, "kms1.good.test"), srv("unused.test", 0, 1, 1688, "kms2.good.test"), address("kms2.good.test"),
    srv("gone.test", 0, 0, 1688, "gone.gone.test.gone.test"), srv("failing.test", 0, 0, 1688, "kms1.closed.test"),
    srv("blank.test", 0, 0, 1688, "kms1 .blank.test"),
    srv("four.test", 0, 0, 1688, "six.test"), {"name": "six.test", "type": "AAAA", "data": "2001:db8::1"},
    srv("alias.test", 0, 0, 1688, "a.alias.test"), alias("a.alias.test", "kms1.good.test"),
    alias("_vlmcs._tcp.other.test", "_vlmcs._tcp.good.test"), alias("_vlmcs._tcp.lost.test", "nothing.test"),
    srv("denied.test", 0, 0, 0, "."), {"name": "_vlmcs._udp.near.test", "type": "SRV", "data": [0, 0, 1688, "kms1.good.test"]},
    srv("parent.test", 0, 0, 1688, "kms1.good.test"), {"name": "_vlmcs._tcp.empty.test", "type": "TXT", "data": "x"},
    {"name": "_vlmcs._tcp.broken.test", "rcode": "SERVFAIL"}, {"name": "_vlmcs._tcp.closed.test", "rcode": "REFUSED"},
    {"name": "kms1.closed.test", "rcode": "REFUSED"}, {"name": "_vlmcs._tcp.silent.test", "rcode": "SILENT"},
    srv("corp.example", 0, 0, 1688, "kms1.good.test")]
OTHER_ROWS = [srv("good.test", 0, 0, 1688, "kms9.good.test"), address("kms9.good.test")]

# Tool, arguments: what it is to say.
DNS = [
    ("kms-srv", ["port-zero.test"], "KMS-SRV-PORT-ZERO"),
    ("kms-srv", ["literal.test"], "KMS-SRV-TARGET-LITERAL"),
    ("kms-srv", ["some-dead.test"], "KMS-SRV-TARGET-DEAD"),
    ("kms-srv", ["twice.test"], "KMS-SRV-DUPLICATE KMS-SRV-TTL KMS-SRV-PORT KMS-SRV-TARGET-OUTSIDE"),
    ("kms-srv", ["unused.test"], "KMS-SRV-UNUSED"),
    ("kms-srv", ["gone.test"], "KMS-SRV-TARGET-NO-ADDRESS"),
    ("kms-srv", ["failing.test"], "KMS-SRV-TARGET-NO-ADDRESS"),
    ("kms-srv", ["blank.test"], "KMS-SRV-TARGET-NO-ADDRESS"),
    ("kms-srv", ["-4", "four.test"], "KMS-SRV-TARGET-NO-ADDRESS"),
    ("kms-srv", ["-6", "good.test"], "KMS-SRV-TARGET-NO-ADDRESS"),
    ("kms-srv", ["alias.test"], "KMS-SRV-TARGET-ALIAS"),
    ("kms-srv", ["other.test"], "KMS-SRV-NAME-ALIAS"),
    ("kms-srv", ["denied.test"], "KMS-DNS-NO-RECORD"),
    ("kms-srv", ["empty.test", "lost.test", "missing.test"], "KMS-DNS-NO-RECORD"),
    ("kms-srv", ["near.test"], "KMS-SRV-NEAR-MISS"),
    ("kms-srv", ["child.parent.test"], "KMS-SRV-OTHER-DOMAIN"),
    ("kms-srv", ["workgroup"], "KMS-DNS-NO-RECORD"),
    ("kms-srv", ["broken.test"], "KMS-DNS-SERVER-FAILURE"),
    ("kms-srv", ["closed.test"], "KMS-DNS-REFUSED"),
    ("kms-srv", ["--timeout", "1", "silent.test"], "KMS-DNS-NO-ANSWER"),
    ("kms-srv", ["--expect", "kms7.good.test", "good.test"], "KMS-SRV-UNAUTHORISED KMS-SRV-NOT-PUBLISHED"),
    ("kms-srv", ["--suffix-list", "closed.test,good.test"], "KMS-DNS-SUFFIX-FAILED"),
    ("kms-srv", ["--workgroup"], "KMS-CLIENT-NO-SUFFIX"),
    ("kms-srv", ["--server", "OTHER", "good.test"], "KMS-DNS-SERVERS-DIFFER"),
    ("kms-srv", ["--server", "127.0.0.1:1", "good.test"], "KMS-DNS-SERVER-SKIPPED"),
    ("kms-srv", ["--events", ROOT / "tests/windows/samples/events-viewer.xml"], "KMS-EVENT-PUBLISH-FAILED KMS-EVENT-NOT-IN-DNS"),
    ("kms-check", ["ato", "--domain", "missing.test"], "KMS-DNS-NO-RECORD"),
    ("kms-probe", ["--domain", "closed.test"], "KMS-DNS-REFUSED"),
    ("kms-check", ["dlv", "--from", ROOT / "tests/slmgr/samples/kinds/dlv-fixed-host-en.txt", "--domain", "good.test"], "KMS-CLIENT-HOST-UNPUBLISHED"),
    ("kms-check", ["dlv", "--from", ROOT / "tests/slmgr/samples/client-licensed.txt", "--domain", "good.test"], "KMS-CLIENT-CACHE-STALE")]

SAVED = sorted((ROOT / "tests/slmgr/samples").rglob("*.txt"))

CAPTURES = sorted((ROOT / "tests/scenarios").glob("*dns*/*.pcap"))


class Japanese(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.home = tempfile.TemporaryDirectory(prefix="kms-japanese-")
        cls.addClassCleanup(cls.home.cleanup)
        cls.server, cls.other = cls.start(ROWS), cls.start(OTHER_ROWS)

    @classmethod
    def start(cls, rows):
        process = subprocess.Popen([sys.executable, "-B", ROOT / "tests/lab/dns_stub.py", "0", json.dumps(rows)],
                                   stdout=subprocess.PIPE, text=True)
        cls.addClassCleanup(cls.end, process)
        return f"127.0.0.1:{re.search(r'[0-9]+', process.stdout.readline())[0]}"

    @staticmethod
    def end(process):
        process.kill()
        process.communicate(timeout=LIMIT_S)

    def run_tool(self, tool, *arguments):
        # kms-check keeps its client machine id in the home folder.
        done = subprocess.run([BIN / tool, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=LIMIT_S, check=False,
                              env={"PATH": os.environ["PATH"], "HOME": self.home.name})
        self.assertLess(done.returncode, 3, done.stderr)
        return done.stdout

    def document(self, tool, *arguments):
        """What a program reads, but for what is another in each run: times, and the order in which servers answer."""
        lines = [json.loads(line) for line in TIMES.sub("0", self.run_tool(tool, *arguments)).splitlines()]
        for line in lines:
            line.get("replies", []).sort(key=json.dumps)
        return lines

    def check_lines(self, found):
        for finding in found:
            for text in [finding.title, *finding.evidence]:
                # A consequence may stand without its title.
                if text and not VALUES_ALONE.fullmatch(text):
                    self.assertTrue(findings_text.is_japanese(text), f"{finding.rule}: {text}")

    def check_language(self, tool, *arguments, expected=""):
        found = findings_text.findings(self.run_tool(tool, "--lang", "ja", "-v", *arguments))
        self.check_lines(found)
        for rule in expected.split():
            self.assertIn(rule, [finding.rule for finding in found])
        self.assertEqual(*(self.document(tool, *language, "--json", *arguments) for language in ((), ("--lang", "ja"))))
        return {finding.rule for finding in found}

    def test_dns(self):
        for tool, arguments, expected in DNS:
            with self.subTest(arguments=arguments):
                command, rest = (arguments[:1], arguments[1:]) if tool == "kms-check" else ([], arguments)
                rest = [self.other if argument == "OTHER" else argument for argument in rest]
                self.check_language(tool, *command, "--server", self.server, *rest, expected=expected)

    def test_saved_output(self):
        rules = set()
        for path in SAVED:
            with self.subTest(path=path.name):
                rules |= self.check_language("kms-check", "dlv", "--from", path)
        self.assertGreaterEqual(len(rules), 20, rules)

    def test_captured_searches(self):
        rules = set()
        for capture in CAPTURES:
            with self.subTest(capture=capture):
                text = self.run_tool("kms-decode", "--lang", "ja", "-v", capture)
                found = [finding for finding in findings_text.findings(text) if finding.rule.startswith(("KMS-DNS-", "KMS-SRV-"))]
                self.check_lines(found)
                rules |= {finding.rule for finding in found}
                self.assertEqual(*(self.run_tool("kms-decode", *language, "--json", capture) for language in ((), ("--lang", "ja"))))
        self.assertGreaterEqual(len(rules), 6, rules)


if __name__ == "__main__":
    unittest.main()

"""kms-decode --lang ja: findings of event logs and of many conversations, and the comments of annotated captures, are Japanese.

Needs the built program ($DIAG_BIN_DIR/kms-decode), for the comments tshark. Whether a text is translated well only people can say;
here stands that none is English: each has kana or kanji, but for lines that are nothing but names and numbers.
"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = os.environ.get("KMS_DECODE") or os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
CAPTURES = sorted((ROOT / "captures").glob("*.pcap"))
SCENARIOS = sorted(path for path in (ROOT / "tests/scenarios").iterdir() if list(path.glob("events*")))
LIMIT_S = 120

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
HEAD = re.compile(r"  (?:critical|warning|info) +(KMS-[A-Z-]+)$")
TEXT = re.compile(r" {11}(- )?(?! )(.*)$")
# "pc17.corp.example (7a31c5e8-...), Windows 11 Enterprise": who asks for what, by their names; the log's where it has no other.
NAMES_ONLY = re.compile(r"[\w./-]+(?: \([0-9a-f-]{36}\))?, (?:Windows|Office) [\w ./-]+$|ePID [0-9-]+$")
# From event logs, and from what several conversations show together.
RULES = re.compile(r"KMS-(?:EVENT-(?!NOT-IN-DNS|PUBLISH-FAILED)|CLIENT-CLONED$|CLIENT-RETRIES$|CLIENTS-NAT$|COUNT-STUCK$|HOST-NEVER-GRANTS$|"
                   r"HOST-IDENTITY-CHANGES$|NAME-MANY-IDS$|CLOCK-MARGIN$|RESPONSE-OLDER$)")


def run(*arguments):
    return subprocess.run([TOOL, *map(str, arguments)], cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, timeout=LIMIT_S)


def text_of(*arguments):
    return run("--lang", "ja", *arguments).stdout.decode()


def findings(report):
    """[(id, [title and lines of evidence])] of a report in text, with broken lines joined."""
    found, texts = [], None
    for line in report.splitlines():
        head, text = HEAD.match(line), TEXT.match(line)
        if head:
            texts = []
            found.append((head[1], texts))
        elif text and texts is not None:
            is_new = text[1] or not texts or texts == ["-"]
            if is_new:
                texts.append(text[2])
            else:
                texts[-1] += " " + text[2]
        elif line.startswith(" " * 13) and texts:
            texts[-1] += " " + line.strip()
        else:
            texts = None
    return found


def untranslated(report):
    """Texts of the rules at hand that are neither Japanese nor names only, and how many texts there were."""
    bad, count = [], 0
    for rule, texts in findings(report):
        if not RULES.match(rule):
            continue
        count += len(texts)
        bad += [(rule, text) for text in texts if not JAPANESE.search(text) and not NAMES_ONLY.match(text)]
    return bad, count


def arguments_of(scenario):
    arguments = [path.relative_to(ROOT) for path in sorted(scenario.glob("*.pcap*"))]
    for path in sorted(scenario.glob("events*")):
        arguments += ["--events", path.relative_to(ROOT)]
    return arguments


class Findings(unittest.TestCase):
    def test_findings_of_event_logs_are_japanese(self):
        rules = set()
        for scenario in SCENARIOS:
            report = text_of(*arguments_of(scenario))
            with self.subTest(scenario=scenario.name):
                self.assertEqual(untranslated(report)[0], [])
            rules |= {rule for rule, _ in findings(report)}
        self.assertLessEqual({"KMS-EVENT-HOST-UNREACHABLE", "KMS-EVENT-NOT-CONTACTED", "KMS-EVENT-CALL-FAILED"}, rules)

    def test_findings_of_many_conversations_are_japanese(self):
        report = text_of("--clients", *CAPTURES)
        bad, count = untranslated(report)
        self.assertEqual(bad, [])
        self.assertGreater(count, 3)
        self.assertIn("前回から", report)

    def test_the_same_report_in_english_fails_here(self):
        scenario = next(path for path in SCENARIOS if path.name == "events-host-unreachable")
        bad, count = untranslated(run("--lang", "en", *arguments_of(scenario)).stdout.decode())
        self.assertGreater(count, 1)
        self.assertGreater(len(bad), 1)

    def test_json_does_not_depend_on_the_language(self):
        runs = [["--clients", *CAPTURES]] + [arguments_of(scenario) for scenario in SCENARIOS[::8]]
        for arguments in runs:
            with self.subTest(first=str(arguments[-1])):
                english, japanese = run("--json", *arguments), run("--json", "--lang", "ja", *arguments)
                self.assertEqual(english.stdout, japanese.stdout)
                self.assertEqual(english.returncode, japanese.returncode)


@unittest.skipUnless(shutil.which("tshark"), "needs tshark")
class Comments(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-decode-japanese-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def comments(self, *arguments):
        path = self.folder / "annotated.pcapng"
        path.unlink(missing_ok=True)
        run("-w", path, *arguments)
        done = subprocess.run(["tshark", "-r", path, "-T", "fields", "-E", "aggregator=\x1f", "-e", "frame.comment"],
                              capture_output=True, timeout=LIMIT_S, check=True)
        return [comment for line in done.stdout.decode().splitlines() for comment in line.split("\x1f") if comment]

    def test_each_comment_is_japanese(self):
        names = ["dns-srv-then-v6", "bind-nak-protocol-version", "not-rpc-http", "silent-drop", "rejected-icmp-port",
                 "fault-access-denied", "hresult-time-skew", "count-low-v6", "c2c-v4-vista", "snaplen-96-v6"]
        captures = [path for path in CAPTURES if path.stem in names]
        self.assertGreater(len(captures), 7)
        for capture in captures:
            comments = self.comments("--lang", "ja", capture)
            with self.subTest(capture=capture.name):
                self.assertGreater(len(comments), 1)
                # Those of findings carry titles, which the tests of their rules look at.
                own = [comment for comment in comments if not comment.startswith("KMS-")]
                self.assertEqual([comment for comment in own if not JAPANESE.search(comment)], [])

    def test_with_json_comments_are_english(self):
        capture = CAPTURES[0]
        english = self.comments("--lang", "en", capture)
        self.assertEqual(self.comments("--json", "--lang", "ja", capture), english)
        self.assertNotEqual(self.comments("--lang", "ja", capture), english)


if __name__ == "__main__":
    unittest.main()

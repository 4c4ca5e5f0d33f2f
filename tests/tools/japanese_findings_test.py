"""With --lang ja the findings of conversations, names, targets and captures are Japanese: titles, evidence and remedies.

Needs the built programs in $DIAG_BIN_DIR. Loopback and ports of the system's choice only. Which findings come, and what they
say in English, is tested elsewhere; here only that no sentence of them stays English, and that JSON does not change.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest

from ports import closed_port

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR") or ROOT / "build/release/bin")
LIMIT_S = 60

HEAD = re.compile(r"  (?:critical|warning |info    ) (KMS-[A-Z-]+)$")
COLUMN = 11  # of titles, evidence and labels
LABEL = re.compile(r"(原因|対処|確認|結果): |Windows クライアントの表示")
TOGETHER = "結論"  # behind it the findings stand again, with the names of files

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
ENGLISH = re.compile(r"\b(?:the|of|is|was|were|with|from|but|and|it)\b")
# What stands before a sentence, and is none itself.
PREFIX = re.compile(r"- |パケット \d+(?: \([^)]*\))?: |[+-]\d+\.\d+ m?s: |KMS-[A-Z-]+: |最後の失敗、KMS-[A-Z-]+: ")
# Shown by several conversations together: not the subject here.
OTHERS = {"KMS-CLIENTS-NAT", "KMS-HOST-IDENTITY-CHANGES"}


def findings_in(report):
    """[(id, [title and lines of evidence, unwrapped])] of a text report."""
    found, items = [], None
    for line in report.splitlines():
        head = HEAD.match(line)
        if line.startswith(TOGETHER):
            break
        if head:
            items = []
            found.append((head[1], items))
        elif items is None or not line.startswith(" " * COLUMN) or LABEL.match(line[COLUMN:]):
            items = None
        elif line[COLUMN:].startswith("- ") or not items:
            items.append(line[COLUMN:])
        else:
            items[-1] += " " + line.strip()
    return found


def sentence_of(item):
    while found := PREFIX.match(item):
        item = item[found.end():]
    return item


def serve(listener, answer):
    """Answers the first bytes of each client; with nothing to answer it stays silent."""
    clients = []
    try:
        while True:
            client = listener.accept()[0]
            clients.append(client)
            client.recv(4096)
            if answer:
                client.sendall(answer)
                client.close()
    except OSError:
        for client in clients:
            client.close()


class Case(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-japanese-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = os.environ | {"XDG_STATE_HOME": str(self.folder / "state")}

    def text(self, tool, *arguments):
        done = subprocess.run([BIN / tool, *map(str, arguments)], capture_output=True, text=True, timeout=LIMIT_S,
                              env=self.environment, stdin=subprocess.DEVNULL, check=False)
        self.assertLess(done.returncode, 3, done.stderr)
        return done.stdout

    def japanese(self, *command):
        """The ids of the findings that this run tells, all of them in Japanese."""
        ids = set()
        for rule, items in findings_in(self.text(command[0], "--lang", "ja", *command[1:])):
            if rule in OTHERS:
                continue
            ids.add(rule)
            for item in items:
                with self.subTest(command=" ".join(map(str, command)), rule=rule, item=item):
                    self.assertRegex(sentence_of(item), JAPANESE)
                    self.assertNotRegex(item, ENGLISH)
        return ids

    def server(self, answer=b""):
        """The port of a server on loopback."""
        listener = socket.create_server(("127.0.0.1", 0))
        # close() alone leaves accept() waiting.
        self.addCleanup(lambda: (listener.shutdown(socket.SHUT_RDWR), listener.close()))
        threading.Thread(target=serve, args=(listener, answer), daemon=True).start()
        return listener.getsockname()[1]

    def host(self, *arguments):
        """The port of a reference host."""
        host = subprocess.Popen([BIN / "kms-refhost", "--listen", "127.0.0.1:0", *map(str, arguments)], text=True,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
        self.addCleanup(lambda: (host.kill(), host.communicate(timeout=LIMIT_S)))
        for line in host.stderr:
            if found := re.match(r"listening on 127\.0\.0\.1:(\d+)$", line):
                return int(found[1])
        self.fail("kms-refhost did not start")


class OfReport(unittest.TestCase):
    def test_the_reader_of_reports_finds_titles_and_evidence_and_joins_wrapped_lines(self):
        report = "\n".join(["somewhere", "  critical KMS-BIND-RESET", "           a title", "           goes on",
                            "           - packet 1: one", "             two", "           原因: x", "           - no evidence",
                            "  info     KMS-HOST-LAB", "           other", "done"])
        self.assertEqual(findings_in(report), [("KMS-BIND-RESET", ["a title goes on", "- packet 1: one two"]),
                                               ("KMS-HOST-LAB", ["other"])])
        self.assertEqual(sentence_of("- パケット 1 (+0.000 ms): SYN from 192.0.2.1:1, sent once"),
                         "SYN from 192.0.2.1:1, sent once")


class Captures(Case):
    def test_what_captures_show_is_japanese(self):
        ids = set()
        for capture in sorted((ROOT / "captures").glob("*.pcap*")):
            ids |= self.japanese("kms-decode", capture)
        # So many different ones that hardly a sentence is left out.
        self.assertGreater(len(ids), 20, ids)

    def test_what_a_damaged_capture_shows_is_japanese(self):
        whole = (ROOT / "captures/c2c-v6-ndr64-btfn-srv2019.pcap").read_bytes()
        damaged = self.folder / "cut.pcap"
        damaged.write_bytes(whole[:-7])
        (rule, items), *_ = findings_in(self.text("kms-decode", "--lang", "ja", damaged))[-1:]
        self.assertEqual(rule, "KMS-CAPTURE-DAMAGED")
        for item in items:
            self.assertRegex(item.replace(str(damaged), ""), JAPANESE)

    def test_json_stays_as_it_is(self):
        for name in ("refused-rst", "hresult-time-skew", "not-rpc-http", "lost-segment-v5", "bind-nak-protocol-version"):
            capture = ROOT / f"captures/{name}.pcap"
            self.assertEqual(self.text("kms-decode", "--lang", "ja", "--json", capture),
                             self.text("kms-decode", "--json", capture))


class Live(Case):
    def cases(self):
        """(id that is expected, port, options of the two tools)"""
        yield "KMS-CONNECT-REFUSED", closed_port(), []
        yield "KMS-BIND-NO-ANSWER", self.server(), ["--timeout", "0.3"]
        yield "KMS-NOT-RPC", self.server(b"HTTP/1.1 400 Bad Request\r\n\r\n"), []
        yield "KMS-NOT-RPC", self.server(b"220 mail.example.test ESMTP\r\n"), []
        yield "KMS-BIND-NO-INTERFACE", self.host("--fault", "bind-reject"), []
        yield "KMS-BIND-NAK", self.host("--fault", "bind-nak:4"), []
        yield "KMS-BIND-NO-SYNTAX", self.host("--fault", "wrong-transfer-syntax"), []
        yield "KMS-BIND-RESET", self.host("--fault", "reset@bind"), []

    def test_what_a_probe_says_is_japanese(self):
        for rule, port, options in self.cases():
            self.assertEqual(self.japanese("kms-probe", *options, f"127.0.0.1:{port}"), {rule})
        self.assertEqual(self.japanese("kms-probe", "--request", f"127.0.0.1:{self.host('--fault', 'hresult:0x8007000D')}"),
                         {"KMS-LAB-KEYS-REFUSED"})
        self.assertIn("KMS-COUNT-LOW", self.japanese("kms-probe", "-v", "--request", f"127.0.0.1:{self.host()}"))

    def test_what_several_attempts_say_is_japanese(self):
        port = self.host("--fault", "reset@bind,2")
        self.assertEqual(self.japanese("kms-probe", "--count", "3", "--interval", "0.01", f"127.0.0.1:{port}"),
                         {"KMS-CONNECT-UNSTABLE"})

    def test_a_name_without_address_is_japanese(self):
        # No DNS name at all, so nobody is asked.
        self.assertEqual(self.japanese("kms-probe", "--timeout", "2", "a" * 64 + ".invalid"), {"KMS-NAME-NOT-FOUND"})

    def test_what_an_activation_says_is_japanese(self):
        for rule, port, options in self.cases():
            self.assertEqual(self.japanese("kms-check", "ato", *options, f"127.0.0.1:{port}"), {rule})
        for fault, rule in (("hresult:0xC004F042", "KMS-PRODUCT-NOT-COVERED"), ("bad-hmac", "KMS-RESPONSE-CHECK"),
                            ("rpc-fault:0x5", "KMS-RPC-FAULT"), ("half", "KMS-RESPONSE-CUT"),
                            ("close@request", "KMS-REQUEST-CLOSED"), ("reset@request", "KMS-REQUEST-RESET")):
            port = self.host("--start-count", 30, "--fault", fault)
            self.assertIn(rule, self.japanese("kms-check", "ato", f"127.0.0.1:{port}"))


if __name__ == "__main__":
    unittest.main()

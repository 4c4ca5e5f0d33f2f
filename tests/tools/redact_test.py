"""kms-decode --redact over all captures and scenarios: the same verdicts as before, and nothing left of who was there.

What must be gone comes from the ground truth (captures/*.expected.json) and from tshark, never from the tool.
"""
import functools
import ipaddress
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

SOURCE = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
TOOL = os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
TSHARK = shutil.which("tshark")
CAPINFOS = shutil.which("capinfos")
CHECKSUMS = [word for name in ("ip", "tcp", "udp") for word in ("-o", f"{name}.check_checksum:TRUE")]

CAPTURES = sorted((SOURCE / "captures").glob("*.pcap*"))
SCENARIOS = sorted(path.parent for path in (SOURCE / "tests" / "scenarios").glob("*/expected.json"))
SHORTEST_NAME = 4  # characters: shorter ones stand in other bytes by chance


def run(*words, cwd=None):
    done = subprocess.run([TOOL, *map(str, words)], cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", timeout=120, check=False)
    return done.stdout, done.returncode, done.stderr


def documents(text):
    return [json.loads(line) for line in text.splitlines()]


def findings_of(document):
    return sorted((finding["id"], finding["severity"], str(finding["windows_code"]), str(finding["inner_code"]))
                  for finding in document.get("findings", []))


def outcome_of(document):
    """What is said of a conversation, without who is in it and in which packets of which file."""
    exchanges = [(exchange.get("hresult"), (exchange.get("response") or {}).get("count"),
                  (exchange.get("request") or {}).get("kms_id"), (exchange.get("request") or {}).get("version"))
                 for exchange in document.get("exchanges", [])]
    return (document["kind"], document.get("outcome"), str(exchanges), str(findings_of(document)))


def verdict_of(text):
    """All that a run says, as far as it has to stay."""
    told = [document for document in documents(text) if document["kind"] != "redaction"]
    # A capture without findings has no document of its own.
    return sorted(outcome_of(document) for document in told if document["kind"] != "verdict"), [
        (cause["finding"]["id"], sorted(below["finding"]["id"] for below in cause["consequences"]))
        for document in told if document["kind"] == "verdict" for cause in document["causes"]]


def words_of(folder):
    names = sorted(path.name for path in folder.iterdir())
    words = [name for name in names if name.endswith((".pcap", ".pcapng"))]
    for name in names:
        if name.startswith("events-"):
            words += ["--events", name]
        elif name.startswith("saved-"):
            words += ["--saved", name]
    return words


@functools.cache
def key_file():
    handle, path = tempfile.mkstemp(prefix="redact-key-")
    os.write(handle, b"a key for tests")
    os.close(handle)
    return path


def tshark_fields(path, *fields):
    """The values of each field, of all packets and layers."""
    command = [TSHARK, "-n", "-r", path, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=;"]
    for field in fields:
        command += ["-e", field]
    text = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8", timeout=60,
                          check=True).stdout
    columns = {field: set() for field in fields}
    for line in text.splitlines():
        for field, values in zip(fields, line.split("\t")):
            columns[field] |= {value for value in values.split(";") if value}
    return columns


class Truth:
    """Who was in a capture: by its ground truth, and by what tshark reads of its headers and DNS."""

    ADDRESS_FIELDS = ("ip.addr", "ipv6.addr", "dns.a", "dns.aaaa")
    NAME_FIELDS = ("dns.qry.name", "dns.resp.name", "dns.srv.target", "dns.cname", "dns.soa.mname", "dns.soa.rname",
                   "dns.ns")

    def __init__(self, path):
        self.names, self.ids, self.epids, self.hwids = set(), set(), set(), set()
        expected = path.with_name(path.name.split(".")[0] + ".expected.json")
        if expected.exists():
            for connection in json.loads(expected.read_text(encoding="utf-8"))["connections"]:
                for exchange in connection["exchanges"]:
                    self.add_exchange(exchange)
        columns = tshark_fields(path, *self.ADDRESS_FIELDS, *self.NAME_FIELDS, "eth.addr")
        self.addresses = {value for field in self.ADDRESS_FIELDS for value in columns[field] if is_somebodys(value)}
        for field in self.NAME_FIELDS:
            for name in columns[field]:
                self.names |= {label for label in name.split(".") if label.lower() not in ("_vlmcs", "_tcp", "_udp", "vlmcs")}
        self.names = {name for name in self.names if len(name) >= SHORTEST_NAME and not name.isdigit()}
        self.macs = {value for value in columns["eth.addr"] if not int(value[:2], 16) & 1}

    def add_exchange(self, exchange):
        request, response = exchange.get("request") or {}, exchange.get("response") or {}
        if request.get("workstation_name"):
            self.names.add(request["workstation_name"])
        for field in ("client_machine_id", "previous_client_machine_id"):
            if request.get(field, "").strip("0-"):
                self.ids.add(request[field])
        if response.get("epid"):
            self.epids.add(response["epid"])
        if response.get("hwid"):
            self.hwids.add(response["hwid"])

    def traces(self):
        """Each as bytes of a file would have it, with what it is."""
        for text in self.names | self.epids:
            yield text, text.encode("utf-8")
            yield text + " (UTF-16)", text.encode("utf-16-le")
        for text in self.ids:
            value = uuid.UUID(text)
            yield text, text.encode()
            yield text + " (wire)", value.bytes_le
            yield text + " (big endian)", value.bytes
        for text in self.hwids:
            yield "hwid " + text, bytes.fromhex(text)
            yield "hwid in text " + text, text.encode()
        for text in self.addresses:
            packed = ipaddress.ip_address(text).packed
            if len(packed) == 16:
                yield text, packed
        for text in self.macs:
            if text != "00:00:00:00:00:00":
                yield text, bytes.fromhex(text.replace(":", ""))


def is_somebodys(address):
    """Not one of those that stay, being nobody's."""
    value = ipaddress.ip_address(address)
    return not (value.is_multicast or value.is_unspecified or address in ("::1", "255.255.255.255"))


def traces_in(data, truth):
    lowered = data.lower()
    return sorted({what for what, trace in truth.traces() if trace in data or (trace.isascii() and trace.lower() in lowered)})


def complaints_of(path):
    """What tshark finds wrong: malformed packets and bad checksums, as many as there are."""
    text = subprocess.run([TSHARK, "-n", "-r", path, *CHECKSUMS, "-Y",
                           "_ws.malformed or ip.checksum.status == 0 or tcp.checksum.status == 0 or "
                           "udp.checksum.status == 0 or icmp.checksum.status == 0 or icmpv6.checksum.status == 0",
                           "-T", "fields", "-e", "_ws.malformed", "-e", "_ws.col.Info"], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, encoding="utf-8", timeout=60, check=True).stdout
    return text.splitlines()


class Redacted(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="redacted-")
        cls.addClassCleanup(cls.folder.cleanup)

    def redact(self, path, suffix=".pcap", *words):
        out = os.path.join(self.folder.name, path.name.split(".")[0] + suffix)
        text, status, errors = run("--json", "--redact", "--redact-key", key_file(), "-w", out, *words, path)
        self.assertEqual("", errors, path.name)
        return text, status, out


class Verdicts(Redacted):
    def check(self, path, suffix):
        before, status, _ = run("--json", path)
        after, redacted_status, out = self.redact(path, suffix)
        self.assertEqual(verdict_of(before), verdict_of(after), "in the report")
        self.assertEqual(status, redacted_status)
        again, status_again, errors = run("--json", out)
        self.assertEqual("", errors)
        self.assertEqual(verdict_of(before), verdict_of(again), "of the file that was written")
        self.assertEqual(status, status_again)

    def test_captures_give_the_same_verdict_in_the_report_and_in_the_file(self):
        for path in CAPTURES:
            for suffix in (".pcap", ".pcapng"):
                with self.subTest(path.name + suffix):
                    self.check(path, suffix)

    def test_scenarios_give_the_same_verdict(self):
        for folder in SCENARIOS:
            with self.subTest(folder.name):
                before, status, _ = run("--json", *words_of(folder), cwd=folder)
                after, redacted_status, errors = run("--json", "--redact", *words_of(folder), cwd=folder)
                self.assertEqual("", errors)
                self.assertEqual(verdict_of(before), verdict_of(after))
                self.assertEqual(status, redacted_status)


@unittest.skipUnless(TSHARK and CAPINFOS, "tshark is not installed")
class Bytes(Redacted):
    def test_nothing_is_left_of_who_was_there(self):
        for path in CAPTURES:
            with self.subTest(path.name):
                truth = Truth(path)
                for suffix in (".pcap", ".pcapng"):
                    report, _, out = self.redact(path, suffix)
                    self.assertEqual([], traces_in(pathlib.Path(out).read_bytes(), truth), suffix)
                text = run("-v", "--tree", "--redact", path)[0]
                for shown in (report, text):
                    # The file is called as the user calls it.
                    shown = shown.replace(str(path), "").replace(path.name, "")
                    self.assertEqual([], traces_in(shown.encode(), truth), "report")
                    self.assertEqual([], [address for address in truth.addresses if address in shown], "report")

    def test_headers_have_other_addresses(self):
        for path in CAPTURES:
            with self.subTest(path.name):
                before = Truth(path)
                after = Truth(pathlib.Path(self.redact(path, ".pcapng")[2]))
                self.assertEqual(set(), before.addresses & after.addresses)
                self.assertEqual(set(), before.macs & after.macs)

    def test_tshark_has_no_complaint_that_it_did_not_have(self):
        for path in CAPTURES:
            with self.subTest(path.name):
                after = complaints_of(self.redact(path)[2])
                before = complaints_of(path) if after else []
                self.assertLessEqual(len(after), len(before), after)

    def test_capinfos_reads_all(self):
        for path in CAPTURES:
            with self.subTest(path.name):
                for suffix in (".pcap", ".pcapng"):
                    done = subprocess.run([CAPINFOS, self.redact(path, suffix)[2]], capture_output=True, check=False)
                    self.assertEqual((0, b""), (done.returncode, done.stderr))


if __name__ == "__main__":
    if not os.environ.get("DIAG_BIN_DIR"):
        sys.exit("DIAG_BIN_DIR is not set: run this by ctest")
    unittest.main()

"""kms-decode --redact over all captures and scenarios: the same verdicts as before, and nothing left of who was there.

What must be gone comes from the ground truth (captures/*.expected.json) and from tshark, never from the tool.
"""
import atexit
import concurrent.futures
import functools
import ipaddress
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

try:
    import jsonschema
except ImportError:
    jsonschema = None

SOURCE = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR", pathlib.Path(__file__).parents[2]))
sys.path.insert(0, str(SOURCE / "tests/scenarios"))
import evidence  # noqa: E402

TOOL = os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
TSHARK = shutil.which("tshark")
CAPINFOS = shutil.which("capinfos")
CHECKSUMS = [word for name in ("ip", "tcp", "udp") for word in ("-o", f"{name}.check_checksum:TRUE")]

CAPTURES = sorted((SOURCE / "captures").glob("*.pcap*"))
OWN_WORDS = {"denied"}  # names of machines that are words of the reports as well
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


@functools.cache
def key_file():
    handle, path = tempfile.mkstemp(prefix="redact-key-")
    atexit.register(os.unlink, path)
    os.write(handle, b"a key for tests")
    os.close(handle)
    return path


def tshark_fields(path, *fields):
    """The values of each field, of all packets and layers."""
    command = [TSHARK, "-n", "-r", path, *CHECKSUMS, "-T", "fields", "-E", "occurrence=a", "-E", "aggregator=;"]
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
        columns = tshark_fields(path, *self.ADDRESS_FIELDS, *self.NAME_FIELDS, "eth.addr", "_ws.malformed", *CHECKSUM_FIELDS)
        self.malformed = columns["_ws.malformed"]
        self.bad_checksums = [field for field in CHECKSUM_FIELDS if BAD in columns[field]]
        self.addresses = {value for field in self.ADDRESS_FIELDS for value in columns[field] if is_somebodys(value)}
        for field in self.NAME_FIELDS:
            for name in columns[field]:
                self.names |= {label for label in name.split(".") if label.lower() not in ("_vlmcs", "_tcp", "_udp", "vlmcs")}
        self.names = {name for name in self.names
                      if len(name) >= SHORTEST_NAME and not name.isdigit() and name not in OWN_WORDS}
        self.epids = {epid for epid in self.epids if len(epid) >= SHORTEST_NAME}
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


CHECKSUM_FIELDS = tuple(f"{name}.checksum.status" for name in ("ip", "tcp", "udp", "icmp", "icmpv6"))
BAD = "0"


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
        for folder in evidence.FOLDERS:
            with self.subTest(folder.name):
                before, status, _ = run("--json", *evidence.arguments(folder), cwd=folder)
                after, redacted_status, errors = run("--json", "--redact", *evidence.arguments(folder), cwd=folder)
                self.assertEqual("", errors)
                self.assertEqual(verdict_of(before), verdict_of(after))
                self.assertEqual(status, redacted_status)


class LogsAndSavedOutput(unittest.TestCase):
    """Who is in the files themselves, by the forms that names and ids have in them."""

    PATTERNS = (r"\b(?:\d{1,3}\.){3}\d{1,3}\b",  # addresses
                r"[\w-]+(?:\.[\w-]+)*\.(?:test|example|local)\b",  # names with a domain
                r"\b\d{5}-\d{5}-\d{3}-\d{6}-\d\d-\d{4,5}-\d+\.\d{4}-\d{7}\b",  # ePIDs
                r"[,>]\s*([A-Za-z][\w-]{3,})\s*[,<]\s*[0-9a-fA-F]{8}-",  # machines in 12290
                r"[,>]\s*[A-Za-z][\w-]{3,}\s*[,<]\s*([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",  # their ids
                r"CMID\)?:\s*([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})",
                r"<Computer>([^<]+)<")
    NOBODYS = re.compile(r"0\.|10\.0\.\d+\.0$|6\.\d")  # also versions of Windows

    def who_is_in(self, folder):
        found = set()
        for path in folder.iterdir():
            if not path.name.startswith(("events-", "saved-")):
                continue
            data = path.read_bytes()
            text = data.decode("utf-16" if data.startswith(b"\xff\xfe") else "utf-8", "replace")
            for pattern in self.PATTERNS:
                found |= {what.lower() for what in re.findall(pattern, text) if not self.NOBODYS.match(what)}
        return found

    def test_nothing_of_them_is_left_in_reports(self):
        count = 0
        for folder in evidence.FOLDERS:
            who = self.who_is_in(folder)
            count += len(who)
            if not who:
                continue
            for words in (("-v", "--clients"), ("--json",)):
                shown = run(*words, "--redact", *evidence.arguments(folder), cwd=folder)[0].lower()
                with self.subTest(folder.name, words=words):
                    self.assertEqual([], sorted(what for what in who if what in shown))
        self.assertGreater(count, 400)


@unittest.skipUnless(TSHARK and CAPINFOS, "tshark is not installed")
class Bytes(Redacted):
    def traces_of(self, path, truth):
        """What is left in the new captures and in the reports."""
        for suffix in (".pcap", ".pcapng"):
            report, _, out = self.redact(path, suffix)
            yield from (f"{suffix}: {what}" for what in traces_in(pathlib.Path(out).read_bytes(), truth))
        # Bodies are encrypted: what is in those of the new capture shows when it is read.
        for name, shown in (("json", report), ("text", run("-v", "--tree", "--redact", path)[0]),
                            ("text of the new capture", run("-v", "--tree", out)[0])):
            # The file is called as the user calls it.
            shown = shown.replace(str(path), "").replace(path.name, "")
            yield from (f"{name}: {what}" for what in traces_in(shown.encode(), truth))
            yield from (f"{name}: {address}" for address in truth.addresses if address in shown)

    def problems_of(self, path):
        before = Truth(path)
        out = os.path.join(self.folder.name, path.name.split(".")[0] + ".pcapng")
        problems = list(self.traces_of(path, before))
        after = Truth(pathlib.Path(out))
        problems += [f"address {address} as before" for address in before.addresses & after.addresses]
        problems += [f"MAC address {mac} as before" for mac in before.macs & after.macs]
        problems += [f"tshark: {what}" for what in after.malformed - before.malformed]
        problems += [f"tshark: bad {what}" for what in after.bad_checksums]
        for suffix in (".pcap", ".pcapng"):
            done = subprocess.run([CAPINFOS, out.removesuffix(".pcapng") + suffix], capture_output=True, check=False)
            problems += [f"capinfos: {done.stderr}"] if done.returncode or done.stderr else []
        return problems

    def test_nothing_is_left_of_who_was_there_and_tshark_has_no_complaint(self):
        with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
            for path, problems in zip(CAPTURES, pool.map(self.problems_of, CAPTURES)):
                with self.subTest(path.name):
                    self.assertEqual([], problems)

    def test_this_test_sees_what_it_looks_for(self):
        path = SOURCE / "captures" / "dns-srv-then-v6.pcap"
        truth = Truth(path)
        self.assertEqual({"corp", "example", "kms1", "test"}, set(traces_in(path.read_bytes(), truth)) & truth.names)
        self.assertTrue({"192.0.2.77", "192.0.2.10", "192.0.2.53"} <= truth.addresses)
        # Captured where they were sent, by a machine that leaves them to its network card.
        self.assertEqual(["tcp.checksum.status", "udp.checksum.status"], truth.bad_checksums)
        # Bodies of this version are not encrypted.
        path = SOURCE / "captures" / "c2c-v4-vista.pcap"
        truth = Truth(path)
        found = traces_in(path.read_bytes(), truth)
        for what in [text + " (UTF-16)" for text in truth.names | truth.epids] + [text + " (wire)" for text in truth.ids]:
            self.assertIn(what, found)
        self.assertTrue(truth.names and truth.epids and truth.ids)

    def test_tshark_sees_a_broken_checksum(self):
        data = bytearray(pathlib.Path(self.redact(SOURCE / "captures" / "dns-srv-then-v6.pcap")[2]).read_bytes())
        data[-1] ^= 1
        broken = pathlib.Path(self.folder.name) / "broken.pcap"
        broken.write_bytes(data)
        self.assertEqual(["tcp.checksum.status"], Truth(broken).bad_checksums)


class CommandLine(Redacted):
    CAPTURE = SOURCE / "captures" / "dns-srv-then-v6.pcap"

    def refused(self, *words):
        out, status, errors = run(*words)
        self.assertEqual((3, ""), (status, out))
        self.assertEqual(1, errors.count("\n"))
        return errors

    def test_live_captures_are_refused_in_one_line_that_says_what_to_do(self):
        self.assertIn("capture with -i INTERFACE -w FILE first", self.refused("--redact", "-i", "lo"))

    def test_a_key_needs_redaction_and_content(self):
        self.assertIn("goes with --redact", self.refused("--redact-key", key_file(), self.CAPTURE))
        self.assertIn("is empty", self.refused("--redact", "--redact-key", os.devnull, self.CAPTURE))
        self.assertIn("nowhere", self.refused("--redact", "--redact-key", "nowhere", self.CAPTURE))

    def test_one_key_gives_the_same_pseudonyms_and_none_gives_others(self):
        first, second = (run("--json", "--redact", "--redact-key", key_file(), self.CAPTURE)[0] for _ in range(2))
        self.assertEqual(first, second)
        random = {run("--json", "--redact", self.CAPTURE)[0] for _ in range(2)}
        self.assertEqual(3, len(random | {first}))

    def test_it_says_that_names_are_pseudonyms(self):
        self.assertEqual("Names, addresses and ids are pseudonyms (--redact).",
                         run("--redact", self.CAPTURE)[0].splitlines()[-1])
        self.assertTrue(documents(run("--json", "--redact", self.CAPTURE)[0])[0]["redacted"])
        self.assertNotIn("pseudonyms", run(self.CAPTURE)[0])

    @unittest.skipUnless(jsonschema, "python3-jsonschema is not installed")
    def test_the_schema_knows_what_it_prints(self):
        schema = json.loads((SOURCE / "docs/schema/kms-decode.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema)
        folder = SOURCE / "tests/scenarios/dns-first-host-dead"
        told = documents(run("--json", "--redact", self.CAPTURE)[0])
        told += documents(run("--json", "--redact", *evidence.arguments(folder), cwd=folder)[0])
        self.assertEqual(2, sum(document["kind"] == "redaction" for document in told))
        for document in told:
            self.assertEqual([], [error.message for error in validator.iter_errors(document)])
        self.assertFalse(validator.is_valid({"schema_version": 1, "kind": "redaction", "redacted": False, "pseudonyms_for": []}))

    def test_standard_input_is_redacted_as_a_file_is(self):
        with open(self.CAPTURE, "rb") as file:
            done = subprocess.run([TOOL, "--json", "--redact", "--redact-key", key_file(), "-"], stdin=file,
                                  stdout=subprocess.PIPE, encoding="utf-8", timeout=60, check=False)
        from_file = run("--json", "--redact", "--redact-key", key_file(), self.CAPTURE)[0]
        self.assertEqual(from_file.replace(str(self.CAPTURE), "standard input"), done.stdout)

    def test_a_selection_names_true_addresses_and_ids(self):
        for words in (("--client", "192.0.2.77"), ("--host", "192.0.2.10:1688"),
                      ("--cmid", "48baba6b-a86d-47b6-a4de-ea69636b886f")):
            told = documents(run("--json", "--redact", *words, self.CAPTURE)[0])
            self.assertEqual(1, sum(document["kind"] == "conversation" for document in told), words)
        none = documents(run("--json", "--redact", "--client", "192.0.2.78", self.CAPTURE)[0])
        self.assertNotIn("conversation", [document["kind"] for document in none])

    def test_what_is_written_again_with_the_same_key_has_other_pseudonyms_of_the_same_kind(self):
        once = self.redact(self.CAPTURE)[2]
        twice = os.path.join(self.folder.name, "twice.pcap")
        run("--redact", "--redact-key", key_file(), "-w", twice, once)
        self.assertEqual(verdict_of(run("--json", once)[0]), verdict_of(run("--json", twice)[0]))
        self.assertNotEqual(pathlib.Path(once).read_bytes(), pathlib.Path(twice).read_bytes())


if __name__ == "__main__":
    if not os.environ.get("DIAG_BIN_DIR"):
        sys.exit("DIAG_BIN_DIR is not set: run this by ctest")
    unittest.main()

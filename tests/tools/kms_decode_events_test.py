"""kms-decode --events as a user meets it: logs in every format, joined with captures, one timeline for each client.

Needs the built program: $DIAG_BIN_DIR/kms-decode. What the capture holds is known from its ground truth (captures/).
"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

try:
    import jsonschema
except ImportError:
    jsonschema = None

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = os.environ.get("KMS_DECODE") or os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
CLIENT = "tests/eventlog/samples/client-refused.evtx"
HOST = "tests/windows/samples/kms-host.xml"
CAPTURE = "captures/hresult-unknown-kms-id.pcap"
PACKETS = (8, 9)  # of request and response, as tshark numbers them
GOLDEN = ROOT / "tests/tools/golden/events-refused.txt"
HOSTS = ["kms-host.xml", "kms-host.csv", "kms-host-japanese.csv", "kms-host.txt"]
SPP = "Microsoft-Windows-Security-SPP"
LIMIT_S = 60


def run(*arguments, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        del options["stdin"]
    return subprocess.run([TOOL, *map(str, arguments)], cwd=ROOT, capture_output=True, timeout=LIMIT_S, **options)


def event_xml(number, data, time="2026-11-23T20:09:15Z", provider=SPP, computer="pc.example"):
    return (f"<Event><System><Provider Name='{provider}'/><EventID>{number}</EventID><TimeCreated SystemTime='{time}'/>"
            f"<Computer>{computer}</Computer></System><EventData><Data>{data}</Data></EventData></Event>")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-decode-events-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def lines(self, *arguments, status):
        done = run("--json", *arguments)
        self.assertEqual((done.returncode, done.stderr.decode()), (status, ""))
        lines = [json.loads(line) for line in done.stdout.decode().splitlines()]
        if jsonschema is not None:
            schema = json.loads((ROOT / "docs/schema/kms-decode.schema.json").read_text(encoding="utf-8"))
            validator = jsonschema.Draft202012Validator(schema)
            for line in lines:
                self.assertEqual([e.message for e in validator.iter_errors(line)], [])
        return lines

    def fails(self, *arguments, naming, **options):
        done = run(*arguments, **options)
        errors = done.stderr.decode()
        self.assertEqual((done.returncode, errors.count("\n")), (3, 1), errors)
        for text in naming:
            self.assertIn(text, errors)
        return done


class Joined(Case):
    """The client logs 0xC004F042, the host 0xC004F015, and the capture has the packets."""

    def truth(self):
        known = json.loads((ROOT / CAPTURE.replace(".pcap", ".expected.json")).read_text(encoding="utf-8"))
        return known["connections"][0]["exchanges"][0]

    def test_client_host_and_capture_are_one_step(self):
        for name in HOSTS:
            with self.subTest(name):
                lines = self.lines("--events", CLIENT, "--events", f"tests/windows/samples/{name}", CAPTURE, status=2)
                truth = self.truth()
                timeline, = [line for line in lines if line["kind"] == "timeline" and
                             line["client_machine_id"] == truth["request"]["client_machine_id"]]
                step, failed = timeline["steps"]
                self.assertEqual(step["sent"]["hresult"], "0xC004F042")
                self.assertEqual(step["processed"]["hresult"], "0xC004F015")
                self.assertEqual(step["captured"]["hresult"], truth["hresult"])
                self.assertEqual(step["captured"]["matched_by"], "request")
                self.assertEqual((step["captured"]["first_packet"], step["captured"]["last_packet"]), PACKETS)
                self.assertEqual(step["activation_id"], truth["request"]["activation_id"])
                for side in ("sent", "processed"):
                    for key in ("license_status", "required_client_count"):
                        self.assertEqual(step[side][key], truth["request"][key], key)
                    self.assertEqual(step[side]["time"][:19], "2026-11-23T20:09:34")
                self.assertEqual(failed["failed"]["trigger"], "NetworkAvailable")

    def test_the_two_codes_are_one_finding(self):
        lines = self.lines("--events", CLIENT, HOST, status=2)
        summary, = [line for line in lines if line["kind"] == "events"]
        finding, = summary["findings"]
        self.assertEqual((finding["id"], finding["windows_code"], finding["inner_code"]),
                         ("KMS-PRODUCT-NOT-COVERED", "0xC004F042", "0xC004F042"))
        evidence = " ".join(finding["evidence"])
        self.assertIn("0xC004F042", evidence)
        self.assertIn("0xC004F015", evidence)

    def test_every_client_has_one_timeline(self):
        lines = self.lines("--events", CLIENT, HOST, CAPTURE, status=2)
        ids = [line["client_machine_id"] for line in lines if line["kind"] == "timeline"]
        self.assertEqual(len(ids), 3)
        self.assertEqual(len(set(ids)), 3)
        self.assertEqual(ids[0], self.truth()["request"]["client_machine_id"])  # trouble first
        self.assertEqual([line["kind"] for line in lines if line["kind"] in ("conversation", "events")],
                         ["conversation", "events"])

    def test_text_is_the_golden_one_and_no_wider_than_a_terminal(self):
        done = run("--events", CLIENT, HOST, CAPTURE)
        text = done.stdout.decode()
        if os.environ.get("DIAG_UPDATE"):
            GOLDEN.write_text(text, encoding="utf-8")
        self.assertEqual(text, GOLDEN.read_text(encoding="utf-8"))
        self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])

    def test_quiet_leaves_out_clients_that_are_well(self):
        text = run("-q", "--events", CLIENT, HOST).stdout.decode()
        self.assertEqual(re.findall(r"^timeline of (\S+)", text, re.M), ["unk.corp.example"])

    def test_summary_has_findings_and_no_timeline(self):
        text = run("--summary", "--events", CLIENT, HOST).stdout.decode()
        self.assertNotIn("timeline", text)
        self.assertIn("KMS-PRODUCT-NOT-COVERED", text)

    def test_a_capture_of_another_case_is_not_joined(self):
        lines = self.lines("--events", CLIENT, "captures/hresult-time-skew.pcap", status=2)
        steps = [step for line in lines if line["kind"] == "timeline" for step in line["steps"]]
        self.assertTrue(steps)
        self.assertEqual([step["captured"] for step in steps if step["captured"]], [])

    def test_a_refused_connection_is_joined_by_time(self):
        log = self.file("client.xml", event_xml(
            12288, "0x800706BA, 0x00000000, 192.0.2.10:1688, 7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01, 2026/11/23 20:12, 0, 2, "
            "43200, 73111121-5638-40f6-bc11-f1d7b0d64300, 25", time="2026-11-23T20:12:03Z"))
        lines = self.lines("--events", log, "captures/refused-rst.pcap", status=2)
        step, = [step for line in lines if line["kind"] == "timeline" for step in line["steps"]]
        self.assertEqual((step["captured"]["outcome"], step["captured"]["matched_by"]), ("refused_by_rst", "time"))
        finding, = [line["findings"][0] for line in lines if line["kind"] == "events"]
        self.assertEqual(finding["id"], "KMS-EVENT-HOST-UNREACHABLE")
        self.assertIn("refused_by_rst", " ".join(finding["evidence"]))


class Input(Case):
    GOOD = event_xml(12288, "0x0, 0x0, kms:1688, 7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01, 2026/11/23 20:09, 0, 1, 9, "
                            "73111121-5638-40f6-bc11-f1d7b0d64300, 25")

    def test_a_healthy_client_is_well(self):
        log = self.file("a.xml", self.GOOD + event_xml(12289, "0x0, 0x0, 1, 0, 50, 120, 10080, 2026/11/23 20:09"))
        done = run("--events", log)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertIn("activated, count 50", done.stdout.decode())

    def test_standard_input_is_read(self):
        done = run("--events", "-", input=self.GOOD.encode())
        self.assertEqual(done.returncode, 0, done.stderr)
        self.fails("--events", "-", "-", naming=["more than once"])

    def test_what_is_no_log_is_named_in_one_line(self):
        self.fails("--events", self.folder / "missing.evtx", naming=["--events", "missing.evtx", "No such file"])
        self.fails("--events", self.file("notes.txt", "client 7 cannot activate\n"), naming=["notes.txt", "no exported event log"])
        self.fails("--events", ROOT / CAPTURE, naming=["no exported event log"])
        self.fails("--events", self.folder, naming=["--events"])
        self.fails("--events", "", naming=["--events: give the name"])

    def test_a_log_without_events_of_kms_says_so_and_is_no_fault(self):
        sam = event_xml(12288, "S-1-5-21-1", provider="Microsoft-Windows-Directory-Services-SAM")
        for number, text in enumerate((sam, event_xml(903, ""), "<Events></Events>")):
            log = self.file(f"none-{number}.xml", text)
            done = run("--events", log)
            self.assertEqual((done.returncode, done.stderr.decode().count("\n")), (0, 1))
            self.assertIn(f"none-{number}.xml: has no event of KMS", done.stderr.decode())
            self.assertNotIn("timeline", done.stdout.decode())
            self.assertEqual(run("--events", log, CAPTURE).returncode, run(CAPTURE).returncode)

    def test_a_damaged_log_without_events_of_kms_is_one_that_could_not_be_read(self):
        for text in (event_xml(903, "") + self.GOOD[:40], "<Event><System/></Event>"):
            self.assertEqual(run("--events", self.file("cut.xml", text)).returncode, 3)

    def test_a_log_in_place_of_a_capture_is_pointed_to_the_option(self):
        self.fails(self.file("log.xml", self.GOOD), naming=["log.xml", "--events"])
        self.fails(CLIENT, naming=["client-refused.evtx", "EVTX", "--events"])

    def test_a_damaged_log_gives_what_precedes_the_damage(self):
        done = run("--events", self.file("cut.xml", self.GOOD + self.GOOD[:40]))
        self.assertEqual(done.returncode, 0)
        self.assertIn("kms:1688", done.stdout.decode())
        self.assertEqual(done.stderr.decode().count("\n"), 1)

    def test_an_unreadable_entry_is_information(self):
        lines = self.lines("--events", self.file("a.xml", self.GOOD + event_xml(12288, "0x0, 0x0, kms")), status=0)
        finding, = [line["findings"][0] for line in lines if line["kind"] == "events"]
        self.assertEqual((finding["id"], finding["severity"]), ("KMS-EVENT-UNREADABLE", "info"))

    def test_what_a_log_says_cannot_steer_a_terminal(self):
        evil = self.GOOD.replace("kms:1688", "k&#x9b;2J\u202ems:1688").replace("pc.example", "\u009b31mpc")
        done = run("--events", self.file("evil.xml", evil))
        for bad in ("\u009b", "\u202e", "\x1b"):
            self.assertNotIn(bad, done.stdout.decode())

    def test_w_does_not_overwrite_a_log(self):
        log = self.file("a.xml", self.GOOD)
        self.fails("--events", log, "-w", log, CAPTURE, naming=["-w", "is an input"])
        self.assertEqual(log.read_text(encoding="utf-8"), self.GOOD)

    def test_a_live_capture_takes_logs_but_no_files(self):
        self.fails("--events", self.file("a.xml", self.GOOD), "-i", "lo", CAPTURE, naming=["not both"])


class Failures(Case):
    def test_a_failed_publication_and_its_repair(self):
        failed = event_xml(12293, "0x80072338</Data><Data>corp.example", time="2026-11-22T05:00:00Z")
        repaired = event_xml(12294, "corp.example", time="2026-11-23T05:00:00Z")
        lines = self.lines("--events", self.file("a.xml", failed), status=1)
        self.assertEqual([f["id"] for f in lines[-1]["findings"]], ["KMS-EVENT-PUBLISH-FAILED"])
        lines = self.lines("--events", self.file("b.xml", failed + repaired), status=0)
        self.assertEqual(lines[-1]["findings"], [])
        self.assertEqual([p["succeeded"] for p in lines[-1]["publications"]], [False, True])


if __name__ == "__main__":
    unittest.main()

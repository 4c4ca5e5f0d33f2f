"""The program kms-check as a user meets it: against the reference host on loopback, with names and DNS in the lab, and with
saved output of slmgr.

Needs the built programs in $DIAG_BIN_DIR. What slmgr prints is expected as Microsoft's script has it: the codes and the order
of the lines. Sentences of our own are compared only where they are a promise (the verdict).
"""
import codecs
import csv
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
import warnings
import xml.etree.ElementTree

import jsonschema

from ports import closed_port

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR") or ROOT / "build/release/bin")
TOOL, REFHOST = BIN / "kms-check", BIN / "kms-refhost"
SAMPLES = ROOT / "tests/slmgr/samples"
LIMIT_S = 60
WIDTH = 80

CMID = "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"
ANNOUNCED = f"kms-check: a host that is asked counts client machine id {CMID} for 30 days\n"
FORMER_CMID = "9a0f5d11-1c2b-4d3e-8f40-516273849506"
ENTERPRISE = "73111121-5638-40f6-bc11-f1d7b0d64300"
WINDOWS = "55c92734-d682-4d71-983e-d6ec3f16059f"

sys.path.insert(0, str(ROOT / "tests/lab"))
import lab  # noqa: E402
import faults  # noqa: E402
import services  # noqa: E402


def load_validator():
    def load(name):
        return json.loads((ROOT / "docs/schema" / name).read_text(encoding="utf-8"))
    schema, decode = load("kms-check.schema.json"), load("kms-decode.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of newer versions, which have a registry instead
        resolver = jsonschema.RefResolver(schema["$id"], schema, store={decode["$id"]: decode})
    return jsonschema.Draft202012Validator(schema, resolver=resolver)


VALIDATOR = load_validator()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-check-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.state = self.folder / "state"
        self.id_file = self.state / "kms-diagnostics/client-machine-id"

    def run_tool(self, *arguments, env=None, **options):
        options.setdefault("stdin", subprocess.DEVNULL)
        if "input" in options:
            del options["stdin"]
        options.setdefault("stdout", subprocess.PIPE)
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "XDG_STATE_HOME": str(self.state), **(env or {})}
        done = subprocess.run([TOOL, *map(str, arguments)], stderr=subprocess.PIPE, env=environment, timeout=LIMIT_S, **options)
        done.text = (done.stdout or b"").decode("utf-8")
        done.errors = done.stderr.decode("utf-8")
        return done

    def status(self, status, *arguments, **options):
        done = self.run_tool(*arguments, **options)
        self.assertEqual(done.returncode, status, done.text + done.errors)
        return done

    def one_line(self, *arguments, **options):
        """A run that cannot work: status 3, nothing on standard output, one line of error; the line."""
        done = self.status(3, *arguments, **options)
        self.assertEqual(done.text, "")
        self.assertEqual(len(done.errors.splitlines()), 1, done.errors)
        self.assertTrue(done.errors.startswith("kms-check: "), done.errors)
        return done.errors.strip()

    def json_of(self, done):
        lines = done.text.splitlines()
        self.assertEqual(len(lines), 1, done.text)
        line = json.loads(lines[0])
        problems = [f"{'/'.join(map(str, p.absolute_path))}: {p.message[:300]}" for p in VALIDATOR.iter_errors(line)]
        if problems:
            kind = "saved_dlv" if line["kind"] == "saved_dlv" else "activation"
            narrow = VALIDATOR.evolve(schema={"$ref": f"#/$defs/{kind}"})
            problems += [f"{'/'.join(map(str, p.absolute_path))}: {p.message[:300]}" for p in narrow.iter_errors(line)]
        self.assertEqual(problems, [])
        return line

    def host(self, *arguments):
        """A running reference host on loopback; its attributes port and events()."""
        events = self.folder / f"events-{len(list(self.folder.iterdir()))}.json"
        with events.open("wb") as out:
            host = subprocess.Popen([REFHOST, "--listen", "127.0.0.1:0", "--json", *map(str, arguments)], stdout=out,
                                    stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)

        def end():
            host.kill()
            host.communicate(timeout=LIMIT_S)
        self.addCleanup(end)

        def read_events():
            host.send_signal(signal.SIGTERM)
            host.wait(LIMIT_S)
            return [json.loads(line) for line in events.read_text(encoding="utf-8").splitlines()]
        host.events = read_events
        for line in host.stderr:
            found = re.match(r"listening on 127\.0\.0\.1:(\d+)$", line)
            if found:
                host.port = int(found[1])
                host.target = f"127.0.0.1:{host.port}"
                return host
        self.fail("the host did not start")


def ato_lines(text):
    """What slmgr /ato would print, in a report."""
    return re.search(r"^slmgr /ato would print this, .*:\n(.*?)\n\n", text, re.M | re.S)[1].splitlines()


def verdict(text):
    return " ".join(text[text.rindex("\nVerdict: "):].split()).removeprefix("Verdict: ")


class Ato(Case):
    def test_success_is_what_slmgr_prints_and_one_event_at_the_host(self):
        host = self.host("--start-count", 30)
        done = self.status(0, "ato", host.target)
        self.assertEqual(ato_lines(done.text), [f"Activating Windows 11 Enterprise / Windows 10 Enterprise ({ENTERPRISE}) ...",
                                                "Product activated successfully."])
        self.assertEqual(verdict(done.text), "KMS works; activated, with 31 clients seen so far and 25 needed")
        events = host.events()
        self.assertEqual(len(events), 1)
        self.assertEqual(events[0]["activation_id"], ENTERPRISE)
        self.assertEqual(events[0]["required_client_count"], 25)

    def test_a_low_count_says_that_kms_works_and_is_a_warning(self):
        host = self.host()
        done = self.status(1, "ato", host.target)
        self.assertTrue(ato_lines(done.text)[1].startswith("Error: 0xC004F038 "))
        self.assertIn("end with status 0xC004F038:", done.text)
        self.assertEqual(verdict(done.text), "KMS works; 1 of 25 clients seen so far: not activated yet")

    def test_asking_again_does_not_raise_the_count(self):
        host = self.host()
        for _ in range(3):
            self.assertIn("1 of 25 clients", self.status(1, "ato", host.target).text)

    def test_every_check_of_the_answer_is_named(self):
        text = self.status(0, "ato", self.host("--start-count", 30).target).text
        for name in ("decrypt", "hash", "client_time", "client_machine_id", "version", "salt", "hmac", "call_id", "padding"):
            self.assertRegex(text, rf"(?s)checks +passed:.*\b{name}\b")
        bad = self.status(2, "ato", self.host("--start-count", 30, "--fault", "bad-hmac").target).text
        self.assertRegex(bad, r"checks +failed: hmac; passed:")

    def test_refusals_have_the_code_of_the_host_inside(self):
        for code, finding, shown in (("0xC004F042", "KMS-PRODUCT-NOT-COVERED", "0xC004F042"),
                                     ("0xC004F06C", "KMS-CLOCK-SKEW", "0xC004F074"),
                                     ("0xC004D104", "KMS-CLIENT-LIST-FULL", "0xC004F074"),
                                     ("0xC004F041", "KMS-HOST-REFUSED", "0xC004F074")):
            with self.subTest(code=code):
                host = self.host("--fault", f"hresult:{code}")
                done = self.status(2, "ato", host.target)
                self.assertIn(finding, done.text)
                self.assertIn(f"the Windows client shows {shown} (its event 12288: {code})", " ".join(done.text.split()))
                self.assertTrue(ato_lines(done.text)[1].startswith(f"Error: {shown} "), done.text)

    def test_a_real_difference_of_the_clocks_is_refused(self):
        done = self.status(2, "ato", self.host("--start-count", 30, "--clock-offset", "-5h").target)
        self.assertIn("KMS-CLOCK-SKEW", done.text)
        self.status(0, "ato", self.host("--start-count", 30, "--clock-offset", "-3h").target)

    def test_a_real_host_key_that_does_not_cover_the_product_is_refused(self):
        host = self.host("--host-key", "office2019", "--start-count", 30)
        self.assertIn("KMS-PRODUCT-NOT-COVERED", self.status(2, "ato", host.target).text)

    def test_a_closed_port_a_name_that_does_not_exist_and_another_service(self):
        done = self.status(2, "ato", f"127.0.0.1:{closed_port()}")
        self.assertIn("KMS-CONNECT-REFUSED", done.text)
        self.assertIn("not listening", done.text)
        self.assertTrue(ato_lines(done.text)[1].startswith("Error: 0xC004F074 "))
        self.assertIn("KMS-NOT-RPC", self.status(2, "ato", self.host("--fault", "http").target).text)

    def test_every_fault_of_the_host_is_a_finding_or_does_no_harm(self):
        listed = subprocess.run([REFHOST, "--fault", "list"], capture_output=True, text=True, check=True).stdout
        names = [re.match(r"[a-z-]+", line)[0] for line in listed.splitlines() if re.match("[a-z]", line)]
        self.assertGreaterEqual(len(names), 28)
        harmless = {"delay", "drip", "fragments", "wrong-call-id", "echo-salt", "bad-mac"}
        values = {"delay": ":20", "bind-nak": ":2", "rpc-fault": ":0x1C010014", "hresult": ":0xC004F042"}
        for name in names:
            with self.subTest(fault=name):
                host = self.host("--start-count", 30, "--fault", name + values.get(name, ""))
                done = self.run_tool("ato", "--timeout", 1, host.target)
                self.assertEqual(done.returncode, 0 if name in harmless else 2, done.text)
                self.assertNotIn("no host answered", done.text)

    def test_the_request_carries_what_the_options_say(self):
        for protocol in (4, 5, 6):
            with self.subTest(protocol=protocol):
                host = self.host("--start-count", 30)
                done = self.status(0, "ato", "--json", "--protocol", protocol, "--product", "windows server 2022 standard",
                                   "--license-status", "notification", "--grace-minutes", 4711, "--workstation", "pc,1.example.test",
                                   "--vm", "--cmid", CMID, "--previous-cmid", FORMER_CMID, host.target)
                event, = host.events()
                told = {key: event[key] for key in ("license_status", "workstation_name", "virtual_machine", "client_machine_id",
                                                    "binding_expiration_minutes", "activation_id", "required_client_count")}
                self.assertEqual(told, {"license_status": 5, "workstation_name": "pc,1.example.test", "virtual_machine": True,
                                        "client_machine_id": CMID, "binding_expiration_minutes": 4711, "required_client_count": 5,
                                        "activation_id": "9bd77860-9b31-4b7b-96ad-2564017315bf"})
                request = self.json_of(done)["hosts"][0]["addresses"][0]["exchanges"][0]["request"]
                self.assertEqual(request["version"], f"{protocol}.0")
                self.assertEqual(request["previous_client_machine_id"], FORMER_CMID)

    def test_products_by_name_by_words_and_by_id(self):
        for given, name, count in ((ENTERPRISE, "Windows 11 Enterprise / Windows 10 Enterprise", 25),
                                   ("windows 10 pro", "Windows 11 Pro / Windows 10 Pro", 25),
                                   ("Office LTSC Professional Plus 2021", "Office LTSC Professional Plus 2021", 5),
                                   ("windows server 2019 datacenter", "Windows Server 2019 Datacenter", 5)):
            with self.subTest(product=given):
                done = self.status(0, "dlv", "--json", "--product", given, self.host("--start-count", 30).target)
                line = self.json_of(done)
                self.assertEqual((line["product"], line["needed_count"]), (name, count))

    def test_office_and_windows_are_counted_apart(self):
        host = self.host()
        for _ in range(2):
            self.status(1, "ato", host.target, "--product", "Office LTSC Professional Plus 2021")
        self.assertIn("1 of 25 clients", self.status(1, "ato", host.target).text)
        self.assertEqual({event["required_client_count"] for event in host.events()}, {5, 25})

    def test_list_products_is_sorted_and_holds_the_default(self):
        lines = self.status(0, "--list-products").text.splitlines()
        self.assertGreater(len(lines), 150)
        names = [line[47:] for line in lines]
        self.assertEqual(names, sorted(names))
        self.assertTrue(any(line.startswith(ENTERPRISE) for line in lines))

    def test_silence_is_given_up_after_the_timeout(self):
        done = self.status(2, "ato", "--timeout", "0.3", self.host("--fault", "silence").target)
        self.assertIn("KMS-REQUEST-NO-ANSWER", done.text)

    def test_a_signal_ends_it_without_a_report(self):
        host = self.host("--fault", "silence")
        process = subprocess.Popen([TOOL, "ato", "--timeout", "50", "--cmid", CMID, host.target], stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        self.addCleanup(process.kill)
        process.stderr.readline()  # it has begun
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=LIMIT_S)
        self.assertEqual((process.returncode, output), (3, b""))
        self.assertEqual(errors, b"kms-check: stopped before a host had answered\n")


class Dlv(Case):
    def test_an_activated_client_shows_its_host(self):
        host = self.host("--start-count", 30)
        text = self.status(0, "dlv", "--cmid", CMID, host.target).text
        for line in ("License Status: Licensed", "Volume activation expiration: 259200 minute(s) (180 day(s))",
                     f"    Client Machine ID (CMID): {CMID}", f"    Registered KMS machine name: {host.target}",
                     "    KMS machine IP address: 127.0.0.1", "    Activation interval: 120 minutes",
                     "    Renewal interval: 10080 minutes", f"Application ID: {WINDOWS}"):
            self.assertIn(line + "\n", text)
        self.assertIn("(not known from the wire)", text)

    def test_a_client_that_was_not_activated_does_not_look_like_success(self):
        for arguments, status in (((), 1), (("--fault", "hresult:0xC004F042"), 2)):
            with self.subTest(host=arguments):
                text = self.status(status, "dlv", self.host(*arguments).target).text
                self.assertTrue(text.startswith("slmgr /dlv would show on this client, which this attempt did NOT activate:\n"))
                self.assertIn("License Status: Initial grace period\nTime remaining: 43200 minute(s) (30 day(s))\n", text)
                self.assertNotIn("Client Machine ID", text)

    def test_its_text_is_a_saved_output_of_its_own(self):
        line = self.json_of(self.status(0, "dlv", "--json", self.host("--start-count", 30).target))
        saved = self.json_of(self.status(0, "dlv", "--json", "--from", "-", input=line["dlv_text"].encode()))
        self.assertEqual(saved["products"][0]["license_status"], 1)
        self.assertEqual(saved["products"][0]["client_machine_id"], line["client_machine_id"])


class Saved(Case):
    # What a reader of tests/slmgr/samples/NAME.txt sees in it, and what that means for the machine.
    EXPECTED = {
        "client-licensed": (0, set()),
        "client-licensed-utf16": (0, set()),
        "client-initial-grace": (0, {"KMS-CLIENT-GRACE"}),
        "client-notification": (2, {"KMS-CLIENT-NOTIFICATION"}),
        "client-retail": (2, {"KMS-CLIENT-CHANNEL"}),
        "client-no-discovery": (1, {"KMS-CLIENT-NO-DISCOVERY"}),
        "client-fixed-host": (1, {"KMS-CLIENT-FIXED-HOST", "KMS-CLIENT-NO-CACHE", "KMS-CLIENT-RENEWAL-OVERDUE"}),
        "host-healthy": (0, set()),
        "host-healthy-wrapped": (0, set()),
        "host-publishing-disabled": (1, {"KMS-HOST-NOT-PUBLISHED", "KMS-HOST-PORT"}),
        "host-count-low": (1, {"KMS-COUNT-LOW"}),
        "host-unused": (1, {"KMS-HOST-NO-REQUESTS"}),
        "host-not-activated": (2, {"KMS-HOST-NOT-ACTIVATED"}),
        "no-key": (2, {"KMS-CLIENT-NO-KEY"}),
    }

    def test_each_sample_is_judged(self):
        for name, (status, ids) in self.EXPECTED.items():
            with self.subTest(sample=name):
                path = SAMPLES / f"{name}.txt"
                line = self.json_of(self.status(status, "dlv", "--json", "--from", path))
                self.assertLessEqual(ids, {finding["id"] for finding in line["findings"]})
                self.assertEqual(line["source"], str(path))
                if not ids:
                    self.assertEqual(line["findings"], [])

    def test_facts_of_a_host_are_given_as_they_stand(self):
        line = self.json_of(self.status(0, "dlv", "--json", "--from", SAMPLES / "host-healthy.txt"))
        product, = line["products"]
        self.assertEqual({key: product[key] for key in ("current_count", "listening_port", "dns_publishing", "total_requests",
                                                        "failed_requests", "partial_product_key", "kms_host")},
                         {"current_count": 50, "listening_port": 1688, "dns_publishing": True, "total_requests": 4123,
                          "failed_requests": 12, "partial_product_key": "9XKPQ", "kms_host": None})

    def test_encodings_and_standard_input_make_no_difference(self):
        text = (SAMPLES / "host-healthy.txt").read_text(encoding="utf-8")
        wanted = None
        for data in (text.encode(), codecs.BOM_UTF8 + text.encode(), text.encode("utf-16"), text.encode("utf-16-le"),
                     text.replace("\n", "\r\n").encode()):
            line = self.json_of(self.status(0, "dlv", "--json", "--from", "-", input=data))
            self.assertEqual(line["source"], "standard input")
            wanted = wanted or line
            self.assertEqual(line, wanted)

    def test_the_verdict_says_what_is_right(self):
        self.assertEqual(verdict(self.status(0, "dlv", "--from", SAMPLES / "host-healthy.txt").text),
                         "nothing is wrong; license status: licensed, current count: 50")
        text = self.status(0, "dlv", "--from", SAMPLES / "client-initial-grace.txt").text
        self.assertEqual(verdict(text), "nothing is wrong; license status: initial grace")

    def test_of_many_products_each_has_a_line(self):
        text = self.status(0, "dlv", "--from", SAMPLES / "all-products.txt").text
        self.assertEqual(len(re.findall(r"^  \S.*(license status|not in use)", text, re.M)), 3, text)
        full = self.status(0, "dlv", "-v", "--from", SAMPLES / "all-products.txt").text
        self.assertEqual(full.count("\nActivation ID: "), 3)

    def test_it_asks_nobody_and_leaves_no_trace(self):
        self.status(0, "dlv", "--from", SAMPLES / "host-healthy.txt")
        self.assertFalse(self.state.exists())

    # Other programs and languages: what each machine deserves, whoever printed it.
    KINDS = {
        "ato-success-ja": (0, set()), "ato-error-de": (2, {"KMS-SLMGR-ERROR"}), "xpr-licensed-de": (0, set()),
        "xpr-notification-ja": (2, {"KMS-CLIENT-NOTIFICATION"}), "dli-licensed-ja": (1, {"KMS-CLIENT-RENEWAL-OVERDUE"}),
        "dlv-host-ja": (1, {"KMS-HOST-NOT-PUBLISHED"}), "dstatus-licensed-de": (0, set()),
        "dstatus-override-en": (2, {"KMS-CLIENT-NOTIFICATION", "KMS-CLIENT-HOSTS-DIFFER"}), "objects-licensed": (0, set()),
        "oslicense-ja": (2, {"KMS-CLIENT-NOTIFICATION"}), "several-ja-cp932": (2, {"KMS-SLMGR-ERROR", "KMS-CLIENT-NOTIFICATION"}),
        "dlv-fixed-host-de-cp1252": (1, {"KMS-CLIENT-RENEWAL-OVERDUE"}), "act-success": (0, set()),
    }

    def test_each_kind_is_known_by_its_content(self):
        for name, (status, ids) in self.KINDS.items():
            for command in ("ato", "dlv"):
                with self.subTest(sample=name, command=command):
                    line = self.json_of(self.status(status, command, "--json", "--from", SAMPLES / f"kinds/{name}.txt"))
                    self.assertLessEqual(ids, {finding["id"] for finding in line["findings"]})
                    if status == 0:
                        self.assertEqual(line["findings"], [])
                    self.assertIsNone(line["published"])

    def test_what_an_attempt_came_to_is_said(self):
        success = self.status(0, "ato", "--from", SAMPLES / "kinds/ato-success-ja.txt").text
        self.assertEqual(verdict(success), "nothing is wrong; activated")
        line = self.json_of(self.status(2, "ato", "--json", "--from", SAMPLES / "kinds/ato-error-de.txt"))
        self.assertEqual(line["products"][0]["error_codes"], ["0xC004F074"])
        self.assertEqual(line["findings"][0]["windows_code"], "0xC004F074")
        open_end = b"Windows(R), Enterprise edition (73111121-5638-40f6-bc11-f1d7b0d64300) wird aktiviert...\n"
        self.assertEqual(verdict(self.status(0, "ato", "--from", "-", input=open_end).text), "how the attempt ended is not shown")

    def test_xpr_says_until_when(self):
        text = self.status(0, "dlv", "--from", SAMPLES / "kinds/xpr-licensed-ja.txt").text
        self.assertEqual(verdict(text), "nothing is wrong; license status: licensed, until 2027/05/19 9:15:02")

    def test_other_json_is_one_line(self):
        self.assertIn("licensing objects", self.one_line("dlv", "--from", "-", input=b'{"a": [1, 2]}'))
        self.assertIn("JSON", self.one_line("dlv", "--from", "-", input=b'{"LicenseStatus": 1'))

    def test_what_is_no_saved_output_is_one_line(self):
        self.assertIn("slmgr", self.one_line("dlv", "--from", ROOT / "LICENSE"))
        self.assertIn("No such file", self.one_line("dlv", "--from", self.folder / "none.txt"))
        self.one_line("dlv", "--from", self.folder)
        self.one_line("dlv", "--from", "-", input=b"")
        self.one_line("dlv", "--from", "-", input=b"x" * (2 * 1024 * 1024))


class SavedHosts(Case):
    """Saved output beside what a DNS server on loopback publishes."""

    def dns(self, *rows):
        stub = subprocess.Popen([sys.executable, "-B", ROOT / "tests/lab/dns_stub.py", "0", json.dumps(rows)],
                                stdout=subprocess.PIPE, text=True)

        def end():
            stub.kill()
            stub.communicate(timeout=LIMIT_S)
        self.addCleanup(end)
        return f"127.0.0.1:{re.search(r'[0-9]+', stub.stdout.readline())[0]}"

    def compared(self, status, sample, *rows):
        return self.json_of(self.status(status, "dlv", "--json", "--from", SAMPLES / sample, "--domain", "corp.example",
                                        "--server", self.dns(*rows), "--timeout", "2"))

    @staticmethod
    def srv(host, port=1688):
        return {"name": "_vlmcs._tcp.corp.example", "type": "SRV", "data": [0, 0, port, host]}

    KMS01 = {"name": "kms01.corp.example", "type": "A", "data": "192.0.2.10"}

    def ids(self, line):
        return {finding["id"] for finding in line["findings"]}

    def test_a_client_that_uses_what_is_published_is_fine(self):
        line = self.compared(0, "kinds/dlv-licensed-ja.txt", self.srv("kms01.corp.example"), self.KMS01)
        self.assertEqual(line["findings"], [])
        self.assertEqual(line["published"], {"domain": "corp.example", "hosts": ["kms01.corp.example:1688"]})

    def test_each_difference_has_its_finding(self):
        kms02 = {"name": "kms02.corp.example", "type": "A", "data": "192.0.2.20"}
        moved = {**self.KMS01, "data": "192.0.2.77"}
        for sample, rows, wanted in (
                ("dlv-licensed-de", [self.srv("kms02.corp.example"), kms02, self.KMS01], {"KMS-CLIENT-CACHE-STALE"}),
                ("dlv-licensed-de", [self.srv("kms01.corp.example", 1700), self.KMS01], {"KMS-CLIENT-HOST-PORT"}),
                ("dlv-licensed-ja", [self.srv("kms01.corp.example"), moved], {"KMS-CLIENT-HOST-ADDRESS"}),
                ("objects-licensed", [self.srv("kms01.corp.example"), moved], {"KMS-CLIENT-HOST-ADDRESS"}),
                ("dlv-fixed-host-ja", [self.srv("kms01.corp.example"), self.KMS01],
                 {"KMS-CLIENT-HOST-UNPUBLISHED", "KMS-CLIENT-FIXED-HOST", "KMS-CLIENT-NO-CACHE", "KMS-CLIENT-RENEWAL-OVERDUE"})):
            with self.subTest(sample=sample, wanted=wanted):
                self.assertEqual(self.ids(self.compared(1, f"kinds/{sample}.txt", *rows)), wanted)

    def test_a_domain_without_a_record_is_said_and_nothing_compared(self):
        line = self.compared(2, "kinds/dlv-licensed-en.txt", self.KMS01)
        self.assertEqual(self.ids(line), {"KMS-DNS-NO-RECORD"})
        self.assertEqual(line["published"], {"domain": "corp.example", "hosts": []})

    def test_the_published_hosts_stand_in_the_text(self):
        done = self.status(0, "dlv", "--from", SAMPLES / "kinds/dlv-licensed-en.txt", "--domain", "corp.example",
                           "--server", self.dns(self.srv("kms01.corp.example"), self.KMS01))
        self.assertIn("\ncorp.example publishes: kms01.corp.example:1688\n", done.text)
        self.assertFalse(self.state.exists())


class State(Case):
    def test_the_id_is_made_once_and_kept(self):
        host = self.host("--start-count", 30)
        first = self.status(0, "ato", host.target)
        kept = self.id_file.read_text(encoding="ascii")
        self.assertRegex(kept, r"^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\n$")
        self.assertEqual(self.id_file.stat().st_mode & 0o777, 0o600)
        self.assertIn(kept.strip(), first.errors)  # said before the request
        self.status(0, "dlv", host.target)
        self.assertEqual(self.id_file.read_text(encoding="ascii"), kept)
        self.assertEqual({event["client_machine_id"] for event in host.events()}, {kept.strip()})

    def test_cmid_leaves_the_state_folder_alone(self):
        done = self.status(0, "ato", "--cmid", CMID, self.host("--start-count", 30).target)
        self.assertFalse(self.state.exists())
        self.assertEqual(done.errors, f"kms-check: a host that is asked counts client machine id {CMID} for 30 days\n")

    def test_it_says_what_it_leaves_behind_before_it_does(self):
        done = self.status(2, "ato", "--cmid", CMID, f"127.0.0.1:{closed_port()}")
        self.assertIn(CMID, done.errors)

    def test_a_damaged_file_is_one_line_and_nothing_is_asked(self):
        self.id_file.parent.mkdir(parents=True)
        for content in ("", "no id\n", "00000000-0000-0000-0000-000000000000\n", "3f1c7a52\n"):
            with self.subTest(content=content):
                self.id_file.write_text(content, encoding="ascii")
                host = self.host()
                said = self.one_line("ato", host.target)
                self.assertIn("--cmid", said)
                self.assertEqual(self.id_file.read_text(encoding="ascii"), content)
                self.assertEqual(host.events(), [])

    def test_a_folder_that_cannot_be_made_is_one_line(self):
        self.state.write_text("a file where the folder should be", encoding="ascii")
        self.one_line("ato", f"127.0.0.1:{closed_port()}")

    @unittest.skipIf(os.geteuid() == 0, "root may write everywhere")
    def test_a_folder_that_cannot_be_written_is_one_line(self):
        self.state.mkdir(mode=0o500)
        self.one_line("ato", f"127.0.0.1:{closed_port()}")

    def test_without_a_home_it_says_which_variable_is_missing(self):
        self.assertIn("XDG_STATE_HOME", self.one_line("ato", "127.0.0.1", env={"HOME": "", "XDG_STATE_HOME": ""}))


class Keys(Case):
    def keys_file(self):
        """A profile of random keys, and the keys."""
        keys = {4: os.urandom(20).hex(), 5: os.urandom(16).hex(), 6: os.urandom(16).hex()}
        path = self.folder / "keys.json"
        path.write_text(json.dumps({"keys": [{"kms_major": major, "label": "own", "length": len(key) // 2, "key": key}
                                             for major, key in keys.items()]}), encoding="ascii")
        return path, keys

    def test_the_host_refuses_other_keys_and_no_output_holds_one(self):
        path, keys = self.keys_file()
        for protocol in (5, 6):
            for form in ("text", "json", "junit", "nagios"):
                with self.subTest(protocol=protocol, format=form):
                    host = self.host("--start-count", 30)
                    done = self.status(2, "ato", "-v", "--format", form, "--protocol", protocol, "--keys", path, host.target)
                    self.assertIn("KMS-REQUEST-INVALID", done.text)
                    said = (done.text + done.errors).lower()
                    for key in keys.values():
                        self.assertNotIn(key, said)
                        self.assertNotIn(key[:12], said)

    def test_under_the_lab_keys_the_same_refusal_is_no_fault_of_the_host(self):
        host = self.host("--fault", "hresult:0x8007000D")
        done = self.status(0, "ato", host.target)
        self.assertIn("KMS-LAB-KEYS-REFUSED", done.text)
        self.assertIn("What slmgr /ato would print cannot be told", done.text)
        line = self.json_of(self.status(0, "dlv", "--json", host.target))
        self.assertEqual((line["result"], line["ato_text"], line["windows_code"]), ("keys_refused", None, None))

    def test_a_file_that_is_no_profile_is_one_line_without_its_content(self):
        path = self.folder / "keys.json"
        path.write_text('{"keys": "secret0123456789"}', encoding="ascii")
        self.assertNotIn("secret", self.one_line("ato", "--keys", path, "127.0.0.1"))
        self.one_line("ato", "--keys", self.folder / "none.json", "127.0.0.1")


class Output(Case):
    def results(self):
        """Arguments and status of runs of every kind."""
        yield ("ato", self.host("--start-count", 30).target), 0
        yield ("dlv", self.host("--start-count", 30).target), 0
        yield ("ato", self.host().target), 1
        yield ("dlv", self.host().target), 1
        yield ("ato", f"127.0.0.1:{closed_port()}"), 2
        yield ("dlv", self.host("--fault", "hresult:0xC004F042").target), 2
        yield ("ato", self.host("--fault", "hresult:0x8007000D").target), 0
        yield ("dlv", "--from", SAMPLES / "client-notification.txt"), 2
        yield ("dlv", "--from", SAMPLES / "host-healthy.txt"), 0

    def test_json_is_valid_and_the_findings_ask_for_the_status(self):
        for arguments, status in self.results():
            with self.subTest(arguments=arguments):
                line = self.json_of(self.status(status, "--json", *arguments))
                ranks = {"info": 0, "warning": 1, "critical": 2}
                self.assertEqual(max((ranks[f["severity"]] for f in line["findings"]), default=0), status)

    def test_the_schema_refuses_what_is_wrong(self):
        good = self.json_of(self.status(1, "ato", "--json", self.host().target))
        for change in ({"kind": "talk"}, {"result": "activated"}, {"count": None}, {"command": "xpr"}, {"extra": 1},
                       {"windows_code": "0xc004f038"}, {"client_machine_id": CMID.upper()}, {"ato_text": None}):
            with self.subTest(change=change):
                self.assertFalse(VALIDATOR.is_valid({**good, **change}))

    def test_no_line_is_wider_than_a_terminal_but_those_of_slmgr(self):
        shown_by_slmgr = re.compile(r"^(Activating |Error: 0x|Please use |    Requests with )")
        for arguments, status in self.results():
            for more in ((), ("-v",)):
                with self.subTest(arguments=arguments, more=more):
                    text = self.status(status, *arguments, *more).text
                    wide = [line for line in text.splitlines() if len(line) > WIDTH and not shown_by_slmgr.match(line)
                            and str(SAMPLES) not in line]
                    self.assertEqual(wide, [])
        self.assertEqual([line for line in self.status(0, "--help").text.splitlines() if len(line) > WIDTH], [])

    def test_quiet_prints_only_trouble(self):
        done = self.status(0, "ato", "-q", "--cmid", CMID, self.host("--start-count", 30).target)
        self.assertEqual((done.text, done.errors), ("", ANNOUNCED))
        self.assertIn("Verdict: KMS works; 1 of 25", self.status(1, "ato", "-q", self.host().target).text)

    def test_fail_on_moves_the_border(self):
        low, closed = self.host().target, f"127.0.0.1:{closed_port()}"
        self.status(1, "ato", low)
        self.status(0, "ato", "--fail-on", "critical", low)
        self.status(2, "ato", "--fail-on", "critical", closed)
        self.status(0, "ato", "--fail-on", "never", closed)

    def test_nagios(self):
        done = self.status(0, "ato", "--format", "nagios", self.host("--start-count", 30).target)
        self.assertRegex(done.text.splitlines()[0], r"^KMS ATO OK - KMS works.*\| connect=[0-9.]+ms bind=[0-9.]+ms request=[0-9.]+ms count=31")
        self.assertTrue(self.status(1, "ato", "--format", "nagios", self.host().target).text.startswith("KMS ATO WARNING - KMS works; 1 of 25"))
        closed = self.status(2, "dlv", "--format", "nagios", f"127.0.0.1:{closed_port()}")
        self.assertTrue(closed.text.startswith("KMS DLV CRITICAL - "))
        unknown = self.run_tool("dlv", "--format", "nagios", "--from", self.folder / "none")
        self.assertEqual(unknown.returncode, 3)
        self.assertEqual(len(re.findall("^KMS DLV UNKNOWN", unknown.text, re.M)), 1)
        self.assertEqual(len(unknown.text.splitlines()), 1)

    def test_junit(self):
        for status, failures, arguments in ((0, "0", ("--start-count", 30)), (1, "1", ())):
            text = self.status(status, "ato", "--format", "junit", self.host(*arguments).target).text
            root = xml.etree.ElementTree.fromstring(text)
            self.assertEqual((root.get("tests"), root.get("failures")), ("1", failures))

    def test_what_follows_from_a_finding_is_told_with_its_cause(self):
        # A host with a low count, whose clients are troubled because of that.
        saved = ("dlv", "--from", ROOT / "tests/scenarios/saved-host-count-low/saved-host.txt")
        lines = self.status(1, *saved, "--format", "nagios").text.splitlines()
        self.assertIn("has counted 3 machines", lines[0])
        self.assertEqual([line.split(":")[0] for line in lines if re.match(r"(WARNING|CRITICAL|INFO) KMS-", line)], ["WARNING KMS-COUNT-LOW"])
        self.assertEqual(len([line for line in lines if line.startswith("  effect: WARNING KMS-HOST-TROUBLED-CLIENTS: ")]), 1)
        root = xml.etree.ElementTree.fromstring(self.status(1, *saved, "--format", "junit").text)
        self.assertEqual([failure.get("type") for failure in root.iter("failure")], ["KMS-COUNT-LOW"])
        self.assertIn("effect: warning KMS-HOST-TROUBLED-CLIENTS: ", root.find(".//failure").text)
        self.assertNotIn("KMS-HOST-TROUBLED-CLIENTS", root.find(".//system-out").text)

    def test_a_closed_pipe_ends_it_quietly(self):
        read_end, write_end = os.pipe()
        os.close(read_end)
        try:
            done = self.run_tool("ato", "--cmid", CMID, self.host().target, stdout=write_end)
        finally:
            os.close(write_end)
        self.assertEqual(done.errors, ANNOUNCED)

    def test_a_full_disk_is_one_line(self):
        with open("/dev/full", "wb") as full:
            done = self.run_tool("dlv", "--from", SAMPLES / "host-healthy.txt", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(len(done.errors.splitlines()), 1, done.errors)

    def test_colours_only_where_they_are_wanted(self):
        target = self.host().target
        self.assertNotIn("\x1b", self.status(1, "ato", target).text)
        self.assertIn("\x1b[", self.status(1, "ato", "--color", "always", target).text)


class Options(Case):
    def test_bad_options_are_one_clear_line(self):
        for arguments, word in (((), "ato or dlv"), (("xpr",), "xpr"), (("ato", "a", "b"), "one host"),
                                (("ato", "10.0.0.0/24"), "one host"), (("ato", "host:99999"), "port"),
                                (("ato", "--domain", "example.test", "host"), "--domain"),
                                (("ato", "--domain", "not a domain"), "--domain"), (("ato", "--server", "dns"), "--server"),
                                (("dlv", "--from", "x", "--server", "192.0.2.1"), "--server"), (("ato", "--from", "x", "-6"), "--domain"),
                                (("dlv", "--from", "x", "host"), "--from"), (("dlv", "--from", "x", "--product", "x"), "--product"),
                                (("dlv", "--from", "x", "--keys", "x"), "--keys"), (("dlv", "--from", "x", "-4"), "--ipv4"),
                                (("ato", "-4", "-6", "host"), "-4"), (("ato", "--timeout", "0", "host"), "--timeout"),
                                (("ato", "--product", "windows 3.11", "host"), "--product"),
                                (("ato", "--product", "windows 10", "host"), "fits"),
                                (("ato", "--protocol", "7", "host"), "--protocol"),
                                (("ato", "--license-status", "happy", "host"), "--license-status"),
                                (("ato", "--grace-minutes", "-1", "host"), "--grace-minutes"),
                                (("ato", "--cmid", "x", "host"), "--cmid"),
                                (("ato", "--cmid", "00000000-0000-0000-0000-000000000000", "host"), "--cmid"),
                                (("ato", "--workstation", "x" * 64, "host"), "63"),
                                (("ato", "--format", "xml", "host"), "--format"), (("ato", "--colour", "host"), "--colour")):
            with self.subTest(arguments=arguments):
                self.assertIn(word, self.one_line(*arguments))

    def test_a_product_without_kms_is_refused_before_anything_is_sent(self):
        with (ROOT / "libdiag/data/products.csv").open(encoding="utf-8", newline="") as file:
            retail = [row["activation_id"] for row in csv.DictReader(file) if row["channel"] == "retail"]
        self.assertGreater(len(retail), 5)
        for activation_id in retail:
            self.assertIn("retail", self.one_line("ato", "--product", activation_id, "127.0.0.1"))
        self.assertIn("no product", self.one_line("ato", "--product", CMID, "127.0.0.1"))

    def test_of_several_protocol_versions_the_newest_is_used(self):
        with (ROOT / "libdiag/data/products.csv").open(encoding="utf-8", newline="") as file:
            row = next(row for row in csv.DictReader(file) if row["protocol_version"] == "5;6")
        self.assertIn("protocol version 6.0", self.run_tool("ato", "--product", row["activation_id"],
                                                            f"127.0.0.1:{closed_port()}").text)

    def test_every_option_is_in_the_manual(self):
        shown = self.status(0, "--help").text
        manual = (ROOT / "docs/man/kms-check.1").read_text(encoding="utf-8")
        names = set(re.findall(r"--([a-z][a-z-]+[a-z0-9])", shown))
        self.assertGreater(len(names), 20)
        self.assertEqual({name for name in names if f"Fl Fl {name}" not in manual}, set())


class Dns(lab.LabCase):
    """Hosts found through DNS, in a network of their own."""
    SERVICE = "_vlmcs._tcp.lab.test"

    def check(self, status, *arguments, **options):
        done = self.lab.run("client", ["kms-check", *arguments, "--cmid", CMID], **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def publish(self, *hosts):
        services.dns(self.lab, [{"name": self.SERVICE, "type": "SRV", "data": [priority, 0, port, f"{name}.lab.test"]}
                                for priority, port, name in hosts])

    def test_a_published_host_is_found_and_shown_as_found_in_dns(self):
        self.lab.refhost("kms1", "--start-count", "30")
        self.publish((0, 1688, "kms1"))
        text = self.check(0, "dlv", "--domain", "lab.test")
        self.assertIn("    KMS machine name from DNS: kms1.lab.test:1688\n", text)
        self.assertIn("    Registered KMS SRV record lookup domain: lab.test\n", text)

    def test_a_host_that_is_gone_is_skipped_with_a_warning(self):
        self.lab.refhost("kms2", "--start-count", "30")
        self.publish((10, 1688, "kms2"), (0, 1688, "kms1"))
        text = self.check(1, "ato", "--domain", "lab.test")
        self.assertLess(text.index("\nkms1.lab.test:1688\n"), text.index("\nkms2.lab.test:1688\n"))
        self.assertIn("KMS-HOST-SKIPPED", text)
        self.assertIn("Product activated successfully.", text)
        self.assertIn("Verdict: KMS works; activated", text)

    def test_a_domain_without_hosts_is_what_the_client_would_say(self):
        self.publish()
        text = self.check(2, "ato", "--domain", "lab.test")
        self.assertIn("KMS-DNS-NO-RECORD", text)
        self.assertIn("Error: 0x8007232B ", text)

    def test_without_domain_the_suffixes_of_the_machine_are_searched(self):
        self.lab.refhost("kms1", "--start-count", "30")
        self.publish((0, 1688, "kms1"))
        text = self.check(0, "ato", env={"LOCALDOMAIN": "branch.lab.test lab.test"})
        self.assertIn("SRV _vlmcs._tcp.branch.lab.test: does not exist (NXDOMAIN)", text)
        self.assertIn(f"SRV {self.SERVICE}: found", text)
        self.assertNotIn("KMS-DNS-NO-RECORD", text)

    def test_a_resolver_that_is_silent(self):
        faults.resolver_silent(self.lab)
        text = self.check(2, "ato", "--domain", "lab.test", "--timeout", "1")
        self.assertIn("KMS-DNS-NO-ANSWER", text)

    def test_a_host_behind_no_route_and_one_that_drops(self):
        faults.dropped(self.lab)
        self.assertIn("KMS-CONNECT-NO-ANSWER", self.check(2, "ato", "--timeout", "1", self.lab.address("kms1")))
        self.lab.reset()
        faults.no_route(self.lab)
        text = self.check(2, "ato", self.lab.address("kms1"))
        self.assertIn("KMS-CONNECT-NO-ROUTE", text)
        self.assertIn("unreachable", text)

    def test_a_name_without_an_address(self):
        self.publish()
        self.assertIn("KMS-NAME-NOT-FOUND", self.check(2, "ato", "gone.lab.test"))


if __name__ == "__main__":
    unittest.main()

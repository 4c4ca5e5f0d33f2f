"""The program kms-refhost as a user meets it: start, options, state over restarts, signals, full disks, events.

Needs the built program: $DIAG_BIN_DIR/kms-refhost. Loopback and ports of the system's choice only.
"""
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import socket
import sqlite3
import struct
import subprocess
import tempfile
import threading
import time
import unittest

import jsonschema

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = os.environ.get("KMS_REFHOST") or os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-refhost")
LIMIT_S = 60


def load(path):
    return json.loads((ROOT / path).read_text(encoding="utf-8"))


PDUS = {row["id"]: bytes.fromhex(row["pdu"]) for row in load("tests/vectors/rpc_pdus.json")["pdus"]}
CASE = next(case for case in load("tests/vectors/v6_messages.json")["cases"] if case["id"] == "win10-even")
FIELDS = CASE["request_fields"]
BIND, REQUEST = PDUS["bind-ndr32"], PDUS["request-v6-ndr32-win10-even"]
V4_REQUEST = PDUS["request-v4-ndr32-win10-even"]
RESPONSE = 2


def vector_clock(fields=FIELDS):
    """The option that sets the host's clock to the time at which the request with these fields was made."""
    return f"{int(fields['client_time_filetime'] / 1e7 - 11644473600 - time.time())}s"


def v4_count(pdu):
    """The count of clients in an answer of version 4, which is in the clear: NDR32 stub, ePID with its size first."""
    message = pdu[24 + 12:]
    epid_size = struct.unpack_from("<I", message, 4)[0]
    return struct.unpack_from("<I", message, 8 + epid_size + 16 + 8)[0]


class Client:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self.call(BIND)

    def call(self, pdu):
        """Sends a PDU; the answer whole, or None when the host has closed."""
        try:
            self.socket.sendall(pdu)
            answer = self.read(16)
            return answer and answer + self.read(struct.unpack_from("<H", answer, 8)[0] - 16)
        except (ConnectionError, TypeError):
            return None

    def read(self, size):
        data = b""
        while len(data) < size:
            more = self.socket.recv(size - len(data))
            if not more:
                return None
            data += more
        return data

    def close(self):
        self.socket.close()

    __del__ = close


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-refhost-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def start(self, *arguments, fields=FIELDS, **options):
        """A running host on a port of the system's choice; its attribute port, and said with what it said at start."""
        options.setdefault("stdout", subprocess.DEVNULL)
        host = subprocess.Popen([TOOL, "--listen", "127.0.0.1:0", "--clock-offset", vector_clock(fields), *map(str, arguments)],
                                stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, **options)
        self.addCleanup(self.end, host)
        host.said = ""
        for line in host.stderr:
            host.said += line
            found = re.match(r"listening on 127\.0\.0\.1:(\d+)$", line)
            if found:
                host.port = int(found[1])
                return host
        self.fail(f"it did not start: {host.said}")

    @staticmethod
    def end(host):
        if host.poll() is None:
            host.kill()
        host.communicate(timeout=LIMIT_S)

    def stop(self, host, how=signal.SIGTERM):
        """Ends it; (status, what it said on standard error since it listened, standard output)."""
        host.send_signal(how)
        output, errors = host.communicate(timeout=LIMIT_S)
        return host.returncode, errors, output

    def refused(self, *arguments, preexec_fn=None):
        """Runs it with what it must refuse before it listens: status 3 and one line; the line."""
        done = subprocess.run([TOOL, "--listen", "127.0.0.1:0", *map(str, arguments)], capture_output=True, text=True,
                              timeout=LIMIT_S, stdin=subprocess.DEVNULL, preexec_fn=preexec_fn)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("kms-refhost: "))
        return done.stderr.strip()


class Start(Case):
    def test_help_manual_and_start_say_that_it_activates_nothing_genuine(self):
        words = "cannot activate a genuine product"
        shown = subprocess.run([TOOL, "--help"], capture_output=True, text=True, check=True).stdout
        self.assertIn(words, " ".join(shown.split()))
        manual = (ROOT / "docs/man/kms-refhost.1").read_text(encoding="utf-8")
        self.assertIn(words, " ".join(manual.split()))
        host = self.start()
        self.assertIn(words, host.said)
        self.assertIn("lab key profile only", host.said)

    def test_every_option_is_in_the_manual(self):
        shown = subprocess.run([TOOL, "--help"], capture_output=True, text=True, check=True).stdout
        manual = (ROOT / "docs/man/kms-refhost.1").read_text(encoding="utf-8")
        names = set(re.findall(r"--([a-z][a-z-]+)", shown))
        self.assertGreater(len(names), 20)
        self.assertEqual({name for name in names if f"Fl Fl {name}" not in manual}, set())

    def test_the_default_is_the_kms_port_on_loopback(self):
        shown = subprocess.run([TOOL, "--help"], capture_output=True, text=True, check=True).stdout
        self.assertIn("127.0.0.1:1688", shown)

    def test_epids_carry_what_was_asked_for_and_the_mark_of_the_lab(self):
        host = self.start("--build", 17763, "--lcid", 1031, "--host-key", "ws2019:551000123", "--host-key", "office2019",
                          "--activation-date", "2020-03-01")
        said = host.said
        epids = re.findall(r"^ePID for (\S+): (\S+)$", said, re.M)
        self.assertEqual([key for key, _ in epids], ["ws2019", "office2019"])
        self.assertEqual(epids[0][1], "03612-00206-551-000123-03-1031-17763.9999-0612020")
        self.assertTrue(all(".9999-" in epid for _, epid in epids))

    def test_products_choose_host_keys(self):
        for product, key in (("office", "office2024"), (FIELDS["activation_id"], "ws2025"), (FIELDS["kms_id"], "ws2025")):
            host = self.start("--product", product)
            said = host.said
            self.assertEqual(re.findall(r"^ePID for (\S+):", said, re.M)[0], key)

    def test_a_product_that_is_not_served_is_refused(self):
        host = self.start("--product", "office", "--json", stdout=subprocess.PIPE)
        client = Client(host.port)
        self.assertEqual(client.call(REQUEST)[-4:], bytes.fromhex("42f004c0"))
        client.close()
        self.assertEqual(json.loads(self.stop(host)[2])["hresult"], "0xC004F042")

    def test_lists_of_faults_and_keys(self):
        faults = subprocess.run([TOOL, "--fault", "list"], capture_output=True, text=True, check=True).stdout.splitlines()
        names = [re.match(r"[a-z-]+", line)[0] for line in faults]
        self.assertIn("bad-hmac", names)
        self.assertEqual(len(names), len(set(names)))
        shown = subprocess.run([TOOL, "--help"], capture_output=True, text=True, check=True).stdout.splitlines()
        self.assertEqual([line for line in faults + shown if len(line) > 80], [])
        keys = subprocess.run([TOOL, "--host-key", "list"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(keys, r"(?m)^ws2022 +Windows Server 2022 \(group 4573, numbers 0-19999 30000-20029999\)$")


class BadOptions(Case):
    def test_bad_values_are_one_line_that_names_the_option(self):
        for option, value in (("listen", "127.0.0.1:65536"), ("listen", "nowhere"), ("listen", "192.0.2.1:0"),
                              ("build", "x"), ("lcid", "70000"), ("host-key", "ws2022:0x1"),
                              ("product", "minesweeper"), ("product", "00000000-0000-0000-0000-000000000001"),
                              ("activation-interval", "14"), ("renewal-interval", "43201"), ("hwid", "123"),
                              ("start-count", "-1"), ("clock-offset", "1 year"), ("activation-date", "2025-02-29"),
                              ("max-connections", "0"), ("max-per-peer", "many"), ("idle-timeout", "0"),
                              ("fault", "nonsense"), ("fault", "delay"), ("format", "xml"), ("color", "blue"),
                              ("state", ""), ("event-log", "/no/such/folder/log"), ("config", "/no/such/file"), ("config", "/")):
            line = self.refused(f"--{option}={value}")
            self.assertTrue(option in line or value in line or option.replace("-", " ") in line, line)
        for option, value in (("build", "12345"), ("host-key", "ws2099"), ("host-key", "ws2022:25000"),
                              ("start-count", "672"), ("clock-offset", "40000d")):
            self.refused(f"--{option}={value}")
        self.refused("--no-such-option")
        self.refused("word")
        self.refused("--json", "--format", "text")

    def test_control_characters_do_not_reach_the_terminal(self):
        self.assertNotIn("\x1b", self.refused("--fault", "\x1b[31mred"))

    def test_a_port_in_use_is_named(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            where = f"127.0.0.1:{taken.getsockname()[1]}"
            self.assertEqual(self.refused("--listen", where),
                             f"kms-refhost: cannot listen on {where}: another program uses this port")


class Config(Case):
    def config(self, text):
        path = self.folder / "refhost.conf"
        path.write_text(text, encoding="utf-8")
        return path

    def test_a_file_gives_what_the_command_line_does_not(self):
        path = self.config("# a lab host\nbuild = 17763\nhost-key = ws2019\nhost-key = office2016\nlcid = 1036\n")
        host = self.start("--config", path, "--lcid", 1033)
        said = host.said
        self.assertRegex(said, r"ePID for ws2019: \S+-1033-17763\.9999-")
        self.assertIn("ePID for office2016", said)

    def test_what_is_wrong_in_a_file_is_one_line(self):
        for text in ("colour = red\n", "build = x\n", "build\n", "config = other\n", "max-per-peer = 0\n"):
            self.refused("--config", self.config(text))


class Events(Case):
    def test_json_follows_the_schema_and_has_the_nine_fields(self):
        validator = jsonschema.Draft202012Validator(load("docs/schema/kms-refhost.schema.json"),
                                                    format_checker=jsonschema.FormatChecker())
        host = self.start("--json", stdout=subprocess.PIPE)
        client = Client(host.port)
        client.call(REQUEST)
        client.call(REQUEST[:-100] + bytes(100))  # spoiled
        client.close()
        status, _, output = self.stop(host)
        self.assertEqual(status, 0)
        good, spoiled = (json.loads(line) for line in output.splitlines())
        for event in (good, spoiled):
            self.assertEqual([error.message for error in validator.iter_errors(event)], [])
        for key in ("client_machine_id", "required_client_count", "workstation_name", "activation_id",
                    "binding_expiration_minutes", "license_status", "client_time_filetime"):
            self.assertEqual(good[key], FIELDS[key], key)
            self.assertIsNone(spoiled[key], key)
        self.assertEqual(good["fields"].split(",")[:4],
                         ["0x0", "25", FIELDS["workstation_name"], FIELDS["client_machine_id"]])
        self.assertEqual(spoiled["hresult"], "0x8007000D")
        for change in ({"hresult": 0}, {"kind": "talk"}, {"client_machine_id": "x"}, {"more": 1}):
            self.assertTrue(list(validator.iter_errors(good | change)), change)

    def test_text_has_the_layout_of_the_event(self):
        host = self.start(stdout=subprocess.PIPE)
        client = Client(host.port)
        client.call(REQUEST)
        client.close()
        _, _, output = self.stop(host)
        time_text, number, fields = output.strip().split(" ", 2)
        self.assertRegex(time_text, r"^2024-01-17T21:2\d:\d\d\.\d{3}Z$")
        self.assertEqual(number, "12290")
        self.assertEqual(fields.split(","), ["0x0", "25", FIELDS["workstation_name"], FIELDS["client_machine_id"],
                                             "2024/01/17 21:20", "0", "2", "43200", FIELDS["activation_id"]])

    def test_an_event_log_is_appended_to(self):
        path = self.folder / "events.log"
        path.write_text("what was there\n", encoding="utf-8")
        host = self.start("--event-log", path, "--json")
        client = Client(host.port)
        client.call(REQUEST)
        self.assertEqual(len(path.read_text(encoding="utf-8").splitlines()), 2, "the event is there before the answer")
        client.close()
        self.stop(host)
        self.assertTrue(path.read_text(encoding="utf-8").startswith("what was there\n{"))

    def test_a_reader_that_goes_ends_the_host_quietly(self):
        host = self.start(stdout=subprocess.PIPE)
        host.stdout.close()
        host.stdout = None
        client = Client(host.port)
        self.assertIsNotNone(client.call(REQUEST))
        client.close()
        self.assertEqual(host.wait(LIMIT_S), 0)
        self.assertNotIn("kms-refhost: ", host.stderr.read())

    def test_a_reader_that_does_not_read_holds_up_nobody(self):
        host = self.start(stdout=subprocess.PIPE)
        client = Client(host.port)
        for _ in range(2000):  # 300 KB of events, more than a pipe holds
            self.assertIsNotNone(client.call(REQUEST))
        client.close()
        status, _, output = self.stop(host)
        self.assertEqual((status, len(output.splitlines())), (0, 2000))

    def test_events_that_had_to_wait_come_without_another_request(self):
        host = self.start(stdout=subprocess.PIPE)
        client = Client(host.port)
        for _ in range(2000):
            client.call(REQUEST)
        lines = [host.stdout.readline() for _ in range(2000)]
        self.assertEqual({line.count(",") for line in lines}, {8})
        client.close()

    def test_a_full_disk_under_the_event_log_ends_the_host_with_one_line(self):
        path = self.folder / "events.log"
        host = self.start("--event-log", path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)))
        client = Client(host.port)
        answers = 0
        while client.call(REQUEST) is not None:
            answers += 1
        client.close()
        self.assertEqual(host.wait(LIMIT_S), 3)
        errors = [line for line in host.stderr.read().splitlines() if line.startswith("kms-refhost: ")]
        self.assertEqual(errors, [f"kms-refhost: event log {path}: cannot be written: File too large"])
        whole = [line for line in path.read_text(encoding="utf-8").splitlines() if line.endswith(FIELDS["activation_id"])]
        self.assertEqual(len(whole), answers)


class State(Case):
    def setUp(self):
        super().setUp()
        self.path = self.folder / "state.db"

    def count(self, *arguments):
        """What a host with these arguments answers as count, and the host, still running."""
        host = self.start(*arguments)
        client = Client(host.port)
        count = v4_count(client.call(V4_REQUEST))
        client.close()
        return count, host

    def test_without_a_file_counts_begin_anew(self):
        for _ in range(2):
            count, host = self.count("--start-count", 7)
            self.assertEqual(count, 8)
            self.stop(host)

    def test_counts_survive_restart_and_kill(self):
        count, host = self.count("--state", self.path, "--start-count", 7)
        self.assertEqual(count, 8)
        self.assertEqual(self.stop(host)[0], 0)
        for how in (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM):
            count, host = self.count("--state", self.path)
            self.assertEqual(count, 8)
            self.stop(host, how)

    def test_a_kill_under_load_loses_no_client_that_was_answered(self):
        host = self.start("--state", self.path, "--start-count", 3)
        client = Client(host.port)
        self.assertIsNotNone(client.call(REQUEST))
        threading.Timer(0.2, host.kill).start()
        while client.call(REQUEST) is not None:
            pass
        client.close()
        host.wait(LIMIT_S)
        self.assertEqual(self.count("--state", self.path)[0], 4)

    def test_what_is_no_state_file_is_refused_and_left_as_it_is(self):
        with sqlite3.connect(self.path) as other:
            other.execute("CREATE TABLE recipes (name TEXT)")
        other.close()
        before = self.path.read_bytes()
        self.assertIn("this is no state file of kms-refhost", self.refused("--state", self.path))
        self.assertEqual(self.path.read_bytes(), before)
        self.path.write_text("a shopping list", encoding="utf-8")
        self.assertIn("this is no state file of kms-refhost", self.refused("--state", self.path))
        self.assertEqual(self.path.read_text(encoding="utf-8"), "a shopping list")

    def test_a_damaged_file_is_refused(self):
        _, host = self.count("--state", self.path, "--start-count", 500)
        self.stop(host)
        data = bytearray(self.path.read_bytes())
        data[8192:12288] = b"\x5a" * 4096
        self.path.write_bytes(data)
        self.assertIn("damaged", self.refused("--state", self.path))

    def test_two_hosts_do_not_share_a_file(self):
        _, host = self.count("--state", self.path)
        self.assertIn("another process uses it", self.refused("--state", self.path))
        self.stop(host)

    def test_a_full_disk_ends_the_host_with_one_line_and_loses_nothing(self):
        count, host = self.count("--state", self.path, "--start-count", 20)
        self.stop(host)
        limit = (self.path.stat().st_size + 3000,) * 2
        host = self.start("--state", self.path, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, limit))
        client = Client(host.port)
        while client.call(REQUEST) is not None:
            pass
        client.close()
        self.assertEqual(host.wait(LIMIT_S), 3)
        errors = [line for line in host.stderr.read().splitlines() if line.startswith("kms-refhost: ")]
        self.assertEqual(len(errors), 1, errors)
        self.assertIn(f"state file {self.path}: cannot be written: ", errors[0])
        self.assertEqual(self.count("--state", self.path)[0], count)

    def test_no_room_for_a_new_file_is_one_line(self):
        line = self.refused("--state", self.path,
                            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
        self.assertIn(str(self.path), line)


class Attack(Case):
    def good(self, port):
        client = Client(port)
        answer = client.call(REQUEST)
        client.close()
        return answer is not None and answer[2] == RESPONSE

    def test_without_descriptors_the_longest_idle_gives_way(self):
        if b"__ubsan_handle" in pathlib.Path(TOOL).read_bytes():
            self.skipTest("UBSan makes pipes to look at memory, and takes their failure for a bad object")
        host = self.start()
        resource.prlimit(host.pid, resource.RLIMIT_NOFILE, (40, 40))
        idle = [socket.create_connection(("127.0.0.1", host.port)) for _ in range(100)]
        for _ in range(10):
            self.assertTrue(self.good(host.port))
        for client in idle:
            client.close()
        self.assertEqual(self.stop(host)[0], 0)

    def test_fuzzed_pdus_hurt_nobody_and_leave_no_descriptor(self):
        host = self.start("--idle-timeout", 2)
        self.assertTrue(self.good(host.port))
        descriptors = pathlib.Path(f"/proc/{host.pid}/fd")
        before = len(list(descriptors.iterdir()))
        chance = random.Random(42)
        samples = [BIND, REQUEST, BIND + REQUEST, V4_REQUEST, BIND + PDUS["alter-context-ndr32"] + REQUEST]
        for _ in range(40):
            with socket.create_connection(("127.0.0.1", host.port), timeout=LIMIT_S) as enemy:
                for _ in range(20):
                    data = bytearray(chance.choice(samples))
                    for _ in range(chance.randrange(4)):
                        data[chance.randrange(len(data))] = chance.randrange(256)
                    try:
                        enemy.sendall(data[:chance.randrange(1, len(data) + 1)])
                    except ConnectionError:
                        break
            self.assertTrue(self.good(host.port))
        until = time.monotonic() + LIMIT_S
        while len(list(descriptors.iterdir())) > before and time.monotonic() < until:
            time.sleep(0.05)
        self.assertLessEqual(len(list(descriptors.iterdir())), before)
        self.assertEqual(self.stop(host)[0], 0)


class Stop(Case):
    def test_a_signal_under_load_loses_no_request(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            path = self.folder / f"events-{how}.log"
            host = self.start("--event-log", path, "--json")
            answered = []

            def ask():
                client = Client(host.port)
                count = 0
                while client.call(REQUEST) is not None:
                    count += 1
                client.close()
                answered.append(count)

            clients = [threading.Thread(target=ask) for _ in range(8)]
            for client in clients:
                client.start()
            time.sleep(0.3)
            self.assertEqual(self.stop(host, how)[0], 0)
            for client in clients:
                client.join(LIMIT_S)
            self.assertGreater(sum(answered), 8)
            self.assertEqual(len(path.read_text(encoding="utf-8").splitlines()), sum(answered))

    def test_it_stops_while_clients_are_idle(self):
        host = self.start()
        idle = [Client(host.port) for _ in range(20)]
        self.assertEqual(self.stop(host)[0], 0)
        for client in idle:
            self.assertIsNone(client.read(1))
            client.close()

    def test_quiet_says_nothing(self):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        host = subprocess.Popen([TOOL, "--listen", f"127.0.0.1:{port}", "-q", "--clock-offset", vector_clock()],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(self.end, host)
        for _ in range(200):
            try:
                client = Client(port)
                break
            except ConnectionError:
                time.sleep(0.05)
        self.assertEqual(client.call(REQUEST)[2], RESPONSE)
        client.close()
        self.assertEqual(self.stop(host), (0, "", ""))


class Faults(Case):
    def test_a_fault_strikes_when_it_was_told_to(self):
        host = self.start("--fault", "hresult:0xC004F042@2", "--fault", "reset@request,4")
        client = Client(host.port)
        self.assertNotEqual(client.call(REQUEST)[-4:], bytes.fromhex("42f004c0"))
        self.assertEqual(client.call(REQUEST)[-4:], bytes.fromhex("42f004c0"))
        self.assertEqual(client.call(REQUEST)[2], RESPONSE)
        self.assertIsNone(client.call(REQUEST))
        client.close()
        self.assertIn("fault: reset@request,4", host.said)


if __name__ == "__main__":
    unittest.main()

"""The program kms-probe as a user meets it: against kms-refhost and other servers on loopback.

Needs the built programs: $DIAG_BIN_DIR/kms-probe and kms-refhost. Loopback and ports of the system's choice only.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

from ports import closed_port

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR", ""))
TOOL, HOST = str(BIN / "kms-probe"), str(BIN / "kms-refhost")
LIMIT_S = 60
GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def load_validator():
    schema = json.loads((ROOT / "docs/schema/kms-probe.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


class Server:
    """Answers the first bytes of each client with `answer`, or greets with `greeting`, or says nothing."""

    def __init__(self, answer=b"", greeting=b""):
        self.answer, self.greeting = answer, greeting
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.clients = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        try:
            while True:
                client = self.listener.accept()[0]
                self.clients.append(client)
                threading.Thread(target=self.talk, args=(client,), daemon=True).start()
        except OSError:
            pass

    def talk(self, client):
        try:
            client.sendall(self.greeting)
            if client.recv(4096) and self.answer:
                client.sendall(self.answer)
                client.close()
        except OSError:
            pass

    def close(self):
        self.listener.close()
        for client in self.clients:
            client.close()


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-probe-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.environment = os.environ | {"XDG_STATE_HOME": str(self.folder / "state")}

    def host(self, *arguments):
        """A running reference host; its attributes port, and log, the file with its events as JSON."""
        log = self.folder / "events.json"
        with log.open("w") as events:
            host = subprocess.Popen([HOST, "--listen", "127.0.0.1:0", "--json", *map(str, arguments)], stdout=events,
                                    stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
        self.addCleanup(self.end, host)
        for line in host.stderr:
            found = re.match(r"listening on 127\.0\.0\.1:(\d+)$", line)
            if found:
                host.port, host.log = int(found[1]), log
                return host
        self.fail("kms-refhost did not start")

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_S)

    def events(self, host):
        host.terminate()
        host.wait(LIMIT_S)
        return [json.loads(line) for line in host.log.read_text(encoding="utf-8").splitlines()]

    def server(self, **what):
        server = Server(**what)
        self.addCleanup(server.close)
        return server

    def run_tool(self, *arguments, **options):
        options.setdefault("stdout", subprocess.PIPE)
        if "input" not in options:
            options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([TOOL, *map(str, arguments)], stderr=subprocess.PIPE, text=True, timeout=LIMIT_S,
                              env=self.environment, check=False, **options)

    def probe(self, port, *arguments, status):
        """Probes a port of loopback; standard output."""
        done = self.run_tool(*arguments, f"127.0.0.1:{port}")
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done.stdout

    def refused(self, *arguments, **options):
        done = self.run_tool(*arguments, **options)
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
        self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("kms-probe: "), done.stderr)
        self.assertNotIn("\x1b", done.stderr)
        return done.stderr


class Text(Case):
    def test_a_good_host_takes_few_lines_and_nothing_is_left_on_it(self):
        host = self.host()
        text = self.probe(host.port, status=0)
        self.assertIn(f"KMS answers at 127.0.0.1:{host.port}", text)
        self.assertRegex(text, r"(?m)^  connect  listening, [0-9.]+ [um]?s$")
        self.assertRegex(text, r"(?m)^  bind     KMS is there, [0-9.]+ [um]?s; NDR32 refused, NDR64 accepted, BTFN accepted$")
        self.assertEqual(self.events(host), [])
        self.assertFalse((self.folder / "state").exists())

    def test_no_line_is_wider_than_80_columns(self):
        host = self.host()
        texts = [self.run_tool("--help").stdout,
                 self.probe(host.port, "-v", "--request", "--mtu", "--epm", "-c2", "-i0.01", status=1),
                 self.probe(closed_port(), "-v", status=2),
                 self.probe(self.server(answer=b"x" * 4000).port, "-v", status=2)]
        for text in texts:
            self.assertEqual([line for line in text.splitlines() if len(line) > 80], [])

    def test_a_name_is_looked_up_and_each_address_shown(self):
        host = self.host()
        done = self.run_tool("-4", f"localhost:{host.port}")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"(?m)^  name     127\.0\.0\.1; after ")
        self.assertRegex(done.stdout, rf"(?m)^  address  127\.0\.0\.1:{host.port}$")

    def test_what_else_answers_on_the_port_is_named(self):
        for server, word in ((self.server(answer=b"HTTP/1.1 400 Bad Request\r\n\r\n"), "HTTP"),
                             (self.server(answer=bytes.fromhex("15030100020246")), "TLS"),
                             (self.server(greeting=b"SSH-2.0-OpenSSH_9.2p1\r\n"), "SSH")):
            text = self.probe(server.port, status=2)
            self.assertIn("KMS-NOT-RPC", text)
            self.assertIn(f"127.0.0.1:{server.port} answers with {word}, not with RPC", text)
            self.assertIn("0xC004F074", text)

    def test_another_rpc_server_is_told_from_kms(self):
        host = self.host("--fault", "bind-reject")
        text = self.probe(host.port, status=2)
        self.assertIn("KMS-BIND-NO-INTERFACE", text)
        self.assertRegex(text, r"(?m)^  bind     KMS is not there; ")

    def test_what_a_server_says_cannot_reach_the_terminal(self):
        server = self.server(answer=b"\x1b[31mred\x07\r\n" * 3)
        text = self.probe(server.port, "-v", status=2)
        self.assertEqual([c for c in text if ord(c) < 32 and c != "\n"], [])

    def test_silence_ends_with_the_timeout_and_asks_for_a_firewall_rule(self):
        server = self.server()
        began = time.monotonic()
        text = self.probe(server.port, "--timeout", "0.3", status=2)
        self.assertLess(time.monotonic() - began, 4)
        self.assertIn("KMS-BIND-NO-ANSWER", text)
        self.assertIn(f"allow TCP from 127.0.0.1 (any source port) to 127.0.0.1 port {server.port}",
                      " ".join(text.split()))

    def test_a_name_that_does_not_exist(self):
        done = self.run_tool("--timeout", 2, "a..b", "x")
        self.assertEqual(done.returncode, 3)
        done = self.run_tool("--timeout", 2, "a" * 64 + ".invalid")
        self.assertEqual(done.returncode, 2, done.stdout)
        self.assertIn("KMS-NAME-NOT-FOUND", done.stdout)
        self.assertNotIn("bad_name", done.stdout)


class Targets(Case):
    def test_many_are_reported_in_order_with_a_summary(self):
        host, closed = self.host(), closed_port()
        listed = f"# two hosts\n127.0.0.1:{host.port}\n\n127.0.0.1:{closed} # nobody\n"
        for rate in ("0", "50", "100"):
            done = self.run_tool("--rate", rate, "--targets", "-", f"127.0.0.1:{host.port}", input=listed)
            self.assertEqual(done.returncode, 2, done.stdout)
            heads = [line for line in done.stdout.splitlines() if line.startswith("127")]
            self.assertEqual(heads, [f"127.0.0.1:{port}" for port in (host.port, host.port, closed)])
            self.assertIn("Summary: 3 targets, 2 in order, 0 with warnings, 1 not usable", done.stdout)

    def test_a_file_of_targets(self):
        host = self.host()
        path = self.folder / "targets"
        path.write_text(f"127.0.0.1\n127.0.0.1:{host.port}\r\n", encoding="utf-8")
        done = self.run_tool("--json", "--port", host.port, "--targets", path)
        self.assertEqual([json.loads(line)["target"] for line in done.stdout.splitlines()],
                         [f"127.0.0.1:{host.port}"] * 2)

    def test_a_block_is_all_its_addresses(self):
        host = self.host()
        done = self.run_tool("--json", "--rate", 0, f"127.0.0.0/29:{host.port}")
        self.assertEqual([json.loads(line)["target"] for line in done.stdout.splitlines()],
                         [f"127.0.0.{n}:{host.port}" for n in range(1, 7)])

    def test_quiet_leaves_out_what_is_in_order(self):
        host, closed = self.host(), closed_port()
        self.assertEqual(self.probe(host.port, "-q", status=0), "")
        self.assertEqual(self.probe(host.port, "-q", "--json", status=0), "")
        done = self.run_tool("-q", "--json", f"127.0.0.1:{host.port}", f"127.0.0.1:{closed}")
        self.assertEqual([json.loads(line)["target"] for line in done.stdout.splitlines()], [f"127.0.0.1:{closed}"])

    def test_fail_on_moves_the_border(self):
        closed = closed_port()
        for word, status in (("warning", 2), ("critical", 2), ("never", 0)):
            self.probe(closed, "--fail-on", word, status=status)
        host = self.host()  # one client of the 25 that are needed: a warning
        for word, status in (("warning", 1), ("critical", 0), ("never", 0)):
            self.probe(host.port, "--request", "--fail-on", word, status=status)


class Request(Case):
    def test_the_machine_id_is_announced_stored_and_kept(self):
        host = self.host("--start-count", 30)
        path = self.folder / "state/kms-diagnostics/client-machine-id"
        said = []
        for _ in range(2):
            done = self.run_tool("--request", f"127.0.0.1:{host.port}")
            self.assertEqual(done.returncode, 0, done.stdout)
            self.assertIn("30 days", done.stderr)
            said += GUID.findall(done.stderr)
        self.assertEqual(said, [path.read_text(encoding="utf-8").strip()] * 2)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        self.assertEqual([event["client_machine_id"] for event in self.events(host)], said)

    def test_what_the_client_says_of_itself_arrives(self):
        host = self.host()
        machine = "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"
        self.probe(host.port, "--request", "--cmid", machine, "--product", "Windows Vista Business", "--protocol", 4,
                   "--license-status", "notification", "--grace-minutes", 7, "--workstation", "pc1", "--vm", status=1)
        event, = self.events(host)
        self.assertEqual(event["client_machine_id"], machine)
        self.assertEqual(event["activation_id"], "4f3d1606-3fea-4c01-be3c-8d671c401e3b")
        self.assertEqual((event["license_status"], event["binding_expiration_minutes"], event["workstation_name"],
                          event["virtual_machine"]), (5, 7, "pc1", True))
        self.assertFalse((self.folder / "state").exists())

    def test_what_it_leaves_behind_is_announced_even_when_quiet(self):
        host = self.host("--start-count", 30)
        done = self.run_tool("-q", "--request", f"127.0.0.1:{host.port}")
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        said, = GUID.findall(done.stderr)
        self.assertEqual([event["client_machine_id"] for event in self.events(host)], [said])

    def test_a_damaged_id_is_left_alone_and_nothing_is_sent(self):
        host = self.host()
        path = self.folder / "state/kms-diagnostics/client-machine-id"
        path.parent.mkdir(parents=True)
        path.write_text("hello\n", encoding="utf-8")
        self.assertIn(str(path), self.refused("--request", f"127.0.0.1:{host.port}"))
        self.assertEqual(path.read_text(encoding="utf-8"), "hello\n")
        self.assertEqual(self.events(host), [])

    def test_a_host_that_cannot_read_the_lab_keys_is_in_order(self):
        host = self.host("--fault", "hresult:0x8007000D")
        self.assertIn("KMS-LAB-KEYS-REFUSED", self.probe(host.port, "--request", status=0))


class Series(Case):
    def test_loss_and_percentiles(self):
        host = self.host("--fault", "reset@bind,2")
        text = self.probe(host.port, "--count", 4, "--interval", 0.01, status=1)
        self.assertEqual(re.findall(r"(?m)^(\d): ", text), ["1", "2", "3", "4"])
        self.assertRegex(text, r"(?m)^2: \S+ KMS-BIND-RESET, connect ")
        self.assertIn("4 attempts, 1 failed (25.0 %)", text)
        self.assertIn("KMS-CONNECT-UNSTABLE", text)
        rows = {row[0]: [float(number) for number in row[1].split()]
                for row in re.findall(r"(?m)^ +(connect|bind) ((?: +[0-9.]+){7})$", text)}
        self.assertEqual(set(rows), {"connect", "bind"})
        for _, mean, least, *percentiles, most in rows.values():
            self.assertEqual([least, *percentiles, most], sorted([least, *percentiles, most]))
            self.assertTrue(least <= mean <= most)

    def test_ctrl_c_ends_an_endless_series_with_its_result(self):
        host = self.host()
        tool = subprocess.Popen([TOOL, "-c", "0", "-i", "0.05", f"127.0.0.1:{host.port}"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment)
        self.addCleanup(self.end, tool)
        first = [tool.stdout.readline() for _ in range(3)]
        tool.send_signal(signal.SIGINT)
        output, errors = tool.communicate(timeout=LIMIT_S)
        self.assertEqual([line[:3] for line in first], ["1: ", "2: ", "3: "])
        self.assertRegex(output, r"series +\d+ attempts, 0 failed \(0\.0 %\)")
        self.assertEqual((tool.returncode, errors), (0, ""))

    def test_a_stop_before_the_end_is_no_success(self):
        good, silent = self.host(), self.server()
        for form in "text", "nagios":
            tool = subprocess.Popen([TOOL, "--format", form, f"127.0.0.1:{good.port}", f"127.0.0.1:{silent.port}"],
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=self.environment)
            self.addCleanup(self.end, tool)
            while len(silent.clients) < (1 if form == "text" else 2):
                time.sleep(0.01)
            time.sleep(0.2)  # the good one takes a few milliseconds
            tool.send_signal(signal.SIGTERM)
            output, errors = tool.communicate(timeout=LIMIT_S)
            self.assertEqual((tool.returncode, errors), (3, "kms-probe: stopped after 1 of 2 targets\n"))
            if form == "nagios":
                self.assertEqual(output, "KMS PROBE UNKNOWN - stopped after 1 of 2 targets\n")

    def test_each_attempt_on_several_targets_is_shown_at_once(self):
        host = self.host()
        target = f"127.0.0.1:{host.port}"
        tool = subprocess.Popen([TOOL, "-c", "2", "-i", "600", target, target], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment)
        self.addCleanup(self.end, tool)
        self.assertEqual([tool.stdout.readline()[:3] for _ in range(2)], ["1: ", "1: "])

    def test_an_endless_series_of_a_name_without_address_ends(self):
        done = self.run_tool("-c", 0, "a" * 64 + ".invalid")
        self.assertEqual(done.returncode, 2)


class Formats(Case):
    def test_json_follows_the_schema(self):
        validator = load_validator()
        host, silent = self.host(), self.server()
        targets = [f"127.0.0.1:{port}" for port in (host.port, closed_port(), silent.port,
                                                    self.server(answer=b"HTTP/1.1 400\r\n\r\n").port)]
        lines = []
        for arguments in ((), ("--request",), ("--epm", "--mtu"), ("--count", 2, "--interval", 0.01)):
            done = self.run_tool("--json", "--timeout", 0.5, "--rate", 0, *arguments, f"localhost:{host.port}", *targets,
                                 "a" * 64 + ".invalid", "[fe80::1]")
            self.assertEqual(done.returncode, 2, done.stderr)
            lines += [json.loads(line) for line in done.stdout.splitlines()]
        self.assertEqual(len(lines), 4 * 7)
        for line in lines:
            self.assertEqual([error.message for error in validator.iter_errors(line)], [], line["target"])
        good, refused = lines[1], lines[2]
        self.assertEqual((good["finding"], good["stage"], good["windows_code"], good["inner_code"]), (None,) * 4)
        self.assertEqual((refused["finding"], refused["stage"], refused["windows_code"], refused["inner_code"]),
                         ("KMS-CONNECT-REFUSED", "connect", "0xC004F074", "0x800706BA"))
        self.assertEqual(refused["addresses"][0]["port_state"], "not listening")
        for wrong in ({"kind": "talk"}, {"schema_version": 2}, {"more": 1}, {"finding": "KMS-X"}, {"target": "kms"},
                      {"windows_code": "0xC004F074"}, {"addresses": [{}]}, {"name": "kms"}, {"findings": None},
                      {"origin": {}}, {"kind": "discovery"}):
            self.assertTrue(list(validator.iter_errors(good | wrong)), wrong)

    def test_nagios_has_a_line_with_the_times_of_the_stages(self):
        host = self.host()
        number = r"[0-9.]+(?:e-\d+)?"
        text = self.probe(host.port, "--format", "nagios", status=0)
        self.assertRegex(text.splitlines()[0], rf"^KMS PROBE OK - [^|]+ \| connect={number}ms bind={number}ms$")
        text = self.probe(host.port, "--format", "nagios", "-c", 2, "-i", 0.01, "--request", status=1)
        self.assertRegex(text.splitlines()[0], rf"^KMS PROBE WARNING - [^|]+ \| connect={number}ms bind={number}ms "
                                               rf"request={number}ms loss=0%$")
        text = self.probe(closed_port(), "--format", "nagios", status=2)
        self.assertRegex(text.splitlines()[0], r"^KMS PROBE CRITICAL - ")
        done = self.run_tool("--format", "nagios", "--targets", "/no/such/file")
        self.assertEqual(done.returncode, 3)
        self.assertRegex(done.stdout, r"^KMS PROBE UNKNOWN - ")

    def test_junit_counts_targets_and_failures(self):
        host, closed = self.host(), closed_port()
        done = self.run_tool("--format", "junit", f"127.0.0.1:{host.port}", f"127.0.0.1:{closed}")
        root = ElementTree.fromstring(done.stdout)
        self.assertEqual((root.get("tests"), root.get("failures")), ("2", "1"))
        cases = {case.get("name"): case.find("failure") for case in root.iter("testcase")}
        self.assertEqual(set(cases), {f"127.0.0.1:{host.port}", f"127.0.0.1:{closed}"})
        self.assertIsNone(cases[f"127.0.0.1:{host.port}"])
        self.assertIn("refused", cases[f"127.0.0.1:{closed}"].get("message"))


class Process(Case):
    def test_bad_options_are_one_line_each(self):
        for arguments, word in ((("--no-such-option",), "no-such-option"), (("kms:0",), "65535"),
                                (("--domain", "example.test", "x"), "--domain"), (("--domain", "a b"), "--domain"),
                                (("--domain", "kms1.example.test:1688"), "no port"),
                                (("--domain", "_vlmcs._tcp.example.test"), "give its domain, example.test"),
                                (("--domain", "192.0.2.1"), "--domain"), (("--domain", "example.test", "-p", "1"), "--port"),
                                (("--domain", "example.test", "--targets", "-"), "--domain"),
                                (("--server", "dns.example.test", "x"), "--server"), (("--server", "192.0.2.1:0", "x"), "--server"),
                                (("kms:65536",), "65535"), (("10.0.0.0/8",), "65536"), (("\x1b[31mred",), "red"),
                                (("a b",), "a b"), (("-c", "-1", "x"), "count"), (("-i", "0", "x"), "interval"),
                                (("-p", "0", "x"), "port"), (("--timeout", "0", "x"), "timeout"),
                                (("--concurrency", "0", "x"), "concurrency"), (("--rate", "fast", "x"), "rate"),
                                (("-4", "-6", "x"), "-4"), (("--format", "xml", "x"), "xml"),
                                (("--color", "blue", "x"), "color"), (("--fail-on", "info", "x"), "fail-on"),
                                (("--vm", "x"), "--request"), (("--cmid", "1", "--request", "x"), "cmid"),
                                (("--product", "windows", "--request", "x"), "fits"),
                                (("--targets", "/no/such/file"), "/no/such/file"), (("--targets", "/"), "--targets"),
                                (("--keys", "/no/such/file", "--request", "127.0.0.1"), "/no/such/file"),
                                (("-c", "0", "--format", "junit", "x"), "--count 0"),
                                (("--request", "--workstation", "w" * 64, "127.0.0.1"), "name")):
            self.assertIn(word, self.refused(*arguments), arguments)
        self.assertIn("line 2", self.refused("--targets", "-", input="127.0.0.1\nkms:0\n"))
        self.assertIn("no target", self.refused("--targets", "-", input="# nobody\n"))

    def test_a_full_disk_is_status_3_and_one_line(self):
        host = self.host()
        with open("/dev/full", "w") as full:
            done = self.run_tool(f"127.0.0.1:{host.port}", stdout=full)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr, "kms-probe: standard output: No space left on device\n")

    def test_a_closed_pipe_ends_it_quietly(self):
        host = self.host()
        tool = subprocess.Popen([TOOL, "-c", "0", "-i", "0.01", f"127.0.0.1:{host.port}"], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment)
        self.addCleanup(self.end, tool)
        tool.stdout.readline()
        tool.stdout.close()
        tool.stdout = None
        self.assertEqual(tool.wait(LIMIT_S), 0)
        self.assertEqual(tool.stderr.read(), "")

    def test_every_option_is_in_the_manual(self):
        names = set(re.findall(r"--([a-z][a-z-]+)", self.run_tool("--help").stdout))
        manual = (ROOT / "docs/man/kms-probe.1").read_text(encoding="utf-8")
        self.assertGreater(len(names), 25)
        self.assertEqual({name for name in names if f"Fl Fl {name}" not in manual}, set())

    def test_products_are_listed(self):
        lines = self.run_tool("--list-products").stdout.splitlines()
        self.assertGreater(len(lines), 100)
        for line in lines:
            self.assertRegex(line, rf"^{GUID.pattern} +[456;/,]+ +(5|25) +\S")


if __name__ == "__main__":
    unittest.main()

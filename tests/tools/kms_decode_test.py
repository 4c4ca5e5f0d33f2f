"""The program kms-decode as a user meets it: bad input, exit statuses, containers, -w, pipes.

Needs the built program: $DIAG_BIN_DIR/kms-decode. What the machine lacks (tshark, zstd, a second user) is skipped.
"""
import gzip
import json
import os
import pathlib
import shutil
import signal
import struct
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = os.environ.get("KMS_DECODE") or os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
CAPTURES = ROOT / "captures"
GOOD = CAPTURES / "c2c-v6-ndr64-btfn-srv2019.pcap"
REFUSED = CAPTURES / "refused-rst.pcap"
HALF_BIND = CAPTURES / "closed-client-half-bind.pcap"
LIMIT_S = 60


def run(*arguments, **options):
    """Run the tool; returns the completed process with bytes in stdout and stderr."""
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("stdout", subprocess.PIPE)
    if "input" in options:
        del options["stdin"]
    return subprocess.run([TOOL, *map(str, arguments)], stderr=subprocess.PIPE, timeout=LIMIT_S, **options)


def objects(done):
    return [json.loads(line) for line in done.stdout.decode().splitlines()]


def conversations(done, without=()):
    """The conversations of a run with --json, without what depends on where the packets stand in the file."""
    drop = {"capture", *without}

    def clean(value):
        if isinstance(value, dict):
            return {key: clean(item) for key, item in value.items() if key not in drop}
        if isinstance(value, list):
            return [clean(item) for item in value]
        return value

    return [clean(line) for line in objects(done) if line["kind"] == "conversation"]


PLACES = ("first_packet", "last_packet", "packet", "packets", "request_packet", "response_packet", "evidence")


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="kms-decode-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def file(self, name, data):
        path = self.folder / name
        path.write_bytes(data)
        return path

    def fails(self, *arguments, naming, **options):
        """One clear line on standard error, exit status 3."""
        done = run(*arguments, **options)
        errors = done.stderr.decode()
        self.assertEqual(done.returncode, 3, errors)
        self.assertEqual(errors.count("\n"), 1, errors)
        self.assertTrue(errors.startswith("kms-decode: "), errors)
        for text in [naming] if isinstance(naming, str) else naming:
            self.assertIn(text, errors)
        return done


def pcap(packets, link_type=1, magic=0xA1B2C3D4):
    out = struct.pack("<IHHiIII", magic, 2, 4, 0, 0, 262144, link_type)
    for data in packets:
        out += struct.pack("<IIII", 1764000000, 0, len(data), len(data)) + data
    return out


def pcapng_block(kind, body):
    size = 12 + len(body)
    return struct.pack("<II", kind, size) + body + struct.pack("<I", size)


def pcapng_head():
    section = struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
    interface = struct.pack("<HHI", 1, 0, 262144)
    return pcapng_block(0x0A0D0D0A, section) + pcapng_block(1, interface)


class NoCapture(Case):
    def test_what_is_no_capture_is_named(self):
        look_alikes = {
            "empty.pcap": (b"", "empty"),
            "notes.txt": (b"client 7 cannot activate\n", "text"),
            "report.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "PDF"),
            "program": (b"\x7fELF\x02\x01\x01" + bytes(64), "ELF"),
            "capture.xz": (b"\xfd7zXZ\x00\x00\x04" + bytes(64), "xz"),
            "System.evtx": (b"ElfFile\x00" + bytes(128), "EVTX"),
            "page.html": (b"<!DOCTYPE html><html></html>", "HTML"),
            "archive.zip": (b"PK\x03\x04" + bytes(64), "ZIP"),
            "noise.bin": (bytes(range(128, 256)), "begins with the bytes 80818283"),
            "one-byte": (b"\x00", "one-byte"),
        }
        for name, (data, naming) in look_alikes.items():
            with self.subTest(name):
                done = self.fails(self.file(name, data), naming=[name, naming])
                self.assertEqual(done.stdout, b"")

    def test_a_path_that_cannot_be_read_says_why(self):
        self.fails(self.folder, naming="directory")
        self.fails(self.folder / "missing.pcap", naming=["missing.pcap", "no such file"])
        self.fails(GOOD / "below-a-file", naming="below-a-file")

    def test_a_name_with_control_characters_stays_one_line(self):
        self.fails(self.folder / "a\nb\x1b[31m", naming="no such file")

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("setpriv"), "needs root and setpriv to become nobody")
    def test_a_file_without_permission_is_told_as_such_to_another_user(self):
        path = self.file("secret.pcap", GOOD.read_bytes())
        os.chmod(self.folder, 0o755)
        os.chmod(path, 0o600)
        tool = self.folder / "kms-decode"  # the build folder may be closed to others
        shutil.copy(TOOL, tool)
        os.chmod(tool, 0o755)
        done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", tool, path],
                              capture_output=True, timeout=LIMIT_S)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertIn(b"permission", done.stderr.lower())

    def test_an_interface_that_is_not_there_is_named(self):
        self.fails("-i", "nosuchif0", "--duration", "1", naming="nosuchif0")

    def test_a_filter_that_does_not_compile_is_told(self):
        self.fails("-f", "tcp prt 1688", GOOD, naming="filter")

    def test_options_that_cannot_be_meant_are_refused(self):
        self.fails("--no-such-option", GOOD, naming="--no-such-option")
        self.fails(naming="no input")
        self.fails("-", "-", naming=["'-'", "only once"])
        self.fails("--json", "--tree", GOOD, naming="--tree")
        self.fails("--outcome", "done", GOOD, naming="done")


class KeyProfile(Case):
    def test_a_profile_that_is_none_is_told_without_its_keys(self):
        secret = "00112233445566778899aabbccddeeff"
        profiles = {
            "not JSON": ("keys: none", "JSON"),
            "cut JSON": ('{"keys": [', "JSON"),
            "no keys": ("{}", "keys"),
            "empty": ("", "JSON"),
            "short key": (json.dumps({"keys": [{"kms_major": 6, "key": secret[:30]}]}), "15 bytes"),
            "long key": (json.dumps({"keys": [{"kms_major": 4, "key": secret * 2}]}), "32 bytes"),
            "no hex": (json.dumps({"keys": [{"kms_major": 5, "key": "x" * 32}]}), "hexadecimal"),
            "too much": (" " * 100_000, "bytes"),
        }
        for name, (text, naming) in profiles.items():
            with self.subTest(name):
                path = self.file("my-keys.json", text.encode())
                done = self.fails("--keys", path, GOOD, naming=["my-keys.json", naming])
                self.assertEqual(done.stdout, b"")
                self.assertNotIn(secret[:16].encode(), done.stderr)
        self.fails("--keys", self.folder / "missing.json", GOOD, naming=["missing.json"])
        self.fails("--keys", self.folder, GOOD, naming=str(self.folder))

    def test_a_profile_of_ones_own_opens_what_its_keys_open(self):
        lab = ROOT / "tests" / "vectors" / "lab_keys.json"
        self.assertEqual(conversations(run("--json", "--keys", lab, GOOD)), conversations(run("--json", GOOD)))
        other = self.file("other.json", json.dumps({"keys": [{"kms_major": 6, "key": "00" * 16}]}).encode())
        done = run("--json", "--keys", other, GOOD)
        self.assertEqual(done.returncode, 0)
        for exchange in conversations(done)[0]["exchanges"]:
            self.assertTrue(exchange["body_protected"])
            self.assertEqual(exchange["request"]["version"], "6.0")
            self.assertEqual(exchange["hresult"], "0x00000000")


class Damage(Case):
    def damaged(self, data, offset, packets, name="cut.pcap"):
        """What could be read is printed, then a warning names the byte."""
        path = self.file(name, data)
        done = run("--json", path)
        self.assertIn(done.returncode, (1, 2), done.stderr)
        self.assertEqual(done.stderr, b"")
        capture = [line for line in objects(done) if line["kind"] == "capture"]
        self.assertEqual(len(capture), 1)
        self.assertEqual(capture[0]["packets"], packets)
        finding = next(f for f in capture[0]["findings"] if f["id"] == "KMS-CAPTURE-DAMAGED")
        self.assertEqual(finding["severity"], "warning")
        self.assertIn(f"byte {offset}", finding["title"])
        return objects(done)

    def offsets(self, data):
        """Where each record of a little-endian pcap file begins."""
        at, out = 24, []
        while at < len(data):
            out.append(at)
            at += 16 + struct.unpack_from("<I", data, at + 8)[0]
        return out

    def test_a_cut_capture_gives_what_was_before_the_cut(self):
        data = GOOD.read_bytes()
        records = self.offsets(data)
        for index in (1, 10, len(records) - 1):
            for cut in (records[index] + 3, records[index] + 16, records[index] + 20):
                with self.subTest(f"record {index} cut at {cut}"):
                    self.damaged(data[:cut], records[index], index)

    def test_a_capture_that_ends_with_a_record_is_whole(self):
        data = GOOD.read_bytes()
        done = run("--json", self.file("whole.pcap", data[:self.offsets(data)[-1]]))
        self.assertEqual(done.returncode, 0)
        self.assertEqual([line["kind"] for line in objects(done)], ["conversation"])

    def test_a_cut_in_the_middle_keeps_the_conversation(self):
        data = GOOD.read_bytes()
        records = self.offsets(data)
        lines = self.damaged(data[:records[12] + 5], records[12], 12)
        self.assertEqual([line["kind"] for line in lines], ["conversation", "capture"])
        self.assertGreaterEqual(len(lines[0]["exchanges"]), 1)

    def test_a_length_of_4_gib_is_damage_and_costs_no_memory(self):
        packet = bytes(60)
        huge = struct.pack("<IIII", 1764000001, 0, 0xFFFFFFFF, 0xFFFFFFFF)
        self.damaged(pcap([packet] * 3) + huge + bytes(100), 24 + 3 * 76, 3)
        head = pcapng_head()
        body = struct.pack("<IIIII", 0, 0x00064500, 0, 60, 60) + packet
        good = pcapng_block(6, body)
        self.damaged(head + good + struct.pack("<II", 6, 0xFFFFFFFC) + bytes(100), len(head) + len(good), 1, "cut.pcapng")
        lying = struct.pack("<IIIII", 0, 0x00064500, 0, 0xFFFFFFFF, 0xFFFFFFFF) + packet
        self.damaged(head + good + pcapng_block(6, lying), len(head) + len(good), 1, "lying.pcapng")

    def test_packets_without_a_byte_are_read_over(self):
        data = GOOD.read_bytes()
        empty = struct.pack("<IIII", 1764000000, 0, 0, 0)
        records = self.offsets(data)
        mixed = data[:24] + empty * 3 + data[24:records[5]] + empty + data[records[5]:] + empty
        done = run("--json", self.file("empty-packets.pcap", mixed))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(conversations(done, PLACES), conversations(run("--json", GOOD), PLACES))
        done = run(self.file("only-empty.pcap", data[:24] + empty * 3))
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"No KMS traffic found", done.stdout)

    def test_a_capture_without_packets_is_healthy(self):
        done = run(self.file("none.pcap", pcap([])))
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_a_bad_file_among_good_ones_costs_only_itself(self):
        bad = self.file("bad.txt", b"no capture\n")
        done = run("--json", GOOD, bad, REFUSED)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertEqual([c["outcome"] for c in conversations(done)], ["complete", "refused_by_rst"])


class ExitStatus(Case):
    def test_the_worst_finding_decides(self):
        self.assertEqual(run(GOOD).returncode, 0)
        self.assertEqual(run(HALF_BIND).returncode, 1)
        self.assertEqual(run(REFUSED).returncode, 2)
        self.assertEqual(run(GOOD, HALF_BIND, REFUSED).returncode, 2)

    def test_fail_on_says_from_which_severity(self):
        expected = {("warning", HALF_BIND): 1, ("warning", REFUSED): 2, ("critical", HALF_BIND): 0, ("critical", REFUSED): 2,
                    ("never", HALF_BIND): 0, ("never", REFUSED): 0, ("critical", GOOD): 0}
        for (severity, capture), status in expected.items():
            with self.subTest(f"{severity} {capture.name}"):
                self.assertEqual(run("--fail-on", severity, capture).returncode, status)
        self.assertEqual(run("--fail-on", "never", self.folder / "missing").returncode, 3)

    def test_what_is_not_selected_does_not_count(self):
        self.assertEqual(run("--outcome", "complete", GOOD, REFUSED).returncode, 0)
        self.assertEqual(run("--outcome", "refused_by_rst", GOOD, REFUSED).returncode, 2)

    def test_quiet_prints_trouble_only(self):
        lines = conversations(run("--quiet", "--json", GOOD, REFUSED, CAPTURES / "c2c-v4-vista.pcap"))
        self.assertEqual([c["outcome"] for c in lines], ["refused_by_rst"])

    def test_help_version_and_list_go_to_standard_output(self):
        for option, text in ((["--help"], b"Usage: kms-decode"), (["--version"], b"kms-decode "),
                             (["--outcome", "list"], b"refused_by_rst")):
            done = run(*option)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertIn(text, done.stdout)


class Output(Case):
    def test_a_full_disk_is_no_success(self):
        for arguments in ([GOOD], ["--json", GOOD], ["--help"]):
            with open("/dev/full", "wb") as full:
                done = run(*arguments, stdout=full)
            self.assertEqual(done.returncode, 3)
            self.assertEqual(done.stderr.count(b"\n"), 1)
            self.assertIn(b"No space left", done.stderr)

    def test_a_full_disk_under_w_is_told(self):
        done = run("--json", "-w", "/dev/full", GOOD)
        self.assertEqual(done.returncode, 3)
        self.assertEqual(done.stderr.count(b"\n"), 1)
        self.assertEqual(len(conversations(done)), 1)

    def test_a_closed_pipe_ends_the_tool_quietly(self):
        command = [TOOL, *map(str, sorted(CAPTURES.glob("*.pcap"))[:40] * 20)]
        tool = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(tool.stdout.readline())
        tool.stdout.close()
        errors = tool.stderr.read()
        tool.stderr.close()
        status = tool.wait(LIMIT_S)
        self.assertEqual(errors, b"")
        self.assertIn(status, (0, 1, 2, -signal.SIGPIPE))

    def test_colour_is_asked_for_or_not_there(self):
        self.assertNotIn(b"\x1b", run(REFUSED).stdout)
        self.assertNotIn(b"\x1b", run("--color", "never", REFUSED).stdout)
        self.assertIn(b"\x1b[", run("--color", "always", REFUSED).stdout)
        self.assertIn(b"\x1b[", run("--color", "always", REFUSED, env={**os.environ, "NO_COLOR": "1"}).stdout)

    def test_json_is_one_object_a_line_for_every_capture(self):
        done = run("--json", "--stats", *sorted(CAPTURES.glob("*.pcap")))
        self.assertEqual(done.stderr, b"")
        lines = objects(done)
        self.assertEqual(sum(line["kind"] == "capture" for line in lines), len(list(CAPTURES.glob("*.pcap"))))
        self.assertTrue(all(line["schema_version"] == 1 for line in lines))

    def test_stats_adds_throughput(self):
        done = run("--stats", GOOD)
        self.assertIn(b"packets/s", done.stdout)


class Containers(Case):
    def same(self, *arguments, **options):
        done = run("--json", *arguments, **options)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        self.assertEqual(conversations(done), conversations(run("--json", GOOD)))

    def test_gzip_gives_the_same(self):
        self.same(self.file("a.pcap.gz", gzip.compress(GOOD.read_bytes())))

    def test_a_gzip_of_two_members_gives_the_same(self):
        data = GOOD.read_bytes()
        self.same(self.file("two.gz", gzip.compress(data[:500]) + gzip.compress(data[500:])))

    @unittest.skipUnless(shutil.which("zstd"), "needs the program zstd")
    def test_zstd_gives_the_same(self):
        packed = subprocess.run(["zstd", "-c", GOOD], capture_output=True, check=True).stdout
        self.same(self.file("a.pcap.zst", packed))

    def test_standard_input_gives_the_same(self):
        self.same("-", input=GOOD.read_bytes())
        self.same("-", input=gzip.compress(GOOD.read_bytes()))
        with open(GOOD, "rb") as file:
            self.same("-", stdin=file)

    def test_a_cut_gzip_gives_what_could_be_unpacked(self):
        packed = gzip.compress(GOOD.read_bytes())
        done = run("--json", self.file("cut.gz", packed[:len(packed) * 3 // 4]))
        self.assertIn(done.returncode, (1, 2))
        self.assertEqual(objects(done)[-1]["findings"][0]["id"], "KMS-CAPTURE-DAMAGED")
        self.assertEqual(len(conversations(done)), 1)

    def test_empty_standard_input_is_told(self):
        self.fails("-", naming="standard input", input=b"")


class Write(Case):
    def test_the_packets_of_the_selected_conversations_decode_to_the_same(self):
        mixed = CAPTURES / "c2c-v6-two-clients-interleaved.pcap"
        all_of_it = conversations(run("--json", mixed), PLACES)
        self.assertEqual(len(all_of_it), 2)
        for wanted in all_of_it:
            out = self.folder / "out.pcap"
            client = f"{wanted['client']['ip']}:{wanted['client']['port']}"
            self.assertEqual(run("--client", client, "-w", out, mixed).returncode, 0)
            self.assertEqual(conversations(run("--json", out), PLACES), [wanted])

    def test_every_capture_survives_the_way_through_w(self):
        for capture in sorted(CAPTURES.glob("*.pcap")):
            with self.subTest(capture.name):
                out = self.folder / "out.pcapng"
                first = run("--json", "-w", out, capture)
                self.assertNotEqual(first.returncode, 3, first.stderr)
                again = run("--json", out)
                # Times keep the digits that the source had.
                self.assertEqual(conversations(again, PLACES), conversations(first, PLACES))
                plain = self.folder / "out.pcap"
                run("--json", "-w", plain, capture)
                without_dns = ("found_through", "host_name", *PLACES)
                self.assertEqual(conversations(run("--json", plain), without_dns), conversations(first, without_dns))

    @unittest.skipUnless(shutil.which("tshark"), "needs tshark")
    def test_tshark_reads_what_was_written(self):
        out = self.folder / "out.pcap"
        self.assertEqual(run("--outcome", "complete", "-w", out, GOOD, REFUSED).returncode, 0)
        fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "tcp.srcport", "-e", "tcp.payload"]
        read = [subprocess.run(["tshark", "-r", path, *fields], capture_output=True, timeout=LIMIT_S) for path in (GOOD, out)]
        self.assertEqual(read[1].returncode, 0, read[1].stderr)
        self.assertEqual(read[0].stdout, read[1].stdout)
        self.assertEqual(read[1].stdout.count(b"\n"), json.loads((CAPTURES / "c2c-v6-ndr64-btfn-srv2019.expected.json")
                                                                 .read_text(encoding="utf-8"))["packets"])

    def test_w_onto_an_input_is_refused_and_leaves_it_alone(self):
        path = self.file("in.pcap", GOOD.read_bytes())
        link = self.folder / "link.pcap"
        link.symlink_to(path)
        hard = self.folder / "hard.pcap"
        os.link(path, hard)
        for out in (path, link, hard, self.folder / "." / "in.pcap"):
            self.fails("-w", out, REFUSED, path, naming="is an input")
        self.assertEqual(path.read_bytes(), GOOD.read_bytes())

    def test_w_to_a_place_that_is_not_there_is_told_before_anything_is_read(self):
        place = self.folder / "no" / "out.pcap"
        done = self.fails("-w", place, GOOD, naming=[f"-w {place}: there is no directory {place.parent}", "make it"])
        self.assertEqual(done.stdout, b"")
        self.fails("-w", GOOD / "out.pcap", GOOD, naming=["-w ", f"no directory {GOOD}"])
        dangling = self.folder / "dangling.pcap"
        dangling.symlink_to(place)
        self.fails("-w", dangling, GOOD, naming=f"-w {dangling}: cannot be made: ")
        self.fails("-w", self.folder, GOOD, naming=f"-w {self.folder}: is a directory: name a file in it")
        self.fails("-w", "-", GOOD, naming="-w")
        self.fails("-w", "", GOOD, naming="-w")

    def test_nothing_selected_gives_an_empty_capture(self):
        out = self.folder / "none.pcap"
        done = run("--outcome", "not_rpc", "-w", out, GOOD)
        self.assertEqual(done.returncode, 0)
        self.assertIn(b"No conversation matches the selection (1 conversation in the capture).", done.stdout)
        done = run("--json", out)
        self.assertEqual((done.returncode, done.stdout), (0, b""))


class Limits(Case):
    def test_port_says_where_kms_is_without_a_bind(self):
        midstream = CAPTURES / "midstream-no-bind-v6.pcap"
        self.assertEqual(len(conversations(run("--json", midstream))), 1)
        self.assertEqual(conversations(run("--json", "--port", "1689", midstream)), [])

    def test_count_stops_after_so_many_packets(self):
        done = run("--json", "--stats", "--count", "5", GOOD)
        self.assertEqual(objects(done)[-1]["packets"], 5)

    def test_a_filter_takes_the_packets_that_match(self):
        done = run("--json", "--stats", "-f", "src host 192.0.2.77", GOOD)
        truth = json.loads((CAPTURES / "c2c-v6-ndr64-btfn-srv2019.expected.json").read_text(encoding="utf-8"))
        self.assertLess(objects(done)[-1]["packets"], truth["packets"])
        self.assertTrue(all(pdu["from"] == "client" for c in conversations(done) for pdu in c["pdus"]))


if __name__ == "__main__":
    unittest.main()

"""The captures that `kms-decode -w FILE.pcapng` writes, as Wireshark's programs and kms-decode itself read them.

Needs the built program ($DIAG_BIN_DIR/kms-decode), tshark and capinfos; without those two it is skipped.
"""
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = os.environ.get("KMS_DECODE") or os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
CAPTURES = ROOT / "captures"
ALL = sorted(CAPTURES.glob("*.pcap"))
LIMIT_S = 60


def call(*command, **options):
    return subprocess.run([*map(str, command)], capture_output=True, stdin=subprocess.DEVNULL, timeout=LIMIT_S, **options)


def decode(*arguments, **options):
    return call(TOOL, *arguments, **options)


def expected(capture):
    return json.loads(capture.with_suffix(".expected.json").read_text(encoding="utf-8"))


def verdicts(path):
    """What a run says, without what depends on where packets stand in the file."""
    done = decode("--json", path)
    out = []
    for line in done.stdout.decode().splitlines():
        thing = json.loads(line)
        ends = [(thing.get(end) or {}) for end in ("client", "host")] if thing["kind"] == "conversation" else thing.get("client")
        out.append((thing["kind"], ends, thing.get("outcome"), thing.get("query"),
                    [(finding["id"], finding["severity"], finding["title"]) for finding in thing["findings"]]))
    return done.returncode, out


class Frame:
    def __init__(self, fields):
        self.number = int(fields["frame.number"])
        self.comments = fields["frame.comment"].split("\n") if fields["frame.comment"] else []
        self.fields = fields

    def has(self, text):
        return any(text in comment for comment in self.comments)

    def begins(self, text):
        return any(comment.startswith(text) for comment in self.comments)


FIELDS = ("frame.number", "frame.comment", "frame.time_epoch", "frame.len", "frame.cap_len", "ip.id", "ip.src", "ipv6.src", "tcp.seq_raw",
          "tcp.payload", "udp.payload", "tcp.stream", "tcp.flags.syn", "tcp.flags.ack", "tcp.flags.reset",
          "dcerpc.pkt_type", "dns.flags.response", "icmp.type")


def frames(path, ports=(1688,)):
    """Every packet of a capture as tshark sees it. A comment has no control character, so that one can part them."""
    command = ["tshark", "-r", path, "-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=\x1f"]
    for port in ports:
        command += ["-d", f"tcp.port=={port},dcerpc"]
    for field in FIELDS:
        command += ["-e", field]
    done = call(*command)
    if done.returncode != 0:
        raise AssertionError(done.stderr.decode())
    out = []
    for line in done.stdout.decode().splitlines():
        fields = dict(zip(FIELDS, (text.replace("\x1f", "\n") for text in line.split("\t"))))
        out.append(Frame(fields))
    return out


def ports_of(truth):
    return sorted({connection["host"]["port"] for connection in truth["connections"]})


def read_all(captures):
    """frames() of each (path, ports), several at a time: most of it is the start of tshark."""
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return list(pool.map(lambda capture: frames(*capture), captures))


def blocks(path):
    """The blocks of a pcapng file of one section in this machine's order: (type, body)."""
    data, at, out = path.read_bytes(), 0, []
    while at < len(data):
        kind, size = struct.unpack_from("<II", data, at)
        assert size % 4 == 0 and struct.unpack_from("<I", data, at + size - 4)[0] == size
        out.append((kind, data[at + 8:at + size - 4]))
        at += size
    return out


def write(out, *arguments):
    done = decode("-q", *arguments, "-w", out)
    if done.returncode == 3 or done.stderr:
        raise AssertionError(done.stderr.decode())
    return out


class Case(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="annotated-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def written(self, *arguments, name="out.pcapng"):
        return write(self.folder / name, *arguments)


@unittest.skipUnless(shutil.which("tshark") and shutil.which("capinfos"), "needs tshark and capinfos")
class EveryCapture(unittest.TestCase):
    """Each bundled capture, written by itself and read by tshark once."""

    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(tempfile.mkdtemp(prefix="annotated-test-"))
        cls.addClassCleanup(shutil.rmtree, folder, ignore_errors=True)
        cls.written = [(capture, expected(capture), write(folder / f"{capture.stem}.pcapng", capture)) for capture in ALL]
        outs = [out for _, _, out in cls.written]
        cls.packets = dict(zip(outs, read_all([(out, ports_of(truth)) for _, truth, out in cls.written])))

    def test_there_are_captures(self):
        self.assertGreater(len(self.written), 80)

    def test_capinfos_finds_no_error_and_every_packet_once(self):
        done = call("capinfos", "-C", "-c", "-T", "-r", "-m", *(out for _, _, out in self.written))
        said = [line for line in done.stderr.decode().splitlines() if not line.startswith('Running as user "root"')]
        self.assertEqual((done.returncode, said), (0, []))
        counts = [int(line.split(",")[1].strip('"')) for line in done.stdout.decode().splitlines()]
        self.assertEqual(counts, [truth["packets"] for _, truth, _ in self.written])

    def test_the_packets_are_those_of_the_capture(self):
        originals = read_all([(capture, ports_of(truth)) for capture, truth, _ in self.written])
        for (_, _, out), original in zip(self.written, originals):
            with self.subTest(out.stem):
                self.assertGreater(len(original), 0)
                for before, after in zip(original, self.packets[out], strict=True):
                    self.assertEqual(before.comments, [])
                    self.assertEqual({**before.fields, "frame.comment": ""}, {**after.fields, "frame.comment": ""})

    def test_the_verdicts_of_the_written_file_are_those_of_the_capture(self):
        for capture, _, out in self.written:
            with self.subTest(out.stem):
                self.assertEqual(verdicts(out), verdicts(capture))

    def test_the_steps_are_told_on_the_packets_that_tshark_finds(self):
        for capture, truth, out in self.written:
            with self.subTest(out.stem):
                ports = ports_of(truth)
                seen = set()
                for frame in self.packets[out]:
                    get = frame.fields.get
                    if get("icmp.type"):  # tshark shows the fields of the packet that it quotes
                        self.assertEqual(frame.has("is not possible"), "ICMP" not in seen, frame.number)
                        seen.add("ICMP")
                        continue
                    sender = get("ip.src") or get("ipv6.src")
                    for name, holds, text in (
                            ("SYN", get("tcp.flags.syn") == "1" and get("tcp.flags.ack") == "0", "connects to KMS host"),
                            ("SYN-ACK", get("tcp.flags.syn") == "1" and get("tcp.flags.ack") == "1", "accepts the connection"),
                            ("RST", get("tcp.flags.reset") == "1", "(RST)")):
                        key = (name, get("tcp.stream"), sender)
                        if name == "SYN-ACK" and ports != [1688]:
                            continue  # of connections to other ports the SYN alone is remembered
                        if holds and key not in seen:  # a repetition tells nothing new
                            seen.add(key)
                            self.assertTrue(frame.has(text), (frame.number, name, frame.comments))
                        elif not holds:
                            self.assertFalse(any(text in c and not c.startswith(("KMS-", "verdict")) for c in frame.comments),
                                             (frame.number, name, frame.comments))
                resets = {end for connection in truth["connections"] for end in connection["tcp"]["rst_from"]}
                self.assertEqual(bool(resets), any(key[0] == "RST" for key in seen))
                self.assertEqual(truth["connections"][0]["outcome"] == "rejected_by_icmp", "ICMP" in seen)

    def test_rpc_messages_are_told_where_tshark_finds_them(self):
        told = {"11": "RPC bind: ", "12": "RPC bind_ack: ", "13": "RPC bind_nak: ", "14": "RPC alter_context: ",
                "15": "RPC alter_context_resp: ", "0": "KMS request", "2": "KMS response", "3": "RPC fault "}
        for capture, truth, out in self.written:
            with self.subTest(out.stem):
                if truth.get("derived_from") and not capture.stem.startswith(("link-", "container-", "nanosecond-", "tcp-seg", "tcp-drib")):
                    continue  # bytes are missing, or stand in another order: each program joins them in its own way
                for frame in self.packets[out]:
                    types = set(frame.fields["dcerpc.pkt_type"].split("\n")) - {""}
                    for number, text in told.items():
                        self.assertEqual(frame.begins(text), number in types, (frame.number, types, frame.comments))

    def test_requests_and_answers_say_what_client_and_host_printed(self):
        for _, truth, out in self.written:
            with self.subTest(out.stem):
                comments = [comment for frame in self.packets[out] for comment in frame.comments]
                requests = [comment for comment in comments if comment.startswith("KMS request")]
                answers = [comment for comment in comments if comment.startswith(("KMS response", "RPC fault"))]
                exchanges = [exchange for connection in truth["connections"] for exchange in connection["exchanges"]]
                if truth["name"].startswith("lost-"):
                    continue
                self.assertEqual(len(requests), len(exchanges))
                for exchange in exchanges:
                    if exchange.get("lab_key_decodable") is False or not exchange.get("request"):
                        continue
                    request = exchange["request"]
                    mine = [c for c in requests if f"client machine id {request['client_machine_id']}" in c]
                    self.assertTrue(any(f"version {request['version']}:" in c and f"needs a count of {request['required_client_count']}" in c
                                        and f"workstation {request['workstation_name']};" in c for c in mine), (request, requests))
                    if exchange["response"] and not exchange.get("response_missing_from_capture"):
                        response = exchange["response"]
                        self.assertTrue(any(f"count {response['count']} of" in c and f"ePID {response['epid']}" in c for c in answers), answers)
                    elif exchange["hresult"] not in (None, "0x00000000"):
                        self.assertTrue(any(f"refused, 0x{int(exchange['hresult'], 16):08X}" in c for c in answers), answers)

    def test_each_conversation_has_its_verdict_once_on_its_last_packet(self):
        for _, truth, out in self.written:
            with self.subTest(out.stem):
                packets = self.packets[out]
                told = [(frame, comment) for frame in packets for comment in frame.comments if comment.startswith("verdict: ")]
                self.assertEqual(sorted(comment.split(": ")[1] for _, comment in told),
                                 sorted(connection["outcome"] for connection in truth["connections"]))
                if len(truth["connections"]) == 1:
                    last = [frame.number for frame in packets if not frame.fields["dns.flags.response"]][-1]
                    self.assertEqual([frame.number for frame, _ in told], [last])

    def test_each_finding_is_told_with_its_severity_and_codes(self):
        for capture, _, out in self.written:
            with self.subTest(out.stem):
                comments = [comment for frame in self.packets[out] for comment in frame.comments]
                for line in decode("--json", capture).stdout.decode().splitlines():
                    thing = json.loads(line)
                    if thing["kind"] == "capture":
                        continue
                    for finding in thing["findings"]:
                        mine = [c for c in comments if c.startswith(f"{finding['id']} ({finding['severity']})")]
                        self.assertTrue(mine, (finding["id"], comments))
                        if finding.get("windows_code"):
                            self.assertTrue(any(finding["windows_code"] in c for c in mine), mine)


@unittest.skipUnless(shutil.which("tshark") and shutil.which("capinfos"), "needs tshark and capinfos")
class Names(Case):
    def hosts(self, path):
        lines = call("tshark", "-r", path, "-q", "-z", "hosts").stdout.decode().splitlines()
        return {tuple(line.split()) for line in lines if line and not line.startswith("#")}

    def test_names_of_dns_and_of_requests_are_resolved(self):
        out = self.written(CAPTURES / "dns-srv-then-v6.pcap")
        self.assertEqual(self.hosts(out), {("192.0.2.10", "kms1.corp.example.test"), ("192.0.2.77", "via-dns")})

    def test_a_capture_without_names_has_no_block_for_them(self):
        out = self.written(CAPTURES / "refused-rst.pcap")
        self.assertNotIn(4, [kind for kind, _ in blocks(out)])

    def test_a_name_that_is_none_for_a_host_resolves_nothing(self):
        out = self.written(CAPTURES / "c2c-v5-name-non-ascii.pcap")
        self.assertEqual(self.hosts(out), set())
        name = expected(CAPTURES / "c2c-v5-name-non-ascii.pcap")["connections"][0]["exchanges"][0]["request"]["workstation_name"]
        self.assertFalse(name.isascii())
        self.assertTrue(any(frame.has(f"workstation {name};") for frame in frames(out)))

    def test_a_hostile_name_is_escaped_in_comments_and_resolves_nothing(self):
        # Version 4 is not encrypted, and fields are read whatever its MAC says.
        data = bytearray((CAPTURES / "c2c-v4-vista.pcap").read_bytes())
        name = expected(CAPTURES / "c2c-v4-vista.pcap")["connections"][0]["exchanges"][0]["request"]["workstation_name"]
        at = data.find(name.encode("utf-16-le"))
        self.assertGreater(at, 0)
        for hostile, shown in (("\x1b]0;x\x07", r"\x1b]0;x\x07"), ("a\r\nb", r"a\x0d\x0ab"), ("\u202egpj", r"\u{202e}gpj"),
                               ("192.0.2.1", "192.0.2.1"), ("a b", "a b")):
            with self.subTest(ascii(hostile)):
                data[at:at + 126] = hostile.encode("utf-16-le").ljust(126, b"\0")
                source = self.folder / "hostile.pcap"
                source.write_bytes(data)
                out = self.written(source)
                told = [comment for frame in frames(out) for comment in frame.comments if "KMS request" in comment]
                self.assertTrue(any(f"workstation {shown};".lower() in comment.lower() for comment in told), told)
                self.assertEqual(self.hosts(out), set())
                self.assertNotIn(f"workstation {hostile[0]}".encode() if hostile[0] in "\x1b\u202e" else b"\r\nb", out.read_bytes())


@unittest.skipUnless(shutil.which("tshark") and shutil.which("capinfos"), "needs tshark and capinfos")
class Files(Case):
    def test_several_link_types_and_resolutions_go_into_one_file(self):
        captures = [CAPTURES / f"{name}.pcap" for name in ("link-raw-ip-v6", "link-sll2-v6", "nanosecond-v4", "refused-rst", "link-vlan-v4")]
        out = self.written(*captures)
        done = call("capinfos", "-E", "-c", "-T", "-r", "-m", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        packets = frames(out)
        self.assertEqual(len(packets), sum(expected(capture)["packets"] for capture in captures))
        interfaces = [struct.unpack_from("<H", body)[0] for kind, body in blocks(out) if kind == 1]
        self.assertEqual(interfaces, [101, 276, 1, 1])  # Ethernet in nanoseconds, and in microseconds
        times = [call("tshark", "-r", path, "-T", "fields", "-e", "frame.time_epoch").stdout.decode().splitlines() for path in (captures[2], out)]
        self.assertTrue(set(times[0]) <= set(times[1]))
        again = [outcome for _, _, outcome, _, _ in verdicts(out)[1] if outcome]
        self.assertEqual(sorted(again), sorted(connection["outcome"] for capture in captures for connection in expected(capture)["connections"]))

    def test_comments_of_several_captures_stay_with_their_own(self):
        first, second = CAPTURES / "refused-rst.pcap", CAPTURES / "rejected-icmp-port.pcap"
        packets = frames(self.written(first, second))
        self.assertTrue(packets[1].has("refused_by_rst") and not packets[1].has("ICMP"))
        self.assertTrue(packets[3].has("is not possible") and not packets[3].has("RST"))

    def test_a_selection_leaves_out_the_packets_and_comments_of_the_others(self):
        mixed = CAPTURES / "c2c-v6-two-clients-interleaved.pcap"
        client = expected(mixed)["connections"][0]["client"]
        out = self.written("--client", f"{client['ip']}:{client['port']}", mixed)
        packets = frames(out)
        self.assertEqual(len({frame.fields["tcp.stream"] for frame in packets}), 1)
        self.assertEqual(sum(frame.has("verdict: ") for frame in packets), 1)

    def test_a_host_selection_keeps_the_look_ups_that_led_there(self):
        out = self.written("--host", "192.0.2.10", CAPTURES / "dns-srv-then-v6.pcap")
        found = [json.loads(line).get("found_through") for line in decode("--json", out).stdout.decode().splitlines()]
        self.assertIn("_vlmcs._tcp.corp.example.test", [path["query"] for path in found if path])

    def test_section_and_file_say_who_wrote_them_and_what_came_of_it(self):
        out = self.written(CAPTURES / "refused-rst.pcap", name="OUT.PCAPNG")
        text = call("capinfos", out).stdout.decode()
        self.assertRegex(text, r"Capture application: +kms-decode \d")
        self.assertRegex(text, r"Capture comment: +.*1 conversation, .*1 critical finding, 0 warnings: KMS-CONNECT-REFUSED")

    def test_other_names_stay_plain_pcap(self):
        out = self.written(CAPTURES / "dns-srv-then-v6.pcap", name="out.pcap")
        self.assertEqual(out.read_bytes()[:4], b"\xd4\xc3\xb2\xa1")
        self.assertEqual([frame.number for frame in frames(out) if frame.comments or frame.fields["dns.flags.response"]], [])

    def test_comments_and_names_of_the_input_do_not_disturb_the_reading(self):
        annotated = self.written(CAPTURES / "hresult-time-skew.pcap", name="a.pcapng")
        again = self.written(annotated, name="b.pcapng")
        self.assertEqual(annotated.read_bytes(), again.read_bytes())

    def test_what_mergecap_and_editcap_make_of_it_is_read(self):
        for tool in ("mergecap", "editcap"):
            if not shutil.which(tool):
                self.skipTest(f"needs {tool}")
        first, second = self.written(CAPTURES / "link-sll-v5.pcap", name="a.pcapng"), self.written(CAPTURES / "refused-rst.pcap", name="b.pcapng")
        merged, copy = self.folder / "merged.pcapng", self.folder / "copy.pcapng"
        self.assertEqual(call("mergecap", "-w", merged, first, second).returncode, 0)
        self.assertEqual(call("editcap", merged, copy).returncode, 0)
        for path in (merged, copy):
            self.assertEqual(sorted(str(v) for v in verdicts(path)[1]), sorted(str(v) for v in verdicts(first)[1] + verdicts(second)[1]))


class Disk(Case):
    CAPTURE = CAPTURES / "refused-rst.pcap"

    def fails(self, out, naming, **options):
        done = decode("-q", self.CAPTURE, "-w", out, **options)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr.decode(), rf"\Akms-decode: .*{re.escape(naming)}[^\n]*\n\Z")

    def test_what_was_under_the_name_is_replaced_whole_and_nothing_is_left_beside_it(self):
        out = self.folder / "out.pcapng"
        out.write_bytes(b"x" * 1_000_000)
        out.chmod(0o640)
        self.written(self.CAPTURE)
        self.assertEqual(out.read_bytes()[:4], b"\n\r\r\n")
        self.assertLess(out.stat().st_size, 10_000)
        self.assertEqual(out.stat().st_mode & 0o777, 0o640)
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out.pcapng"])

    def test_a_link_stays_one(self):
        target, link = self.folder / "target.pcapng", self.folder / "link.pcapng"
        target.write_bytes(b"old")
        link.symlink_to(target.name)
        self.written(self.CAPTURE, name="link.pcapng")
        self.assertTrue(link.is_symlink())
        self.assertEqual(target.read_bytes()[:4], b"\n\r\r\n")

    def test_a_limit_on_the_size_of_files_leaves_the_old_file_alone(self):
        out = self.folder / "out.pcapng"
        out.write_bytes(b"old")
        done = subprocess.run(["bash", "-c", 'ulimit -f 0; exec "$0" -q "$1" -w "$2"', TOOL, self.CAPTURE, out], capture_output=True,
                              timeout=LIMIT_S)
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertEqual(done.stderr.count(b"\n"), 1, done.stderr)
        self.assertEqual(out.read_bytes(), b"old")
        self.assertEqual([path.name for path in self.folder.iterdir()], ["out.pcapng"])

    @unittest.skipUnless(os.geteuid() == 0 and shutil.which("unshare"), "needs root and unshare for a small disk of its own")
    def test_a_full_disk_is_one_line_and_leaves_nothing(self):
        disk = self.folder / "disk"
        disk.mkdir()
        script = ('mount -t tmpfs -o size=4k none "$2" && head -c 4096 /dev/zero >"$2/ballast" && '
                  '"$0" -q "$1" -w "$2/out.pcapng" >"$3"; status=$?; ls -A "$2"; exit $status')
        done = subprocess.run(["unshare", "-m", "bash", "-c", script, TOOL, self.CAPTURE, disk, os.devnull], capture_output=True, timeout=LIMIT_S)
        if b"mount:" in done.stderr or b"unshare:" in done.stderr:
            self.skipTest("no mounts here")
        self.assertEqual(done.returncode, 3, done.stderr)
        self.assertRegex(done.stderr.decode(), r"\Akms-decode: [^\n]*out\.pcapng: no space left on the device\n\Z")
        self.assertEqual(done.stdout.decode().split(), ["ballast"])

    def test_a_full_device_is_one_line(self):
        link = self.folder / "full.pcapng"
        link.symlink_to("/dev/full")
        self.fails(link, "full.pcapng: no space left on the device")


if __name__ == "__main__":
    unittest.main()

"""Captures made from the bundled ones, against the ground truth of those: cut short, one packet lost, begun in the middle.

The truth of a derived capture follows from that of its source by the rules of captures/README.md, not from our own output.
Needs the built program: $DIAG_BIN_DIR/kms-decode.
"""
import copy
import importlib.util
import json
import os
import pathlib
import shutil
import struct
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = os.environ.get("KMS_DECODE") or os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")

spec = importlib.util.spec_from_file_location("compare_decode", ROOT / "scripts" / "compare_decode.py")
compare_decode = importlib.util.module_from_spec(spec)
spec.loader.exec_module(compare_decode)

LITTLE = (b"\xd4\xc3\xb2\xa1", b"\x4d\x3c\xb2\xa1")
BIG = (b"\xa1\xb2\xc3\xd4", b"\xa1\xb2\x3c\x4d")
PTYPES = {0: "request", 2: "response", 3: "fault", 11: "bind", 12: "bind_ack", 13: "bind_nak", 14: "alter_context",
          15: "alter_context_resp"}


class Pcap:
    """A pcap file as header and records (seconds, fraction, bytes, size on the wire)."""

    def __init__(self, path):
        data = path.read_bytes()
        if data[:4] not in LITTLE + BIG:
            raise ValueError("no pcap file")
        self.order = "<" if data[:4] in LITTLE else ">"
        self.header, self.records, at = data[:24], [], 24
        while at < len(data):
            seconds, fraction, size, wire_size = struct.unpack_from(self.order + "IIII", data, at)
            self.records.append((seconds, fraction, data[at + 16:at + 16 + size], wire_size))
            at += 16 + size

    def write(self, path, records):
        with open(path, "wb") as file:
            file.write(self.header)
            for seconds, fraction, data, wire_size in records:
                file.write(struct.pack(self.order + "IIII", seconds, fraction, len(data), wire_size) + data)


def tcp_payload(frame):
    """Of an Ethernet frame with IPv4 or IPv6 and no extension headers; None of anything else."""
    if frame[12:14] == b"\x08\x00":
        start, end = 14 + (frame[14] & 15) * 4, 14 + struct.unpack_from(">H", frame, 16)[0]
    elif frame[12:14] == b"\x86\xdd":
        start, end = 54, 54 + struct.unpack_from(">H", frame, 18)[0]
    else:
        return None
    segment = frame[start:end]
    return segment[(segment[12] >> 4) * 4:]


def sources():
    """(truth, capture) of all captures that were not derived themselves."""
    for path in sorted((ROOT / "captures").glob("*.expected.json")):
        truth = json.loads(path.read_text(encoding="utf-8"))
        if truth.get("derived_from"):
            continue
        try:
            yield truth, Pcap(ROOT / "captures" / truth["capture"])
        except ValueError:
            continue


def one_pdu_a_packet():
    """(truth, capture, index of the packet of each PDU) where every PDU has a packet of its own and all was answered."""
    for truth, capture in sources():
        if len(truth["connections"]) != 1 or truth["connections"][0]["outcome"] != "complete":
            continue
        payloads = [tcp_payload(record[2]) for record in capture.records]
        if None in payloads:
            continue
        places = [i for i, payload in enumerate(payloads) if payload]
        pdus = truth["connections"][0]["pdus"]
        if [PTYPES.get(payloads[i][2]) if len(payloads[i]) > 2 else None for i in places] == [pdu["type"] for pdu in pdus]:
            yield truth, capture, places


class DerivedCaptures(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="derived-captures-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.count = 0

    def check(self, truth, name, capture, records):
        self.count += 1
        truth["capture"] = name + ".pcap"
        path = os.path.join(self.folder, name)
        capture.write(path + ".pcap", records)
        with open(path + ".expected.json", "w", encoding="utf-8") as file:
            json.dump(truth, file)
        problems = compare_decode.check_capture(TOOL, [], path + ".expected.json")
        with self.subTest(name):
            self.assertEqual(problems, [])

    def check_snap_length(self, size, unknowable):
        for truth, capture in sources():
            if truth["name"] in unknowable:
                continue
            for connection in truth["connections"]:
                for exchange in connection["exchanges"]:
                    exchange["lab_key_decodable"] = False  # the messages are cut off
            records = [(s, f, data[:size], wire_size) for s, f, data, wire_size in capture.records]
            self.check(truth, f"{truth['name']}-snap{size}", capture, records)
        self.assertGreater(self.count, 60)

    def test_a_snap_length_of_160_hides_messages_but_no_pdu_and_no_outcome(self):
        self.check_snap_length(160, ())

    def test_a_snap_length_of_96_hides_only_what_nothing_else_in_the_capture_tells(self):
        self.check_snap_length(96, {
            # 86 bytes of headers leave less than a PDU header, in IPv6 or behind a longer link header.
            "c2c-ipv6-v6", "p2p-ipv6-v5", "link-sll2-v6",
            # Off the KMS port only the interface in the bind says that it is KMS, and it is cut off.
            "c2c-v6-port-50123", "c2c-v6-port-88",
            # What the host granted or refused is cut off, and no call shows it; context ids that are not the usual ones.
            "c2c-v6-host-refuses-btfn", "closed-idle-timeout", "rpc-but-no-kms-interface",
            "ndr64-first-request-context-9"})

    def test_a_lost_response_is_missing_from_the_capture_and_changes_no_other_exchange(self):
        foreign = {"foreign-keys-both-v6", "foreign-keys-both-v4", "wrong-key-v6-client", "wrong-key-v4-client"}
        for truth, capture, places in one_pdu_a_packet():
            responses = [i for i, pdu in enumerate(truth["connections"][0]["pdus"]) if pdu["type"] == "response"]
            if truth["name"] in foreign:
                continue  # their exchanges are not readable to begin with
            for number, index in enumerate(responses):
                changed = copy.deepcopy(truth)
                connection = changed["connections"][0]
                del connection["pdus"][index]
                connection["exchanges"][number]["response_missing_from_capture"] = True
                at = places[index]
                self.check(changed, f"{truth['name']}-without-{index}", capture,
                           capture.records[:at] + capture.records[at + 1:])
        self.assertGreater(self.count, 50)

    def test_without_its_bind_a_conversation_on_the_kms_port_keeps_its_exchanges(self):
        for truth, capture, places in one_pdu_a_packet():
            if truth["connections"][0]["host"]["port"] != 1688:
                continue
            pdus = truth["connections"][0]["pdus"]
            first = next(i for i, pdu in enumerate(pdus) if pdu["type"] == "request")
            truth["connections"][0]["pdus"] = pdus[first:]
            for pdu in pdus[first:]:
                pdu["transfer_syntax"] = None  # of the context; nothing in the capture says what it means
            truth["connections"][0]["tcp"]["syn_count"] = 0
            self.check(truth, f"{truth['name']}-midstream", capture, capture.records[places[first]:])
        self.assertGreater(self.count, 25)


if __name__ == "__main__":
    unittest.main()

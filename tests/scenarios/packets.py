"""Captures for scenarios: copies of captures/ under other addresses, several in one file, and searches in DNS by hand.

Only what make_scenarios.py needs: classic pcap, Ethernet, IPv4 without options. Nothing of it comes from libdiag.
"""
import ipaddress
import struct

MAGIC = 0xA1B2C3D4
ETHERNET, IPV4, ICMP, TCP, UDP = 1, 0x0800, 1, 6, 17
CLIENT_MAC, HOST_MAC = bytes.fromhex("02000000004d"), bytes.fromhex("02000000000a")


def read_pcap(path):
    """[(microseconds since 1970, frame)] of a little-endian Ethernet capture."""
    data = path.read_bytes()
    magic, _, _, _, _, _, link = struct.unpack_from("<IHHIIII", data)
    if magic != MAGIC or link != ETHERNET:
        raise ValueError(f"{path.name}: not a little-endian Ethernet pcap with microseconds")
    packets, at = [], 24
    while at < len(data):
        seconds, fraction, size, _ = struct.unpack_from("<IIII", data, at)
        packets.append((seconds * 1_000_000 + fraction, data[at + 16:at + 16 + size]))
        at += 16 + size
    return packets


def write_pcap(path, packets):
    out = bytearray(struct.pack("<IHHIIII", MAGIC, 2, 4, 0, 0, 262144, ETHERNET))
    for time, frame in sorted(packets, key=lambda packet: packet[0]):
        out += struct.pack("<IIII", time // 1_000_000, time % 1_000_000, len(frame), len(frame)) + frame
    path.write_bytes(out)


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def address(text):
    return ipaddress.IPv4Address(text).packed


def ip_packet(source, target, protocol, payload):
    """IPv4 with every checksum right."""
    payload = bytearray(payload)
    place = {TCP: 16, UDP: 6}.get(protocol)
    if place is not None:
        payload[place:place + 2] = b"\0\0"
        pseudo = source + target + struct.pack(">BBH", 0, protocol, len(payload))
        payload[place:place + 2] = struct.pack(">H", checksum(pseudo + bytes(payload)) or 0xFFFF)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 1, 0x4000, 64, protocol, 0) + source + target
    return head[:10] + struct.pack(">H", checksum(head)) + head[12:] + bytes(payload)


def renamed(ip, names):
    """An IPv4 packet under other addresses, also inside what an ICMP error quotes."""
    size, protocol = struct.unpack_from(">H", ip, 2)[0], ip[9]
    source, target = (names.get(part, part) for part in (ip[12:16], ip[16:20]))
    payload = ip[20:size]
    if protocol == ICMP:
        quoted = payload[8:]
        inner = quoted[:12] + names.get(quoted[12:16], quoted[12:16]) + names.get(quoted[16:20], quoted[16:20]) + quoted[20:]
        inner = inner[:10] + b"\0\0" + inner[12:]
        inner = inner[:10] + struct.pack(">H", checksum(inner[:20])) + inner[12:]
        body = payload[:2] + b"\0\0" + payload[4:8] + inner
        payload = body[:2] + struct.pack(">H", checksum(body)) + body[4:]
    return ip_packet(source, target, protocol, payload)


def moved(packets, names, seconds=0):
    """The packets at another time, with addresses replaced: {"192.0.2.77": "192.0.2.78"}."""
    table = {address(old): address(new) for old, new in names.items()}
    out = []
    for time, frame in packets:
        if table and struct.unpack_from(">H", frame, 12)[0] == IPV4:
            frame = frame[:14] + renamed(frame[14:], table)
        out.append((time + seconds * 1_000_000, frame))
    return out


def frame_of(source, target, protocol, payload):
    return HOST_MAC + CLIENT_MAC + struct.pack(">H", IPV4) + ip_packet(address(source), address(target), protocol, payload)


def name_of(text):
    labels = [label.encode() for label in text.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


A, SRV = 1, 33
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5


class Dns:
    """Questions of one client to one server, one after the other."""

    def __init__(self, start, client="192.0.2.77", server="192.0.2.53"):
        self.time, self.client, self.server = start, client, server
        self.packets, self.id = [], 0x1200

    def send(self, source, target, ports, message):
        datagram = struct.pack(">HHHH", *ports, 8 + len(message), 0) + message
        self.packets.append((self.time, frame_of(source, target, UDP, datagram)))

    def ask(self, name, kind, rcode=NOERROR, answers=(), again=0):
        """One question and its answer; with rcode None `again` repeated questions, and no answer."""
        self.id += 1
        ports = (50000 + self.id % 1000, 53)
        question = name_of(name) + struct.pack(">HH", kind, 1)
        query = struct.pack(">HHHHHH", self.id, 0x0100, 1, 0, 0, 0) + question
        self.send(self.client, self.server, ports, query)
        for wait in range(1, again + 1):
            self.time += wait * 1_000_000
            self.send(self.client, self.server, ports, query)
        if rcode is not None:
            self.time += 1_000
            head = struct.pack(">HHHHHH", self.id, 0x8180 | rcode, 1, len(answers), 0, 0)
            records = b"".join(b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 3600, len(data)) + data for data in answers)
            self.send(self.server, self.client, ports[::-1], head + question + records)
        self.time += 2_000
        return self

    def search(self, domain, rcode=NOERROR, answers=(), again=0):
        return self.ask(f"_vlmcs._tcp.{domain}", SRV, rcode, answers, again)

    def truncated(self, domain):
        """The answer over UDP says that it is cut: ask over TCP."""
        self.search(domain, 0x0200)
        return self

    def other_traffic(self, seconds):
        """A question of somebody else later on, so that silence before it is as long as it looks."""
        self.time += seconds * 1_000_000
        return self.ask("www.corp.example", A, NOERROR, [address("192.0.2.80")])


def srv(target, port=1688, priority=0, weight=0):
    return struct.pack(">HHH", priority, weight, port) + name_of(target)


def segment(ports, sequence, acknowledged, flags):
    return struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 0x50, flags, 64240, 0, 0)


def refused(start, client, host, port=1688, client_port=49200):
    """A SYN and the RST that answers it."""
    out = [(start, frame_of(client, host, TCP, segment((client_port, port), 1000, 0, 0x02)))]
    return out + [(start + 300, frame_of(host, client, TCP, segment((port, client_port), 0, 1001, 0x14)))]


def unanswered(start, client, host, port=1688, client_port=49300):
    """A SYN, twice repeated, as Windows does it: after 3 and 9 seconds."""
    syn = frame_of(client, host, TCP, segment((client_port, port), 1000, 0, 0x02))
    return [(start + after * 1_000_000, syn) for after in (0, 3, 9)]


def payload_at(frame):
    """Where the payload of a TCP segment begins."""
    return 34 + (frame[46] >> 4) * 4


def with_fault(packets, status):
    """The capture of a host that answers the first request with a fault: what follows keeps its place in the stream."""
    out, shift, host = [], 0, None
    for time, frame in packets:
        at = payload_at(frame)
        source, payload = frame[26:30], frame[at:14 + struct.unpack_from(">H", frame, 16)[0]]
        ports, sequence, acknowledged = frame[34:38], *struct.unpack_from(">II", frame, 38)
        if host is None and payload[:3] == b"\x05\x00\x02":
            host, old = source, len(payload)
            payload = b"\x05\x00\x03\x03" + payload[4:8] + struct.pack("<HH", 32, 0) + payload[12:16]
            payload += struct.pack("<IHBBII", 32, 0, 0, 0, status, 0)
            shift = len(payload) - old
        elif host is not None and source == host:
            sequence += shift
        elif host is not None and frame[47] & 0x10:
            acknowledged += shift
        segment_ = ports + struct.pack(">II", sequence % 2**32, acknowledged % 2**32) + frame[46:at] + payload
        out.append((time, frame[:14] + ip_packet(source, frame[30:34], TCP, segment_)))
    return out

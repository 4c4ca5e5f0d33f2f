"""usage: dns_stub.py PORT JSON

A DNS server for tests, over UDP and TCP, that answers from a table. JSON is a list of rows:

    {"name": "_vlmcs._tcp.lab.test", "type": "SRV", "data": [0, 0, 1688, "kms1.lab.test"], "ttl": 60}
    {"name": "kms1.lab.test", "type": "A", "data": "198.51.100.11"}         also AAAA
    {"name": "old.lab.test", "type": "CNAME", "data": "kms1.lab.test"}      also NS, PTR; followed once
    {"name": "kms1.lab.test", "type": "TXT", "data": "any text"}
    {"name": "broken.lab.test", "rcode": "SERVFAIL"}                        any code of RCODES, for all types
    {"name": "slow.lab.test", "rcode": "SILENT"}                            no answer at all
    {"name": "long.lab.test", "truncated": true}                            over UDP only the TC bit, the records over TCP

A name with rows but none of the type that is asked for has an empty answer; one without rows does not exist (NXDOMAIN).
Names compare without regard to case. Addresses of the targets of SRV records come along as additional records.
"""
import json
import selectors
import socket
import struct
import sys

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "PTR": 12, "TXT": 16, "AAAA": 28, "SRV": 33}
RCODES = {"NOERROR": 0, "FORMERR": 1, "SERVFAIL": 2, "NXDOMAIN": 3, "NOTIMP": 4, "REFUSED": 5}
HEADER_SIZE = 12
TRUNCATED, RESPONSE_FLAGS, KEPT_FLAGS = 0x0200, 0x8480, 0x0100  # QR, AA, RA; RD is the client's
DEFAULT_TTL_S = 60


def encode_name(name):
    labels = [label.encode() for label in name.rstrip(".").split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def encode_data(kind, data):
    if kind in ("A", "AAAA"):
        return socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, data)
    if kind == "SRV":
        return struct.pack(">HHH", *data[:3]) + encode_name(data[3])
    if kind == "TXT":
        return bytes([len(data.encode())]) + data.encode()
    return encode_name(data)


def encode_record(row):
    data = encode_data(row["type"], row["data"])
    return encode_name(row["name"]) + struct.pack(">HHIH", TYPES[row["type"]], 1, row.get("ttl", DEFAULT_TTL_S), len(data)) + data


def parse_question(query):
    """Name in lower case, type, and the question's bytes; ValueError for what is no query with one question."""
    if len(query) < HEADER_SIZE or struct.unpack_from(">H", query, 4)[0] != 1:
        raise ValueError("not one question")
    labels, at = [], HEADER_SIZE
    while at < len(query) and query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
        at += 1 + query[at]
    end = at + 1 + 4
    if end > len(query):
        raise ValueError("the question is cut")
    return ".".join(labels).lower(), struct.unpack_from(">H", query, at + 1)[0], query[HEADER_SIZE:end]


class Table:
    def __init__(self, rows):
        self.rows = [row | {"name": row["name"].rstrip(".").lower()} for row in rows]

    def of(self, name):
        return [row for row in self.rows if row["name"] == name.rstrip(".").lower()]

    def records(self, name, kind):
        return [row for row in self.of(name) if "type" in row and TYPES[row["type"]] == kind]

    def answer(self, query, over_udp):
        """The answer, or None for silence."""
        name, kind, question = parse_question(query)
        rows = self.of(name)
        rcode = next((row["rcode"] for row in rows if "rcode" in row), "NOERROR" if rows else "NXDOMAIN")
        if rcode == "SILENT":
            return None
        flags = RESPONSE_FLAGS | struct.unpack_from(">H", query, 2)[0] & KEPT_FLAGS | RCODES[rcode]
        answers, additional = [], []
        if over_udp and any(row.get("truncated") for row in rows):
            flags |= TRUNCATED
        elif rcode == "NOERROR":
            answers, additional = self.sections(name, kind)
        counts = struct.pack(">HHHH", 1, len(answers), 0, len(additional))
        return query[:2] + struct.pack(">H", flags) + counts + question + b"".join(map(encode_record, answers + additional))

    def sections(self, name, kind):
        answers = self.records(name, kind)
        if not answers:
            answers = self.records(name, TYPES["CNAME"])
            answers += [row for alias in answers[:1] for row in self.records(alias["data"], kind)]
        targets = dict.fromkeys(row["data"][3] for row in answers if row["type"] == "SRV")
        return answers, [row for target in targets for kind in ("A", "AAAA") for row in self.records(target, TYPES[kind])]


def serve_udp(listener, table):
    query, peer = listener.recvfrom(65535)
    answer = table.answer(query, over_udp=True)
    if answer is not None:
        listener.sendto(answer, peer)


def serve_tcp(listener, table):
    client, _ = listener.accept()
    with client:
        client.settimeout(2)
        while size := client.recv(2, socket.MSG_WAITALL):
            query = client.recv(struct.unpack(">H", size)[0], socket.MSG_WAITALL)
            answer = table.answer(query, over_udp=False)
            if answer is None:
                return
            client.sendall(struct.pack(">H", len(answer)) + answer)


def listen(port):
    """The same port over UDP and TCP; of the system's choice for 0, which may take some tries: one may be free and the other not."""
    for attempt in range(20):
        udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        udp.bind(("::", port))
        try:
            return udp, socket.create_server(("", udp.getsockname()[1]), family=socket.AF_INET6, dualstack_ipv6=True)
        except OSError:
            udp.close()
            if port or attempt == 19:
                raise


def main(port, rows):
    table = Table(rows)
    udp, tcp = listen(port)
    selector = selectors.DefaultSelector()
    selector.register(udp, selectors.EVENT_READ, serve_udp)
    selector.register(tcp, selectors.EVENT_READ, serve_tcp)
    print(f"listening on {udp.getsockname()[1]}", flush=True)
    while True:
        for key, _ in selector.select():
            try:
                key.data(key.fileobj, table)
            except (OSError, ValueError, struct.error) as error:
                print(f"dns_stub: {error}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), json.loads(sys.argv[2]))

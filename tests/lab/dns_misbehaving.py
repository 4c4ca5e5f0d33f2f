"""usage: dns_misbehaving.py ADDRESS UPSTREAM BEHAVIOUR

A DNS server for tests, on port 53 of ADDRESS, that passes each message on to the server at UPSTREAM over TCP, without a change,
and misbehaves in one way with the answer:

    honest          not at all
    silent          never answers
    udp-silent      answers over TCP only
    tcp-silent      answers over UDP only; accepts connections and says nothing
    tcp-refused     the same, but nothing listens on TCP
    late:SECONDS    answers so much later
    wrong-id        another transaction id
    wrong-question  asks something else than it was asked
    other-port      answers over UDP come from another port
    stray           a hundred other datagrams before each answer over UDP
    no-update       NOTIMP to dynamic updates
    formerr-edns    FORMERR to what has an EDNS record, as servers of the last century
    name-loop       the first answer's name points to itself
    cut-tcp         truncated over UDP; over TCP half the answer and the end of the connection
    huge            truncated over UDP; over TCP the answer, filled up to 65535 bytes with additional records
"""
import socket
import struct
import sys
import threading
import time

PORT = 53
HEADER_SIZE = 12
QR, TC = 0x8000, 0x0200
FORMERR, NOTIMP = 1, 4
OPCODE_UPDATE = 5
TYPE_OPT, TYPE_TXT = 41, 16
MAX_SIZE = 65535
UPSTREAM_LIMIT_S = 5


def flags_of(message):
    return struct.unpack_from(">H", message, 2)[0]


def with_flags(message, flags):
    return message[:2] + struct.pack(">H", flags) + message[4:]


def question_end(message):
    """Behind the first question, whose name is not compressed."""
    at = HEADER_SIZE
    while message[at]:
        at += 1 + message[at]
    return at + 1 + 4


def has_edns(query):
    """An OPT record, in a query that has no other records."""
    counts = struct.unpack_from(">4H", query, 4)
    end = question_end(query) if counts[0] else HEADER_SIZE
    return counts[3] > 0 and query[end:end + 3] == struct.pack(">BH", 0, TYPE_OPT)


def without_records(message, flags):
    """The header with these flags, and the question if there is one."""
    count = struct.unpack_from(">H", message, 4)[0]
    end = question_end(message) if count else HEADER_SIZE
    return message[:2] + struct.pack(">5H", flags, count, 0, 0, 0) + message[HEADER_SIZE:end]


def wrong_question(answer):
    first = HEADER_SIZE + 1  # of the first label
    return answer[:first] + bytes([answer[first] ^ 0x01]) + answer[first + 1:]


def name_loop(answer):
    """One answer, whose name is a pointer to that pointer."""
    empty = without_records(answer, flags_of(answer))
    pointer = struct.pack(">H", 0xc000 | len(empty))
    record = pointer + struct.pack(">HHIH", 33, 1, 60, 8) + struct.pack(">HHH", 0, 0, 1688) + pointer
    return empty[:6] + struct.pack(">H", 1) + empty[8:] + record


def huge(answer):
    """As many TXT records behind the others as fit."""
    count = struct.unpack_from(">H", answer, 10)[0]
    text = bytes([255]) + b"x" * 255
    record = b"\xc0\x0c" + struct.pack(">HHIH", TYPE_TXT, 1, 60, len(text)) + text
    more = (MAX_SIZE - len(answer)) // len(record)
    rest = MAX_SIZE - len(answer) - more * len(record)
    if rest > 13:  # one more, so that not a byte is left
        text = bytes([rest - 13]) + b"x" * (rest - 13)
        last = b"\xc0\x0c" + struct.pack(">HHIH", TYPE_TXT, 1, 60, len(text)) + text
    else:
        last = b""
    return answer[:10] + struct.pack(">H", count + more + bool(last)) + answer[12:] + record * more + last


CHANGES = {
    "wrong-id": lambda answer: bytes([answer[0] ^ 0x55]) + answer[1:],
    "wrong-question": wrong_question,
    "name-loop": name_loop,
}


def receive(stream, size):
    """That many bytes, or fewer at the end of the stream. (A socket with a time-out does not wait for all.)"""
    data = b""
    while len(data) < size and (more := stream.recv(size - len(data))):
        data += more
    return data


def receive_message(stream):
    """None at the end of the stream."""
    size = receive(stream, 2)
    return receive(stream, struct.unpack(">H", size)[0]) if len(size) == 2 else None


class Server:
    def __init__(self, address, upstream, behaviour):
        self.upstream = upstream
        self.behaviour, _, delay = behaviour.partition(":")
        self.delay_s = float(delay or 0)
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((address, PORT))
        self.tcp = None if self.behaviour == "tcp-refused" else socket.create_server((address, PORT))
        self.other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.other.bind((address, 0))

    def answer(self, query):
        if self.behaviour == "formerr-edns" and has_edns(query):
            return without_records(query, flags_of(query) | QR | FORMERR)
        if self.behaviour == "no-update" and flags_of(query) >> 11 & 0x0f == OPCODE_UPDATE:
            return without_records(query, flags_of(query) | QR | NOTIMP)
        with socket.create_connection((self.upstream, PORT), timeout=UPSTREAM_LIMIT_S) as server:
            server.sendall(struct.pack(">H", len(query)) + query)
            answer = receive_message(server)
        time.sleep(self.delay_s)
        return CHANGES.get(self.behaviour, lambda same: same)(answer)

    def serve_datagram(self, query, peer):
        if self.behaviour in ("silent", "udp-silent"):
            return
        answer = self.answer(query)
        if self.behaviour in ("cut-tcp", "huge"):
            answer = without_records(answer, flags_of(answer) | TC)
        if self.behaviour == "stray":
            for number in range(100):
                self.udp.sendto(struct.pack(">H", number) + answer[2:], peer)
        (self.other if self.behaviour == "other-port" else self.udp).sendto(answer, peer)

    def serve_stream(self, stream):
        with stream:
            while query := receive_message(stream):
                if self.behaviour in ("silent", "tcp-silent"):
                    continue
                answer = self.answer(query)
                if self.behaviour == "huge":
                    answer = huge(answer)
                whole = struct.pack(">H", len(answer)) + answer
                if self.behaviour == "cut-tcp":
                    stream.sendall(whole[:len(whole) // 2])
                    return
                stream.sendall(whole)

    def accept(self):
        while True:
            threading.Thread(target=self.serve_stream, args=(self.tcp.accept()[0],), daemon=True).start()

    def run(self):
        if self.tcp is not None:
            threading.Thread(target=self.accept, daemon=True).start()
        print(f"listening on {PORT}, {self.behaviour}", flush=True)
        while True:
            threading.Thread(target=self.serve_datagram, args=self.udp.recvfrom(MAX_SIZE), daemon=True).start()


if __name__ == "__main__":
    Server(*sys.argv[1:]).run()

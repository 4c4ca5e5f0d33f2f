#!/usr/bin/env python3
"""usage: make_evtx.py FOLDER

Writes the EVTX samples of tests/eventlog/samples. A minimal writer of the format, after the description of it in the
documentation of libevtx: file header, chunks with their checksums, records of binary XML around one template. Nothing of it
comes from libdiag, and evtx_samples_test.py has two other readers check what it writes.
"""
import datetime
import os
import struct
import sys
import zlib

CHUNK_SIZE = 0x10000
FIRST_RECORD = 0x200  # within a chunk
SPP = "Microsoft-Windows-Security-SPP"
SPP_GUID = "{E23B33B0-C8C9-472C-A5F9-F2BDFEA0F156}"
NAMESPACE = "http://schemas.microsoft.com/win/2004/08/events/event"

STRING, UINT16, UINT64, FILETIME = 0x01, 0x06, 0x0A, 0x11

# What a template leaves open, in the order of the values of a record; behind them one string for each Data.
SLOTS = {"provider": (0, STRING), "event_id": (1, UINT16), "time": (2, FILETIME), "record": (3, UINT64),
         "channel": (4, STRING), "computer": (5, STRING)}


def filetime(text):
    """100 ns units since 1601 of "2026-11-23T20:09:15.1234567", as an integer."""
    whole, _, fraction = text.partition(".")
    seconds = datetime.datetime.fromisoformat(whole) - datetime.datetime(1601, 1, 1)
    return (seconds.days * 86400 + seconds.seconds) * 10**7 + int(fraction.ljust(7, "0"))


def name_hash(text):
    value = 0
    for character in text:
        value = (value * 65599 + ord(character)) & 0xFFFFFFFF
    return value & 0xFFFF


class Writer:
    """Bytes that know their offset in the chunk, which binary XML is full of."""

    def __init__(self, offset):
        self.base, self.data = offset, bytearray()

    def offset(self):
        return self.base + len(self.data)

    def put(self, layout, *values):
        self.data += struct.pack("<" + layout, *values)

    def put_text(self, text):
        self.data += text.encode("utf-16-le")

    def put_name(self, text):
        """An offset, and there the name: always at once."""
        self.put("I", self.offset() + 4)
        self.put("IHH", 0, name_hash(text), len(text))
        self.put_text(text + "\0")

    def sized(self, body):
        """The four bytes of a size, and what body() writes, which is that large."""
        at = len(self.data)
        self.put("I", 0)
        body()
        struct.pack_into("<I", self.data, at, len(self.data) - at - 4)

    def put_value(self, value):
        if value in SLOTS or isinstance(value, int):
            index, kind = SLOTS[value] if value in SLOTS else (len(SLOTS) + value, STRING)
            self.put("BHB", 0x0D, index, kind)
        else:
            self.put("BBH", 0x05, STRING, len(value))
            self.put_text(value)

    def element(self, name, attributes=(), content=()):
        """content: elements as callables, or one value: literal text, a slot's name, or the number of a Data string."""
        def body():
            self.put_name(name)
            if attributes:
                self.sized(lambda: [self.attribute(i, *pair) for i, pair in enumerate(attributes, 1 - len(attributes))])
            if content == ():
                self.put("B", 0x03)
                return
            self.put("B", 0x02)
            for part in content if isinstance(content, list) else [content]:
                part() if callable(part) else self.put_value(part)
            self.put("B", 0x04)

        self.put("BH", 0x41 if attributes else 0x01, 0xFFFF)
        self.sized(body)

    def attribute(self, remaining, name, value):
        self.put("B", 0x46 if remaining else 0x06)
        self.put_name(name)
        self.put_value(value)


def write_event(out, string_count):
    """The elements of an event of the licensing service, with string_count Data."""
    def system():
        out.element("System", (), [
            lambda: out.element("Provider", (("Name", "provider"), ("Guid", SPP_GUID))),
            lambda: out.element("EventID", (("Qualifiers", "16384"),), "event_id"),
            lambda: out.element("TimeCreated", (("SystemTime", "time"),)),
            lambda: out.element("EventRecordID", (), "record"),
            lambda: out.element("Channel", (), "channel"),
            lambda: out.element("Computer", (), "computer"),
        ])

    def data(index):
        return lambda: out.element("Data", (), index)

    out.element("Event", (("xmlns", NAMESPACE),), [
        system, lambda: out.element("EventData", (), [data(i) for i in range(string_count)])])


def write_record(out, templates, number, event):
    """templates: string count -> offset of the template in this chunk; the first record that needs one carries it."""
    start = len(out.data)
    time = filetime(event["time"])
    out.put("4sIQQ", b"**\0\0", 0, number, time)
    out.put("4B", 0x0F, 1, 1, 0)
    count = len(event["strings"])
    out.put("BBI", 0x0C, 1, 0x1000 + count)
    if count in templates:
        out.put("I", templates[count])
    else:
        templates[count] = out.offset() + 4
        out.put("II", templates[count], 0)
        out.put("I12s", 0x1000 + count, b"kms-template")

        def body():
            out.put("4B", 0x0F, 1, 1, 0)
            write_event(out, count)
            out.put("B", 0x00)

        out.sized(body)
    texts = [value.encode("utf-16-le") for value in event["strings"]]
    values = [(event["provider"].encode("utf-16-le"), STRING), (struct.pack("<H", event["id"]), UINT16),
              (struct.pack("<Q", time), FILETIME), (struct.pack("<Q", number), UINT64),
              (event["channel"].encode("utf-16-le"), STRING), (event["computer"].encode("utf-16-le"), STRING)]
    values += [(text, STRING) for text in texts]
    out.put("I", len(values))
    for value, kind in values:
        out.put("HBB", len(value), kind, 0)
    for value, _ in values:
        out.data += value
    out.put("B", 0x00)
    out.data += bytes(-(len(out.data) - start + 4) % 8)
    size = len(out.data) - start + 4
    struct.pack_into("<I", out.data, start + 4, size)
    out.put("I", size)


def chunk(events, first_number):
    out, templates, last = Writer(FIRST_RECORD), {}, FIRST_RECORD
    for number, event in enumerate(events, first_number):
        last = out.offset()
        write_record(out, templates, number, event)
    last_number = first_number + len(events) - 1
    assert len(out.data) <= CHUNK_SIZE - FIRST_RECORD, "too many events for a chunk"
    header = struct.pack("<8sQQQQIIII", b"ElfChnk\0", first_number, last_number, first_number, last_number, 128, last,
                         FIRST_RECORD + len(out.data), zlib.crc32(out.data)).ljust(120, b"\0")
    tables = bytes(FIRST_RECORD - 128)  # of common strings and templates; readers do not need them
    header += struct.pack("<II", 0, zlib.crc32(tables, zlib.crc32(header)))
    return (header + tables + out.data).ljust(CHUNK_SIZE, b"\0")


def evtx(chunks):
    """The file of a list of lists of events."""
    number, body = 1, b""
    for events in chunks:
        body += chunk(events, number)
        number += len(events)
    header = struct.pack("<8sQQQIHHHH", b"ElfFile\0", 0, len(chunks) - 1, number, 128, 1, 3, 4096, len(chunks))
    header = header.ljust(120, b"\0")
    return (header + struct.pack("<II", 0, zlib.crc32(header))).ljust(4096, b"\0") + body


def event(number, time, *strings, provider=SPP, channel="Application", computer="kms01.corp.example"):
    return {"id": number, "time": time, "strings": strings, "provider": provider, "channel": channel, "computer": computer}


REQUEST = ("0x0, 25, pc17.corp.example, 7f4c1b52-90f5-4a6c-8c11-0a4f2f3e9d01, 2026/11/23 20:09, 0, 1, 43200, "
           "73111121-5638-40f6-bc11-f1d7b0d64300")

PUBLICATION = [
    event(903, "2026-11-22T05:10:00.0000000"),
    event(12294, "2026-11-22T05:10:04.2500000", "corp.example"),
    event(12293, "2026-11-22T05:10:05.0000000", "0x8007232D", "branch.example"),
    event(12290, "2026-11-23T20:09:16.1234567", REQUEST, channel="Key Management Service"),
    event(12293, "2026-11-23T05:10:05.5000000", "0x80072338", "branch.example"),
    # The same number, from somebody else.
    event(12294, "2026-11-23T06:00:00.0000000", "other.example", provider="Microsoft-Windows-Directory-Services-SAM",
          channel="System"),
    event(8198, "2026-11-23T07:00:00.0000000", "hr=0x8007007B", "a <b> & \"c\" of d"),
]


def many(count):
    return [event(12294, "2026-11-%02dT05:%02d:00.0000000" % (1 + i // 60, i % 60), "zone%d.example" % i)
            for i in range(count)]


# The client of captures/hresult-unknown-kms-id.pcap: its machine id, its product, its time.
REFUSED = ("0xC004F042, 0x00000000, kms01.corp.example:1688, f1bb2b23-297f-41a2-9907-96e2e4265955, 2026/11/23 20:09, 0, 2, "
           "43200, 73111121-5638-40f6-bc11-f1d7b0d64300, 25")
CLIENT = [
    event(900, "2026-11-23T20:09:30.0000000", "slui.exe", computer="unk.corp.example"),
    event(12288, "2026-11-23T20:09:34.5000000", REFUSED, computer="unk.corp.example"),
    event(8198, "2026-11-23T20:09:35.0000000", "hr=0xC004F042",
          "RuleId=eeba1977-569e-4571-b639-7623d8bfecc0;Action=AutoActivate;AppId=55c92734-d682-4d71-983e-d6ec3f16059f;"
          "SkuId=73111121-5638-40f6-bc11-f1d7b0d64300;NotificationInterval=1440;Trigger=NetworkAvailable;SessionId=1",
          computer="unk.corp.example"),
    event(12288, "2026-11-23T20:09:40.0000000", "S-1-5-21-1", provider="Microsoft-Windows-Directory-Services-SAM",
          channel="System", computer="unk.corp.example"),
]

SAMPLES = {
    "publication.evtx": [PUBLICATION],
    "two-chunks.evtx": [many(60), PUBLICATION],
    "client-refused.evtx": [CLIENT],
}


def main():
    if len(sys.argv) != 2 or sys.argv[1].startswith("-"):
        print(__doc__.strip())
        sys.exit(0 if sys.argv[1:] in (["-h"], ["--help"]) else 3)
    for name, chunks in SAMPLES.items():
        with open(os.path.join(sys.argv[1], name), "wb") as file:
            file.write(evtx(chunks))


if __name__ == "__main__":
    main()

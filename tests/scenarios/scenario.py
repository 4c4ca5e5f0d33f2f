"""A row of the table, and what the rows share: captures/ with its ground truth."""
import datetime
import json
import pathlib
from typing import NamedTuple

import logs
import packets

CAPTURES = pathlib.Path(__file__).parent.parent.parent / "captures"
SUMMARY = "0xC004F074"  # errors.csv: every host that was tried ended in an error
HOST_NAME = "kms01.corp.example"
PORT = 1688


class Scenario(NamedTuple):
    name: str
    lines: tuple   # what is broken; what evidence there is; what must be said, and on which source that rests
    causes: list   # the first is the top cause
    files: dict
    windows: str | None = None
    inner: str | None = None
    exit_status: int | None = None  # None: by the severities of the causes
    never: tuple = ()   # findings that are no cause
    below: tuple = ()   # findings that follow from the top cause


def cause(finding, target=None):
    return {"id": finding} | ({"target": target} if target else {})


class Capture:
    """A capture and what is known of it from outside: NAME.expected.json."""

    def __init__(self, name):
        self.path = next(path for path in (CAPTURES / f"{name}.pcap", CAPTURES / f"{name}.pcapng") if path.exists())
        self.truth = json.loads((CAPTURES / f"{name}.expected.json").read_text(encoding="utf-8"))
        self.connection = self.truth["connections"][0]
        self.exchanges = self.connection["exchanges"]

    def packets(self):
        return packets.read_pcap(self.path)

    def start(self):
        return datetime.datetime.fromtimestamp(self.packets()[0][0] // 1_000_000, datetime.timezone.utc).replace(tzinfo=None)

    def target(self):
        ip, port = self.connection["host"]["ip"], self.connection["host"]["port"]
        return f"[{ip}]:{port}" if ":" in ip else f"{ip}:{port}"

    def request(self, index=0):
        return (self.exchanges[index].get("request") or {}) if self.exchanges else {}

    def client(self, name, machine, index=0):
        """As its events would say: with the fields of its request, or with those given where it got to none."""
        request = self.request(index)
        return logs.Client(
            name, request.get("client_machine_id", machine), request.get("activation_id", logs.ENTERPRISE),
            request.get("license_status", 2), request.get("binding_expiration_minutes", 43200),
            request.get("required_client_count", 25), int(request.get("virtual_machine", False)))

    def clock(self, index=0):
        """The client's clock at its request, in UTC."""
        text = self.request(index).get("client_time_utc")
        return logs.when(text) if text else self.start()


def attempt(capture, client, inner, shown, host=f"{HOST_NAME}:{PORT}"):
    """What a client logs of an attempt that failed: 12288 with the code of this host, 8198 with the one that is shown."""
    time = capture.clock()
    return [client.sent(time, inner, host), client.failed(time + datetime.timedelta(seconds=1), shown)]

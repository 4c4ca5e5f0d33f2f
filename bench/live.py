"""Loads on the running reference host, for scripts/bench; knows no goal and prints no result."""
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time

from harness import BenchError

TICK = os.sysconf("SC_CLK_TCK")


class Server:
    """A program that serves on a port that it names, on one processor; use it with `with`."""

    def __init__(self, command, core):
        self.errors = tempfile.TemporaryFile()
        # What it writes must cost what it costs: a file, not /dev/null.
        self.output = tempfile.NamedTemporaryFile()
        self.process = subprocess.Popen(["taskset", "-c", str(core), *command], stdin=subprocess.DEVNULL,
                                        stdout=self.output, stderr=self.errors)

    def __enter__(self):
        for _ in range(200):
            for file in (self.errors, open(self.output.name, "rb")):
                text = os.pread(file.fileno(), 65536, 0).decode(errors="replace")
                found = re.search(r"^listening on [0-9.]+:(\d+)$", text, re.M)
                if found:
                    self.port = int(found[1])
                    return self
            time.sleep(0.05)
        self.__exit__()
        raise BenchError("the server did not start")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.errors.close()
        self.output.close()

    def cpu_s(self):
        """User and system time so far."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_mib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read())[1]) / 1024


ZONE = """$TTL 3600
@ SOA ns admin 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
kms A 192.0.2.11
kms AAAA 2001:db8::11
_vlmcs._tcp SRV 0 0 1688 kms
"""


class Knot:
    """Knot DNS with so many zones, all alike, on one processor and a loopback port of its own; use it with `with`."""

    def __init__(self, count, core):
        self.domains = [f"zone{i}.bench.test" for i in range(count)]
        self.core = core

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        path = self.folder.name
        with open(os.path.join(path, "zone"), "w", encoding="ascii") as file:
            file.write(ZONE)
        with open(os.path.join(path, "knot.conf"), "w", encoding="ascii") as file:
            file.write(f"server:\n  listen: 127.0.0.1@{self.port}\n  rundir: {path}\n  udp-workers: 1\n"
                       f"  tcp-workers: 1\n  background-workers: 1\ndatabase:\n  storage: {path}\n"
                       f"log:\n  - target: stderr\n    any: error\n"
                       f"template:\n  - id: default\n    file: {path}/zone\n    zonefile-sync: -1\n"
                       f"    journal-content: none\nzone:\n")
            file.writelines(f"  - domain: {domain}\n" for domain in self.domains)
        self.process = subprocess.Popen(["taskset", "-c", str(self.core), "knotd", "-c", os.path.join(path, "knot.conf")],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(600):
            if self.answers(self.domains[-1]) and self.answers(self.domains[0]):
                return self
            time.sleep(0.1)
        self.__exit__()
        raise BenchError("knotd did not start")

    def answers(self, domain):
        run = subprocess.run(["dig", "@127.0.0.1", "-p", str(self.port), "+short", "+time=1", "+tries=1", "SRV",
                              f"_vlmcs._tcp.{domain}"], stdout=subprocess.PIPE, text=True, check=False)
        return run.returncode == 0 and "1688" in run.stdout

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.folder.cleanup()


class Silent:
    """A port on all loopback addresses that never says anything: it drops SYNs (its queue is full), or, with `accepts`, takes
    every connection and no more."""

    def __init__(self, accepts):
        self.socket = socket.socket()
        self.socket.bind(("0.0.0.0", 0))
        self.port = self.socket.getsockname()[1]
        self.accepted = []
        if accepts:
            self.socket.listen(4096)
            threading.Thread(target=self.accept, daemon=True).start()
        else:
            self.socket.listen(0)
            for _ in range(4):
                filler = socket.socket()
                filler.setblocking(False)
                filler.connect_ex(("127.0.0.1", self.port))
                self.accepted.append(filler)

    def accept(self):
        try:
            while True:
                self.accepted.append(self.socket.accept()[0])
        except OSError:
            pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for connection in self.accepted:
            connection.close()


def run_load(program, core, mode, server, connections, seconds):
    """What refhost_load says, with the processor time that the server took meanwhile."""
    before = server.cpu_s()
    run = subprocess.run(["taskset", "-c", str(core), program, mode, str(server.port), str(connections), str(seconds)],
                         stdout=subprocess.PIPE, check=False)
    if run.returncode != 0:
        raise BenchError(f"refhost_load {mode} ended with status {run.returncode}")
    return json.loads(run.stdout) | {"cpu_s": server.cpu_s() - before}

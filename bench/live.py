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

"""A network for tests: scripts/lab with a process in it that starts others, and what tests do with its hosts.

    lab = shared()                       # one for all tests of a program (class LabCase has it); built in some 0.2 s
    host = lab.refhost("kms1")           # listens on both addresses of kms1, port 1688
    lab.nft("tcp dport 1688 drop")       # a rule in the router
    with lab.capture("client", path):
        done = lab.run("client", ["kms-probe", lab.address("kms1")])
    lab.reset()                          # ends what runs, and makes the network what it was

Processes write to files without names, so that none waits for a reader; output and errors can be read at any time.
faults.py has the faults of the network by name, services.py what else can answer on a port.
"""
import atexit
import contextlib
import functools
import json
import os
import pathlib
import re
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR") or ROOT / "build/release/bin")
HERE = pathlib.Path(__file__).resolve().parent
HOSTS = ("client", "router", "kms1", "kms2", "dns")
KMS_PORT = 1688
LIMIT_S = 30  # for what takes milliseconds on an idle machine
POLL_S = 0.003


class LabError(Exception):
    """The lab, or what a test needs in it, did not work. Not a failure of what is tested."""


class Process:
    """A process in a host of the lab; much like subprocess.Popen."""

    def __init__(self, lab, host, argv, stdin_bytes, cwd, env):
        self.lab, self.args, self.returncode = lab, argv, None
        self._files = [tempfile.TemporaryFile() for _ in range(3)]
        self._files[0].write(stdin_bytes)
        self._files[0].seek(0)
        self._status, write_end = os.pipe()
        try:
            descriptors = [file.fileno() for file in self._files] + [write_end]
            self.pid = lab.ask({"start": argv, "host": host, "cwd": str(cwd or os.getcwd()), "env": env or {}}, descriptors)["pid"]
        finally:
            os.close(write_end)

    def poll(self):
        return self._wait(0)

    def wait(self, timeout=LIMIT_S):
        """The exit status, negative for a signal; subprocess.TimeoutExpired, and the process goes on, when there is none."""
        if self._wait(timeout) is None:
            raise subprocess.TimeoutExpired(self.args, timeout, self.output, self.errors)
        return self.returncode

    def _wait(self, timeout):
        if self.returncode is None and select.select([self._status], [], [], timeout)[0]:
            text = os.read(self._status, 16)
            if not text:
                raise LabError(f"the lab ended while {self.args[0]} ran")
            self.returncode = int(text)
        return self.returncode

    def send_signal(self, number):
        self.lab.ask({"signal": int(number), "pid": self.pid})

    def terminate(self):
        self.send_signal(signal.SIGTERM)

    def kill(self):
        self.send_signal(signal.SIGKILL)

    def stop(self, number=signal.SIGTERM, timeout=LIMIT_S):
        """Ends it with a signal; the exit status."""
        self.send_signal(number)
        return self.wait(timeout)

    def end(self):
        """Kills it and what it started, whatever became of it, and lets go of its output."""
        self.lab.ask({"signal": int(signal.SIGKILL), "group": self.pid})
        self.wait()
        self.release()

    def release(self):
        os.close(self._status)
        for file in self._files:
            file.close()

    @property
    def output(self):
        return self._text(1)

    @property
    def errors(self):
        return self._text(2)

    def _text(self, which):
        file = self._files[which].fileno()
        return os.pread(file, os.fstat(file).st_size, 0).decode("utf-8", "replace")

    def wait_for(self, pattern, timeout=LIMIT_S, count=1):
        """Waits until it has printed this `count` times, on standard output or error; the matches."""
        deadline = time.monotonic() + timeout
        while True:
            over = self.poll() is not None  # asked first: what is read then is all that comes
            found = list(re.finditer(pattern, self.output + self.errors, re.M))
            if len(found) >= count:
                return found
            if over or time.monotonic() > deadline:
                raise LabError(f"{' '.join(map(str, self.args))}: no '{pattern}' in: {self.output}{self.errors}")
            time.sleep(POLL_S)


class Lab:
    def __init__(self, command=(ROOT / "scripts/lab",), here=HERE):
        """Command: how to start scripts/lab, for example as another user; here: where that user can read these files."""
        self._lock, self._here = threading.Lock(), here
        self._processes, self._changed, self._names_changed = [], set(), False
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.settimeout(LIMIT_S)
        inside = [sys.executable, "-B", here / "inside.py", str(theirs.fileno())]
        with theirs:
            self.script = subprocess.Popen([*command, "--quiet", "--", *inside], pass_fds=[theirs.fileno()],
                                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        greeting = self._socket.recv(65536)
        if not greeting:
            errors = self.script.communicate(timeout=LIMIT_S)[1]
            self._socket.close()
            raise LabError(f"there is no lab (DIAG_NO_LAB=1 leaves out the tests that need one): {errors.strip()}")
        self.environment = json.loads(greeting)
        self.names = self.run("client", ["cat", f"{self.environment['LAB_DIR']}/hosts"]).stdout

    def close(self):
        self._socket.close()  # ends the process inside, which ends the lab
        for process in self._processes:
            process.release()
        self.script.communicate(timeout=LIMIT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def ask(self, request, descriptors=()):
        with self._lock:
            socket.send_fds(self._socket, [json.dumps(request, default=str).encode()], descriptors)
            answer = json.loads(self._socket.recv(65536) or '{"error": "the lab has ended"}')
        if "error" in answer:
            raise LabError(answer["error"])
        return answer

    # Processes

    def popen(self, host, argv, *, stdin=b"", cwd=None, env=None):
        """Starts a program of the project (by its name) or another one in a host; it ends with reset() at the latest."""
        argv = [self.program(argv[0]), *map(str, argv[1:])]
        process = Process(self, host, argv, stdin, cwd, env)
        self._processes.append(process)
        return process

    @staticmethod
    def program(name):
        """The path of a program of the project; other names as they are."""
        return str(BIN / name) if "/" not in str(name) and (BIN / name).is_file() else str(name)

    def run(self, host, argv, timeout=LIMIT_S, *, stdin=b"", cwd=None, env=None):
        """Runs it to its end: subprocess.CompletedProcess with text, or subprocess.TimeoutExpired."""
        return self.finish(self.popen(host, argv, stdin=stdin, cwd=cwd, env=env), timeout)

    def finish(self, process, timeout=LIMIT_S):
        """The same of one that was started; it has no open files afterwards."""
        try:
            process.wait(timeout)
            return subprocess.CompletedProcess(process.args, process.returncode, process.output, process.errors)
        finally:
            self._forget(process)

    def check(self, host, argv, **options):
        """Runs what has to succeed; its output."""
        done = self.run(host, argv, **options)
        if done.returncode != 0:
            raise LabError(f"{' '.join(done.args)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def python(self, host, script, *arguments, ready=r"^listening on .*$", **options):
        """Starts a script of tests/lab with this Python, and waits until it is ready."""
        process = self.popen(host, [sys.executable, "-B", self._here / script, *arguments], **options)
        process.wait_for(ready)
        return process

    def refhost(self, host, *arguments):
        """A running reference host, on port 1688 of both addresses unless --listen is among the arguments."""
        listen = []
        if "--listen" not in arguments:
            listen = ["--listen", f"{self.address(host)}:{KMS_PORT}", "--listen", f"[{self.address(host, 6)}]:{KMS_PORT}"]
        process = self.popen(host, ["kms-refhost", *listen, *arguments])
        process.wait_for(r"^listening on .*$", count=[*listen, *arguments].count("--listen"))
        return process

    # The network

    def address(self, host, family=4):
        """The address of a host, or of "nobody"."""
        return self.environment[f"LAB_{host.upper()}_{family}"]

    def nft(self, *rules, host="router", chain="forward"):
        """Adds rules to a chain of table `inet lab`."""
        self._changed.add(host)
        lines = "".join(f"add rule inet lab {chain} {rule}\n" for rule in rules)
        self.check(host, ["nft", "-f", "-"], stdin=lines.encode())

    def nft_flush(self, host="router"):
        """Takes the rules out of a host again, and leaves all else as it is."""
        self.check(host, ["nft", "-f", f"{self.environment['LAB_DIR']}/rules.nft"])

    def ip(self, host, *arguments):
        """Runs ip in a host: a string of words, or each word an argument."""
        self._changed.add(host)
        return self.check(host, ["ip", *(arguments[0].split() if len(arguments) == 1 else arguments)])

    def set_names(self, *lines, resolver=None):
        """Puts lines of the form of /etc/hosts before those of the lab; resolver: lines of resolv.conf instead of the lab's."""
        self._names_changed = True
        self._write("hosts", "".join(f"{line}\n" for line in lines) + self.names)
        if resolver is not None:
            self._write("resolv.conf", "".join(f"{line}\n" for line in resolver))

    def _write(self, name, text):
        """Into the same file, which is mounted over that of /etc."""
        self.check("client", ["tee", f"{self.environment['LAB_DIR']}/{name}"], stdin=text.encode())

    def reset(self):
        """Ends all that runs in the hosts, and makes addresses, routes, rules and names what they were at first."""
        while self._processes:
            self._processes.pop().end()
        if self._changed:
            self.check("client", [f"{self.environment['LAB_DIR']}/bin/lab-reset", *sorted(self._changed)])
            self._changed.clear()
        if self._names_changed:
            self.set_names(resolver=[f"nameserver {self.address('dns')}", "options timeout:1 attempts:1"])
            self._names_changed = False

    @contextlib.contextmanager
    def capture(self, host, path, interface=None):
        """Has in the file all packets that pass the interface meanwhile."""
        interface = interface or ("client" if host == "router" else "net0")
        process = self.python(host, "capture.py", interface, path)
        try:
            yield
            if process.stop() != 0:
                raise LabError(process.errors)
        finally:
            self._forget(process)

    def _forget(self, process):
        self._processes.remove(process)
        process.end()


@functools.cache
def shared():
    """The lab of this program. It ends with the program; each test begins with reset()."""
    lab = Lab()
    atexit.register(lab.close)
    return lab


@unittest.skipIf(os.environ.get("DIAG_NO_LAB"), "DIAG_NO_LAB is set")
class LabCase(unittest.TestCase):
    """A test in the shared lab, which is as new when it begins. Where no lab can be, it fails and says why."""

    def setUp(self):
        self.lab = shared()
        self.lab.reset()

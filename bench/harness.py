"""What scripts/bench needs to make captures and to measure programs; knows no goal and prints no result."""
import collections
import dataclasses
import hashlib
import json
import os
import re
import statistics
import subprocess
import sys


class BenchError(Exception):
    """Something could not run; the message is for the user."""


def say(text):
    print(text, file=sys.stderr, flush=True)


def count_lines(lines):
    """(conversations, exchanges, Counter of outcomes) in lines of JSON, as bytes. A conversation without an exchange is
    not counted: none of ours ends so early.

    Searches the lines instead of parsing them, since one may hold a hundred thousand exchanges. A quotation mark inside
    a value is escaped, so nothing but a key looks like this."""
    wanted = re.compile(rb'"(hresult|outcome)":\s*"([^"]*)"')
    conversations, exchanges, outcomes = 0, 0, collections.Counter()
    for line in lines:
        found = collections.Counter(match.groups() for match in wanted.finditer(line))
        count = sum(n for (key, _), n in found.items() if key == b"hresult")
        if count == 0:
            continue
        conversations += 1
        exchanges += count
        outcomes.update({value.decode(): n for (key, value), n in found.items() if key == b"outcome"})
    return conversations, exchanges, outcomes


@dataclasses.dataclass
class Sample:
    """One run of a program, as the program `measure` saw it."""
    status: int
    wall_s: float
    cpu_s: float
    peak_kib: int


class Figures:
    """The runs of one program."""

    def __init__(self, samples):
        walls = [s.wall_s for s in samples]
        self.rounds = len(samples)
        self.wall_s = statistics.median(walls)
        self.least_s, self.most_s = min(walls), max(walls)
        self.cpu_s = max(statistics.median(s.cpu_s for s in samples), 1e-6)  # small enough to be counted as none
        self.peak_mib = max(s.peak_kib for s in samples) / 1024


@dataclasses.dataclass
class Program:
    """One line of a table. `once`: for a program that takes minutes."""
    name: str
    command: list
    once: bool = False
    statuses: tuple = (0,)


class Harness:
    def __init__(self, root, build_folder, capture_folder):
        self.root = root
        self.build_folder = build_folder
        self.tool = os.path.join(build_folder, "bin", "kms-decode")
        self.generator = os.path.join(build_folder, "bench", "make_captures")
        self.measurer = os.path.join(build_folder, "bench", "measure")
        self.capture_folder = capture_folder
        for program in (self.tool, self.generator, self.measurer):
            if not os.access(program, os.X_OK):
                raise BenchError(f"{program} is not built")

    def built(self, name, folder="bench"):
        """A program of the build."""
        path = os.path.join(self.build_folder, folder, name)
        if not os.access(path, os.X_OK):
            raise BenchError(f"{path} is not built")
        return path

    def decode(self, name, *arguments):
        """kms-decode with some arguments; its findings' statuses 1 and 2 are what a good run may end with."""
        return Program(name, [self.tool, *arguments], statuses=(0, 1, 2))

    # Captures

    def generator_digest(self):
        """Changes with every source that has a say in the bytes of a capture."""
        digest = hashlib.sha256()
        for folder in ("bench", "libdiag/proto/kms"):
            for name in sorted(os.listdir(os.path.join(self.root, folder))):
                if name.endswith((".h", ".cpp")):
                    with open(os.path.join(self.root, folder, name), "rb") as file:
                        digest.update(name.encode() + b"\0" + file.read())
        return digest.hexdigest()

    def capture(self, recipe, amount):
        """(path, contents) of a capture; made only when there is none from the same sources."""
        os.makedirs(self.capture_folder, exist_ok=True)
        path = os.path.join(self.capture_folder, f"{recipe}-{amount}.pcap")
        note, digest = path + ".json", self.generator_digest()
        try:
            with open(note, encoding="utf-8") as file:
                contents = json.load(file)
            if contents["generator"] == digest and contents["file_size"] == os.path.getsize(path):
                return path, contents
        except (OSError, ValueError, KeyError):
            pass
        say(f"making {os.path.basename(path)}")
        for leftover in (note, path + ".gz", path + ".zst"):
            if os.path.exists(leftover):
                os.remove(leftover)
        run = subprocess.run([self.generator, recipe, str(amount), path], stdout=subprocess.PIPE, check=False)
        if run.returncode != 0:
            raise BenchError(f"make_captures {recipe} ended with status {run.returncode}")
        contents = json.loads(run.stdout) | {"generator": digest}
        with open(note, "w", encoding="utf-8") as file:
            json.dump(contents, file)
        return path, contents

    def compressed(self, path, suffix):
        """The twin of a capture, made with the program that administrators would use."""
        command = {".gz": ["gzip", "-kf", path], ".zst": ["zstd", "-qkf", path]}[suffix]
        if not os.path.exists(path + suffix):
            say(f"making {os.path.basename(path + suffix)}")
            if subprocess.run(command, check=False).returncode != 0:
                raise BenchError(f"{command[0]} failed")
        return path + suffix

    # Measuring

    def run_once(self, program, core=None):
        """Runs a program with its output thrown away, on one core if one is given."""
        everywhere = os.sched_getaffinity(0)
        if core is not None:
            os.sched_setaffinity(0, {core})  # inherited by the programs that are started
        try:
            run = subprocess.run([self.measurer, *program.command], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        finally:
            os.sched_setaffinity(0, everywhere)
        lines = run.stderr.decode(errors="replace").splitlines()
        if run.returncode != 0 or not lines:
            raise BenchError(f"{program.name}: {lines[-1] if lines else 'did not start'}")
        sample = Sample(**json.loads(lines[-1]))
        if sample.status not in program.statuses:
            raise BenchError("\n".join([f"{program.name}: status {sample.status}", *lines[:-1][-5:]]))
        return sample

    def compete(self, programs, rounds, core=None):
        """Figures of each program, by name. They take turns, A B A B, so that whatever else the machine does hits all;
        turn 0 only fills the page cache."""
        samples = collections.defaultdict(list)
        for turn in range(rounds + 1):
            for program in programs:
                if program.once and turn != 1:
                    continue
                if rounds < 10:
                    say(f"  {f'round {turn}' if turn else 'warm-up'}: {program.name}")
                sample = self.run_once(program, core)
                if turn > 0:
                    samples[program.name].append(sample)
        return {name: Figures(taken) for name, taken in samples.items()}

    def count(self, path):
        """What kms-decode finds in a capture, as count_lines says it."""
        with subprocess.Popen([self.tool, "--json", path], stdout=subprocess.PIPE) as process:
            found = count_lines(process.stdout)
        if process.returncode not in (0, 1, 2):
            raise BenchError(f"kms-decode --json ended with status {process.returncode}")
        return found

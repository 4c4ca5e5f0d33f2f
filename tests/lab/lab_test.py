"""scripts/lab: its network, its promise to leave nothing behind, users without root, several labs; and lab.py, its module.

Needs the built program $DIAG_BIN_DIR/kms-refhost, and a system that lets this user make namespaces (or DIAG_NO_LAB=1, to skip).
"""
import contextlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import uuid

import lab
from faults_test import BIND, BIND_ACK, Case

SCRIPT = lab.ROOT / "scripts/lab"

# An echo request by ICMP; prints the type and the payload of the answer.
PING = """
import socket, struct, sys
address = sys.argv[1]
six = ":" in address
client = socket.socket(*((socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) if six else (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)))
client.settimeout(5)
payload = b"lab-echo"
words = struct.unpack(">8H", struct.pack(">BBHHH", 8, 0, 0, 7, 1) + payload)
total = sum(words)
checksum = 0xFFFF & ~(total + (total >> 16))
client.sendto(struct.pack(">BBHHH", 128 if six else 8, 0, 0 if six else checksum, 7, 1) + payload, (address, 0))
while True:
    answer = client.recv(2048)[0 if six else 20:]
    if answer[0] in (0, 129) and payload in answer:
        print("echo")
        break
"""


def script(*arguments, command=(SCRIPT,), **options):
    """Runs scripts/lab to its end."""
    return subprocess.run([*command, *map(str, arguments)], capture_output=True, text=True, timeout=lab.LIMIT_S,
                          stdin=subprocess.DEVNULL, check=False, **options)


def processes_with(mark):
    """Numbers of the processes on this system that have the mark in their environment or on their command line."""
    found = []
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark in (folder / "environ").read_bytes() + (folder / "cmdline").read_bytes():
                found.append(int(folder.name))
    return found


def processes_once(mark, wanted):
    """The processes with the mark as soon as wanted(processes), or at the end of our patience."""
    deadline = time.monotonic() + lab.LIMIT_S
    while not wanted(processes := processes_with(mark.encode())) and time.monotonic() < deadline:
        time.sleep(0.01)
    return processes


# Many connection attempts at once; prints how many of them an ICMP error ended before a SYN was sent again.
ATTEMPTS = """
import errno, select, socket, sys, time
address, count = sys.argv[1], int(sys.argv[2])
waiting = select.poll()
clients = {}
for _ in range(count):
    client = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    client.setblocking(False)
    # IP_RECVERR, IPV6_RECVERR: without, an error that comes while connect() still runs wakes nobody.
    client.setsockopt(*((socket.IPPROTO_IPV6, 25) if ":" in address else (socket.IPPROTO_IP, 11)), 1)
    clients[client.fileno()] = client
    if client.connect_ex((address, 1688)) != errno.EINPROGRESS:
        sys.exit("connect() did not begin")
    waiting.register(client, select.POLLOUT)
refused, end = 0, time.monotonic() + 0.8
while refused < count and (left := end - time.monotonic()) > 0:
    for fd, _ in waiting.poll(left * 1000):
        refused += clients[fd].getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) in (errno.EHOSTUNREACH, errno.EACCES)
        waiting.unregister(fd)
print(refused)
"""


class Topology(Case):
    def test_every_host_reaches_every_other_by_both_families(self):
        for source in lab.HOSTS:
            for target in lab.HOSTS:
                for family in (4, 6):
                    with self.subTest(f"{source} to {target} by IPv{family}"):
                        said = self.lab.check(source, [sys.executable, "-c", PING, self.lab.address(target, family)])
                        self.assertEqual(said, "echo\n")

    def test_the_way_to_a_kms_host_leads_through_the_router(self):
        self.lab.refhost("kms1")
        self.lab.nft("counter")
        for seen in self.both():
            self.assertEqual(seen["answer"][:6], BIND_ACK)
        chain = self.lab.check("router", ["nft", "list", "chain", "inet", "lab", "forward"])
        self.assertGreater(int(re.search(r"counter packets (\d+)", chain)[1]), 10)

    def test_no_ICMP_error_is_withheld_however_many_there_are(self):
        # More than net.ipv4.icmp_msgs_burst, and before a second SYN could make up for one that got no answer.
        for family in (4, 6):
            with self.subTest(family=family):
                self.lab.nft("tcp dport 1688 reject with icmpx type admin-prohibited")
                address = self.lab.address("kms1", family)
                self.assertEqual(self.lab.check("client", [sys.executable, "-c", ATTEMPTS, address, "400"]), "400\n")

    def test_there_is_no_way_out(self):
        links = json.loads(self.lab.check("router", ["ip", "-j", "link"]))
        self.assertEqual({link["ifname"] for link in links}, {"lo", "hosts", "client", "kms1", "kms2", "dns"})
        self.assertEqual(self.see("203.0.113.1", 80)["connect"], "ENETUNREACH")


class Module(Case):
    def test_processes_have_input_output_status_and_signals_as_those_of_subprocess(self):
        done = self.lab.run("kms1", ["sh", "-c", "cat; echo wrong >&2; exit 7"], stdin=b"what comes in\n", env={"A": "1"})
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, "what comes in\n", "wrong\n"))
        process = self.lab.popen("kms1", ["sleep", "60"])
        self.assertIsNone(process.poll())
        self.assertEqual(process.stop(), -signal.SIGTERM)
        with self.assertRaises(subprocess.TimeoutExpired):
            self.lab.run("kms1", ["sleep", "60"], timeout=0.1)
        with self.assertRaisesRegex(lab.LabError, "status 1: cat"):
            self.lab.check("kms1", ["cat", "/no/such/file"])

    def test_reset_ends_processes_and_their_children(self):
        mark = f"lab-test-{uuid.uuid4()}"
        self.lab.popen("kms1", ["sh", "-c", "sleep 60 & echo ready; wait"], env={"MARK": mark}).wait_for("ready")
        self.assertEqual(len(processes_once(mark, lambda processes: len(processes) == 2)), 2)
        self.lab.reset()
        self.assertEqual(processes_once(mark, lambda processes: not processes), [])

    def test_a_case_costs_less_than_half_a_second(self):
        began = time.monotonic()
        for _ in range(5):
            self.lab.refhost("kms1")
            self.lab.nft("tcp dport 9 drop")
            self.lab.ip("client", "route add unreachable 203.0.113.0/24")
            self.lab.run("client", ["true"])
            self.lab.reset()
        self.assertLess((time.monotonic() - began) / 5, 0.5)

    def test_a_capture_has_all_packets_of_what_went_on_meanwhile(self):
        self.lab.refhost("kms1")
        with tempfile.TemporaryDirectory() as folder:
            for place in ("client", "router", "kms1"):
                path = pathlib.Path(folder, f"{place}.pcap")
                with self.lab.capture(place, path):
                    self.see()
                lines = subprocess.run(["tcpdump", "-nr", path, "tcp port 1688"], capture_output=True, text=True, check=True).stdout.splitlines()
                flags = [re.search(r"Flags \[(\S+)\]", line)[1] for line in lines]
                self.assertEqual(flags[:3], ["S", "S.", "."])
                self.assertEqual(len([flag for flag in flags if "P" in flag]), 2, "a bind and its answer")
                self.assertTrue(any("F" in flag or "R" in flag for flag in flags), flags)


@unittest.skipIf(os.environ.get("DIAG_NO_LAB"), "DIAG_NO_LAB is set")
class Script(unittest.TestCase):
    def setUp(self):
        self.mark = f"lab-test-{uuid.uuid4()}"

    def start(self, *command, **options):
        """A lab with a command that says `ready`, and then runs for long, with children in hosts."""
        process = subprocess.Popen([*(command or [SCRIPT]), "--quiet", "--", "sh", "-c",
                                    "in-host kms1 sleep 300 & setsid in-host client sleep 300 & echo ready; sleep 300"],
                                   env=os.environ | {"MARK": self.mark}, stdout=subprocess.PIPE, text=True, **options)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, lab.LIMIT_S)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), "ready\n")
        return process

    def assert_gone(self):
        self.assertEqual(processes_once(self.mark, lambda processes: not processes), [])

    def test_status_output_and_arguments_are_those_of_the_command(self):
        done = script("--quiet", "sh", "-c", 'printf "%s|" "$@"; exit 7', "sh", "a b", "*", "")
        self.assertEqual((done.returncode, done.stdout, done.stderr), (7, "a b|*||", ""))
        self.assertEqual(script("--quiet", "sh", "-c", "kill -KILL $$").returncode, 128 + signal.SIGKILL)
        self.assertEqual(script("--quiet", "/no/such/program").returncode, 127)

    def test_help_is_the_comment_and_bad_options_are_one_line(self):
        shown = script("--help")
        self.assertEqual(shown.returncode, 0)
        self.assertTrue(shown.stdout.startswith("usage: scripts/lab"))
        self.assertIn("198.51.100.11", shown.stdout)
        refused = script("--loud")
        self.assertEqual((refused.returncode, refused.stdout), (3, ""))
        self.assertEqual(refused.stderr, "lab: unknown option '--loud' (see --help)\n")

    def test_in_host_knows_the_addresses_and_says_which_hosts_there_are(self):
        said = script("--quiet", "sh", "-c", "in-host kms1 ip -br addr show net0; echo $LAB_KMS1_4 $LAB_KMS1_6; in-host kms9 true")
        self.assertRegex(said.stdout, r"198\.51\.100\.11/24.*2001:db8:2::11/64")
        self.assertIn("198.51.100.11 2001:db8:2::11\n", said.stdout)
        self.assertEqual(said.returncode, 3)
        self.assertIn("NAME one of: client dns kms1 kms2 router", said.stderr)

    def test_nothing_is_left_after_any_end(self):
        for name in ("SIGKILL", "SIGTERM", "SIGHUP"):
            with self.subTest(name):
                process = self.start()
                # `ready` is said while the children still start.
                self.assertGreater(len(processes_once(self.mark, lambda processes: len(processes) > 4)), 4)
                process.send_signal(signal.Signals[name])
                process.wait(lab.LIMIT_S)
                self.assert_gone()

    def test_nothing_is_left_when_the_command_ends_before_its_children(self):
        done = script("--quiet", "sh", "-c", "setsid in-host kms1 sleep 300 & exit 4", env=os.environ | {"MARK": self.mark})
        self.assertEqual(done.returncode, 4)
        self.assert_gone()

    def test_nothing_of_a_lab_is_seen_outside(self):
        def outside():
            links = subprocess.run(["ip", "-br", "link"], capture_output=True, text=True, check=True).stdout
            mounts = pathlib.Path("/proc/self/mounts").read_text(encoding="utf-8")
            return links, mounts, sorted(os.listdir("/run")), pathlib.Path("/etc/hosts").read_bytes()
        before = outside()
        self.start()
        self.assertEqual(outside(), before)

    def test_two_labs_at_once_do_not_see_each_other(self):
        with lab.Lab() as one, lab.Lab() as other:
            one.refhost("kms1")
            other.nft("tcp dport 1688 reject with icmpx type admin-prohibited")
            ask = [sys.executable, "-B", lab.HERE / "plain_client.py", one.address("kms1"), "1688", BIND]
            seen = [json.loads(each.check("client", ask)) for each in (one, other)]
            self.assertEqual(seen[0]["answer"][:6], BIND_ACK)
            self.assertEqual(seen[1]["icmp"], [3, 13])

    def test_where_no_namespaces_can_be_made_one_line_says_so(self):
        limits = "echo 0 >/proc/sys/user/max_net_namespaces && exec \"$@\""
        done = script("unshare", "--user", "--map-root-user", "sh", "-c", limits, "sh", SCRIPT, "true", command=())
        self.assertEqual((done.returncode, done.stdout, len(done.stderr.splitlines())), (3, "", 1), done.stderr)
        self.assertTrue(done.stderr.startswith("lab: this system lets "), done.stderr)


@unittest.skipIf(os.environ.get("DIAG_NO_LAB"), "DIAG_NO_LAB is set")
class OrdinaryUser(unittest.TestCase):
    """As somebody who is not root: when the tests run as root, as `nobody` with a copy of what is needed."""

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="lab-test-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.folder.chmod(0o755)
        shutil.copytree(lab.ROOT / "scripts", self.folder / "scripts")
        become = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "--"] if os.geteuid() == 0 else []
        self.command = [*become, self.folder / "scripts/lab"]

    def test_a_lab_works_without_root(self):
        done = script("--quiet", "sh", "-c", "in-host client nft list ruleset | grep -c chain; cat /proc/self/uid_map",
                      command=self.command, cwd="/")
        self.assertEqual(done.returncode, 0, done.stderr)
        chains, uid_map = done.stdout.splitlines()
        self.assertEqual(chains, "3")
        inside, outside, count = map(int, uid_map.split())
        self.assertEqual((inside, count), (0, 1))
        self.assertNotEqual(outside, 0)

    def test_a_kms_host_is_reached_and_captured_without_root(self):
        for name in ("inside.py", "capture.py", "plain_client.py"):
            shutil.copy(lab.HERE / name, self.folder)
        shutil.copy(lab.BIN / "kms-refhost", self.folder)
        (self.folder / "captures").mkdir()
        (self.folder / "captures").chmod(0o777)
        with contextlib.chdir("/"), lab.Lab(self.command, here=self.folder) as other:
            host = other.popen("kms1", [self.folder / "kms-refhost", "--listen", f"{other.address('kms1')}:1688"])
            host.wait_for("^listening on")
            path = self.folder / "captures/x.pcap"
            with other.capture("client", path):
                seen = json.loads(other.check("client", [sys.executable, "-B", self.folder / "plain_client.py",
                                                         other.address("kms1"), "1688", BIND]))
            self.assertEqual(seen["answer"][:6], BIND_ACK)
            self.assertIn(bytes.fromhex(BIND), path.read_bytes())
            other.nft("tcp dport 1688 drop")


if __name__ == "__main__":
    unittest.main()

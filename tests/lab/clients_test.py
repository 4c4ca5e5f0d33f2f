"""The clients of clients.py are hosts of their own, and what a capture of all has of one is all of this one and nothing else.

Needs a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip), and tcpdump.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

import lab
from clients import BRIDGE, Clients
from dns_servers import program

NAMES = ("alice", "bob", "carol")

# Tells each who connects what its address is.
MIRROR = """
import socket
server = socket.create_server(("", 7777), family=socket.AF_INET6, dualstack_ipv6=True)
print("listening", flush=True)
while True:
    stream, peer = server.accept()
    with stream:
        stream.sendall(peer[0].removeprefix("::ffff:").encode())
"""
LOOK = "import socket, sys; print(socket.create_connection((sys.argv[1], 7777), timeout=5).recv(100).decode())"

# A datagram with this text to a port on which nobody listens, so that an ICMP error with its beginning comes back.
SEND = """
import socket, sys
text, *addresses = sys.argv[1:]
for address in addresses:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.connect((address, 9))
        client.send(text.encode())
        client.settimeout(5)
        try:
            client.recv(100)
        except ConnectionRefusedError:
            print("refused")
"""


class ClientsTest(lab.LabCase):
    def setUp(self):
        super().setUp()
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.before = self.links()
        self.clients = self.enterContext(Clients(self.lab, self.folder, NAMES))

    def links(self):
        return {link["ifname"] for link in json.loads(self.lab.check("router", ["ip", "-j", "link"]))}

    def finish(self, run):
        self.assertEqual(run.wait(), 0, run.errors)
        return run.output

    def test_each_reaches_the_hosts_from_its_own_addresses(self):
        server = self.lab.popen("kms1", [sys.executable, "-c", MIRROR])
        server.wait_for("listening")
        for name in self.clients:
            for family in (4, 6):
                run = self.clients.popen(name, [sys.executable, "-c", LOOK, self.lab.address("kms1", family)])
                self.assertEqual(self.finish(run).strip(), self.clients.address(name, family))

    def test_each_has_its_own_resolver_and_no_hosts_file(self):
        files = ["cat", "/etc/resolv.conf", "/etc/hosts"]
        before = self.lab.check("client", files)
        runs = [self.clients.popen("alice", files, servers=["198.51.100.53", "2001:db8:2::53"], search=["a.test", "b.test"]),
                self.clients.popen("bob", files)]
        self.assertEqual([self.finish(run) for run in runs],
                         ["nameserver 198.51.100.53\nnameserver 2001:db8:2::53\nsearch a.test b.test\n", ""])
        self.assertEqual(self.lab.check("client", files), before)

    def test_a_capture_is_split_into_all_that_concerns_one_client(self):
        path = self.folder / "all.pcap"
        to = [self.lab.address("kms1"), self.lab.address("kms2", 6)]
        with self.clients.capture(path):
            runs = [self.clients.popen(name, [sys.executable, "-c", SEND, f"from {name}", *to]) for name in self.clients]
            self.assertEqual([self.finish(run) for run in runs], ["refused\nrefused\n"] * len(NAMES))
            self.clients.send_something()
        files = self.clients.split(path)
        self.assertEqual(tuple(files), NAMES)
        for name, file in files.items():
            data = file.read_bytes()
            self.assertEqual([data.count(f"from {other}".encode()) for other in NAMES], [4 * (other == name) for other in NAMES],
                             "two datagrams, and two errors with their beginning")
            own = f"host {self.clients.address(name)} or host {self.clients.address(name, 6)}"
            self.assertEqual(self.packets(file), self.packets(path, f"not arp and ({own})"))
            self.assertIn(f"{self.clients.address(name)}.", self.packets(file).splitlines()[-2], "the last datagram")

    def packets(self, path, rule=""):
        done = subprocess.run([program("tcpdump"), "-tt", "-n", "-r", path, rule], capture_output=True, text=True, check=True)
        return done.stdout

    def test_nothing_is_left_of_them(self):
        self.assertIn(BRIDGE, self.links())
        self.doCleanups()
        self.assertEqual(self.links(), self.before)
        self.assertNotIn("client1", self.lab.check("client", ["ls", "/run/netns"]))


if __name__ == "__main__":
    unittest.main()

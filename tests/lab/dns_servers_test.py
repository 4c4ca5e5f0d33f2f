"""The name servers of dns_servers.py are what they are called: asked with dig, delv, nsupdate and plain sockets, before any tool
is put to the test.

Needs a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip), and bind9, bind9-dnsutils, knot and dnsmasq-base.
"""
import json
import pathlib
import re
import shutil
import sys
import tempfile
import time
import unittest

import dns_servers
import lab
from dns_servers import KEY, dig, program, zone

SERVICE = ["_vlmcs._tcp SRV 0 0 1688 kms1.lab.test."]
STARTED_WITHIN_S = 5  # on a machine that does other things as well; they need some tenths of a second

# Plain sockets: asks for the SRV record of _vlmcs._tcp.open.test; prints what came as JSON.
ASK = """
import json, socket, struct, sys
def receive(client, size):
    data = b""
    while len(data) < size and (more := client.recv(size - len(data))):
        data += more
    return data
server, how, edns = sys.argv[1], sys.argv[2], sys.argv[3] == "edns"
name = b"".join(bytes([len(part)]) + part.encode() for part in "_vlmcs _tcp open test".split()) + bytes(1)
opt = bytes.fromhex("0000291000000000000000") if edns else b""
query = struct.pack(">6H", 0x1234, 0x0100, 1, 0, 0, int(edns)) + name + struct.pack(">HH", 33, 1) + opt
try:
    if how == "udp":
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        client.settimeout(0.7)
        client.sendto(query, (server, 53))
        seen = []
        while True:
            answer, sender = client.recvfrom(65535)
            seen.append(sender[1])
            if len(seen) == 1 or answer[:2] == query[:2]:
                first = answer
            if answer[:2] == query[:2] or len(seen) == 1 and answer[:2] == bytes([0x12 ^ 0x55, 0x34]):
                break
        answer, strays = first, len(seen) - 1
        port = seen[-1]
    else:
        client = socket.create_connection((server, 53), timeout=0.7)
        client.sendall(struct.pack(">H", len(query)) + query)
        size, = struct.unpack(">H", receive(client, 2))
        answer, strays, port = receive(client, size), 0, 53
        if len(answer) < size:
            sys.exit(print(json.dumps(f"{len(answer)} of {size} bytes")))
except TimeoutError:
    sys.exit(print(json.dumps("silent")))
except ConnectionRefusedError:
    sys.exit(print(json.dumps("refused")))
ident, flags, questions, answers, _, more = struct.unpack_from(">6H", answer)
print(json.dumps({"id": ident, "rcode": flags & 15, "cut": bool(flags & 0x200), "answers": answers, "size": len(answer), "more": more,
                  "port": port, "strays": strays, "question": answer[12:12 + len(name)] == name,
                  "hex": answer.hex() if len(answer) < 200 else ""}))
"""


class ServerCase(lab.LabCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="dns-servers-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.at = self.lab.address("dns")

    def update(self, at, domain, *options):
        """What nsupdate says: nothing when it is done."""
        lines = f"server {at}\nzone {domain}\nupdate add _vlmcs._tcp.{domain} 60 SRV 0 0 1688 new.lab.test.\nsend\n"
        return self.lab.run("kms1", [program("nsupdate"), *options], stdin=lines.encode()).stderr.strip()

    def services(self, at, domain, *options):
        return sorted(dig(self.lab, at, f"_vlmcs._tcp.{domain}", "SRV", *options))


class Policies:
    """Who may update what: the same of BIND and Knot."""
    REFUSAL = ""

    def start(self, zones):
        raise NotImplementedError

    def test_records_are_those_of_the_zone_over_udp_and_tcp(self):
        self.start([zone("corp.test", SERVICE), dns_servers.lab_zone(self.lab)])
        for option in ("+notcp", "+tcp"):
            self.assertEqual(self.services(self.at, "corp.test", option), ["0 0 1688 kms1.lab.test."])
        self.assertEqual(dig(self.lab, self.at, "kms1.lab.test", "AAAA"), [self.lab.address("kms1", 6)])
        self.assertEqual(dig(self.lab, self.at, "corp.test", "SOA")[0].split()[:2], ["dns.lab.test.", "hostmaster.corp.test."])

    def test_a_zone_takes_updates_of_those_whom_it_was_told(self):
        self.start([zone("none.test", SERVICE), zone("open.test", SERVICE, update="open"), zone("key.test", SERVICE, update="key")])
        wrong_key = ("-y", "hmac-sha256:kms-update:b3RoZXI=")
        for domain, options, said in (("none.test", (), self.REFUSAL), ("none.test", ("-y", KEY), self.REFUSAL),
                                      ("key.test", (), self.REFUSAL), ("key.test", wrong_key, "BADSIG"),
                                      ("open.test", (), ""), ("key.test", ("-y", KEY), "")):
            with self.subTest(domain=domain, options=options):
                answer = self.update(self.at, domain, *options)
                self.assertIn(said, answer) if said else self.assertEqual(answer, "")
                taken = ["0 0 1688 kms1.lab.test."] + ["0 0 1688 new.lab.test."] * (not said)
                self.assertEqual(self.services(self.at, domain), taken)

    def test_a_signed_zone_is_valid_for_a_validator_and_a_changed_one_is_not(self):
        self.start([zone("signed.test", SERVICE, signed=True)])
        for good in (True, False):
            trusted = dns_servers.anchors(self.lab, self.at, "signed.test", spoil=(lambda key: key) if good else self.another)
            done = self.lab.run("client", [program("delv"), f"@{self.at}", *trusted, "_vlmcs._tcp.signed.test", "SRV"])
            self.assertEqual("; fully validated" in done.stdout, good, done.stdout + done.stderr)

    @staticmethod
    def another(key):
        return key[:10] + ("A" if key[10] != "A" else "B") + key[11:]

    def test_fifty_five_zones_as_data_are_served_soon(self):
        began = time.monotonic()
        self.start([zone(f"zone{number}.test", [f"_vlmcs._tcp SRV 0 {number} 1688 kms1.lab.test."]) for number in range(55)])
        self.assertLess(time.monotonic() - began, STARTED_WITHIN_S)
        for number in (0, 27, 54):
            self.assertEqual(self.services(self.at, f"zone{number}.test"), [f"0 {number} 1688 kms1.lab.test."])


class Bind(Policies, ServerCase):
    REFUSAL = "REFUSED"

    def start(self, zones):
        dns_servers.bind(self.lab, self.folder, zones)

    def test_what_it_does_not_serve_it_refuses_and_what_it_forwards_it_asks_for(self):
        other = dns_servers.address(self.lab, 54)
        dns_servers.bind(self.lab, self.folder, [zone("far.test", SERVICE)], at=other)
        dns_servers.bind(self.lab, self.folder, [zone("near.test", SERVICE)], forwards={"far.test": other})
        self.assertEqual(self.services(self.at, "far.test"), self.services(self.at, "near.test"))
        refused = self.lab.check("client", [program("dig"), f"@{other}", "near.test", "SOA"])
        self.assertIn("status: REFUSED", refused)

    def test_it_answers_by_ipv6_as_well(self):
        self.start([zone("corp.test", SERVICE)])
        self.assertEqual(self.services(self.lab.address("dns", 6), "corp.test"), ["0 0 1688 kms1.lab.test."])

    def test_a_secondary_keeps_what_it_copied_while_the_primary_goes_on(self):
        second = dns_servers.address(self.lab, 55)
        self.start([zone("open.test", SERVICE, update="open")])
        dns_servers.bind(self.lab, self.folder, [], at=second, secondary=["open.test"], secondary_of=self.at)
        self.assertEqual(self.services(second, "open.test"), ["0 0 1688 kms1.lab.test."])
        self.assertEqual(self.update(self.at, "open.test"), "")
        time.sleep(0.3)  # longer than a transfer takes
        self.assertEqual(len(self.services(self.at, "open.test")), 2)
        self.assertEqual(len(self.services(second, "open.test")), 1)
        serials = [dig(self.lab, at, "open.test", "SOA")[0].split()[2] for at in (self.at, second)]
        self.assertEqual(serials, ["2", "1"])

    def test_it_ends_with_the_reset_of_the_lab(self):
        self.start([zone("corp.test", SERVICE)])
        self.lab.reset()
        done = self.lab.run("client", [program("dig"), "+time=1", "+tries=1", f"@{self.at}", "corp.test", "SOA"])
        self.assertEqual(done.returncode, 9, "no answer")


class Knot(Policies, ServerCase):
    REFUSAL = "NOTAUTH"  # so it answers what no rule allows

    def start(self, zones):
        dns_servers.knot(self.lab, self.folder, zones)

    def test_two_servers_stand_on_one_host(self):
        self.start([zone("corp.test", SERVICE)])
        second = dns_servers.address(self.lab, 54)
        dns_servers.bind(self.lab, self.folder, [zone("other.test", SERVICE)], at=second)
        self.assertEqual(self.services(self.at, "corp.test"), self.services(second, "other.test"))


class Dnsmasq(ServerCase):
    def test_it_passes_queries_on_and_remembers_the_answers(self):
        forwarder = dns_servers.address(self.lab, 56)
        server = dns_servers.bind(self.lab, self.folder, [zone("corp.test", SERVICE)])
        dns_servers.dnsmasq(self.lab, self.at, at=forwarder)
        self.assertEqual(self.services(forwarder, "corp.test"), ["0 0 1688 kms1.lab.test."])
        server.stop()
        self.assertEqual(self.services(forwarder, "corp.test"), ["0 0 1688 kms1.lab.test."])


class Misbehaving(ServerCase):
    FINE = {"id": 0x1234, "rcode": 0, "cut": False, "answers": 1, "port": 53, "strays": 0, "question": True}

    def setUp(self):
        super().setUp()
        self.truth = dns_servers.address(self.lab, 54)
        dns_servers.bind(self.lab, self.folder, [zone("open.test", SERVICE, update="open")], at=self.truth)

    def ask(self, how, edns="plain"):
        done = self.lab.check("client", [sys.executable, "-c", ASK, self.at, how, edns])
        return json.loads(done)

    def start(self, behaviour):
        return dns_servers.misbehaving(self.lab, behaviour, self.truth)

    def assert_seen(self, seen, **changes):
        expected = self.FINE | changes
        self.assertEqual({name: seen[name] for name in expected}, expected, seen)

    def test_honesty_is_the_answer_of_the_other_server(self):
        self.start("honest")
        for how in ("udp", "tcp"):
            self.assert_seen(self.ask(how))
        self.assertEqual(self.services(self.at, "open.test"), ["0 0 1688 kms1.lab.test."])
        self.assertEqual(self.update(self.at, "open.test"), "")
        self.assertEqual(len(self.services(self.truth, "open.test")), 2)

    def test_silence_by_transport(self):
        for behaviour, udp, tcp in (("silent", False, "silent"), ("udp-silent", False, True), ("tcp-silent", True, "silent"),
                                    ("tcp-refused", True, "refused")):
            with self.subTest(behaviour):
                process = self.start(behaviour)
                for how, answer in (("udp", udp or "silent"), ("tcp", tcp)):
                    seen = self.ask(how)
                    self.assert_seen(seen) if answer is True else self.assertEqual(seen, answer)
                process.stop()

    def test_a_late_answer_comes_late(self):
        self.start("late:0.3")
        began = time.monotonic()
        self.assert_seen(self.ask("udp"))
        self.assertGreater(time.monotonic() - began, 0.3)

    def test_an_answer_that_is_another_in_one_way(self):
        for behaviour, changes in (("wrong-id", {"id": 0x1234 ^ 0x5500}), ("wrong-question", {"question": False}),
                                   ("stray", {"strays": 100})):
            with self.subTest(behaviour):
                process = self.start(behaviour)
                self.assert_seen(self.ask("udp"), **changes)
                process.stop()
        self.start("other-port")
        self.assertNotEqual(self.ask("udp")["port"], 53)

    def test_edns_is_a_format_error_and_only_that(self):
        self.start("formerr-edns")
        self.assert_seen(self.ask("udp", "plain"))
        for how in ("udp", "tcp"):
            self.assert_seen(self.ask(how, "edns"), rcode=1, answers=0)

    def test_updates_are_not_implemented_and_queries_are(self):
        self.start("no-update")
        self.assert_seen(self.ask("udp"))
        self.assertIn("NOTIMP", self.update(self.at, "open.test"))

    def test_the_name_of_the_answer_leads_to_itself(self):
        self.start("name-loop")
        seen = self.ask("udp")
        at = 12 + 23 + 4  # header, question
        self.assertEqual(seen["hex"][2 * at:2 * at + 4], f"{0xc000 | at:04x}")
        done = self.lab.run("client", [program("dig"), f"@{self.at}", "_vlmcs._tcp.open.test", "SRV"])
        self.assertRegex(done.stdout + done.stderr, "bad (compression )?pointer|malformed|FORMERR")

    def test_an_answer_that_is_cut_over_both(self):
        self.start("cut-tcp")
        self.assert_seen(self.ask("udp"), cut=True, answers=0)
        self.assertRegex(self.ask("tcp"), r"^\d+ of \d+ bytes$")

    def test_the_largest_answer_there_is(self):
        self.start("huge")
        self.assert_seen(self.ask("udp"), cut=True, answers=0)
        seen = self.ask("tcp")
        self.assert_seen(seen)
        self.assertEqual(seen["size"], 65535)
        whole = self.lab.check("client", [program("dig"), f"@{self.at}", "_vlmcs._tcp.open.test", "SRV"])
        self.assertIn("0 0 1688 kms1.lab.test.", whole)
        self.assertTrue(re.search(r"MSG SIZE  rcvd: 65\d\d\d", whole), whole[-300:])


if __name__ == "__main__":
    unittest.main()

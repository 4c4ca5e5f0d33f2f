"""The faults of the lab's network are what they are called: seen with plain sockets, before any tool is put to the test.

Needs the built program $DIAG_BIN_DIR/kms-refhost, and a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip).
"""
import json
import re
import sys
import unittest

import faults
import lab
import services

PDUS = {row["id"]: row["pdu"] for row in json.loads((lab.ROOT / "tests/vectors/rpc_pdus.json").read_text(encoding="utf-8"))["pdus"]}
BIND = PDUS["bind-ndr32"]
BIND_ACK = "05000c"
FAMILIES = (4, 6)


class Case(lab.LabCase):
    def see(self, address=None, port=lab.KMS_PORT, data=BIND):
        """What a client with plain sockets sees at the address; kms1 by IPv4 if not told."""
        address = address or self.lab.address("kms1")
        done = self.lab.run("client", [sys.executable, "-B", lab.HERE / "plain_client.py", address, port, data])
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def both(self):
        """What it sees at both addresses of kms1."""
        return [self.see(self.lab.address("kms1", family)) for family in FAMILIES]

    def assert_bound(self, seen):
        self.assertEqual(seen["connect"], "ok", seen)
        self.assertEqual(seen["answer"][:6], BIND_ACK, seen)


class Firewalls(Case):
    def test_a_host_without_fault_accepts_the_bind_by_both_families(self):
        self.lab.refhost("kms1")
        for seen in self.both():
            self.assert_bound(seen)

    def test_a_port_without_listener_refuses_and_the_host_itself_says_so(self):
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["icmp"]), ("ECONNREFUSED", None))

    def test_dropped_packets_to_the_port_are_silence_and_other_hosts_and_ports_work(self):
        for host in ("kms1", "kms2"):
            self.lab.refhost(host)
        self.lab.refhost("kms1", "--listen", f"{self.lab.address('kms1')}:1689")
        faults.dropped(self.lab)
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["icmp"]), ("timeout", None))
        self.assert_bound(self.see(self.lab.address("kms2")))
        self.assert_bound(self.see(port=1689))

    def test_when_answers_are_dropped_the_host_sees_the_syn_all_the_same(self):
        self.lab.refhost("kms1")
        faults.answers_dropped(self.lab)
        self.lab.nft("tcp flags syn counter", host="kms1", chain="input")
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["icmp"]), ("timeout", None))
        self.assertRegex(self.lab.check("kms1", ["nft", "list", "chain", "inet", "lab", "input"]), "counter packets [1-9]")

    def test_each_icmp_error_arrives_with_its_type_and_code_from_the_router(self):
        self.lab.refhost("kms1")
        for reject in faults.REJECTS:
            with self.subTest(f"IPv{reject.family} {reject.name}"):
                self.lab.nft_flush()
                faults.rejected(self.lab, reject)
                seen = self.see(self.lab.address("kms1", reject.family))
                self.assertEqual(seen["icmp"], [reject.type, reject.code])
                self.assertEqual(seen["icmp_from"], self.lab.address("router", reject.family))
                self.assertEqual(seen["connect"], faults.errno.errorcode[reject.errno])
                self.assertLess(seen["connect_ms"], 500)
                self.assert_bound(self.see(self.lab.address("kms1", 10 - reject.family)))

    def test_a_reset_of_the_firewall_looks_like_a_closed_port(self):
        self.lab.refhost("kms1")
        faults.rejected_with_reset(self.lab)
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["icmp"]), ("ECONNREFUSED", None))

    def test_a_firewall_that_drops_payload_lets_the_handshake_pass(self):
        self.lab.refhost("kms1")
        for ways in ((faults.to_host, faults.to_client), (faults.to_host,), (faults.to_client,)):
            with self.subTest([way.__name__ for way in ways]):
                self.lab.nft_flush()
                faults.payload_dropped(self.lab, ways=ways)
                for seen in self.both():
                    self.assertEqual((seen["connect"], seen["answer"]), ("ok", "timeout"))

    def test_payload_that_is_dropped_on_the_way_back_has_reached_the_host(self):
        self.lab.refhost("kms1", "--fault", "reset@bind")
        faults.payload_dropped(self.lab, ways=(faults.to_client,))
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["answer"]), ("ok", "ECONNRESET"))


class Paths(Case):
    def test_a_black_hole_swallows_long_packets_only_and_says_nothing(self):
        self.lab.refhost("kms1")
        faults.large_packets_dropped(self.lab, 600)
        for seen in self.both():
            self.assert_bound(seen)
        long_pdu = PDUS["bind-ndr32"] * 20
        for family in FAMILIES:
            seen = self.see(self.lab.address("kms1", family), data=long_pdu)
            self.assertEqual((seen["connect"], seen["answer"], seen["icmp"]), ("ok", "timeout", None))

    def test_segments_on_the_path_are_not_longer_than_its_mtu(self):
        self.lab.nft("meta length > 1500 counter", "tcp sport 1688 counter")
        services.banner(self.lab, text="x" * 100000)
        self.assertEqual(self.see()["answer"][:2], "78")
        chain = self.lab.check("router", ["nft", "list", "chain", "inet", "lab", "forward"])
        longer, all_of_them = (int(count) for count in re.findall(r"counter packets (\d+)", chain))
        self.assertEqual(longer, 0)
        self.assertGreater(all_of_them, 5)

    def test_a_host_that_is_down_is_reported_by_the_router_in_less_than_a_second(self):
        self.lab.refhost("kms1")
        faults.host_down(self.lab)
        four, six = (self.see(self.lab.address("kms1", family)) for family in FAMILIES)
        self.assertEqual((four["connect"], four["icmp"]), ("EHOSTUNREACH", [3, 1]))
        self.assertEqual((six["connect"], six["icmp"]), ("EHOSTUNREACH", [1, 3]))

    def test_without_a_route_the_client_sends_nothing(self):
        faults.no_route(self.lab)
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["icmp"]), ("ENETUNREACH", None))

    def test_a_host_without_ipv4_answers_by_ipv6_and_the_other_way_round(self):
        for family in FAMILIES:
            with self.subTest(f"without IPv{family}"):
                self.lab.reset()
                faults.without_family(self.lab, family)
                other = 10 - family
                address = self.lab.address("kms1", other)
                self.lab.refhost("kms1", "--listen", f"{address}:1688" if other == 4 else f"[{address}]:1688")
                self.assert_bound(self.see(address))
                self.assertEqual(self.see(self.lab.address("kms1", family))["connect"], "EHOSTUNREACH")

    def test_reset_mends_all_of_it(self):
        faults.host_down(self.lab)
        faults.no_route(self.lab)
        faults.dropped(self.lab)
        faults.without_family(self.lab, 6, "kms2")
        self.lab.ip("router", "link set client mtu 1300")
        self.lab.reset()
        for host in ("kms1", "kms2"):
            self.lab.refhost(host)
            for family in FAMILIES:
                self.assert_bound(self.see(self.lab.address(host, family)))
        self.assertIn("mtu 1500", self.lab.check("router", ["ip", "link", "show", "client"]))


RESOLVE = """
import json, socket, sys
try:
    print(json.dumps([row[4][0] for row in socket.getaddrinfo(sys.argv[1], 1688, type=socket.SOCK_STREAM)]))
except socket.gaierror as error:
    print(json.dumps({socket.EAI_NONAME: "EAI_NONAME", socket.EAI_AGAIN: "EAI_AGAIN"}.get(error.errno, error.errno)))
"""


class Names(Case):
    def resolve(self, name):
        return json.loads(self.lab.check("client", [sys.executable, "-c", RESOLVE, name]))

    def test_names_have_the_addresses_of_their_hosts_ipv6_first(self):
        kms1 = [self.lab.address("kms1", 6), self.lab.address("kms1", 4)]
        self.assertEqual(self.resolve("dual.lab.test"), kms1)
        self.assertEqual(self.resolve("kms1.lab.test"), kms1)
        self.assertEqual(self.resolve("v4-only.lab.test"), kms1[1:])
        self.assertEqual(self.resolve("v6-only.lab.test"), kms1[:1])

    def test_a_name_with_a_dead_first_address_has_a_living_second_one(self):
        self.lab.refhost("kms1")
        for name in ("first-dead.lab.test", "first-dead-v4.lab.test"):
            with self.subTest(name):
                dead, living = self.resolve(name)
                self.assertEqual(self.see(dead)["connect"], "EHOSTUNREACH")
                self.assert_bound(self.see(living))

    def test_a_name_does_not_resolve_without_a_dns_server_whether_its_host_refuses_or_is_silent(self):
        self.assertEqual(self.resolve("kms.example.test"), "EAI_AGAIN")
        faults.resolver_silent(self.lab)
        self.assertEqual(self.resolve("kms.example.test"), "EAI_AGAIN")

    def test_names_of_a_test_come_first_and_are_forgotten(self):
        self.lab.set_names("192.0.2.77 kms2.lab.test more.lab.test")
        self.assertEqual(self.resolve("more.lab.test"), ["192.0.2.77"])
        self.lab.reset()
        self.assertEqual(self.resolve("more.lab.test"), "EAI_AGAIN")
        self.assertEqual(self.resolve("kms2.lab.test"), [self.lab.address("kms2", 6), self.lab.address("kms2", 4)])


if __name__ == "__main__":
    unittest.main()

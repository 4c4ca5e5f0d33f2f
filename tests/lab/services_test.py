"""What stands beside kms-refhost in the lab's hosts answers as such services do: asked with independent clients.

Needs a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip), openssl, and Debian's python3-impacket and
python3-dnspython.
"""
import json
import pathlib
import sys
import tempfile
import unittest

import lab
import services
from faults_test import BIND, Case

# Debian's dnspython (it knows nothing of dns_stub.py) puts one question; prints the rcode, TC, and the records as text.
ASK = """
import json, sys
import dns.flags, dns.message, dns.query, dns.rcode
name, kind, server, how = sys.argv[1:]
query = dns.message.make_query(name, kind)
try:
    answer = getattr(dns.query, how)(query, server, timeout=1)
except (dns.exception.Timeout, EOFError):
    sys.exit(print(json.dumps("silent")))
records = lambda section: [text for rrset in section for text in rrset.to_text().splitlines()]
print(json.dumps([dns.rcode.to_text(answer.rcode()), bool(answer.flags & dns.flags.TC), records(answer.answer), records(answer.additional)]))
"""

# impacket's client of endpoint mappers; prints where the interface is, or the error.
MAP = """
import sys
from impacket.dcerpc.v5 import epm
from impacket.dcerpc.v5.rpcrt import DCERPCException
from impacket.uuid import uuidtup_to_bin
try:
    print(epm.hept_map(sys.argv[1], uuidtup_to_bin(tuple(sys.argv[2:])), protocol="ncacn_ip_tcp"))
except DCERPCException as error:
    print(error)
"""

TLS = """
import socket, ssl, sys
context = ssl.create_default_context()
context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
with context.wrap_socket(socket.create_connection((sys.argv[1], 1688), timeout=5)) as client:
    print(client.version())
"""


class OtherServers(Case):
    def test_an_http_server_answers_a_bind_with_a_page(self):
        services.http(self.lab)
        for seen in self.both():
            self.assertRegex(bytes.fromhex(seen["answer"]), rb"^HTTP/1\.[01] 400 ")
        page = self.see(data=b"GET / HTTP/1.0\r\n\r\n".hex())["answer"]
        self.assertRegex(bytes.fromhex(page), rb"^HTTP/1\.0 200 OK\r\n")

    def test_a_server_of_ssh_speaks_before_it_is_asked(self):
        services.banner(self.lab)
        seen = self.see(data="")
        self.assertEqual(bytes.fromhex(seen["answer"]), b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n")

    def test_a_silent_server_accepts_and_answers_nothing(self):
        services.silent(self.lab)
        for seen in self.both():
            self.assertEqual((seen["connect"], seen["answer"]), ("ok", "timeout"))

    def test_a_tls_server_shakes_hands_by_tls_and_breaks_off_a_bind(self):
        with tempfile.TemporaryDirectory() as folder:
            services.tls(self.lab, pathlib.Path(folder))
            self.assertRegex(self.lab.check("client", [sys.executable, "-c", TLS, self.lab.address("kms1")]), r"^TLSv1\.[23]$")
            for seen in self.both():
                self.assertIn(seen["answer"], ("closed", "ECONNRESET"))


class EndpointMapper(Case):
    def map(self, interface):
        return self.lab.check("client", [sys.executable, "-c", MAP, self.lab.address("kms1"), *interface]).strip()

    def test_it_knows_the_ports_of_the_interfaces_it_was_told_and_no_others(self):
        services.endpoint_mapper(self.lab, endpoints=((services.KMS_INTERFACE, 49670),))
        address = self.lab.address("kms1")
        self.assertEqual(self.map(services.KMS_INTERFACE), f"ncacn_ip_tcp:{address}[49670]")
        self.assertIn("0x16c9a0d6", self.map(("367abb81-9844-35f1-ad32-98f038001003", "2.0")))

    def test_the_kms_interface_is_not_there(self):
        services.endpoint_mapper(self.lab)
        self.assertEqual(self.see(port=135)["answer"][64:72], "01000100", "rejected, abstract syntax not supported")


class Dns(Case):
    RECORDS = [
        {"name": "_vlmcs._tcp.lab.test", "type": "SRV", "data": [0, 5, 1688, "kms1.lab.test"], "ttl": 300},
        {"name": "_vlmcs._tcp.lab.test", "type": "SRV", "data": [10, 0, 1689, "kms2.lab.test"]},
        {"name": "kms1.lab.test", "type": "A", "data": "198.51.100.11"},
        {"name": "kms1.lab.test", "type": "AAAA", "data": "2001:db8:2::11"},
        {"name": "alias.lab.test", "type": "CNAME", "data": "kms1.lab.test"},
        {"name": "text.lab.test", "type": "TXT", "data": "words"},
        {"name": "broken.lab.test", "rcode": "SERVFAIL"},
        {"name": "closed.lab.test", "rcode": "REFUSED"},
        {"name": "slow.lab.test", "rcode": "SILENT"},
        {"name": "long.lab.test", "type": "A", "data": "192.0.2.77", "truncated": True},
    ]

    def ask(self, name, kind, how="udp", family=4):
        done = self.lab.check("client", [sys.executable, "-c", ASK, name, kind, self.lab.address("dns", family), how])
        return json.loads(done)

    def setUp(self):
        super().setUp()
        services.dns(self.lab, self.RECORDS)

    def test_services_come_with_the_addresses_of_their_targets_over_udp_and_tcp_and_both_families(self):
        answers = ["_vlmcs._tcp.lab.test. 300 IN SRV 0 5 1688 kms1.lab.test.", "_vlmcs._tcp.lab.test. 300 IN SRV 10 0 1689 kms2.lab.test."]
        for how in ("udp", "tcp"):
            for family in (4, 6):
                rcode, truncated, answer, additional = self.ask("_VLMCS._tcp.lab.test", "SRV", how, family)
                self.assertEqual((rcode, truncated), ("NOERROR", False))
                self.assertEqual([line.split(" ", 2)[2] for line in answer], [line.split(" ", 2)[2] for line in answers])
                self.assertEqual(additional, ["kms1.lab.test. 60 IN A 198.51.100.11", "kms1.lab.test. 60 IN AAAA 2001:db8:2::11"])

    def test_names_have_what_the_table_says(self):
        for name, kind, want in (("kms1.lab.test", "A", ["NOERROR", ["kms1.lab.test. 60 IN A 198.51.100.11"]]),
                                 ("kms1.lab.test", "SRV", ["NOERROR", []]),
                                 ("text.lab.test", "TXT", ["NOERROR", ['text.lab.test. 60 IN TXT "words"']]),
                                 ("alias.lab.test", "A", ["NOERROR", ["alias.lab.test. 60 IN CNAME kms1.lab.test.",
                                                                      "kms1.lab.test. 60 IN A 198.51.100.11"]]),
                                 ("broken.lab.test", "A", ["SERVFAIL", []]), ("closed.lab.test", "SRV", ["REFUSED", []]),
                                 ("missing.lab.test", "A", ["NXDOMAIN", []])):
            with self.subTest(f"{name} {kind}"):
                rcode, _, answer, _ = self.ask(name, kind)
                self.assertEqual([rcode, answer], want)

    def test_silence_and_truncation(self):
        self.assertEqual(self.ask("slow.lab.test", "A"), "silent")
        self.assertEqual(self.ask("long.lab.test", "A")[:3], ["NOERROR", True, []])
        self.assertEqual(self.ask("long.lab.test", "A", "tcp")[:3], ["NOERROR", False, ["long.lab.test. 60 IN A 192.0.2.77"]])

    def test_the_system_resolver_of_the_client_asks_it(self):
        look_up = "import socket; print(socket.getaddrinfo('alias.lab.test', 1, type=socket.SOCK_STREAM)[0][4][0])"
        self.assertEqual(self.lab.check("client", [sys.executable, "-c", look_up]).strip(), "2001:db8:2::11")

    def test_what_is_no_query_does_not_end_it(self):
        send = "import socket; socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('198.51.100.53', 53))"
        self.lab.check("client", [sys.executable, "-c", send])
        self.assertEqual(self.ask("kms1.lab.test", "A")[0], "NOERROR")


if __name__ == "__main__":
    unittest.main()

"""kms-srv --update-test against real name servers, of two kinds: what it says of each rule about updates, that nsupdate says the
same, and that nothing in the zone has changed.

Needs the built program kms-srv, a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip), and bind9, knot,
bind9-dnsutils, tcpdump.
"""
import json
import pathlib
import re
import shutil
import tempfile
import unittest

import jsonschema

import dns_servers
import lab
from dns_servers import dig, program, zone
from lab import ROOT

RECORDS = ["_vlmcs._tcp SRV 0 0 1688 kms1.lab.test.", "www A 192.0.2.80", "*.wild TXT anything"]
OPEN, CLOSED = "open", "refused"


class UpdateCase(lab.LabCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="update-policy-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.at = self.lab.address("dns")
        schema = json.loads((ROOT / "docs/schema/kms-srv.schema.json").read_text(encoding="utf-8"))
        self.validator = jsonschema.Draft202012Validator(schema)

    def content(self, name):
        """Serial and all records."""
        answer = self.lab.check("client", [program("dig"), "+noall", "+answer", "+onesoa", f"@{self.at}", name, "AXFR"])
        serial = dig(self.lab, self.at, name, "SOA")[0].split()[2]
        self.assertIn("www." + name, answer)
        return serial, sorted(answer.splitlines())

    def report(self, name, *options, server=None, timeout=3):
        done = self.lab.run("client", ["kms-srv", "--json", "--fast", "--timeout", timeout, "--server", server or self.at, *options,
                                       "--update-test", name])
        self.assertEqual(done.stderr, "")
        document = json.loads(done.stdout)
        self.assertEqual([error.message for error in self.validator.iter_errors(document)], [])
        ids = [finding["id"] for finding in document["findings"] if finding["severity"] != "info"]
        self.assertEqual(ids, ["KMS-DNS-UPDATE-OPEN"] if document["update_test"]["policy"] == OPEN else [])
        self.assertEqual(done.returncode, len(ids))
        return document["update_test"]

    def assert_said(self, test, policy, *rcodes):
        self.assertEqual((test["policy"], [message["rcode"] for message in test["messages"]]), (policy, list(rcodes)), test)

    def nsupdate(self, name):
        """What it says to an unsigned update from the client that does change something: nothing when it is done."""
        lines = f"server {self.at}\nzone {name}\nupdate add other.{name} 60 TXT new\nsend\n"
        return self.lab.run("client", [program("nsupdate")], stdin=lines.encode()).stderr.strip()


class Rules:
    """The table of libdiag/session/update_test.h."""
    OUTCOMES = {}
    ELSEWHERE = {}  # where it is another for a name that the rule does not speak of

    def start(self, zones):
        raise NotImplementedError

    def test_each_rule_is_told_and_nothing_changes(self):
        self.start([zone(f"{rule}.test", RECORDS, update=rule) for rule in self.OUTCOMES] + [dns_servers.lab_zone(self.lab)])
        for rule, outcome in self.OUTCOMES.items():
            name = f"{rule}.test"
            with self.subTest(rule):
                before = self.content(name)
                for asked in (name, f"_vlmcs._tcp.{name}", f"wild.{name}"):
                    test = self.report(asked, name)
                    self.assert_said(test, *(self.ELSEWHERE.get(rule, outcome) if asked.startswith("wild") else outcome))
                    self.assertEqual((test["name"], test["zone"], test["primary"]), (asked, name, "dns.lab.test"))
                self.assertEqual(self.content(name), before)
                taken = self.nsupdate(name) == ""
                self.assertEqual(taken, rule in ("open", "here"))
                self.assertEqual(self.content(name) != before, taken)  # so that a change would have been seen

    def test_a_signed_zone_stays_as_it_is_too(self):
        self.start([zone("signed.test", RECORDS, update="open", signed=True), dns_servers.lab_zone(self.lab)])
        before = self.content("signed.test")
        self.assert_said(self.report("signed.test"), OPEN, "NOERROR", "NOERROR")
        self.assertEqual(self.content("signed.test"), before)


class Bind(Rules, UpdateCase):
    OUTCOMES = {"open": (OPEN, "NOERROR", "NOERROR"), "here": (OPEN, "NOERROR", "NOERROR"), "none": (CLOSED, "REFUSED"),
                "key": (CLOSED, "REFUSED"), "elsewhere": (CLOSED, "REFUSED"), "names": (CLOSED, "REFUSED")}

    def start(self, zones):
        dns_servers.bind(self.lab, self.folder, zones)

    def test_only_the_primary_is_sent_updates_and_over_tcp_where_udp_is_filtered(self):
        second = dns_servers.address(self.lab, 54)
        zones = [zone("names.test", RECORDS, update="names"), zone("none.test", RECORDS), zone("open.test", RECORDS, update="open"),
                 dns_servers.lab_zone(self.lab)]
        self.start(zones)
        dns_servers.bind(self.lab, self.folder, zones, at=second)
        self.lab.nft(f"ip daddr {self.at} udp dport 53 drop")
        path = self.folder / "updates.pcap"
        with self.lab.capture("client", path):
            # Rules by name say nothing of a message that changes none; the second message gets their answer.
            self.assert_said(self.report("names.test", server=second), "inconclusive", "NOERROR", "REFUSED", "NOERROR")
            self.assert_said(self.report("none.test", server=second), CLOSED, "REFUSED")
            test = self.report("open.test", server=second)
        self.assert_said(test, OPEN, "NOERROR", "NOERROR")
        self.assertEqual({(message["server"], message["transport"]) for message in test["messages"]}, {(f"{self.at}:53", "tcp")})
        lines = self.lab.check("client", [program("tcpdump"), "-nr", path]).splitlines()
        receivers = {re.search(r"> ([0-9.]+): ", line)[1] for line in lines if re.search(r" update ", line) and " > 192.0.2.10." not in line}
        self.assertEqual(receivers, {f"{self.at}.53"})

    def test_a_secondary_named_as_primary_refuses_and_no_server_at_all_is_said(self):
        self.start([zone("gone.test", RECORDS, primary="gone.lab.test.", server="dns.lab.test."),
                    zone("silent.test", RECORDS, primary="nobody.lab.test.", server="dns.lab.test."),
                    zone("lab.test", dns_servers.lab_zone(self.lab).records + (f"nobody A {self.lab.address('nobody')}",))])
        test = self.report("gone.test")
        self.assert_said(test, "not_sent")
        self.assertIn("gone.lab.test, the primary server of gone.test, has no address", test["conclusion"])
        test = self.report("silent.test", timeout=0.6)
        self.assert_said(test, "inconclusive", None)
        self.assertEqual(test["messages"][0]["end"], "no_answer")

    def test_a_name_in_no_zone_is_not_tried_at_the_root(self):
        self.start([zone("none.test", RECORDS)])
        done = self.lab.run("client", ["kms-srv", "--fast", "--server", self.at, "--update-test", "far.example"])
        self.assertIn("not tried: ", done.stdout)

    def test_a_host_is_no_domain_its_zone_is_reported(self):
        self.start([zone("open.test", RECORDS, update="open"), dns_servers.lab_zone(self.lab)])
        done = self.lab.run("client", ["kms-srv", "--json", "--server", self.at, "--update-test", "www.open.test"])
        document, = map(json.loads, done.stdout.splitlines())
        ids = [finding["id"] for finding in document["findings"] if finding["severity"] == "critical"]
        self.assertEqual((document["domain"], document["update_test"]["name"], ids), ("open.test", "www.open.test", []), done.stderr)

    def test_a_port_that_refuses_is_not_called_silent(self):
        self.start([zone("shut.test", RECORDS, primary="kms1.lab.test.", server="dns.lab.test."), dns_servers.lab_zone(self.lab)])
        test = self.report("shut.test")
        self.assert_said(test, "inconclusive", None)
        self.assertEqual(test["messages"][0]["end"], "unreachable")
        self.assertIn("refuses connections", test["conclusion"])

    def test_people_read_what_was_sent_and_what_it_means(self):
        self.start([zone("open.test", RECORDS, update="open"), zone("none.test", RECORDS), dns_servers.lab_zone(self.lab)])
        for name, said in (("open.test", "an unsigned update of this machine would be done; nothing was changed"),
                           ("none.test", "unsigned updates of this machine are refused, as they should be")):
            text = self.lab.run("client", ["kms-srv", "--fast", "--server", self.at, "--update-test", name]).stdout
            self.assertLessEqual(max(map(len, text.splitlines())), 80)
            plain = " ".join(text.split())
            self.assertRegex(plain, rf"\(_kms-check-[0-9a-f]{{16}}\.{name} is not in use\) and no change: [A-Z]+ from {self.at}:53 over udp")
            self.assertIn(said, plain)


class Knot(Rules, UpdateCase):
    OUTCOMES = {"open": (OPEN, "NOERROR", "NOERROR"), "here": (OPEN, "NOERROR", "NOERROR"), "none": ("inconclusive", "NOTAUTH"),
                "key": ("inconclusive", "NOTAUTH"), "elsewhere": ("inconclusive", "NOTAUTH"), "names": (OPEN, "NOERROR", "NOTAUTH", "NOERROR"),
                "types": (OPEN, "NOERROR", "NOTAUTH", "NOERROR")}
    ELSEWHERE = {"names": (CLOSED, "NOERROR", "NOTAUTH", "NOTAUTH")}

    def start(self, zones):
        dns_servers.knot(self.lab, self.folder, zones)


if __name__ == "__main__":
    unittest.main()

"""Hosts found in DNS by kms-probe, kms-check and kms-srv, which are to agree: against Knot DNS and BIND in the lab.

What DNS has is read back with dig. Codes are those of libdiag/data/errors.csv for the RCODEs, as in dns_matrix.py.

Needs the built programs, a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip), and bind9, knot, bind9-dnsutils.
"""
import json
import pathlib
import re
import shutil
import signal
import tempfile
import time
import unittest
import xml.etree.ElementTree as ElementTree

import jsonschema

import dns_servers
import lab
from dns_servers import dig, zone
from lab import ROOT

CMID = "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"
NXDOMAIN, SERVFAIL, REFUSED, SUMMARY = "0x8007232B", "0x8007232A", "0x8007232D", "0xC004F074"
DEAD_FIRST = ("_vlmcs._tcp SRV 0 0 1688 kms2.lab.test.", "_vlmcs._tcp SRV 10 5 1688 kms1.lab.test.")
ONE = ("_vlmcs._tcp SRV 0 0 1688 kms1.lab.test.",)
DISTINCT = ("_vlmcs._tcp SRV 30 0 1688 kms2.lab.test.", "_vlmcs._tcp SRV 10 0 1699 kms2.lab.test.",
            "_vlmcs._tcp SRV 20 9 1698 kms1.lab.test.", "_vlmcs._tcp SRV 5 1 1697 kms2.lab.test.")
NOTHING = ("www A 192.0.2.80",)


def load_validator():
    schema = json.loads((ROOT / "docs/schema/kms-probe.schema.json").read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


PROBE_SCHEMA = load_validator()


class DiscoveryCase(lab.LabCase):
    """Zones on Knot, at the address that resolv.conf names; kms1 is a host with enough clients, kms2 is none."""
    ZONES = {"dead-first": DEAD_FIRST, "one": ONE, "distinct": DISTINCT, "nothing": NOTHING,
             "gone": ("_vlmcs._tcp SRV 0 0 1688 gone.lab.test.",), "refused": ("_vlmcs._tcp SRV 0 0 1688 kms2.lab.test.",),
             "half-silent": ("_vlmcs._tcp SRV 0 0 1688 kms2.lab.test.", "_vlmcs._tcp SRV 5 0 1688 silent", "silent A 198.51.100.13"),
             "port-zero": ("_vlmcs._tcp SRV 0 0 0 kms2.lab.test.", "_vlmcs._tcp SRV 5 0 1688 kms1.lab.test.")}

    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="discovery-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.at = self.lab.address("dns")
        self.serve()
        self.lab.refhost("kms1", "--start-count", "30")

    def serve(self):
        zones = [zone(f"{name}.test", records) for name, records in self.ZONES.items()]
        dns_servers.knot(self.lab, self.folder, [*zones, dns_servers.lab_zone(self.lab)])

    def run_tool(self, status, tool, *arguments, **options):
        done = self.lab.run("client", [tool, *arguments], **options)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        return done

    def probe(self, status, *arguments, **options):
        return self.run_tool(status, "kms-probe", "-4", *arguments, **options).stdout

    def probe_json(self, status, *arguments, **options):
        """The line of the search, and those of the targets."""
        lines = [json.loads(line) for line in self.probe(status, "--json", *arguments, **options).splitlines()]
        for line in lines:
            self.assertEqual([error.message for error in PROBE_SCHEMA.iter_errors(line)], [], line["kind"])
        self.assertEqual([line["kind"] for line in lines], ["discovery"] + ["probe"] * (len(lines) - 1))
        return lines[0], lines[1:]

    def check(self, status, *arguments, **options):
        return self.run_tool(status, "kms-check", "ato", "-4", "--cmid", CMID, *arguments, **options).stdout

    def check_json(self, status, *arguments, **options):
        return json.loads(self.check(status, "--json", *arguments, **options))

    def by_priority(self, domain):
        """The hosts as dig has them, in the order of distinct priorities."""
        records = sorted((line.split() for line in dig(self.lab, self.at, f"_vlmcs._tcp.{domain}", "SRV")), key=lambda r: int(r[0]))
        return [f"{target.rstrip('.')}:{port}" for _, _, port, target in records]


class Domain(DiscoveryCase):
    def test_a_dead_host_before_one_that_works_is_skipped(self):
        search, targets = self.probe_json(1, "--domain", "dead-first.test")
        self.assertEqual(search["domain"], "dead-first.test")
        self.assertEqual([host["target"] for host in search["hosts"]], ["kms2.lab.test:1688", "kms1.lab.test:1688"])
        self.assertEqual((search["reached"], search["windows_code"], search["finding"]), ("kms1.lab.test:1688", None, None))
        dead, good = targets
        self.assertEqual((dead["target"], dead["finding"], dead["windows_code"]), ("kms2.lab.test:1688", "KMS-HOST-SKIPPED", None))
        self.assertEqual(dead["addresses"][0]["findings"][0]["id"], "KMS-CONNECT-REFUSED")
        self.assertEqual((good["target"], good["finding"], good["addresses"][0]["port_state"]), ("kms1.lab.test:1688", None, "listening"))
        self.assertEqual(good["origin"], {"domain": "dead-first.test", "server": f"{self.at}:53", "priority": 10, "weight": 5, "ttl": 60})

    def test_people_see_each_host_where_it_comes_from_and_what_a_client_comes_to(self):
        text = self.probe(1, "--domain", "dead-first.test")
        self.assertLess(text.index("\nkms2.lab.test:1688\n"), text.index("\nkms1.lab.test:1688\n"))
        said = re.sub(r"\s+", " ", text)
        self.assertIn("SRV _vlmcs._tcp.dead-first.test: found after", said)
        self.assertIn(f"origin SRV record of dead-first.test from {self.at}:53, priority 10, weight 5", said)
        self.assertIn("Summary: 2 targets, 1 in order, 1 with warnings, 0 not usable", said)
        self.assertTrue(said.endswith("Verdict: a client gets to kms1.lab.test:1688, published in dead-first.test; 1 host "
                                      "before it fails "), said[-200:])
        self.assertLessEqual(max(map(len, text.splitlines())), 80)

    def test_monitoring_has_a_subject_for_the_search_and_one_for_each_host(self):
        text = self.probe(1, "--format", "nagios", "--domain", "dead-first.test")
        self.assertRegex(text, r"^KMS PROBE WARNING - 3 checked, 1 warning: kms2\.lab\.test:1688: .* \| dead-first\.test::lookup=")
        self.assertIn("[OK] dead-first.test: a client gets to kms1.lab.test:1688", text)
        self.assertIn(f"SRV record of dead-first.test from {self.at}:53, priority 0, weight 0", text)
        root = ElementTree.fromstring(self.probe(1, "--format", "junit", "--domain", "dead-first.test"))
        failed = {case.get("name"): case.find("failure") is not None for case in root.iter("testcase")}
        self.assertEqual(failed, {"dead-first.test": False, "kms2.lab.test:1688": True, "kms1.lab.test:1688": False})

    def test_a_domain_in_order_is_quiet_and_status_0(self):
        search, targets = self.probe_json(0, "--domain", "one.test")
        self.assertEqual((search["finding"], search["findings"], len(targets)), (None, [], 1))
        self.assertEqual(self.probe(0, "-q", "--domain", "one.test"), "")
        self.assertEqual(self.probe(0, "-q", "--json", "--domain", "one.test"), "")

    def test_a_domain_without_a_record_is_said_in_every_format(self):
        search, targets = self.probe_json(2, "--domain", "nothing.test")
        self.assertEqual((search["finding"], search["stage"], search["windows_code"], search["inner_code"], search["reached"]),
                         ("KMS-DNS-NO-RECORD", "dns", NXDOMAIN, None, None))
        self.assertEqual((search["hosts"], targets), ([], []))
        text = self.probe(2, "--domain", "nothing.test")
        for words in ("KMS-DNS-NO-RECORD", NXDOMAIN, "Verdict: DNS has no record _vlmcs._tcp.nothing.test: NXDOMAIN"):
            self.assertIn(words, text)
        self.assertIn("KMS-DNS-NO-RECORD", self.probe(2, "-q", "--domain", "nothing.test"))
        nagios = self.probe(2, "--format", "nagios", "--domain", "nothing.test")
        self.assertRegex(nagios, r"^KMS PROBE CRITICAL - DNS has no record _vlmcs\._tcp\.nothing\.test: NXDOMAIN \| lookup=.* hosts=0\n")
        self.assertIn(NXDOMAIN, nagios)
        root = ElementTree.fromstring(self.probe(2, "--format", "junit", "--domain", "nothing.test"))
        self.assertEqual((root.get("tests"), root.get("failures")), ("1", "1"))
        self.assertEqual(root.find(".//failure").get("type"), "KMS-DNS-NO-RECORD")
        self.assertEqual(self.check_json(2, "--domain", "nothing.test")["windows_code"], NXDOMAIN)
        self.probe(0, "--fail-on", "never", "--domain", "nothing.test")

    def test_a_zone_that_the_server_does_not_have_is_refused(self):
        search, _ = self.probe_json(2, "--domain", "elsewhere.test")
        self.assertEqual((search["finding"], search["windows_code"]), ("KMS-DNS-REFUSED", REFUSED))

    def test_hosts_that_all_fail_are_critical_and_sum_up(self):
        for domain, finding in (("refused.test", "KMS-CONNECT-REFUSED"), ("gone.test", "KMS-NAME-NOT-FOUND")):
            with self.subTest(domain):
                search, (target,) = self.probe_json(2, "--domain", domain)
                self.assertEqual((search["finding"], search["windows_code"], search["reached"]), (None, SUMMARY, None))
                self.assertEqual(target["finding"], finding)

    def test_a_host_with_port_0_is_not_tried(self):
        for made in (self.probe_json(1, "--domain", "port-zero.test")[0], self.check_json(1, "--domain", "port-zero.test")):
            self.assertEqual([f["id"] for f in made["findings"] if f["severity"] != "info"], ["KMS-SRV-TARGET-DEAD"])
            self.assertEqual([host["target"] for host in made["hosts"]], ["kms1.lab.test:1688"])

    def test_all_tools_have_the_order_of_the_priorities(self):
        expected = self.by_priority("distinct.test")
        self.assertEqual(len(set(expected)), 4)
        search, targets = self.probe_json(2, "--domain", "distinct.test")
        self.assertEqual([host["target"] for host in search["hosts"]], expected)
        self.assertEqual([line["target"] for line in targets], expected)
        tried = self.check_json(2, "--domain", "distinct.test")
        self.assertEqual([host["target"] for host in tried["hosts"]], expected)
        done = self.run_tool(0, "kms-srv", "--json", "distinct.test", "--fail-on", "never")
        records = sorted(json.loads(done.stdout)["records"], key=lambda r: r["priority"])
        self.assertEqual([f"{r['target']}:{r['port']}" for r in records], expected)
        first = max(records, key=lambda r: r["first_choice_ppm"])
        self.assertEqual((first["first_choice_ppm"], f"{first['target']}:{first['port']}"), (1_000_000, expected[0]))


class Suffixes(DiscoveryCase):
    def search_list(self, *domains, server=None):
        self.lab.set_names(resolver=[f"nameserver {server or self.at}", f"search {' '.join(domains)}", "options timeout:1 attempts:1"])

    def test_the_first_suffix_with_hosts_ends_the_search(self):
        self.search_list("nothing.test", "lab.test", "dead-first.test", "one.test")
        search, targets = self.probe_json(1)
        self.assertEqual([lookup["domain"] for lookup in search["lookups"]], ["nothing.test", "lab.test", "dead-first.test"])
        self.assertEqual({lookup["source"] for lookup in search["lookups"]}, {"search_list"})
        self.assertEqual([lookup["end"] for lookup in search["lookups"]], ["not_found", "not_found", "found"])
        self.assertEqual((search["domain"], search["findings"]), (None, []))
        self.assertEqual([line["origin"]["domain"] for line in targets], ["dead-first.test"] * 2)
        tried = self.check_json(1)
        self.assertEqual([lookup["domain"] for lookup in tried["lookups"]], ["nothing.test", "lab.test", "dead-first.test"])
        self.assertEqual([host["target"] for host in tried["hosts"]], ["kms2.lab.test:1688", "kms1.lab.test:1688"])
        self.assertEqual((tried["result"], tried["finding"]), ("activated", "KMS-HOST-SKIPPED"))
        self.assertIn("a client finds kms2.lab.test:1688 under dead-first.test (the DNS suffix search list)",
                      re.sub(r"\s+", " ", self.run_tool(0, "kms-srv").stdout))

    def test_kms_check_names_every_host_that_was_tried(self):
        self.search_list("nothing.test", "dead-first.test")
        text = self.check(1)
        self.assertLess(text.index("\nkms2.lab.test:1688\n"), text.index("\nkms1.lab.test:1688\n"))
        self.assertIn("asked because it is the DNS suffix search list", text)
        text = self.run_tool(1, "kms-check", "dlv", "-4", "--cmid", CMID).stdout
        self.assertEqual(re.findall(r"(?m)^  tried    (\S+) ", text), ["kms2.lab.test:1688", "kms1.lab.test:1688"])
        self.assertIn("    KMS machine name from DNS: kms1.lab.test:1688\n", text)
        for form in ("nagios", "junit"):
            text = self.check(1, "--format", form)
            found = re.findall(r"(?:\n|&#10;)tried (\S+) \(SRV record of dead-first\.test", text)
            self.assertEqual(found, ["kms2.lab.test:1688", "kms1.lab.test:1688"], text)

    def test_no_suffix_with_a_record_is_a_finding_for_each(self):
        self.search_list("nothing.test", "lab.test")
        search, targets = self.probe_json(2)
        self.assertEqual([(f["id"], f["target"]) for f in search["findings"]],
                         [("KMS-DNS-NO-RECORD", "nothing.test"), ("KMS-DNS-NO-RECORD", "lab.test")])
        self.assertEqual((search["windows_code"], targets), (NXDOMAIN, []))
        tried = self.check_json(2)
        self.assertEqual((tried["finding"], tried["windows_code"], tried["hosts"]), ("KMS-DNS-NO-RECORD", NXDOMAIN, []))

    def test_a_suffix_for_which_dns_fails_decides_over_one_without_a_record(self):
        second = dns_servers.address(self.lab, 60)
        dns_servers.bind(self.lab, self.folder, [zone("nothing.test", NOTHING), zone("one.test", ONE), dns_servers.lab_zone(self.lab)],
                         at=second, forwards={"dead.test": self.lab.address("kms1")})
        self.search_list("nothing.test", "dead.test", server=second)
        search, _ = self.probe_json(2)
        self.assertEqual((search["finding"], search["windows_code"]), ("KMS-DNS-SERVER-FAILURE", SERVFAIL))
        self.assertEqual(self.check_json(2)["finding"], "KMS-DNS-SERVER-FAILURE")
        # With a record behind it the failure is a warning, for kms-srv as well; the client gets to the host.
        self.search_list("dead.test", "one.test", server=second)
        search, targets = self.probe_json(1)
        self.assertEqual((search["finding"], search["reached"], search["windows_code"]),
                         ("KMS-DNS-SUFFIX-FAILED", "kms1.lab.test:1688", None))
        self.assertEqual([line["finding"] for line in targets], [None])
        tried = self.check_json(1)
        self.assertEqual((tried["result"], tried["finding"]), ("activated", "KMS-DNS-SUFFIX-FAILED"))
        documents = [json.loads(line) for line in self.run_tool(1, "kms-srv", "--json").stdout.splitlines()]
        self.assertEqual([line["finding"] for line in documents], ["KMS-DNS-SUFFIX-FAILED", None])

    def test_a_machine_whose_name_has_a_domain_asks_there_first_and_its_parent_is_no_place_of_a_client(self):
        self.search_list("lab.test")
        named = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"']

        def probe(status, name):
            done = self.lab.run("client", [*named, name, lab.BIN / "kms-probe", "-4", "--json"])
            self.assertEqual(done.returncode, status, done.stdout + done.stderr)
            lines = [json.loads(line) for line in done.stdout.splitlines()]
            for line in lines:
                self.assertEqual([error.message for error in PROBE_SCHEMA.iter_errors(line)], [])
            return lines[0]
        first = probe(0, "pc1.one.test")
        self.assertEqual([(lookup["domain"], lookup["source"]) for lookup in first["lookups"]], [("one.test", "primary_suffix")])
        parent = probe(2, "pc1.branch.one.test")
        self.assertEqual([(lookup["domain"], lookup["assumption"]) for lookup in parent["lookups"]],
                         [("branch.one.test", False), ("lab.test", False), ("one.test", True)])
        self.assertEqual((parent["finding"], parent["hosts"]), ("KMS-DNS-NO-RECORD", []))
        self.assertIn("one.test (a parent of the primary DNS suffix) has a record, but no client is documented to look there",
                      parent["findings"][0]["evidence"])

    def test_a_machine_without_a_suffix_is_told_so(self):
        self.lab.set_names(resolver=[f"nameserver {self.at}"])
        bare = ["unshare", "--uts", "sh", "-c", 'hostname pc1 && exec "$@"', "sh"]
        for tool in (("kms-probe",), ("kms-check", "ato", "--cmid", CMID)):
            done = self.lab.run("client", [*bare, lab.BIN / tool[0], *tool[1:]])
            self.assertEqual((done.returncode, done.stdout), (3, ""))
            self.assertIn("no DNS suffix", done.stderr)
            self.assertIn("0x8007007B", done.stderr)


class Servers(DiscoveryCase):
    def test_the_server_that_is_named_is_asked_for_the_record_and_the_names(self):
        second = dns_servers.address(self.lab, 60)
        moved = zone("one.test", ["_vlmcs._tcp SRV 0 0 1688 kms", f"kms A {self.lab.address('kms1')}"])
        dns_servers.bind(self.lab, self.folder, [moved], at=second)
        search, targets = self.probe_json(0, "--domain", "one.test", "--server", second)
        self.assertEqual([host["target"] for host in search["hosts"]], ["kms.one.test:1688"])
        self.assertEqual(targets[0]["origin"]["server"], f"{second}:53")
        self.assertEqual(targets[0]["name"]["addresses"], [self.lab.address("kms1")])
        tried = self.check_json(0, "--domain", "one.test", "--server", f"{second}:53")
        self.assertEqual([host["target"] for host in tried["hosts"]], ["kms.one.test:1688"])
        self.assertEqual(self.probe(0, "-q", "--server", second, "kms.one.test"), "")  # also where a host is named

    def test_a_server_that_refuses_is_passed_over_for_the_next(self):
        second = dns_servers.address(self.lab, 60)
        dns_servers.bind(self.lab, self.folder, [zone("other.test", NOTHING)], at=second)
        servers = ("--server", second, "--server", self.at)
        search, _ = self.probe_json(1, "--domain", "one.test", *servers)
        self.assertEqual((search["finding"], search["reached"]), ("KMS-DNS-SERVER-SKIPPED", "kms1.lab.test:1688"))
        self.assertEqual(self.check_json(1, "--domain", "one.test", *servers)["finding"], "KMS-DNS-SERVER-SKIPPED")

    def test_a_stop_while_dns_is_silent_is_no_word_on_dns(self):
        nobody = self.lab.address("nobody")
        for tool, said in (("kms-probe",), "stopped before DNS had answered"), (("kms-check", "ato"), "stopped before a host had answered"):
            process = self.lab.popen("client", [*tool, "--domain", "one.test", "--server", nobody, "--timeout", "60"])
            time.sleep(0.5)  # it asks at once, and waits
            self.assertEqual((process.stop(signal.SIGINT), process.output), (3, ""))
            self.assertIn(said, process.errors)

    def test_a_stop_while_a_host_is_silent_shows_what_was_tried_and_claims_no_more(self):
        self.lab.nft("ip daddr 198.51.100.13 drop")
        self.addCleanup(self.lab.nft_flush)
        for form in ("text", "json"):
            process = self.lab.popen("client", ["kms-probe", "-4", "--format", form, "--domain", "half-silent.test", "--timeout", "60"])
            time.sleep(1)  # kms2 refuses at once
            self.assertEqual(process.stop(signal.SIGINT), 3)
            self.assertEqual(process.errors, "kms-probe: stopped after 1 of 2 targets\n")
            if form == "text":
                self.assertIn("KMS-CONNECT-REFUSED", process.output)
                self.assertIn("Verdict: stopped before every published host was tried", process.output)
            else:
                search, host = [json.loads(line) for line in process.output.splitlines()]
                for line in (search, host):
                    self.assertEqual([error.message for error in PROBE_SCHEMA.iter_errors(line)], [])
                self.assertEqual((search["reached"], search["windows_code"], search["inner_code"]), (None, None, None))
                self.assertEqual((host["target"], host["finding"]), ("kms2.lab.test:1688", "KMS-CONNECT-REFUSED"))

    def test_an_answer_that_is_cut_and_cannot_be_had_over_tcp_names_no_host(self):
        second = dns_servers.address(self.lab, 80)
        dns_servers.misbehaving(self.lab, "cut-tcp", self.at, at=second)
        search, targets = self.probe_json(2, "--domain", "one.test", "--server", second, "--timeout", "1")
        self.assertEqual((search["finding"], search["windows_code"], targets), ("KMS-DNS-TCP-BLOCKED", SERVFAIL, []))
        self.assertEqual(self.check_json(2, "--domain", "one.test", "--server", second, "--timeout", "1")["finding"],
                         "KMS-DNS-TCP-BLOCKED")


if __name__ == "__main__":
    unittest.main()

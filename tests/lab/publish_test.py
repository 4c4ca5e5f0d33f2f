"""kms-refhost --publish against real name servers, of two kinds, and one that misbehaves.

What is published is read back with dig. Codes are those of winerror.h for the RCODEs of RFC 1035, 2136 and 8945, which the
servers are seen to answer with by nsupdate as well.

Needs the built program kms-refhost, a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip), and bind9, knot,
bind9-dnsutils.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import jsonschema

import dns_servers
import lab
from dns_servers import dig, zone
from faults_test import BIND, BIND_ACK
from lab import ROOT

REFUSED, NOTIMP, NOTAUTH = "0x8007232D", "0x8007232C", "0x80072331"
BADSIG, BADKEY, BADTIME = "0x80072338", "0x80072339", "0x8007233A"
NO_SERVER, TIMEOUT, BAD_PACKET, UNSIGNED = "0x8007267C", "0x800705B4", "0x8007251E", "0x80072521"
OWNER = "_vlmcs._tcp."
SHORT = ("--publish-timeout", "0.2")


class PublishCase(lab.LabCase):
    def setUp(self):
        super().setUp()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="publish-test-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.at = self.lab.address("dns")

    def bind(self, *zones, **options):
        return dns_servers.bind(self.lab, self.folder, [dns_servers.lab_zone(self.lab), *zones], **options)

    def key(self, text=dns_servers.KEY_TEXT, name="kms.key"):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return ("--publish-key", path)

    def start(self, *arguments, host="kms1", target="kms1.lab.test"):
        named = ("--publish-target", target) if target else ()
        return self.lab.refhost(host, "--json", *named, *arguments)

    def publications(self, process, count=1):
        """The first events of registrations, once there are so many."""
        process.wait_for(r'"kind":"publication"', count=count)
        lines = [json.loads(line) for line in process.output.splitlines()]
        return [line for line in lines if line["kind"] == "publication"]

    def published(self, *arguments, **options):
        """Starts a host; its one event."""
        return self.publications(self.start(*arguments, **options))[0]

    def assert_failed(self, event, code, stage, **members):
        self.assertEqual((event["event"], event["hresult"], event["stage"]), (12293, code, stage), event)
        self.assertEqual(event["fields"], f"{code},{event['domain']}")
        self.assertEqual({name: event[name] for name in members}, members)

    def services(self, domain, at=None):
        return sorted(dig(self.lab, at or self.at, OWNER + domain, "SRV"))

    def nsupdate(self, domain, *options, server=None):
        """What nsupdate says to a like update: nothing when it is done."""
        lines = f"server {server or self.at}\nzone {domain}\nupdate add {OWNER}{domain} 60 SRV 9 9 9 nsupdate.test.\nsend\n"
        return self.lab.run("kms2", [dns_servers.program("nsupdate"), *options], stdin=lines.encode()).stderr.strip()


class Bind(PublishCase):
    def test_an_open_zone_takes_the_record_as_the_options_have_it(self):
        self.bind(zone("open.test", [], update="open"))
        event = self.published("--publish", "open.test", "--publish-priority", 5, "--publish-weight", 7, "--publish-port", 1700,
                               "--publish-ttl", 1200)
        self.assertEqual((event["event"], event["hresult"], event["fields"]), (12294, "0x00000000", "open.test"))
        self.assertEqual((event["zone"], event["primary"], event["transport"]), ("open.test", "dns.lab.test", "udp"))
        self.assertEqual(self.services("open.test"), ["5 7 1700 kms1.lab.test."])
        answer = self.lab.check("client", [dns_servers.program("dig"), "+noall", "+answer", f"@{self.at}", OWNER + "open.test", "SRV"])
        self.assertEqual(answer.split()[1:4], ["1200", "IN", "SRV"])

    def test_the_port_is_by_default_that_on_which_the_host_listens_and_the_name_that_of_the_machine(self):
        self.bind(zone("open.test", [], update="open"))
        listen = f"{self.lab.address('kms2')}:1699"
        named = 'hostname kms2.lab.test && exec "$0" "$@"'
        process = self.lab.popen("kms2", ["unshare", "--uts", "sh", "-c", named, lab.BIN / "kms-refhost", "--listen", listen, "--json",
                                          "--publish", "open.test"])
        self.publications(process)
        self.assertEqual(self.services("open.test"), ["0 0 1699 kms2.lab.test."])

    def test_a_zone_with_a_key_takes_what_the_key_signs(self):
        self.bind(zone("secure.test", [], update="key"))
        event = self.published("--publish", "secure.test", *self.key())
        self.assertEqual((event["event"], event["tsig_error"]), (12294, None))
        self.assertEqual(self.services("secure.test"), ["0 0 1688 kms1.lab.test."])

    def test_it_does_not_take_what_is_unsigned_or_signed_by_another(self):
        self.bind(zone("secure.test", [], update="key"))
        other_secret = dns_servers.KEY_TEXT.replace(dns_servers.KEY_SECRET, "b3RoZXI=")
        other_name = dns_servers.KEY_TEXT.replace(dns_servers.KEY_NAME, "nobody")
        for options, code, rcode, tsig_error, said in (
                ((), REFUSED, "REFUSED", None, "REFUSED"),
                (self.key(other_secret, "secret.key"), BADSIG, "NOTAUTH", "BADSIG", "NOTAUTH(BADSIG)"),
                (self.key(other_name, "name.key"), BADKEY, "NOTAUTH", "BADKEY", "NOTAUTH(BADKEY)"),
                ((*self.key(), "--clock-offset", "-5h"), BADTIME, "NOTAUTH", "BADTIME", None)):
            with self.subTest(code):
                process = self.start("--publish", "secure.test", *options)
                self.assert_failed(self.publications(process)[0], code, "update", rcode=rcode, tsig_error=tsig_error, transport="udp")
                process.stop()
                if said:  # the server has the same word for nsupdate
                    keys = ("-k", options[1]) if options else ()
                    self.assertIn(said, self.nsupdate("secure.test", *keys))
        self.assertEqual(self.services("secure.test"), [])

    def test_a_key_is_also_taken_as_dig_has_it(self):
        self.bind(zone("secure.test", [], update="key"))
        self.assertEqual(self.published("--publish", "secure.test", "--publish-key", dns_servers.KEY)["event"], 12294)

    def test_a_zone_that_takes_no_updates_refuses(self):
        self.bind(zone("static.test", []))
        event = self.published("--publish", "static.test")
        self.assert_failed(event, REFUSED, "update", rcode="REFUSED", zone="static.test", server={"ip": self.at, "port": 53})
        self.assertIn("REFUSED", self.nsupdate("static.test"))
        self.assertEqual(self.services("static.test"), [])

    def test_a_second_host_stands_in_the_same_record_set(self):
        self.bind(zone("open.test", [], update="open"))
        self.published("--publish", "open.test")
        self.published("--publish", "open.test", host="kms2", target="kms2.lab.test")
        self.assertEqual(self.services("open.test"), ["0 0 1688 kms1.lab.test.", "0 0 1688 kms2.lab.test."])

    def test_each_domain_has_its_own_event(self):
        self.bind(zone("open.test", [], update="open"), zone("static.test", []))
        process = self.start("--publish", "open.test", "--publish", "static.test")
        seen = {event["domain"]: event["event"] for event in self.publications(process, count=2)}
        self.assertEqual(seen, {"open.test": 12294, "static.test": 12293})

    def test_a_domain_below_a_zone_is_published_in_that_zone(self):
        self.bind(zone("open.test", [], update="open"))
        self.assertEqual(self.published("--publish", "emea.open.test")["zone"], "open.test")
        self.assertEqual(self.services("emea.open.test"), ["0 0 1688 kms1.lab.test."])

    def test_a_record_that_was_lost_is_back_after_the_interval(self):
        self.bind(zone("open.test", [], update="open"))
        process = self.start("--publish", "open.test", "--publish-interval", "1s")
        self.publications(process)
        delete = f"server {self.at}\nupdate delete {OWNER}open.test SRV\nsend\n"
        self.lab.check("kms2", [dns_servers.program("nsupdate")], stdin=delete.encode())
        self.publications(process, count=len(self.publications(process)) + 1)
        self.assertEqual(self.services("open.test"), ["0 0 1688 kms1.lab.test."])
        self.assertEqual({event["event"] for event in self.publications(process)}, {12294})

    def test_the_text_and_the_schema_of_both_events(self):
        self.bind(zone("open.test", [], update="open"), zone("static.test", []))
        schema = json.loads((ROOT / "docs/schema/kms-refhost.schema.json").read_text(encoding="utf-8"))
        validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
        process = self.start("--publish", "open.test", "--publish", "static.test")
        for event in self.publications(process, count=2):
            validator.validate(event)
            with self.assertRaises(jsonschema.ValidationError):
                validator.validate(event | {"event": 12293 + 12294 - event["event"]})
        process.stop()
        text = self.lab.refhost("kms1", "--publish-target", "kms1.lab.test", "--publish", "open.test", "--publish", "static.test")
        text.wait_for(r" 1229[34] ", count=2)
        stamp = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z "
        self.assertRegex(text.output, re.compile(stamp + r"12294 open\.test \(.+\)$", re.M))
        self.assertRegex(text.output, re.compile(stamp + rf"12293 {REFUSED},static\.test \(.+REFUSED.+\)$", re.M))

    def test_nothing_is_sent_without_the_option(self):
        self.bind(zone("open.test", [], update="open"))

        def packets_of(*arguments):
            path = self.folder / "kms1.pcap"
            with self.lab.capture("kms1", path):
                process = self.lab.refhost("kms1", "--json", *arguments)
                if arguments:
                    self.publications(process)
                self.assertEqual(process.stop(), 0)
            done = subprocess.run([dns_servers.program("tcpdump"), "-n", "-r", path, "port", "53"], capture_output=True, check=True)
            return done.stdout.splitlines()
        self.assertEqual(packets_of(), [])
        self.assertEqual(len(packets_of("--publish", "open.test", "--publish-target", "kms1.lab.test")), 8,
                         "SOA, A, AAAA and the update, with their answers")


class OtherServers(PublishCase):
    def test_knot_takes_signed_and_open_updates_and_refuses_others(self):
        zones = [zone("secure.test", [], update="key"), zone("open.test", [], update="open"), zone("static.test", [])]
        dns_servers.knot(self.lab, self.folder, [dns_servers.lab_zone(self.lab), *zones])
        self.assertEqual(self.published("--publish", "secure.test", *self.key())["event"], 12294)
        self.assertEqual(self.services("secure.test"), ["0 0 1688 kms1.lab.test."])
        self.assertEqual(self.published("--publish", "open.test", host="kms2", target="kms2.lab.test")["event"], 12294)
        self.assertEqual(self.services("open.test"), ["0 0 1688 kms2.lab.test."])

    def test_knot_says_why_it_takes_nothing(self):
        dns_servers.knot(self.lab, self.folder, [dns_servers.lab_zone(self.lab), zone("secure.test", [], update="key")])
        wrong = self.key(dns_servers.KEY_TEXT.replace(dns_servers.KEY_SECRET, "b3RoZXI="))
        # Knot answers NOTAUTH for every update that no rule allows.
        for options, code in (((), NOTAUTH), (wrong, BADSIG)):
            with self.subTest(code):
                process = self.start("--publish", "secure.test", *options)
                self.assert_failed(self.publications(process)[0], code, "update", rcode="NOTAUTH")
                process.stop()
        self.assertIn("NOTAUTH", self.nsupdate("secure.test"))

    def test_the_update_goes_to_the_primary_server_and_not_to_the_resolver(self):
        primary = dns_servers.address(self.lab, 54)
        dns_servers.knot(self.lab, self.folder, [zone("far.test", ["ns A " + primary], update="open", primary="ns.far.test.")],
                         at=primary)
        self.bind(forwards={"far.test": primary})
        event = self.published("--publish", "far.test")
        self.assertEqual((event["event"], event["primary"], event["server"]["ip"]), (12294, "ns.far.test", primary))
        self.assertEqual(self.services("far.test", at=primary), ["0 0 1688 kms1.lab.test."])

    def test_a_forwarder_is_asked_for_the_zone(self):
        forwarder = dns_servers.address(self.lab, 56)
        self.bind(zone("open.test", [], update="open"))
        dns_servers.dnsmasq(self.lab, self.at, at=forwarder)
        event = self.published("--publish", "open.test", "--publish-server", forwarder)
        self.assertEqual((event["event"], event["server"]["ip"]), (12294, self.at))

    def test_a_primary_that_the_soa_names_wrongly_is_not_authoritative(self):
        primary = dns_servers.address(self.lab, 54)
        dns_servers.bind(self.lab, self.folder, [zone("other.test", [])], at=primary)
        self.bind(zone("lost.test", ["ns A " + primary], update="open", primary="ns.lost.test."))
        self.assert_failed(self.published("--publish", "lost.test"), NOTAUTH, "update", rcode="NOTAUTH")
        self.assertIn("NOTAUTH", self.nsupdate("lost.test", server=primary))

    def test_a_domain_that_is_in_no_zone_is_told_from_one_that_refuses(self):
        self.bind()
        self.assert_failed(self.published("--publish", "nowhere.test"), REFUSED, "zone", rcode="REFUSED")
        upstream = zone("test", ["ns A 192.0.2.1"], primary="ns.test.")
        root = dns_servers.address(self.lab, 54)
        dns_servers.bind(self.lab, self.folder, [upstream], at=root)
        self.assert_failed(self.published("--publish", "nowhere.test", "--publish-server", root, host="kms2"), NOTAUTH, "zone",
                           rcode="NXDOMAIN", zone=None)

    def test_a_primary_without_an_address(self):
        self.bind(zone("lame.test", [], update="open", primary="missing.lab.test."))
        self.assert_failed(self.published("--publish", "lame.test"), "0x8007232B", "address", rcode="NXDOMAIN")

    def test_dnsmasq_refuses_updates(self):
        primary = dns_servers.address(self.lab, 56)
        self.bind(zone("static.test", ["ns A " + primary], primary="ns.static.test."))
        dns_servers.dnsmasq(self.lab, self.at, at=primary)
        self.assert_failed(self.published("--publish", "static.test"), REFUSED, "update", rcode="REFUSED")
        self.assertIn("REFUSED", self.nsupdate("static.test", server=primary))


class Faults(PublishCase):
    def misbehaving(self, behaviour):
        """A server that does so before a true one, which has the zone open.test; the truth's address."""
        truth = dns_servers.address(self.lab, 54)
        self.bind(zone("open.test", [], update="open"), zone("secure.test", [], update="key"), at=truth)
        dns_servers.misbehaving(self.lab, behaviour, truth)
        return truth

    def assert_published(self, behaviour, transport):
        truth = self.misbehaving(behaviour)
        event = self.published("--publish", "open.test", *SHORT)
        self.assertEqual((event["event"], event["transport"]), (12294, transport), event)
        self.assertEqual(self.services("open.test", at=truth), ["0 0 1688 kms1.lab.test."])

    def test_it_is_published_over_tcp_when_udp_is_lost(self):
        self.assert_published("udp-silent", "tcp")

    def test_a_firewall_that_drops_udp_is_passed_over_tcp(self):
        self.bind(zone("open.test", [], update="open"))
        self.lab.nft("udp dport 53 drop", host="dns", chain="input")
        event = self.published("--publish", "open.test", *SHORT)
        self.assertEqual((event["event"], event["transport"]), (12294, "tcp"))
        self.assertEqual(dig(self.lab, self.at, OWNER + "open.test", "SRV", "+tcp"), ["0 0 1688 kms1.lab.test."])

    def test_a_firewall_before_the_primary_server_is_passed_over_tcp_as_well(self):
        primary = self.far_primary("udp dport 53 drop")
        event = self.published("--publish", "far.test", *SHORT)
        self.assertEqual((event["event"], event["stage"], event["transport"], event["server"]["ip"]), (12294, "update", "tcp", primary))
        self.assertEqual(self.services("far.test", at=primary), ["0 0 1688 kms1.lab.test."])

    def test_a_firewall_that_drops_udp_and_tcp_ends_in_the_event_of_a_timeout(self):
        self.bind(zone("open.test", [], update="open"))
        self.lab.nft("udp dport 53 counter drop", "tcp dport 53 counter drop", host="dns", chain="input")
        self.assert_failed(self.published("--publish", "open.test", *SHORT), TIMEOUT, "zone", rcode=None)
        self.assert_both_were_tried()

    def test_a_firewall_that_drops_both_before_the_primary_server_is_told_from_a_lost_zone(self):
        primary = self.far_primary("udp dport 53 counter drop", "tcp dport 53 counter drop")
        event = self.published("--publish", "far.test", *SHORT)
        self.assert_failed(event, TIMEOUT, "update", rcode=None, zone="far.test", primary="ns.far.test", server={"ip": primary, "port": 53})
        self.assert_both_were_tried()
        self.assertEqual(self.services("far.test", at=primary), [])

    def far_primary(self, *rules):
        """A server of far.test that others find through the resolver, and a firewall between it and kms1; its address."""
        primary = dns_servers.address(self.lab, 54)
        far = zone("far.test", ["ns A " + primary], update="open", primary="ns.far.test.")
        dns_servers.knot(self.lab, self.folder, [far], at=primary)
        self.bind(forwards={"far.test": primary})
        self.lab.nft(*(f"ip saddr {self.lab.address('kms1')} ip daddr {primary} {rule}" for rule in rules), host="dns", chain="input")
        return primary

    def assert_both_were_tried(self):
        chain = self.lab.check("dns", ["nft", "list", "chain", "inet", "lab", "input"])
        for protocol in ("udp", "tcp"):
            self.assertRegex(chain, rf"{protocol} dport 53 counter packets [1-9]")

    def test_answers_over_tcp_are_not_needed(self):
        self.assert_published("tcp-refused", "udp")

    def test_other_datagrams_are_not_taken_for_the_answer(self):
        for behaviour in ("wrong-id", "wrong-question", "other-port", "stray"):
            with self.subTest(behaviour):
                self.lab.reset()
                shutil.rmtree(self.folder)
                self.folder.mkdir()
                self.misbehaving(behaviour)
                event = self.published("--publish", "open.test", *SHORT)
                if behaviour in ("wrong-id", "wrong-question"):  # over TCP as well, where nothing else can come
                    self.assert_failed(event, BAD_PACKET, "zone", transport="tcp")
                else:
                    self.assertEqual((event["event"], event["transport"]), (12294, "tcp"), event)

    def test_a_large_answer_over_tcp_is_read(self):
        self.assert_published("huge", "tcp")

    def test_what_is_cut_over_tcp_as_well_is_no_answer(self):
        self.misbehaving("cut-tcp")
        self.assert_failed(self.published("--publish", "open.test", *SHORT), TIMEOUT, "zone")

    def test_a_server_without_dynamic_update_does_not_implement_it(self):
        self.misbehaving("no-update")
        self.assert_failed(self.published("--publish", "open.test", *SHORT), NOTIMP, "update", rcode="NOTIMP")
        self.assertIn("NOTIMP", self.nsupdate("open.test"))

    def test_a_name_that_leads_to_itself_is_a_bad_answer(self):
        self.misbehaving("name-loop")
        self.assert_failed(self.published("--publish", "open.test", *SHORT), BAD_PACKET, "zone")

    def test_a_late_answer_counts_while_it_is_waited_for(self):
        self.misbehaving("late:0.3")
        self.assertEqual(self.published("--publish", "open.test", "--publish-timeout", "5")["event"], 12294)

    def test_silence_ends_in_a_timeout_and_activations_do_not_wait_for_it(self):
        self.misbehaving("silent")
        process = self.start("--publish", "open.test", "--publish-timeout", "0.5")
        argv = [sys.executable, "-B", lab.HERE / "plain_client.py", self.lab.address("kms1"), lab.KMS_PORT, BIND]
        for _ in range(3):
            self.assertEqual(json.loads(self.lab.check("client", argv))["answer"][:6], BIND_ACK)
        self.assertEqual(process.output, "", "it is still waiting for the name server")
        self.assert_failed(self.publications(process)[0], TIMEOUT, "zone", transport="udp", rcode=None)

    def test_nobody_at_the_address_of_the_server(self):
        self.assert_failed(self.published("--publish", "open.test", *SHORT), TIMEOUT, "zone")

    def test_no_server_is_configured(self):
        self.lab.set_names(resolver=["search lab.test"])
        self.assert_failed(self.published("--publish", "open.test"), NO_SERVER, "zone", server=None)

    def test_a_second_server_is_asked_when_the_first_is_silent(self):
        self.bind(zone("open.test", [], update="open"))
        event = self.published("--publish", "open.test", "--publish-server", self.lab.address("nobody"), "--publish-server", self.at,
                               *SHORT)
        self.assertEqual(event["event"], 12294)

    def test_attempts_leave_no_descriptors_behind(self):
        def descriptors():
            return len(self.lab.check("kms1", ["ls", f"/proc/{process.pid}/fd"]).split())
        self.misbehaving("silent")
        process = self.start("--publish", "open.test", "--publish-timeout", "0.01", "--publish-interval", "1s")
        self.publications(process)
        first = descriptors()
        self.publications(process, count=3)
        self.assertEqual(descriptors(), first)

    def test_the_host_ends_at_once_while_it_waits_for_a_server(self):
        process = self.start("--publish", "open.test", "--publish-timeout", "30", "--publish-server", self.lab.address("nobody"))
        self.assertEqual(process.stop(timeout=5), 0)


if __name__ == "__main__":
    unittest.main()

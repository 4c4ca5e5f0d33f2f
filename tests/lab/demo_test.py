"""scripts/demo, the first thing that a newcomer sees: in a lab, and where there can be none.

Needs the built tools in $DIAG_BIN_DIR, and a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip).
"""
import os
import re
import subprocess
import time
import unittest

import lab

# Inside a user namespace that may hold no network namespaces: as on systems that permit none.
WITHOUT_NAMESPACES = ["unshare", "--user", "--map-root-user", "sh", "-c",
                      "echo 0 >/proc/sys/user/max_net_namespaces; exec \"$0\" \"$@\""]


@unittest.skipIf(os.environ.get("DIAG_NO_LAB"), "DIAG_NO_LAB is set")
class Demo(unittest.TestCase):
    def run_demo(self, *wrapper):
        environment = os.environ | {"DIAG_BIN_DIR": str(lab.BIN)}
        done = subprocess.run([*wrapper, lab.ROOT / "scripts/demo"], capture_output=True, text=True, check=False, env=environment,
                              timeout=lab.LIMIT_S)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done

    def test_it_shows_a_sound_host_a_wrong_clock_and_a_firewall_within_ten_seconds(self):
        began = time.monotonic()
        done = self.run_demo()
        self.assertLess(time.monotonic() - began, 10)
        commands = re.findall(r"^\$ (kms-\w+(?: ato| dlv)?)", done.stdout, re.M)
        self.assertEqual(commands, ["kms-probe", "kms-check ato", "kms-check dlv"] * 2 + ["kms-probe", "kms-check ato", "kms-decode"])
        for text in ("Product activated successfully.", "0xC004F06C", "KMS-CONNECT-NO-ANSWER"):
            self.assertIn(text, done.stdout)
        self.assertTrue(done.stdout.splitlines()[-1].startswith("demo: all as expected."))

    def test_without_namespaces_it_says_so_and_shows_what_can_be_shown_on_loopback(self):
        done = self.run_demo(*WITHOUT_NAMESPACES)
        self.assertRegex(done.stderr, "^demo: no namespaces can be made here")
        self.assertIn("KMS-CONNECT-REFUSED", done.stdout)
        self.assertTrue(done.stdout.splitlines()[-1].startswith("demo: all as expected."))

    def test_without_built_tools_it_says_how_to_build_them(self):
        broken = ["env", "DIAG_BIN_DIR=/nonexistent"]
        done = subprocess.run([*broken, lab.ROOT / "scripts/demo"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("scripts/run builds them", done.stderr)


if __name__ == "__main__":
    unittest.main()

"""scripts/include-graph: finds what it must find and is quiet about the rest."""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "scripts", "include-graph")


def run(files, *options):
    """Run the script over a tree of {path: text}; returns (status, standard output, standard error)."""
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        done = subprocess.run([sys.executable, "-B", SCRIPT, "--root", root, *options], capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr


class IncludeGraph(unittest.TestCase):
    def refused(self, path, include, complaint):
        status, _, errors = run({path: f"#pragma once\n\n#include {include}\n"})
        self.assertEqual(status, 1, f"{path} may include {include}")
        self.assertIn(f"{path}:3: ", errors)
        self.assertIn(complaint, errors)

    def accepted(self, path, include):
        status, _, errors = run({path: f"#include {include}\n"})
        self.assertEqual((status, errors), (0, ""))

    def test_the_project_itself_passes(self):
        done = subprocess.run([sys.executable, "-B", SCRIPT], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_upward_includes_are_found_with_file_and_line(self):
        self.refused("libdiag/base/hex.h", '"libdiag/wire/reader.h"', "base may not include wire")
        self.refused("libdiag/stream/flow.cpp", '"libdiag/proto/tcp/tcp.h"', "stream may not include proto/tcp")
        self.refused("libdiag/dissect/table.h", '"libdiag/check/finding.h"', "dissect may not include check")
        self.refused("libdiag/check/rules.h", '"libdiag/report/text.h"', "check may not include report")
        self.refused("libdiag/capture/reader.h", '"libdiag/dissect/table.h"', "capture may not include dissect")

    def test_protocols_do_not_know_each_other(self):
        self.refused("libdiag/proto/kms/message.h", '"libdiag/proto/dcerpc/header.h"', "proto/kms may not include")
        self.refused("libdiag/proto/dns/message.h", '"libdiag/proto/ip/ipv4.h"', "proto/dns may not include")
        self.accepted("libdiag/proto/tcp/checksum.cpp", '"libdiag/proto/ip/checksum.h"')

    def test_reports_do_not_know_protocols(self):
        self.refused("libdiag/report/json.cpp", '"libdiag/proto/kms/message.h"', "report may not include proto/kms")

    def test_nothing_includes_tools_or_a_bare_name(self):
        self.refused("libdiag/check/rules.cpp", '"tools/kms-decode/options.h"', "is not of the form")
        self.refused("libdiag/wire/reader.cpp", '"reader.h"', "is not of the form")

    def test_only_the_layer_with_the_sandbox_may_use_libevtx(self):
        for header in ("<libevtx.h>", "<libbfio.h>", "<sys/wait.h>"):
            self.accepted("libdiag/eventlog/evtx_records.cpp", header)
            self.refused("libdiag/windows/events.cpp", header, "does no input or output")
        self.refused("libdiag/windows/events.h", '"libdiag/eventlog/sandbox.h"', "windows may not include eventlog")

    def test_cli_stays_within_its_process(self):
        for header in ("<unistd.h>", "<poll.h>", "<csignal>", "<boost/program_options/parsers.hpp>"):
            self.accepted("libdiag/cli/output.cpp", header)
            self.refused("libdiag/report/text.cpp", header, "does no input or output")
        self.refused("libdiag/cli/output.cpp", "<sys/socket.h>", "stays within its process")
        self.refused("libdiag/cli/output.h", '"libdiag/net/clock.h"', "cli may not include net")

    def test_only_capture_and_net_touch_the_world(self):
        self.refused("libdiag/dissect/live.cpp", "<pcap/pcap.h>", "does no input or output")
        self.refused("libdiag/proto/dns/ask.cpp", "<sys/socket.h>", "does no input or output")
        self.accepted("libdiag/capture/live.cpp", "<pcap/pcap.h>")

    def test_downward_includes_pass(self):
        self.accepted("libdiag/report/json.cpp", '"libdiag/check/finding.h"')
        self.accepted("libdiag/dissect/conversation.h", '"libdiag/proto/dcerpc/header.h"')
        self.accepted("libdiag/proto/kms/catalogue.cpp", '"libdiag/data/table.h"')
        self.accepted("libdiag/stream/assembler.cpp", '"libdiag/stream/assembler.h"')

    def test_an_unknown_layer_is_named(self):
        self.refused("libdiag/misc/helpers.h", "<vector>", "'misc' is no layer")

    def test_an_empty_tree_is_not_a_pass(self):
        status, _, errors = run({"README.md": ""})
        self.assertEqual(status, 1)
        self.assertIn("no C++ files", errors)

    def test_dot_names_every_edge_once(self):
        text = '#include "libdiag/check/finding.h"\n#include "libdiag/check/rules.h"\n'
        status, output, _ = run({"libdiag/report/text.cpp": text}, "--dot")
        self.assertEqual(status, 0)
        self.assertEqual(output.count('"report" -> "check";'), 1)


if __name__ == "__main__":
    unittest.main()

"""bench/harness.py: programs take turns, figures are what was measured, and captures are kept as long as they are true."""
import collections
import json
import os
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
import harness  # noqa: E402

# Stands in for bench/measure: notes what it was told to run, and reports the status and time that the command names.
MEASURER = """#!/bin/sh
echo "$1" >>"$(dirname "$0")/turns"
echo "a line of the program" >&2
printf '{"status": %s, "wall_s": %s, "cpu_s": 0.5, "peak_kib": 2048}\\n' "$2" "$3" >&2
"""
# Stands in for bench/make_captures: counts its runs.
GENERATOR = """#!/bin/sh
echo made >>"$(dirname "$0")/made"
printf capture >"$3"
echo '{"file_size": 7, "kms_conversations": 3}'
"""


class BenchHarness(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for path, text in {"bin/kms-decode": "#!/bin/sh\n", "bench/measure": MEASURER, "bench/make_captures": GENERATOR}.items():
            whole = os.path.join(self.folder, path)
            os.makedirs(os.path.dirname(whole), exist_ok=True)
            with open(whole, "w", encoding="utf-8") as file:
                file.write(text)
            os.chmod(whole, 0o755)
        self.harness = harness.Harness(ROOT, self.folder, os.path.join(self.folder, "captures"))
        self.addCleanup(setattr, harness, "say", harness.say)
        harness.say = lambda text: None

    def lines_of(self, path):
        with open(os.path.join(self.folder, path), encoding="utf-8") as file:
            return file.read().split()

    def test_programs_take_turns_behind_a_warm_up(self):
        programs = [harness.Program("a", ["A", "0", "1.5"]), harness.Program("b", ["B", "0", "3"])]
        figures = self.harness.compete(programs, 2)
        self.assertEqual(self.lines_of("bench/turns"), ["A", "B", "A", "B", "A", "B"])
        self.assertEqual((figures["a"].rounds, figures["a"].wall_s, figures["b"].wall_s), (2, 1.5, 3))
        self.assertEqual(figures["a"].peak_mib, 2)

    def test_a_slow_program_runs_once_and_is_not_warmed_up(self):
        programs = [harness.Program("a", ["A", "0", "1"]), harness.Program("slow", ["S", "0", "9"], once=True)]
        figures = self.harness.compete(programs, 3)
        self.assertEqual(self.lines_of("bench/turns").count("S"), 1)
        self.assertEqual(figures["slow"].rounds, 1)

    def test_an_unexpected_status_is_an_error_with_the_programs_own_words(self):
        with self.assertRaisesRegex(harness.BenchError, "status 3\na line of the program"):
            self.harness.run_once(harness.Program("a", ["A", "3", "1"], statuses=(0, 1, 2)))

    def test_a_program_that_is_not_built_is_named(self):
        with self.assertRaisesRegex(harness.BenchError, "kms-decode is not built"):
            harness.Harness(ROOT, os.path.join(self.folder, "nowhere"), self.folder)

    def test_a_capture_is_made_once(self):
        path, contents = self.harness.capture("mixed", 1)
        self.assertEqual(self.harness.capture("mixed", 1), (path, contents))
        self.assertEqual((self.lines_of("bench/made"), contents["kms_conversations"]), (["made"], 3))

    def test_a_capture_that_was_cut_or_made_by_other_sources_is_made_again(self):
        path, _ = self.harness.capture("mixed", 1)
        with open(path, "w", encoding="utf-8") as file:
            file.write("cut")
        self.harness.capture("mixed", 1)
        with open(path + ".json", "w", encoding="utf-8") as file:
            json.dump({"file_size": 7, "generator": "an older one"}, file)
        self.harness.capture("mixed", 1)
        self.assertEqual(len(self.lines_of("bench/made")), 3)

    def test_exchanges_and_outcomes_are_counted_without_being_parsed(self):
        lines = [
            b'{"client": {}, "exchanges": [{"hresult": "0x00000000"}, {"hresult":"0xC004F042"}], "outcome": "refused"}\n',
            b'{"client": {}, "exchanges": [{"request": {"workstation_name": "\\"hresult\\": \\"x\\""}, "hresult": "0x0"}], '
            b'"outcome": "complete"}\n',
            b'{"client": {}, "exchanges": [], "outcome": "not_rpc"}\n',
        ]
        self.assertEqual(harness.count_lines(lines), (2, 3, collections.Counter(refused=1, complete=1)))


if __name__ == "__main__":
    unittest.main()

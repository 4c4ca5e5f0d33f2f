"""Every folder here is a case: all of its evidence goes to kms-decode at once, and the verdict has to be the expected one.

What is expected is from the sources that the README of each folder names, never from the tool. README.md of this folder has the
fields of expected.json.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from evidence import FOLDERS, arguments

HERE = pathlib.Path(__file__).parent
TOOL = os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")


def expected_of(folder):
    return json.loads((folder / "expected.json").read_text(encoding="utf-8"))


def files_below(folder, root=None):
    return {str(path.relative_to(root or folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def documents_of(folder):
    """What the tool says of all evidence, and its exit status."""
    done = subprocess.run([TOOL, "--json", *arguments(folder)], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          encoding="utf-8", timeout=60, check=False)
    return [json.loads(line) for line in done.stdout.splitlines()], done.returncode, done.stderr


def is_trouble(finding):
    return finding["severity"] in ("warning", "critical")


def causes_of(documents):
    """The findings that the verdict names as causes, in its order; without a verdict those of the one document that has any."""
    verdicts = [document for document in documents if document["kind"] == "verdict"]
    if verdicts:
        return [cause["finding"] for cause in verdicts[-1]["causes"]]
    told, seen = [], set()
    for document in documents:
        for finding in document.get("findings", []):
            key = finding["id"], finding["target"]
            if is_trouble(finding) and not finding.get("because_of") and key not in seen:
                seen.add(key)
                told.append(finding)
    return told


def consequences_of(documents, cause):
    """The ids below a cause: those of the verdict, or what the one document says to be because of it."""
    for document in documents:
        if document["kind"] == "verdict":
            below = [told["consequences"] for told in document["causes"] if told["finding"]["id"] == cause]
            return [consequence["finding"]["id"] for consequences in below for consequence in consequences]
    findings = [finding for document in documents for finding in document.get("findings", [])]
    return [finding["id"] for finding in findings if finding.get("because_of") == cause]


class Scenario(unittest.TestCase):
    maxDiff = None

    def check(self, folder):
        expected = expected_of(folder)
        documents, status, errors = documents_of(folder)
        causes = causes_of(documents)
        told = [cause["id"] for cause in causes]
        wanted = [cause["id"] for cause in expected["causes"]]
        if wanted:
            self.assertEqual(told[:1], wanted[:1], "the top cause")
            self.check_details(causes, expected)
        self.assertEqual(sorted(told), sorted(wanted), "all causes")
        for finding in expected.get("not", []):
            self.assertNotIn(finding, told)
        if "below" in expected:
            self.check_below(documents, expected)
        if not wanted:
            alarms = [finding["id"] for document in documents for finding in document.get("findings", []) if is_trouble(finding)]
            self.assertEqual(alarms, [], "no alarm")
        self.assertEqual(status, expected["exit_status"], errors)
        self.check_all_was_read(folder, documents)
        self.assertEqual(errors, "")

    def check_below(self, documents, expected):
        """What only somebody else sees of the fault stands below its cause, and is not forgotten."""
        told = consequences_of(documents, expected["causes"][0]["id"])
        for finding in expected["below"]:
            self.assertIn(finding, told)

    def check_all_was_read(self, folder, documents):
        """No evidence is left out silently: each file has a document of its own."""
        read = {document[key] for document in documents for key in ("capture", "source") if isinstance(document.get(key), str)}
        logs = [log for document in documents if document["kind"] == "events" for log in document["logs"]]
        read |= {log["log"] for log in logs if log["event_count"] > 0 and log["unreadable_count"] == 0}
        given = {word for word in arguments(folder) if not word.startswith("--")}
        self.assertLessEqual(given, read)

    def check_details(self, causes, expected):
        for wanted in expected["causes"]:
            same = [cause for cause in causes if cause["id"] == wanted["id"]]
            self.assertTrue(same, f"{wanted['id']} is no cause")
            if "target" in wanted:
                self.assertIn(wanted["target"], [cause["target"] for cause in same], wanted["id"])
        if "windows_code" in expected:
            self.assertEqual(causes[0]["windows_code"], expected["windows_code"])
        if "inner_code" in expected:
            self.assertEqual(causes[0]["inner_code"], expected["inner_code"])


class Table(unittest.TestCase):
    """The table as a whole."""

    def test_is_what_make_scenarios_writes(self):
        with tempfile.TemporaryDirectory() as scratch:
            subprocess.run([sys.executable, "-B", HERE / "make_scenarios.py", scratch], check=True, timeout=120)
            self.assertEqual(files_below(pathlib.Path(scratch)), {
                name: data for folder in FOLDERS for name, data in files_below(folder, HERE).items()})

    def test_has_sixty_faults_ten_of_them_double_and_twenty_healthy(self):
        counts = [len(expected_of(folder)["causes"]) for folder in FOLDERS]
        self.assertGreaterEqual(sum(count > 0 for count in counts), 60)
        self.assertGreaterEqual(sum(count == 2 for count in counts), 10)
        self.assertGreaterEqual(sum(count == 0 for count in counts), 20)

    def test_each_folder_has_a_readme_of_three_lines_and_evidence(self):
        for folder in FOLDERS:
            with self.subTest(folder.name):
                lines = (folder / "README.md").read_text(encoding="utf-8").splitlines()
                self.assertEqual(len(lines), 3)
                self.assertTrue(all(line.strip() for line in lines))
                self.assertTrue(arguments(folder))

    def test_each_expected_id_is_one_of_the_catalogue(self):
        ids = (HERE.parent.parent / "docs" / "findings" / "ids.csv").read_text(encoding="utf-8")
        known = {line.split(",")[0] for line in ids.splitlines()}
        for folder in FOLDERS:
            for cause in expected_of(folder)["causes"]:
                self.assertIn(cause["id"], known, folder.name)


def add_cases():
    for folder in FOLDERS:
        claim = "test_" + folder.name.replace("-", "_")
        setattr(Scenario, claim, lambda self, folder=folder: self.check(folder))


add_cases()

if __name__ == "__main__":
    unittest.main()

"""share/completions/ is what the programs say of their options; scripts/update-docs writes it anew.

Needs the built programs in $DIAG_BIN_DIR, and bash. With DIAG_UPDATE=1 in the environment it writes the files before it
compares them.
"""
import os
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = os.environ.get("DIAG_BIN_DIR", "")
FOLDER = ROOT / "share/completions"
sys.path.insert(0, str(ROOT / "scripts"))
import make_completions  # noqa: E402


def completed(tool, *words):
    """What bash offers for the last of the words."""
    script = (f"source '{FOLDER}/bash/{tool}'; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _{tool.replace('-', '_')}; "
              "printf '%s\\n' \"${COMPREPLY[@]}\"")
    done = subprocess.run(["bash", "-c", script, "bash", tool, *words], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.split()


class Completions(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.files = make_completions.all_files(BIN)
        if os.environ.get("DIAG_UPDATE") == "1":
            make_completions.write(cls.files, FOLDER)

    def test_the_files_are_what_the_programs_say(self):
        files = self.files
        have = {str(path.relative_to(FOLDER)): path.read_text(encoding="utf-8") for path in FOLDER.rglob("*") if path.is_file()}
        self.assertEqual(sorted(have), sorted(files))
        for name, text in files.items():
            with self.subTest(file=name):
                self.assertEqual(have[name], text, "scripts/update-docs writes it anew")

    def test_every_tool_that_is_installed_has_them(self):
        tools = {path.name for path in (ROOT / "tools").iterdir() if (path / "main.cpp").exists()}
        self.assertEqual(tools, set(make_completions.TOOLS))

    def test_bash_offers_options_values_and_words(self):
        self.assertEqual(completed("kms-explain", "--la"), ["--lang"])
        self.assertEqual(completed("kms-explain", "--lang", ""), ["en", "ja"])
        self.assertEqual(completed("kms-explain", "--format", ""), ["text", "json"])
        self.assertEqual(completed("kms-explain", "KMS-CONNECT-REF"), ["KMS-CONNECT-REFUSED"])
        self.assertEqual(completed("kms-explain", "0xC004F074"), ["0xC004F074"])
        self.assertEqual(completed("kms-probe", "--format", ""), ["text", "json", "nagios", "junit"])
        self.assertEqual(completed("kms-srv", "--fail-on", "n"), ["never"])
        self.assertEqual(completed("kms-check", "d"), ["dlv"])
        self.assertIn("README.md", completed("kms-decode", "README.m"))

    def test_an_option_of_help_with_its_value_and_a_wrapped_text_is_read(self):
        option, other = make_completions.options_of(
            "Where:\n  -p [ --port ] N            port of targets\n                             that name none\n\n  --vm      a machine\n")
        self.assertEqual((option.names(), option.value, option.text), (["-p", "--port"], "N", "port of targets that name none"))
        self.assertEqual((other.names(), other.value, other.text), (["--vm"], None, "a machine"))


if __name__ == "__main__":
    os.chdir(ROOT)
    unittest.main()

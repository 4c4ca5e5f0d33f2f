"""README.md shows the output of commands: this runs each of them and compares.

Needs the built programs in $DIAG_BIN_DIR. With DIAG_UPDATE=1 in the environment (scripts/update-golden) it writes
the output into README.md before it compares.
"""
import difflib
import os
import pathlib
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
README = ROOT / "README.md"
BEGIN, END = "<!-- example:begin -->\n", "<!-- example:end -->\n"
INDENT = "    "


def output_of(command):
    """The output of `kms-decode ...`, or of another tool, as a user in the project's folder sees it."""
    name, *arguments = shlex.split(command)
    done = subprocess.run([os.path.join(os.environ.get("DIAG_BIN_DIR", ""), name), *arguments], cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    return done.stdout.decode()


def block_of(command, output):
    lines = [f"$ {command}", *output.splitlines()]
    return "".join((INDENT + line).rstrip() + "\n" for line in lines)


class Readme(unittest.TestCase):
    maxDiff = None

    def test_each_example_is_what_its_command_prints(self):
        text, *parts = README.read_text(encoding="utf-8").split(BEGIN)
        self.assertGreaterEqual(len(parts), 2)
        for part in parts:
            shown, after = part.split(END)
            prompt = INDENT + "$ "
            first = shown.splitlines()[0]
            self.assertTrue(first.startswith(prompt), first)
            command = first.removeprefix(prompt)
            want = block_of(command, output_of(command))
            if os.environ.get("DIAG_UPDATE") == "1":
                shown = want
            text += BEGIN + shown + END + after
            difference = "\n".join(difflib.unified_diff(shown.splitlines(), want.splitlines(), "README.md", command,
                                                        lineterm=""))
            with self.subTest(command=command):
                self.assertEqual(difference, "", "scripts/update-golden rewrites the example")
        if os.environ.get("DIAG_UPDATE") == "1":
            README.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    unittest.main()

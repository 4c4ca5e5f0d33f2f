"""README.md shows the output of commands: this runs them and compares.

Needs the built programs in $DIAG_BIN_DIR. With DIAG_UPDATE=1 in the environment (scripts/update-golden) it writes
the output into README.md before it compares.
"""
import difflib
import os
import pathlib
import re
import shlex
import subprocess
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
README = ROOT / "README.md"
BEGIN, END = "<!-- example:begin -->\n", "<!-- example:end -->\n"
LIVE_BEGIN, LIVE_END = "<!-- live-example:begin -->\n", "<!-- live-example:end -->\n"
KMS_PORT = ":1688"
INDENT = "    "


def output_of(command):
    """The output of `kms-decode ...`, or of another tool, as a user in the project's folder sees it."""
    name, *arguments = shlex.split(command)
    done = subprocess.run([os.path.join(os.environ.get("DIAG_BIN_DIR", ""), name), *arguments], cwd=ROOT,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    return done.stdout.decode()


def masked(text):
    """Without what is different each time: durations."""
    return re.sub(r"[0-9.]+ (us|ms|s)\b", "TIME", text)


def live_output(host_command, command):
    """The output of a command against a host that is started first, on a free port instead of the KMS port."""
    name, *arguments = shlex.split(host_command.removesuffix(" &"))
    host = subprocess.Popen([os.path.join(os.environ.get("DIAG_BIN_DIR", ""), name), "--listen", "127.0.0.1:0", *arguments],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        port = next(found[1] for found in (re.match(r"listening on \S+(:\d+)$", line) for line in host.stderr) if found)
        return output_of(command + port).replace(port, KMS_PORT).replace(f"port {port[1:]}", f"port {KMS_PORT[1:]}")
    finally:
        host.kill()
        host.communicate()


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


    def test_the_live_example_is_what_the_command_prints_but_for_its_times(self):
        before, rest = README.read_text(encoding="utf-8").split(LIVE_BEGIN)
        shown, after = rest.split(LIVE_END)
        prompt = INDENT + "$ "
        host_command, command = (line.removeprefix(prompt) for line in shown.splitlines()[:2])
        output = live_output(host_command, command)
        want = f"{prompt}{host_command}\n" + block_of(command, output)
        if os.environ.get("DIAG_UPDATE") == "1" and masked(shown) != masked(want):
            README.write_text(before + LIVE_BEGIN + want + LIVE_END + after, encoding="utf-8")
            shown = want
        self.assertIn("KMS-", output)
        self.assertEqual(masked(shown), masked(want), "scripts/update-golden rewrites the example")


if __name__ == "__main__":
    unittest.main()

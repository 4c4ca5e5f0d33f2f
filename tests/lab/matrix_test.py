"""The fault matrix: each row of matrix.py is made in the lab, and every tool says what the row has, to the code.

    matrix_test.py                        all cases
    matrix_test.py Matrix -k wrong_time   some
    matrix_test.py --list                 what there is, as docs/fault-matrix.md shows it

For each case kms-probe, kms-probe --request and kms-check ato run at the same time from `client`, while its packets are
captured; kms-decode has to find the same in these packets, conversation by conversation. Needs the built tools in
$DIAG_BIN_DIR, and a system on which scripts/lab works (or DIAG_NO_LAB=1, to skip).
"""
import csv
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import lab
import matrix
from matrix import HEALTHY, UNSEEN

CMID = "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13"
SEVERITIES = ("info", "warning", "critical")
PAGE = lab.ROOT / "docs/fault-matrix.md"


def as_choices(want):
    """Most cases have one right answer."""
    return want if isinstance(want, tuple) and not isinstance(want, matrix.Verdict) else (want,)


def text_of(want):
    return " or ".join(" ".join(map(str, choice[:-1])) if isinstance(choice, matrix.Verdict) else choice or "no finding above info"
                       for choice in as_choices(want))


def said(findings, want):
    """The deciding finding as a verdict without source; None for a subject without warnings.

    Of several as grave the first counts, as for users. One that is mere information only counts where it is wanted.
    """
    if not findings:
        return None
    worst = max((finding["severity"] for finding in findings), key=SEVERITIES.index)
    ids = [choice.id for choice in as_choices(want) if isinstance(choice, matrix.Verdict)]
    for finding in findings:
        if finding["severity"] == worst and (worst != "info" or finding["id"] in ids):
            return finding["id"], finding["stage"], finding["windows_code"], finding["inner_code"]
    return None


def locals_of(document):
    """The client's endpoints in the JSON of a tool, wherever they stand."""
    if isinstance(document, dict):
        if isinstance(document.get("local"), str):
            yield document["local"]
        document = list(document.values())
    if isinstance(document, list):
        for value in document:
            yield from locals_of(value)


def endpoint_text(endpoint):
    ip = endpoint["ip"]
    return f"[{ip}]:{endpoint['port']}" if ":" in ip else f"{ip}:{endpoint['port']}"


def is_of_case(document):
    """Not what the system still sends for connections of the case before, nor the endpoint mapper of --epm."""
    if document["kind"] == "dns":
        return True
    return document["kind"] == "conversation" and document["tcp"]["syn_count"] > 0 and document["host"]["port"] != 135


class Tools:
    """The tools in one case: how they are called, and what came of it."""

    def __init__(self, case, network):
        family = [f"-{case.family}"] if case.family else []
        common = ["--json", "--timeout", case.timeout, *family]
        request = [*common, "--cmid", CMID, *case.client, case.target]
        self.lab = network
        self.commands = {
            "kms-probe": ["kms-probe", *common, *case.probe, case.target],
            "kms-probe --request": ["kms-probe", "--request", *request],
            "kms-check ato": ["kms-check", "ato", *request],
        }
        if case.domain:
            self.commands = {"kms-check ato": ["kms-check", "ato", *request[:-1], "--domain", case.domain]}
        self.documents = {}

    def run(self, capture):
        with self.lab.capture("client", capture):
            started = {name: self.lab.popen("client", command, cwd=lab.ROOT) for name, command in self.commands.items()}
            for name, process in started.items():
                status = process.wait()
                if status not in (0, 1, 2):
                    raise lab.LabError(f"{name}: status {status}: {process.errors}")
                self.documents[name] = json.loads(process.output.splitlines()[-1])
        decoded = self.lab.run("client", ["kms-decode", "--json", capture])
        if decoded.returncode not in (0, 1, 2):
            raise lab.LabError(f"kms-decode: status {decoded.returncode}: {decoded.stderr}")
        return [json.loads(line) for line in decoded.stdout.splitlines()]

    def is_requesting(self, conversation):
        """Whether it is one of those that send a request. One that ends before it looks like a bind alone, and is judged alike."""
        local = endpoint_text(conversation["client"])
        if local in locals_of(self.documents.get("kms-probe")):
            return False
        return local in locals_of(self.documents.get("kms-probe --request")) or "request" in (p["type"] for p in conversation["pdus"])


class Matrix(lab.LabCase):
    """One test for each case: matrix.py makes the rows, `add_cases` the methods."""

    maxDiff = None

    def run_case(self, case):
        if case.serves:
            self.lab.refhost("kms1", *matrix.host_arguments(case))
        if case.network is not None:
            case.network(self.lab)
        tools = Tools(case, self.lab)
        with tempfile.TemporaryDirectory() as folder:
            self.capture = pathlib.Path(folder, "case.pcap")
            conversations = tools.run(self.capture)
            for name, document in tools.documents.items():
                with self.subTest(tool=name):
                    self.check(document["findings"], case.bind if name == "kms-probe" else case.request)
            if case.evidence:
                self.assertRegex("\n".join(tools.documents["kms-probe"]["findings"][0]["evidence"]), case.evidence)
            self.check_capture(case, [c for c in conversations if is_of_case(c)], tools)

    def check_capture(self, case, conversations, tools):
        """kms-decode reaches the same from the packets."""
        groups = {"dns": [], "request": []} if case.domain else {"bind": [], "request": []}
        for conversation in conversations:
            if conversation["kind"] == "dns":
                kind = "dns"
            else:
                kind = "request" if case.domain or tools.is_requesting(conversation) else "bind"
            groups[kind].append(conversation)
        for kind, group in groups.items():
            want = case.captured.get(kind, case.bind if kind == "bind" else case.request)
            if case.domain and kind == "request" and want is not HEALTHY and kind not in case.captured:
                want = UNSEEN  # DNS names no host
            with self.subTest(tool="kms-decode", conversations=kind):
                if want == UNSEEN:
                    self.assertEqual(group, [])
                    continue
                self.assertTrue(group, "no conversation in the capture")
                worst = max(group, key=lambda c: max((SEVERITIES.index(f["severity"]) for f in c["findings"]), default=-1))
                self.check(worst["findings"], want)

    def check(self, findings, want):
        got = said(findings, want)
        choices = [choice if choice is None else tuple(choice[:-1]) for choice in as_choices(want)]
        if got not in choices:
            seen = [(f["id"], f["inner_code"], f["title"], f["evidence"]) for f in findings]
            self.fail(f"said {got}, wanted {text_of(want)}; all findings: {json.dumps(seen, indent=1)}\n{self.packets()}")

    def packets(self):
        """What passed the client's interface, for whoever has to find out why a case failed."""
        return subprocess.run(["tshark", "-r", self.capture], capture_output=True, text=True, check=False).stdout


def add_cases():
    for case in matrix.CASES:
        def method(self, case=case):
            self.run_case(case)
        method.__doc__ = case.name
        setattr(Matrix, "test_" + re.sub(r"\W+", "_", case.name).strip("_"), method)


add_cases()


def codes_of(choice):
    return [choice.windows or "none", choice.inner or "none"] if isinstance(choice, matrix.Verdict) else ["none", "none"]


def page():
    """docs/fault-matrix.md."""
    lines = ["<!-- Generated from tests/lab/matrix.py by scripts/update-docs; change the cases, not this page. -->",
             "# Fault matrix", "",
             "What the tools say of each fault, and which codes a Windows client shows for it. `tests/lab/matrix_test.py` makes every",
             "row in the lab ([lab.md](lab.md)) and holds kms-probe, kms-check and kms-decode to it; where the codes come from stands",
             f"in `tests/lab/matrix.py`. There are {len(matrix.CASES)} cases.", "",
             "*Bind* is what a probe that sends no request says (`kms-probe`), *request* what `kms-probe --request` and `kms-check",
             "ato` say. *Shown* is the code that the client shows at the end, *12288* the one of that event for this host."]
    for group, cases in matrix.GROUPS.items():
        lines += ["", f"## {group}", "", "| case | bind | request | stage | shown | 12288 |", "|---|---|---|---|---|---|"]
        notes = []
        for case in cases:
            lines.append("| " + " | ".join(row_of(case, notes)) + " |")
        if notes:
            lines.append("")
        lines += [f"{number}. {note}." for number, note in enumerate(notes, 1)]
    return "\n".join(lines) + "\n"


def finding_text(want):
    return " or ".join(f"[{c.id}](findings/{c.id}.md)" if isinstance(c, matrix.Verdict) else "–" for c in as_choices(want))


def captured_text(case):
    parts = []
    for kind, want in case.captured.items():
        what = "nothing" if want == UNSEEN else " or ".join(c.id if c else "no finding" for c in as_choices(want))
        parts.append(f"{kind}: {what}")
    return f"; kms-decode says of the {', of the '.join(parts)}" if parts else ""


def request_text(case):
    return "the same" if case.request == case.bind and case.bind is not HEALTHY else finding_text(case.request)


def row_of(case, notes):
    decides = next((c for want in (case.request, case.bind) for c in as_choices(want) if isinstance(c, matrix.Verdict)), None)
    mark = ""
    if case.note:
        note = case.note + captured_text(case)
        if note not in notes:
            notes.append(note)
        mark = f" ({notes.index(note) + 1})"
    stage = decides.stage if decides else "–"
    return [case.name.replace("|", "\\|") + mark, "" if case.domain else finding_text(case.bind), request_text(case), stage,
            *(code if code != "none" else "–" for code in codes_of(decides))]


class Data(unittest.TestCase):
    """The table itself."""

    def test_names_are_unique(self):
        names = [case.name for case in matrix.CASES]
        self.assertEqual(sorted(set(names)), sorted(names))
        self.assertEqual(len([name for name in dir(Matrix) if name.startswith("test_")]), len(names))

    def test_each_fault_of_the_host_strikes_at_each_stage_where_it_can(self):
        """Where it can is said when it is told to strike at `nowhere`; the first stage is the one unless told."""
        listed = self.refhost("list").stdout
        had = {argument for case in matrix.CASES for argument in case.host}
        for line in listed.splitlines():
            name, argument = re.match(r"([\w-]+)(:)?", line).groups()  # [:ARGUMENT] has a default
            error = self.refhost(f"{name}{':1' if argument else ''}@nowhere").stderr
            for number, stage in enumerate(re.search(r"stage \((.*?)\)", error)[1].split(", ")):
                pattern = f"{name}(:[^@]+)?(@{stage}|$)" if number == 0 else f"{name}(:[^@]+)?@{stage}"
                with self.subTest(f"{name} at {stage}"):
                    self.assertTrue(any(re.fullmatch(pattern, fault) for fault in had))

    @staticmethod
    def refhost(fault):
        return subprocess.run([lab.BIN / "kms-refhost", "--fault", fault], capture_output=True, text=True, check=False, timeout=lab.LIMIT_S)

    def test_codes_are_those_of_the_table_of_errors(self):
        """A source `errors.csv CODE` is a row, and `CODE -> CODE` says the same as the symbol of the row does."""
        with open(lab.ROOT / "libdiag/data/errors.csv", encoding="utf-8", newline="") as file:
            symbols = {row["code"]: row["symbol"] for row in csv.DictReader(file)}
        for verdict in verdicts():
            for code, shown in re.findall(r"errors\.csv (\S+)(?: -> (\S+))?", verdict.source):
                with self.subTest(verdict.source):
                    self.assertIn(code, symbols)
                    self.assertEqual(verdict.inner if shown else None, shown or None)
                    if shown:
                        self.assertIn(symbols[code].partition("-> ")[2].split(" ")[0], symbols[shown])

    def test_verdicts_that_differ_have_a_reason(self):
        for case in matrix.CASES:
            if case.captured or any(len(as_choices(want)) > 1 for want in (case.bind, case.request)):
                self.assertTrue(case.note, case.name)

    def test_each_finding_has_a_page(self):
        for verdict in verdicts():
            self.assertTrue((lab.ROOT / "docs/findings" / f"{verdict.id}.md").is_file(), verdict.id)

    def test_the_page_is_what_the_table_says(self):
        self.assertEqual(PAGE.read_text(encoding="utf-8"), page(), "scripts/update-docs writes it anew")


def verdicts():
    wants = [want for case in matrix.CASES for want in (case.bind, case.request, *case.captured.values())]
    return {choice for want in wants for choice in as_choices(want) if isinstance(choice, matrix.Verdict)}


if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        sys.stdout.write(page())
    elif sys.argv[1:] == ["--update"]:
        PAGE.write_text(page(), encoding="utf-8")
    else:
        unittest.main()

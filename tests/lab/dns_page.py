"""docs/dns-fault-matrix.md: the cases of dns_matrix.py for readers. dns_matrix_test.py writes it and holds it to the table."""
import lab
from dns_matrix import CASES, FAULTS, GROUPS
from dns_verdicts import HEALTHY, UNSEEN

PAGE = lab.ROOT / "docs/dns-fault-matrix.md"

HEAD = f"""<!-- Generated from tests/lab/dns_matrix.py by scripts/update-docs; change the cases, not this page. -->
# DNS fault matrix

What the tools say of each mistake in the publication of a KMS host, and which codes a Windows client shows for it.
`tests/lab/dns_matrix_test.py` makes every row in the lab ([lab.md](lab.md)), with BIND, Knot DNS, dnsmasq and servers that
misbehave. It holds `kms-srv` to the row, a client that activates (`kms-check ato`) to the codes, and `kms-decode` to what it
finds in the packets of both. Where the codes come from stands in `tests/lab/dns_verdicts.py`. There are {len(FAULTS)} faults and
{len(CASES) - len(FAULTS)} healthy cases.

*Packets* are what `kms-decode` says of a capture. *Shown* is the code that the client shows at the end, *12288* the one of that
event for the host. Where packets tell less than `kms-srv` says, a note has the reason."""


def page():
    lines = [HEAD]
    for group, cases in GROUPS.items():
        notes = []
        table = ["| " + " | ".join(row_of(case, notes)) + " |" for case in cases]
        lines += ["", f"## {group}", "", "| case | kms-srv | packets of the client | packets of kms-srv | shown | 12288 |",
                  "|---|---|---|---|---|---|", *table]
        lines += [""] * bool(notes) + [f"{number}. {note}." for number, note in enumerate(notes, 1)]
    return "\n".join(lines) + "\n"


def finding_text(verdict):
    return "–" if verdict is HEALTHY else f"[{verdict.id}](findings/{verdict.id}.md)"


def captured_text(case, verdict):
    if verdict == UNSEEN:
        return "nothing"
    return "the same" if verdict == case.want and case.want is not HEALTHY else finding_text(verdict)


def row_of(case, notes):
    mark = ""
    if case.why:
        if case.why not in notes:
            notes.append(case.why)
        mark = f" ({notes.index(case.why) + 1})"
    shown = case.shown()
    codes = (None, None) if shown is HEALTHY else (shown.windows, shown.inner)
    captured = (captured_text(case, verdict) for verdict in case.captured())
    return [case.text + mark, finding_text(case.want), *captured, *(code or "–" for code in codes)]

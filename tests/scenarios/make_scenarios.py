#!/usr/bin/env python3
"""usage: make_scenarios.py [FOLDER]

Writes the folders of tests/scenarios anew, there or in FOLDER, from the table in the scenario_*.py modules, from captures/ and
from tests/slmgr/samples.
The expectations are part of the table: nothing here runs a tool.
"""
import csv
import json
import pathlib
import shutil
import sys

import packets
import scenario_apart
import scenario_captures
import scenario_dns
import scenario_double
import scenario_events
import scenario_hard
import scenario_healthy
import scenario_long
import scenario_mixed
import scenario_more
import scenario_saved

HERE = pathlib.Path(__file__).parent
MODULES = (scenario_captures, scenario_dns, scenario_events, scenario_saved, scenario_double, scenario_mixed, scenario_hard,
           scenario_more, scenario_apart, scenario_long, scenario_healthy)
EXIT_STATUS = {"info": 0, "warning": 1, "critical": 2}


def severities():
    with open(HERE.parent.parent / "docs" / "findings" / "ids.csv", encoding="utf-8") as file:
        return {row["id"]: row["severity"] for row in csv.DictReader(file)}


def expected_of(scenario, severity):
    status = max((EXIT_STATUS[severity[cause["id"]]] for cause in scenario.causes), default=0)
    if scenario.exit_status is not None:
        status = scenario.exit_status
    out = {"causes": scenario.causes}
    optional = {"windows_code": scenario.windows, "inner_code": scenario.inner, "not": list(scenario.never),
                "below": list(scenario.below)}
    for key, value in optional.items():
        if value:
            out[key] = value
    return out | {"exit_status": status}


def write(scenario, severity, root):
    folder = root / scenario.name
    folder.mkdir()
    (folder / "README.md").write_text("\n".join(scenario.lines) + "\n", encoding="utf-8")
    expected = json.dumps(expected_of(scenario, severity), indent=1)
    (folder / "expected.json").write_text(expected + "\n", encoding="utf-8")
    for name, contents in scenario.files.items():
        if isinstance(contents, list):
            packets.write_pcap(folder / name, contents)
        elif isinstance(contents, pathlib.Path):
            shutil.copyfile(contents, folder / name)
        elif isinstance(contents, bytes):
            (folder / name).write_bytes(contents)
        else:
            (folder / name).write_text(contents, encoding="utf-8")


def main(root=HERE):
    for old in root.iterdir():
        if (old / "expected.json").exists():
            shutil.rmtree(old)
    severity = severities()
    for module in MODULES:
        for scenario in module.scenarios():
            write(scenario, severity, root)


if __name__ == "__main__":
    main(*map(pathlib.Path, sys.argv[1:2]))

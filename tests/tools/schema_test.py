#!/usr/bin/env python3
"""Hold what kms-decode --json prints against docs/schema/kms-decode.schema.json.

usage: schema_test.py [--schema-only] [TOOL]

TOOL is the built program; without it $KMS_DECODE, else $DIAG_BIN_DIR/kms-decode. Three things are checked:
  * the schema accepts what is known of every capture (captures/*.expected.json, filled up with the other keys);
  * it refuses lines that are wrong in one place, so that a pass means something;
  * it accepts every line that the tool prints for captures/*.pcap, and what a schema cannot say holds, too: packet
    numbers in order, each finding as its page has it, the exit status that the findings ask for.
Closes with 'N passed, N failed'; exit status 1 if any failed, 3 if it could not work.
"""
import copy
import json
import os
import pathlib
import re
import subprocess
import sys

try:
    import jsonschema
except ImportError:
    sys.exit("schema_test.py: needs the package python3-jsonschema")

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
NOTES = {"epid_source", "host_reason", "client_findings", "client_rpc_status", "lab_key_decodable",
         "response_missing_from_capture"}
STATUS = {"info": 0, "warning": 1, "critical": 2}


def load_validator():
    schema = json.loads((ROOT / "docs/schema/kms-decode.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def schema_problems(validator, line):
    errors = sorted(validator.iter_errors(line), key=lambda e: list(map(str, e.absolute_path)))
    return [f"{'.'.join(map(str, e.absolute_path)) or 'line'}: {e.message[:160]}" for e in errors]


# ---- what is known of the captures, in the form of a printed line

def clean(truth):
    return {k: v for k, v in truth.items() if k not in NOTES and not k.endswith("_printed")}


# Some programs whose notes became the ground truth print fewer fields than the messages have.
UNTOLD = {"client_time_utc": "2026-11-23T20:09:17Z", "client_time_filetime": 134399381570000000,
          "client_machine_id": "3f1c7a52-9d4e-4b6a-8c21-5e0f9a7b6d13", "kms_message_size": 260}


def message_from(truth, extra):
    """A request or response; without its body when the truth has no more than the version."""
    message = clean(truth)
    if len(message) > 1:
        message = UNTOLD | message | extra
        if "epid" not in message:
            del message["kms_message_size"]
        if message["version"] == "4.0":
            message["mac"] = "verified"
    return message


def line_from(connection, capture):
    pdus = [{**pdu, "packet": i + 1} for i, pdu in enumerate(connection["pdus"])]
    for pdu in pdus:
        if "results" in pdu:
            pdu["results"] = [{**result, "provider_reason": None} for result in pdu["results"]]
    exchanges = []
    for truth in connection["exchanges"]:
        exchange = clean(truth)
        exchange["request"] = {"message_size": 260} | message_from(
            truth["request"], {"product": "a product", "application": None, "kms_item": None})
        if truth["response"] is not None:
            exchange["response"] = message_from(truth["response"], {"epid_parts": None})
        hresult = truth["hresult"]
        answered = hresult is not None
        exchange |= {"request_packet": 1, "response_packet": 2 if answered else None,
                     "response_ms": 0.5 if answered else None, "fault_status": None, "body_protected": False,
                     "hresult_symbol": "S_OK" if hresult == "0x00000000" else None, "checks": {"client_time": "passed"},
                     "rpc_checks": {"call_id": "not_checked"}}
        exchanges.append(exchange)
    findings = [] if connection["outcome"] == "complete" else [{
        "id": "KMS-CONNECT-REFUSED", "severity": "critical", "target": "192.0.2.10:1688", "stage": "connect",
        "title": "a title", "evidence": [], "packets": [1], "windows_code": "0xC004F074", "inner_code": None,
        "causes": ["a cause."], "remedy": ["a remedy."], "to_be_sure": "run kms-probe.", "because_of": None}]
    return {"schema_version": 1, "kind": "conversation", "capture": capture, "client": connection["client"],
            "host": connection["host"], "first_packet": 1, "last_packet": 9,
            "started_at": "2026-11-23T20:09:17.123456Z", "ended_at": "2026-11-23T20:09:18Z",
            "community_id": "1:" + "A" * 27 + "=", "part": 1, "continues": False,
            "recognized_by": "bind", "found_through": None, "tcp": {**connection["tcp"], "connect_ms": None}, "pdus": pdus,
            "exchanges": exchanges, "outcome": connection["outcome"],
            "stages": {"connect_ms": 0.1, "bind_ms": None, "request_ms": 1}, "findings": findings}


def known_lines():
    for file in sorted((ROOT / "captures").glob("*.expected.json")):
        truth = json.loads(file.read_text(encoding="utf-8"))
        for number, connection in enumerate(truth["connections"]):
            yield f"known: {truth['name']}[{number}]", line_from(connection, truth["capture"])


LOOKUP = {"server": {"ip": "2001:db8::53", "port": 53}, "query": "kms1.corp.example.test", "type": "A", "rcode": "NOERROR",
          "answers": [{"name": "kms1.corp.example.test", "type": "A", "ttl": 60, "data": "192.0.2.10"}], "packets": [3, 4],
          "transport": "udp", "end": "answered", "truncated": False, "asked_count": 1, "asked_at": "2026-11-23T20:09:17Z",
          "answer_ms": 0.2}
DNS = {"schema_version": 1, "kind": "dns", "capture": "a.pcap", "asked_by": {"ip": "192.0.2.77", "port": 40000},
       "server": {"ip": "2001:db8::53", "port": 53}, "query": "_vlmcs._tcp.corp.example.test", "type": "SRV",
       "rcode": "NOERROR", "answers": [{"name": "_vlmcs._tcp.corp.example.test", "type": "SRV", "ttl": 3600,
                                        "data": "0 100 1688 kms1.corp.example.test.", "priority": 0, "weight": 100,
                                        "port": 1688, "target": "kms1.corp.example.test"}],
       "packets": [1, 2], "asked_count": 1, "asked_at": "2026-11-23T20:09:17Z", "answer_ms": 0.2,
       "lookups": [LOOKUP | {"query": "_vlmcs._tcp.corp.example.test", "type": "SRV", "end": "no_answer", "rcode": None,
                             "answers": [], "packets": [1], "answer_ms": None}],
       "address_lookups": [LOOKUP], "probes": [],
       "connections": [{"host": {"ip": "192.0.2.10", "port": 1688}, "target": "kms1.corp.example.test", "packet": 5}],
       "findings": []}
SEEN = {"finding": None, "source": "a.pcap", "seen_count": 2}  # the finding is that of a known line
VERDICT = {"schema_version": 1, "kind": "verdict", "dropped_count": 0, "causes": [SEEN | {"consequences": [SEEN]}]}
ABOUT_ALL = {"schema_version": 1, "capture": None, "capture_count": 2, "findings": []}
CONTACT = {"at": "2026-11-23T20:09:17Z", "capture": "a.pcap", "packet": 9, "answer_packet": 10, "address": "192.0.2.77",
           "host": {"ip": "192.0.2.10", "port": 1688}, "result": "refused", "outcome": "complete", "code": "0xC004F042",
           "count": None, "required_client_count": 25, "license_status": 2, "workstation_name": "pc-1",
           "activation_id": UNTOLD["client_machine_id"], "product": None, "dns_query": None, "dns_target": None,
           "copy_count": 0}
SPAN = {"first_at": "2026-11-23T20:09:17Z", "last_at": "2026-11-23T20:09:17Z", "contact_count": 1}
CLIENT = ABOUT_ALL | SPAN | {
    "kind": "client", "client_machine_id": UNTOLD["client_machine_id"], "names": [SPAN | {"name": "pc-1"}],
    "addresses": [SPAN | {"ip": "2001:db8::77"}], "clock_difference_minutes": -3, "clock_margin_minutes": 237,
    "applications": [{"application_id": None, "application": None, "rhythm": "retrying", "interval_minutes": 120,
                      "round_count": 3, "failures_at_end": 3}], "contacts": [CONTACT]}
HOST = ABOUT_ALL | SPAN | {
    "kind": "host", "endpoint": {"ip": "192.0.2.10", "port": 1688}, "answered_count": 1, "granted_count": 0, "client_count": 1,
    "clock_least_minutes": None, "clock_most_minutes": None,
    "applications": [{"application_id": UNTOLD["client_machine_id"], "application": "Windows", "required_client_count": 25,
                      "client_count": 1, "counts": [{"at": "2026-11-23T20:09:17Z", "capture": "a.pcap", "packet": 10,
                                                     "count": 3}], "left_out_count": 0,
                      "forecast": {"kind": "reached_at", "clients_a_day": 2.5, "at": "2026-12-03T20:09:17Z"},
                      "identities": [{"kms_id": UNTOLD["client_machine_id"], "kms_item": None, "answer_count": 1,
                                      "epids": ["x"], "hwids": ["3A1C049600B60076"]}]}]}
CORRELATION = ABOUT_ALL | {"kind": "correlation", "contact_count": 3, "client_count": 2, "host_count": 1, "copy_count": 0,
                           "forgotten_count": 0, "left_out_count": 0}
CAPTURE = {"schema_version": 1, "kind": "capture", "capture": "-", "packets": 0, "bytes": 0, "findings": []}


# ---- one thing wrong

def at(*path):
    """A change of the value at this path; DELETE as the value removes it."""
    *way, last, value = path

    def change(line):
        place = line
        for step in way:
            place = place[step]
        if value is DELETE:
            del place[last]
        else:
            place[last] = value
    return change


DELETE = object()
WRONG = {
    "another schema version": at("schema_version", 2),
    "an unknown kind": at("kind", "talk"),
    "no kind": at("kind", DELETE),
    "no outcome": at("outcome", DELETE),
    "an outcome that does not exist": at("outcome", "ok"),
    "a key that the schema does not name": at("colour", "red"),
    "an address that is none": at("client", "ip", "192.0.2.777"),
    "a port above 65535": at("host", "port", 65536),
    "packet 0": at("first_packet", 0),
    "a time with an offset": at("started_at", "2026-11-23T20:09:17+01:00"),
    "a Community ID without its version": at("community_id", "A" * 27 + "="),
    "a duration as text": at("stages", "bind_ms", "1 ms"),
    "no stage request": at("stages", "request_ms", DELETE),
    "a side that is neither client nor host": at("tcp", "fin_from", ["server"]),
    "a PDU without its packet": at("pdus", 0, "packet", DELETE),
    "a bind without contexts": at("pdus", 0, "contexts", DELETE),
    "an upper-case interface": at("pdus", 0, "contexts", 0, "interface", "51C82175-844E-4750-B0D8-EC255555BC06"),
    "a bind_ack without results": at("pdus", 1, "results", DELETE),
    "a result without its own reason": at("pdus", 1, "results", 0, "provider_reason", DELETE),
    "a request PDU without opnum": at("pdus", 2, "opnum", DELETE),
    "a lower-case HRESULT": at("exchanges", 0, "hresult", "0xc004f074"),
    "an HRESULT as a number": at("exchanges", 0, "hresult", 0),
    "a refusal with data": at("exchanges", 0, "hresult", "0xC004F042"),
    "an answer without its packet": at("exchanges", 0, "response_packet", None),
    "a check that is true": at("exchanges", 0, "checks", "client_time", True),
    "a body without its workstation name": at("exchanges", 0, "request", "workstation_name", DELETE),
    "a body without its KMS id's name": at("exchanges", 0, "request", "kms_item", DELETE),
    "a body without its key field": at("exchanges", 0, "request", "application_id", DELETE),
    "version 6 without HwId": at("exchanges", 0, "response", "hwid", DELETE),
    "a lower-case HwId": at("exchanges", 0, "response", "hwid", "3a1c049600b60076"),
    "a count as text": at("exchanges", 0, "response", "count", "50"),
    "an ePID without its parts": at("exchanges", 0, "response", "epid_parts", DELETE),
    "ePID parts with a number as platform": at("exchanges", 0, "response", "epid_parts", {"platform_id": 3612}),
    "no list of findings": at("findings", DELETE),
    "a failure without a finding": at("outcome", "fault"),
}
WRONG_FINDING = {
    "an id that is not KMS-…": at("findings", 0, "id", "CONNECT-REFUSED"),
    "a severity that does not exist": at("findings", 0, "severity", "error"),
    "a stage that does not exist": at("findings", 0, "stage", "tcp"),
    "a code without 0x": at("findings", 0, "windows_code", "C004F074"),
    "no inner code": at("findings", 0, "inner_code", DELETE),
    "no causes": at("findings", 0, "causes", []),
    "evidence that is one text": at("findings", 0, "evidence", "RST"),
    "a key of its own": at("findings", 0, "hint", "none"),
    "PDUs on a connection that was refused": at("pdus", [{"from": "host", "type": "shutdown", "call_id": 0, "flags": 3,
                                                          "frag_length": 16, "packet": 1}]),
}
WRONG_DNS = {
    "the key client, which marks conversations": at("client", {"ip": "192.0.2.77", "port": 1}),
    "an SRV record without target": at("answers", 0, "target", DELETE),
    "an address record with a port": at("answers", 0, "type", "A"),
    "answers without an RCODE": at("rcode", None),
    "an RCODE as a number": at("rcode", 0),
    "no packets": at("packets", []),
    "a search without a look-up": at("lookups", []),
    "an answered look-up without RCODE": at("address_lookups", 0, "rcode", None),
    "a look-up without answer that has an RCODE": at("lookups", 0, "rcode", "NOERROR"),
    "a transport that DNS does not have": at("address_lookups", 0, "transport", "sctp"),
    "a connection without its packet": at("connections", 0, "packet", DELETE),
}
WRONG_CAPTURE = {
    "a negative size": at("bytes", -1),
    "statistics that are a list": at("statistics", []),
    "a conversation's key": at("outcome", "complete"),
}
WRONG_VERDICT = {
    "a cause without its consequences": at("causes", 0, "consequences", DELETE),
    "a cause that was never seen": at("causes", 0, "seen_count", 0),
    "a cause without its finding": at("causes", 0, "finding", DELETE),
    "a consequence without its source": at("causes", 0, "consequences", 0, "source", DELETE),
    "a key of its own in a consequence": at("causes", 0, "consequences", 0, "consequences", []),
    "a conversation's key": at("outcome", "complete"),
}

WRONG_CLIENT = {
    "the key client, which marks conversations": at("client", {"ip": "192.0.2.77", "port": 1}),
    "a client without contacts": at("contacts", []),
    "a result that does not exist": at("contacts", 0, "result", "ok"),
    "a rhythm that does not exist": at("applications", 0, "rhythm", "weekly"),
    "a margin as text": at("clock_margin_minutes", "237"),
}
WRONG_HOST = {
    "the key client, which marks conversations": at("client", {"ip": "192.0.2.77", "port": 1}),
    "a count without its packet": at("applications", 0, "counts", 0, "packet", DELETE),
    "a forecast that does not exist": at("applications", 0, "forecast", "kind", "soon"),
    "a lower-case hardware id": at("applications", 0, "identities", 0, "hwids", ["3a1c049600b60076"]),
}
WRONG_CORRELATION = {"no count of what was forgotten": at("forgotten_count", DELETE)}


def known_line(name):
    return next(line for label, line in known_lines() if label.startswith(f"known: {name}["))


def known_verdict():
    line = copy.deepcopy(VERDICT)
    finding = known_line("refused-rst")["findings"][0]
    line["causes"][0]["finding"] = finding
    line["causes"][0]["consequences"][0]["finding"] = finding
    return line


def wrong_lines():
    for base, changes in ((known_line("c2c-v6-host-refuses-ndr64"), WRONG), (known_line("refused-rst"), WRONG_FINDING),
                          (DNS, WRONG_DNS), (CAPTURE, WRONG_CAPTURE), (CLIENT, WRONG_CLIENT), (HOST, WRONG_HOST),
                          (CORRELATION, WRONG_CORRELATION), (known_verdict(), WRONG_VERDICT)):
        for name, change in changes.items():
            line = copy.deepcopy(base)
            change(line)
            yield f"wrong: {name}", line


# ---- the tool

def page_of(finding):
    """Severity and stage as docs/findings/ has them; nothing for a finding without a page."""
    page = ROOT / "docs/findings" / f"{finding['id']}.md"
    if not page.is_file():
        return None
    text = page.read_text(encoding="utf-8")
    return tuple(re.search(rf"^\| {word} \| (\w+) \|$", text, re.M).group(1) for word in ("Severity", "Stage"))


def further_problems(line, capture):
    if line["kind"] == "verdict":
        return
    if line["capture"] != capture:
        yield f"capture: {line['capture']!r}"
    for finding in line["findings"]:
        page = page_of(finding)
        if page != (finding["severity"], finding["stage"]):
            yield f"{finding['id']}: the page has {page}"
    if line["kind"] != "conversation":
        return
    first, last = line["first_packet"], line["last_packet"]
    if first > last:
        yield f"first_packet {first} behind last_packet {last}"
    marks = [pdu["packet"] for pdu in line["pdus"]]
    for exchange in line["exchanges"]:
        marks += [exchange["request_packet"], exchange["response_packet"] or last]
    outside = [mark for mark in marks if not first <= mark <= last]
    if outside:
        yield f"packets {outside} are outside of {first} to {last}"
    if [exchange["index"] for exchange in line["exchanges"]] != list(range(len(line["exchanges"]))):
        yield "the exchanges are not numbered from 0"


def tool_problems(validator, tool, capture, *options):
    try:
        run = subprocess.run([tool, "--json", *options, capture.name], cwd=capture.parent, capture_output=True, timeout=60)
        lines = [json.loads(text) for text in run.stdout.decode("utf-8").splitlines()]
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError, json.JSONDecodeError) as error:
        return [str(error)]
    problems = [] if lines else ["it printed nothing"]
    for number, line in enumerate(lines, 1):
        found = schema_problems(validator, line)
        if not found:
            found = list(further_problems(line, capture.name))
        problems += [f"line {number}: {problem}" for problem in found]
    if not problems:
        wanted = max((STATUS[f["severity"]] for line in lines for f in line.get("findings", [])), default=0)
        if run.returncode != wanted:
            problems.append(f"exit status {run.returncode}, the findings ask for {wanted}")
    return problems


def main():
    arguments = sys.argv[1:]
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return 0
    schema_only = "--schema-only" in arguments
    names = [a for a in arguments if a != "--schema-only"]
    built = os.path.join(os.environ.get("DIAG_BIN_DIR", ""), "kms-decode")
    tool = os.path.abspath(names[0] if names else os.environ.get("KMS_DECODE", built))
    if not schema_only and not os.access(tool, os.X_OK):
        print(f"schema_test.py: there is no program {tool}", file=sys.stderr)
        return 3

    validator = load_validator()
    passed = failed = 0

    def report(name, problems):
        nonlocal passed, failed
        if not problems:
            passed += 1
            return
        failed += 1
        print(f"FAIL {name}")
        for problem in problems[:5]:
            print(f"     {problem}")
        if len(problems) > 5:
            print(f"     … and {len(problems) - 5} more")

    for name, line in [*known_lines(), ("known: dns", DNS), ("known: capture", CAPTURE), ("known: client", CLIENT),
                       ("known: host", HOST), ("known: correlation", CORRELATION)]:
        report(name, schema_problems(validator, line))
    for name, line in wrong_lines():
        report(name, [] if schema_problems(validator, line) else ["the schema accepts it"])
    if not schema_only:
        for capture in sorted((ROOT / "captures").glob("*.pcap")):
            report(f"tool: {capture.name}", tool_problems(validator, tool, capture))
            report(f"tool: --clients {capture.name}", tool_problems(validator, tool, capture, "--clients"))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""The program kms-explain as a user meets it, offline.

Needs the built program $DIAG_BIN_DIR/kms-explain. What it must know stands in libdiag/data/*.csv and docs/findings/ and is
read from there.
"""
import csv
import json
import os
import pathlib
import re
import subprocess
import unicodedata
import unittest

import jsonschema

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
TOOL = str(pathlib.Path(os.environ.get("DIAG_BIN_DIR", "")) / "kms-explain")
LIMIT_S = 60
MARK = "    >> "
WINDOWS = "55c92734-d682-4d71-983e-d6ec3f16059f"
EPID = "03612-00206-551-111111-03-1033-17763.0000-2822018"


def rows(name):
    with open(ROOT / f"libdiag/data/{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def items(cell):
    return [item.strip() for item in cell.split(";") if item.strip()]


class Case(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        schema = json.loads((ROOT / "docs/schema/kms-explain.schema.json").read_text(encoding="utf-8"))
        jsonschema.Draft202012Validator.check_schema(schema)
        cls.validator = jsonschema.Draft202012Validator(schema)

    def run_tool(self, *arguments, log=b"", status=0, environment=None):
        done = subprocess.run([TOOL, *arguments], input=log, capture_output=True, timeout=LIMIT_S, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8", **(environment or {})})
        self.assertEqual(done.returncode, status, done.stderr.decode())
        return done

    def text(self, *arguments, **options):
        return self.run_tool(*arguments, **options).stdout.decode()

    def objects(self, *arguments, **options):
        lines = [json.loads(line) for line in self.text("--json", *arguments, **options).splitlines()]
        for line in lines:
            self.assertEqual([error.message for error in self.validator.iter_errors(line)], [])
        return lines

    def ids(self, *words):
        return [line["id"] for line in self.objects(*words)]

    def error(self, *arguments, **options):
        done = self.run_tool(*arguments, status=3, **options)
        lines = done.stderr.decode().splitlines()
        self.assertEqual(len(lines), 1, lines)
        self.assertTrue(lines[0].startswith("kms-explain: "), lines[0])
        return lines[0]


class WhatIsKnown(Case):
    def test_every_code_of_the_table_is_explained_with_every_cell(self):
        table = rows("errors")
        self.assertGreater(len(table), 150)
        # Several words at once: what each means comes in their order.
        found = {line["query"]: line for line in reversed(self.objects(*(row["code"] for row in table)))}
        for row in table:
            with self.subTest(code=row["code"]):
                line = found[row["code"]]
                self.assertEqual(line["id"], row["code"])
                self.assertEqual(line["subject"], "code")
                self.assertEqual(line["name"], None if row["symbol"] == "?" else row["symbol"])
                self.assertEqual(line["meaning"], row["plain_meaning"])
                self.assertEqual(line["facts"]["where"], row["where"])
                self.assertEqual(line["causes"], items(row["likely_causes"]))
                self.assertEqual(line["checks"], items(row["what_to_check"]))
                self.assertEqual(line["sources"], row["source_url"].split(" ; "))
                told = ";".join(f"[{s['certainty']}] {s['text']}" for s in line["capture_shows"])
                self.assertEqual(re.sub(r"\s+", "", told), re.sub(r"\s+", "", row["evidence_on_wire"]))

    def test_what_is_uncertain_of_a_code_is_marked(self):
        for line in self.objects("--list", "codes"):
            row = next(row for row in rows("errors") if row["code"] == line["id"])
            marks = {mark for mark in re.findall(r"\[(\w+|\?)\]", row["evidence_on_wire"])}
            with self.subTest(code=line["id"]):
                self.assertLessEqual(marks, set(line["marks"]))
                tables = ("docs.rs/windows-sys", "system-error-codes", "windows-sockets-error-codes", "ms-erref", "rpc-return-values",
                          "dns-constants")
                is_judged = all(any(t in source for t in tables) for source in row["source_url"].split(" ; "))
                self.assertEqual(any("engineering judgement" in note["text"] for note in line["notes"]), is_judged)

    def test_every_event_of_the_table_is_explained_by_its_id(self):
        for row in rows("events"):
            with self.subTest(event=row["id"]):
                line = next(line for line in self.objects(row["id"]) if line["id"] == row["id"])
                self.assertEqual(line["subject"], "event")
                self.assertEqual(line["meaning"], row["meaning"])
                self.assertEqual(line["facts"]["log"], row["log"])
                if row["info_layout"] != "-":
                    self.assertEqual(line["facts"]["fields"], row["info_layout"])
                self.assertEqual(line["facts"]["certainty"], row["certainty"])
                if row["what_a_tool_should_verify"] not in ("?", "-"):
                    self.assertEqual(line["checks"], items(row["what_a_tool_should_verify"]))
                doubtful = any(cell == "?" or cell.endswith(" ?") for cell in row.values() if cell != row["source_url"])
                if doubtful:
                    self.assertIn("?", line["marks"])

    def test_every_finding_has_its_page_and_is_explained_as_there(self):
        pages = sorted(page.stem for page in (ROOT / "docs/findings").glob("KMS-*.md"))
        self.assertEqual(sorted(line["id"] for line in self.objects("--list", "findings")), pages)
        for line in self.objects(*pages):
            page = (ROOT / f"docs/findings/{line['id']}.md").read_text(encoding="utf-8")
            with self.subTest(id=line["id"]):
                for text in [line["meaning"], *line["causes"], *line["checks"], *line["events"]]:
                    self.assertIn(text, page)

    def test_every_product_is_explained_by_its_activation_id_and_its_partial_key(self):
        products = rows("products")
        found = {line["query"]: line for line in self.objects(*(row["activation_id"] for row in products))
                 if line["subject"] == "product"}
        for row in products:
            with self.subTest(product=row["name"]):
                self.assertEqual(found[row["activation_id"]]["name"], row["name"])
        keyed = next(row for row in products if re.fullmatch("[A-Z0-9]{5}", row["partial_key"]))
        self.assertIn(keyed["activation_id"], self.ids(keyed["partial_key"].lower()))

    def test_other_ids_are_explained(self):
        for table, column, subject in (("applications", "application_id", "application"), ("host_keys", "activation_id", "host-key"),
                                       ("kms_items", "kms_counted_id", "counted-item")):
            for row in rows(table)[:5]:
                with self.subTest(table=table, name=row["name"]):
                    names = [line["name"] for line in self.objects(row[column]) if line["subject"] == subject]
                    self.assertIn(row["name"], names)


class Words(Case):
    def test_a_code_is_known_in_every_way_of_writing_it(self):
        for word in ("0xC004F074", "0xc004f074", "C004F074", "c004f074", "-1073418124", "(0xC004F074).",
                     "SL_E_VL_BINDING_SERVICE_UNAVAILABLE", "sl_e_vl_binding_service_unavailable"):
            with self.subTest(word=word):
                self.assertEqual(self.ids(word), ["0xC004F074"])

    def test_a_win32_code_and_its_hresult_are_one(self):
        for word in ("1722", "0x800706BA", "800706ba", "-2147023174", "RPC_S_SERVER_UNAVAILABLE"):
            with self.subTest(word=word):
                line, = self.objects(word)
                self.assertEqual((line["id"], line["facts"]["win32"]), ("0x800706BA", "1722"))
        self.assertEqual(self.ids("5"), ["0x80070005"])

    def test_a_win32_code_that_only_rpc_results_become_is_explained_by_those(self):
        want = [row["code"] for row in rows("errors") if row["decimal"] == "1732"]
        self.assertEqual(self.ids("1732"), want)
        self.assertEqual(self.ids("0x800706C4"), want)

    def test_rpc_results_are_known_by_key_and_name(self):
        self.assertEqual(self.ids("bind_nak:0x0004", "bind_nak:4", "BIND_ACK:2/1", "bind_ack:1/7", "nca_unk_if"),
                         ["bind_nak:0x0004", "bind_nak:0x0004", "bind_ack:2/1", "bind_ack:1/x", "0x1C010003"])
        line, = self.objects("bind_ack:2/1")
        self.assertIn("0x800706B5", line["facts"]["win32"])
        self.assertIn("bind_ack:2/1", self.objects("1717")[0]["facts"]["wire_results"])

    def test_an_ambiguous_number_gives_every_reading(self):
        self.assertEqual(self.ids("1058"), ["0x80070422", "1058"])
        self.assertEqual(self.ids("event 1058"), ["1058"])
        self.assertEqual(self.ids("12290"), ["12290", "12288-12305 (provider Directory-Services-SAM)"])
        self.assertEqual(self.ids("Event ID: 12290")[0], "12290")
        self.assertEqual(self.ids("12305")[0], "12304-12310 (AD-based activation range)")
        self.assertEqual(self.ids("900 / 902 / 903"), ["900", "902", "903"])

    def test_findings_are_known_in_any_case_and_without_the_prefix(self):
        for word in ("KMS-CONNECT-REFUSED", "kms-connect-refused", "connect-refused"):
            self.assertEqual(self.ids(word), ["KMS-CONNECT-REFUSED"])

    def test_guids_are_known_with_and_without_braces(self):
        for word in (WINDOWS, WINDOWS.upper(), "{" + WINDOWS + "}"):
            self.assertEqual(self.ids(word), [WINDOWS])

    def test_rpc_ids_have_names(self):
        words = ("51c82175-844e-4750-b0d8-ec255555bc06", "8a885d04-1ceb-11c9-9fe8-08002b104860",
                 "71710533-beba-4937-8319-b5dbef9ccc36", "6cb71c2c-9812-4540-0300-000000000000")
        self.assertEqual([line["name"] for line in self.objects(*words)], ["KMS interface", "NDR32", "NDR64", "BTFN"])

    def test_the_parts_of_an_epid_are_explained(self):
        line, = self.objects(EPID)
        self.assertEqual(line["subject"], "epid")
        owner, = [row["name"] for row in rows("host_keys") if int(row["group_id"] or 0) == 206
                  for low, high in (block.split("-") for block in items(row["pid_blocks"])) if int(low) <= 551111111 <= int(high)]
        self.assertIn(f"(host key {owner})", line["facts"]["key_id"])
        self.assertEqual(line["notes"], [])
        build = next(row for row in rows("host_builds") if row["build"] == "17763")
        self.assertIn(build["server_name"], line["facts"]["build"])
        self.assertIn("2018-10-09", line["facts"]["activation_day"])  # day 282 of 2018

    def test_a_number_on_which_sources_disagree_is_marked(self):
        low, _ = next(row for row in rows("host_keys") if row["host_key_id"] == "ws2016")["disputed_blocks"].split("-")
        line, = self.objects(EPID.replace("551-111111", f"{low[:3]}-{low[3:]}"))
        self.assertEqual(line["marks"], ["?"])

    def test_an_epid_of_the_reference_host_leads_to_its_finding(self):
        line, = self.objects(EPID.replace(".0000", ".9999"))
        self.assertEqual([finding["id"] for finding in line["findings"]], ["KMS-HOST-LAB"])

    def test_a_code_leads_to_the_findings_that_show_it(self):
        related = {(finding["id"], finding["relation"]) for line in self.objects("0xC004F074", "0x800706BA") for finding in line["findings"]}
        self.assertIn(("KMS-CONNECT-REFUSED", "windows_code"), related)
        self.assertIn(("KMS-CONNECT-REFUSED", "inner_code"), related)
        for page in (ROOT / "docs/findings").glob("KMS-*.md"):
            shown = re.search(r"\| Windows shows at the end \| `(0x[0-9A-F]{8})`", page.read_text(encoding="utf-8"))
            if shown and shown[1] == "0xC004F074":
                self.assertIn((page.stem, "windows_code"), related)

    def test_an_unknown_word_is_one_clear_line_with_what_is_similar(self):
        self.assertEqual(self.error("KMS-CONECT-REFUSED"), "kms-explain: 'KMS-CONECT-REFUSED' is not known; similar: KMS-CONNECT-REFUSED")
        self.assertIn("0xC004F074", self.error("0xC004F07"))
        self.assertIn("--search", self.error("zebra crossing"))
        self.assertNotIn("\x1b", self.error("\x1b[31m"))
        self.assertIn("'-5'", self.error("-5"))
        self.error("x" * 100_000)
        self.error("")

    def test_a_known_word_is_explained_beside_an_unknown_one(self):
        done = self.run_tool("zebra", "1722", status=3)
        self.assertIn("RPC_S_SERVER_UNAVAILABLE", done.stdout.decode())


class Lists(Case):
    def test_list_has_every_row_of_the_tables(self):
        for kind, table in (("codes", "errors"), ("events", "events"), ("products", "products"), ("applications", "applications"),
                            ("counted-items", "kms_items"), ("host-keys", "host_keys")):
            with self.subTest(kind=kind):
                self.assertEqual(len(self.objects("--list", kind)), len(rows(table)))
        self.assertGreater(len(self.objects("--list")), 600)

    def test_list_names_the_kinds_when_asked_for_another(self):
        self.assertIn("codes", self.error("--list", "zebras"))

    def test_search_finds_what_has_all_words_in_any_case(self):
        found = self.text("--search", "CLOCK", "hours")
        self.assertIn("KMS-CLOCK-SKEW", found)
        for line in self.objects("--search", "time", "snapshot"):
            everything = json.dumps(line).lower()
            self.assertTrue("time" in everything and "snapshot" in everything, line["id"])
        self.assertIn("no entry", self.error("--search", "clock", "zebra"))

    def test_search_finds_japanese_whatever_the_language(self):
        self.assertIn("KMS-CONNECT-REFUSED", self.text("--search", "待ち受けて"))


class Japanese(Case):
    def test_option_and_locale_choose_the_language(self):
        japanese = self.text("--lang", "ja", "KMS-CONNECT-REFUSED")
        self.assertIn("考えられる原因", japanese)
        for environment in ({"LC_ALL": "ja_JP.UTF-8"}, {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "ja_JP.utf8"},
                            {"LC_ALL": "C.UTF-8", "LANGUAGE": "ja:en"}):
            with self.subTest(environment=environment):
                self.assertEqual(self.text("KMS-CONNECT-REFUSED", environment=environment), japanese)
        english = self.text("--lang", "en", "KMS-CONNECT-REFUSED", environment={"LC_ALL": "ja_JP.UTF-8"})
        self.assertEqual(english, self.text("KMS-CONNECT-REFUSED"))
        self.assertEqual(english, self.text("KMS-CONNECT-REFUSED", environment={"LC_ALL": "C", "LANGUAGE": "ja"}))
        self.assertIn("en or ja", self.error("--lang", "fr", "1722"))

    def test_json_is_english_in_every_language(self):
        self.assertEqual(self.text("--json", "--lang", "ja", "KMS-CONNECT-REFUSED"), self.text("--json", "KMS-CONNECT-REFUSED"))

    def test_no_line_is_wider_than_80_columns_and_none_begins_with_what_closes(self):
        for line in self.text("--lang", "ja", "KMS-CONNECT-REFUSED", "KMS-DNS-NO-RECORD", "12290", "0xC004F074").splitlines():
            columns = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)
            if "://" not in line:
                self.assertLessEqual(columns, 80, line)
            self.assertNotRegex(line, r"^\s*[、。」）]")


class Logs(Case):
    def annotated(self, log, *arguments, **options):
        return self.text(*arguments, log=log.encode() if isinstance(log, str) else log, **options)

    def copied(self, output):
        """The lines of the log itself."""
        return [line for line in output.splitlines() if not line.startswith("    ")]

    def test_the_log_is_copied_and_each_code_explained_below_its_line(self):
        log = "first line\nError: 0xC004F074 x\nC:\\Windows\\System32\nagain 0xC004F074\n"
        lines = self.annotated(log).splitlines()
        self.assertEqual([line for line in lines if not line.startswith("    ")], log.splitlines())
        first = lines.index("Error: 0xC004F074 x")
        self.assertTrue(lines[first + 1].startswith(MARK + "0xC004F074 SL_E_VL_BINDING_SERVICE_UNAVAILABLE"))
        # In full once, in one line afterwards.
        again = lines.index("again 0xC004F074")
        self.assertGreater(again - first, 4)
        self.assertEqual(len(lines) - again, 2)
        self.assertEqual(self.annotated(log, "-"), self.annotated(log))

    def test_everything_that_is_known_is_found(self):
        cases = {"hr=0x8007267C": "0x8007267C", "code C004F038,": "0xC004F038", "[80070005]": "0x80070005", "HRESULT -1073418124.": "0xC004F074",
                 "Event ID: 12288": "12288", "<EventID>12290</EventID>": "12290", "<EventID Qualifiers='0'>12293</EventID>": "12293",
                 '"EventID": 8198,': "8198", "イベント ID: 12289": "12289", "Microsoft-Windows-Security-SPP,8200,None": "8200",
                 "AppId=" + WINDOWS: WINDOWS, "{" + WINDOWS.upper() + "}": WINDOWS, "ePID " + EPID + ".": EPID,
                 "see KMS-CONNECT-REFUSED.": "KMS-CONNECT-REFUSED", "RPC_S_UNKNOWN_IF!": "0x800706B5"}
        lines = self.objects("-", log="\n".join(cases).encode())
        self.assertEqual([[reference["id"] for reference in line["references"]] for line in lines], [[want] for want in cases.values()])
        self.assertEqual([line["line"] for line in lines], list(range(1, len(cases) + 1)))

    def test_numbers_without_a_context_and_small_values_are_left_alone(self):
        log = "12288 packets\nport 1722\n0x00000005\n12290,12290\n0xC004F0740\nx80070005\n00000000-0000-0000-0000-000000000000\n"
        self.assertEqual(self.annotated(log), log)
        self.assertEqual(self.objects("-", log=log.encode()), [])

    def test_utf16_logs_are_read(self):
        for codec in ("utf-16-le", "utf-16-be"):
            log = "\ufeffイベント ID: 12288\r\n日本語 0xC004F038\r\n".encode(codec)
            with self.subTest(codec=codec):
                self.assertEqual([line["references"][0]["id"] for line in self.objects("-", log=log)], ["12288", "0xC004F038"])
                self.assertIn("日本語 0xC004F038", self.annotated(log))

    def test_what_a_terminal_obeys_is_escaped_and_nothing_else(self):
        self.assertEqual(self.annotated("a\x1b[31mb\tc\\d\x07\r\n"), "a\\x1b[31mb\tc\\d\\x07\r\n")
        japanese_console = "イベント".encode("cp932") + b"\n"
        self.assertEqual(self.run_tool("-", log=japanese_console).stdout, japanese_console)

    def test_a_line_of_any_length_takes_bounded_memory(self):
        log = b"0xC004F038 " + b"x" * 20_000_000 + b" 0xC004F074\n"
        command = f"ulimit -v 300000; exec {TOOL} --json"
        done = subprocess.run(["bash", "-c", command], input=log, capture_output=True, timeout=LIMIT_S, check=False,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        if "AddressSanitizer" in done.stderr.decode():
            self.skipTest("the sanitizer needs address space of its own")
        self.assertEqual([reference["id"] for reference in json.loads(done.stdout)["references"]], ["0xC004F038", "0xC004F074"])

    def test_quiet_prints_the_lines_with_something_known(self):
        self.assertEqual(len(self.annotated("a\n0xC004F074\nb\n", "-q").splitlines()), 2)

    def test_a_log_is_annotated_while_it_is_written(self):
        with subprocess.Popen([TOOL], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "LC_ALL": "C.UTF-8"}) as tool:
            tool.stdin.write(b"hr=0xC004F038\n")
            tool.stdin.flush()
            self.assertEqual(tool.stdout.readline(), b"hr=0xC004F038\n")
            self.assertTrue(tool.stdout.readline().decode().startswith(MARK))
            tool.stdin.close()
            tool.stdout.read()


class CommandLine(Case):
    def test_what_makes_no_sense_is_refused_in_one_line(self):
        for arguments in (("--list", "--search", "x"), ("--search",), ("--search", ""), ("--search", " ", ""), ("-", "1722"), ("--format", "junit", "1722"), ("--zebra",)):
            with self.subTest(arguments=arguments):
                self.error(*arguments)

    def test_help_and_version_need_no_log(self):
        self.assertIn("usage: kms-explain", self.text("--help"))
        self.assertRegex(self.text("--version"), r"^kms-explain [0-9.]+\n$")
        for line in self.text("--help").splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_every_option_is_in_the_manual(self):
        manual = (ROOT / "docs/man/kms-explain.1").read_text(encoding="utf-8")
        names = set(re.findall(r"--([a-z][a-z-]+)", self.text("--help")))
        self.assertGreater(len(names), 8)
        self.assertEqual({name for name in names if f"Fl Fl {name}" not in manual}, set())

    def test_nobody_on_the_terminal_is_asked_for_a_log(self):
        leader, follower = os.openpty()
        try:
            done = subprocess.run([TOOL], stdin=follower, capture_output=True, timeout=LIMIT_S, check=False)
        finally:
            os.close(leader)
            os.close(follower)
        self.assertEqual(done.returncode, 3)
        self.assertIn("--help", done.stderr.decode())

    def test_a_reader_that_goes_away_ends_it_quietly(self):
        done = subprocess.run(["bash", "-c", f"{TOOL} --list | head -n 1; exit ${{PIPESTATUS[0]}}"], capture_output=True,
                              timeout=LIMIT_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, b""))

    def test_colour_only_where_it_is_wanted(self):
        self.assertNotIn("\x1b", self.text("1722"))
        self.assertIn("\x1b[1m", self.text("--color", "always", "1722"))

    def test_the_schema_refuses_what_is_wrong_in_one_place(self):
        line, = self.objects("1722")
        for key, value in (("schema_version", 2), ("kind", "finding"), ("subject", "zebra"), ("causes", [""]), ("marks", ["src"]), ("extra", 1)):
            with self.subTest(key=key):
                self.assertFalse(self.validator.is_valid({**line, key: value}))


if __name__ == "__main__":
    unittest.main()

"""po/ja.po has every text of the rules, the tables and what the code says, and nothing else; what is translated keeps codes and placeholders.

What is not translated yet: catalogue_test.py --list [WORD], where WORD begins the origin of a text (KMS-, 0x, event ...).
"""
import os
import pathlib
import re
import subprocess
import sys
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])

# What a reader types or looks for has to stand in the translation as it is: placeholders, codes, options of slmgr, names of
# records and settings, marks.
KEPT = re.compile(r"0x[0-9A-Fa-f]+|(?<![\w/])/[a-z]+(?:-[a-z]+)*\b(?!/)|\bslmgr\b|\b_vlmcs\._tcp\b|\bsppsvc\b|\[(?:doc|inf|\?)\]|\bHRESULT\b|\bTARGET\b|"
                  r"\bKMS(?:-[A-Z]+)+\b|\bevent (\d{4,5})\b")


def unquoted(text):
    return re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), text)


def read_po(path):
    """[(origin, msgid, msgstr, is_fuzzy)] without the header."""
    entries = []
    for block in re.split(r"\n\n+", path.read_text(encoding="utf-8")):
        texts = {"msgid": "", "msgstr": ""}
        key = None
        for line in block.splitlines():
            found = re.match(r'(msgid|msgstr)? ?"(.*)"$', line)
            if found:
                key = found[1] or key
                texts[key] += unquoted(found[2])
        origin = re.search(r"^#\. (.*)$", block, re.M)
        fuzzy = re.search(r"^#,.*\bfuzzy\b", block, re.M) is not None
        if texts["msgid"]:
            entries.append((origin[1] if origin else "", texts["msgid"], texts["msgstr"], fuzzy))
    return entries


def kept_parts(text):
    """The parts that a translation keeps, whatever their order; of an event its number."""
    return sorted({m[1] or m[0] for m in KEPT.finditer(text)})


def placeholders(text):
    """{index: format} of what fmt fills in; a translation may order the values anew, and then numbers them all."""
    found = {}
    for i, (number, spec) in enumerate(re.findall(r"\{(\d*)(:[^}]*)?\}", text)):
        found[int(number) if number else i] = spec
    return found


def untranslated(start=""):
    return [(origin, msgid) for origin, msgid, msgstr, fuzzy in read_po(ROOT / "po/ja.po")
            if (not msgstr or fuzzy) and origin.startswith(start)]


class Catalogue(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.template = read_po(ROOT / "po/kms-diag.pot") + read_po(ROOT / "po/messages.pot")
        cls.japanese = read_po(ROOT / "po/ja.po")

    def test_the_template_of_messages_is_what_the_code_says(self):
        said = subprocess.run([ROOT / "scripts/collect-messages"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(said, (ROOT / "po/messages.pot").read_text(encoding="utf-8"), "scripts/update-catalogues")

    def test_the_japanese_catalogue_has_exactly_the_texts_of_the_template(self):
        want, have = [entry[1] for entry in self.template], [entry[1] for entry in self.japanese]
        self.assertGreater(len(want), 1000)
        self.assertEqual(len(set(have)), len(have), "a text stands twice")
        self.assertEqual(sorted(set(want) - set(have)), [], "missing; scripts/update-catalogues adds them")
        self.assertEqual(sorted(set(have) - set(want)), [], "stale; scripts/update-catalogues removes them")

    def test_a_translation_keeps_codes_commands_marks_and_placeholders(self):
        for origin, msgid, msgstr, _ in self.japanese:
            if not msgstr:
                continue
            with self.subTest(origin=origin, msgid=msgid):
                missing = [part for part in kept_parts(msgid) if part not in msgstr]
                self.assertEqual(missing, [])
                self.assertEqual(placeholders(msgid), placeholders(msgstr))
                self.assertNotIn("\n", msgstr)
                self.assertEqual(msgid.startswith(" "), msgstr.startswith(" "))

    def test_no_translation_is_a_guess(self):
        self.assertEqual([msgid for _, msgid, _, fuzzy in self.japanese if fuzzy], [])

    def test_no_message_is_untranslated(self):
        self.assertEqual(untranslated(), [])

    def test_what_is_translated_is_japanese(self):
        # Kana or kanji, or the same text where there is nothing to translate.
        for origin, msgid, msgstr, _ in self.japanese:
            if msgstr and msgstr != msgid:
                with self.subTest(origin=origin):
                    self.assertRegex(msgstr, r"[\u3040-\u30ff\u4e00-\u9fff]")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--list"]:
        for where, text in untranslated(*sys.argv[2:3]):
            print(f"{where}\t{text}")
    else:
        unittest.main()

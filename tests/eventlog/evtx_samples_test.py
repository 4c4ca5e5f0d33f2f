"""tests/eventlog/samples: they are what make_evtx.py writes, and other readers than ours see in them what it meant."""
import os
import re
import subprocess
import sys
import tempfile
import unittest

import make_evtx

SAMPLES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "samples")


def expected(name):
    """(id, provider, channel, computer, strings) of each event, in order."""
    return [(e["id"], e["provider"], e["channel"], e["computer"], list(e["strings"]))
            for chunk in make_evtx.SAMPLES[name] for e in chunk]


def facts_of(xml):
    """The same of the XML of an event; without the parsers of Python's own, which would need a whole document."""
    def one(pattern):
        return re.search(pattern, xml, re.S).group(1)

    def plain(text):
        return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")

    return (int(one(r"<EventID[^>]*>(\d+)<")), one(r'<Provider Name="([^"]*)"'), one(r"<Channel>([^<]*)<"),
            one(r"<Computer>([^<]*)<"), [plain(text) for text in re.findall(r"<Data>([^<]*)</Data>", xml)])


class EvtxSamples(unittest.TestCase):
    def test_samples_are_what_the_script_writes(self):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-B", make_evtx.__file__, folder], check=True)
            for name in make_evtx.SAMPLES:
                with open(os.path.join(folder, name), "rb") as new, open(os.path.join(SAMPLES, name), "rb") as kept:
                    self.assertEqual(new.read(), kept.read(), name)

    def test_libevtx_reads_them_without_complaint(self):
        for name in make_evtx.SAMPLES:
            path = os.path.join(SAMPLES, name)
            info = subprocess.run(["evtxinfo", path], capture_output=True, text=True, check=True).stdout
            self.assertIn("Number of recovered records\t: 0", info)
            self.assertNotIn("corrupted", info.lower())
            text = subprocess.run(["evtxexport", "-f", "xml", path], capture_output=True, text=True, check=True).stdout
            events = re.findall(r"<Event xmlns.*?</Event>", text, re.S)
            self.assertEqual([facts_of(xml) for xml in events], expected(name))

    def test_python_evtx_reads_them_and_finds_the_checksums_right(self):
        try:
            from Evtx.Evtx import Evtx
        except ImportError:
            self.skipTest("python3-evtx is not there for this Python")
        for name in make_evtx.SAMPLES:
            with Evtx(os.path.join(SAMPLES, name)) as log:
                self.assertTrue(log.get_file_header().verify())
                self.assertTrue(all(chunk.verify() for chunk in log.chunks()))
                self.assertEqual([facts_of(record.xml()) for record in log.records()], expected(name))

    def test_times_are_those_of_the_calendar(self):
        # 116444736000000000 is the FILETIME of 1970-01-01 (MS-DTYP 2.3.3 counts from 1601).
        self.assertEqual(make_evtx.filetime("1970-01-01T00:00:00"), 116444736000000000)
        self.assertEqual(make_evtx.filetime("1970-01-01T00:00:01.0000001"), 116444736010000001)


if __name__ == "__main__":
    unittest.main()

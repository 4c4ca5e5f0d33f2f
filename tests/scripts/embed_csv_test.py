"""embed_csv: a table with a fault stops the build with file and line."""
import os
import subprocess
import tempfile
import unittest

# Beside bin/ in the build folder; the program belongs to the build and is not installed.
EMBED_CSV = os.path.join(os.path.dirname(os.environ["DIAG_BIN_DIR"]), "libdiag", "embed_csv")


def embed(text):
    """Run embed_csv on a file t.csv of these bytes; returns (status, first error line, generated C++)."""
    with tempfile.TemporaryDirectory() as folder:
        source, output = os.path.join(folder, "t.csv"), os.path.join(folder, "t.cpp")
        with open(source, "wb") as file:
            file.write(text)
        done = subprocess.run([EMBED_CSV, source, output], capture_output=True, text=True)
        made = ""
        if os.path.exists(output):
            with open(output, encoding="utf-8") as file:
                made = file.read()
        return done.returncode, done.stderr.replace(folder + "/", "").strip(), made


class EmbedCsv(unittest.TestCase):
    def refused(self, text, complaint):
        status, error, made = embed(text)
        self.assertEqual((status, error), (1, complaint))
        self.assertEqual(made, "", "a refused table leaves no source behind")

    def test_a_row_of_the_wrong_width_names_its_line(self):
        self.refused(b"a,b\n1,2\n3\n", "t.csv:3: error: 1 cells where the header has 2")
        self.refused(b'a,b\n"1\n1",2\n3,4,5\n', "t.csv:4: error: 3 cells where the header has 2")
        self.refused(b"a,b\n1,2\n\n", "t.csv:3: error: 1 cells where the header has 2")

    def test_broken_quotes_name_their_line(self):
        self.refused(b'a,b\n1,"2\n', "t.csv:2: error: a quoted cell has no closing quote")
        self.refused(b'a,b\n"1"x,2\n', "t.csv:2: error: text behind the closing quote of a cell")
        self.refused(b'a,b\n1"1,2\n', "t.csv:2: error: a quote inside a cell that does not begin with one")

    def test_a_table_without_rows_or_names_is_refused(self):
        self.refused(b"", "t.csv:1: error: no header line")
        self.refused(b"a,b\n", "t.csv:1: error: a header line but no rows")
        self.refused(b"a,\n1,2\n", "t.csv:1: error: a column without a name")

    def test_all_that_rfc_4180_allows_is_read(self):
        status, error, made = embed(b'\xef\xbb\xbfa,b\r\n"x,\r\n""y""",\r\n1,2')
        self.assertEqual((status, error), (0, ""))
        self.assertIn('"a"sv, "b"sv,', made)
        self.assertIn('"x,\\015\\012\\"y\\""sv, ""sv,', made)
        self.assertIn('"1"sv, "2"sv,', made)

    def test_a_missing_file_is_named(self):
        done = subprocess.run([EMBED_CSV, "none.csv", "none.cpp"], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stderr), (1, "none.csv: error: cannot be opened\n"))


if __name__ == "__main__":
    unittest.main()

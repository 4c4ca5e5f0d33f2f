"""The findings of a text report, for tests of what they say in which language: see findings()."""
import re

HEAD = re.compile(r"^  (?:info|warning|critical) +(KMS(?:-[A-Z0-9]+)+)$")
TITLE, ITEM, MORE = " " * 11, " " * 11 + "- ", " " * 13
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


class Found:
    def __init__(self, rule):
        self.rule, self.title, self.evidence = rule, "", []


def findings(text):
    """Each finding with its title and its lines of evidence, without line breaks; what follows (codes, causes) is left out."""
    out, part = [], None
    for line in text.splitlines():
        head = HEAD.match(line)
        if head:
            out.append(Found(head[1]))
            part = "title"
        elif part and line.startswith(ITEM):
            out[-1].evidence.append(line[len(ITEM):])
            part = "evidence"
        elif part == "evidence" and line.startswith(MORE):
            out[-1].evidence[-1] += " " + line[len(MORE):]
        elif part == "title" and line.startswith(TITLE):
            out[-1].title += " " + line[len(TITLE):]
        else:
            part = None
    return out


def is_japanese(text):
    return JAPANESE.search(text) is not None

"""With --lang ja the findings of conversations, names, targets and captures are Japanese: titles, evidence, remedies.

Needs the built programs in $DIAG_BIN_DIR. Loopback and ports of the system's choice only. Which findings come, and what they say
in English, is tested elsewhere; here only that no sentence of them stays English, and that JSON does not change.
"""
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(os.environ.get("DIAG_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2])
BIN = pathlib.Path(os.environ.get("DIAG_BIN_DIR") or ROOT / "build/release/bin")
LIMIT_S = 60

HEAD = re.compile(r"  (?:critical|warning |info    ) (KMS-[A-Z-]+)$")
COLUMN = 11  # of titles, evidence and labels
LABEL = re.compile(r"(原因|対処|確認|結果): |Windows クライアントの表示")
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
# What stands before a sentence, and is no sentence itself.
PREFIX = re.compile(r"- |パケット \d+(?: \([^)]*\))?: |[+-]\d+\.\d+ m?s: |KMS-[A-Z-]+: ")
# Words of the system, not of ours.
EXCEPTIONS = re.compile(r"connect: ")



def findings_in(report):
    """[(id, [title and evidence, unwrapped])] of a text report."""
    found, items = [], None
    for line in report.splitlines():
        head = HEAD.match(line)
        if head:
            items = []
            found.append((head[1], items))
        elif items is None or not line.startswith(" " * COLUMN):
            items = None
        elif LABEL.match(line[COLUMN:]):
            items = None
        elif line[COLUMN:].startswith("- ") or not items:
            items.append(line[COLUMN:])
        else:
            items[-1] += " " + line.strip()
    return found


def sentence_of(item):
    """Without what stands before it."""
    while PREFIX.match(item):
        item = item[PREFIX.match(item).end():]
    return item

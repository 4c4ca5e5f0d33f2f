"""The scenarios as kms-decode is given them."""
import pathlib

HERE = pathlib.Path(__file__).parent
FOLDERS = sorted(path.parent for path in HERE.glob("*/expected.json"))


def arguments(folder):
    """The words of the command line for all evidence of a folder; kms-decode runs in it."""
    names = sorted(path.name for path in folder.iterdir())
    words = [name for name in names if name.endswith((".pcap", ".pcapng"))]
    for name in names:
        if name.startswith("events-"):
            words += ["--events", name]
        elif name.startswith("saved-"):
            words += ["--saved", name]
    return words

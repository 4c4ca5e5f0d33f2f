"""Saved output of slmgr for scenarios: the samples of tests/slmgr/samples, made to be of another machine."""
import pathlib

SAMPLES = pathlib.Path(__file__).parent.parent / "slmgr" / "samples"
MACHINE = "6c2f9a11-0f0e-4b52-9a3c-5d2b7e7f0a01"  # of the samples
HOST = "kms01.corp.example"
# Name, activation id and the end of the public client setup key.
PRODUCTS = {
    "enterprise": ("Enterprise edition", "73111121-5638-40f6-bc11-f1d7b0d64300", "2YT43"),
    "professional": ("Professional edition", "2de67392-b7a7-462a-b1ca-108dd189f588", "T83GX"),
}


def sample(name):
    return (SAMPLES / name).read_text(encoding="utf-8")


def changed(text, *pairs):
    """Each old text replaced by its new one; there has to be one."""
    for old, new in pairs:
        if old not in text:
            raise ValueError(f"nothing to replace: {old}")
        text = text.replace(old, new)
    return text


def of_machine(text, machine=MACHINE, product="enterprise", host=HOST, address="192.0.2.10"):
    for known in PRODUCTS.values():
        for old, new in zip(known, PRODUCTS[product]):
            text = text.replace(old, new)
    return text.replace(MACHINE, machine).replace(HOST, host).replace("192.0.2.10", address)


def dlv(state, language="en", **machine):
    return of_machine(sample(f"kinds/dlv-{state}-{language}.txt"), **machine)


def ato(code, language="en", **machine):
    """slmgr /ato that failed: the script has a text for few codes, and points to slui.exe for the others."""
    if code == "0xC004F074":
        return of_machine(sample(f"kinds/ato-error-{language}.txt"), **machine)
    return of_machine(sample(f"kinds/ato-error-without-text-{language}.txt"), **machine).replace("0x8007232B", code)

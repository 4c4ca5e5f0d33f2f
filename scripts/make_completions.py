#!/usr/bin/env python3
"""usage: make_completions.py --bin FOLDER [--out FOLDER]

Writes the completions of bash and zsh for all tools (share/completions/) from what the programs in FOLDER say themselves:
options from --help, words of kms-explain from its --list. Part of scripts/update-docs.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[1]
TOOLS = ("kms-check", "kms-decode", "kms-explain", "kms-probe", "kms-refhost", "kms-srv")
WORDS = {"kms-check": ["ato", "dlv"]}
# Tools whose words are names of files.
FILE_TOOLS = {"kms-decode"}
FIXED = {"color": ["auto", "always", "never"], "fail-on": ["warning", "critical", "never"], "lang": ["en", "ja"]}
NOTE = "Made from kms-*'s --help by scripts/update-docs."

OPTION = re.compile(r"^  (?:-(?P<short>\w) \[ --(?P<long>[\w-]+) \]|--(?P<only>[\w-]+))(?: (?P<value>[A-Z]\S*))?(?:  +(?P<text>\S.*))?$")


class Option:
    def __init__(self, found):
        self.short, self.long = found["short"], found["long"] or found["only"]
        self.value, self.text = found["value"], (found["text"] or "").strip()

    def names(self):
        return ([f"-{self.short}"] if self.short else []) + [f"--{self.long}"]

    def is_file(self):
        return self.value in ("FILE", "FOLDER")

    def choices(self):
        """The words that the value can be; none where it can be anything."""
        if self.long == "format":
            return re.findall(r"[a-z]+", re.sub(r"\([^)]*\)|\bor\b", "", self.text))
        words = FIXED.get(self.long, [])
        for word in words:
            assert re.search(rf"\b{word}\b", self.text), f"--{self.long}: --help has no {word}"
        return words


def run(folder, tool, *arguments):
    done = subprocess.run([os.path.join(folder, tool), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=60, check=True, env={**os.environ, "LC_ALL": "C.UTF-8"})
    return done.stdout


def options_of(help_text):
    """The options in the order of --help, each once, with the whole of its text."""
    options = {}
    last = None
    for line in help_text.splitlines():
        found = OPTION.match(line)
        if found:
            last = Option(found)
            last = options.setdefault(last.long, last)
        elif last is not None and re.match(r"^ {12,}\S", line):
            last.text = f"{last.text} {line.strip()}".strip()
        else:
            last = None
    return list(options.values())


def words_of(folder, tool):
    if tool != "kms-explain":
        return WORDS.get(tool, [])
    words = []
    for kind in ("findings", "codes", "events"):
        ids = [json.loads(line)["id"] for line in run(folder, tool, "--json", "--list", kind).splitlines()]
        words += [i for i in ids if re.fullmatch(r"[\w:/-]+", i)]
    return words


def bash_of(tool, options, words):
    function = "_" + tool.replace("-", "_")
    cases = []
    for option in options:
        if not option.value:
            continue
        if option.is_file():
            action = 'mapfile -t COMPREPLY < <(compgen -f -- "$word")'
        elif option.choices():
            action = f"mapfile -t COMPREPLY < <(compgen -W '{' '.join(option.choices())}' -- \"$word\")"
        else:
            action = "COMPREPLY=()"
        cases.append(f"    {' | '.join(option.names())})\n        {action}\n        return\n        ;;\n")
    names = " ".join(name for option in options for name in option.names())
    otherwise = 'mapfile -t COMPREPLY < <(compgen -f -- "$word")' if tool in FILE_TOOLS else "COMPREPLY=()"
    if words:
        # A colon ends a word for readline, so keys with one are left to the user.
        plain = " ".join(word for word in words if ":" not in word)
        otherwise = f"mapfile -t COMPREPLY < <(compgen -W '{plain}' -- \"$word\")"
    return (f"# bash completion for {tool}. {NOTE}\n"
            f"{function}() {{\n"
            "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
            f"    case $before in\n{''.join(cases)}    esac\n"
            "    if [[ $word == -* ]]; then\n"
            f"        mapfile -t COMPREPLY < <(compgen -W '{names}' -- \"$word\")\n"
            "    else\n"
            f"        {otherwise}\n"
            "    fi\n}\n"
            f"complete -o filenames -F {function} {tool}\n")


def zsh_quoted(text):
    return re.sub(r"([\[\]:\\])", r"\\\1", text).replace("'", "'\\''")


def zsh_of(tool, options, words):
    lines = []
    for option in options:
        names = option.names()
        # Several of one option are allowed where the tools allow it; zsh need not be the judge.
        head = f"'*'{{{','.join(names)}}}" if len(names) > 1 else f"'*'{names[0]}"
        action = ""
        if option.value:
            action = f":{zsh_quoted(option.value)}:"
            action += "_files" if option.is_file() else f"({' '.join(option.choices())})" if option.choices() else " "
        lines.append(f"{head}'[{zsh_quoted(option.text)}]{action}'")
    if words:
        lines.append(f"'*:word:({' '.join(zsh_quoted(word) for word in words)})'")
    elif tool in FILE_TOOLS:
        lines.append("'*:capture:_files'")
    else:
        lines.append("'*:target: '")
    body = " \\\n    ".join(lines)
    return f"#compdef {tool}\n# zsh completion for {tool}. {NOTE}\n_arguments -s -S \\\n    {body}\n"


def all_files(folder):
    """Path below share/completions and contents of every file."""
    files = {}
    for tool in TOOLS:
        options = options_of(run(folder, tool, "--help"))
        words = words_of(folder, tool)
        files[f"bash/{tool}"] = bash_of(tool, options, words)
        files[f"zsh/_{tool}"] = zsh_of(tool, options, words)
    return files


def write(files, out):
    for name, text in files.items():
        path = pathlib.Path(out) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[2])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--out", default=ROOT / "share/completions")
    options = parser.parse_args()
    write(all_files(options.bin), options.out)


if __name__ == "__main__":
    main()

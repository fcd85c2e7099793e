"""Writes the generated parts of the pages in docs/diagnostics: what the check says about the wrong
example of a page, its severity, and the list of all pages.

    python docs/generate_diagnostics.py            write them
    python docs/generate_diagnostics.py --check    fail where they are out of date

A page has the sections `Why it matters`, `Wrong` and `Right`. The last YAML block of `Wrong` and of
`Right` is a program; a block after "The file `NAME`:" lies beside it. What the check says stands in
the `text` block of `Wrong`.
"""

import re
import sys
import tempfile
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from json import loads
from pathlib import Path

from vegac.source.registry import CODES, Code
from vegac.source.render.text import render
from vegac.workspace import Report, Workspace

FOLDER = Path(__file__).with_name("diagnostics")
INDEX = FOLDER / "README.md"
PROGRAM = "example.vega.yaml"
_BLOCK = re.compile(r"(?:The file `([^`\n]+)`:\n\n)?```(yaml|text|markdown)\n(.*?)```\n", re.DOTALL)
_ABOUT = re.compile(r"\A(# .*\n\n).*\n")
_TESTS = re.compile(r"<!-- tests\n(.*?)-->\n", re.DOTALL)
_TABLE = re.compile(r"(<!-- generated -->\n).*?(<!-- end -->)", re.DOTALL)


@dataclass
class Example:
    """A program of a page with the files beside it. `shown` is what the page says that the check
    says, `tests` what it does in a run."""

    program: str
    files: dict[str, str] = field(default_factory=dict[str, str])
    encoding: str = "utf-8"
    shown: str = ""
    tests: str = ""

    def write(self, folder: Path) -> Path:
        """Write the files and the program; returns the program's path."""
        for name, text in self.files.items():
            (folder / name).write_text(text, encoding="utf-8")
        path = folder / PROGRAM
        path.write_text(self.program, encoding=self.encoding)
        return path

    def check(self, folder: Path) -> Report:
        """What the check finds, as of the day of the table of models."""
        workspace = Workspace(folder)
        table = (files("vega_grammar") / "models.json").read_text(encoding="utf-8")
        workspace.today = date.fromisoformat(loads(table)["date"])
        return workspace.check(self.write(folder))


def pages() -> list[Path]:
    return sorted(path for path in FOLDER.glob("*.md") if path != INDEX)


def examples(page: str) -> tuple[Example, Example]:
    """The wrong and the right example of a page."""
    _, wrong, right = re.split(r"^## (?:Wrong|Right)\n", page, flags=re.MULTILINE)
    return _example(wrong), _example(right)


def _example(section: str) -> Example:
    example = Example("")
    for name, language, text in _BLOCK.findall(section):
        if name:
            example.files[name] = text
        elif language == "yaml":
            example.program = text
        else:
            example.shown = text
    encoding = re.search(r"<!-- encoding: (\S+) -->", section)
    tests = _TESTS.search(section)
    example.encoding = encoding[1] if encoding else "utf-8"
    example.tests = tests[1] if tests else ""
    return example


def generated(page: str, code: Code) -> str:
    """The page with its generated parts as they are to be."""
    wrong, _ = examples(page)
    with tempfile.TemporaryDirectory() as folder:
        report = wrong.check(Path(folder))
        said = render(report.diagnostics, report.placements)
    page = page.replace(f"```text\n{wrong.shown}```", f"```text\n{said}```")
    about = f"{code.severity.capitalize()}, since version {code.since}. {code.summary}\n"
    return _ABOUT.sub(lambda match: match[1] + about, page)


def index(page: str) -> str:
    """The list of all pages."""
    rows = [
        f"| [`{name}`]({name}.md) | {code.severity} | {code.summary} |"
        for name, code in sorted(CODES.items())
        if not code.planned
    ]
    table = "\n".join(["| finding | severity | meaning |", "| --- | --- | --- |", *rows])
    return _TABLE.sub(lambda match: f"{match[1]}{table}\n{match[2]}", page)


def main(arguments: list[str]) -> int:
    """Exit status: 1 where `--check` finds a difference."""
    status = 0
    for path in [*pages(), INDEX]:
        old = path.read_text(encoding="utf-8")
        new = index(old) if path == INDEX else generated(old, CODES[path.stem])
        if old == new:
            continue
        if "--check" in arguments:
            print(f"{path.name} is out of date: run `python docs/generate_diagnostics.py`")
            status = 1
        else:
            path.write_text(new, encoding="utf-8")
            print(f"{path.name} is written")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Programs with the findings that they must have, as comments on the lines where they stand.

`# error: code`, `# warning: code` or `# info: code` at the end of a line says that there is such a
finding on it; a line may have several (`# error: code # info: code`). Where a comment cannot stand
(inside a text), it stands further down: `# error[-2]: code` is about the line two above. A program
without such comments must be clean.

The programs are the files of `fixtures`; its folders hold what they include.
"""

import ast
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import vegac
from vegac.source.registry import CODES
from vegac.source.render.text import render
from vegac.workspace import Report, Workspace

FIXTURES = Path(__file__).parent / "fixtures"
PROGRAMS = sorted(FIXTURES.glob("*.vega.yaml"))
TODAY = date(2026, 11, 25)
"""The day on which these programs are checked: models are retired and deprecated by then."""

UNSUPPORTED = frozenset({"not-yet-supported"})
"""Counts in its own program only: what the runtime knows does not concern the others."""

_EXPECTED = re.compile(r"# (error|warning|info)(?:\[(-\d+)\])?: ([a-z-]+)")
Finding = tuple[str, int, str, str]
"""The file's name, the line, the severity and the code."""


def expected_in(text: str, name: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        for severity, offset, code in _EXPECTED.findall(line):
            yield name, number + int(offset or 0), severity, code


def check(path: Path) -> Report:
    workspace = Workspace(FIXTURES)
    workspace.today = TODAY
    return workspace.check(path)


def found_in(report: Report, ignored: frozenset[str] = frozenset()) -> Iterator[Finding]:
    for finding in report.diagnostics:
        if finding.code in ignored:
            continue
        location = report.placements.locate(finding.span)
        place = location.file.path, location.position.line
        yield *place, finding.severity, finding.code


def files_of(report: Report) -> list[Path]:
    assert report.declarations is not None
    return [
        *(FIXTURES / tree.file.path for tree in report.declarations.trees),
        *report.lookups.contents,
    ]


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.name.split(".")[0])
def test_findings_are_those_of_the_comments(path: Path) -> None:
    report = check(path)
    expected = [
        finding
        for file in files_of(report)
        for finding in expected_in(
            file.read_text(encoding="utf-8", errors="replace"),
            file.relative_to(FIXTURES).as_posix(),
        )
    ]
    ignored = UNSUPPORTED if path.name.partition(".")[0] not in UNSUPPORTED else frozenset[str]()
    assert sorted(found_in(report, ignored)) == sorted(expected), render(
        report.diagnostics, report.placements
    )


def test_every_code_has_a_program() -> None:
    shown = {
        code
        for path in [*FIXTURES.rglob("*.yaml"), *FIXTURES.rglob("*.md")]
        for _, _, _, code in expected_in(path.read_text(encoding="utf-8", errors="replace"), "")
    }
    assert shown == {name for name, code in CODES.items() if not code.planned}


# --- every message --------------------------------------------------------------------------------

SOURCES = Path(vegac.__file__).parent
STAGES = ("syntax", "semantics", "ir", "analysis")
REPORTERS = {"report", "complain", "Diagnostic"}
ELSEWHERE = {
    "the file is larger than 4 MiB",  # a file of that size is made by another test
    "message, _place(chunk, start, start + 1)",  # where it stands there can be no comment
}
"""Parts of messages that no program here shows."""


def messages() -> dict[tuple[str, int, int], str]:
    """Each place in the compiler that reports something: its file, lines and source."""
    found: dict[tuple[str, int, int], str] = {}
    for stage in STAGES:
        for path in (SOURCES / stage).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call):
                    name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                    if name in REPORTERS:
                        lines = (str(path), node.lineno, node.end_lineno or node.lineno)
                        found[lines] = ast.get_source_segment(text, node) or ""
    return found


@pytest.mark.slow
def test_every_message_is_shown_by_a_program() -> None:
    wanted = messages()
    assert len(wanted) > 200
    files = {file for file, _, _ in wanted}
    reached: set[tuple[str, int]] = set()

    def trace(frame: FrameType, _event: str, _argument: object) -> Any:
        file = frame.f_code.co_filename
        if file not in files:
            return None
        reached.add((file, frame.f_lineno))
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        for path in PROGRAMS:
            check(path)
    finally:
        sys.settrace(before)
    missing = [
        f"{file}:{first} {source}"
        for (file, first, last), source in wanted.items()
        if not any((file, line) in reached for line in range(first, last + 1))
        and not any(part in source for part in ELSEWHERE)
    ]
    assert not missing

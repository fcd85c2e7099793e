"""A line, or a block, at the wrong column is one finding that says where it should stand."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.checks.test_slips import PROGRAM
from vegac.source.render.text import render
from vegac.workspace import Report, Workspace

LINES = PROGRAM.splitlines()


def check(text: str) -> Report:
    return Workspace(Path("/nowhere")).check_text(text)


def indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def end_of(first: int) -> int:
    """The number of the line after those that are indented more than one."""
    end = first + 1
    while end < len(LINES) and indent(LINES[end]) > indent(LINES[first]):
        end += 1
    return end


def moves() -> Iterator[tuple[int, int, int]]:
    """Each line, and each block of lines, with the columns by which it is moved."""
    for first, line in enumerate(LINES):
        for end in {first + 1, end_of(first)}:
            for by in (-4, -2, 2, 4):
                if indent(line) + by >= 0:
                    yield first, end, by


def moved(first: int, end: int, by: int) -> str:
    block = (" " * max(indent(line) + by, 0) + line.lstrip() for line in LINES[first:end])
    return "\n".join([*LINES[:first], *block, *LINES[end:], ""])


def test_nearly_every_line_at_a_wrong_column_is_one_finding() -> None:
    problems: list[str] = []
    count = 0
    for first, end, by in moves():
        report = check(moved(first, end, by))
        findings = [one for one in report.diagnostics if one.severity != "info"]
        count += 1
        if len(findings) > 1:
            shown = render(findings, report.placements)
            problems.append(f"lines {first + 1} to {end} by {by}\n{shown}")
    assert len(problems) < count // 20, "\n".join(problems)


@pytest.mark.parametrize(
    ("start", "by"),
    [
        ("agents:", 2),
        ("  Critic:", 2),
        ("    system: You judge.", -2),
        ("    system: You judge.", -4),
        ("workflows:", 2),
        ("  article:", -2),
        ("    steps:", -4),
        ("    steps:", -2),
        ("      - Writer starts:", -4),
        ("          send: |", 4),
        ("          until:", -4),
        ("              then:", -4),
        ("    output:", 4),
    ],
)
@pytest.mark.parametrize("whole", [False, True])
def test_the_fix_puts_the_program_right(start: str, by: int, whole: bool) -> None:
    first = next(at for at, line in enumerate(LINES) if line.startswith(start))
    text = moved(first, end_of(first) if whole else first + 1, by)
    report = check(text)
    errors = [one for one in report.diagnostics if one.severity == "error"]
    if not errors:
        return
    assert len(errors) == 1, render(report.diagnostics, report.placements)
    if not errors[0].message.endswith("at the wrong column"):
        return
    edits = [
        (report.placements.locate(edit.span), edit.text)
        for fix in errors[0].fixes
        for edit in fix.edits
    ]
    for place, new in sorted(edits, key=lambda edit: -edit[0].start):
        text = text[: place.start] + new + text[place.end :]
    left = check(text)
    assert not left.has_errors, render(left.diagnostics, left.placements)


def test_another_mistake_is_told_beside_it() -> None:
    text = PROGRAM.replace("      - Writer starts:", "  - Writer starts:", 1)
    text = text.replace("- Critic: <<note>>", "- Critic: <<ntoe>>")
    codes = [one.code for one in check(text).diagnostics if one.severity == "error"]
    assert codes == ["yaml-syntax", "undefined-variable"]


def test_two_lines_at_wrong_columns_are_both_told() -> None:
    text = PROGRAM.replace("  Critic:\n", "    Critic:\n").replace("    output:", "        output:")
    report = check(text)
    lines = {
        report.placements.locate(one.span).position.line
        for one in report.diagnostics
        if one.severity == "error"
    }
    assert len(lines) > 1


def test_a_character_that_yaml_forbids_is_no_reason_to_fail() -> None:
    text = PROGRAM.replace("  Critic:\n", "    Critic:\n").replace("You write.", "You\b write.")
    text = text.replace("    output:", "        output:")
    assert "control character" in check(text).diagnostics[0].message

"""Which findings to show, and how."""

import os
import sys
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from vegac.cli.check.result import Checked
from vegac.cli.findings import Gathered
from vegac.cli.problem import Problem
from vegac.source.diagnostic import Diagnostic, Severity
from vegac.source.registry import CODES
from vegac.source.render import arrange, count, summary
from vegac.source.suggest import did_you_mean

if TYPE_CHECKING:
    from vegac.cli.check.types import Typed
    from vegac.source.render.canvas import Style

_LEAST_SUMMARY = 20
"""With less room than this beside them, what codes mean stands below them."""

Format = Literal["text", "json", "sarif", "github"]


class Choice(Struct, frozen=True):
    """The diagnostics to show: those of `select` (all, where that is empty) but not of `ignore`."""

    select: frozenset[str]
    ignore: frozenset[str]

    def __contains__(self, finding: Diagnostic) -> bool:
        code = finding.code
        return (not self.select or code in self.select) and code not in self.ignore


def choice(select: Iterable[str], ignore: Iterable[str]) -> Choice:
    """What lists of codes and patterns choose. Raises Problem for one that fits no code."""
    return Choice(_codes(select), _codes(ignore))


def _codes(lists: Iterable[str]) -> frozenset[str]:
    names = [name.strip() for text in lists for name in text.split(",") if name.strip()]
    found: set[str] = set()
    for name in names:
        fitting = [code for code in CODES if fnmatchcase(code, name)]
        if not fitting:
            hint = did_you_mean(name, CODES) or "'vegac explain' lists all of them."
            what = "no diagnostic fits" if "*" in name else "there is no diagnostic"
            raise Problem(f"{what} '{name}'", hint=hint[0].upper() + hint[1:])
        found.update(fitting)
    return frozenset(found)


def present(findings: Gathered, form: Format, types: "Sequence[Typed] | None" = None) -> str:
    """All findings in the wanted form; "" where there is nothing to say.

    With `types` these come first as text, and beside the findings as JSON.
    """
    found, placements = findings.diagnostics, findings.placements
    if form == "text":
        if not found and not types:
            return ""
        from vegac.source.render.canvas import style_of
        from vegac.source.render.text import render

        style = style_of(sys.stdout)
        text = render(found, placements, style)
        text = text and f"{text}\n{summary(found, placements)}\n"
        return "\n".join(filter(None, (_types_text(types or (), style), text)))
    if form == "json":
        from vegac.source.render.json import render as render_json

        more = {} if types is None else {"types": _types_data(types)}
        return render_json(found, placements, findings.unread, more)
    unread, folder = findings.unread, _folder_of_repository()
    if form == "sarif":
        from vegac import __version__
        from vegac.cli.explaining import page
        from vegac.source.render.sarif import render as render_sarif

        return render_sarif(found, placements, __version__, page=page, unread=unread, folder=folder)
    from vegac.source.render.github import render as render_github

    return render_github(found, placements, unread=unread, folder=folder)


def _folder_of_repository() -> str:
    """Where in its checkout a job on GitHub works, so that its services find the files."""
    checkout = os.environ.get("GITHUB_WORKSPACE")
    here = Path.cwd()
    if not checkout or not here.is_relative_to(Path(checkout).resolve()):
        return ""
    return here.relative_to(Path(checkout).resolve()).as_posix()


def _types_text(types: "Sequence[Typed]", style: "Style") -> str:
    if not types:
        return ""
    from vegac.cli.check.types import line

    return "".join(f"{line(typed, style)}\n" for typed in types)


def _types_data(types: "Sequence[Typed]") -> list[dict[str, Any]]:
    from vegac.cli.check.types import as_data

    return [as_data(typed) for typed in types]


def statistics(findings: Gathered, form: Format) -> str:
    """How often each kind of finding was made, the most frequent first, as text or JSON."""
    totals: dict[tuple[Severity, str], int] = {}
    for found in arrange(findings.diagnostics, findings.placements):
        key = (found.severity, found.code)
        totals[key] = totals.get(key, 0) + 1
    rows = sorted(totals.items(), key=lambda row: (-row[1], row[0]))
    if form == "json":
        from vegac.source.render.json import pretty

        return pretty(
            [
                {
                    "code": code,
                    "severity": severity,
                    "count": number,
                    "summary": CODES[code].summary,
                }
                for (severity, code), number in rows
            ]
        )
    return _table(rows)


def _table(rows: Sequence[tuple[tuple[Severity, str], int]]) -> str:
    """The counts in columns, as wide as the terminal at most."""
    from vegac.source.render.canvas import style_of
    from vegac.source.render.cells import folded

    style = style_of(sys.stdout)
    digits = max((len(str(number)) for _, number in rows), default=1)
    longest = max((len(code) for (_, code), _ in rows), default=0)
    start = digits + 2 + len("warning") + 2 + longest + 2
    room = None if style.width is None else style.width - start
    lines: list[str] = []
    for (severity, code), number in rows:
        head = f"{number:>{digits}}  {style.paint(f'{severity:<7}', severity)}  "
        summary = CODES[code].summary
        if room is None or room >= _LEAST_SUMMARY:
            parts = [summary] if room is None else folded(summary, room)
            lines.append(head + f"{code:<{longest}}  " + f"\n{' ' * start}".join(parts))
        else:
            below = start - longest - 2
            room_below = max(room + longest + 2, 8)
            parts = [*folded(code, room_below), *folded(summary, room_below)]
            lines.append(head + f"\n{' ' * below}".join(parts))
    return "".join(f"{line}\n" for line in lines)


def clean(outcomes: Iterable[Checked]) -> str:
    """What to say where nothing was found."""
    return f"no problems in {counted(outcomes)}"


def counted(outcomes: Iterable[Checked]) -> str:
    """How many programs and files of tests there are."""
    tests = [outcome.tests is not None for outcome in outcomes]
    programs = count(tests.count(False), "program")
    if not any(tests):
        return programs
    files = "1 file of tests" if tests.count(True) == 1 else f"{tests.count(True)} files of tests"
    return files if all(tests) else f"{programs} and {files}"

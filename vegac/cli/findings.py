"""Programs to work on, and presenting what was found in them."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from msgspec import Struct

from vegac.cli.problem import Problem
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.source.registry import CODES
from vegac.source.render import arrange, count, summary
from vegac.source.render.canvas import style_of
from vegac.source.suggest import did_you_mean
from vegac.workspace import Report, UsageError, Workspace

Format = Literal["text", "json", "sarif", "github"]


class Gathered(Struct):
    """What was found in several programs. `unread` are files that could not be read."""

    diagnostics: list[Diagnostic]
    placements: Placements
    unread: list[str]
    strict: bool = False

    def add(self, report: Report, diagnostics: Iterable[Diagnostic] | None = None) -> None:
        """Take in the findings of a report, or only `diagnostics` of them."""
        self.diagnostics += report.diagnostics if diagnostics is None else diagnostics
        self.placements.update(report.placements)
        self.strict = self.strict or report.strict

    def status(self, strict: bool) -> int:
        """0 without an error (with `strict`: or warning), 2 when a file could not be read."""
        if self.unread or any(found.code == "unreadable-file" for found in self.diagnostics):
            return 2
        failing = ("error", "warning") if strict or self.strict else ("error",)
        return int(any(found.severity in failing for found in self.diagnostics))


def discover(workspace: Workspace, paths: Iterable[Path]) -> list[Path]:
    """The programs among files and folders. Raises Problem where there are none."""
    wanted = list(paths) or [Path()]
    try:
        found = workspace.discover(wanted)
    except UsageError as error:
        raise Problem(str(error)) from error
    if not found:
        places = ", ".join(f"'{path}'" if str(path) != "." else "this folder" for path in wanted)
        raise Problem(
            f"there is no program in {places}",
            hint="Programs are files named '*.vega.yaml'; 'vegac new DIR' makes one to start from.",
        )
    return found


def without_parts(
    results: dict[Path, Report], given: Iterable[Path], workspace: Workspace
) -> dict[Path, Report]:
    """The results of programs alone.

    A file that another program includes is a part of that one, unless it was given by name.
    """
    named = set(given)
    parts = {
        tree.file.path
        for report in results.values()
        if report.declarations is not None
        for tree in report.declarations.trees[1:]
    }
    return {
        path: report
        for path, report in results.items()
        if path in named or workspace.shown(path) not in parts
    }


def describe(path: Path, report: Report) -> str:
    """What a program holds, in one line."""
    program = report.program
    if program is None:
        return f"{path}: nothing that can be read"
    parts = (
        count(len(program.agents), "agent"),
        count(len(program.workflows), "workflow"),
        count(len(program.tools), "tool"),
    )
    files = len(report.declarations.trees) if report.declarations else 1
    included = f", {count(files - 1, 'included file')}" if files > 1 else ""
    return f"{path}: {', '.join(parts)}{included}"


def chosen(codes: Iterable[str]) -> set[str]:
    """Codes out of comma-separated lists. Raises Problem for an unknown one."""
    names = {name.strip() for text in codes for name in text.split(",") if name.strip()}
    for name in sorted(names - set(CODES)):
        hint = did_you_mean(name, CODES) or "'vegac explain' lists all of them."
        raise Problem(f"there is no diagnostic '{name}'", hint=hint[0].upper() + hint[1:])
    return names


def present(findings: Gathered, form: Format) -> str:
    """All findings in the wanted form; "" where there is nothing to say."""
    if form == "text":
        from vegac.source.render.text import render

        text = render(findings.diagnostics, findings.placements, style_of(sys.stdout))
        return text and f"{text}\n{summary(findings.diagnostics, findings.placements)}\n"
    if form == "json":
        from vegac.source.render.json import render as render_json

        return render_json(findings.diagnostics, findings.placements)
    if form == "sarif":
        from vegac import __version__
        from vegac.source.render.sarif import render as render_sarif

        return render_sarif(findings.diagnostics, findings.placements, __version__)
    from vegac.source.render.github import render as render_github

    return render_github(findings.diagnostics, findings.placements)


def statistics(findings: Gathered) -> str:
    """How often each kind of finding was made, the most frequent first."""
    totals: dict[tuple[str, str], int] = {}
    for found in arrange(findings.diagnostics, findings.placements):
        key = (found.severity, found.code)
        totals[key] = totals.get(key, 0) + 1
    rows = sorted(totals.items(), key=lambda row: (-row[1], row[0]))
    digits = max((len(str(number)) for number in totals.values()), default=1)
    longest = max((len(code) for _, code in totals), default=0)
    return "".join(
        f"{number:>{digits}}  {severity:<7}  {code:<{longest}}  {CODES[code].summary}\n"
        for (severity, code), number in rows
    )


def clean(programs: int) -> str:
    """What to say where nothing was found."""
    return f"no problems in {count(programs, 'program')}"

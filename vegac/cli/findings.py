"""Programs to work on, and what was found in them."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from msgspec import Struct

from vegac.cli.problem import Problem
from vegac.source.diagnostic import Diagnostic
from vegac.source.file import Placements
from vegac.workspace import Report, UsageError, Workspace


class Gathered(Struct):
    """What was found in several programs. `unread` are messages about files that could not be
    read; `strict` says that some program wants warnings to fail its check."""

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


def files_of(report: Report) -> list[str]:
    """The files of a program as messages name them, its own first."""
    declarations = report.declarations
    return [tree.file.path for tree in declarations.trees] if declarations is not None else []


def without_parts(
    files: Mapping[Path, Sequence[str]], given: Iterable[Path], workspace: Workspace
) -> list[Path]:
    """Those that are programs of their own. `files` are the files of each, its own first.

    A file that another program includes is a part of that one, unless it was given by name.
    """
    named = set(given)
    parts = {part for names in files.values() for part in names[1:]}
    if not parts:
        return list(files)
    return [path for path in files if path in named or workspace.shown(path) not in parts]

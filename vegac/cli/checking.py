"""What `vegac check` does."""

from pathlib import Path

from msgspec import Struct

from vegac.cli.findings import (
    Format,
    Gathered,
    chosen,
    clean,
    describe,
    discover,
    present,
    statistics,
    without_parts,
)
from vegac.cli.terminal import announce, note, out
from vegac.source.file import Placements
from vegac.workspace import Report, UsageError, Workspace


class Check(Struct, frozen=True):
    """The command line of `vegac check`."""

    paths: tuple[Path, ...]
    form: Format
    strict: bool
    select: tuple[str, ...]
    ignore: tuple[str, ...]
    statistics: bool
    verbose: bool


def run(wanted: Check) -> int:
    """Check and present; the exit status. Raises Problem for wrong usage."""
    select, ignore = chosen(wanted.select), chosen(wanted.ignore)
    workspace = Workspace()
    gathered = Gathered([], Placements(), [])
    reports: dict[Path, Report] = {}
    for path in discover(workspace, wanted.paths):
        try:
            reports[path] = workspace.check(path)
        except UsageError as error:
            gathered.unread.append(str(error))
    programs = without_parts(reports, wanted.paths, workspace)
    for path, report in programs.items():
        gathered.add(
            report,
            [
                item
                for item in report.diagnostics
                if (not select or item.code in select) and item.code not in ignore
            ],
        )
        if wanted.verbose:
            note(describe(path, report))
    text = present(gathered, wanted.form)
    if wanted.statistics and wanted.form == "text":
        text = statistics(gathered)
    if text:
        out(text)
    elif wanted.form == "text" and not gathered.unread:
        note(clean(len(programs)))
    for message in gathered.unread:
        announce("error", "error", message)
    return gathered.status(wanted.strict)

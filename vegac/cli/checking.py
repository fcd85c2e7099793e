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
from vegac.cli.fixing import fix
from vegac.cli.problem import Problem
from vegac.cli.terminal import announce, note, out
from vegac.source.diagnostic import Diagnostic
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
    fix: bool = False
    unsafe_fixes: bool = False
    diff: bool = False


def run(wanted: Check) -> int:
    """Check and present; the exit status. Raises Problem for wrong usage."""
    if wanted.unsafe_fixes and not (wanted.fix or wanted.diff):
        raise Problem("'--unsafe-fixes' goes with '--fix' or '--diff'")
    select, ignore = chosen(wanted.select), chosen(wanted.ignore)
    workspace = Workspace()
    gathered = Gathered([], Placements(), [])
    reports: dict[Path, Report] = {}
    for path in discover(workspace, wanted.paths):
        try:
            reports[path] = workspace.check(path)
        except UsageError as error:
            gathered.unread.append(str(error))

    def is_wanted(item: Diagnostic) -> bool:
        return (not select or item.code in select) and item.code not in ignore

    programs = without_parts(reports, wanted.paths, workspace)
    changes = False
    if wanted.fix or wanted.diff:
        programs, changes = fix(
            workspace, programs, is_wanted, unsafe=wanted.unsafe_fixes, write=not wanted.diff
        )
    for path, report in programs.items():
        gathered.add(report, filter(is_wanted, report.diagnostics))
        if wanted.verbose:
            note(describe(path, report))
    if wanted.diff:
        return max(gathered.status(wanted.strict), int(changes))
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

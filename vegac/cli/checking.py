"""What `vegac check` does."""

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from msgspec import Struct

from vegac.cli.check.present import Choice, Format, choice, clean, counted, present, statistics
from vegac.cli.check.result import Checked, Sources, checked
from vegac.cli.check.work import Work, check_all, collect_garbage, settled
from vegac.cli.findings import Gathered, discover, without_parts
from vegac.cli.problem import Problem
from vegac.cli.terminal import announce, note, out
from vegac.source.file import SourceFile
from vegac.source.reading import read_bytes
from vegac.source.render import count
from vegac.testing.workspace import CheckingWorkspace
from vegac.workspace import Report, UsageError, Workspace

if TYPE_CHECKING:
    from vegac.cli.check.cache import Cache
    from vegac.cli.check.types import Typed


_STDIN = Path("-")


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
    types: bool = False
    watch: bool = False
    cache: bool = True
    jobs: str | None = None


def run(wanted: Check) -> int:
    """Check and present; the exit status. Raises Problem for wrong usage."""
    _refuse_contradictions(wanted)
    chosen = choice(wanted.select, wanted.ignore)
    workspace = CheckingWorkspace()
    if _STDIN in wanted.paths:
        return _run_on_stdin(wanted, chosen, workspace)
    paths = discover(workspace, wanted.paths)
    _refuse_pipes(wanted, paths)
    if wanted.watch:
        _watch(wanted, chosen, workspace, paths)
    start = time.perf_counter()
    works = _works(wanted, workspace, paths)
    changes = False
    if wanted.fix or wanted.diff:
        works, changes = _fixed(wanted, chosen, workspace, works)
    programs = settled(workspace, _programs(wanted, workspace, works))
    found = _gathered(programs.values(), chosen, workspace)
    if wanted.verbose:
        _describe(programs)
        note(f"checked {_counted(programs)} in {time.perf_counter() - start:.2f} s")
    if wanted.diff:
        return max(found.status(wanted.strict), int(changes))
    types = _types(workspace, programs) if wanted.types else None
    _show(wanted, found, programs, types)
    return found.status(wanted.strict)


def _refuse_contradictions(wanted: Check) -> None:
    fixing = wanted.fix or wanted.diff
    for wrong, message in (
        (wanted.unsafe_fixes and not fixing, "'--unsafe-fixes' goes with '--fix' or '--diff'"),
        (wanted.watch and fixing, "'--watch' goes without '--fix' and '--diff'"),
        (wanted.watch and wanted.types, "'--watch' goes without '--types'"),
        (wanted.watch and wanted.form != "text", "'--watch' shows text"),
        (wanted.types and fixing, "'--types' goes without '--fix' and '--diff'"),
        (wanted.diff and wanted.statistics, "'--diff' goes without '--statistics'"),
        (wanted.diff and wanted.form != "text", f"'--diff' goes without '--format {wanted.form}'"),
        (wanted.types and wanted.statistics, "'--types' goes without '--statistics'"),
        (
            (wanted.types or wanted.statistics) and wanted.form not in ("text", "json"),
            f"'--{'types' if wanted.types else 'statistics'}' goes with '--format text' and "
            f"'json', not with '{wanted.form}'",
        ),
    ):
        if wrong:
            raise Problem(message)


def _refuse_pipes(wanted: Check, paths: Iterable[Path]) -> None:
    """A pipe can be read once, and not be written."""
    for option in ("fix", "diff", "watch"):
        for path in paths if getattr(wanted, option) else ():
            if path.exists() and not path.is_file():
                raise Problem(f"'--{option}' needs a file, and '{path}' is none")


def _run_on_stdin(wanted: Check, chosen: Choice, workspace: Workspace) -> int:
    """Check the program that standard input holds; what it includes lies in the current folder."""
    if len(wanted.paths) > 1:
        raise Problem("'-', for standard input, goes alone")
    for option in ("fix", "diff", "types", "watch"):
        if getattr(wanted, option):
            raise Problem(f"'--{option}' needs a file, not standard input")
    start = time.perf_counter()
    tree = workspace.read_text("<stdin>", read_bytes(sys.stdin.buffer))
    try:
        outcome = checked(workspace.check_tree(tree, Path()))
    except UsageError as error:
        outcome = Checked((tree.file.path,), unread=str(error))
    programs = {_STDIN: Work(outcome, None, time.perf_counter() - start)}
    found = _gathered(programs.values(), chosen, workspace, tree.file)
    if wanted.verbose:
        _describe(programs)
    _show(wanted, found, programs)
    return found.status(wanted.strict)


def _works(wanted: Check, workspace: Workspace, paths: Sequence[Path]) -> dict[Path, Work]:
    """The outcomes for all these programs and parts of programs."""
    if wanted.jobs is not None and (not wanted.jobs.isdecimal() or int(wanted.jobs) < 1):
        raise Problem(f"-j {wanted.jobs!r} is not a number of processes, such as -j 4")
    cache: Cache | None = None
    if wanted.cache:
        from vegac.cli.check.cache import cache_for

        cache = cache_for(workspace, paths)
    return check_all(workspace, paths, cache, int(wanted.jobs) if wanted.jobs else None)


def _programs(wanted: Check, workspace: Workspace, works: Mapping[Path, Work]) -> dict[Path, Work]:
    """The outcomes of programs of their own."""
    files = {path: work.outcome.files for path, work in works.items()}
    return {path: works[path] for path in without_parts(files, wanted.paths, workspace)}


def _gathered(
    works: Iterable[Work], chosen: Choice, workspace: Workspace, text: SourceFile | None = None
) -> Gathered:
    """What was found and is to be shown; `text` is what no file holds."""
    sources = Sources(workspace)
    if text is not None:
        sources.add(text)
    found = Gathered([], sources.placements, [])
    for work in works:
        outcome = work.outcome
        if outcome.unread and outcome.unread not in found.unread:
            found.unread.append(outcome.unread)
        shown = [finding for finding in outcome.findings if finding in chosen]
        sources.need(shown)
        found.diagnostics += shown
        found.strict = found.strict or outcome.strict
    return found


def _show(
    wanted: Check,
    found: Gathered,
    programs: Mapping[Path, Work],
    types: "Sequence[Typed] | None" = None,
) -> None:
    """Write the findings, or what else was asked for."""
    if wanted.statistics:
        text = statistics(found, wanted.form)
    else:
        text = present(found, wanted.form, types)
    if text:
        out(text)
    elif wanted.form == "text" and not found.unread:
        note(clean(work.outcome for work in programs.values()))
    for message in found.unread:
        announce("error", "error", message)


# --- fixes ----------------------------------------------------------------------------------------


def _fixed(
    wanted: Check, chosen: Choice, workspace: Workspace, works: dict[Path, Work]
) -> tuple[dict[Path, Work], bool]:
    """The outcomes after the fixes, and whether anything changed."""
    from vegac.cli.fixing import fix

    outcomes = {path: work.outcome for path, work in works.items()}
    reports: dict[Path, Report] = {}
    for path in _concerned(outcomes, chosen):
        try:
            reports[path] = workspace.check(path)
        except UsageError as error:
            raise Problem(str(error)) from error
    reports, changes = fix(
        workspace, reports, chosen.__contains__, unsafe=wanted.unsafe_fixes, write=not wanted.diff
    )
    after = {path: Work(checked(report), None, 0) for path, report in reports.items()}
    return works | after, changes


def _concerned(outcomes: Mapping[Path, Checked], chosen: Choice) -> list[Path]:
    """The programs with fixes, and those that share a file with one of them."""
    files = {
        file
        for outcome in outcomes.values()
        if any(finding.fixes and finding in chosen for finding in outcome.findings)
        for file in outcome.files
    }
    while True:
        found = [path for path, outcome in outcomes.items() if not files.isdisjoint(outcome.files)]
        more = {file for path in found for file in outcomes[path].files}
        if more <= files:
            return found
        files |= more


# --- types and descriptions -----------------------------------------------------------------------


def _describe(programs: Mapping[Path, Work]) -> None:
    """Say what each program holds, and how long it took."""
    for path, work in programs.items():
        outcome = work.outcome
        if outcome.tests is not None:
            note(f"{path}: {count(outcome.tests, 'test')}")
            continue
        if outcome.parts is None:
            note(f"{path}: nothing that can be read")
            continue
        names = ("agent", "workflow", "tool")
        parts = [count(number, name) for number, name in zip(outcome.parts, names, strict=True)]
        if len(outcome.files) > 1:
            parts.append(count(len(outcome.files) - 1, "included file"))
        note(f"{path}: {', '.join(parts)}")
        for file in outcome.files[1:]:
            note(f"  reads {file}")
        took = f"{work.seconds * 1000:.1f} ms" if work.seconds else "unchanged since an earlier run"
        note(f"  {took}")


def _counted(programs: Mapping[Path, Work]) -> str:
    return counted(work.outcome for work in programs.values())


def _types(workspace: Workspace, programs: Iterable[Path]) -> "list[Typed]":
    """The types in all programs, those in files that several include once."""
    from vegac.cli.check.types import types_of

    found: dict[tuple[str, int, int, str, str], Typed] = {}
    for path in programs:
        try:
            report = workspace.check(path)
        except UsageError:
            continue  # said already
        if report.program is not None:
            for typed in types_of(report.program, report.placements):
                place = typed.location
                key = place.file.path, place.start, place.end, typed.text, str(typed.type)
                found.setdefault(key, typed)
    return list(found.values())


# --- watching -------------------------------------------------------------------------------------


def _watch(wanted: Check, chosen: Choice, workspace: Workspace, paths: Sequence[Path]) -> NoReturn:
    """Check, and check what is affected whenever a file changes. Only Ctrl-C ends this."""
    from vegac.cli.check.watch import Watch, next_change

    watch = Watch()
    works: dict[Path, Work] = {}
    todo = paths
    while True:
        new = _works(wanted, workspace, todo)
        works = {path: new.get(path) or works[path] for path in paths}
        watch.update(new, paths)
        _draw(wanted, chosen, workspace, works)
        collect_garbage()
        workspace = workspace.renewed()
        todo, paths = next_change(watch, partial(_found_again, wanted, workspace, paths), paths)
        if not _is_screen():
            names = [str(path) for path in todo[:3]]
            more = f" and {len(todo) - 3} more" if len(todo) > 3 else ""
            note(f"checking again: {', '.join(names)}{more}" if todo else "a program went away")


def _found_again(wanted: Check, workspace: Workspace, before: Sequence[Path]) -> Sequence[Path]:
    """The programs that there are now."""
    try:
        return workspace.discover(wanted.paths or [Path()])
    except UsageError:
        return [path for path in before if path.exists()]


def _draw(wanted: Check, chosen: Choice, workspace: Workspace, works: Mapping[Path, Work]) -> None:
    """Show the findings, on a terminal in the place of the ones before."""
    programs = _programs(wanted, workspace, works)
    if _is_screen():
        sys.stdout.write("\x1b[2J\x1b[H")
    _show(wanted, _gathered(programs.values(), chosen, workspace), programs)
    if wanted.verbose:
        _describe(programs)
    sys.stdout.flush()
    note(f"watching {_counted(programs)} (end with Ctrl-C)")


def _is_screen() -> bool:
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"

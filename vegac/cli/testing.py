"""What `vegac test` does."""

import gc
import sys
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

from msgspec import Struct

from vegac.cli.problem import Problem
from vegac.cli.terminal import announce, note, out, write_file
from vegac.source.render import count
from vegac.source.render.canvas import Style, style_of
from vegac.source.render.text import brief
from vegac.testing.collecting import Selected, collect, select
from vegac.testing.parallel import default_jobs, run_all
from vegac.testing.report_text import Table, failure, summary
from vegac.testing.results import Result, Update
from vegac.workspace import UsageError, Workspace

NOTHING_COLLECTED = 5


class Testing(Struct, frozen=True):
    """The command line of `vegac test`."""

    paths: tuple[Path, ...]
    part: str | None
    form: Literal["text", "junit", "json"]
    update: bool
    fail_fast: bool
    listing: bool
    jobs: str | None


def run(wanted: Testing) -> int:
    """Run tests and present their results; the exit status. Raises Problem for wrong usage."""
    # Unlike other commands this one may run long.
    gc.enable()
    jobs = _jobs(wanted.jobs)
    workspace = Workspace()
    try:
        collected = collect(workspace, wanted.paths or (Path(),))
    except UsageError as error:
        raise Problem(str(error)) from error
    selected = select(collected.files, wanted.part)
    total = sum(len(item.chosen) for item in selected)
    if wanted.listing:
        for item in selected:
            for case in item.cases:
                out(f"{item.file.name}: {case.name}")
        return _status(False, collected.unread, total)
    started = time.perf_counter()
    jobs = default_jobs(total) if jobs is None else min(jobs, max(total, 1))
    results = _run(wanted, workspace, selected, jobs)
    _present(wanted, results, time.perf_counter() - started)
    left = _update(selected, results) if wanted.update else 0
    if not selected and not collected.unread:
        _say_nothing_collected(wanted, len(collected.files))
    failed = left or not all(_settled(result, wanted) for result in results)
    return _status(bool(failed), collected.unread, len(selected))


def _settled(result: Result, wanted: Testing) -> bool:
    """Whether a test passed, or will once its expectations are rewritten."""
    return result.passed or (wanted.update and result.can_update)


def _jobs(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) < 1:
        raise Problem(f"-j {text!r} is not a number of processes, such as -j 4")
    return int(text)


def _run(
    wanted: Testing, workspace: Workspace, selected: Sequence[Selected], jobs: int
) -> list[Result]:
    """The results, each shown as a row of the table when it is there."""
    if any(case.live for item in selected for case in item.cases):
        from vegac.cli.environment import load_env

        for remark in load_env():
            announce("note", "info", remark)
    style = style_of(sys.stdout) if wanted.form == "text" else Style()
    names = [
        (item.file.name, name)
        for item in selected
        for name in ([""] if item.file.broken else [case.name for case in item.cases])
    ]
    for item in selected:
        _warn(item)
    table = Table(names, style, wanted.update)
    results: list[Result] = []
    with closing(run_all(workspace, selected, jobs, style)) as coming:
        for result in coming:
            results.append(result)
            if wanted.form == "text":
                out(table.row(result))
                sys.stdout.flush()
            if wanted.fail_fast and not _settled(result, wanted):
                break
    return results


def _warn(item: Selected) -> None:
    """A line for each warning about how a file of tests is written."""
    file = item.file
    if file.broken:
        return
    findings = [*file.findings, *(finding for case in item.cases for finding in case.findings)]
    style = style_of(sys.stderr)
    for finding in findings:
        if finding.severity == "warning":
            note(brief(finding, file.placements, style))


def _present(wanted: Testing, results: Sequence[Result], seconds: float) -> None:
    if wanted.form == "json":
        from vegac.testing.report_json import render

        out(render(results, seconds))
    elif wanted.form == "junit":
        from vegac.testing.report_junit import render as render_junit

        out(render_junit(results, seconds))
    elif results:
        style = style_of(sys.stdout)
        seen: set[str] = set()
        for result in results:
            if not _settled(result, wanted):
                out(f"\n{failure(result, style, seen)}")
        out(f"\n{summary(results, style, wanted.update)} in {seconds:.2f} s")


def _update(selected: Sequence[Selected], results: Sequence[Result]) -> int:
    """Rewrite what differs in the files of failed tests; how many places could not be."""
    from vegac.testing.updating import rewrite

    remaining = 0
    for item in selected:
        updates: dict[tuple[int, int], Update] = {}
        for result in results:
            if result.file == item.file.name and not result.problems:
                for mismatch in result.mismatches:
                    if mismatch.update is not None:
                        place = (mismatch.update.start, mismatch.update.end)
                        updates.setdefault(place, mismatch.update)
        if not updates:
            continue
        try:
            rewritten = rewrite(item.file.tree.file, list(updates.values()))
        except ValueError as error:
            raise Problem(str(error), hint="Nothing was rewritten.", status=1) from error
        if rewritten.done:
            write_file(item.file.path, rewritten.text)
            note(f"rewrote {count(rewritten.done, 'expectation')} in {item.file.name}")
        if rewritten.left:
            remaining += len(rewritten.left)
            left = count(len(rewritten.left), "expectation")
            note(f"left {left} in {item.file.name} alone: aliases share them with other places")
    return remaining


def _say_nothing_collected(wanted: Testing, files: int) -> None:
    if wanted.part is not None and files:
        note(f"no test has '{wanted.part}' in its name")
        return
    places = ", ".join(f"'{path}'" for path in wanted.paths) or "this folder"
    note(f"there are no tests in {places}")
    note("Tests stand in files named '*.vega.test.yaml' and under 'tests:' in programs.")


def _status(failed: bool, unread: Sequence[str], collected: int) -> int:
    for message in unread:
        announce("error", "error", message)
    if unread:
        return 2
    if failed:
        return 1
    return 0 if collected else NOTHING_COLLECTED

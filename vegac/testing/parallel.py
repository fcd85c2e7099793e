"""Running many tests: one after the other, or in several processes."""

import os
import tempfile
from collections.abc import Generator, Sequence
from pathlib import Path

from vegac.source.render.canvas import Style
from vegac.testing.cases import TestFile
from vegac.testing.collecting import Selected
from vegac.testing.crew import Crew, Setup
from vegac.testing.results import Result
from vegac.testing.running import Runner, line_of
from vegac.workspace import Workspace

_PART = 40
"""Tests that one process runs at a time; a part compiles its programs anew."""
_WORTH_IT = 2 * _PART
"""With fewer tests than this, starting processes takes longer than running the tests."""


def default_jobs(tests: int) -> int:
    """How many processes suit so many tests."""
    if tests < _WORTH_IT:
        return 1
    return min(processors(), 8, -(-tests // _PART))


def processors() -> int:
    """How many processors this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1


def run_all(
    workspace: Workspace, selected: Sequence[Selected], jobs: int, style: Style
) -> Generator[Result]:
    """The results in order, each as soon as it is there. Closing the iterator ends the rest."""
    # One folder for all, so that nothing stays behind where a test is interrupted.
    with tempfile.TemporaryDirectory(prefix="vega-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if jobs > 1:
            yield from _in_processes(workspace, selected, jobs, style, folder)
        else:
            yield from _here(selected, Runner(workspace, style, folder))


def _here(selected: Sequence[Selected], runner: Runner) -> Generator[Result]:
    for item in selected:
        if item.file.broken:
            yield runner.broken(item.file)
            continue
        for case in item.cases:
            yield runner.run(item.file, case)


def _in_processes(
    workspace: Workspace, selected: Sequence[Selected], jobs: int, style: Style, folder: Path
) -> Generator[Result]:
    setup = Setup(workspace.root, style, folder)
    tasks = [
        (item.file, item.chosen[at : at + _PART])
        for item in selected
        for at in range(0, max(len(item.chosen), 1), _PART)
    ]
    done: dict[int, list[Result]] = {}
    with Crew(setup, min(jobs, len(tasks))) as crew:
        for number, (file, part) in enumerate(tasks):
            crew.give(number, file.path, part)
        for number in range(len(tasks)):
            while number not in done:
                finished, results = crew.next()
                done[finished] = _lost(*tasks[finished]) if results is None else results
            yield from done.pop(number)


def _lost(file: TestFile, part: Sequence[int]) -> list[Result]:
    """The results of tests whose process died."""
    problem = "the process that ran this test, or one before it, died; see where with -j 1"
    return [
        Result(file.name, case.name, line_of(file, case), problems=[problem])
        for case in (file.cases[index] for index in part)
    ]

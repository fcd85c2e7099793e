"""Running many tests: one after the other, or in several processes."""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from pathlib import Path

from vegac.source.render.canvas import Style
from vegac.testing.collecting import Selected, load
from vegac.testing.results import Result
from vegac.testing.running import Runner
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
    # A forked process has everything imported already. Elsewhere forking is not safe.
    method = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(method)
    pool = ProcessPoolExecutor(jobs, context)
    waiting: list[Future[list[Result]]] = []
    try:
        for item in selected:
            parts = [item.chosen[at : at + _PART] for at in range(0, len(item.chosen), _PART)]
            waiting += [
                pool.submit(_part, workspace.root, item.file.path, part, style, folder)
                for part in parts or [[]]
            ]
        for future in waiting:
            yield from future.result()
    finally:
        for future in waiting:
            future.cancel()
        pool.shutdown(cancel_futures=True)


def _part(
    root: Path, path: Path, chosen: Sequence[int], style: Style, folder: Path
) -> list[Result]:
    """Run some tests of a file, in a process of the pool."""
    workspace = Workspace(root)
    file = load(workspace, path)
    assert file is not None
    runner = Runner(workspace, style, folder)
    if file.broken:
        return [runner.broken(file)]
    return [runner.run(file, file.cases[index]) for index in chosen]

"""Processes that run tests for this one.

A process pool of the standard library can hang or complain when it is interrupted at the wrong
moment. This one has no threads and no locks: a pipe to each process, and one task in each.
"""

import multiprocessing
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from msgspec import Struct

from vegac.source.render.canvas import Style
from vegac.testing.results import Result
from vegac.testing.stopping import begin, interruptible

_PATIENCE = 5.0
"""Seconds that processes have to clean up when they are stopped."""


class Setup(Struct, frozen=True):
    """What every process needs to know: see `vegac.testing.running.Runner`."""

    root: Path
    style: Style
    folder: Path


class _Worker(Struct, eq=False):
    process: BaseProcess
    connection: Any
    task: int = -1


class Crew:
    """`size` processes that work on tasks in the order given. `with` it; leaving stops them."""

    def __init__(self, setup: Setup, size: int) -> None:
        # A forked process has everything imported already. Elsewhere forking is not safe.
        method = "fork" if sys.platform == "linux" else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        self._setup = setup
        self._size = size
        self._workers: list[_Worker] = []
        self._waiting: deque[tuple[int, Path, Sequence[int]]] = deque()

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_: object) -> None:
        deadline = time.monotonic() + _PATIENCE
        living = [worker.process for worker in self._workers]
        while living and time.monotonic() < deadline:
            for process in living:
                # Again and again: the exception it raises there can get lost in a destructor.
                process.terminate()
            for process in living:
                process.join(0.05)
            living = [process for process in living if process.is_alive()]
        for process in living:
            process.kill()
            process.join()

    def give(self, task: int, path: Path, chosen: Sequence[int]) -> None:
        """Add the task of running some tests of a file; it begins when a process is free."""
        self._waiting.append((task, path, chosen))

    def next(self) -> tuple[int, list[Result] | None]:
        """A task that is done and its results; None where its process died."""
        while self._waiting and len(self._workers) < self._size:
            self._start()
        ready = wait([worker.connection for worker in self._workers])
        worker = next(worker for worker in self._workers if worker.connection is ready[0])
        task = worker.task
        try:
            results: list[Result] = worker.connection.recv()
        except (EOFError, OSError):
            self._workers.remove(worker)
            worker.process.kill()
            worker.process.join()
            return task, None
        if self._waiting:
            self._work(worker)
        else:
            # Closing the pipe would not do: later processes hold copies of our end of it.
            with suppress(OSError):
                worker.connection.send(None)
            self._workers.remove(worker)
            worker.process.join()
        return task, results

    def _start(self) -> None:
        ours, theirs = self._context.Pipe()
        process = self._context.Process(target=_serve, args=(theirs, self._setup), daemon=True)
        worker = _Worker(process, ours)
        process.start()
        self._workers.append(worker)
        # Only the other process may hold its end, or its death would not show.
        theirs.close()
        self._work(worker)

    def _work(self, worker: _Worker) -> None:
        worker.task, path, chosen = self._waiting.popleft()
        # That a process has died shows when its result is read.
        with suppress(OSError):
            worker.connection.send((path, list(chosen)))


def _serve(connection: "Connection[Any, Any]", setup: Setup) -> None:
    """Run tests until there are no more."""
    begin()
    while True:
        try:
            task = connection.recv()
        except (EOFError, OSError):
            return
        if task is None:
            return
        path, chosen = task
        with interruptible():
            results = _run(setup, path, chosen)
        connection.send(results)


def _run(setup: Setup, path: Path, chosen: Sequence[int]) -> list[Result]:
    from vegac.testing.collecting import load
    from vegac.testing.running import Runner
    from vegac.workspace import Workspace

    workspace = Workspace(setup.root)
    file = load(workspace, path)
    assert file is not None
    runner = Runner(workspace, setup.style, setup.folder)
    if file.broken:
        return [runner.broken(file)]
    return [runner.run(file, file.cases[index]) for index in chosen]

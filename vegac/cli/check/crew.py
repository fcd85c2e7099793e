"""Checking many programs in several processes.

Each process has a pipe to this one and works on one part of the programs at a time. There are no
threads and no locks, so there is nothing that an interruption at a bad moment could leave hanging.
"""

import gc
import multiprocessing
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import closing, suppress
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from msgspec import Struct

from vegac.cli.check.work import Work, collect_garbage, work_on
from vegac.workspace import Workspace

_Answer = list[Work | None]


class _Worker(Struct, eq=False):
    process: Any
    connection: Any
    part: int = -1


def check_in_processes(
    root: Path, parts: Sequence[Sequence[Path]], jobs: int
) -> Generator[tuple[int, _Answer]]:
    """The number of each part and the outcomes of its programs, as they come.

    An outcome is None where the process has died or could not tell it. Closing the iterator ends
    the processes. Raises OSError where none can be started.
    """
    # A forked process has everything imported already. Elsewhere forking is not safe.
    context: Any = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    workers: list[_Worker] = []
    waiting = list(reversed(range(len(parts))))

    def give(worker: _Worker) -> None:
        worker.part = waiting.pop()
        # That a process has died shows when its answer is read.
        with suppress(OSError):
            worker.connection.send(parts[worker.part])

    try:
        while waiting and len(workers) < jobs:
            worker = _start(context, root)
            workers.append(worker)
            give(worker)
        while workers:
            ready = wait([worker.connection for worker in workers])
            worker = next(worker for worker in workers if worker.connection is ready[0])
            part = worker.part
            try:
                answer: _Answer = worker.connection.recv()
            except (EOFError, OSError):
                workers.remove(worker)
                worker.process.join()
                yield part, [None] * len(parts[part])
                continue
            if waiting:
                give(worker)
            else:
                workers.remove(worker)
                worker.connection.close()
                worker.process.join()
            yield part, answer
        # Parts that nobody is left to work on.
        for part in waiting:
            yield part, [None] * len(parts[part])
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()


def _start(context: Any, root: Path) -> _Worker:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, root), daemon=True)
    process.start()
    # Only the other process may hold its end, or its death would not show.
    theirs.close()
    return _Worker(process, ours)


def _serve(connection: "Connection[Any, Any]", root: Path) -> None:
    """Check parts until there are no more."""
    # Ctrl-C reaches all processes of a terminal; only the first one acts on it and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    gc.freeze()
    workspace = Workspace(root)
    with closing(connection), suppress(EOFError, OSError):
        while True:
            paths: Sequence[Path] = connection.recv()
            answer: _Answer = [_outcome(workspace, path) for path in paths]
            connection.send(answer)
            collect_garbage()


def _outcome(workspace: Workspace, path: Path) -> Work | None:
    try:
        return work_on(workspace, path)
    except Exception:  # it will be raised once more where it can be told
        return None

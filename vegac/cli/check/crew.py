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

from vegac.cli.check.work import Work, Worker
from vegac.workspace import Workspace

_Answer = list[Work | None]


class _Process(Struct, eq=False):
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
    workers: list[_Process] = []
    waiting = list(reversed(range(len(parts))))

    def give(worker: _Process) -> None:
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
                _dismiss(worker)
            yield part, answer
        # Parts that nobody is left to work on.
        for part in waiting:
            yield part, [None] * len(parts[part])
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()


def _start(context: Any, root: Path) -> _Process:
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, root), daemon=True)
    process.start()
    # Only the other process may hold its end, or its death would not show.
    theirs.close()
    return _Process(process, ours)


def _dismiss(worker: _Process) -> None:
    """End a process that has nothing to do."""
    # Closing would not do: processes that were forked later have copies of our end.
    with suppress(OSError):
        worker.connection.send(None)
    worker.connection.close()
    worker.process.join()


def _serve(connection: "Connection[Any, Any]", root: Path) -> None:
    """Check parts until there are no more."""
    # Ctrl-C reaches all processes of a terminal; only the first one acts on it and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.disable()
    gc.freeze()
    worker = Worker(Workspace(root))
    with closing(connection), suppress(EOFError, OSError):
        while (paths := connection.recv()) is not None:
            answer: _Answer = [_outcome(worker, path) for path in paths]
            connection.send(answer)


def _outcome(worker: Worker, path: Path) -> Work | None:
    try:
        return worker.check(path)
    except Exception:  # it will be raised once more where it can be told
        return None

"""Checking many programs in several processes.

Each process has a pipe to this one and works on one part of the programs at a time. There are no
threads and no locks, so there is nothing that an interruption at a bad moment could leave hanging.
"""

import gc
import multiprocessing
import signal
import sys
from collections.abc import Generator, Sequence
from contextlib import closing, contextmanager, suppress
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

from msgspec import Struct

from vegac.cli.check.work import Work, Worker
from vegac.testing.workspace import CheckingWorkspace

_Answer = list[Work | None]
_Connection = Any  # the type of connections is another one on each system


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
    workers: list[_Process] = []
    waiting = list(reversed(range(len(parts))))

    def give(worker: _Process) -> None:
        worker.part = waiting.pop()
        # That a process has died shows when its answer is read.
        with suppress(OSError):
            worker.connection.send(parts[worker.part])

    try:
        while waiting and len(workers) < jobs:
            _start(workers, root)
            give(workers[-1])
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


def _start(workers: list[_Process], root: Path) -> None:
    """Add a process to `workers`."""
    # A forked process has everything imported already. Elsewhere forking is not safe.
    method = "fork" if sys.platform == "linux" else "spawn"
    context: Any = multiprocessing.get_context(method)
    ours, theirs = context.Pipe()
    # As long as anyone else has an open copy of one end, the other end does not notice when the
    # process at this one is gone.
    copies = [ours, *(worker.connection for worker in workers)] if method == "fork" else []
    process = context.Process(target=_serve, args=(theirs, copies, root), daemon=True)
    with _uninterrupted():
        process.start()
        workers.append(_Process(process, ours))
    theirs.close()


@contextmanager
def _uninterrupted() -> Generator[None]:
    """Put off Ctrl-C, also in processes that are started here."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: _Connection, copies: list[_Connection], root: Path) -> None:
    """Check parts until there are no more, or the process that wants them is gone."""
    # Ctrl-C reaches all processes of a terminal; only the first one acts on it and ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for copy in copies:
        copy.close()
    gc.disable()
    gc.freeze()
    worker = Worker(CheckingWorkspace(root))
    with closing(connection), suppress(EOFError, OSError):
        while True:
            paths: Sequence[Path] = connection.recv()
            answer: _Answer = [_outcome(worker, path) for path in paths]
            connection.send(answer)


def _outcome(worker: Worker, path: Path) -> Work | None:
    try:
        return worker.check(path)
    except Exception:  # it will be raised once more where it can be told
        return None
